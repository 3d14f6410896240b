// SPDX-License-Identifier: Apache-2.0
// Every offset and count is compared with the size of the file before it is followed.
#include "image/formats/tiff_directory.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <string_view>

#include "image/formats/codec.h"

namespace kite {
namespace {

// The bytes of one value of this type; 0 where there is no such type.
int bytes_of_type(std::uint32_t type) noexcept {
  constexpr std::array<int, 17> kBytes = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8};
  return type < kBytes.size() ? kBytes.at(type) : 0;
}

// Texts and fractions, which no tag here has.
bool is_no_whole_number(std::uint32_t type) noexcept { return type == 2 || type == 5 || (type >= 10 && type <= 12); }

bool is_signed(std::uint32_t type) noexcept { return type == 6 || type == 8 || type == 9; }

}  // namespace

// 42, or 43 for BigTIFF; some writers swap its two bytes, and Pillow accepts that of 42.
bool is_tiff(std::string_view head) {
  constexpr std::array<std::string_view, 6> kStarts = {std::string_view("II*\0", 4), std::string_view("MM\0*", 4),
                                                       std::string_view("MM*\0", 4), std::string_view("II\0*", 4),
                                                       std::string_view("II+\0", 4), std::string_view("MM\0+", 4)};
  return std::ranges::any_of(kStarts, [&](std::string_view start) { return head.starts_with(start); });
}

Result<TiffDirectory> TiffDirectory::read(std::span<const std::byte> file) {
  if (file.size() < 16) return truncated_picture(PictureFormat::kTiff, file.size());
  TiffDirectory directory;
  directory.file_ = file;
  directory.order_ = as_text(file).starts_with("MM") ? ByteOrder::kBig : ByteOrder::kLittle;
  const bool is_big_tiff = read8(file, 2) + read8(file, 3) == 43;
  if (is_big_tiff && directory.order_ == ByteOrder::kBig) {
    return unsupported_everywhere(PictureFormat::kTiff, "64-bit offsets in big-endian order");
  }
  directory.word_bytes_ = is_big_tiff ? 8 : 4;
  const std::uint64_t at = read_number(file, is_big_tiff ? 8 : 4, directory.word_bytes_, directory.order_);
  const std::size_t count_bytes = is_big_tiff ? 8 : 2;
  if (at > file.size() || file.size() - at < count_bytes) {
    return truncated_picture(PictureFormat::kTiff, file.size());
  }
  const std::uint64_t stated = read_number(file, at, static_cast<int>(count_bytes), directory.order_);
  if (stated > 65535) return damaged_picture(PictureFormat::kTiff, "its directory has more than 65535 tags");
  directory.entries_at_ = at + count_bytes;
  const auto word = static_cast<std::size_t>(directory.word_bytes_);
  const std::size_t entry_bytes = 4 + 2 * word;
  const std::uint64_t room = (file.size() - directory.entries_at_) / entry_bytes;
  directory.entries_ = std::min(stated, room);
  const std::uint64_t end = directory.entries_at_ + directory.entries_ * entry_bytes;
  directory.has_more_pages_ = stated <= room && file.size() - end >= word &&
                              read_number(file, end, directory.word_bytes_, directory.order_) != 0;
  directory.stop_where_values_are_cut();
  return directory;
}

// Pillow does not read on behind a tag whose values would be in the file by their number, but are not by their place.
// Once the tags together have more values than the file has room for, it reads only values that are in their entries.
void TiffDirectory::stop_where_values_are_cut() noexcept {
  const auto word = static_cast<std::size_t>(word_bytes_);
  std::uint64_t room = file_.size();
  std::bitset<65536> known;  // of several entries for a tag, the first counts
  for (std::uint64_t i = 0; i < entries_; ++i) {
    const std::size_t entry = entries_at_ + i * (4 + 2 * word);
    const std::uint32_t tag = read16(file_, entry, order_);
    if (known[tag]) continue;
    known[tag] =
        bytes_of_type(read16(file_, entry + 2, order_)) != 0 && read_number(file_, entry + 4, word_bytes_, order_) != 0;
    if (is_in_entry(entry)) continue;
    const auto size = static_cast<std::uint64_t>(bytes_of_type(read16(file_, entry + 2, order_)));
    const std::uint64_t count = read_number(file_, entry + 4, word_bytes_, order_);
    if (count > room / size) {
      first_skipped_ = entry;
      return;
    }
    room -= count * size;
    const std::uint64_t at = read_number(file_, entry + 4 + word, word_bytes_, order_);
    if (at > file_.size() || file_.size() - at < count * size) entries_ = i;
  }
}

bool TiffDirectory::is_in_entry(std::size_t entry) const noexcept {
  const auto size = static_cast<std::uint64_t>(bytes_of_type(read16(file_, entry + 2, order_)));
  const std::uint64_t count = read_number(file_, entry + 4, word_bytes_, order_);
  return size == 0 || count <= static_cast<std::uint64_t>(word_bytes_) / size;
}

std::size_t TiffDirectory::find(TiffTag tag) const noexcept {
  const std::size_t entry_bytes = 4 + 2 * static_cast<std::size_t>(word_bytes_);
  for (std::uint64_t i = 0; i < entries_; ++i) {
    const std::size_t entry = entries_at_ + i * entry_bytes;
    // An entry without values, or of an unknown type, is none: there may be another.
    const bool is_none = bytes_of_type(read16(file_, entry + 2, order_)) == 0 ||
                         read_number(file_, entry + 4, word_bytes_, order_) == 0 ||
                         (entry >= first_skipped_ && !is_in_entry(entry));
    if (!is_none && read16(file_, entry, order_) == static_cast<std::uint16_t>(tag)) return entry;
  }
  return 0;
}

bool TiffDirectory::is_absent_or_numbers(TiffTag tag) const noexcept {
  const TiffValues found = values(tag);
  return found.count() > 0 ? found.are_numbers() : find(tag) == 0;
}

bool TiffDirectory::is_at_most_one(TiffTag tag) const noexcept {
  return is_absent_or_numbers(tag) && values(tag).count() <= 1;
}

TiffValues TiffDirectory::values(TiffTag tag) const noexcept {
  const auto word = static_cast<std::size_t>(word_bytes_);
  const std::size_t entry = find(tag);
  if (entry == 0) return {};
  const std::uint32_t type = read16(file_, entry + 2, order_);
  const int size = bytes_of_type(type);
  const std::uint64_t count = read_number(file_, entry + 4, word_bytes_, order_);
  if (size == 0 || is_no_whole_number(type) || count > file_.size()) return {};
  const std::uint64_t bytes = count * static_cast<std::uint64_t>(size);
  std::uint64_t at = entry + 4 + word;
  if (bytes > word) at = read_number(file_, at, word_bytes_, order_);
  if (at > file_.size() || file_.size() - at < bytes) return {};
  return {file_.subspan(at, bytes), size, order_, is_signed(type)};
}

std::optional<std::uint64_t> TiffDirectory::number(TiffTag tag) const noexcept {
  const TiffValues found = values(tag);
  if (found.count() == 0 || !found.are_numbers()) return std::nullopt;  // bytes are no number in Pillow
  return found.at(0);
}

}  // namespace kite
