// SPDX-License-Identifier: Apache-2.0
// Tensors of paperkite.h, and the numbers of their types.
#include <algorithm>
#include <cstring>
#include <span>
#include <string>

#include "c/boundary.h"
#include "c/tensor_handle.h"

namespace kite {

namespace {

struct DTypeNumber {
  std::int32_t number;
  DType dtype;
};

constexpr DTypeNumber kNumbers[] = {
    {PAPERKITE_FLOAT32, DType::kFloat32},   {PAPERKITE_UINT8, DType::kUInt8},   {PAPERKITE_INT8, DType::kInt8},
    {PAPERKITE_UINT16, DType::kUInt16},     {PAPERKITE_INT16, DType::kInt16},   {PAPERKITE_INT32, DType::kInt32},
    {PAPERKITE_INT64, DType::kInt64},       {PAPERKITE_BOOL, DType::kBool},     {PAPERKITE_FLOAT16, DType::kFloat16},
    {PAPERKITE_FLOAT64, DType::kFloat64},   {PAPERKITE_UINT32, DType::kUInt32}, {PAPERKITE_UINT64, DType::kUInt64},
    {PAPERKITE_BFLOAT16, DType::kBFloat16}, {PAPERKITE_UINT4, DType::kUInt4},   {PAPERKITE_INT4, DType::kInt4},
    {PAPERKITE_UINT2, DType::kUInt2},       {PAPERKITE_INT2, DType::kInt2},
};
static_assert(std::size(kNumbers) == static_cast<std::size_t>(kLastDType) + 1, "each type has a number");

const DTypeNumber* find_dtype(std::int32_t number) noexcept {
  const auto* const row = std::ranges::find(kNumbers, number, &DTypeNumber::number);
  return row == std::end(kNumbers) ? nullptr : row;
}

struct ByteRange {
  int least = -128;
  int most = 255;
};

// What one byte of a type may hold, where not every byte is an element.
ByteRange range_of(DType dtype) noexcept {
  switch (dtype) {
    case DType::kBool: return {0, 1};
    case DType::kInt4: return {-8, 7};
    case DType::kUInt4: return {0, 15};
    case DType::kInt2: return {-2, 1};
    case DType::kUInt2: return {0, 3};
    default: return {};
  }
}

constexpr const char* kNew = "paperkite_tensor_new";

Error refused_tensor(const std::string& what, std::string remedy = {}) {
  return {ErrorCode::kUsage, what, kNew, std::move(remedy)};
}

// Code that reads a bool or an integer of 4 bits relies on its range.
Status check_elements(const TensorView& view) {
  const ByteRange range = range_of(view.type.dtype);
  const bool is_signed = range.least < 0;
  if (is_signed && range.most == 255) return {};
  for (const std::byte byte : view.bytes()) {
    const int value = is_signed ? static_cast<std::int8_t>(byte) : static_cast<int>(byte);
    if (value >= range.least && value <= range.most) continue;
    return refused_tensor("an element of " + std::string(dtype_name(view.type.dtype)) + " is " + std::to_string(value),
                          "each is " + std::to_string(range.least) + " to " + std::to_string(range.most));
  }
  return {};
}

Result<TensorType> tensor_type(std::int32_t dtype, const std::int64_t* dims, std::int32_t rank) {
  const DTypeNumber* const row = find_dtype(dtype);
  if (row == nullptr)
    return refused_tensor("there is no element type " + std::to_string(dtype), "paperkite.h lists them");
  if (rank < 0) return refused_tensor("a rank of " + std::to_string(rank));
  if (rank > 0) KITE_TRY(check_given(dims, "pointer to the dimensions", kNew));
  auto shape = Shape::make({dims, static_cast<std::size_t>(rank)});
  if (!shape.ok()) {
    // What no model may state, no caller may either.
    const bool is_limit = shape.error().code == ErrorCode::kLimit;
    return Error{is_limit ? ErrorCode::kLimit : ErrorCode::kUsage, shape.error().what, kNew, shape.error().remedy};
  }
  return TensorType{row->dtype, *shape};
}

Result<std::unique_ptr<paperkite_tensor>> new_tensor(const TensorView& given, std::size_t size_bytes,
                                                     std::int32_t ownership) {
  const auto wanted = static_cast<std::size_t>(given.type.size_bytes());
  if (size_bytes != wanted) {
    return refused_tensor(std::to_string(size_bytes) + " bytes for " + std::string(dtype_name(given.type.dtype)) +
                              given.type.shape.to_string(),
                          "it has " + std::to_string(wanted));
  }
  KITE_TRY(check_bytes(given.data, size_bytes, kNew));
  KITE_TRY_ASSIGN(const bool borrowed, is_borrowed(ownership, kNew));
  KITE_TRY(check_elements(given));
  if (!borrowed) return tensor_handle(Tensor::copy_of(given));
  const std::size_t unit = dtype_size(given.type.dtype);
  if (reinterpret_cast<std::uintptr_t>(given.data) % unit != 0) {
    return refused_tensor("the data do not lie at a multiple of " + std::to_string(unit) + " bytes",
                          "use PAPERKITE_COPY");
  }
  return std::make_unique<paperkite_tensor>(paperkite_tensor{Tensor(), given});
}

}  // namespace

std::int32_t dtype_number(DType dtype) noexcept {
  return std::ranges::find(kNumbers, dtype, &DTypeNumber::dtype)->number;
}

std::unique_ptr<paperkite_tensor> tensor_handle(Tensor tensor) {
  auto handle = std::make_unique<paperkite_tensor>(paperkite_tensor{std::move(tensor), {}});
  handle->view = handle->copy.view();
  return handle;
}

}  // namespace kite

