// SPDX-License-Identifier: Apache-2.0
// PBM, PGM and PPM, as text and in binary, as Pillow reads them. PAM, which Pillow does not read, has the same samples.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/printable.h"
#include "image/byte_order.h"
#include "image/formats/codec.h"
#include "paperkite/try.h"

namespace kite {
namespace {

using Bytes = std::span<const std::byte>;

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Digits only, and not many: nullopt for anything else.
std::optional<std::int64_t> whole_number(std::string_view token) {
  if (token.empty() || token.size() > 10) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : token) {
    if (c < '0' || c > '9') return std::nullopt;
    value = 10 * value + (c - '0');
  }
  return value;
}

class NetpbmReader final : public RowReader {
 public:
  explicit NetpbmReader(Bytes bytes) : bytes_(bytes), text_(as_text(bytes)) {}
  Status open(const Limits& limits);
  Status read_row(std::uint8_t* rgb) override;

 private:
  Status read_header();
  Status read_pam_header();
  Result<std::int64_t> read_header_number();
  Status find_samples();
  Result<std::uint32_t> read_text_sample();
  Status read_text_bits(std::uint8_t* rgb);
  std::optional<char> next_of_text();
  void fill_scale();
  [[nodiscard]] Error truncated() const { return truncated_picture(PictureFormat::kNetpbm, bytes_.size()); }
  [[nodiscard]] std::size_t stored_row_bytes() const noexcept;

