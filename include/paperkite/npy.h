// SPDX-License-Identifier: Apache-2.0
// NumPy's .npy files: one dense array each, of the element types of paperkite/tensor.h. The format has no numbers of 4
// and 2 bits: they are written as int8 or uint8, and as_declared() takes them back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "paperkite/error.h"
#include "paperkite/tensor.h"

namespace kite {

class RegularFile;  // the engine's own

// Versions 1 to 3 of the format. An array in Fortran order is put into C order. Errors name the file and what was
// found: kIo, kLimit (as for Shape::make), and kInvalidInput for everything else: other versions; big-endian elements;
// text, records, objects and numbers without a DType; a header that is no dict of exactly descr, fortran_order and
// shape; a file that is shorter than its shape or goes on behind its array; a bool that is neither 0 nor 1.
[[nodiscard]] Result<Tensor> read_npy(const std::string& path);
// From memory; `name` stands for the file in errors.
[[nodiscard]] Result<Tensor> read_npy(std::span<const std::byte> bytes, std::string_view name);

// The tensor as the type that a model declares. An int8 or uint8 tensor becomes int4, int2, uint4 or uint2 where all of
// its elements fit, else kInvalidInput; any other pair of types is left as it is.
[[nodiscard]] Result<Tensor> as_declared(Tensor tensor, DType declared);

// A file that is read by items, the indexes of its array's first axis. Move-only.
class NpyReader {
 public:
  // Errors as for read_npy(), and kInvalidInput for an array in Fortran order.
  [[nodiscard]] static Result<NpyReader> open(const std::string& path);
  NpyReader(NpyReader&&) noexcept;
  NpyReader& operator=(NpyReader&&) noexcept;
  ~NpyReader();

  [[nodiscard]] const TensorType& type() const noexcept { return type_; }
  [[nodiscard]] std::int64_t items() const noexcept;          // 1 of an array without axes
  [[nodiscard]] std::int64_t item_elements() const noexcept;  // elements of one

  // Items first ... first + count - 1, one behind the other, into exactly as many bytes. kInvalidInput where the array
  // has no such items or `into` another size.
  [[nodiscard]] Status read(std::int64_t first, std::int64_t count, std::span<std::byte> into) const;
  // The same as float32; float64 is rounded, and other types are kInvalidInput.
  [[nodiscard]] Result<std::vector<float>> read_floats(std::int64_t first, std::int64_t count) const;

 private:
  NpyReader(const std::string& path, RegularFile file, const TensorType& type, std::size_t data_at);
  std::string path_;
  std::unique_ptr<const RegularFile> file_;
  TensorType type_;
  std::size_t data_at_ = 0;
};

// Writes version 1.0, over what has the path. A file that could not be written whole is no .npy.
[[nodiscard]] Status write_npy(const std::string& path, const TensorView& tensor);

// The bytes in front of the elements of such a file. Their number is a multiple of 64 and at least `least_bytes`.
[[nodiscard]] std::string npy_header(const TensorType& type, std::size_t least_bytes = 0);

// Writes an array [N, ...] item by item, where N is known at the end only. Move-only.
class NpyWriter {
 public:
  // `item`: the element type, and the dimensions behind N. kIo; kLimit where that is one axis too many.
  [[nodiscard]] static Result<NpyWriter> create(const std::string& path, const TensorType& item);
  // The elements of one item. kInvalidInput where they are fewer or more.
  [[nodiscard]] Status append(std::span<const std::byte> elements);
  // Writes the header; without it the file is no .npy.
  [[nodiscard]] Status finish();
  [[nodiscard]] const TensorType& item() const noexcept { return item_; }

 private:
  struct Close {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };
  NpyWriter(std::string path, std::FILE* file, const TensorType& item, std::size_t header_bytes)
      : path_(std::move(path)), file_(file), item_(item), header_bytes_(header_bytes) {}
  std::string path_;
  std::unique_ptr<std::FILE, Close> file_;
  TensorType item_;
  std::size_t header_bytes_ = 0;
  std::int64_t count_ = 0;
};

}  // namespace kite
