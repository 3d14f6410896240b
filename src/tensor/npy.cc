// SPDX-License-Identifier: Apache-2.0
// Elements are read from the file into their place: nothing is mapped, so a file that shrinks meanwhile is an error.
#include "paperkite/npy.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/regular_file.h"
#include "paperkite/try.h"
#include "tensor/npy_header.h"
#include "tensor/packed.h"

namespace kite {

namespace {

Result<NpyHeader> header_of(const RegularFile& file, const std::string& path) {
  KITE_TRY_ASSIGN(const FileBytes start, file.read(kNpyStartBytes));
  KITE_TRY_ASSIGN(const std::size_t data_at, npy_data_at(start.bytes(), path));
  KITE_TRY_ASSIGN(const FileBytes front, file.read(std::max(data_at, kNpyStartBytes)));
  return parse_npy_header(front.bytes(), file.state().size_bytes, path);
}

// Any other byte is no value of the type bool, and what a kernel made of it would depend on the kernel.
Status check_bools(DType dtype, std::span<const std::byte> elements, std::string_view name) {
  if (dtype != DType::kBool) return {};
  const auto wrong = std::ranges::find_if(elements, [](std::byte element) { return element > std::byte{1}; });
  if (wrong == elements.end()) return {};
  return bad_npy(std::string(name), "a bool is neither 0 nor 1 but " + std::to_string(static_cast<int>(*wrong)));
}

// From the first axis fastest to the last axis fastest.
void to_c_order(const TensorType& type, const std::byte* from, std::byte* to) {
  const Shape& shape = type.shape;
  const std::size_t element_bytes = dtype_size(type.dtype);
  std::array<std::int64_t, kMaxRank> index{};
  std::int64_t at = 0;  // the place in C order
  for (std::int64_t i = 0; i < shape.elements(); ++i) {
    std::memcpy(to + static_cast<std::size_t>(at) * element_bytes, from, element_bytes);
    from += element_bytes;
    for (int axis = 0; axis < shape.rank(); ++axis) {
      const std::int64_t stride = shape.elements(axis + 1, shape.rank());
      at += stride;
      if (++index[static_cast<std::size_t>(axis)] < shape[axis]) break;
      at -= stride * shape[axis];
      index[static_cast<std::size_t>(axis)] = 0;
    }
  }
}

std::span<std::byte> bytes_of(Tensor& tensor) {
  return {tensor.mutable_view().data, static_cast<std::size_t>(tensor.type().size_bytes())};
}

Tensor in_c_order(Tensor tensor, bool fortran_order) {
  if (!fortran_order) return tensor;
  Tensor ordered(tensor.type());
  to_c_order(tensor.type(), tensor.view().data, ordered.mutable_view().data);
  return ordered;
}

Error write_error(const std::string& path) {
  return Error{ErrorCode::kIo, std::string("cannot write: ") + std::strerror(errno), path, "check the free space"};
}

bool write_all(std::FILE* file, std::string_view bytes) {
  return bytes.empty() || std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
}

}  // namespace

Result<Tensor> read_npy(const std::string& path) {
  KITE_TRY_ASSIGN(const RegularFile file, RegularFile::open(path));
  KITE_TRY_ASSIGN(const NpyHeader header, header_of(file, path));
  Tensor tensor(header.type);
  KITE_TRY(file.read_at(header.data_at, bytes_of(tensor)));
  KITE_TRY(check_bools(header.type.dtype, bytes_of(tensor), path));
  return in_c_order(std::move(tensor), header.fortran_order);
}

Result<Tensor> read_npy(std::span<const std::byte> bytes, std::string_view name) {
  KITE_TRY_ASSIGN(const NpyHeader header, parse_npy_header(bytes, bytes.size(), std::string(name)));
  const std::span<const std::byte> elements = bytes.subspan(header.data_at);
  KITE_TRY(check_bools(header.type.dtype, elements, name));
  if (!header.fortran_order) return Tensor::copy_of({header.type, elements.data()});
  Tensor tensor(header.type);
  to_c_order(header.type, elements.data(), tensor.mutable_view().data);
  return tensor;
}

Result<Tensor> as_declared(Tensor tensor, DType declared) {
  const DType whole = tensor.dtype();
  const bool is_signed = declared == DType::kInt4 || declared == DType::kInt2;
  if (!is_packed(declared) || whole != (is_signed ? DType::kInt8 : DType::kUInt8)) return tensor;
  const auto elements = tensor.view().bytes();
  const auto wrong = std::ranges::find_if(elements, [&](std::byte element) { return !is_element(declared, element); });
  if (wrong == elements.end()) {
    Tensor narrow(declared, tensor.shape());
    std::ranges::copy(elements, narrow.mutable_view().data);
    return narrow;
  }
  const int number = whole == DType::kInt8 ? static_cast<std::int8_t>(*wrong) : static_cast<std::uint8_t>(*wrong);
  return Error{
      ErrorCode::kInvalidInput,
      "an element is " + std::to_string(number) + ", which " + std::string(dtype_name(declared)) + " cannot hold",
      {},
      {}};
}

NpyReader::NpyReader(const std::string& path, RegularFile file, const TensorType& type, std::size_t data_at)
    : path_(path), file_(std::make_unique<const RegularFile>(std::move(file))), type_(type), data_at_(data_at) {}
NpyReader::NpyReader(NpyReader&&) noexcept = default;
NpyReader& NpyReader::operator=(NpyReader&&) noexcept = default;
NpyReader::~NpyReader() = default;

Result<NpyReader> NpyReader::open(const std::string& path) {
  KITE_TRY_ASSIGN(RegularFile file, RegularFile::open(path));
  KITE_TRY_ASSIGN(const NpyHeader header, header_of(file, path));
  if (header.fortran_order && header.type.shape.rank() > 1) {
    return Error{ErrorCode::kInvalidInput, "the array is in Fortran order", path,
                 "save numpy.ascontiguousarray() of it"};
  }
  return NpyReader(path, std::move(file), header.type, header.data_at);
}

std::int64_t NpyReader::items() const noexcept { return type_.shape.rank() == 0 ? 1 : type_.shape[0]; }
std::int64_t NpyReader::item_elements() const noexcept {
  return type_.shape.rank() == 0 ? 1 : type_.shape.elements(1, type_.shape.rank());
}

Status NpyReader::read(std::int64_t first, std::int64_t count, std::span<std::byte> into) const {
  if (first < 0 || count < 0 || first > items() || count > items() - first) {
    return Error{ErrorCode::kInvalidInput,
                 "the file holds " + std::to_string(items()) + " items, more are asked for",
                 path_,
                 {}};
  }
  const std::size_t item_bytes = static_cast<std::size_t>(item_elements()) * dtype_size(type_.dtype);
  if (into.size() != static_cast<std::size_t>(count) * item_bytes) {
    return Error{ErrorCode::kInvalidInput,
                 "the items take " + std::to_string(static_cast<std::size_t>(count) * item_bytes) +
                     " bytes, there is room for " + std::to_string(into.size()),
                 path_,
                 {}};
  }
  KITE_TRY(file_->read_at(data_at_ + static_cast<std::size_t>(first) * item_bytes, into));
  return check_bools(type_.dtype, into, path_);
}

Result<std::vector<float>> NpyReader::read_floats(std::int64_t first, std::int64_t count) const {
  if (type_.dtype != DType::kFloat32 && type_.dtype != DType::kFloat64) {
    return bad_npy(path_, "the elements are " + std::string(dtype_name(type_.dtype)) + ", not float32 or float64");
  }
  const auto elements = static_cast<std::size_t>(std::clamp<std::int64_t>(count, 0, items()) * item_elements());
  std::vector<float> values(elements);
  if (type_.dtype == DType::kFloat32) {
    KITE_TRY(read(first, count, std::as_writable_bytes(std::span(values))));
    return values;
  }
  std::vector<double> wide(elements);
  KITE_TRY(read(first, count, std::as_writable_bytes(std::span(wide))));
  std::ranges::transform(wide, values.begin(), [](double value) { return static_cast<float>(value); });
  return values;
}

Status write_npy(const std::string& path, const TensorView& tensor) {
  const std::string header = npy_header(tensor.type);
  std::FILE* file = std::fopen(path.c_str(), "wbe");
  if (file == nullptr) return write_error(path);
  // The header last, so that a full disk leaves no file that says it is whole.
  const bool written = write_all(file, std::string(header.size(), '\0')) &&
                       write_all(file, {reinterpret_cast<const char*>(tensor.data),
                                        static_cast<std::size_t>(tensor.type.size_bytes())}) &&
                       std::fseek(file, 0, SEEK_SET) == 0 && write_all(file, header);
  const int failure = errno;
  const bool closed = std::fclose(file) == 0;
  if (!written) errno = failure;
  return written && closed ? Status() : write_error(path);
}

Result<NpyWriter> NpyWriter::create(const std::string& path, const TensorType& item) {
  // Room for the largest N that there can be.
  std::vector<std::int64_t> dims{kMaxElements / std::max<std::int64_t>(item.shape.elements(), 1)};
  dims.insert(dims.end(), item.shape.dims().begin(), item.shape.dims().end());
  auto largest = Shape::make(dims);
  if (!largest.ok()) return std::move(largest).error().in(path);
  const std::size_t header_bytes = npy_header({item.dtype, *largest}).size();
  NpyWriter writer(path, std::fopen(path.c_str(), "wbe"), item, header_bytes);
  if (writer.file_ == nullptr || !write_all(writer.file_.get(), std::string(header_bytes, '\0'))) {
    return write_error(path);
  }
  return writer;
}

Status NpyWriter::append(std::span<const std::byte> elements) {
  if (std::cmp_not_equal(elements.size(), item_.size_bytes())) {
    return Error{ErrorCode::kInvalidInput,
                 "an item has " + std::to_string(item_.size_bytes()) + " bytes, not " + std::to_string(elements.size()),
                 path_,
                 {}};
  }
  if (!write_all(file_.get(), {reinterpret_cast<const char*>(elements.data()), elements.size()})) {
    return write_error(path_);
  }
  ++count_;
  return {};
}

Status NpyWriter::finish() {
  std::vector<std::int64_t> dims{count_};
  dims.insert(dims.end(), item_.shape.dims().begin(), item_.shape.dims().end());
  auto shape = Shape::make(dims);
  if (!shape.ok()) return std::move(shape).error().in(path_);
  std::FILE* file = file_.get();
  const std::string header = npy_header({item_.dtype, *shape}, header_bytes_);
  const bool written = std::fseek(file, 0, SEEK_SET) == 0 && write_all(file, header) && std::fflush(file) == 0;
  return written ? Status() : write_error(path_);
}

}  // namespace kite
