// SPDX-License-Identifier: Apache-2.0
// Magic, version, length, and a Python dict as text, of which nothing is guessed.
#include "tensor/npy_header.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "paperkite/npy.h"
#include "paperkite/try.h"

namespace kite {

namespace {

static_assert(std::endian::native == std::endian::little, "elements are taken as they lie in the file");

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kLongestBytes = std::size_t{1} << 16;

struct Descr {
  std::string_view text;
  DType dtype;
};
constexpr Descr kDescrs[] = {
    {"<f4", DType::kFloat32},
    {"<f8", DType::kFloat64},
    {"<i4", DType::kInt32},
    {"<i8", DType::kInt64},
    {"|u1", DType::kUInt8},
    {"|i1", DType::kInt8},
    {"|b1", DType::kBool},
    {"<f2", DType::kFloat16},
    {"<V2", DType::kBFloat16},  // as ml_dtypes spells it: numpy itself has no such type
    {"<i2", DType::kInt16},
    {"<u2", DType::kUInt16},
    {"<u4", DType::kUInt32},
    {"<u8", DType::kUInt64},
    // Numbers of 4 and 2 bits are written as the bytes that they are in memory, and read as integers of 8 bits.
    {"|i1", DType::kInt4},
    {"|u1", DType::kUInt4},
    {"|i1", DType::kInt2},
    {"|u1", DType::kUInt2},
};

// A walk over the dict.
class HeaderText {
 public:
  explicit HeaderText(std::string_view text) : rest_(text) {}

  bool take(std::string_view word) {
    skip_blanks();
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  bool at_end() {
    skip_blanks();
    return rest_.empty();
  }
  std::optional<std::string_view> quoted() {
    skip_blanks();
    if (!rest_.starts_with('\'') && !rest_.starts_with('"')) return std::nullopt;
    const std::size_t end = rest_.find(rest_[0], 1);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view text = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return text;
  }
  // "(2, 75)", "(2,)" or "()"; a single number in parentheses is no tuple.
  std::optional<std::vector<std::int64_t>> tuple() {
    std::vector<std::int64_t> numbers;
    if (!take("(")) return std::nullopt;
    while (!take(")")) {
      const auto one = number();
      if (!one) return std::nullopt;
      numbers.push_back(*one);
      if (take(",")) continue;
      if (numbers.size() == 1 || !take(")")) return std::nullopt;
      break;
    }
    return numbers;
  }

 private:
  void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size())); }
  std::optional<std::int64_t> number() {
    skip_blanks();
    if (rest_.starts_with('-')) return std::nullopt;
    std::int64_t value = 0;
    const auto parsed = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (parsed.ec != std::errc()) return std::nullopt;
    rest_.remove_prefix(static_cast<std::size_t>(parsed.ptr - rest_.data()));
    (void)take("L");  // of Python 2
    return value;
  }
  std::string_view rest_;
};

struct Fields {
  std::optional<std::string_view> descr;
  std::optional<bool> fortran_order;
  std::optional<std::vector<std::int64_t>> shape;
};

// False at a key that is unknown or stands twice, or at a value that is not its key's.
bool read_field(HeaderText& text, Fields& fields) {
  const auto key = text.quoted();
  if (!key || !text.take(":")) return false;
  if (*key == "descr" && !fields.descr) {
    fields.descr = text.quoted();
    return fields.descr.has_value();
  }
  if (*key == "fortran_order" && !fields.fortran_order) {
    fields.fortran_order = text.take("True");
    return *fields.fortran_order || text.take("False");
  }
  if (*key == "shape" && !fields.shape) {
    fields.shape = text.tuple();
    return fields.shape.has_value();
  }
  return false;
}

std::optional<Fields> read_fields(HeaderText text) {
  Fields fields;
  if (!text.take("{")) return std::nullopt;
  while (!text.take("}")) {
    if (!read_field(text, fields)) return std::nullopt;
    if (text.take(",")) continue;
    if (!text.take("}")) return std::nullopt;
    break;
  }
  const bool whole = text.at_end() && fields.descr && fields.fortran_order && fields.shape;
  return whole ? std::optional(std::move(fields)) : std::nullopt;
}

