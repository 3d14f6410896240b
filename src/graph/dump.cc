// SPDX-License-Identifier: Apache-2.0
// Writes the text form described in dump.h.
#include "graph/dump.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <variant>

#include "base/printable.h"
#include "graph/body.h"

namespace kite {

namespace {

constexpr std::int64_t kShownElements = 8;

// The name without quotes where that is unambiguous, else in quotes.
std::string symbol(std::string_view name) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_./:-").find(c) != std::string_view::npos;
  };
  const bool plain = !name.empty() && name.size() <= 160 && std::ranges::all_of(name, is_plain);
  return plain ? std::string(name) : in_quotes(name);
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

template <typename T>
std::string element(const std::byte* data, std::int64_t i) {
  T value;  // by memcpy: constants may be unaligned views into a file
  std::memcpy(&value, data + i * static_cast<std::int64_t>(sizeof(T)), sizeof(T));
  if constexpr (std::is_floating_point_v<T>) {
    return number(static_cast<double>(value));
  } else {
    return std::to_string(value);
  }
}

std::string element(const TensorView& view, std::int64_t i) {
  switch (view.type.dtype) {
    case DType::kFloat32: return element<float>(view.data, i);
    case DType::kFloat64: return element<double>(view.data, i);
    case DType::kInt32: return element<std::int32_t>(view.data, i);
    case DType::kInt64: return element<std::int64_t>(view.data, i);
    case DType::kUInt8: return element<std::uint8_t>(view.data, i);
    case DType::kInt8:
    case DType::kInt4:
    case DType::kInt2: return element<std::int8_t>(view.data, i);
    case DType::kUInt4:
    case DType::kUInt2:
    case DType::kBool: return element<std::uint8_t>(view.data, i);  // any byte may stand in a file
    case DType::kInt16: return element<std::int16_t>(view.data, i);
    case DType::kUInt32: return element<std::uint32_t>(view.data, i);
    case DType::kUInt64: return element<std::uint64_t>(view.data, i);
    case DType::kUInt16:
    case DType::kFloat16:
    case DType::kBFloat16: return element<std::uint16_t>(view.data, i);  // its bits
  }
  return {};
}

std::string type_text(const TensorType& type) { return std::string(dtype_name(type.dtype)) + type.shape.to_string(); }

// Type and, of small tensors, the elements: int64[2] = {2,3}.
std::string tensor_text(const TensorView& view) {
  std::string text = type_text(view.type);
  const std::int64_t count = view.type.shape.elements();
  if (view.data == nullptr || count > kShownElements) return text;
  text += " = {";
  for (std::int64_t i = 0; i < count; ++i) text += (i == 0 ? "" : ",") + element(view, i);
  return text + '}';
}

struct ValueText {
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(float value) const { return number(static_cast<double>(value)); }
  std::string operator()(const std::string& value) const { return in_quotes(value); }
  std::string operator()(const TensorView& value) const { return tensor_text(value); }
  std::string operator()(const std::shared_ptr<const Body>& body) const {
    return "graph of " + std::to_string(body->nodes.size()) + (body->nodes.size() == 1 ? " node" : " nodes");
  }
  template <typename T>
  std::string operator()(const std::vector<T>& values) const {
    std::string text = "[";
    for (std::size_t i = 0; i < values.size(); ++i) text += (i == 0 ? "" : ",") + (*this)(values[i]);
    return text + ']';
  }
};

std::string attributes_text(const Attributes& attributes) {
  std::vector<std::string> parts;
  for (const Attribute& attribute : attributes.all()) {
    parts.push_back(symbol(attribute.name) + '=' + attribute_text(attribute.value));
  }
  std::ranges::sort(parts);
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : " ") + part;
  return text;
}

std::string reference(const Graph& graph, ValueId id) {
  if (id == kNoValue) return "-";
  return (graph.is_constant(id) ? "" : "%") + symbol(graph.value(id).name);
}

std::string input_text(const Graph& graph, const GraphInput& input) {
  std::string dims;
  for (const InputDim& dim : input.dims) {
    if (!dims.empty()) dims += ',';
    dims += dim.size ? std::to_string(*dim.size) : dim.symbol.empty() ? "?" : symbol(dim.symbol);
  }
  const Value& value = graph.value(input.value);
  const std::string type =
      value.type ? type_text(*value.type) : std::string(dtype_name(input.dtype)) + '[' + dims + ']';
  return "input " + reference(graph, input.value) + ": " + type + '\n';
}

// The constants that nodes or outputs read, each once.
std::string constants_text(const Graph& graph, const std::vector<NodeId>& order) {
  std::vector<bool> seen(graph.value_count());
  std::string text;
  const auto visit = [&](ValueId id) {
    if (!graph.is_constant(id) || seen[static_cast<std::size_t>(id)]) return;
    seen[static_cast<std::size_t>(id)] = true;
    text += "const " + reference(graph, id) + ": " + tensor_text(*graph.value(id).constant) + '\n';
  };
  for (const NodeId node : order) std::ranges::for_each(graph.node(node).inputs, visit);
  std::ranges::for_each(graph.outputs, visit);
  return text;
}

}  // namespace

std::string attribute_text(const Attribute::Value& value) { return std::visit(ValueText{}, value); }

std::string dump_node(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  std::string text;
  for (const ValueId output : node.outputs) {
    if (!text.empty()) text += ", ";
    text += reference(graph, output);
    if (output == kNoValue) continue;
    const auto& type = graph.value(output).type;
    text += ": " + (type ? type_text(*type) : "?");
  }
  text += " = " + (node.domain.empty() ? "" : symbol(node.domain) + '.') + symbol(node.op_type);
  text += '-' + std::to_string(node.opset) + '(';
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    text += (i == 0 ? "" : ", ") + reference(graph, node.inputs[i]);
  }
  text += ')';
  if (const std::string attributes = attributes_text(node.attributes); !attributes.empty()) {
    text += " {" + attributes + '}';
  }
  if (!node.name.empty()) text += "  # " + symbol(node.name);
  return text;
}

std::string dump(const Graph& graph) {
  const std::vector<NodeId> order = graph.order();
  std::string text;
  for (const GraphInput& input : graph.inputs) text += input_text(graph, input);
  text += constants_text(graph, order);
  for (const NodeId id : order) text += dump_node(graph, id) + '\n';
  text += "return";
  for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
    text += (i == 0 ? " " : ", ") + reference(graph, graph.outputs[i]);
    if (graph.output_name(i) != graph.value(graph.outputs[i]).name) {
      text += " as " + symbol(graph.output_name(i));
    }
  }
  return text + '\n';
}

}  // namespace kite
