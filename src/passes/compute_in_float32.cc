// SPDX-License-Identifier: Apache-2.0
// Computes graphs of float16, bfloat16 and float64 in float32: inputs and outputs keep their types, with a Cast after
// each input and before each output, and everything between them is float32. Float32 models are not changed.
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "graph/body.h"
#include "paperkite/try.h"
#include "passes/match.h"
#include "passes/pass.h"
#include "passes/passes.h"
#include "passes/rewrite.h"
#include "tensor/convert.h"

namespace kite {

namespace {

constexpr std::array kHalves = {DType::kFloat16, DType::kBFloat16};
constexpr std::array kDoubles = {DType::kFloat64};
constexpr int kCastOpset = 13;
constexpr std::int64_t kOnnxFloat = 1;

// TensorProto.DataType, as the attributes `to`, `dtype` and `output_datatype` spell it.
std::int64_t onnx_number(DType dtype) {
  switch (dtype) {
    case DType::kFloat16: return 10;
    case DType::kFloat64: return 11;
    case DType::kBFloat16: return 16;
    default: return kOnnxFloat;
  }
}

// Replaces one element type by float32 throughout a graph, and counts what it finds.
class Replacement {
 public:
  Replacement(Graph& graph, DType from) : graph_(graph), from_(from) {}

  void run() {
    for (std::size_t i = 0; i < graph_.inputs.size(); ++i) enter(i);
    convert_constants();
    for (const NodeId id : graph_.order()) {
      convert_attributes(graph_.node(id));
      change_bodies(
          graph_.node(id), [&](Body& body) { convert_constants(body); }, [&](Node& node) { convert_attributes(node); });
    }
    for (std::size_t i = 0; i < graph_.outputs.size(); ++i) leave(i);
  }

  // "float16 (12 constants, 1 input, 1 output) is computed in float32"; nullopt where the type does not occur.
  [[nodiscard]] std::optional<std::string> account() const {
    std::string parts;
    const auto add = [&](int count, const std::string& what) {
      if (count == 0) return;
      parts += (parts.empty() ? "" : ", ") + std::to_string(count) + ' ' + what + (count == 1 ? "" : "s");
    };
    add(constants_, "constant");
    add(inputs_, "input");
    add(outputs_, "output");
    add(casts_, "cast");
    if (parts.empty()) return std::nullopt;
    return std::string(dtype_name(from_)) + " (" + parts + ") is computed in float32";
  }

 private:
  ValueId cast(ValueId value, DType to, const std::string& name, bool at_the_front) {
    Node node = make_node("Cast", kCastOpset, {value});
    node.attributes.set("to", onnx_number(to));
    const ValueId result = graph_.add_value(name);
    node.outputs = {result};
    const std::vector<NodeId> order = graph_.order();
    if (at_the_front && !order.empty()) {
      graph_.insert_before(order.front(), std::move(node));
    } else {
      graph_.add_node(std::move(node));
    }
    return result;
  }

  // The readers of the input read a float32 copy of it instead.
  void enter(std::size_t i) {
    const GraphInput& input = graph_.inputs[i];
    if (input.dtype != from_) return;
    ++inputs_;
    const std::vector<NodeId> readers = graph_.consumers(input.value);
    if (readers.empty()) return;
    const ValueId wide =
        cast(input.value, DType::kFloat32, graph_.value(input.value).name + "_float32", /*at_the_front=*/true);
    for (const NodeId reader : readers) {
      for (std::size_t k = 0; k < graph_.node(reader).inputs.size(); ++k) {
        if (graph_.node(reader).inputs[k] == input.value) graph_.set_input(reader, k, wide);
      }
    }
  }

  void convert_constants() {
    for (std::size_t i = 0; i < graph_.value_count(); ++i) {
      const auto id = static_cast<ValueId>(i);
      Value& value = graph_.value(id);
      if (!value.constant || value.constant->type.dtype != from_ || graph_.use_count(id) == 0) continue;
      ++constants_;
      value.constant = graph_.own(converted(*value.constant, DType::kFloat32));
      if (value.type) value.type = value.constant->type;
    }
  }

  void convert_constants(Body& body) {
    for (BodyValue& value : body.values) {
      if (!value.constant || value.constant->type.dtype != from_) continue;
      ++constants_;
      value.constant = graph_.own(converted(*value.constant, DType::kFloat32));
    }
  }