  Bytes bytes_;
  std::string_view text_;
  std::size_t at_ = 2;
  char kind_ = '6';
  std::int64_t channels_ = 3;  // stored
  std::int64_t max_value_ = 1;
  bool is_bits_ = false;  // 1 is black
  bool is_text_ = false;
  std::vector<std::uint8_t> scale_;  // sample -> byte
};

// As in Pillow, a comment ends nothing: "1#\n2" is 12.
Result<std::int64_t> NetpbmReader::read_header_number() {
  std::string token;
  while (at_ < text_.size() && token.size() <= 10) {
    const char c = text_[at_++];
    if (is_space(c)) {
      if (token.empty()) continue;
      break;
    }
    if (c != '#') {
      token += c;
      continue;
    }
    while (at_ < text_.size() && text_[at_] != '\n' && text_[at_] != '\r') ++at_;
    at_ = std::min(at_ + 1, text_.size());
  }
  const auto value = whole_number(token);
  if (!value)
    return damaged_picture(PictureFormat::kNetpbm, "its header has '" + token.substr(0, 10) + "' for a number");
  return *value;
}

Status NetpbmReader::read_header() {
  kind_ = text_[1];
  if (kind_ == '7') return read_pam_header();
  ++at_;  // the white space behind "P6"
  KITE_TRY_ASSIGN(size_.width, read_header_number());
  KITE_TRY_ASSIGN(size_.height, read_header_number());
  is_bits_ = kind_ == '1' || kind_ == '4';
  is_text_ = kind_ <= '3';
  channels_ = kind_ == '3' || kind_ == '6' ? 3 : 1;
  if (!is_bits_) {
    KITE_TRY_ASSIGN(max_value_, read_header_number());
  }
  return {};
}

Status NetpbmReader::read_pam_header() {
  std::int64_t depth = 0;
  max_value_ = 0;
  while (true) {
    const std::size_t end = text_.find('\n', at_);
    if (end == std::string_view::npos) return truncated();
    std::string_view line = text_.substr(at_, end - at_);
    at_ = end + 1;
    while (!line.empty() && is_space(line.back())) line.remove_suffix(1);
    if (line == "ENDHDR") break;
    const std::size_t space = line.find(' ');
    if (line.empty() || line.starts_with('#') || space == std::string_view::npos) continue;
    const std::string_view name = line.substr(0, space);
    const auto value = whole_number(line.substr(line.find_first_not_of(' ', space)));
    if (name == "WIDTH") size_.width = value.value_or(0);
    if (name == "HEIGHT") size_.height = value.value_or(0);
    if (name == "DEPTH") depth = value.value_or(0);
    if (name == "MAXVAL") max_value_ = value.value_or(0);
  }
  if (depth < 1 || depth > 4) {
    return unsupported_everywhere(PictureFormat::kNetpbm, "PAM's depth of " + std::to_string(depth));
  }
  channels_ = depth;
  return {};
}

// Grey of 16 bits is a number up to 65535 that Pillow clips to 255; everything else is scaled to 0..255.
void NetpbmReader::fill_scale() {
  const bool clips = channels_ == 1 && max_value_ > 255;
  const double out_max = clips ? 65535 : 255;
  scale_.resize(max_value_ > 255 ? 65536 : 256);
  for (std::size_t value = 0; value < scale_.size(); ++value) {
    const double scaled = std::nearbyint(static_cast<double>(value) / static_cast<double>(max_value_) * out_max);
    scale_[value] = static_cast<std::uint8_t>(std::min(scaled, 255.0));
  }
  if (clips) {
    facts_.warnings.emplace_back("16-bit grey saturates at 255, as in Pillow: most of such a picture turns white");
  }
}

std::size_t NetpbmReader::stored_row_bytes() const noexcept {
  if (is_bits_) return static_cast<std::size_t>((size_.width + 7) / 8);
  return static_cast<std::size_t>(size_.width * channels_ * (max_value_ > 255 ? 2 : 1));
}

Status NetpbmReader::find_samples() {
  const auto left = static_cast<std::int64_t>(text_.size() - at_);
  const std::int64_t samples = size_.width * size_.height * channels_;
  // Of a text, a digit for each sample and, except of bits, something between them.
  const std::int64_t needed = !is_text_  ? static_cast<std::int64_t>(stored_row_bytes()) * size_.height
                              : is_bits_ ? samples
                                         : 2 * samples - 1;
  if (left < needed) return truncated();
  return {};
}

Status NetpbmReader::open(const Limits& limits) {
  KITE_TRY(read_header());
  KITE_TRY(check_picture_size(size_, limits));
  if (max_value_ < 1 || max_value_ > 65535) {
    return damaged_picture(PictureFormat::kNetpbm, "its largest value is " + std::to_string(max_value_));
  }
  KITE_TRY(find_samples());
  facts_.format = PictureFormat::kNetpbm;
  facts_.pixel_format = is_bits_ ? "1-bit grey" : max_value_ > 255 ? "16-bit " : "8-bit ";
  if (!is_bits_) facts_.pixel_format += channels_ <= 2 ? "grey" : "RGB";
  facts_.is_opaque = channels_ % 2 != 0;
  if (!facts_.is_opaque) facts_.pixel_format += " and alpha";
  if (is_text_) facts_.pixel_format += ", as text";
  if (!is_bits_) fill_scale();
  return {};
}

// The next byte that is not part of a comment. The end of the line belongs to the comment.
std::optional<char> NetpbmReader::next_of_text() {
  while (at_ < text_.size() && text_[at_] == '#') {
    const std::size_t end = text_.find_first_of("\r\n", at_);
    at_ = end == std::string_view::npos ? text_.size() : end + 1;
  }
  if (at_ >= text_.size()) return std::nullopt;
  return text_[at_++];
}

Result<std::uint32_t> NetpbmReader::read_text_sample() {
  std::string token;
  while (token.size() <= 10) {
    const auto c = next_of_text();
    if (!c || is_space(*c)) {
      if (!token.empty()) break;
      if (!c) return truncated();
      continue;
    }
    token += *c;
  }
  const auto value = whole_number(token);
  if (!value || *value > max_value_) {
    return damaged_picture(PictureFormat::kNetpbm,
                           in_quotes(token) + " is no sample up to " + std::to_string(max_value_));
  }
  return static_cast<std::uint32_t>(*value);
}

Status NetpbmReader::read_text_bits(std::uint8_t* rgb) {
  for (std::int64_t x = 0; x < size_.width;) {
    const auto c = next_of_text();
    if (!c) return truncated();
    if (is_space(*c)) continue;
    if (*c != '0' && *c != '1') {
      return damaged_picture(PictureFormat::kNetpbm, std::string("'") + *c + "' is neither 0 nor 1");
    }
    std::memset(rgb + 3 * x++, *c == '0' ? 255 : 0, 3);
  }
  return {};
}

Status NetpbmReader::read_row(std::uint8_t* rgb) {
  if (is_text_ && is_bits_) return read_text_bits(rgb);
  const Bytes row = is_text_ ? Bytes{} : bytes_.subspan(at_, stored_row_bytes());
  at_ += row.size();
  if (!is_text_ && max_value_ == 255 && channels_ == 3) {  // the usual file needs nothing
    std::memcpy(rgb, row.data(), row.size());
    return {};
  }
  for (std::int64_t x = 0; x < size_.width; ++x, rgb += 3) {
    if (is_bits_) {
      const bool black = (read8(row, static_cast<std::size_t>(x / 8)) >> (7 - x % 8) & 1) != 0;
      std::memset(rgb, black ? 0 : 255, 3);
      continue;
    }
    for (std::int64_t c = 0; c < channels_; ++c) {
      const auto sample = static_cast<std::size_t>(x * channels_ + c);
      std::uint32_t value = 0;
      if (is_text_) {
        KITE_TRY_ASSIGN(value, read_text_sample());
      } else {
        value = max_value_ > 255 ? read16(row, 2 * sample, ByteOrder::kBig) : read8(row, sample);
      }
      if (channels_ <= 2 && c == 0) std::memset(rgb, scale_[value], 3);
      if (channels_ >= 3 && c < 3) rgb[c] = scale_[value];
    }
  }
  return {};
}

Result<std::unique_ptr<RowReader>> open_netpbm(Bytes bytes, const Limits& limits) {
  auto reader = std::make_unique<NetpbmReader>(bytes);
  KITE_TRY(reader->open(limits));
  return std::unique_ptr<RowReader>(std::move(reader));
}

// "P6" is too short to be sure: white space follows, and then a number, a comment or, in PAM, a word in capitals.
bool is_netpbm(std::string_view head) {
  if (head.size() < 4 || head[0] != 'P' || head[1] < '1' || head[1] > '7' || !is_space(head[2])) return false;
  const char next = head[3];
  return (next >= '0' && next <= '9') || next == '#' || is_space(next) ||
         (head[1] == '7' && next >= 'A' && next <= 'Z');
}

}  // namespace

constinit const PictureCodec kNetpbmCodec = {
    .recognises = is_netpbm,
    .open = open_netpbm,
    .find_metadata = nullptr,
    .extensions = ".pbm .pgm .ppm .pnm .pam",
};

}  // namespace kite
