// SPDX-License-Identifier: Apache-2.0
// Batch norms after Conv, after Gemm, and on their own.
#include <gtest/gtest.h>

#include "passes/graph_case.h"

namespace kite {
namespace {

ValueId norm(GraphCase& g, const std::string& name, ValueId x, std::int64_t channels) {
  const Shape c{channels};
  return g.n(
      name, "BatchNormalization",
      {x, g.random(name + "_s", c), g.random(name + "_b", c), g.random(name + "_m", c), g.random(name + "_v", c)},
      {attr("epsilon", 0.125F)});
}

ValueId conv(GraphCase& g, ValueId x, bool bias) {
  std::vector<ValueId> inputs = {x, g.random("w", Shape{6, 2, 3, 3})};
  if (bias) inputs.push_back(g.random("b", Shape{6}));
  return g.n("c", "Conv", std::move(inputs), {attr("group", 2), attr("pads", Ints{1, 1, 1, 1})});
}

TEST(FoldBatchNorm, scales_the_weights_of_the_convolution_before_it) {
  for (const bool bias : {false, true}) {
    const auto build = [=] {
      GraphCase g;
      g.returns(norm(g, "y", conv(g, g.input("x", Shape{2, 4, 5, 5}), bias), 6));
      return g.take();
    };
    const Rewritten after = rewritten(build, fold_batch_norm);
    EXPECT_EQ(after.rewrites, 1);
    EXPECT_EQ(body(after.graph),
              "%y: float64[2,6,5,5] = Conv-17(%x, w_folded, w_bias) {group=2 pads=[1,1,1,1]}\nreturn %y\n");
  }
}

TEST(FoldBatchNorm, scales_the_weights_of_the_gemm_before_it) {
  for (const int transposed : {0, 1}) {
    for (const bool bias : {false, true}) {
      const auto build = [=] {
        GraphCase g;
        std::vector<ValueId> inputs = {g.input("x", Shape{3, 5}),
                                       g.random("w", transposed ? Shape{4, 5} : Shape{5, 4})};
        if (bias) inputs.push_back(g.random("b", Shape{1, 4}));
        const ValueId product =
            g.n("p", "Gemm", std::move(inputs), {attr("transB", transposed), attr("alpha", 0.5F), attr("beta", 2.0F)});
        g.returns(norm(g, "y", product, 4));
        return g.take();
      };
      EXPECT_EQ(histogram(rewritten(build, fold_batch_norm).graph), "1 Gemm");
    }
  }
}

TEST(FoldBatchNorm, becomes_a_product_and_a_sum_where_nothing_can_take_it) {
  const auto alone = [] {
    GraphCase g;
    g.returns(norm(g, "y", g.input("x", Shape{2, 3, 4, 4}), 3));
    return g.take();
  };
  EXPECT_EQ(body(rewritten(alone, fold_batch_norm).graph),
            "%y_scaled: float64[2,3,4,4] = Mul-14(%x, y_scale)\n"
            "%y: float64[2,3,4,4] = Add-14(%y_scaled, y_shift)\nreturn %y\n");
  // A second reader needs the convolution's own result.
  const auto shared = [] {
    GraphCase g;
    const ValueId c = conv(g, g.input("x", Shape{2, 4, 5, 5}), false);
    g.returns(norm(g, "y", c, 6));
    g.returns(g.n("z", "Relu", {c}));
    return g.take();
  };
  EXPECT_EQ(histogram(rewritten(shared, fold_batch_norm).graph), "1 Add, 1 Conv, 1 Mul, 1 Relu");
}

TEST(FoldBatchNorm, keeps_one_whose_statistics_are_computed) {
  const auto build = [] {
    GraphCase g;
    const ValueId x = g.input("x", Shape{2, 3, 4, 4});
    const Shape c{3};
    const ValueId mean = g.n("mean", "ReduceMean", {x}, {attr("axes", Ints{0, 2, 3}), attr("keepdims", 0)});
    g.returns(g.n("y", "BatchNormalization", {x, g.random("s", c), g.random("b", c), mean, g.random("v", c)}));
    return g.take();
  };
  expect_untouched(build, fold_batch_norm);
}

}  // namespace
}  // namespace kite
