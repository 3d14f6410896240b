// SPDX-License-Identifier: Apache-2.0
// Making a plan costs steps in proportion to the size of the graph. Steps are counted, and no time is measured: each
// graph is made with n and with 4 n nodes.
#include <gtest/gtest.h>

#include <functional>

#include "plan/lower/planner.h"
#include "plan/test_graph.h"

namespace kite {
namespace {

using Ints = TestGraph::Ints;
using Values = std::vector<ValueId>;

struct Kind {
  std::string name;
  std::function<Graph(int n)> make;
};

// What `step` makes of a value, n times in a row.
Kind chain(std::string name, std::function<ValueId(TestGraph&, ValueId)> step, Shape shape = {1, 4, 6, 6}) {
  return {std::move(name), [step, shape](int n) {
            TestGraph g;
            ValueId value = g.input("x", shape);
            for (int i = 0; i < n; ++i) value = step(g, value);
            return g.take({g.node("Relu", 14, {value})});
          }};
}

// What `step` makes of one value, n times side by side.
Kind fan(std::string name, std::function<ValueId(TestGraph&, ValueId)> step, bool is_summed = true) {
  return {std::move(name), [step, is_summed](int n) {
            TestGraph g;
            const ValueId x = g.node("Relu", 14, {g.input("x", Shape{1, 4, 6, 6})});
            Values all;
            for (int i = 0; i < n; ++i) all.push_back(step(g, x));
            if (!is_summed) return g.take({g.node("Concat", 13, all, {{"axis", std::int64_t{1}}})});
            return g.take({g.node("Sum", 13, all)});
          }};
}

// A chain of n constants, which are added to the picture at last.
Kind constants(std::string name, std::function<ValueId(TestGraph&, ValueId)> step,
               std::function<ValueId(TestGraph&)> first) {
  return {std::move(name), [step, first](int n) {
            TestGraph g;
            const ValueId x = g.input("x", Shape{1, 4, 6, 6});
            ValueId value = first(g);
            for (int i = 0; i < n; ++i) value = step(g, value);
            const ValueId sum = g.node("ReduceSum", 13, {value}, {{"keepdims", std::int64_t{0}}});
            return g.take({g.node("Add", 14, {x, sum})});
          }};
}

std::vector<Kind> kinds() {
  const Ints to_last{0, 2, 3, 1};
  const Ints to_first{0, 3, 1, 2};
  const auto transpose = [](TestGraph& g, ValueId x, const Ints& perm) {
    return g.node("Transpose", 13, {x}, {{"perm", perm}});
  };
  const auto concat = [](TestGraph& g, ValueId a, ValueId b) {
    return g.node("Concat", 13, {a, b}, {{"axis", std::int64_t{0}}});
  };
  const auto attention = [](TestGraph& g, ValueId x, ValueId keys) {
    const ValueId weights = g.node("Softmax", 13, {g.node("MatMul", 13, {x, keys})});
    return g.node("MatMul", 13, {weights, x});
  };
  return {
      chain("attention", [=](TestGraph& g, ValueId x) { return attention(g, x, transpose(g, x, {0, 1, 3, 2})); }),
      {"attention to the same keys",
       [=](int n) {
         TestGraph g;
         const ValueId x = g.node("Relu", 14, {g.input("x", Shape{1, 4, 6, 6})});
         const ValueId keys = transpose(g, x, {0, 1, 3, 2});
         Values all;
         for (int i = 0; i < n; ++i) all.push_back(attention(g, g.node("Tanh", 13, {x}), keys));
         return g.take({g.node("Sum", 13, all)});
       }},
      chain("Identity", [](TestGraph& g, ValueId x) { return g.node("Identity", 14, {x}); }),
      chain("Relu", [](TestGraph& g, ValueId x) { return g.node("Relu", 14, {x}); }),
      chain("Softmax", [](TestGraph& g, ValueId x) { return g.node("Softmax", 13, {x}); }),
      chain("Add of a constant", [](TestGraph& g, ValueId x) { return g.node("Add", 14, {x, g.number(1)}); }),
      chain("Add of itself", [](TestGraph& g, ValueId x) { return g.node("Add", 14, {x, x}); }),
      chain("silu", [](TestGraph& g, ValueId x) { return g.node("Mul", 14, {x, g.node("Sigmoid", 13, {x})}); }),
      chain(
          "Transpose", [=](TestGraph& g, ValueId x) { return transpose(g, x, to_last); }, Shape{6, 6, 6, 6}),
      chain(
          "Transpose and Relu", [=](TestGraph& g, ValueId x) { return g.node("Relu", 14, {transpose(g, x, to_last)}); },
          Shape{6, 6, 6, 6}),
      chain("Transpose there and back",
            [=](TestGraph& g, ValueId x) {
              return transpose(g, g.node("Tanh", 13, {transpose(g, x, to_last)}), to_first);
            }),
      chain("Reshape there and back",
            [](TestGraph& g, ValueId x) {
              const ValueId flat = g.node("Reshape", 14, {x, g.ints({4, 36})});
              const ValueId turned = g.node("Transpose", 13, {flat}, {{"perm", Ints{1, 0}}});
              return g.node("Reshape", 14, {turned, g.ints({1, 4, 6, 6})});
            }),
      chain("Conv", [](TestGraph& g, ValueId x) { return g.node("Conv", 11, {x, g.weights(Shape{4, 4, 1, 1})}); }),
      chain("Conv and BatchNormalization",
            [](TestGraph& g, ValueId x) {
              const ValueId conv = g.node("Conv", 11, {x, g.weights(Shape{4, 4, 1, 1})});
              const ValueId one = g.weights(Shape{4});
              return g.node("BatchNormalization", 15, {conv, one, one, one, one});
            }),
      chain("Pad and Conv",
            [](TestGraph& g, ValueId x) {
              const ValueId padded = g.node("Pad", 13, {x, g.ints({0, 0, 1, 1, 0, 0, 1, 1})});
              return g.node("Conv", 11, {padded, g.weights(Shape{4, 4, 3, 3})});
            }),
      chain("MatMul of a constant and Add",
            [](TestGraph& g, ValueId x) {
              return g.node("Add", 14, {g.node("MatMul", 13, {x, g.weights(Shape{6, 6})}), g.weights(Shape{6})});
            }),
      chain(
          "Split and Concat",
          [](TestGraph& g, ValueId x) {
            const Values halves = g.outputs_of("Split", 11, {x}, 2);
            return g.node("Concat", 13, {halves[1], halves[0]}, {{"axis", std::int64_t{0}}});
          },
          Shape{4, 6}),
      fan("Tanh of one value", [](TestGraph& g, ValueId x) { return g.node("Tanh", 13, {x}); }),
      fan("silu of one value",
          [](TestGraph& g, ValueId x) { return g.node("Mul", 14, {x, g.node("Sigmoid", 13, {x})}); }),
      fan("Transpose of one value",
          [=](TestGraph& g, ValueId x) { return g.node("Tanh", 13, {transpose(g, x, to_last)}); }),
      fan("Conv of one value",
          [](TestGraph& g, ValueId x) {
            return g.node("Relu", 14, {g.node("Conv", 11, {x, g.weights(Shape{4, 4, 1, 1})})});
          }),
      fan(
          "Concat of all", [](TestGraph& g, ValueId x) { return g.node("Tanh", 13, {x}); }, false),
      {"inputs",
       [](int n) {
         TestGraph g;
         Values all;
         for (int i = 0; i < n; ++i) all.push_back(g.input("x" + std::to_string(i), Shape{1, 4}));
         return g.take({g.node("Sum", 13, all)});
       }},
      {"pieces of a Split",
       [](int n) {
         TestGraph g;
         Values all;
         for (const ValueId piece : g.outputs_of("Split", 11, {g.input("x", Shape{n, 4})}, n)) {
           all.push_back(g.node("Tanh", 13, {piece}));
         }
         return g.take({g.node("Concat", 13, all, {{"axis", std::int64_t{0}}})});
       }},
      constants(
          "Concat of constants", [=](TestGraph& g, ValueId c) { return concat(g, c, g.weights(Shape{1})); },
          [](TestGraph& g) { return g.weights(Shape{64}); }),
      constants(
          "MatMul of constants", [](TestGraph& g, ValueId c) { return g.node("MatMul", 13, {c, c}); },
          [](TestGraph& g) { return g.weights(Shape{16, 16}); }),
  };
}

// Looks at the graph and elements of constants, from the file's graph to the plan.
std::int64_t steps_for(const Kind& kind, int n) {
  Graph graph = kind.make(n);
  EXPECT_TRUE(run_passes(graph, {}).ok()) << kind.name;
  const auto plan = make_plan(graph, {});
  EXPECT_TRUE(plan.ok()) << kind.name << ": " << (plan.ok() ? "" : plan.error().message());
  return graph.budget().spent(Limit::kPlanSteps);
}

TEST(PlanSteps, grow_with_the_number_of_nodes) {
  constexpr int kNodes = 250;
  for (const Kind& kind : kinds()) {
    const std::int64_t few = steps_for(kind, kNodes);
    const std::int64_t many = steps_for(kind, 4 * kNodes);
    EXPECT_LT(many, 5 * few) << kind.name << ": " << few << " and " << many;
    EXPECT_LT(many, std::int64_t{4} * kNodes * 1000) << kind.name;
    EXPECT_GT(few, kNodes) << kind.name;
  }
}

TEST(PlanSteps, end_where_the_limit_is_reached) {
  TestGraph g;
  ValueId x = g.input("x", Shape{1, 4});
  for (int i = 0; i < 100; ++i) x = g.node("Tanh", 13, {x});
  Graph graph = g.take({x});
  graph.budget().set_left(Limit::kPlanSteps, 200);
  const auto reports = run_passes(graph, {});
  ASSERT_FALSE(reports.ok());
  EXPECT_EQ(reports.error().code, ErrorCode::kLimit);
  EXPECT_TRUE(reports.error().what.starts_with("the model has more than ")) << reports.error().message();
}

}  // namespace
}  // namespace kite
