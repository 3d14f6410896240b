// SPDX-License-Identifier: Apache-2.0
// Zeros, and the values copied to their places.
#include "onnx/sparse_data.h"

#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#include "base/printable.h"
#include "onnx/tensor_data.h"
#include "paperkite/try.h"

namespace kite::onnx {

namespace {

Error contradiction(std::string what) { return Error{ErrorCode::kInvalidModel, std::move(what), {}, {}}; }

std::int64_t index_at(const TensorView& indices, std::int64_t i) {
  std::int64_t index = 0;
  std::memcpy(&index, indices.data + i * static_cast<std::int64_t>(sizeof index), sizeof index);
  return index;
}

// The place of value `i` among all elements; -1 where one of its indices lies outside the tensor.
std::int64_t place_of(const TensorView& indices, const Shape& shape, std::int64_t i) {
  if (indices.type.shape.rank() == 1) {
    const std::int64_t place = index_at(indices, i);
    return place < shape.elements() ? place : -1;
  }
  std::int64_t place = 0;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    const std::int64_t index = index_at(indices, i * shape.rank() + axis);
    if (index < 0 || index >= shape[axis]) return -1;
    place = place * shape[axis] + index;
  }
  return place;
}

Status check_shapes(const TensorView& values, const TensorView& indices, const Shape& shape) {
  if (values.type.shape.rank() != 1)
    return contradiction("the values must have rank 1, found " + values.type.shape.to_string());
  if (indices.type.dtype != DType::kInt64) {
    return contradiction("the indices must be int64, found " + std::string(dtype_name(indices.type.dtype)));
  }
  const Shape& found = indices.type.shape;
  const std::int64_t count = values.type.shape[0];
  const bool is_linear = found.rank() == 1 && found[0] == count;
  const bool is_by_axis = found.rank() == 2 && found[0] == count && found[1] == shape.rank();
  if (is_linear || is_by_axis) return {};
  return contradiction("indices of shape " + found.to_string() + " do not fit " + std::to_string(count) +
                       " values of a tensor of shape " + shape.to_string());
}

Result<Tensor> densify(const SparseTensorProto& sparse, ExternalFiles& files, const Budget& budget) {
  KITE_TRY_ASSIGN(const Shape shape, Shape::make(sparse.dims));
  KITE_TRY_ASSIGN(const TensorData values, read_tensor(sparse.values, files));
  KITE_TRY_ASSIGN(const TensorData indices, read_tensor(sparse.indices, files));
  KITE_TRY(check_shapes(values.view, indices.view, shape));
  const TensorType type{values.view.type.dtype, shape};
  if (type.size_bytes() > budget.left(Limit::kConstantBytes)) {
    return budget.limits().over(Limit::kConstantBytes,
                                "with a sparse tensor that becomes one of shape " + shape.to_string() + ", the model",
                                {}, "export the model with dense weights");
  }
  Tensor dense(type);
  const std::size_t size = dtype_size(type.dtype);
  std::int64_t last = -1;
  for (std::int64_t i = 0; i < values.view.type.shape[0]; ++i) {
    const std::int64_t place = place_of(indices.view, shape, i);
    if (place <= last) {
      return contradiction("the indices of value " + std::to_string(i) + " lie outside the tensor or do not ascend");
    }
    last = place;
    std::memcpy(dense.mutable_view().data + static_cast<std::size_t>(place) * size,
                values.view.data + static_cast<std::size_t>(i) * size, size);
  }
  return dense;
}

}  // namespace

Result<Tensor> read_sparse(const SparseTensorProto& sparse, ExternalFiles& files, const Budget& budget) {
  auto dense = densify(sparse, files, budget);
  if (!dense.ok()) return std::move(dense).error().in("sparse tensor " + in_quotes(sparse.values.name));
  return dense;
}

}  // namespace kite::onnx
