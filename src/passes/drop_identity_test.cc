// SPDX-License-Identifier: Apache-2.0
// Which nodes return their unchanged input, and which only look like such nodes.
#include <gtest/gtest.h>

#include "passes/graph_case.h"

namespace kite {
namespace {

// x -> the node under test -> Relu.
auto between(std::function<ValueId(GraphCase&, ValueId)> make, Shape shape = {1, 2, 3, 4}) {
  return [=] {
    GraphCase g;
    const ValueId x = g.input("x", shape);
    g.returns(g.n("y", "Relu", {make(g, x)}));
    return g.take();
  };
}

TEST(DropIdentity, drops_what_changes_nothing) {
  const std::vector<std::function<ValueId(GraphCase&, ValueId)>> cases = {
      [](GraphCase& g, ValueId x) { return g.n("a", "Identity", {x}); },
      [](GraphCase& g, ValueId x) { return g.n("a", "Dropout", {x}); },
      [](GraphCase& g, ValueId x) { return g.n("a", "Cast", {x}, {attr("to", 11)}); },
      [](GraphCase& g, ValueId x) { return g.n("a", "Reshape", {x, g.ints("s", {0, 2, -1, 4})}); },
      [](GraphCase& g, ValueId x) { return g.n("a", "Transpose", {x}, {attr("perm", Ints{0, 1, 2, 3})}); },
      [](GraphCase& g, ValueId x) { return g.n("a", "Expand", {x, g.ints("s", {1, 1, 3, 1})}); },
      [](GraphCase& g, ValueId x) {
        return g.n("a", "Slice", {x, g.ints("s", {0}), g.ints("e", {99}), g.ints("a", {2})});
      },
      [](GraphCase& g, ValueId x) { return g.n("a", "Pad", {x, g.ints("p", Ints(8, 0))}); },
      [](GraphCase& g, ValueId x) { return g.n("a", "Concat", {x}, {attr("axis", 1)}); },
  };
  for (const auto& make : cases) {
    const Rewritten after = rewritten(between(make), drop_identity);
    EXPECT_EQ(after.rewrites, 1);
    EXPECT_EQ(body(after.graph), "%y: float64[1,2,3,4] = Relu-17(%x)\nreturn %y\n");
  }
}

TEST(DropIdentity, keeps_what_keeps_the_shape_but_moves_elements) {
  expect_untouched(
      between([](GraphCase& g, ValueId x) { return g.n("a", "Transpose", {x}, {attr("perm", Ints{1, 0})}); },
              Shape{3, 3}),
      drop_identity);
  expect_untouched(between([](GraphCase& g, ValueId x) {
                     return g.n("a", "Slice",
                                {x, g.ints("s", {-1}), g.ints("e", {-99}), g.ints("a", {2}), g.ints("t", {-1})});
                   }),
                   drop_identity);
  // One column in front, one less behind.
  expect_untouched(
      between([](GraphCase& g, ValueId x) { return g.n("a", "Pad", {x, g.ints("p", {0, 0, 0, 1, 0, 0, 0, -1})}); }),
      drop_identity);
}

TEST(DropIdentity, keeps_a_dropout_whose_mask_is_read) {
  const auto build = [] {
    GraphCase g;
    const ValueId x = g.input("x", Shape{4});
    const ValueId y = g.n("y", "Dropout", {x});
    const NodeId dropout = g.graph().value(y).producer;
    const ValueId mask = g.graph().add_value("mask");
    g.graph().node(dropout).outputs.push_back(mask);
    g.graph().value(mask).producer = dropout;
    g.returns(y);
    g.returns(g.n("kept", "Cast", {mask}, {attr("to", 11)}));
    return g.take();
  };
  expect_untouched(build, drop_identity);
}

TEST(DropIdentity, keeps_an_identity_between_an_input_and_an_output) {
  const auto build = [] {
    GraphCase g;
    g.returns(g.n("y", "Identity", {g.input("x", Shape{4})}));
    return g.take();
  };
  expect_untouched(build, drop_identity);
}

TEST(DropIdentity, gives_the_outputs_name_to_what_was_before_it) {
  const auto build = [] {
    GraphCase g;
    const ValueId relu = g.n("relu", "Relu", {g.input("x", Shape{4})});
    g.returns(g.n("y", "Identity", {relu}));
    return g.take();
  };
  EXPECT_EQ(body(rewritten(build, drop_identity).graph), "%y: float64[4] = Relu-17(%x)\nreturn %y\n");
}

}  // namespace
}  // namespace kite
