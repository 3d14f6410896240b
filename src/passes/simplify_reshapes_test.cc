// SPDX-License-Identifier: Apache-2.0
// Chains of renamed dimensions, and Reshapes around a Linear.
#include <gtest/gtest.h>

#include "passes/graph_case.h"

namespace kite {
namespace {

TEST(SimplifyReshapes, joins_a_chain_into_one) {
  const auto build = [] {
    GraphCase g;
    ValueId x = g.n("a", "Flatten", {g.input("x", Shape{2, 3, 1, 4})});
    x = g.n("b", "Unsqueeze", {x, g.ints("axes", {1})});
    x = g.n("c", "Transpose", {x}, {attr("perm", Ints{0, 2, 1})});  // [2,12,1]: moves only the unit
    x = g.n("d", "Squeeze", {x, g.ints("last", {2})});
    x = g.n("e", "Reshape", {x, g.ints("s", {4, 6})});
    g.returns(g.n("y", "Tanh", {x}));
    return g.take();
  };
  EXPECT_EQ(body(rewritten(build, simplify_reshapes).graph),
            "%e: float64[4,6] = Reshape-14(%x, x_shape_4) {allowzero=1}\n"
            "%y: float64[4,6] = Tanh-17(%e)\nreturn %y\n");
}

TEST(SimplifyReshapes, drops_a_chain_that_leads_back) {
  const auto build = [] {
    GraphCase g;
    const ValueId x = g.n("r", "Relu", {g.input("x", Shape{2, 3})});
    const ValueId flat = g.n("flat", "Reshape", {x, g.ints("s", {6})});
    g.returns(g.n("y", "Tanh", {g.n("back", "Reshape", {flat, g.ints("t", {2, 3})})}));
    return g.take();
  };
  EXPECT_EQ(histogram(rewritten(build, simplify_reshapes).graph), "1 Relu, 1 Tanh");
}

TEST(SimplifyReshapes, sees_through_a_gather_of_everything) {
  const auto build = [](Ints indices) {
    return [=] {
      GraphCase g;
      g.returns(g.n("y", "Gather", {g.input("x", Shape{2, 3}), g.ints("i", indices)}, {attr("axis", 1)}));
      return g.take();
    };
  };
  EXPECT_EQ(body(rewritten(build({0, 1, 2}), simplify_reshapes).graph),
            "%y: float64[2,3] = Reshape-14(%x, x_shape) {allowzero=1}\nreturn %y\n");
  expect_untouched(build({0, 2, 1}), simplify_reshapes);
  const auto wide = [] {
    GraphCase g;
    const ValueId i = g.constant("i", Tensor::of<std::int64_t>(Shape{1, 3, 1}, {0, 1, 2}));
    g.returns(g.n("y", "Gather", {g.input("x", Shape{2, 3}), i}, {attr("axis", 1)}));
    return g.take();
  };
  EXPECT_EQ(body(rewritten(wide, simplify_reshapes).graph),
            "%y: float64[2,1,3,1] = Reshape-14(%x, x_shape) {allowzero=1}\nreturn %y\n");
}

TEST(SimplifyReshapes, moves_in_front_of_a_linear) {
  const auto build = [](Ints dims) {
    return [=] {
      GraphCase g;
      const ValueId flat = g.n("flat", "Reshape", {g.input("x", Shape{2, 3, 5}), g.ints("s", {6, 5})});
      const ValueId p = g.internal("p", "Linear", {flat, g.random("w", Shape{5, 4})});
      g.returns(g.n("y", "Reshape", {p, g.ints("t", dims)}));
      return g.take();
    };
  };
  EXPECT_EQ(body(rewritten(build({2, 3, 4}), simplify_reshapes).graph),
            "%y: float64[2,3,4] = paperkite.Linear-1(%x, w)\nreturn %y\n");
  EXPECT_EQ(body(rewritten(build({3, 2, 4}), simplify_reshapes).graph),
            "%x_view: float64[3,2,5] = Reshape-14(%x, x_shape) {allowzero=1}\n"
            "%y: float64[3,2,4] = paperkite.Linear-1(%x_view, w)\nreturn %y\n");
  expect_untouched(build({6, 2, 2}), simplify_reshapes);  // splits the features
}

TEST(SimplifyReshapes, leaves_transposes_that_move_elements) {
  expect_untouched(
      [] {
        GraphCase g;
        g.returns(g.n("y", "Transpose", {g.input("x", Shape{2, 1, 3})}, {attr("perm", Ints{2, 1, 0})}));
        return g.take();
      },
      simplify_reshapes);
}

}  // namespace
}  // namespace kite
