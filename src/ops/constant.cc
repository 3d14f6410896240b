// SPDX-License-Identifier: Apache-2.0
// Constant: a tensor written into the node itself.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {
namespace {

constexpr std::array<std::string_view, 5> kValueNames = {"value", "value_float", "value_floats", "value_int",
                                                         "value_ints"};

template <typename T>
TensorView list_view(const std::vector<T>& values) {
  // An empty list still needs an address, or it would read as absent.
  static constexpr std::byte kNothing{};
  const auto* data = values.empty() ? &kNothing : reinterpret_cast<const std::byte*>(values.data());
  return {{kDTypeOf<T>, Shape{static_cast<std::int64_t>(values.size())}}, data};
}

template <typename T>
TensorView scalar_view(const T& value) {
  return {{kDTypeOf<T>, Shape{}}, reinterpret_cast<const std::byte*>(&value)};
}

// A view that lives as long as the attribute; nothing when its type is not the one that its name promises.
std::optional<TensorView> view_of(const Attribute& attribute) {
  const std::string_view name = attribute.name;
  if (const auto* v = std::get_if<TensorView>(&attribute.value); v && name == "value") return *v;
  if (const auto* v = std::get_if<float>(&attribute.value); v && name == "value_float") return scalar_view(*v);
  if (const auto* v = std::get_if<std::int64_t>(&attribute.value); v && name == "value_int") return scalar_view(*v);
  if (const auto* v = std::get_if<std::vector<float>>(&attribute.value); v && name == "value_floats") {
    return list_view(*v);
  }
  if (const auto* v = std::get_if<std::vector<std::int64_t>>(&attribute.value); v && name == "value_ints") {
    return list_view(*v);
  }
  return std::nullopt;
}

const Attribute* value_attribute(const Attributes& attributes) {
  for (const std::string_view name : kValueNames) {
    if (const Attribute* attribute = attributes.find(name)) return attribute;
  }
  return nullptr;
}

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(0, 0));
  const auto count =
      std::ranges::count_if(kValueNames, [&](std::string_view name) { return context.attributes().has(name); });
  if (count == 0) {
    return context.unsupported("no attribute value, value_float, value_floats, value_int or value_ints",
                               "sparse and string constants are not supported");
  }
  if (count > 1) return context.invalid("more than one value attribute");
  const Attribute& attribute = *value_attribute(context.attributes());
  const std::optional<TensorView> view = view_of(attribute);
  if (!view) return context.invalid("attribute '" + attribute.name + "' has another type than its name says");
  return context.set_output(0, view->type);
}

Status compute(const ComputeContext& context) {
  const TensorView view = *view_of(*value_attribute(context.attributes));
  std::memcpy(context.outputs[0].data, view.data, static_cast<std::size_t>(view.type.size_bytes()));
  return {};
}

}  // namespace

extern const Operator kConstantOperator = {"", "Constant", 7, kLastOpset, "no sparse or string value", infer, compute};

}  // namespace kite
