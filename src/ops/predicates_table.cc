// SPDX-License-Identifier: Apache-2.0
// Operators whose result is true or false: comparisons and logic with broadcasting, and tests of single numbers.
#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "ops/elementwise.h"
#include "ops/op.h"
#include "ops/tables.h"
#include "paperkite/try.h"

namespace kite {
namespace {

// A byte of a file that is neither 0 nor 1 must not be read as bool: bools are read as bytes, any but 0 is true.
using Truth = std::uint8_t;

template <auto kCompare>
Status compare(const ComputeContext& context) {
  return dispatch(NumericTypes{}, context.inputs[0].type.dtype, [&]<typename T>() -> Status {
    map_pairs<T, T, bool>(context, kCompare);
    return {};
  });
}

Status infer_bool(InferContext& context) { return context.set_output(0, TensorType{DType::kBool, context.shape(0)}); }

template <typename Types>
Status infer_pairs(InferContext& context) {
  KITE_TRY(context.require_inputs(2, 2));
  KITE_TRY(context.require_same_dtype(0, 1));
  KITE_TRY(require_dtype(context, 0, Types{}));
  KITE_TRY_ASSIGN(const Shape shape, broadcast_inputs(context, {0, 1}));
  return context.set_output(0, TensorType{DType::kBool, shape});
}

// With the operands as they are, or exchanged: a > b is b < a, for NaN as well.
template <auto kCompare, bool kExchanged>
Status compare_numbers(const ComputeContext& context) {
  const std::array exchanged{context.inputs[1], context.inputs[0]};
  ComputeContext pair = context;
  if (kExchanged) pair.inputs = exchanged;
  return compare<kCompare>(pair);
}

template <auto kCombine>
Status combine_truths(const ComputeContext& context) {
  map_pairs<Truth, Truth, bool>(context, [](Truth a, Truth b) { return kCombine(a != 0, b != 0); });
  return {};
}

Status compute_equal(const ComputeContext& context) {
  if (context.inputs[0].type.dtype == DType::kBool) return combine_truths<std::equal_to<>{}>(context);
  return dispatch(SignedTypes{}, without_sign(context.inputs[0].type.dtype), [&]<typename T>() -> Status {
    map_pairs<T, T, bool>(context, std::equal_to<>{});
    return {};
  });
}

// NaN is equal to nothing, and neither less nor greater.
template <auto kCompare, bool kExchanged>
constexpr Operator comparison(std::string_view name, int first_opset) {
  return {"",
          name,
          first_opset,
          kLastOpset,
          "",
          infer_pairs<NumericTypes>,
          compare_numbers<kCompare, kExchanged>,
          Sharing::kShared};
}

template <auto kCombine>
constexpr Operator logic(std::string_view name, int first_opset) {
  return {
      "", name, first_opset, kLastOpset, "", infer_pairs<TypeList<bool>>, combine_truths<kCombine>, Sharing::kShared};
}

// `kTest` makes the test of the node's attributes.
template <auto kTest>
Status test_numbers(const ComputeContext& context) {
  return dispatch(FloatTypes{}, context.inputs[0].type.dtype,
                  [&]<typename T>() -> Status { return map_elements<T, bool>(context, kTest(context.attributes)); });
}

Status infer_test(InferContext& context) {
  KITE_TRY(context.require_inputs(1, 1));
  KITE_TRY(context.require_float(0));
  KITE_TRY(context.get_int("detect_negative", 1));
  KITE_TRY(context.get_int("detect_positive", 1));
  return infer_bool(context);
}

Status infer_not(InferContext& context) {
  KITE_TRY(context.require_inputs(1, 1));
  KITE_TRY(require_dtype(context, 0, TypeList<bool>{}));
  return infer_bool(context);
}

Status compute_not(const ComputeContext& context) {
  return map_elements<Truth, bool>(context, [](Truth x) { return x == 0; });
}

constexpr auto kIsNaN = [](const Attributes&) { return [](auto x) { return std::isnan(x); }; };
constexpr auto kIsInf = [](const Attributes& attributes) {
  const bool negative = attributes.get_int("detect_negative", 1) != 0;
  const bool positive = attributes.get_int("detect_positive", 1) != 0;
  return [negative, positive](auto x) { return std::isinf(x) && (x < 0 ? negative : positive); };
};

template <auto kTest>
constexpr Operator test(std::string_view name, int first_opset) {
  return {"", name, first_opset, kLastOpset, "", infer_test, test_numbers<kTest>, Sharing::kShared};
}

constexpr Operator kRows[] = {
    {"", "Equal", 7, kLastOpset, "strings are not supported", infer_pairs<AllTypes>, compute_equal, Sharing::kShared},
    comparison<std::less<>{}, true>("Greater", 7),
    comparison<std::less_equal<>{}, true>("GreaterOrEqual", 12),
    comparison<std::less<>{}, false>("Less", 7),
    comparison<std::less_equal<>{}, false>("LessOrEqual", 12),

    logic<std::logical_and<>{}>("And", 7),
    logic<std::logical_or<>{}>("Or", 7),
    logic<std::not_equal_to<>{}>("Xor", 7),
    {"", "Not", 7, kLastOpset, "", infer_not, compute_not, Sharing::kShared},

    test<kIsNaN>("IsNaN", 9),
    test<kIsInf>("IsInf", 10),
};

}  // namespace

std::span<const Operator> predicate_operators() noexcept { return kRows; }

}  // namespace kite
