// SPDX-License-Identifier: Apache-2.0
// Attributes and Constant nodes.
#include "graph/import_node.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/printable.h"
#include "onnx/sparse_data.h"
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
    case onnx::AttributeType::kSparseTensor: return "a sparse tensor";
    default: return "of another type";
  }
}

constexpr bool is_readable(std::int32_t type) {
  return (type >= 1 && type <= static_cast<std::int32_t>(onnx::AttributeType::kStrings)) ||
         type == static_cast<std::int32_t>(onnx::AttributeType::kSparseTensor);
}

// The type of an attribute, kUndefined for one that is not read: the declared one, where values of no other type are
// stored; in files that declare none, the type of the stored value.
Result<onnx::AttributeType> type_of(const onnx::Node& node, const onnx::Attribute& attribute) {
  std::int32_t type = attribute.type;
  if (type == 0) {
    for (std::int32_t t = 1; t <= static_cast<std::int32_t>(onnx::AttributeType::kSparseTensor); ++t) {
      if (attribute.present != present_bit(static_cast<onnx::AttributeType>(t))) continue;
      type = t;
    }
    if (type == 0 && attribute.present == onnx::kPresentOther) return onnx::AttributeType::kUndefined;
    if (type == 0) {
      return invalid(node, attribute, attribute.present == 0 ? "has neither type nor value" : "has several values");
    }
  }
  const std::uint32_t allowed =
      is_readable(type) ? present_bit(static_cast<onnx::AttributeType>(type)) : onnx::kPresentOther;
  if ((attribute.present & ~allowed) != 0) {
    return invalid(node, attribute, "is declared as " + std::string(type_name(type)) + " but holds another value");
  }
  return is_readable(type) ? static_cast<onnx::AttributeType>(type) : onnx::AttributeType::kUndefined;
}

Result<Attribute::Value> in_attribute(const onnx::Node& node, const onnx::Attribute& attribute,
                                      Result<TensorView> view) {
  if (view.ok()) return Attribute::Value(*view);
  return std::move(view).error().in(describe_node(node) + ", attribute " + in_quotes(attribute.name));
}

Result<Attribute::Value> value_of(const onnx::Node& node, const onnx::Attribute& attribute, TensorReader& tensors) {
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
      return in_attribute(node, attribute, tensors.read(*attribute.t));
    }
    case onnx::AttributeType::kSparseTensor: {
      if (!attribute.sparse) return invalid(node, attribute, "is declared as a sparse tensor and holds none");
      return in_attribute(node, attribute, tensors.read(*attribute.sparse));
    }
    case onnx::AttributeType::kGraph:
      if (!attribute.g) return invalid(node, attribute, "is declared as a graph and holds none");
      [[fallthrough]];
    case onnx::AttributeType::kUndefined: break;
  }
  return Attribute::Value(std::string("<unsupported>"));
}

// Attributes of the standard operators that say yes or no. The standard knows 0 and 1 alone; of another number some
// runtimes take that it is not 0, others that it is not 1.
constexpr std::string_view kFlags[] = {"align_corners",
                                       "allowzero",
                                       "antialias",
                                       "ceil_mode",
                                       "center_point_box",
                                       "count_include_pad",
                                       "detect_negative",
                                       "detect_positive",
                                       "exclude_outside",
                                       "exclusive",
                                       "fmod",
                                       "input_forget",
                                       "inverse",
                                       "is_causal",
                                       "keepdims",
                                       "largest",
                                       "layout",
                                       "linear_before_reset",
                                       "onesided",
                                       "reverse",
                                       "saturate",
                                       "select_last_index",
                                       "sorted",
                                       "storage_order",
                                       "training_mode",
                                       "transA",
                                       "transB",
                                       "upper",
                                       "noop_with_empty_axes",
                                       "interleaved"};

