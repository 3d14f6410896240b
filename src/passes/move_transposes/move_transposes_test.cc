// SPDX-License-Identifier: Apache-2.0
// Each rule by which a Transpose changes places with its reader, and the cases in which it must stay.
#include <gtest/gtest.h>

#include "passes/graph_case.h"

namespace kite {
namespace {

const Ints kToFirst = {0, 3, 1, 2};  // [N,H,W,C] -> [N,C,H,W]
const Ints kToLast = {0, 2, 3, 1};

// x [2,4,5,3] -> Transpose t [2,3,4,5] -> what `make` adds -> y.
auto after_transpose(std::function<ValueId(GraphCase&, ValueId t)> make, int opset = 17, Shape shape = {2, 4, 5, 3},
                     Ints perm = kToFirst) {
  return [=] {
    GraphCase g(opset);
    const ValueId t = g.n("t", "Transpose", {g.input("x", shape)}, {attr("perm", perm)});
    g.returns(make(g, t));
    return g.take();
  };
}

std::string moved(const std::function<Graph()>& build) { return body(rewritten(build, move_transposes).graph); }

TEST(MoveTransposes, cancels_a_pair_and_joins_others) {
  // A Transpose from a graph input to a graph output must stay.
  EXPECT_EQ(moved(after_transpose(
                [](GraphCase& g, ValueId t) { return g.n("y", "Transpose", {t}, {attr("perm", kToLast)}); })),
            "%y: float64[2,4,5,3] = Identity-13(%x)\nreturn %y\n");
  EXPECT_EQ(moved(after_transpose([](GraphCase& g, ValueId t) {
              return g.n("y", "Tanh", {g.n("u", "Transpose", {t}, {attr("perm", kToLast)})});
            })),
            "%y: float64[2,4,5,3] = Tanh-17(%x)\nreturn %y\n");
  EXPECT_EQ(moved(after_transpose(
                [](GraphCase& g, ValueId t) { return g.n("y", "Transpose", {t}, {attr("perm", Ints{1, 0, 2, 3})}); })),
            "%y: float64[3,2,4,5] = Transpose-13(%x) {perm=[3,0,1,2]}\nreturn %y\n");
}

TEST(MoveTransposes, passes_elementwise_operators) {
  EXPECT_EQ(moved(after_transpose([](GraphCase& g, ValueId t) { return g.n("y", "Relu", {t}); })),
            "%y_moved: float64[2,4,5,3] = Relu-17(%x)\n"
            "%y: float64[2,3,4,5] = Transpose-13(%y_moved) {perm=[0,3,1,2]}\nreturn %y\n");
  EXPECT_EQ(moved(after_transpose(
                [](GraphCase& g, ValueId t) { return g.n("y", "Clip", {t, g.number("low", -1), kNoValue}); })),
            "%y_moved: float64[2,4,5,3] = Clip-17(%x, low, -)\n"
            "%y: float64[2,3,4,5] = Transpose-13(%y_moved) {perm=[0,3,1,2]}\nreturn %y\n");
}

TEST(MoveTransposes, permutes_constants_of_any_rank) {
  for (const Shape& shape :
       {Shape{3, 1, 1}, Shape{2, 3, 4, 5}, Shape{5}, Shape{4, 1}, Shape{1, 3, 4, 1}, Shape{1}, Shape{}}) {
    const auto build =
        after_transpose([=](GraphCase& g, ValueId t) { return g.n("y", "Sub", {g.random("c", shape), t}); });
    const Rewritten after = rewritten(build, move_transposes);
    EXPECT_EQ(after.rewrites, 1);
    EXPECT_EQ(histogram(after.graph), "1 Sub, 1 Transpose") << shape.to_string();
  }
}

TEST(MoveTransposes, meets_the_same_transpose_on_both_sides) {
  const auto build = [](Ints second) {
    return [=] {
      GraphCase g;
      const ValueId a = g.n("a", "Transpose", {g.input("x", Shape{2, 3, 3, 3})}, {attr("perm", kToFirst)});
      const ValueId b = g.n("b", "Transpose", {g.input("u", Shape{2, 3, 3, 3})}, {attr("perm", second)});
      g.returns(g.n("y", "Add", {a, b}));
      return g.take();
    };
  };
  EXPECT_EQ(moved(build(kToFirst)),
            "%y_moved: float64[2,3,3,3] = Add-17(%x, %u)\n"
            "%y: float64[2,3,3,3] = Transpose-13(%y_moved) {perm=[0,3,1,2]}\nreturn %y\n");
  expect_untouched(build(Ints{0, 1, 3, 2}), move_transposes);
}

TEST(MoveTransposes, reshapes_an_operand_of_which_only_units_move) {
  // A gate [N,C,1,1] that does not come from a Transpose.
  const auto build = after_transpose([](GraphCase& g, ValueId t) {
    return g.n("y", "Mul", {t, g.n("gate", "Tanh", {g.input("u", Shape{2, 3, 1, 1})})});
  });
  EXPECT_EQ(histogram(rewritten(build, move_transposes).graph), "1 Mul, 1 Reshape, 1 Tanh, 1 Transpose");
}

TEST(MoveTransposes, stays_before_a_computed_operand_in_another_layout) {
  expect_untouched(
      after_transpose([](GraphCase& g, ValueId t) { return g.n("y", "Add", {t, g.input("u", Shape{2, 3, 4, 5})}); }),
      move_transposes);
  // The transposed operand is the small one.
  expect_untouched(
      [] {
        GraphCase g;
        const ValueId t = g.n("t", "Transpose", {g.input("x", Shape{2, 1, 1, 3})}, {attr("perm", kToFirst)});
        g.returns(g.n("y", "Mul", {t, g.input("u", Shape{2, 3, 4, 5})}));
        return g.take();
      },
      move_transposes);
}

TEST(MoveTransposes, keeps_the_transpose_that_another_reader_needs) {
  const auto build = [] {
    GraphCase g;
    const ValueId t = g.n("t", "Transpose", {g.input("x", Shape{2, 4, 5, 3})}, {attr("perm", kToFirst)});
    const ValueId r = g.n("r", "Relu", {t});
    g.returns(g.n("y", "Tanh", {g.n("b", "Transpose", {r}, {attr("perm", kToLast)})}));
    g.returns(g.n("z", "MatMul", {t, g.input("u", Shape{5, 2})}));
    return g.take();
  };
  EXPECT_EQ(histogram(rewritten(build, move_transposes).graph), "1 MatMul, 1 Relu, 1 Tanh, 1 Transpose");
}

TEST(MoveTransposes, renames_the_axis_of_a_concatenation) {
  for (const int axis : {1, -1}) {
    const auto build = [=] {
      GraphCase g;
      const ValueId a = g.n("a", "Transpose", {g.input("x", Shape{2, 4, 5, 3})}, {attr("perm", kToFirst)});
      const ValueId b = g.n("b", "Transpose", {g.input("u", Shape{2, 4, 5, 3})}, {attr("perm", kToFirst)});
      g.returns(g.n("y", "Concat", {a, g.random("c", Shape{2, 3, 4, 5}), b}, {attr("axis", axis)}));
      return g.take();
    };
    EXPECT_EQ(histogram(rewritten(build, move_transposes).graph), "1 Concat, 1 Transpose");
  }
  expect_untouched(after_transpose([](GraphCase& g, ValueId t) {
                     return g.n("y", "Concat", {t, g.input("u", Shape{2, 3, 4, 5})}, {attr("axis", 1)});
                   }),
                   move_transposes);
}

TEST(MoveTransposes, renames_the_axes_of_reductions) {
  EXPECT_EQ(moved(after_transpose([](GraphCase& g, ValueId t) {
              return g.n("y", "ReduceMean", {t}, {attr("axes", Ints{2, 3}), attr("keepdims", 1)});
            })),
            "%y_moved: float64[2,1,1,3] = ReduceMean-13(%x) {axes=[1,2] keepdims=1}\n"
            "%y: float64[2,3,1,1] = Transpose-13(%y_moved) {perm=[0,3,1,2]}\nreturn %y\n");
  EXPECT_EQ(moved(after_transpose([](GraphCase& g, ValueId t) {
              return g.n("y", "ReduceMean", {t}, {attr("axes", Ints{-2, -1}), attr("keepdims", 0)});
            })),
            "%y: float64[2,3] = ReduceMean-13(%x) {axes=[1,2] keepdims=0}\nreturn %y\n");
  EXPECT_EQ(moved(after_transpose([](GraphCase& g, ValueId t) {
              return g.n("y", "ReduceMean", {t}, {attr("axes", Ints{0}), attr("keepdims", 0)});
            })),
            "%y_moved: float64[4,5,3] = ReduceMean-13(%x) {axes=[0] keepdims=0}\n"
            "%y: float64[3,4,5] = Transpose-13(%y_moved) {perm=[2,0,1]}\nreturn %y\n");
  EXPECT_EQ(moved(after_transpose([](GraphCase& g, ValueId t) {
              return g.n("y", "ReduceSum", {t, g.ints("axes", {2, 3})}, {attr("keepdims", 0)});
            })),
            "%y: float64[2,3] = ReduceSum-11(%x) {axes=[1,2] keepdims=0}\nreturn %y\n");
  EXPECT_EQ(moved(after_transpose([](GraphCase& g, ValueId t) {
              return g.n("y", "ReduceL2", {t}, {attr("axes", Ints{-2, -1}), attr("keepdims", 0)});
            })),
            "%y: float64[2,3] = ReduceL2-13(%x) {axes=[1,2] keepdims=0}\nreturn %y\n");
}

TEST(MoveTransposes, renames_the_axis_of_a_softmax) {
  EXPECT_EQ(moved(after_transpose([](GraphCase& g, ValueId t) { return g.n("y", "Softmax", {t}, {attr("axis", 1)}); })),
            "%y_moved: float64[2,4,5,3] = Softmax-17(%x) {axis=3}\n"
            "%y: float64[2,3,4,5] = Transpose-13(%y_moved) {perm=[0,3,1,2]}\nreturn %y\n");
  // Before opset 13 it runs over several axes at once.
  expect_untouched(
      after_transpose([](GraphCase& g, ValueId t) { return g.n("y", "Softmax", {t}, {attr("axis", 1)}); }, 11),
      move_transposes);
  // Over an inner axis there is no kernel.
  expect_untouched(after_transpose([](GraphCase& g, ValueId t) { return g.n("y", "Softmax", {t}); }), move_transposes);
}

TEST(MoveTransposes, passes_operators_along_the_last_axis_when_it_stays_last) {
  const auto norm = [](GraphCase& g, ValueId t) {
    const Shape last{g.graph().is_constant(t) ? 1 : 3};
    return g.n("y", "LayerNormalization", {t, g.random("s", last), g.random("b", last)});
  };
  EXPECT_EQ(histogram(rewritten(after_transpose(norm, 17, Shape{2, 4, 3}, Ints{1, 0, 2}), move_transposes).graph),
            "1 LayerNormalization, 1 Transpose");
  EXPECT_EQ(rewritten(after_transpose(norm, 17, Shape{2, 3, 4}, Ints{0, 2, 1}), move_transposes).rewrites, 0);
  const auto linear = [](GraphCase& g, ValueId t) {
    return g.internal("y", "Linear", {t, g.random("w", Shape{3, 6})});
  };
  EXPECT_EQ(moved(after_transpose(linear, 17, Shape{2, 4, 3}, Ints{1, 0, 2})),
            "%y_moved: float64[2,4,6] = paperkite.Linear-1(%x, w)\n"
            "%y: float64[4,2,6] = Transpose-13(%y_moved) {perm=[1,0,2]}\nreturn %y\n");
  EXPECT_EQ(rewritten(after_transpose(linear, 17, Shape{2, 3, 4}, Ints{0, 2, 1}), move_transposes).rewrites, 0);
}

TEST(MoveTransposes, renames_the_axes_of_pads_slices_gathers_and_resizes) {
  const std::vector<std::function<ValueId(GraphCase&, ValueId)>> cases = {
      [](GraphCase& g, ValueId t) {
        return g.n("y", "Pad", {t, g.ints("p", {0, 1, 2, 0, 0, 0, 3, -1}), g.number("v", 2.5)});
      },
      [](GraphCase& g, ValueId t) {
        return g.n("y", "Slice",
                   {t, g.ints("s", {1, -1}), g.ints("e", {3, -9}), g.ints("a", {1, -1}), g.ints("t", {1, -2})});
      },
      [](GraphCase& g, ValueId t) { return g.n("y", "Slice", {t, g.ints("s", {0, 1}), g.ints("e", {9, 2})}); },
      [](GraphCase& g, ValueId t) {
        const ValueId scales = g.constant("s", Tensor::of<float>(Shape{4}, {1, 1, 2, 1.5F}));
        return g.n("y", "Resize", {t, kNoValue, scales}, {attr("mode", "linear")});
      },
      [](GraphCase& g, ValueId t) {
        return g.n("y", "Resize", {t, kNoValue, kNoValue, g.ints("s", {5, 7})}, {attr("axes", Ints{-1, 1})});
      },
      [](GraphCase& g, ValueId t) {
        return g.n("y", "Gather", {t, g.constant("i", Tensor::of<std::int64_t>(Shape{}, {1}))}, {attr("axis", 1)});
      },
      [](GraphCase& g, ValueId t) { return g.n("y", "Gather", {t, g.ints("i", {2, 0, -1})}, {attr("axis", 2)}); },
      [](GraphCase& g, ValueId t) {
        return g.n("y", "Gather", {t, g.constant("i", Tensor::of<std::int64_t>(Shape{2, 2}, {1, 0, 2, 2}))},
                   {attr("axis", 1)});
      },
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Rewritten after = rewritten(after_transpose(cases[i]), move_transposes);
    EXPECT_EQ(after.rewrites, 1) << "case " << i;
    const Node& first = after.graph.node(after.graph.order().front());
    EXPECT_NE(first.op_type, "Transpose") << "case " << i;
  }
  const auto old_slice = after_transpose(
      [](GraphCase& g, ValueId t) {
        return g.n("y", "Slice", {t}, {attr("starts", Ints{1}), attr("ends", Ints{3}), attr("axes", Ints{1})});
      },
      9);
  EXPECT_EQ(histogram(rewritten(old_slice, move_transposes).graph), "1 Slice, 1 Transpose");
}

TEST(MoveTransposes, lets_a_reshape_go_first_when_it_splits_and_joins_neighbours) {
  const auto reshape = [](Ints dims) {
    return [=](GraphCase& g, ValueId t) { return g.n("y", "Reshape", {t, g.ints("s", dims)}); };
  };
  // Pixels become tokens: [N,C,H,W] -> [N,C,HW].
  EXPECT_EQ(moved(after_transpose(reshape({2, 3, 20}))),
            "%y_moved: float64[2,20,3] = Reshape-14(%x, x_shape) {allowzero=1}\n"
            "%y: float64[2,3,20] = Transpose-13(%y_moved) {perm=[0,2,1]}\nreturn %y\n");
  struct Case {
    Shape shape;
    Ints perm;
    Ints dims;
    int transposes;
  };
  const std::vector<Case> cases = {
      {{2, 1, 1, 3}, kToFirst, {2, 3}, 0},  // a pooled picture: nothing moves at all
      {{2, 1, 1, 3}, kToFirst, {2, 3, 1, 1, 1}, 0},
      {{1, 7, 8}, {1, 0, 2}, {7, 1, 2, 4}, 0},  // batch 1: only units move
      {{2, 7, 8}, {1, 0, 2}, {7, 2, 2, 4}, 1},  // heads split off the features
      {{2, 7, 8}, {1, 0, 2}, {7, 1, 2, 2, 1, 4, 1}, 1},
      {{2, 3, 5, 4}, {2, 0, 1, 3}, {5, 6, 2, 2}, 1},  // [5,2,3,4]: 2 and 3 are neighbours in x, too
      {{2, 3, 4}, {2, 0, 1}, {1, 4, 6}, 1},
  };
  for (const Case& c : cases) {
    const auto build = after_transpose(reshape(c.dims), 17, c.shape, c.perm);
    const Rewritten after = rewritten(build, move_transposes);
    EXPECT_EQ(after.rewrites, 1);
    EXPECT_EQ(histogram(after.graph), c.transposes == 0 ? "1 Reshape" : "1 Reshape, 1 Transpose")
        << c.shape.to_string();
  }
  // H and W are joined with C between them, or N with H.
  expect_untouched(after_transpose(reshape({2, 60})), move_transposes);
  expect_untouched(after_transpose(reshape({7, 16}), 17, Shape{2, 7, 8}, Ints{1, 0, 2}), move_transposes);
}

TEST(MoveTransposes, sees_two_reshapes_as_one) {
  // Attention for two pictures: [tokens, pictures, features] -> [tokens, pictures*heads, ...] -> Transpose -> split.
  const auto build = after_transpose(
      [](GraphCase& g, ValueId t) {
        const ValueId joined = g.n("joined", "Reshape", {t, g.ints("s", {7, 6, 4})});
        const ValueId heads_first = g.n("heads_first", "Transpose", {joined}, {attr("perm", Ints{1, 0, 2})});
        return g.n("y", "Reshape", {heads_first, g.ints("u", {2, 3, 7, 4})});
      },
      17, Shape{2, 7, 12}, Ints{1, 0, 2});
  EXPECT_EQ(moved(build),
            "%y_moved: float64[2,7,3,4] = Reshape-14(%x, x_shape) {allowzero=1}\n"
            "%y: float64[2,3,7,4] = Transpose-13(%y_moved) {perm=[0,2,1,3]}\nreturn %y\n");
}

TEST(MoveTransposes, passes_squeezes_and_unsqueezes) {
  const auto squeeze = after_transpose(
      [](GraphCase& g, ValueId t) { return g.n("y", "Squeeze", {t, g.ints("a", {2})}); }, 17, Shape{2, 1, 5, 3});
  EXPECT_EQ(histogram(rewritten(squeeze, move_transposes).graph), "1 Reshape, 1 Transpose");
  const auto unsqueeze =
      after_transpose([](GraphCase& g, ValueId t) { return g.n("y", "Unsqueeze", {t, g.ints("a", {0, -1})}); });
  EXPECT_EQ(histogram(rewritten(unsqueeze, move_transposes).graph), "1 Reshape, 1 Transpose");
}

TEST(MoveTransposes, moves_a_flattened_picture_into_the_weights_of_its_linear) {
  for (const int transposed : {0, 1}) {
    const auto build = after_transpose([=](GraphCase& g, ValueId t) {
      const ValueId flat = g.n("flat", "Flatten", {t});
      return g.internal("y", "Linear",
                        {flat, g.random("w", transposed ? Shape{7, 60} : Shape{60, 7}), g.random("b", Shape{7})},
                        {attr("transposed", transposed)});
    });
    EXPECT_EQ(body(rewritten(build, move_transposes).graph),
              "%x_view: float64[2,60] = Reshape-14(%x, x_shape) {allowzero=1}\n"
              "%y: float64[2,7] = paperkite.Linear-1(%x_view, w_nhwc, b) {transposed=" +
                  std::to_string(transposed) + "}\nreturn %y\n");
  }
  // Another node reads the flattened picture, too.
  const auto shared = [] {
    GraphCase g;
    const ValueId t = g.n("t", "Transpose", {g.input("x", Shape{2, 4, 5, 3})}, {attr("perm", kToFirst)});
    const ValueId flat = g.n("flat", "Flatten", {t});
    g.returns(g.internal("y", "Linear", {flat, g.random("w", Shape{60, 7})}));
    g.returns(g.n("z", "Tanh", {flat}));
    return g.take();
  };
  expect_untouched(shared, move_transposes);
}

}  // namespace
}  // namespace kite
