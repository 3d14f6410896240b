// SPDX-License-Identifier: Apache-2.0
// The list of operators, and what they see while types are inferred.
#include "ops/op.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "onnx/tensor_data.h"
#include "ops/tables.h"
#include "paperkite/try.h"

namespace kite {

#define KITE_OPERATOR(symbol) extern const Operator symbol;
#include "ops/ops.inc"
#undef KITE_OPERATOR

namespace {

std::pair<std::string_view, std::string_view> key_of(const Operator* op) { return {op->domain, op->name}; }

}  // namespace

std::span<const Operator* const> all_operators() noexcept {
  // In an array, not in a vector: nothing here may need memory, which can be refused.
  struct Sorted {
    std::array<const Operator*, 512> rows{};
    std::size_t count = 0;
    void add(const Operator& row) {
      KITE_CHECK(count < rows.size());
      rows[count++] = &row;
    }
  };
  static const Sorted kOperators = [] {
    Sorted all;
#define KITE_OPERATOR(symbol) all.add(symbol);
#include "ops/ops.inc"
#undef KITE_OPERATOR
    for (const auto table : {unary_operators(), binary_operators(), predicate_operators(), variadic_operators(),
                             reduction_operators(), control_operators()}) {
      for (const Operator& row : table) all.add(row);
    }
    std::ranges::sort(std::span(all.rows).first(all.count), {}, key_of);
    return all;
  }();
  return std::span(kOperators.rows).first(kOperators.count);
}

const Operator* find_operator(std::string_view domain, std::string_view name) noexcept {
  // "ai.onnx" is the long spelling of the empty default domain.
  if (domain == "ai.onnx") domain = {};
  const std::pair key(domain, name);
  const auto operators = all_operators();
  const auto found = std::ranges::lower_bound(operators, key, {}, key_of);
  return found != operators.end() && key_of(*found) == key ? *found : nullptr;
}

std::string_view reason_left_out(std::string_view domain, std::string_view name) noexcept {
  if (!domain.empty() && domain != "ai.onnx") return {};
  constexpr std::string_view kRandom = "randomness: each run would give another answer";
  constexpr std::string_view kStrings = "strings: no tensor here holds them";
  static constexpr std::pair<std::string_view, std::string_view> kLeftOut[] = {
      {"Bernoulli", kRandom},         {"ImageDecoder", "pictures are decoded before the model, not inside it"},
      {"Multinomial", kRandom},       {"RandomNormal", kRandom},
      {"RandomNormalLike", kRandom},  {"RandomUniform", kRandom},
      {"RandomUniformLike", kRandom}, {"RegexFullMatch", kStrings},
      {"StringConcat", kStrings},     {"StringNormalizer", kStrings},
      {"StringSplit", kStrings},
  };
  for (const auto& [left_out, reason] : kLeftOut) {
    if (left_out == name) return reason;
  }
  return {};
}

ElementRange Share::of(std::int64_t total, std::int64_t grain) const noexcept {
  const std::int64_t grains = total / grain + (total % grain != 0 ? 1 : 0);
  const auto cut = [&](int k) { return std::min(grains * k / count * grain, total); };
  return {cut(index), cut(index + 1)};
}

bool InferContext::has_input(int i) const {
  return i >= 0 && i < input_count() && node().inputs[static_cast<std::size_t>(i)] != kNoValue;
}

bool InferContext::has_output(int i) const {
  return i >= 0 && i < output_count() && node().outputs[static_cast<std::size_t>(i)] != kNoValue;
}

const TensorType& InferContext::input(int i) const {
  KITE_CHECK(has_input(i));
  const auto& type = graph_.value(node().inputs[static_cast<std::size_t>(i)]).type;
  KITE_CHECK(type.has_value());  // infer_node() refuses nodes with an untyped input
  return *type;
}

const TensorView* InferContext::constant(int i) const {
  if (!has_input(i)) return nullptr;
  const auto& constant = graph_.value(node().inputs[static_cast<std::size_t>(i)]).constant;
  return constant ? &*constant : nullptr;
}

namespace {

std::string input_label(std::string_view name) { return "input '" + std::string(name) + "'"; }

}  // namespace

Result<TensorView> InferContext::shaping_value(int i, std::string_view input_name) const {
  const std::string label = input_label(input_name);
  if (!has_input(i)) return invalid(label + " is missing");
  const TensorView* view = constant(i);
  if (view == nullptr) {
    return unsupported(label + " is only known at run time, so the output shape would depend on data",
                       "export the model with fixed shapes, or simplify it so that this input is a constant");
  }
  return *view;
}

Result<std::vector<std::int64_t>> InferContext::constant_ints(int i, std::string_view input_name) const {
  KITE_TRY_ASSIGN(const TensorView view, shaping_value(i, input_name));
  const std::string label = input_label(input_name);
  if (view.type.dtype != DType::kInt64 && view.type.dtype != DType::kInt32) {
    return invalid(label + " must be int64 or int32, found " + std::string(dtype_name(view.type.dtype)));
  }
  if (view.type.shape.rank() > 1) {
    return invalid(label + " must have rank 0 or 1, found shape " + view.type.shape.to_string());
  }
  // Element by element through memcpy: constants may lie unaligned in the model file.
  const std::size_t size = dtype_size(view.type.dtype);
  std::vector<std::int64_t> values(static_cast<std::size_t>(view.type.shape.elements()));
  for (std::size_t k = 0; k < values.size(); ++k) {
    if (view.type.dtype == DType::kInt64) {
      std::memcpy(&values[k], view.data + k * size, sizeof(std::int64_t));
    } else {
      std::int32_t narrow = 0;
      std::memcpy(&narrow, view.data + k * size, sizeof narrow);
      values[k] = narrow;
    }
  }
  return values;
}

Result<std::int64_t> InferContext::constant_int(int i, std::string_view input_name) const {
  KITE_TRY_ASSIGN(const std::vector<std::int64_t> values, constant_ints(i, input_name));
  if (values.size() == 1) return values[0];
  return invalid(input_label(input_name) + " must hold one number, found " + std::to_string(values.size()));
}

namespace {

// The attribute as a T, nothing when it is absent.
template <typename T>
Result<std::optional<T>> typed_attribute(const InferContext& context, std::string_view name,
                                         std::string_view type_name) {
  const Attribute* attribute = context.attributes().find(name);
  if (attribute == nullptr) return std::optional<T>{};
  if (const T* value = std::get_if<T>(&attribute->value)) return std::optional<T>{*value};
  // An empty list carries no element type in some writers' files.
  if constexpr (std::is_same_v<T, std::vector<std::int64_t>>) {
    if (const auto* floats = std::get_if<std::vector<float>>(&attribute->value); floats && floats->empty()) {
      return std::optional<T>{T{}};
    }
  }
  return context.invalid("attribute '" + std::string(name) + "' must be " + std::string(type_name));
}

}  // namespace

Result<std::int64_t> InferContext::get_int(std::string_view name, std::int64_t fallback) const {
  KITE_TRY_ASSIGN(const auto value, typed_attribute<std::int64_t>(*this, name, "an integer"));
  return value.value_or(fallback);
}

Result<float> InferContext::get_float(std::string_view name, float fallback) const {
  KITE_TRY_ASSIGN(const auto value, typed_attribute<float>(*this, name, "a float"));
  return value.value_or(fallback);
}

Result<std::string> InferContext::get_string(std::string_view name, std::string_view fallback) const {
  KITE_TRY_ASSIGN(auto value, typed_attribute<std::string>(*this, name, "a string"));
  return value ? std::move(*value) : std::string(fallback);
}

Result<std::vector<std::int64_t>> InferContext::get_ints(std::string_view name) const {
  KITE_TRY_ASSIGN(auto value, typed_attribute<std::vector<std::int64_t>>(*this, name, "a list of integers"));
  return value ? std::move(*value) : std::vector<std::int64_t>{};
}

Result<DType> InferContext::get_dtype(std::string_view name, DType fallback) const {
  KITE_TRY_ASSIGN(const auto number, typed_attribute<std::int64_t>(*this, name, "an integer"));
  if (!number) return fallback;
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  auto dtype = onnx::to_dtype(static_cast<std::int32_t>(std::clamp<std::int64_t>(*number, -1, kMost)));
  if (dtype.ok()) return *dtype;
  return std::move(dtype).error().in(graph_.describe(id_));
}

Status InferContext::require_inputs(int least, int most) const {
  const int count = input_count();
  if (count < least || count > most) {
    const std::string expected =
        least == most ? std::to_string(least) : std::to_string(least) + " to " + std::to_string(most);
    return invalid("expected " + expected + " inputs, found " + std::to_string(count));
  }
  for (int i = 0; i < least; ++i) {
    if (!has_input(i)) return invalid("input " + std::to_string(i) + " must not be left out");
  }
  return {};
}

Status InferContext::require_same_dtype(int i, int j) const {
  if (input(i).dtype == input(j).dtype) return {};
  return invalid("inputs " + std::to_string(i) + " and " + std::to_string(j) + " must have one element type, found " +
                 std::string(dtype_name(input(i).dtype)) + " and " + std::string(dtype_name(input(j).dtype)));
}

Status InferContext::require_float(int i) const {
  const DType dtype = input(i).dtype;
  if (dtype == DType::kFloat32 || dtype == DType::kFloat64) return {};
  return unsupported("input " + std::to_string(i) + " must be float32 or float64, found " +
                     std::string(dtype_name(dtype)));
}

Result<int> InferContext::normalize_axis(std::int64_t axis, int rank) const {
  if (axis < -rank || axis >= rank) {
    return invalid("axis " + std::to_string(axis) + " is outside [-" + std::to_string(rank) + ", " +
                   std::to_string(rank) + ")");
  }
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

Status InferContext::set_output(int i, DType dtype, std::span<const std::int64_t> dims) {
  auto shape = Shape::make(dims);
  if (!shape.ok()) return std::move(shape).error().in(graph_.describe(id_));
  return set_output(i, TensorType{dtype, *shape});
}

Status InferContext::set_output(int i, const TensorType& type) {
  if (has_output(i)) graph_.value(node().outputs[static_cast<std::size_t>(i)]).type = type;
  return {};
}

void InferContext::need_output(int i) {
  if (has_output(i)) return;
  Node& node = graph_.node(id_);
  const auto k = static_cast<std::size_t>(i);
  if (node.outputs.size() <= k) node.outputs.resize(k + 1, kNoValue);
  node.outputs[k] = graph_.add_value(node.name + "_scratch");
  graph_.value(node.outputs[k]).producer = id_;
}

Status InferContext::need_scratch(int i) {
  if (has_output(i) && graph_.use_count(node().outputs[static_cast<std::size_t>(i)]) != 0) {
    return invalid("the node has more outputs than the operator defines, which is " + std::to_string(i));
  }
  need_output(i);
  return {};
}

Error InferContext::invalid(std::string what, std::string remedy) const {
  return {ErrorCode::kInvalidModel, std::move(what), graph_.describe(id_), std::move(remedy)};
}

Error InferContext::unsupported(std::string what, std::string remedy) const {
  return {ErrorCode::kUnsupportedModel, std::move(what), graph_.describe(id_), std::move(remedy)};
}

}  // namespace kite