Status check_flag(const onnx::Node& node, std::string_view name, const Attribute::Value& value) {
  const auto* const number = std::get_if<std::int64_t>(&value);
  if (number == nullptr || *number == 0 || *number == 1 || !normal_domain(node.domain).empty()) return {};
  if (std::ranges::find(kFlags, name) == std::end(kFlags)) return {};
  return Error{ErrorCode::kUnsupportedModel, "attribute " + in_quotes(name) + " is " + std::to_string(*number),
               describe_node(node), "export the model with 0 or 1: runtimes do not agree what another number means"};
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

Result<TensorView> TensorReader::read(const onnx::TensorProto& tensor) {
  if (const auto known = known_.find(&tensor); known != known_.end()) return known->second;
  KITE_TRY_ASSIGN(onnx::TensorData data, onnx::read_tensor(tensor, files_));
  const TensorView view = data.owned ? owner_.own(std::move(*data.owned)) : owner_.align(data.view);
  return known_.emplace(&tensor, view).first->second;
}

Result<TensorView> TensorReader::read(const onnx::SparseTensorProto& tensor) {
  if (const auto known = known_.find(&tensor); known != known_.end()) return known->second;
  KITE_TRY_ASSIGN(Tensor dense, onnx::read_sparse(tensor, files_, owner_.budget()));
  return known_.emplace(&tensor, owner_.own(std::move(dense))).first->second;
}

Result<NamedAttributes> resolve_attributes(const onnx::Node& node, const AttributeBinding* binding,
                                           const Budget& budget) {
  // They are looked up one after the other.
  if (std::cmp_greater(node.attributes.size(), budget.limits()[Limit::kNodeAttributes])) {
    return budget.limits().over(Limit::kNodeAttributes, "the node", describe_node(node));
  }
  NamedAttributes named;
  for (const onnx::Attribute& attribute : node.attributes) {
    if (attribute.name.empty()) return invalid(node, attribute, "has no name");
    const auto is_same = [&](const auto& other) { return other.first == attribute.name; };
    if (std::ranges::any_of(named, is_same)) return invalid(node, attribute, "is given twice");
    if (attribute.ref_attr_name.empty()) {
      named.emplace_back(attribute.name, &attribute);
      continue;
    }
    if (binding == nullptr) return invalid(node, attribute, "refers to a function's attribute");
    const auto bound = binding->find(attribute.ref_attr_name);
    if (bound != binding->end()) named.emplace_back(attribute.name, bound->second);
  }
  return named;
}

Result<Attributes> import_attributes(const onnx::Node& node, const NamedAttributes& named, TensorReader& tensors) {
  Attributes attributes;
  for (const auto& [name, attribute] : named) {
    KITE_TRY_ASSIGN(Attribute::Value value, value_of(node, *attribute, tensors));
    KITE_TRY(check_flag(node, name, value));
    if (attribute->g == nullptr) attributes.set(std::string(name), std::move(value));
  }
  return attributes;
}

Result<TensorView> import_constant(const onnx::Node& node, const NamedAttributes& named, TensorReader& tensors) {
  KITE_TRY_ASSIGN(const Attributes attributes, import_attributes(node, named, tensors));
  if (attributes.all().size() != 1) {
    return Error{ErrorCode::kInvalidModel,
                 "expected exactly one attribute, found " + std::to_string(attributes.all().size()),
                 describe_node(node),
                 {}};
  }
  Graph& owner = tensors.owner();
  const auto& [name, value] = attributes.all().front();
  if (name == "value" || name == "sparse_value") {
    if (const auto* tensor = std::get_if<TensorView>(&value)) return *tensor;
  } else if (name == "value_float") {
    if (const auto* number = std::get_if<float>(&value)) return own_list<float>(owner, {*number}, Shape{});
  } else if (name == "value_floats") {
    if (const auto* list = std::get_if<std::vector<float>>(&value)) return own_list(owner, *list);
  } else if (name == "value_int") {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      return own_list<std::int64_t>(owner, {*number}, Shape{});
    }
  } else if (name == "value_ints") {
    if (const auto* list = std::get_if<std::vector<std::int64_t>>(&value)) return own_list(owner, *list);
  }
  const bool is_known = name == "value_string" || name == "value_strings";
  return Error{is_known ? ErrorCode::kUnsupportedModel : ErrorCode::kInvalidModel,
               "attribute " + in_quotes(name) + (is_known ? " is not supported" : " does not define a constant"),
               describe_node(node),
               is_known ? "supported are value, sparse_value, value_float(s) and value_int(s)" : ""};
}

}  // namespace kite
