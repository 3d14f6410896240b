// SPDX-License-Identifier: Apache-2.0
// Element by element comparison at a case's own tolerance.
#include "conformance/compare.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>

#include "tensor/convert.h"
#include "tensor/half.h"

namespace kite::conformance {
namespace {

std::string type_text(const TensorType& type) { return std::string(dtype_name(type.dtype)) + type.shape.to_string(); }

double float_at(const TensorView& view, std::int64_t i) {
  switch (view.type.dtype) {
    case DType::kFloat64: return view.as<double>()[i];
    case DType::kFloat16: return static_cast<double>(to_float(view.as<Float16>()[i]));
    case DType::kBFloat16: return static_cast<double>(to_float(view.as<BFloat16>()[i]));
    default: return static_cast<double>(view.as<float>()[i]);
  }
}

std::int64_t integer_at(const TensorView& view, std::int64_t i) {
  switch (view.type.dtype) {
    case DType::kInt64:
    case DType::kUInt64: return view.as<std::int64_t>()[i];  // equal where the bits are
    case DType::kInt32: return view.as<std::int32_t>()[i];
    case DType::kUInt32: return view.as<std::uint32_t>()[i];
    case DType::kInt16: return view.as<std::int16_t>()[i];
    case DType::kUInt16: return view.as<std::uint16_t>()[i];
    case DType::kInt8:
    case DType::kInt4:
    case DType::kInt2: return view.as<std::int8_t>()[i];
    default: return view.as<std::uint8_t>()[i];  // uint8, uint4, uint2 and bool
  }
}

// Written so that a NaN on one side only is never close.
bool is_close(double found, double expected, double rtol, double atol) {
  if (std::isnan(expected)) return std::isnan(found);
  if (std::isinf(expected)) return found == expected;
  return std::abs(found - expected) <= atol + rtol * std::abs(expected);
}

// The distance of neighbouring bfloat16 numbers: of a sum or product that was rounded to bfloat16 on the way, the last
// bit may be another one.
double bfloat16_unit(double expected) {
  return expected == 0 || !std::isfinite(expected) ? 0 : std::ldexp(1.0, std::ilogb(expected) - 7);
}

}  // namespace

std::string difference(const TensorView& found, const TensorView& expected, double rtol, double atol, bool promoted) {
  TensorType due = expected.type;
  if (promoted && due.dtype == DType::kFloat32) due.dtype = DType::kFloat64;
  if (found.type != due) return "is " + type_text(found.type) + ", expected " + type_text(due);
  for (std::int64_t i = 0; i < due.shape.elements(); ++i) {
    char text[160];
    if (is_floating_point(due.dtype)) {
      const double a = float_at(found, i);
      const double b = float_at(expected, i);
      const double unit = due.dtype == DType::kBFloat16 ? bfloat16_unit(b) : 0;
      if (is_close(a, b, rtol, std::max(atol, unit))) continue;
      std::snprintf(text, sizeof text, "element %lld is %.9g, expected %.9g (rtol %g, atol %g)",
                    static_cast<long long>(i), a, b, rtol, atol);
    } else {
      const std::int64_t a = integer_at(found, i);
      const std::int64_t b = integer_at(expected, i);
      if (a == b) continue;
      std::snprintf(text, sizeof text, "element %lld is %lld, expected %lld", static_cast<long long>(i),
                    static_cast<long long>(a), static_cast<long long>(b));
    }
    return text;
  }
  return {};
}

}  // namespace kite::conformance