extern "C" {

const char* paperkite_dtype_name(std::int32_t dtype) {
  const auto* const row = kite::find_dtype(dtype);
  return row == nullptr ? "" : kite::dtype_name(row->dtype).data();  // of a literal
}

std::size_t paperkite_dtype_size(std::int32_t dtype) {
  const auto* const row = kite::find_dtype(dtype);
  return row == nullptr ? 0 : kite::dtype_size(row->dtype);
}

paperkite_error* paperkite_tensor_new(std::int32_t dtype, const std::int64_t* dims, std::int32_t rank, const void* data,
                                      std::size_t size_bytes, std::int32_t ownership, paperkite_tensor** tensor) {
  return kite::guarded_into(kite::kNew, tensor, [&]() -> kite::Result<std::unique_ptr<paperkite_tensor>> {
    KITE_TRY_ASSIGN(const kite::TensorType type, kite::tensor_type(dtype, dims, rank));
    return kite::new_tensor({type, static_cast<const std::byte*>(data)}, size_bytes, ownership);
  });
}

std::int32_t paperkite_tensor_dtype(const paperkite_tensor* tensor) {
  return tensor == nullptr ? 0 : kite::dtype_number(tensor->view.type.dtype);
}

std::int32_t paperkite_tensor_rank(const paperkite_tensor* tensor) {
  return tensor == nullptr ? 0 : tensor->view.type.shape.rank();
}

const std::int64_t* paperkite_tensor_dims(const paperkite_tensor* tensor) {
  return tensor == nullptr ? nullptr : tensor->view.type.shape.dims().data();
}

const void* paperkite_tensor_data(const paperkite_tensor* tensor) {
  return paperkite_tensor_size_bytes(tensor) == 0 ? nullptr : tensor->view.data;
}

std::size_t paperkite_tensor_size_bytes(const paperkite_tensor* tensor) {
  return tensor == nullptr ? 0 : static_cast<std::size_t>(tensor->view.type.size_bytes());
}

void paperkite_tensor_free(paperkite_tensor* tensor) { delete tensor; }

}  // extern "C"
