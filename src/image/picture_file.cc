// SPDX-License-Identifier: Apache-2.0
#include "image/picture_file.h"

#include <algorithm>
#include <utility>

#include "image/sniff.h"
#include "paperkite/try.h"

namespace kite {

Result<FileBytes> read_picture_file(const std::string& path, const Limits& limits) {
  constexpr std::size_t kSniffedBytes = 512;
  // A picture of at most this size is read in one call: a second call would cost as much as reading the bytes.
  constexpr std::size_t kSmallBytes = std::size_t{1} << 20;
  const auto most_bytes = static_cast<std::size_t>(limits[Limit::kPictureBytes]);
  KITE_TRY_ASSIGN(const RegularFile file, RegularFile::open(path));
  if (file.state().size_bytes <= std::min(kSmallBytes, most_bytes)) return file.read(kSmallBytes);
  KITE_TRY_ASSIGN(const FileBytes head, file.read(kSniffedBytes));
  if (auto format = sniff_format(head.bytes()); !format.ok()) return std::move(format).error().in(path);
  if (file.state().size_bytes > most_bytes) {
    return limits.over(Limit::kPictureBytes, "the picture", path, "save it in a smaller file");
  }
  return file.read(most_bytes);
}

}  // namespace kite
