// SPDX-License-Identifier: Apache-2.0
// Split: cuts one axis into consecutive parts.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/checked.h"
#include "ops/axes.h"
#include "ops/op.h"
#include "ops/strided_copy.h"
#include "paperkite/try.h"

namespace kite {

namespace {

constexpr int kSplitInputSince = 13;
constexpr int kNumOutputsSince = 18;  // from here on the last of the equal parts may be smaller

Result<std::vector<std::int64_t>> equal_parts(const InferContext& context, std::int64_t size) {
  const std::int64_t parts = context.output_count();
  if (context.opset() >= kNumOutputsSince) {
    KITE_TRY_ASSIGN(const std::int64_t stated, context.get_int("num_outputs", parts));
    if (stated != parts) {
      return context.invalid("attribute 'num_outputs' is " + std::to_string(stated) + ", the node has " +
                             std::to_string(parts) + " outputs");
    }
  } else if (size % parts != 0) {
    return context.invalid("an axis of size " + std::to_string(size) + " does not split into " + std::to_string(parts) +
                           " equal parts");
  }
  const std::int64_t part = ceil_div(size, parts);
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(parts), part);
  sizes.back() = size - part * (parts - 1);
  if (sizes.back() < 0) {
    return context.invalid("an axis of size " + std::to_string(size) + " does not split into " + std::to_string(parts) +
                           " parts of " + std::to_string(part));
  }
  return sizes;
}

Result<std::vector<std::int64_t>> part_sizes(const InferContext& context, std::int64_t size) {
  KITE_TRY_ASSIGN(const auto stated, list_of(context, "split", 1, kSplitInputSince));
  if (!stated) return equal_parts(context, size);
  if (static_cast<int>(stated->size()) != context.output_count()) {
    return context.invalid("'split' has " + std::to_string(stated->size()) + " sizes, the node has " +
                           std::to_string(context.output_count()) + " outputs");
  }
  Checked total = 0;
  for (const std::int64_t part : *stated) {
    total += part;
    if (part < 0 || !total.exact()) return context.invalid("'split' holds " + std::to_string(part));
  }
  if (total.exact() != size) {
    return context.invalid("'split' sums to " + std::to_string(*total.exact()) + ", the axis has size " +
                           std::to_string(size));
  }
  return *stated;
}

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(1, context.opset() >= kSplitInputSince ? 2 : 1));
  if (context.output_count() == 0) return context.invalid("the node has no outputs");
  const Shape& in = context.shape(0);
  KITE_TRY_ASSIGN(const std::int64_t raw_axis, context.get_int("axis", 0));
  KITE_TRY_ASSIGN(const int axis, context.normalize_axis(raw_axis, in.rank()));
  KITE_TRY_ASSIGN(const std::vector<std::int64_t> sizes, part_sizes(context, in[axis]));
  std::vector<std::int64_t> dims(in.dims().begin(), in.dims().end());
  for (int i = 0; i < context.output_count(); ++i) {
    dims[static_cast<std::size_t>(axis)] = sizes[static_cast<std::size_t>(i)];
    KITE_TRY(context.set_output(i, context.input(0).dtype, dims));
  }
  return {};
}

Status compute(const ComputeContext& context) {
  const TensorView& x = context.inputs[0];
  const Shape& shape = x.type.shape;
  std::int64_t raw_axis = context.attributes.get_int("axis", 0);
  if (raw_axis < 0) raw_axis += shape.rank();
  const auto axis = static_cast<int>(raw_axis);
  const std::int64_t outer = shape.elements(0, axis);
  const std::int64_t inner = shape.elements(axis + 1, shape.rank());
  const std::size_t element_size = dtype_size(x.type.dtype);
  const ListView stated(context, "split", 1, kSplitInputSince);
  const auto parts = static_cast<std::int64_t>(context.outputs.size());
  std::int64_t at = 0;  // along the axis
  for (std::int64_t i = 0; i < parts; ++i) {
    // An output that is left out has no type, so its size comes from the list or the rule.
    const std::int64_t size = stated.empty() ? std::min(ceil_div(shape[axis], parts), shape[axis] - at) : stated[i];
    const MutableTensorView& y = context.outputs[static_cast<std::size_t>(i)];
    StridedCopy copy;
    copy.add_axis(outer, size * inner, shape[axis] * inner);
    copy.add_axis(size * inner, 1, 1);
    const std::byte* from = x.data + at * inner * static_cast<std::int64_t>(element_size);
    if (y.data != nullptr) strided_copy(copy, element_size, from, y.data, context.share);
    at += size;
  }
  return {};
}

}  // namespace

extern const Operator kSplitOperator = {"",      "Split",         7, kLastOpset, "split must be constant", infer,
                                        compute, Sharing::kShared};

}  // namespace kite
