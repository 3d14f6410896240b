// SPDX-License-Identifier: Apache-2.0
// What a scale and a zero point may be.
#include "ops/quantization.h"

#include <string>

#include "paperkite/try.h"

namespace kite {
namespace {

Status require_count(const InferContext& context, int i, std::string_view what, std::int64_t channels) {
  const Shape& shape = context.shape(i);
  if (shape.elements() == 1 && shape.rank() <= 2) return {};
  if (channels > 0 && shape.elements() == channels && shape.rank() >= 1) return {};
  const std::string expected = channels > 0 ? "one number or " + std::to_string(channels) : "one number";
  return context.invalid("the " + std::string(what) + " of input " + std::to_string(i) + " has shape " +
                         shape.to_string() + ", expected " + expected);
}

}  // namespace

Status require_scale(const InferContext& context, int i, std::int64_t channels) {
  if (!context.has_input(i)) return context.invalid("input " + std::to_string(i) + " must not be left out");
  KITE_TRY(context.require_float(i));
  return require_count(context, i, "scale", channels);
}

Status require_zero_point(const InferContext& context, int i, DType dtype, std::int64_t channels) {
  if (!context.has_input(i)) return {};
  if (context.input(i).dtype != dtype) {
    return context.invalid("the zero point of input " + std::to_string(i) + " is " +
                           std::string(dtype_name(context.input(i).dtype)) + ", expected " +
                           std::string(dtype_name(dtype)));
  }
  return require_count(context, i, "zero point", channels);
}

Result<DType> result_type(const InferContext& context, int zero_input) {
  if (!context.has_input(zero_input)) return DType::kUInt8;
  KITE_TRY(require_dtype(context, zero_input, QuantizedTypes{}));
  KITE_TRY(require_zero_point(context, zero_input, context.input(zero_input).dtype));
  return context.input(zero_input).dtype;
}

}  // namespace kite
