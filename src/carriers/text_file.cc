// SPDX-License-Identifier: Apache-2.0
// Byte order marks and the size limit of text files.
#include "carriers/text_file.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/regular_file.h"
#include "carriers/utf8.h"
#include "paperkite/try.h"

namespace kite {
namespace {

Result<std::string> from_utf16(std::string_view bytes, bool big_endian) {
  const auto broken = [](std::size_t at) {
    return Error{ErrorCode::kInvalidModel, "UTF-16 text with half a character", "byte " + std::to_string(at),
                 "save the file as UTF-8"};
  };
  if (bytes.size() % 2 != 0) return broken(bytes.size() - 1);
  const auto unit = [&](std::size_t at) -> std::uint32_t {
    const auto first = static_cast<std::uint8_t>(bytes[at]);
    const auto second = static_cast<std::uint8_t>(bytes[at + 1]);
    return static_cast<std::uint32_t>(big_endian ? first << 8 | second : second << 8 | first);
  };
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 2) {
    std::uint32_t code = unit(at);
    if (code >= 0xdc00 && code < 0xe000) return broken(at);
    if (code >= 0xd800 && code < 0xdc00) {  // the first half of a pair
      const std::uint32_t low = at + 4 <= bytes.size() ? unit(at + 2) : 0;
      if (low < 0xdc00 || low >= 0xe000) return broken(at);
      code = 0x10000 + ((code - 0xd800) << 10 | (low - 0xdc00));
      at += 2;
    }
    append_utf8(text, code);
  }
  return text;
}

// UTF-16 without a mark: a character of ASCII, as most of them are, has a byte of 0 on one side, and only there. A text
// in which a zero strayed has few of them.
bool is_utf16_with_zeros_at(std::string_view bytes, std::size_t parity) {
  std::size_t zeros = 0;
  for (std::size_t at = bytes.find('\0'); at != std::string_view::npos; at = bytes.find('\0', at + 1), ++zeros) {
    if (at % 2 != parity) return false;
  }
  return bytes.size() % 2 == 0 && zeros > bytes.size() / 4;
}

}  // namespace

Result<std::string> to_utf8(std::string_view bytes) {
  if (bytes.starts_with("\xef\xbb\xbf")) return std::string(bytes.substr(3));
  if (bytes.starts_with("\xff\xfe")) return from_utf16(bytes.substr(2), /*big_endian=*/false);
  if (bytes.starts_with("\xfe\xff")) return from_utf16(bytes.substr(2), /*big_endian=*/true);
  if (is_utf16_with_zeros_at(bytes, 1)) return from_utf16(bytes, /*big_endian=*/false);
  if (is_utf16_with_zeros_at(bytes, 0)) return from_utf16(bytes, /*big_endian=*/true);
  return std::string(bytes);
}

Result<std::string> read_text_file(const std::string& path, const Limits& limits) {
  const auto most_bytes = static_cast<std::size_t>(limits[Limit::kTextBytes]);
  KITE_TRY_ASSIGN(const RegularFile file, RegularFile::open(path));
  // The file is read and not mapped, because an editor may make it shorter at the same time.
  if (file.state().size_bytes > most_bytes) {
    return limits.over(Limit::kTextBytes, "the text", path, "name a file of labels or preprocessing alone");
  }
  // Without memory for it the model is not opened, as for every other string; an error would be one of this file, and a
  // file that only lies beside the model is left out with a warning, and the answer would be another one.
  std::string text(file.state().size_bytes, '\0');
  KITE_TRY(file.read_at(0, std::as_writable_bytes(std::span(text))));
  return to_utf8(text);
}

}  // namespace kite
