// SPDX-License-Identifier: Apache-2.0
// For tests: one operator, its attributes and its inputs, inferred and computed as a graph of one node.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "graph/graph.h"
#include "ops/evaluate.h"
#include "ops/op.h"
#include "paperkite/error.h"
#include "paperkite/tensor.h"
#include "paperkite/try.h"

namespace kite {

using Ints = std::vector<std::int64_t>;

// OpCase("Softmax", 13).attr("axis", 1).input(x).run()
class OpCase {
 public:
  explicit OpCase(std::string op_type, int opset = 18, std::string domain = "") {
    node_.name = "n";
    node_.op_type = std::move(op_type);
    node_.opset = opset;
    node_.domain = std::move(domain);
  }

  OpCase& attr(std::string name, std::int64_t value) { return set(std::move(name), value); }
  OpCase& attr(std::string name, int value) { return set(std::move(name), std::int64_t{value}); }
  OpCase& attr(std::string name, float value) { return set(std::move(name), value); }
  OpCase& attr(std::string name, const char* value) { return set(std::move(name), std::string(value)); }
  OpCase& attr(std::string name, Ints value) { return set(std::move(name), std::move(value)); }
  OpCase& attr(std::string name, std::vector<float> value) { return set(std::move(name), std::move(value)); }
  OpCase& attr(std::string name, std::vector<std::string> value) { return set(std::move(name), std::move(value)); }
  OpCase& attr(std::string name, TensorView value) { return set(std::move(name), value); }

  // A constant, as an initializer is.
  OpCase& input(Tensor tensor) {
    const ValueId id = graph_.add_constant("c" + std::to_string(node_.inputs.size()), std::move(tensor));
    graph_.value(id).type = graph_.value(id).constant->type;
    views_.push_back(*graph_.value(id).constant);
    node_.inputs.push_back(id);
    return *this;
  }
  // Known only at run time: infer() sees its type but not its values.
  OpCase& runtime_input(Tensor tensor) {
    const TensorView view = graph_.own(std::move(tensor));
    const ValueId id = graph_.add_value("x" + std::to_string(node_.inputs.size()));
    graph_.value(id).type = view.type;
    views_.push_back(view);
    node_.inputs.push_back(id);
    return *this;
  }
  // An optional input that is left out.
  OpCase& no_input() {
    node_.inputs.push_back(kNoValue);
    views_.emplace_back();
    return *this;
  }
  // How many outputs the node asks for; 1 by default.
  OpCase& outputs(int count) {
    output_count_ = count;
    return *this;
  }

  // Infers, then computes. Call one of the two, once.
  [[nodiscard]] Result<std::vector<Tensor>> run() {
    KITE_TRY_ASSIGN(const NodeId id, infer());
    return evaluate_node(graph_, id, views_, kMostBytes);
  }
  // Infers, then says what computing would take.
  [[nodiscard]] Result<NodeCost> cost() {
    KITE_TRY_ASSIGN(const NodeId id, infer());
    return cost_of(graph_, id);
  }

  // The same on `shares` threads at once, each with its share.
  [[nodiscard]] Result<std::vector<Tensor>> run_shared(int shares) {
    KITE_TRY_ASSIGN(const NodeId id, infer());
    const Node& node = graph_.node(id);
    std::vector<Tensor> results;
    std::vector<MutableTensorView> outputs;
    for (const ValueId output : node.outputs) {
      results.push_back(output == kNoValue ? Tensor() : Tensor(*graph_.value(output).type));
      outputs.push_back(results.back().mutable_view());
      if (output == kNoValue) continue;
      // What no share writes shows as a difference.
      std::memset(outputs.back().data, 0xA5, static_cast<std::size_t>(outputs.back().type.size_bytes()));
    }
    const Operator* op = find_operator(node.domain, node.op_type);
    std::vector<Status> statuses(static_cast<std::size_t>(shares));
    const auto compute = [&](int index) {
      statuses[static_cast<std::size_t>(index)] =
          op->compute(ComputeContext{node.attributes, node.opset, views_, outputs, Share{index, shares}});
    };
    std::vector<std::thread> team;
    for (int index = 1; index < shares; ++index) team.emplace_back(compute, index);
    compute(0);
    for (std::thread& member : team) member.join();
    for (Status& status : statuses) {
      if (!status.ok()) return std::move(status).error().in(graph_.describe(id));
    }
    return results;
  }

