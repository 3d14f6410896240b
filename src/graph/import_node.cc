// SPDX-License-Identifier: Apache-2.0
// Attributes and Constant nodes.
#include "graph/import_node.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/printable.h"
#include "onnx/tensor_data.h"
#include "paperkite/try.h"

namespace kite {

namespace {

Error invalid(const onnx::Node& node, const onnx::Attribute& attribute, std::string what) {
  return Error{ErrorCode::kInvalidModel,
               "attribute " + in_quotes(attribute.name) + " " + std::move(what),
               describe_node(node),
               {}};
}

std::string_view type_name(std::int32_t type) {
  switch (static_cast<onnx::AttributeType>(type)) {
    case onnx::AttributeType::kFloat: return "a float";
    case onnx::AttributeType::kInt: return "an int";
    case onnx::AttributeType::kString: return "a string";
    case onnx::AttributeType::kTensor: return "a tensor";
    case onnx::AttributeType::kGraph: return "a graph";
    case onnx::AttributeType::kFloats: return "floats";
    case onnx::AttributeType::kInts: return "ints";
    case onnx::AttributeType::kStrings: return "strings";
    default: return "of another type";
  }
}

// The type of an attribute: the declared one, where values of no other type are stored; in files that declare none, the
// type of the stored value.
Result<onnx::AttributeType> type_of(const onnx::Node& node, const onnx::Attribute& attribute) {
  std::int32_t type = attribute.type;
  if (type == 0) {
    for (std::int32_t t = 1; t <= static_cast<std::int32_t>(onnx::AttributeType::kStrings); ++t) {
      if (attribute.present != present_bit(static_cast<onnx::AttributeType>(t))) continue;
      type = t;
    }
    if (type == 0 && attribute.present == onnx::kPresentOther) return onnx::AttributeType::kGraph;
    if (type == 0) {
      return invalid(node, attribute, attribute.present == 0 ? "has neither type nor value" : "has several values");
    }
  }
  const bool is_readable = type >= 1 && type <= static_cast<std::int32_t>(onnx::AttributeType::kStrings);
  const std::uint32_t allowed = is_readable ? present_bit(static_cast<onnx::AttributeType>(type)) : onnx::kPresentOther;
  if ((attribute.present & ~allowed) != 0) {
    return invalid(node, attribute, "is declared as " + std::string(type_name(type)) + " but holds another value");
  }
  return is_readable ? static_cast<onnx::AttributeType>(type) : onnx::AttributeType::kGraph;
}

Result<TensorView> tensor_of(const onnx::TensorProto& proto, Graph& graph, onnx::ExternalFiles& files) {
  KITE_TRY_ASSIGN(onnx::TensorData data, onnx::read_tensor(proto, files));
  return data.owned ? graph.own(std::move(*data.owned)) : graph.align(data.view);
}

Result<Attribute::Value> value_of(const onnx::Node& node, const onnx::Attribute& attribute, Graph& graph,
                                  onnx::ExternalFiles& files) {
  KITE_TRY_ASSIGN(const onnx::AttributeType type, type_of(node, attribute));
  switch (type) {
    case onnx::AttributeType::kFloat: return Attribute::Value(attribute.f);
    case onnx::AttributeType::kInt: return Attribute::Value(attribute.i);
    case onnx::AttributeType::kString: return Attribute::Value(std::string(attribute.s));
    case onnx::AttributeType::kFloats: return Attribute::Value(attribute.floats);
    case onnx::AttributeType::kInts: return Attribute::Value(attribute.ints);
    case onnx::AttributeType::kStrings:
      return Attribute::Value(std::vector<std::string>(attribute.strings.begin(), attribute.strings.end()));
    case onnx::AttributeType::kTensor: {
      if (!attribute.t) return invalid(node, attribute, "is declared as a tensor and holds none");
      auto view = tensor_of(*attribute.t, graph, files);
      if (!view.ok())
        return std::move(view).error().in(describe_node(node) + ", attribute " + in_quotes(attribute.name));
      return Attribute::Value(*view);
    }
    default: return Attribute::Value(std::string("<unsupported>"));
  }
}

template <typename T>
TensorView own_list(Graph& graph, const std::vector<T>& values, const Shape& shape) {
  Tensor tensor(kDTypeOf<T>, shape);
  std::ranges::copy(values, tensor.as<T>());
  return graph.own(std::move(tensor));
}

template <typename T>
Result<TensorView> own_list(Graph& graph, const std::vector<T>& values) {
  return own_list(graph, values, Shape{static_cast<std::int64_t>(values.size())});
}

}  // namespace

std::string_view normal_domain(std::string_view domain) { return domain == "ai.onnx" ? std::string_view() : domain; }

std::string describe_node(const onnx::Node& node) {
  std::string text = "node ";
  if (!node.name.empty()) {
    text += in_quotes(node.name);
  } else {
    const auto named = std::ranges::find_if(node.outputs, [](std::string_view output) { return !output.empty(); });
    text += named == node.outputs.end() ? "without a name" : "that makes " + in_quotes(*named);
  }
  const std::string_view domain = normal_domain(node.domain);
  const std::string type =
      in_quotes(domain.empty() ? std::string(node.op_type) : std::string(domain) + '.' + std::string(node.op_type));
  return text + " (" + type.substr(1, type.size() - 2) + ')';
}

Result<Attributes> import_attributes(const onnx::Node& node, Graph& graph, onnx::ExternalFiles& files) {
  const std::int64_t most = graph.budget().node_attributes;
  if (std::cmp_greater(node.attributes.size(), most)) {
    return Error{
        ErrorCode::kLimit, "a node with more than " + std::to_string(most) + " attributes", describe_node(node), {}};
  }
  Attributes attributes;
  for (const onnx::Attribute& attribute : node.attributes) {
    if (attribute.name.empty()) return invalid(node, attribute, "has no name");
    if (!attribute.ref_attr_name.empty()) return invalid(node, attribute, "refers to a function's attribute");
    if (attributes.has(attribute.name)) return invalid(node, attribute, "is given twice");
    KITE_TRY_ASSIGN(Attribute::Value value, value_of(node, attribute, graph, files));
    attributes.set(std::string(attribute.name), std::move(value));
  }
  return attributes;
}

Result<TensorView> import_constant(const onnx::Node& node, Graph& graph, onnx::ExternalFiles& files) {
  KITE_TRY_ASSIGN(const Attributes attributes, import_attributes(node, graph, files));
  if (attributes.all().size() != 1) {
    return Error{ErrorCode::kInvalidModel,
                 "expected exactly one attribute, found " + std::to_string(attributes.all().size()),
                 describe_node(node),
                 {}};
  }
  const auto& [name, value] = attributes.all().front();
  if (name == "value") {
    if (const auto* tensor = std::get_if<TensorView>(&value)) return *tensor;
  } else if (name == "value_float") {
    if (const auto* number = std::get_if<float>(&value)) return own_list<float>(graph, {*number}, Shape{});
  } else if (name == "value_floats") {
    if (const auto* list = std::get_if<std::vector<float>>(&value)) return own_list(graph, *list);
  } else if (name == "value_int") {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      return own_list<std::int64_t>(graph, {*number}, Shape{});
    }
  } else if (name == "value_ints") {
    if (const auto* list = std::get_if<std::vector<std::int64_t>>(&value)) return own_list(graph, *list);
  }
  const bool is_known = name == "value_string" || name == "value_strings" || name == "sparse_value";
  return Error{is_known ? ErrorCode::kUnsupportedModel : ErrorCode::kInvalidModel,
               "attribute " + in_quotes(name) + (is_known ? " is not supported" : " does not define a constant"),
               describe_node(node), is_known ? "supported are value, value_float(s) and value_int(s)" : ""};
}

}  // namespace kite
