// SPDX-License-Identifier: Apache-2.0
// GatherElements: y[i] = x[i with index[i] in place of its coordinate along `axis`].
// GatherND:       y[b..., i...] = x[b..., indices[b..., i..., :], rest...], the last axis of indices being coordinates.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "ops/axes.h"
#include "ops/dispatch.h"
#include "ops/index_walk.h"
#include "ops/op.h"
#include "ops/strided_copy.h"
#include "paperkite/try.h"

namespace kite {
namespace {

Error out_of_range(std::int64_t index, std::int64_t size) {
  return {
      ErrorCode::kInvalidInput,
      "index " + std::to_string(index) + " is outside [-" + std::to_string(size) + ", " + std::to_string(size) + ")",
      {},
      {}};
}

Status infer_elements(InferContext& context) {
  KITE_TRY(context.require_inputs(2, 2));
  KITE_TRY(require_dtype(context, 1, IndexTypes{}));
  const Shape& x = context.shape(0);
  const Shape& indices = context.shape(1);
  KITE_TRY_ASSIGN(const std::int64_t stated, context.get_int("axis", 0));
  KITE_TRY_ASSIGN(const int axis, context.normalize_axis(stated, x.rank()));
  bool fits = x.rank() == indices.rank();
  for (int a = 0; fits && a < x.rank(); ++a) fits = a == axis || indices[a] <= x[a];
  if (!fits) {
    return context.invalid("indices " + indices.to_string() + " do not fit the data " + x.to_string() + " along axis " +
                           std::to_string(axis));
  }
  return context.set_output(0, TensorType{context.input(0).dtype, indices});
}

Status compute_elements(const ComputeContext& context) {
  const TensorView& x = context.inputs[0];
  const MutableTensorView& y = context.outputs[0];
  const Shape& shape = x.type.shape;
  std::int64_t axis = context.attributes.get_int("axis", 0);
  if (axis < 0) axis += shape.rank();
  const auto strides = dense_strides(shape);
  const auto size = static_cast<std::int64_t>(dtype_size(x.type.dtype));
  const std::int64_t length = shape[static_cast<int>(axis)];
  const IndexView indices(context.inputs[1]);
  std::int64_t wrong = 0;
  const bool all =
      for_each_index(y.type.shape, context.share.of(y.type.shape.elements()), [&](const Index& at, std::int64_t flat) {
        std::int64_t index = indices[flat];
        if (index < -length || index >= length) {
          wrong = index;
          return false;
        }
        if (index < 0) index += length;
        std::int64_t from = 0;
        for (int a = 0; a < shape.rank(); ++a) {
          const auto k = static_cast<std::size_t>(a);
          from += (a == axis ? index : at[k]) * strides[k];
        }
        std::memcpy(y.data + flat * size, x.data + from * size, static_cast<std::size_t>(size));
        return true;
      });
  if (!all) return out_of_range(wrong, length);
  return {};
}

constexpr int kBatchDimsSince = 12;

Status infer_nd(InferContext& context) {
  KITE_TRY(context.require_inputs(2, 2));
  KITE_TRY(require_dtype(context, 1, TypeList<std::int64_t, std::int32_t>{}));
  const Shape& x = context.shape(0);
  const Shape& indices = context.shape(1);
  std::int64_t batch = 0;
  if (context.opset() >= kBatchDimsSince) {
    KITE_TRY_ASSIGN(batch, context.get_int("batch_dims", 0));
  }
  const bool has_batch = batch >= 0 && batch < std::min(x.rank(), indices.rank());
  const std::int64_t coordinates = indices.rank() == 0 ? 0 : indices[indices.rank() - 1];
  bool fits = has_batch && coordinates >= 1 && batch + coordinates <= x.rank();
  for (int a = 0; fits && a < batch; ++a) fits = x[a] == indices[a];
  if (!fits) {
    return context.invalid("indices " + indices.to_string() + " do not fit the data " + x.to_string() + " with " +
                           std::to_string(batch) + " batch dimensions");
  }
  std::vector<std::int64_t> dims(indices.dims().begin(), indices.dims().end() - 1);
  dims.insert(dims.end(), x.dims().begin() + batch + coordinates, x.dims().end());
  return context.set_output(0, context.input(0).dtype, dims);
}

Status compute_nd(const ComputeContext& context) {
  const TensorView& x = context.inputs[0];
  const Shape& shape = x.type.shape;
  const Shape& index_shape = context.inputs[1].type.shape;
  const auto batch =
      static_cast<int>(context.opset >= kBatchDimsSince ? context.attributes.get_int("batch_dims", 0) : 0);
  const auto coordinates = static_cast<int>(index_shape[index_shape.rank() - 1]);
  const std::int64_t batches = shape.elements(0, batch);
  const std::int64_t lookups = index_shape.elements(batch, index_shape.rank() - 1);
  const std::int64_t batch_stride = shape.elements(batch, shape.rank());
  const std::int64_t run = shape.elements(batch + coordinates, shape.rank());
  const auto size = static_cast<std::int64_t>(dtype_size(x.type.dtype));
  const IndexView indices(context.inputs[1]);
  std::byte* out = context.outputs[0].data;
  const auto [first, last] = context.share.of(batches * lookups, 1);
  for (std::int64_t i = first; i < last; ++i) {
    std::int64_t from = i / std::max<std::int64_t>(lookups, 1) * batch_stride;
    for (int c = 0; c < coordinates; ++c) {
      const std::int64_t length = shape[batch + c];
      std::int64_t index = indices[i * coordinates + c];
      if (index < -length || index >= length) return out_of_range(index, length);
      if (index < 0) index += length;
      from += index * shape.elements(batch + c + 1, shape.rank());
    }
    std::memcpy(out + i * run * size, x.data + from * size, static_cast<std::size_t>(run * size));
  }
  return {};
}

}  // namespace

extern constinit const Operator kGatherElementsOperator = {
    "", "GatherElements", 11, kLastOpset, "", infer_elements, compute_elements, Sharing::kShared};
extern constinit const Operator kGatherNDOperator = {"", "GatherND", 11,         kLastOpset,
                                                     "", infer_nd,   compute_nd, Sharing::kShared};

}  // namespace kite
