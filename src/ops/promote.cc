// SPDX-License-Identifier: Apache-2.0
// promote_to_float64(): rewrites a float32 graph so that the same operators compute it in float64.
#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "graph/body.h"
#include "ops/evaluate.h"

namespace kite {

namespace {

// TensorProto.DataType, as the attribute `to` of Cast spells it.
constexpr std::int64_t kOnnxFloat = 1;
constexpr std::int64_t kOnnxDouble = 11;

// Operators that give float32 unless this attribute names another type. TfIdfVectorizer has it for this only.
constexpr std::string_view kOutputType = "output_datatype";
constexpr std::array<std::string_view, 5> kMakesFloats = {"BlackmanWindow", "HammingWindow", "HannWindow",
                                                          "MelWeightMatrix", "TfIdfVectorizer"};

bool is_default_domain(const Node& node) { return node.domain.empty() || node.domain == "ai.onnx"; }

Tensor widened(const TensorView& view) {
  Tensor wide(DType::kFloat64, view.type.shape);
  double* out = wide.as<double>();
  const std::int64_t count = view.type.shape.elements();
  for (std::int64_t i = 0; i < count; ++i) {
    float element = 0;  // through memcpy: constants may lie unaligned in the model file
    std::memcpy(&element, view.data + i * static_cast<std::int64_t>(sizeof element), sizeof element);
    out[i] = static_cast<double>(element);
  }
  return wide;
}

void widen_tensor_attributes(Graph& graph, Node& node) {
  std::vector<std::pair<std::string, TensorView>> wide;
  for (const Attribute& attribute : node.attributes.all()) {
    const auto* view = std::get_if<TensorView>(&attribute.value);
    if (view == nullptr || view->type.dtype != DType::kFloat32) continue;
    wide.emplace_back(attribute.name, graph.own(widened(*view)));
  }
  for (auto& [name, view] : wide) node.attributes.set(name, view);
}

// Constant's value_float and value_floats become the tensor attribute `value`.
void widen_constant_node(Graph& graph, Node& node) {
  const Attribute* scalar = node.attributes.find("value_float");
  const Attribute* list = node.attributes.find("value_floats");
  Tensor wide;
  if (scalar != nullptr) {
    const auto* value = std::get_if<float>(&scalar->value);
    if (value == nullptr) return;
    wide = Tensor::of<double>(Shape{}, {static_cast<double>(*value)});
  } else if (list != nullptr) {
    const auto* values = std::get_if<std::vector<float>>(&list->value);
    if (values == nullptr) return;
    wide = Tensor(DType::kFloat64, Shape{static_cast<std::int64_t>(values->size())});
    for (std::size_t i = 0; i < values->size(); ++i) wide.as<double>()[i] = static_cast<double>((*values)[i]);
  } else {
    return;
  }
  node.attributes.erase("value_float");
  node.attributes.erase("value_floats");
  node.attributes.set("value", graph.own(std::move(wide)));
}

void widen_node(Graph& graph, Node& node) {
  widen_tensor_attributes(graph, node);
  if (!is_default_domain(node)) return;
  if (node.op_type == "Constant") widen_constant_node(graph, node);
  if (node.op_type == "Cast" && node.attributes.get_int("to", 0) == kOnnxFloat) {
    node.attributes.set("to", kOnnxDouble);
  }
  // What makes floats of integers, or of nothing but a shape.
  const bool makes_floats = std::ranges::find(kMakesFloats, node.op_type) != kMakesFloats.end();
  if (makes_floats && node.attributes.get_int(kOutputType, kOnnxFloat) == kOnnxFloat) {
    node.attributes.set(std::string(kOutputType), kOnnxDouble);
  }
  if (node.op_type == "EyeLike" && node.attributes.get_int("dtype", 0) == kOnnxFloat) {
    node.attributes.set("dtype", kOnnxDouble);
  }
  // Without a value ConstantOfShape gives float32 zeros.
  if (node.op_type == "ConstantOfShape" && !node.attributes.has("value")) {
    node.attributes.set("value", graph.own(Tensor::of<double>(Shape{1}, {0.0})));
  }
}

void widen_constants(Graph& graph, Body& body) {
  for (BodyValue& value : body.values) {
    if (value.constant && value.constant->type.dtype == DType::kFloat32)
      value.constant = graph.own(widened(*value.constant));
  }
}

}  // namespace

Status promote_to_float64(Graph& graph) {
  for (GraphInput& input : graph.inputs) {
    if (input.dtype == DType::kFloat32) input.dtype = DType::kFloat64;
    auto& type = graph.value(input.value).type;
    if (type && type->dtype == DType::kFloat32) type->dtype = DType::kFloat64;
  }
  for (std::size_t i = 0; i < graph.value_count(); ++i) {
    Value& value = graph.value(static_cast<ValueId>(i));
    if (value.producer != kNoNode) value.type.reset();
    if (!value.constant) continue;
    if (value.constant->type.dtype == DType::kFloat32) value.constant = graph.own(widened(*value.constant));
    value.type = value.constant->type;
  }
  for (const NodeId id : graph.order()) {
    widen_node(graph, graph.node(id));
    change_bodies(
        graph.node(id), [&](Body& body) { widen_constants(graph, body); },
        [&](Node& node) { widen_node(graph, node); });
  }
  return {};
}

}  // namespace kite
