// SPDX-License-Identifier: Apache-2.0
// The .npy format (NumPy enhancement proposal 1): magic, a Python dict as text, raw elements.
#include "npy.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mapped_file.h"
#include "ops/strided_copy.h"
#include "output_file.h"
#include "paperkite/try.h"

namespace kite::cli {

namespace {

constexpr std::string_view kMagic = "\x93NUMPY";

struct Spelling {
  std::string_view descr;
  DType dtype;
};
constexpr Spelling kSpellings[] = {
    {"<f4", DType::kFloat32},  {"<f8", DType::kFloat64}, {"<i4", DType::kInt32}, {"<i8", DType::kInt64},
    {"|u1", DType::kUInt8},    {"|i1", DType::kInt8},    {"|b1", DType::kBool},  {"<f2", DType::kFloat16},
    {"<V2", DType::kBFloat16},  // as ml_dtypes spells it: numpy itself has no such type
};

Error bad_file(const std::string& path, std::string what) {
  return Error{ErrorCode::kInvalidInput, std::move(what), path, "save it with numpy.save() as a plain C-order array"};
}

// The text after `'key':` in the header, without leading blanks; nullopt when the key is missing.
std::optional<std::string_view> value_of(std::string_view header, std::string_view key) {
  const std::string quoted = "'" + std::string(key) + "'";
  const std::size_t at = header.find(quoted);
  if (at == std::string_view::npos) return std::nullopt;
  const std::size_t colon = header.find(':', at + quoted.size());
  if (colon == std::string_view::npos) return std::nullopt;
  const std::size_t start = header.find_first_not_of(' ', colon + 1);
  return start == std::string_view::npos ? std::nullopt : std::optional(header.substr(start));
}

Result<Shape> parse_shape(std::string_view text, const std::string& path) {
  std::vector<std::int64_t> dims;
  const std::size_t end = text.find(')');
  if (text.empty() || text[0] != '(' || end == std::string_view::npos) return bad_file(path, "the header has no shape");
  text = text.substr(1, end - 1);
  while (!text.empty()) {
    const std::size_t digits = text.find_first_of("0123456789");
    if (digits == std::string_view::npos) break;
    std::int64_t dim = 0;
    const auto parsed = std::from_chars(text.data() + digits, text.data() + text.size(), dim);
    if (parsed.ec != std::errc()) return bad_file(path, "the header has a dimension that is no number");
    dims.push_back(dim);
    text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
  }
  auto shape = Shape::make(dims);
  if (!shape.ok()) return std::move(shape).error().in(path);
  return shape;
}

struct Header {
  TensorType type;
  std::size_t data_at = 0;  // bytes
  bool fortran_order = false;
};

// Also checks that the file holds as many elements as its header says.
Result<Header> parse_header(const MappedFile& file) {
  const std::string& path = file.path();
  const std::string_view bytes(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
  if (bytes.size() < 12 || bytes.substr(0, 6) != kMagic) return bad_file(path, "not a .npy file");
  const bool long_header = bytes[6] >= 2;
  std::uint32_t header_size = 0;
  std::memcpy(&header_size, bytes.data() + 8, long_header ? 4 : 2);
  const std::size_t data_at = (long_header ? 12u : 10u) + std::size_t{header_size};
  if (data_at > bytes.size()) return bad_file(path, "the .npy header is cut off");
  const std::string_view header = bytes.substr(0, data_at);

  const auto descr = value_of(header, "descr");
  const auto order = value_of(header, "fortran_order");
  const auto shape_text = value_of(header, "shape");
  if (!descr || !order || !shape_text) return bad_file(path, "the .npy header is incomplete");
  const bool fortran_order = order->starts_with("True");
  for (const Spelling& spelling : kSpellings) {
    if (!descr->substr(1).starts_with(spelling.descr)) continue;
    KITE_TRY_ASSIGN(const Shape shape, parse_shape(*shape_text, path));
    const TensorType type{spelling.dtype, shape};
    if (bytes.size() - data_at < static_cast<std::size_t>(type.size_bytes())) {
      return bad_file(path, "the file holds fewer elements than its shape " + shape.to_string());
    }
    return Header{type, data_at, fortran_order};
  }
  return bad_file(path, "element type " + std::string(descr->substr(0, descr->find(','))) + " is not supported");
}

std::string described(const TensorType& type) { return std::string(dtype_name(type.dtype)) + type.shape.to_string(); }

}  // namespace

Result<Tensor> read_npy(const std::string& path) {
  KITE_TRY_ASSIGN(const MappedFile file, MappedFile::open(path));
  KITE_TRY_ASSIGN(const Header header, parse_header(file));
  const std::byte* data = file.bytes().data() + header.data_at;
  // Copied: the data need not be aligned inside the file.
  if (!header.fortran_order) return Tensor::copy_of({header.type, data});
  const Shape& shape = header.type.shape;
  Tensor tensor(header.type);
  StridedCopy copy;
  const auto out_strides = dense_strides(shape);
  for (int axis = 0; axis < shape.rank(); ++axis) {
    copy.add_axis(shape[axis], out_strides[static_cast<std::size_t>(axis)], shape.elements(0, axis));
  }
  strided_copy(copy, dtype_size(header.type.dtype), data, tensor.mutable_view().data);
  return tensor;
}

NpyStack::NpyStack(std::string path, int file, std::size_t data_at, std::int64_t count)
    : path_(std::move(path)), file_(file), data_at_(data_at), count_(count) {}

NpyStack::NpyStack(NpyStack&& other) noexcept
    : path_(std::move(other.path_)),
      file_(std::exchange(other.file_, -1)),
      data_at_(other.data_at_),
      count_(other.count_) {}

NpyStack::~NpyStack() {
  if (file_ >= 0) ::close(file_);
}

Result<NpyStack> NpyStack::open(const std::string& path, const TensorType& item) {
  Header header;
  {
    KITE_TRY_ASSIGN(const MappedFile file, MappedFile::open(path));
    KITE_TRY_ASSIGN(header, parse_header(file));
    if (header.fortran_order) return bad_file(path, "the array is in Fortran order");
  }
  const auto found = header.type.shape.dims();
  const auto wanted = item.shape.dims();
  const bool fits = header.type.dtype == item.dtype && found.size() == wanted.size() && !wanted.empty() &&
                    wanted[0] > 0 && found[0] > 0 && found[0] % wanted[0] == 0 &&
                    std::ranges::equal(found.subspan(1), wanted.subspan(1));
  if (!fits && header.type != item) {
    return Error{ErrorCode::kInvalidInput,
                 "the file holds " + described(header.type) + ", the model takes " + described(item), path,
                 "give a tensor of that type and shape, or several along the first dimension"};
  }
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return Error{ErrorCode::kIo, std::string("cannot read: ") + std::strerror(errno), path, {}};
  return NpyStack(path, file, header.data_at, fits ? found[0] / wanted[0] : 1);
}

Status NpyStack::read(std::int64_t index, const MutableTensorView& into) const {
  const auto size_bytes = static_cast<std::size_t>(into.type.size_bytes());
  for (std::size_t done = 0; done < size_bytes;) {
    const auto at = static_cast<off_t>(data_at_ + static_cast<std::size_t>(index) * size_bytes + done);
    const ssize_t count = ::pread(file_, into.data + done, size_bytes - done, at);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      return Error{ErrorCode::kIo,
                   count == 0 ? "the file became shorter" : std::string("cannot read: ") + std::strerror(errno),
                   path_,
                   {}};
    }
    done += static_cast<std::size_t>(count);
  }
  return {};
}

Status write_npy(const std::string& path, const TensorView& tensor) {
  std::string_view descr = "<f4";
  for (const Spelling& spelling : kSpellings) {
    if (spelling.dtype == tensor.type.dtype) descr = spelling.descr;
  }
  std::string header = "{'descr': '" + std::string(descr) + "', 'fortran_order': False, 'shape': (";
  for (const std::int64_t dim : tensor.type.shape.dims()) header += std::to_string(dim) + ",";
  header += "), }";
  // The data starts at a multiple of 64; the header ends in a newline.
  while ((10 + header.size() + 1) % 64 != 0) header += ' ';
  header += '\n';
  const auto header_size = static_cast<std::uint16_t>(header.size());

  KITE_TRY_ASSIGN(OutputFile file, OutputFile::create(path));
  Output& out = file.stream();
  out.write({"\x93NUMPY\x01\x00", 8});
  out.write({reinterpret_cast<const char*>(&header_size), sizeof header_size});
  out.write(header);
  out.write({reinterpret_cast<const char*>(tensor.data), static_cast<std::size_t>(tensor.type.size_bytes())});
  return file.publish();
}

}  // namespace kite::cli
