// SPDX-License-Identifier: Apache-2.0
// Shape invariants and the aligned storage behind Tensor.
#include "paperkite/tensor.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "base/checked.h"
#include "paperkite/try.h"

namespace kite {

std::size_t dtype_size(DType dtype) noexcept {
  switch (dtype) {
    case DType::kFloat32:
    case DType::kInt32:
    case DType::kUInt32: return 4;
    case DType::kFloat64:
    case DType::kInt64:
    case DType::kUInt64: return 8;
    case DType::kUInt8:
    case DType::kInt8:
    case DType::kBool:
    case DType::kInt4:
    case DType::kUInt4:
    case DType::kInt2:
    case DType::kUInt2: return 1;
    case DType::kFloat16:
    case DType::kBFloat16:
    case DType::kInt16:
    case DType::kUInt16: return 2;
  }
  return 1;
}

std::string_view dtype_name(DType dtype) noexcept {
  switch (dtype) {
    case DType::kFloat32: return "float32";
    case DType::kFloat64: return "float64";
    case DType::kInt32: return "int32";
    case DType::kInt64: return "int64";
    case DType::kUInt8: return "uint8";
    case DType::kInt8: return "int8";
    case DType::kBool: return "bool";
    case DType::kFloat16: return "float16";
    case DType::kBFloat16: return "bfloat16";
    case DType::kInt16: return "int16";
    case DType::kUInt16: return "uint16";
    case DType::kUInt32: return "uint32";
    case DType::kUInt64: return "uint64";
    case DType::kInt4: return "int4";
    case DType::kUInt4: return "uint4";
    case DType::kInt2: return "int2";
    case DType::kUInt2: return "uint2";
  }
  return "unknown";
}

namespace {

std::string dims_to_string(std::span<const std::int64_t> dims) {
  std::string text = "[";
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (i != 0) text += ',';
    text += std::to_string(dims[i]);
  }
  return text + ']';
}

}  // namespace

Result<Shape> Shape::make(std::span<const std::int64_t> dims) {
  if (dims.size() > kMaxRank) {
    return Error{
        ErrorCode::kLimit,
        "a tensor of rank " + std::to_string(dims.size()) + " exceeds the supported rank " + std::to_string(kMaxRank),
        {},
        {}};
  }
  Shape shape;
  shape.rank_ = static_cast<int>(dims.size());
  bool has_zero = false;
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] < 0) {
      return Error{ErrorCode::kInvalidModel, "negative dimension in shape " + dims_to_string(dims), {}, {}};
    }
    has_zero = has_zero || dims[i] == 0;
    shape.dims_[i] = dims[i];
    // Zero dimensions are left out of the product, so that [0, 2^62, 2^62] is refused in any order.
    const auto product = (Checked(shape.elements_) * std::max<std::int64_t>(dims[i], 1)).at_most(kMaxElements);
    if (!product) {
      return Error{ErrorCode::kLimit, "shape " + dims_to_string(dims) + " holds more than 2^40 elements", {}, {}};
    }
    shape.elements_ = *product;
  }
  if (has_zero) shape.elements_ = 0;
  return shape;
}

Shape::Shape(std::initializer_list<std::int64_t> dims) {
  auto made = make({dims.begin(), dims.size()});
  KITE_CHECK(made.ok());
  *this = *made;
}

std::int64_t Shape::elements(int first, int last) const noexcept {
  std::int64_t product = 1;
  for (int axis = first; axis < last; ++axis) product *= (*this)[axis];
  return product;
}

std::string Shape::to_string() const { return dims_to_string(dims()); }

bool Shape::operator==(const Shape& other) const noexcept { return std::ranges::equal(dims(), other.dims()); }

namespace {
constexpr std::align_val_t kAlignment{64};
}

void Tensor::Free::operator()(std::byte* p) const noexcept { ::operator delete(p, kAlignment); }

Tensor::Tensor(TensorType type) : type_(type) {
  // At least one byte, so that an empty tensor still has a non-null address and is not taken for an absent one.
  const auto size_bytes = static_cast<std::size_t>(std::max<std::int64_t>(type.size_bytes(), 1));
  data_.reset(static_cast<std::byte*>(::operator new(size_bytes, kAlignment)));
  std::memset(data_.get(), 0, size_bytes);
}

Tensor Tensor::copy_of(const TensorView& view) {
  Tensor tensor(view.type);
  const auto size_bytes = static_cast<std::size_t>(view.type.size_bytes());
  if (size_bytes > 0) std::memcpy(tensor.data_.get(), view.data, size_bytes);  // of nothing, data may be null
  return tensor;
}

}  // namespace kite
