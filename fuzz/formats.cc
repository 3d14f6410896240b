// SPDX-License-Identifier: Apache-2.0
// Any bytes that are recognised as one picture format: all of its rows, and what it says of the orientation. One driver
// for each row of formats.inc.
#include <cstdint>
#include <memory>
#include <vector>

#include "driver.h"
#include "image/formats/codec.h"

namespace kite::fuzz {

namespace {

void read(const PictureCodec& codec, Bytes bytes) {
  if (!codec.recognises(text_of(bytes))) return;
  if (codec.find_metadata != nullptr) {
    const int orientation = orientation_of(codec.find_metadata(bytes));
    KITE_CHECK(orientation >= 0 && orientation <= 8);
  }
  Limits limits;
  limits[Limit::kPixels] = 1 << 20;  // so that a run is short, not because more is unsafe
  limits[Limit::kScanPixels] = 1 << 24;
  limits[Limit::kCodecBytes] = 1 << 24;
  using enum ErrorCode;
  const auto reader = codec.open(bytes, limits);
  if (!reader.ok()) return check_error(reader.error(), {kInvalidImage, kUnsupportedImage, kLimit});
  const Size size = (*reader)->size();
  KITE_CHECK(size.width > 0 && size.height > 0 && size.width <= limits[Limit::kPixels] / size.height);
  std::vector<std::uint8_t> row(static_cast<std::size_t>(size.width) * 3);
  for (std::int64_t y = 0; y < size.height; ++y) {
    const auto status = (*reader)->read_row(row.data());
    if (!status.ok()) return check_error(status.error(), {kInvalidImage, kUnsupportedImage, kLimit});
  }
}

}  // namespace

void jpeg(Bytes bytes) { read(kJpegCodec, bytes); }
void png(Bytes bytes) { read(kPngCodec, bytes); }
void webp(Bytes bytes) { read(kWebpCodec, bytes); }
void tiff(Bytes bytes) { read(kTiffCodec, bytes); }
void gif(Bytes bytes) { read(kGifCodec, bytes); }
void bmp(Bytes bytes) { read(kBmpCodec, bytes); }
void netpbm(Bytes bytes) { read(kNetpbmCodec, bytes); }

// The first byte says whether the rest is EXIF data, XMP data, or both.
void exif(Bytes bytes) {
  Taker taker(bytes);
  const std::uint8_t kind = taker.byte();
  const Bytes rest = taker.rest();
  PictureMetadata metadata;
  if (kind % 4 != 1) metadata.exif = rest;
  if (kind % 4 == 1) metadata.xmp = rest;
  if (kind % 4 == 2) {
    metadata.exif = rest.first(rest.size() / 2);
    metadata.xmp = rest.subspan(rest.size() / 2);
  }
  const int orientation = orientation_of(metadata);
  KITE_CHECK(orientation >= 0 && orientation <= 8);
}

}  // namespace kite::fuzz
