// SPDX-License-Identifier: Apache-2.0
// For tests of passes: builds float64 graphs by hand, runs one pass, and compares what the graph computes before and
// after. In float64 with exact constants, rounding is too small to hide a pass that changes the result.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "graph/dump.h"
#include "graph/graph.h"
#include "graph/verify.h"
#include "ops/evaluate.h"
#include "passes/pass.h"
#include "passes/passes.h"
#include "passes/rewrite.h"

namespace kite {

using Ints = std::vector<std::int64_t>;
using Attrs = std::initializer_list<Attribute>;

inline Attribute attr(std::string name, std::int64_t value) { return {std::move(name), value}; }
inline Attribute attr(std::string name, int value) { return {std::move(name), std::int64_t{value}}; }
inline Attribute attr(std::string name, float value) { return {std::move(name), value}; }
inline Attribute attr(std::string name, const char* value) { return {std::move(name), std::string(value)}; }
inline Attribute attr(std::string name, Ints value) { return {std::move(name), std::move(value)}; }

// A graph under construction. Nodes take names from their outputs: n("relu", "Relu", {x}).
class GraphCase {
 public:
  explicit GraphCase(int opset = 17) : opset_(opset) {}

  ValueId input(const std::string& name, const Shape& shape, DType dtype = DType::kFloat64) {
    const ValueId id = graph_.add_value(name);
    GraphInput input{id, dtype, {}};
    for (const std::int64_t dim : shape.dims()) input.dims.push_back({dim, ""});
    graph_.inputs.push_back(std::move(input));
    return id;
  }
  // Seeded by its name, in [0.5, 1.5), so that it can be a weight, a scale or a variance.
  ValueId random(const std::string& name, const Shape& shape) {
    std::mt19937_64 generator(std::hash<std::string>{}(name));
    std::uniform_real_distribution<double> uniform(0.5, 1.5);
    Tensor tensor(DType::kFloat64, shape);
    for (std::int64_t i = 0; i < shape.elements(); ++i) tensor.as<double>()[i] = uniform(generator);
    return graph_.add_constant(name, std::move(tensor));
  }
  ValueId number(const std::string& name, double value) {
    return graph_.add_constant(name, Tensor::of<double>(Shape{}, {value}));
  }
  ValueId ints(const std::string& name, const Ints& values) {
    Tensor tensor(DType::kInt64, Shape{static_cast<std::int64_t>(values.size())});
    std::ranges::copy(values, tensor.as<std::int64_t>());
    return graph_.add_constant(name, std::move(tensor));
  }
  ValueId constant(const std::string& name, Tensor tensor) { return graph_.add_constant(name, std::move(tensor)); }

  ValueId n(const std::string& output, const std::string& op_type, std::vector<ValueId> inputs, Attrs attributes = {}) {
    return add(output, op_type, "", opset_, std::move(inputs), attributes);
  }
  ValueId internal(const std::string& output, const std::string& op_type, std::vector<ValueId> inputs,
                   Attrs attributes = {}) {
    return add(output, op_type, "paperkite", 1, std::move(inputs), attributes);
  }
  void returns(ValueId id) { graph_.outputs.push_back(id); }
  Graph& graph() { return graph_; }

  // The finished, typed graph.
  Graph take() {
    EXPECT_TRUE(bind_inputs(graph_, {}).ok());
    const Status typed = infer_types(graph_);
    EXPECT_TRUE(typed.ok()) << typed.error().message();
    return std::move(graph_);
  }

 private:
  ValueId add(const std::string& output, const std::string& op_type, const std::string& domain, int opset,
              std::vector<ValueId> inputs, Attrs attributes) {
    Node node;
    node.op_type = op_type;
    node.domain = domain;
    node.opset = opset;
    node.inputs = std::move(inputs);
    node.outputs = {graph_.add_value(output)};
    for (const Attribute& attribute : attributes) node.attributes.set(attribute.name, attribute.value);
    const ValueId id = node.outputs.front();
    graph_.add_node(std::move(node));
    return id;
  }

  Graph graph_;
  int opset_;
};

// "2 Add, 1 paperkite.Conv", sorted by name.
inline std::string histogram(const Graph& graph) {
  std::map<std::string, int> counts;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    ++counts[(node.domain.empty() ? "" : node.domain + ".") + node.op_type];
  }
  std::string text;
  for (const auto& [name, count] : counts) text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + name;
  return text;
}

