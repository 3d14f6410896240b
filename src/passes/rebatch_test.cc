// SPDX-License-Identifier: Apache-2.0
// The proof that the pictures of a batch do not influence each other: which nodes it can follow, and where it fails.
#include "passes/rebatch.h"

#include "passes/graph_case.h"

namespace kite {
namespace {

// A graph of one node over x [1,6,4,4], whose result is the output.
struct Row {
  const char* name;
  std::function<ValueId(GraphCase&, ValueId)> build;
  bool is_proved;
};

TEST(ProveBatch, follows_the_batch_and_stops_where_pictures_may_meet) {
  const Row rows[] = {
      {"relu", [](GraphCase& c, ValueId x) { return c.n("y", "Relu", {x}); }, true},
      {"a bias for each channel",
       [](GraphCase& c, ValueId x) { return c.n("y", "Add", {x, c.random("b", Shape{6, 1, 1})}); }, true},
      {"flatten", [](GraphCase& c, ValueId x) { return c.n("y", "Flatten", {x}); }, true},
      {"flatten over the batch", [](GraphCase& c, ValueId x) { return c.n("y", "Flatten", {x}, {attr("axis", 2)}); },
       false},
      {"reshape to [1,-1]", [](GraphCase& c, ValueId x) { return c.n("y", "Reshape", {x, c.ints("shape", {1, -1})}); },
       true},
      {"reshape that moves the batch",
       [](GraphCase& c, ValueId x) { return c.n("y", "Reshape", {x, c.ints("shape", {2, -1})}); }, false},
      {"softmax over channels", [](GraphCase& c, ValueId x) { return c.n("y", "Softmax", {x}, {attr("axis", 1)}); },
       true},
      {"softmax over the batch", [](GraphCase& c, ValueId x) { return c.n("y", "Softmax", {x}, {attr("axis", 0)}); },
       false},
      {"mean over the picture",
       [](GraphCase& c, ValueId x) {
         return c.n("y", "ReduceMean", {x}, {attr("axes", Ints{2, 3}), attr("keepdims", 0)});
       },
       true},
      {"mean over everything", [](GraphCase& c, ValueId x) { return c.n("y", "ReduceMean", {x}); }, false},
      {"concat beside a constant",
       [](GraphCase& c, ValueId x) {
         return c.n("y", "Concat", {x, c.random("k", Shape{1, 6, 4, 4})}, {attr("axis", 1)});
       },
       false},
      {"transpose that moves the batch",
       [](GraphCase& c, ValueId x) { return c.n("y", "Transpose", {x}, {attr("perm", Ints{1, 0, 2, 3})}); }, false},
      {"products with weights",
       [](GraphCase& c, ValueId x) {
         const ValueId f = c.n("f", "Flatten", {x});
         return c.n("y", "MatMul", {f, c.random("w", Shape{96, 5})});
       },
       true},
      {"squeeze of the batch", [](GraphCase& c, ValueId x) { return c.n("y", "Squeeze", {x, c.ints("axes", {0})}); },
       false},
  };
  for (const Row& row : rows) {
    GraphCase graph(17);
    graph.returns(row.build(graph, graph.input("x", Shape{1, 6, 4, 4})));
    const Graph built = graph.take();
    const auto proof = prove_batch(built);
    EXPECT_EQ(proof.ok(), row.is_proved) << row.name << ": " << (proof.ok() ? "" : proof.error().message());
    if (!proof.ok()) {
      EXPECT_EQ(proof.error().code, ErrorCode::kUnsupportedModel);
    }
  }
}

}  // namespace
}  // namespace kite
