// SPDX-License-Identifier: Apache-2.0
// How a TIFF stores its samples: in strips or tiles that are compressed one by one. TiffBlocks puts them together to
// rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "image/decode.h"
#include "image/formats/tiff_directory.h"
#include "image/formats/tiff_samples.h"
#include "image/image.h"
#include "paperkite/error.h"

namespace kite {

enum TiffCompression : std::uint64_t {
  kTiffNone = 1,
  kTiffLzw = 5,
  kTiffJpeg = 7,
  kTiffAdobeDeflate = 8,
  kTiffPackBits = 32773,
  kTiffDeflate = 32946
};

[[nodiscard]] std::string_view tiff_compression_name(std::uint64_t number);  // "unknown" for others
[[nodiscard]] bool reads_tiff_compression(std::uint64_t number);

struct TiffStorage {
  Size size;
  std::uint64_t compression = kTiffNone;
  bool states_planes = false;
  bool planar = false;  // each of several samples has blocks of its own
  bool reversed_bits = false;
  int predictor = 1;
};

class TiffBlocks {
 public:
  // Tests the limits, and allocates nothing. Borrows `file` for as long as it lives.
  Status open(std::span<const std::byte> file, const TiffDirectory& directory, const TiffStorage& storage,
              const TiffSamples& samples, const Limits& limits);

  // The next row from the top, as it would be stored without blocks and planes. At most size.height calls.
  [[nodiscard]] Result<const std::byte*> next_row();

  // Complete after the last row.
  [[nodiscard]] const std::vector<std::string>& warnings() const noexcept { return warnings_; }

 private:
  // A piece of the picture that is compressed on its own: a strip or a tile.
  struct BlockGrid {
    std::int64_t width = 0;  // of a block; a strip is as wide as the picture
    std::int64_t height = 0;
    std::int64_t across = 1;
    std::int64_t down = 1;
    TiffValues offsets;
    TiffValues byte_counts;
    bool tiled = false;
  };

  Status find_blocks(const TiffDirectory& directory);
  [[nodiscard]] Status check_blocks() const;
  Status read_band();
  Status read_block(std::int64_t column, std::int64_t plane, std::int64_t rows);
  [[nodiscard]] Result<std::span<const std::byte>> stored_block(std::int64_t index) const;
  [[nodiscard]] std::span<const std::byte> within_share(std::span<const std::byte> stored, std::int64_t unpacked) const;
  Status unpack(std::span<const std::byte> stored, std::int64_t rows);
  Status unpack_jpeg(std::span<const std::byte> stored, std::int64_t rows);
  void place(std::int64_t column, std::int64_t plane, std::int64_t rows);

  [[nodiscard]] std::int64_t row_bytes(std::int64_t pixels, std::int64_t samples) const noexcept {
    return (pixels * samples * bits_ + 7) / 8;
  }
  [[nodiscard]] std::int64_t block_samples() const noexcept { return storage_.planar ? 1 : per_pixel_; }
  [[nodiscard]] std::int64_t planes() const noexcept { return storage_.planar ? per_pixel_ : 1; }

  std::span<const std::byte> bytes_;
  TiffStorage storage_;
  Limits limits_;
  int bits_ = 1;
  std::int64_t per_pixel_ = 1;
  bool is_ycbcr_ = false;
  ByteOrder order_ = ByteOrder::kLittle;
  std::span<const std::byte> jpeg_tables_;
  BlockGrid grid_;
  std::vector<std::byte> block_;  // one unpacked block
  std::vector<std::byte> band_;   // a row of blocks
  std::int64_t next_row_ = 0;
  std::vector<std::string> warnings_;
};

}  // namespace kite