  // Tensors inside nodes, and the numbers that name an element type.
  void convert_attributes(Node& node) {
    std::vector<std::pair<std::string, Attribute::Value>> changes;
    for (const Attribute& attribute : node.attributes.all()) {
      const auto* tensor = std::get_if<TensorView>(&attribute.value);
      if (tensor != nullptr && tensor->type.dtype == from_) {
        ++constants_;
        changes.emplace_back(attribute.name, graph_.own(converted(*tensor, DType::kFloat32)));
      }
      const auto* number = std::get_if<std::int64_t>(&attribute.value);
      const bool names_type = attribute.name == "dtype" || attribute.name == "output_dtype" ||
                              attribute.name == "output_datatype" || attribute.name == "precision" ||
                              (node.op_type == "Cast" && attribute.name == "to");
      if (number == nullptr || !names_type || *number != onnx_number(from_) || makes_output(node)) continue;
      ++casts_;
      changes.emplace_back(attribute.name, kOnnxFloat);
    }
    for (auto& [name, value] : changes) node.attributes.set(name, std::move(value));
  }

  // An output that a Cast to its type already makes, and that no node reads, needs no second Cast.
  [[nodiscard]] bool makes_output(const Node& node) const {
    if (node.op_type != "Cast" || node.outputs.size() != 1 || !graph_.consumers(node.outputs[0]).empty()) return false;
    const auto output = std::ranges::find(graph_.outputs, node.outputs[0]);
    return output != graph_.outputs.end() && stated_type(output - graph_.outputs.begin()) == from_;
  }

  [[nodiscard]] std::optional<DType> stated_type(std::ptrdiff_t i) const {
    return graph_.output_dtypes.empty() ? std::nullopt : graph_.output_dtypes[static_cast<std::size_t>(i)];
  }

  void leave(std::size_t i) {
    if (stated_type(static_cast<std::ptrdiff_t>(i)) != from_) return;
    const ValueId output = graph_.outputs[i];
    if (is_graph_input(graph_, output)) return;
    // Integers of which a model says that they are of this type stay what they are, as those do of which it says
    // float32.
    const auto& type = graph_.value(output).type;
    if (type && !is_floating_point(type->dtype)) return;
    ++outputs_;
    const NodeId producer = graph_.value(output).producer;
    if (producer != kNoNode && is_op(graph_.node(producer), "Cast") &&
        graph_.node(producer).attributes.get_int("to", 0) == onnx_number(from_)) {
      return;
    }
    graph_.outputs[i] =
        cast(output, from_, std::string(graph_.output_name(i)) + "_" + std::string(dtype_name(from_)), false);
  }

  Graph& graph_;
  DType from_;
  int constants_ = 0;
  int inputs_ = 0;
  int outputs_ = 0;
  int casts_ = 0;
};

std::vector<std::string> replace(Graph& graph, std::span<const DType> types) {
  std::vector<std::string> accounts;
  for (const DType from : types) {
    Replacement replacement(graph, from);
    replacement.run();
    if (auto account = replacement.account()) accounts.push_back(std::move(*account));
  }
  return accounts;
}

bool holds_double(const Node& node) {
  return std::ranges::any_of(node.attributes.all(), [](const Attribute& attribute) {
    if (const auto* tensor = std::get_if<TensorView>(&attribute.value)) return tensor->type.dtype == DType::kFloat64;
    if (const auto* body = std::get_if<std::shared_ptr<const Body>>(&attribute.value)) {
      return std::ranges::any_of((*body)->values,
                                 [](const BodyValue& value) {
                                   return value.constant && value.constant->type.dtype == DType::kFloat64;
                                 }) ||
             std::ranges::any_of((*body)->nodes, holds_double);
    }
    const auto* number = std::get_if<std::int64_t>(&attribute.value);
    return number != nullptr && *number == onnx_number(DType::kFloat64) &&
           (attribute.name == "to" || attribute.name == "dtype" || attribute.name == "output_datatype");
  });
}

bool has_doubles(const Graph& graph) {
  for (const GraphInput& input : graph.inputs) {
    if (input.dtype == DType::kFloat64) return true;
  }
  for (std::size_t i = 0; i < graph.value_count(); ++i) {
    const auto& constant = graph.value(static_cast<ValueId>(i)).constant;
    if (constant && constant->type.dtype == DType::kFloat64) return true;
  }
  return std::ranges::any_of(graph.order(), [&](NodeId id) { return holds_double(graph.node(id)); });
}

// Removes all inferred types, so that they are inferred again, now with float32.
void forget_types(Graph& graph) {
  for (std::size_t i = 0; i < graph.value_count(); ++i) {
    Value& value = graph.value(static_cast<ValueId>(i));
    if (value.producer != kNoNode) value.type.reset();
  }
}

}  // namespace

Result<std::vector<std::string>> compute_in_float32(Graph& graph, Float64 float64) {
  std::vector<std::string> accounts = replace(graph, kHalves);
  if (float64 == Float64::kStays || !has_doubles(graph)) return accounts;
  // Shape arithmetic in float64 (a size times 0.1, rounded down) stays in float64: in float32 the result
  // could be one lower.
  KITE_TRY(infer_types(graph));
  KITE_TRY(fold_constants(graph));
  for (std::string& account : replace(graph, kDoubles)) accounts.push_back(std::move(account));
  forget_types(graph);
  return accounts;
}

}  // namespace kite
