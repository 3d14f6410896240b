// SPDX-License-Identifier: Apache-2.0
// Dense row-major tensors: element type, shape, a view that borrows and a tensor that owns.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "paperkite/error.h"

namespace kite {

// The order is part of the plan format: new types go to the end.
enum class DType : std::uint8_t {
  kFloat32,
  kFloat64,
  kInt32,
  kInt64,
  kUInt8,
  kInt8,
  kBool,
  kFloat16,
  kBFloat16,
  kInt16,
  kUInt16,
  kUInt32,
  kUInt64,
  kInt4,  // 4 and 2 bits: one element a byte, sign-extended; only model files pack several into a byte
  kUInt4,
  kInt2,
  kUInt2,
};
inline constexpr DType kLastDType = DType::kUInt2;

// The 16 bits of a half-precision number. They are stored and converted, never computed with.
struct Float16 {
  std::uint16_t bits;
};
struct BFloat16 {
  std::uint16_t bits;
};

// An integer of 4 or 2 bits, in a byte of its own. Its value lies in the range of its type: a negative one is
// sign-extended, so the byte is the int8 or uint8 of the same value.
struct Int4 {
  std::int8_t value;
};
struct UInt4 {
  std::uint8_t value;
};
struct Int2 {
  std::int8_t value;
};
struct UInt2 {
  std::uint8_t value;
};

[[nodiscard]] std::size_t dtype_size(DType dtype) noexcept;       // bytes an element
[[nodiscard]] std::string_view dtype_name(DType dtype) noexcept;  // "float32", "int64", ...

template <typename T>
inline constexpr bool kIsElement = false;
template <typename T>
inline constexpr DType kDTypeOf = DType::kFloat32;
#define KITE_ELEMENT(type, dtype)                \
  template <>                                    \
  inline constexpr bool kIsElement<type> = true; \
  template <>                                    \
  inline constexpr DType kDTypeOf<type> = DType::dtype;
KITE_ELEMENT(float, kFloat32)
KITE_ELEMENT(double, kFloat64)
KITE_ELEMENT(std::int32_t, kInt32)
KITE_ELEMENT(std::int64_t, kInt64)
KITE_ELEMENT(std::uint8_t, kUInt8)
KITE_ELEMENT(std::int8_t, kInt8)
KITE_ELEMENT(bool, kBool)
KITE_ELEMENT(Float16, kFloat16)
KITE_ELEMENT(BFloat16, kBFloat16)
KITE_ELEMENT(std::int16_t, kInt16)
KITE_ELEMENT(std::uint16_t, kUInt16)
KITE_ELEMENT(std::uint32_t, kUInt32)
KITE_ELEMENT(std::uint64_t, kUInt64)
KITE_ELEMENT(Int4, kInt4)
KITE_ELEMENT(UInt4, kUInt4)
KITE_ELEMENT(Int2, kInt2)
KITE_ELEMENT(UInt2, kUInt2)
#undef KITE_ELEMENT

inline constexpr int kMaxRank = 8;
// No tensor holds more elements than this, so that element counts times 8 bytes never overflow.
inline constexpr std::int64_t kMaxElements = std::int64_t{1} << 40;

// Up to kMaxRank non-negative dimensions whose product is at most kMaxElements. Rank 0 is a scalar.
class Shape {
 public:
  Shape() = default;
  // For dimensions the program itself chose; breaking the class invariant aborts.
  Shape(std::initializer_list<std::int64_t> dims);
  // For dimensions that come from outside: kLimit or kInvalidModel when they break the invariant.
  [[nodiscard]] static Result<Shape> make(std::span<const std::int64_t> dims);

  [[nodiscard]] int rank() const noexcept { return rank_; }
  [[nodiscard]] std::int64_t operator[](int axis) const noexcept { return dims_[static_cast<std::size_t>(axis)]; }
  [[nodiscard]] std::span<const std::int64_t> dims() const noexcept {
    return {dims_.data(), static_cast<std::size_t>(rank_)};
  }
  [[nodiscard]] std::int64_t elements() const noexcept { return elements_; }
  // Product of dims [first, last).
  [[nodiscard]] std::int64_t elements(int first, int last) const noexcept;
  [[nodiscard]] std::string to_string() const;  // "[1,3,224,224]"
  [[nodiscard]] bool operator==(const Shape& other) const noexcept;

 private:
  std::array<std::int64_t, kMaxRank> dims_{};
  std::int64_t elements_ = 1;
  int rank_ = 0;
};

struct TensorType {
  DType dtype = DType::kFloat32;
  Shape shape;
  [[nodiscard]] std::int64_t size_bytes() const noexcept {
    return shape.elements() * static_cast<std::int64_t>(dtype_size(dtype));
  }
  [[nodiscard]] bool operator==(const TensorType&) const noexcept = default;
};

// Borrows dense row-major elements. `data` may be unaligned when it points into a mapped file; null = absent.
struct TensorView {
  TensorType type;
  const std::byte* data = nullptr;

  template <typename T>
  [[nodiscard]] const T* as() const noexcept {
    return reinterpret_cast<const T*>(data);
  }
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept {
    return {data, static_cast<std::size_t>(type.size_bytes())};
  }
};

struct MutableTensorView {
  TensorType type;
  std::byte* data = nullptr;

  template <typename T>
  [[nodiscard]] T* as() const noexcept {
    return reinterpret_cast<T*>(data);
  }
  operator TensorView() const noexcept { return {type, data}; }  // NOLINT(google-explicit-constructor)
};

// Owns a zero-initialised, 64-byte aligned buffer. Move-only.
class Tensor {
 public:
  Tensor() = default;
  explicit Tensor(TensorType type);
  Tensor(DType dtype, const Shape& shape) : Tensor(TensorType{dtype, shape}) {}
  [[nodiscard]] static Tensor copy_of(const TensorView& view);
  template <typename T>
  [[nodiscard]] static Tensor of(const Shape& shape, std::initializer_list<T> values);

  [[nodiscard]] const TensorType& type() const noexcept { return type_; }
  [[nodiscard]] const Shape& shape() const noexcept { return type_.shape; }
  [[nodiscard]] DType dtype() const noexcept { return type_.dtype; }
  template <typename T>
  [[nodiscard]] T* as() noexcept {
    return reinterpret_cast<T*>(data_.get());
  }
  template <typename T>
  [[nodiscard]] const T* as() const noexcept {
    return reinterpret_cast<const T*>(data_.get());
  }
  [[nodiscard]] TensorView view() const noexcept { return {type_, data_.get()}; }
  [[nodiscard]] MutableTensorView mutable_view() noexcept { return {type_, data_.get()}; }

 private:
  struct Free {
    void operator()(std::byte* p) const noexcept;
  };
  TensorType type_;
  std::unique_ptr<std::byte, Free> data_;
};

template <typename T>
Tensor Tensor::of(const Shape& shape, std::initializer_list<T> values) {
  Tensor tensor(kDTypeOf<T>, shape);
  T* out = tensor.as<T>();
  for (const T& value : values) *out++ = value;
  return tensor;
}

}  // namespace kite
