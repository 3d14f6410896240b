// SPDX-License-Identifier: Apache-2.0
// The .npy format (NumPy enhancement proposal 1): magic, version, a Python dict as text, raw elements.
#include "race/schedule/npy_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <utility>

#include "paperkite/try.h"

namespace kite::race {

namespace {

constexpr std::size_t kMaxHeaderBytes = std::size_t{1} << 16;
constexpr std::int64_t kMaxElements = std::int64_t{1} << 36;  // 256 GiB of float32: no list of pictures is longer

Error bad_file(const std::string& path, std::string what) {
  return Error{ErrorCode::kInvalidInput, std::move(what), path, "write float32 in C order, as numpy.save() does"};
}

// The text after `'key':`; empty when the key is missing.
std::string_view value_of(std::string_view header, std::string_view key) {
  const std::string quoted = "'" + std::string(key) + "':";
  const std::size_t at = header.find(quoted);
  if (at == std::string_view::npos) return {};
  header.remove_prefix(at + quoted.size());
  header.remove_prefix(std::min(header.find_first_not_of(' '), header.size()));
  return header;
}

// "(2, 75)" and what follows it; empty where it is no such tuple.
std::vector<std::int64_t> parse_shape(std::string_view text) {
  const std::size_t end = text.find(')');
  if (!text.starts_with('(') || end == std::string_view::npos) return {};
  text = text.substr(1, end - 1);
  std::vector<std::int64_t> shape;
  while (text.find_first_not_of(", ") != std::string_view::npos) {
    text.remove_prefix(text.find_first_not_of(", "));
    std::int64_t side = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), side);
    if (parsed.ec != std::errc() || side < 0 || shape.size() == 8) return {};
    shape.push_back(side);
    text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
  }
  return shape;
}

}  // namespace

Result<NpyFile> NpyFile::open(const std::string& path) {
  NpyFile npy;
  npy.path_ = path;
  npy.file_.reset(std::fopen(path.c_str(), "rbe"));
  if (!npy.file_) return Error{ErrorCode::kIo, std::string("cannot open: ") + std::strerror(errno), path, {}};
  std::FILE* file = npy.file_.get();
  std::array<unsigned char, 12> start{};
  if (std::fread(start.data(), 1, 10, file) != 10 || std::memcmp(start.data(), "\x93NUMPY", 6) != 0) {
    return bad_file(path, "no .npy file");
  }
  std::size_t header_bytes = start[8] + std::size_t{256} * start[9];
  npy.data_at_ = 10;
  if (start[6] >= 2) {
    if (std::fread(start.data() + 10, 1, 2, file) != 2) return bad_file(path, "the header is cut off");
    header_bytes += (std::size_t{start[10]} << 16) + (std::size_t{start[11]} << 24);
    npy.data_at_ = 12;
  }
  if (header_bytes > kMaxHeaderBytes) return bad_file(path, "the header is longer than 64 KiB");
  std::string header(header_bytes, '\0');
  if (std::fread(header.data(), 1, header_bytes, file) != header_bytes) return bad_file(path, "the header is cut off");
  npy.data_at_ += static_cast<std::int64_t>(header_bytes);

  const std::string_view descr = value_of(header, "descr");
  if (!descr.starts_with("'<f4'") && !descr.starts_with("'<f8'")) return bad_file(path, "neither float32 nor float64");
  npy.element_bytes_ = descr.starts_with("'<f8'") ? 8 : 4;
  if (!value_of(header, "fortran_order").starts_with("False")) return bad_file(path, "not in C order");
  npy.shape_ = parse_shape(value_of(header, "shape"));
  if (npy.shape_.empty()) return bad_file(path, "the header has no shape [N, ...]");
  std::int64_t elements = 1;
  for (std::size_t axis = npy.shape_.size(); axis-- > 0;) {
    const std::int64_t side = npy.shape_[axis];
    if (side > 0 && elements > kMaxElements / side) return bad_file(path, "the shape is too large");
    elements *= side;
    if (axis == 1) npy.item_elements_ = elements;
  }
  if (std::fseek(file, 0, SEEK_END) != 0) return Error{ErrorCode::kIo, std::strerror(errno), path, {}};
  if (std::ftell(file) - npy.data_at_ < elements * npy.element_bytes_) {
    return bad_file(path, "the file is shorter than its shape");
  }
  return npy;
}

Result<std::vector<float>> NpyFile::read(std::int64_t first, std::int64_t n) {
  if (first < 0 || n < 0 || n > items() - first) return bad_file(path_, "fewer items than expected");
  const auto count = static_cast<std::size_t>(n * item_elements_);
  std::vector<float> values(count);
  if (std::fseek(file_.get(), data_at_ + first * item_elements_ * element_bytes_, SEEK_SET) != 0) {
    return Error{ErrorCode::kIo, std::strerror(errno), path_, {}};
  }
  std::size_t got = 0;
  if (element_bytes_ == 4) {
    got = std::fread(values.data(), sizeof(float), count, file_.get());
  } else {
    std::vector<double> wide(count);
    got = std::fread(wide.data(), sizeof(double), count, file_.get());
    std::transform(wide.begin(), wide.end(), values.begin(), [](double value) { return static_cast<float>(value); });
  }
  if (got != count) return Error{ErrorCode::kIo, "the file ended early", path_, {}};
  return values;
}

}  // namespace kite::race
