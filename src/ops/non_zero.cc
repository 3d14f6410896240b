// SPDX-License-Identifier: Apache-2.0
// NonZero:  the coordinates of all elements that are not zero, an axis a row.
// Compress: the slices whose condition is true, along one axis or of all elements in a row.
// What is counted decides the output's shape, so it must be constant.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {
namespace {

// An element is zero where all of its bits are, apart from a float's sign.
class ZeroTest {
 public:
  explicit ZeroTest(const TensorView& view) : view_(view), size_(dtype_size(view.type.dtype)) {
    const DType dtype = view.type.dtype;
    const bool is_signed =
        dtype == DType::kFloat32 || dtype == DType::kFloat64 || dtype == DType::kFloat16 || dtype == DType::kBFloat16;
    // The sign is the highest bit of the last byte.
    last_ = is_signed ? std::byte{0x7F} : std::byte{0xFF};
  }

  [[nodiscard]] bool is_zero(std::int64_t i) const {
    const std::byte* element = view_.data + static_cast<std::size_t>(i) * size_;
    const auto is_clear = [](std::byte byte) { return byte == std::byte{0}; };
    return std::all_of(element, element + size_ - 1, is_clear) && is_clear(element[size_ - 1] & last_);
  }

 private:
  const TensorView& view_;
  std::size_t size_;
  std::byte last_;
};

Status infer_non_zero(InferContext& context) {
  KITE_TRY(context.require_inputs(1, 1));
  KITE_TRY_ASSIGN(const TensorView x, context.shaping_value(0, "X"));
  const ZeroTest test(x);
  std::int64_t count = 0;
  for (std::int64_t i = 0; i < x.type.shape.elements(); ++i) count += test.is_zero(i) ? 0 : 1;
  // A scalar has no coordinate; numpy and ONNX Runtime count it as one element of one axis.
  return context.set_output(0, DType::kInt64,
                            std::vector<std::int64_t>{std::max<std::int64_t>(x.type.shape.rank(), 1), count});
}

Status compute_non_zero(const ComputeContext& context) {
  const TensorView& x = context.inputs[0];
  const Shape& shape = x.type.shape;
  const std::int64_t count = context.outputs[0].type.shape[1];
  std::int64_t* y = context.outputs[0].as<std::int64_t>();
  const ZeroTest test(x);
  std::int64_t found = 0;
  for (std::int64_t i = 0; i < shape.elements() && found < count; ++i) {
    if (test.is_zero(i)) continue;
    if (shape.rank() == 0) y[found] = 0;
    std::int64_t rest = i;
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      y[axis * count + found] = rest % shape[axis];
      rest /= shape[axis];
    }
    ++found;
  }
  return {};
}

// The input as [outer, length, run of elements]; without an axis it is one row of single elements.
struct Lines {
  std::int64_t outer = 1;
  std::int64_t length = 0;
  std::int64_t run = 1;
};

Lines lines_of(const Shape& shape, std::optional<int> axis) {
  if (!axis) return {1, shape.elements(), 1};
  return {shape.elements(0, *axis), shape[*axis], shape.elements(*axis + 1, shape.rank())};
}

Status infer_compress(InferContext& context) {
  KITE_TRY(context.require_inputs(2, 2));
  if (context.input(1).dtype != DType::kBool || context.shape(1).rank() != 1) {
    return context.invalid("input 'condition' must be a list of bools");
  }
  KITE_TRY_ASSIGN(const TensorView condition, context.shaping_value(1, "condition"));
  const Shape& x = context.shape(0);
  std::optional<int> axis;
  if (context.attributes().has("axis")) {
    KITE_TRY_ASSIGN(const std::int64_t stated, context.get_int("axis", 0));
    KITE_TRY_ASSIGN(axis, context.normalize_axis(stated, x.rank()));
  }
  // The condition may be shorter, its end counts as false; a true beyond the axis chooses nothing.
  const std::int64_t last = std::min(condition.type.shape[0], lines_of(x, axis).length);
  const auto chosen = static_cast<std::int64_t>(last - std::count(condition.data, condition.data + last, std::byte{0}));
  if (!axis) return context.set_output(0, context.input(0).dtype, std::vector<std::int64_t>{chosen});
  std::vector<std::int64_t> dims(x.dims().begin(), x.dims().end());
  dims[static_cast<std::size_t>(*axis)] = chosen;
  return context.set_output(0, context.input(0).dtype, dims);
}

Status compute_compress(const ComputeContext& context) {
  const TensorView& x = context.inputs[0];
  const TensorView& condition = context.inputs[1];
  std::optional<int> axis;
  if (context.attributes.has("axis")) {
    const std::int64_t stated = context.attributes.get_int("axis", 0);
    axis = static_cast<int>(stated < 0 ? stated + x.type.shape.rank() : stated);
  }
  const Lines lines = lines_of(x.type.shape, axis);
  const std::size_t bytes = static_cast<std::size_t>(lines.run) * dtype_size(x.type.dtype);
  std::byte* to = context.outputs[0].data;
  const std::byte* end = to + context.outputs[0].type.size_bytes();
  for (std::int64_t o = 0; o < lines.outer; ++o) {
    for (std::int64_t i = 0; i < std::min(lines.length, condition.type.shape[0]) && to < end; ++i) {
      if (condition.data[i] == std::byte{0}) continue;
      std::memcpy(to, x.data + static_cast<std::size_t>(o * lines.length + i) * bytes, bytes);
      to += bytes;
    }
  }
  return {};
}

}  // namespace

extern constinit const Operator kNonZeroOperator = {
    "", "NonZero", 9, kLastOpset, "the input must be constant", infer_non_zero, compute_non_zero};
extern constinit const Operator kCompressOperator = {
    "", "Compress", 9, kLastOpset, "condition must be constant", infer_compress, compute_compress};

}  // namespace kite
