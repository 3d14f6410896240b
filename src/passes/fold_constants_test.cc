// SPDX-License-Identifier: Apache-2.0
// What is computed once, what stays a view of the model file, and what is too large to keep.
#include <gtest/gtest.h>

#include "passes/constants.h"
#include "passes/graph_case.h"

namespace kite {
namespace {

TEST(FoldConstants, computes_weights_from_weights) {
  const auto build = [] {
    GraphCase g;
    const ValueId x = g.input("x", Shape{2, 200});
    const ValueId v = g.n("v", "Sqrt", {g.random("w", Shape{200})});
    const ValueId b = g.n("b", "Mul", {v, g.random("u", Shape{200})});
    g.returns(g.n("y", "Add", {x, b}));
    return g.take();
  };
  const Rewritten after = rewritten(build, fold_constants);
  EXPECT_EQ(after.rewrites, 2);
  EXPECT_EQ(body(after.graph), "%y: float64[2,200] = Add-17(%x, b)\nreturn %y\n");
}

TEST(FoldConstants, reshapes_a_weight_without_copying_it) {
  GraphCase g;
  const ValueId x = g.input("x", Shape{2, 200});
  const ValueId w = g.random("w", Shape{200});
  const ValueId r = g.n("r", "Reshape", {w, g.ints("s", {1, 200})});
  g.returns(g.n("y", "Add", {x, r}));
  Graph graph = g.take();
  ASSERT_TRUE(fold_constants(graph).ok());
  ASSERT_TRUE(graph.is_constant(r));
  EXPECT_EQ(graph.value(r).constant->data, graph.value(w).constant->data);
  EXPECT_EQ(graph.value(r).constant->type.shape, (Shape{1, 200}));
}

TEST(FoldConstants, leaves_a_transposed_matrix_to_the_product_that_takes_it_as_it_is) {
  const auto build = [](bool also_added) {
    GraphCase g;
    const ValueId x = g.input("x", Shape{2, 20});
    const ValueId t = g.n("t", "Transpose", {g.random("w", Shape{20, 20})}, {attr("perm", Ints{1, 0})});
    g.returns(g.n("y", "MatMul", {x, t}));
    if (also_added) g.returns(g.n("z", "Add", {t, t}));
    return g.take();
  };
  expect_untouched([&] { return build(false); }, fold_constants);
  // Another reader needs the transposed elements.
  const Rewritten after = rewritten(
      [&] {
        GraphCase g;
        const ValueId x = g.input("x", Shape{2, 20});
        const ValueId t = g.n("t", "Transpose", {g.random("w", Shape{20, 20})}, {attr("perm", Ints{1, 0})});
        g.returns(g.n("y", "MatMul", {x, t}));
        g.returns(g.n("z", "Add", {x, g.n("row", "ReduceMean", {t}, {attr("axes", Ints{0})})}));
        return g.take();
      },
      fold_constants);
  EXPECT_EQ(histogram(after.graph), "1 Add, 1 MatMul");
}

TEST(FoldConstants, does_not_blow_a_small_constant_up) {
  const auto build = [](std::int64_t rows) {
    return [rows] {
      GraphCase g;
      const ValueId x = g.input("x", Shape{1, 100});
      const ValueId e = g.n("e", "Expand", {g.random("w", Shape{100}), g.ints("s", {rows, 100})});
      g.returns(g.n("y", "Mul", {x, e}));
      return g.take();
    };
  };
  EXPECT_EQ(rewritten(build(8), fold_constants).rewrites, 1);  // 6,400 bytes: always worth it
  expect_untouched(build(800), fold_constants);                // 640,000 bytes out of 800
}

// 200 rows of 2 numbers make 200 x 500 hidden numbers, which make 200 x 3.
auto table(std::int64_t hidden, bool hidden_is_read = false, std::int64_t columns = 3) {
  return [=] {
    GraphCase g;
    const ValueId x = g.input("x", Shape{1, columns});
    const ValueId h = g.n("h", "Gemm", {g.random("rows", Shape{200, 2}), g.random("w", Shape{2, hidden})});
    const ValueId both =
        g.n("both", "Add",
            {g.n("r", "Relu", {h}),
             g.n("s", "Sigmoid", {g.n("n", "Expand", {g.random("e", Shape{hidden}), g.ints("to", {200, hidden})})})});
    const ValueId t = g.n("t", "Gemm", {both, g.random("v", Shape{hidden, columns})});
    g.returns(g.n("y", "Mul", {x, t}));
    if (hidden_is_read) g.returns(g.n("z", "ReduceSum", {g.n("xh", "Mul", {h, g.n("i", "ReduceSum", {x})})}));
    return g.take();
  };
}

TEST(FoldConstants, computes_a_small_result_of_large_ones_at_once) {
  const Rewritten after = rewritten(table(500), fold_constants);
  EXPECT_EQ(after.rewrites, 1);
  EXPECT_EQ(body(after.graph), "%y: float64[200,3] = Mul-17(%x, t)\nreturn %y\n");
}

TEST(FoldConstants, leaves_large_results_that_the_run_reads_or_that_are_too_large_to_be_held) {
  EXPECT_EQ(rewritten(table(500, true), fold_constants).rewrites, 0);
  // Two hidden layers of 200 x 12,000 numbers of 8 bytes are more than are held at one time.
  EXPECT_EQ(rewritten(table(12'000), fold_constants).rewrites, 0);
}

TEST(FoldConstants, counts_the_steps_of_all_results_that_a_small_one_takes) {
  Graph graph = table(500)();
  graph.budget().set_left(Limit::kConstantSteps, 1000);
  const auto folded = fold_constants(graph);
  ASSERT_TRUE(folded.ok());
  EXPECT_EQ(*folded, 0);
}

TEST(FoldConstants, copies_as_much_as_the_budget_has) {
  Graph graph;
  graph.budget().set_left(Limit::kConstantBytes, 1000);
  EXPECT_TRUE(may_copy(graph, 1000));
  EXPECT_FALSE(may_copy(graph, 1001));
  graph.own(Tensor(DType::kInt8, Shape{1}));
  EXPECT_FALSE(may_copy(graph, 1000));
}

TEST(FoldConstants, leaves_what_would_take_more_steps_than_the_budget_has) {
  // 2 * 20 * 20 elements are read, each of 20 * 20 results is the sum of 20 products.
  constexpr std::int64_t kSteps = 2 * 400 + 400 * 20;
  const auto products = [](std::int64_t steps) {
    GraphCase g;
    const ValueId x = g.input("x", Shape{2, 20});
    const ValueId w = g.random("w", Shape{20, 20});
    const ValueId squared = g.n("squared", "MatMul", {w, w});
    g.returns(g.n("y", "MatMul", {x, g.n("cubed", "MatMul", {squared, w})}));
    Graph graph = g.take();
    graph.budget().set_left(Limit::kConstantSteps, steps);
    const auto folded = fold_constants(graph);
    EXPECT_TRUE(folded.ok());
    return folded.ok() ? *folded : -1;
  };
  EXPECT_EQ(products(2 * kSteps), 2);
  EXPECT_EQ(products(2 * kSteps - 1), 1);
  EXPECT_EQ(products(kSteps - 1), 0);
}

TEST(FoldConstants, keeps_what_makes_a_graph_output) {
  const auto build = [] {
    GraphCase g;
    g.input("x", Shape{1});
    g.returns(g.n("y", "Sqrt", {g.random("w", Shape{200})}));
    return g.take();
  };
  expect_untouched(build, fold_constants);
}

}  // namespace
}  // namespace kite