 private:
  static constexpr std::int64_t kMostBytes = std::int64_t{1} << 30;

  Result<NodeId> infer() {
    for (int i = 0; i < output_count_; ++i) node_.outputs.push_back(graph_.add_value("y" + std::to_string(i)));
    const NodeId id = graph_.add_node(std::move(node_));
    KITE_TRY(infer_node(graph_, id));
    return id;
  }
  OpCase& set(std::string name, Attribute::Value value) {
    node_.attributes.set(std::move(name), std::move(value));
    return *this;
  }

  Graph graph_;
  Node node_;
  std::vector<TensorView> views_;
  int output_count_ = 1;
};

inline Tensor floats(const Shape& shape, std::initializer_list<float> values) {
  EXPECT_EQ(shape.elements(), static_cast<std::int64_t>(values.size()));
  return Tensor::of<float>(shape, values);
}
inline Tensor ints(const Shape& shape, std::initializer_list<std::int64_t> values) {
  EXPECT_EQ(shape.elements(), static_cast<std::int64_t>(values.size()));
  return Tensor::of<std::int64_t>(shape, values);
}
inline Tensor scalar(float value) { return Tensor::of<float>({}, {value}); }

// first, first + step, ... in the element type asked for.
template <typename T = float>
Tensor iota(const Shape& shape, double first = 0, double step = 1) {
  Tensor tensor(kDTypeOf<T>, shape);
  for (std::int64_t i = 0; i < shape.elements(); ++i) {
    tensor.as<T>()[i] = static_cast<T>(first + step * static_cast<double>(i));
  }
  return tensor;
}

inline constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
inline constexpr float kInf = std::numeric_limits<float>::infinity();

template <typename T>
void expect_elements(const Tensor& found, const Shape& shape, const std::vector<T>& expected, double tolerance = 0) {
  ASSERT_EQ(dtype_name(found.dtype()), dtype_name(kDTypeOf<T>));
  ASSERT_EQ(found.shape().to_string(), shape.to_string());
  ASSERT_EQ(shape.elements(), static_cast<std::int64_t>(expected.size()));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto f = static_cast<double>(found.as<T>()[i]);
    const auto e = static_cast<double>(static_cast<T>(expected[i]));
    if (std::isnan(e)) {
      EXPECT_TRUE(std::isnan(f)) << "element " << i << " is " << f;
    } else if (std::isinf(e) || tolerance == 0) {
      EXPECT_EQ(f, e) << "element " << i;
    } else {
      EXPECT_NEAR(f, e, tolerance) << "element " << i;
    }
  }
}

// The one output of `op`, element by element; tolerance 0 asks for equal values.
template <typename T = float>
void expect_output(OpCase& op, const Shape& shape, const std::vector<std::type_identity_t<T>>& expected,
                   double tolerance = 0) {
  const auto outputs = op.run();
  ASSERT_TRUE(outputs.ok()) << outputs.error().message();
  ASSERT_FALSE(outputs->empty());
  if constexpr (!std::is_same_v<T, bool>) {
    expect_elements<T>((*outputs)[0], shape, expected, tolerance);
  } else {
    ASSERT_EQ((*outputs)[0].shape().to_string(), shape.to_string());
    ASSERT_EQ((*outputs)[0].dtype(), DType::kBool);
    for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_EQ((*outputs)[0].as<bool>()[i], expected[i]) << i;
  }
}

// infer() or compute() refuses: with this code, naming the node, and with `clue` in the message.
inline void expect_error(OpCase& op, ErrorCode code, const std::string& clue) {
  const auto outputs = op.run();
  ASSERT_FALSE(outputs.ok()) << "was accepted";
  const Error& error = outputs.error();
  EXPECT_EQ(error_code_name(error.code), error_code_name(code)) << error.message();
  EXPECT_NE(error.message().find("node \"n\""), std::string::npos) << error.message();
  EXPECT_NE(error.message().find(clue), std::string::npos) << error.message();
}

}  // namespace kite