Result<DType> dtype_of(std::string_view descr, const std::string& name) {
  for (const Descr& known : kDescrs) {
    // A single byte has no order, so the sign in front does not count.
    const bool any_order = known.text.starts_with('|') && descr.size() == 3 &&
                           std::string_view("<>=|").find(descr[0]) != std::string_view::npos;
    if (descr == known.text || (any_order && descr.substr(1) == known.text.substr(1))) return known.dtype;
  }
  if (descr.starts_with('>')) {
    return Error{ErrorCode::kInvalidInput, "the elements are big-endian (" + std::string(descr) + ")", name,
                 "convert them with array.astype(array.dtype.newbyteorder('<'))"};
  }
  return bad_npy(name, "element type " + std::string(descr) + " is not supported");
}

}  // namespace

Error bad_npy(const std::string& name, std::string what) {
  return Error{ErrorCode::kInvalidInput, std::move(what), name,
               "save it with numpy.save() as a plain array of numbers"};
}

Result<std::size_t> npy_data_at(std::span<const std::byte> start, const std::string& name) {
  if (start.size() < kMagic.size() || std::memcmp(start.data(), kMagic.data(), kMagic.size()) != 0) {
    return bad_npy(name, "not a .npy file");
  }
  if (start.size() < kNpyStartBytes) return bad_npy(name, "the .npy header is cut off");
  const int major = static_cast<int>(start[6]), minor = static_cast<int>(start[7]);
  if (major < 1 || major > 3 || minor != 0) {
    return bad_npy(name, "version " + std::to_string(major) + '.' + std::to_string(minor) + " of .npy is not known");
  }
  std::uint32_t text_bytes = 0;
  std::memcpy(&text_bytes, start.data() + 8, major == 1 ? 2 : 4);
  const std::size_t data_at = (major == 1 ? 10U : 12U) + std::size_t{text_bytes};
  if (data_at > kLongestBytes) return bad_npy(name, "the .npy header is longer than 64 KiB");
  return data_at;
}

Result<NpyHeader> parse_npy_header(std::span<const std::byte> front, std::uint64_t file_bytes,
                                   const std::string& name) {
  NpyHeader header;
  KITE_TRY_ASSIGN(header.data_at, npy_data_at(front, name));
  if (header.data_at > front.size()) return bad_npy(name, "the .npy header is cut off");
  const std::size_t text_at = static_cast<int>(front[6]) == 1 ? 10 : 12;
  const std::string_view text(reinterpret_cast<const char*>(front.data()) + text_at, header.data_at - text_at);
  const auto fields = read_fields(HeaderText(text));
  if (!fields) return bad_npy(name, "the .npy header is no {'descr': TYPE, 'fortran_order': BOOL, 'shape': TUPLE}");
  KITE_TRY_ASSIGN(header.type.dtype, dtype_of(*fields->descr, name));
  header.fortran_order = *fields->fortran_order;
  auto shape = Shape::make(*fields->shape);
  if (!shape.ok()) return std::move(shape).error().in(name);
  header.type.shape = *shape;
  const std::uint64_t found = file_bytes - header.data_at;
  const auto wanted = static_cast<std::uint64_t>(header.type.size_bytes());
  if (found < wanted) {
    return bad_npy(name, "the file holds fewer elements than its shape " + header.type.shape.to_string());
  }
  if (found > wanted) {
    return Error{ErrorCode::kInvalidInput,
                 "the file goes on for " + std::to_string(found - wanted) + " bytes behind its array", name,
                 "save one array a file"};
  }
  return header;
}

std::string npy_header(const TensorType& type, std::size_t least_bytes) {
  std::string_view descr;
  for (const Descr& known : kDescrs) {
    if (known.dtype == type.dtype) descr = known.text;
  }
  std::string text = "{'descr': '" + std::string(descr) + "', 'fortran_order': False, 'shape': (";
  for (int axis = 0; axis < type.shape.rank(); ++axis) {
    if (axis > 0) text += ", ";
    text += std::to_string(type.shape[axis]);
  }
  if (type.shape.rank() == 1) text += ',';
  text += "), }";
  // Blanks up to a multiple of 64; the last byte is a newline.
  const std::size_t whole = std::max((10 + text.size() + 1 + 63) / 64 * 64, (least_bytes + 63) / 64 * 64);
  text.append(whole - 10 - text.size() - 1, ' ');
  text += '\n';
  const auto text_bytes = static_cast<std::uint16_t>(text.size());
  std::string header(kMagic);
  header += {'\1', '\0', static_cast<char>(text_bytes & 0xff), static_cast<char>(text_bytes >> 8)};
  return header + text;
}

}  // namespace kite
