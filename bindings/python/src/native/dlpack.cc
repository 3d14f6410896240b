// SPDX-License-Identifier: Apache-2.0
#include "native/dlpack.h"

#include <nanobind/ndarray.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "native/failure.h"
#include "native/value.h"
#include "paperkite/try.h"

namespace kite::python {

namespace {

static_assert(kDlpackCpu == nb::device::cpu::value);

Error misfit(std::string what, std::string remedy = {}) {
  return {ErrorCode::kInvalidInput, std::move(what), {}, std::move(remedy)};
}

nb::dlpack::dtype dlpack_type(DType dtype) noexcept {
  using Code = nb::dlpack::dtype_code;
  const auto of = [dtype](Code code) {
    return nb::dlpack::dtype{static_cast<std::uint8_t>(code), static_cast<std::uint8_t>(8 * dtype_size(dtype)), 1};
  };
  switch (dtype) {
    case DType::kFloat32:
    case DType::kFloat64:
    case DType::kFloat16: return of(Code::Float);
    case DType::kBFloat16: return of(Code::Bfloat);
    case DType::kBool: return of(Code::Bool);
    case DType::kUInt8:
    case DType::kUInt16:
    case DType::kUInt32:
    case DType::kUInt64:
    case DType::kUInt4:
    case DType::kUInt2: return of(Code::UInt);
    default: return of(Code::Int);
  }
}

template <typename Imported>
Result<Value> value_over(Imported imported, bool is_read_only) {
  if (imported.device_type() != nb::device::cpu::value) {
    return misfit("the tensor is not in the memory of the CPU", "move it there, as with tensor.cpu()");
  }
  const nb::dlpack::dtype found = imported.dtype();
  DType dtype{};
  bool is_known = false;
  for (std::size_t i = 0; i <= static_cast<std::size_t>(kLastDType) && !is_known; ++i) {
    dtype = static_cast<DType>(i);
    is_known = dlpack_type(dtype) == found;
  }
  if (!is_known) {
    return misfit("elements of " + std::to_string(found.bits) + " bits of DLPack's kind " + std::to_string(found.code) +
                  " are of no type of a tensor");
  }
  std::vector<std::int64_t> dims;
  std::int64_t stride = 1;
  bool is_dense = true;
  for (std::size_t axis = imported.ndim(); axis-- > 0;) {
    const auto size = static_cast<std::int64_t>(imported.shape(axis));
    dims.insert(dims.begin(), size);
    is_dense = is_dense && (size <= 1 || imported.stride(axis) == stride);
    stride *= size;
  }
  if (!is_dense && stride > 0) {
    return misfit("the tensor is not in one piece", "copy it, as with tensor.contiguous()");
  }
  KITE_TRY_ASSIGN(const Shape shape, Shape::make(dims));
  auto* data = static_cast<std::byte*>(const_cast<void*>(static_cast<const void*>(imported.data())));
  if (!is_aligned(data, dtype))
    return misfit("the memory of the tensor is not aligned", "copy it, as with tensor.clone()");
  static std::byte nothing[8] = {};
  if (data == nullptr) data = nothing;
  return Value({dtype, shape}, data, std::make_shared<Imported>(std::move(imported)), is_read_only);
}

nb::object result_of(Result<Value> made) {
  if (!made.ok()) return failure(std::move(made).error());
  return nb::cast(std::move(made).value());
}

}  // namespace

nb::object dlpack_of(nb::handle self, nb::kwargs options) {
  const Value& value = nb::cast<const Value&>(self);
  const std::span<const std::int64_t> dims = value.type.shape.dims();
  const std::vector<std::size_t> sizes(dims.begin(), dims.end());
  const auto exported = [&](auto array) {
    return nb::cast(array, nb::rv_policy::reference).attr("__dlpack__")(**options);
  };
  if (value.is_read_only) {
    return exported(nb::ndarray<nb::array_api, nb::ro>(value.data, sizes.size(), sizes.data(), self, nullptr,
                                                       dlpack_type(value.type.dtype), nb::device::cpu::value));
  }
  return exported(nb::ndarray<nb::array_api>(value.data, sizes.size(), sizes.data(), self, nullptr,
                                             dlpack_type(value.type.dtype), nb::device::cpu::value));
}

nb::object value_of_dlpack(nb::handle tensor) {
  nb::ndarray<> writable;
  if (nb::try_cast(tensor, writable, false)) return result_of(value_over(std::move(writable), false));
  nb::ndarray<nb::ro> readable;
  if (nb::try_cast(tensor, readable, false)) return result_of(value_over(std::move(readable), true));
  return failure({ErrorCode::kUsage, "the object gives no tensor by DLPack, or has given it already", {}, {}});
}

}  // namespace kite::python