// The lines of dump() that show nodes, and the return line.
inline std::string body(const Graph& graph) {
  std::string text;
  const std::string whole = dump(graph);
  for (std::size_t at = 0; at < whole.size();) {
    const std::size_t end = std::min(whole.find('\n', at), whole.size());
    const std::string line = whole.substr(at, end - at);
    if (line.starts_with("%") || line.starts_with("return")) text += line + '\n';
    at = end + 1;
  }
  return text;
}

// One tensor for each graph input, normally distributed: negative, positive and beyond every clip.
inline std::vector<Tensor> random_inputs(const Graph& graph, unsigned seed = 1) {
  std::mt19937 generator(seed);
  std::normal_distribution<double> normal(0, 2);
  std::vector<Tensor> tensors;
  for (const GraphInput& input : graph.inputs) {
    Tensor tensor(*graph.value(input.value).type);
    for (std::int64_t i = 0; i < tensor.shape().elements(); ++i) tensor.as<double>()[i] = normal(generator);
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

inline std::vector<Tensor> computed(const Graph& graph) {
  const std::vector<Tensor> inputs = random_inputs(graph);
  std::vector<TensorView> views;
  for (const Tensor& tensor : inputs) views.push_back(tensor.view());
  auto outputs = interpret(graph, views);
  EXPECT_TRUE(outputs.ok()) << outputs.error().message();
  return outputs.ok() ? std::move(*outputs) : std::vector<Tensor>{};
}

// Equal types, and equal values up to `tolerance` of the largest magnitude.
inline void expect_same(const std::vector<Tensor>& expected, const std::vector<Tensor>& found, double tolerance) {
  ASSERT_EQ(expected.size(), found.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_EQ(expected[i].type(), found[i].type()) << found[i].shape().to_string();
    double largest = 0;
    double difference = 0;
    for (std::int64_t k = 0; k < expected[i].shape().elements(); ++k) {
      const double a = expected[i].as<double>()[k];
      const double b = found[i].as<double>()[k];
      ASSERT_TRUE(std::isfinite(a) && std::isfinite(b)) << "element " << k;
      largest = std::max(largest, std::abs(a));
      difference = std::max(difference, std::abs(a - b));
    }
    EXPECT_LE(difference, tolerance * largest) << "output " << i << ", largest " << largest;
    EXPECT_GT(largest, 0) << "a test on zeros proves nothing";
  }
}

// What must hold after every pass.
inline void expect_sound(Graph& graph) {
  const Status verified = verify(graph);
  EXPECT_TRUE(verified.ok()) << verified.error().message();
  for (const NodeId id : graph.order()) {
    for (const ValueId output : graph.node(id).outputs) {
      EXPECT_TRUE(output == kNoValue || graph.value(output).type.has_value()) << graph.describe(id);
    }
  }
  EXPECT_EQ(remove_dead_nodes(graph), 0) << "the pass has left dead nodes";
}

struct Rewritten {
  Graph graph;
  int rewrites = 0;
};

// Runs one pass on a fresh graph from `build`, checks the result and that it computes what it did before.
// 1e-12: sums of a few hundred products in float64, reordered.
inline Rewritten rewritten(const std::function<Graph()>& build, Result<int> (*pass)(Graph&), double tolerance = 1e-12) {
  const std::vector<Tensor> expected = computed(build());
  Rewritten result{build(), 0};
  remove_dead_nodes(result.graph);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < result.graph.outputs.size(); ++i) names.emplace_back(result.graph.output_name(i));
  const auto rewrites = pass(result.graph);
  EXPECT_TRUE(rewrites.ok()) << rewrites.error().message();
  if (!rewrites.ok()) return result;
  result.rewrites = *rewrites;
  expect_sound(result.graph);
  for (std::size_t i = 0; i < names.size(); ++i) EXPECT_EQ(result.graph.output_name(i), names[i]);
  expect_same(expected, computed(result.graph), tolerance);
  return result;
}

// The pass must find nothing to do.
inline void expect_untouched(const std::function<Graph()>& build, Result<int> (*pass)(Graph&)) {
  Graph before = build();
  remove_dead_nodes(before);
  const Rewritten after = rewritten(build, pass);
  EXPECT_EQ(after.rewrites, 0);
  EXPECT_EQ(body(before), body(after.graph));
}

}  // namespace kite
