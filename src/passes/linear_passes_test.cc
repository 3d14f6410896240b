// SPDX-License-Identifier: Apache-2.0
// Products: their conversion to Linear, and the scale of attention scores.
#include <gtest/gtest.h>

#include "passes/graph_case.h"

namespace kite {
namespace {

struct GemmCase {
  int trans_a = 0;
  int trans_b = 0;
  float alpha = 1;
  float beta = 1;
  Shape c = {4};
  bool has_c = true;
  bool constant_c = true;
  bool constant_b = true;
};

Graph gemm(const GemmCase& c) {
  GraphCase g;
  std::vector<ValueId> inputs = {g.input("x", c.trans_a ? Shape{5, 3} : Shape{3, 5})};
  const Shape b = c.trans_b ? Shape{4, 5} : Shape{5, 4};
  inputs.push_back(c.constant_b ? g.random("w", b) : g.input("w", b));
  if (c.has_c) inputs.push_back(c.constant_c ? g.random("c", c.c) : g.input("c", c.c));
  g.returns(g.n("y", "Gemm", std::move(inputs),
                {attr("transA", c.trans_a), attr("transB", c.trans_b), attr("alpha", c.alpha), attr("beta", c.beta)}));
  return g.take();
}

TEST(ToLinear, takes_the_matrix_of_a_gemm_as_it_is) {
  EXPECT_EQ(body(rewritten([] { return gemm({}); }, to_linear).graph),
            "%y: float64[3,4] = paperkite.Linear-1(%x, w, c) {transposed=0}\nreturn %y\n");
  EXPECT_EQ(body(rewritten([] { return gemm({.trans_b = 1, .has_c = false}); }, to_linear).graph),
            "%y: float64[3,4] = paperkite.Linear-1(%x, w) {transposed=1}\nreturn %y\n");
}

TEST(ToLinear, folds_alpha_and_beta) {
  for (const GemmCase& c :
       {GemmCase{.alpha = 0.5F}, GemmCase{.trans_b = 1, .alpha = 3, .beta = 0.25F}, GemmCase{.beta = 0},
        GemmCase{.beta = 2, .c = {}}, GemmCase{.c = {1, 4}}, GemmCase{.c = {1}}}) {
    EXPECT_EQ(histogram(rewritten([&] { return gemm(c); }, to_linear).graph), "1 paperkite.Linear");
  }
}

TEST(ToLinear, adds_what_is_no_bias_afterwards) {
  EXPECT_EQ(histogram(rewritten([] { return gemm({.c = {3, 1}}); }, to_linear).graph), "1 Add, 1 paperkite.Linear");
  EXPECT_EQ(histogram(rewritten([] { return gemm({.c = {3, 4}, .constant_c = false}); }, to_linear).graph),
            "1 Add, 1 paperkite.Linear");
}

TEST(ToLinear, leaves_other_gemms) {
  expect_untouched([] { return gemm({.trans_a = 1}); }, to_linear);
  expect_untouched([] { return gemm({.constant_b = false}); }, to_linear);
  expect_untouched([] { return gemm({.beta = 2, .c = {3, 4}}); }, to_linear);
}

TEST(ToLinear, repeats_no_number_more_often_than_the_budget_has_room_for) {
  expect_untouched(
      [] {
        Graph graph = gemm({.beta = 2, .c = {}});
        graph.budget().set_left(Limit::kConstantBytes, 4 * 8 - 1);
        return graph;
      },
      to_linear);
}

TEST(ToLinear, takes_a_matmul_and_the_bias_after_it) {
  const auto build = [](Shape bias, bool transposed, bool second_reader) {
    return [=] {
      GraphCase g;
      const ValueId x = g.input("x", Shape{2, 3, 50});
      ValueId w = g.random("w", transposed ? Shape{4, 50} : Shape{50, 4});
      if (transposed) w = g.n("t", "Transpose", {w}, {attr("perm", Ints{1, 0})});
      const ValueId p = g.n("p", "MatMul", {x, w});
      g.returns(g.n("y", "Add", {g.random("b", bias), p}));
      if (second_reader) g.returns(p);
      return g.take();
    };
  };
  EXPECT_EQ(body(rewritten(build(Shape{4}, false, false), to_linear).graph),
            "%y: float64[2,3,4] = paperkite.Linear-1(%x, w, b) {transposed=0}\nreturn %y\n");
  EXPECT_EQ(body(rewritten(build(Shape{1, 1, 4}, true, false), to_linear).graph),
            "%y: float64[2,3,4] = paperkite.Linear-1(%x, w, b_1) {transposed=1}\nreturn %y\n");
  EXPECT_EQ(histogram(rewritten(build(Shape{3, 1}, false, false), to_linear).graph), "1 Add, 1 paperkite.Linear");
  EXPECT_EQ(histogram(rewritten(build(Shape{1, 1, 1, 4}, false, false), to_linear).graph), "1 Add, 1 paperkite.Linear");
  EXPECT_EQ(histogram(rewritten(build(Shape{4}, false, true), to_linear).graph), "1 Add, 1 paperkite.Linear");
}

TEST(ToLinear, leaves_products_without_a_constant_matrix_on_the_right) {
  expect_untouched(
      [] {
        GraphCase g;
        const ValueId x = g.input("x", Shape{5, 4});
        const ValueId left = g.n("l", "MatMul", {g.random("w", Shape{3, 5}), x});
        g.returns(g.n("y", "MatMul", {left, g.random("batched", Shape{2, 4, 3})}));
        return g.take();
      },
      to_linear);
}

struct ScoreCase {
  double left = 0.5;
  double right = 0.25;
  double behind = 0;     // 0: nothing there
  bool divides = false;  // behind
  bool second_reader = false;
};

Graph scores(const ScoreCase& c) {
  GraphCase g;
  ValueId q = g.input("q", Shape{2, 7, 3});
  ValueId k = g.input("k", Shape{2, 3, 7});
  if (c.left != 0) q = g.n("qs", "Mul", {q, g.number("sq", c.left)});
  if (c.right != 0) k = g.n("ks", "Mul", {g.number("sk", c.right), k});
  if (c.second_reader) g.returns(g.n("z", "Tanh", {k}));
  ValueId y = g.n("p", "MatMul", {q, k});
  if (c.behind != 0) y = g.n("s", c.divides ? "Div" : "Mul", {y, g.number("sb", c.behind)});
  g.returns(g.n("y", "Softmax", {y}));
  return g.take();
}

TEST(MergeAttentionScale, leaves_one_product_on_the_left) {
  for (const ScoreCase& c :
       {ScoreCase{}, ScoreCase{.left = 0}, ScoreCase{.left = 0, .right = 0, .behind = 8, .divides = true},
        ScoreCase{.behind = 3}, ScoreCase{.right = 0, .behind = 3}}) {
    const Rewritten after = rewritten([&] { return scores(c); }, merge_attention_scale);
    EXPECT_EQ(histogram(after.graph), "1 MatMul, 1 Mul, 1 Softmax");
    const Node& product = after.graph.node(after.graph.order()[1]);
    EXPECT_EQ(product.op_type, "MatMul");
  }
}

TEST(MergeAttentionScale, leaves_what_is_least_already_or_read_twice) {
  expect_untouched([] { return scores({.right = 0}); }, merge_attention_scale);
  expect_untouched([] { return scores({.left = 0, .right = 0}); }, merge_attention_scale);
  expect_untouched([] { return scores({.second_reader = true}); }, merge_attention_scale);
}

}  // namespace
}  // namespace kite
