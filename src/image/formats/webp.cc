// SPDX-License-Identifier: Apache-2.0
// WebP through libwebp. Of an animation the first frame is read, on a black canvas, as Pillow does without alpha.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include <webp/decode.h>
#include <webp/demux.h>

#include "image/byte_order.h"
#include "image/formats/codec.h"
#include "paperkite/try.h"

namespace kite {
namespace {

// Frees a demuxer and its iterator, on every return.
struct Demuxer {
  WebPDemuxer* demuxer = nullptr;
  WebPIterator frame{};
  ~Demuxer() {
    WebPDemuxReleaseIterator(&frame);
    WebPDemuxDelete(demuxer);
  }
};

Error damaged(std::string what) {
  return {ErrorCode::kInvalidImage, "libwebp: " + std::move(what), "", "fetch or save the file again"};
}

Error status_error(VP8StatusCode status, std::size_t size_bytes) {
  switch (status) {
    case VP8_STATUS_NOT_ENOUGH_DATA: return truncated_picture(PictureFormat::kWebp, size_bytes);
    case VP8_STATUS_OUT_OF_MEMORY: return {ErrorCode::kLimit, "libwebp: out of memory", "", "use a smaller picture"};
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      return {ErrorCode::kUnsupportedImage, "libwebp: a feature of this WebP is not supported", "", ""};
    default: return damaged("the picture data is damaged (status " + std::to_string(static_cast<int>(status)) + ")");
  }
}

// Not by rows: lossless files need the whole picture in memory anyway.
Result<Image> decode_webp(std::span<const std::byte> bytes, const Limits& limits) {
  const WebPData data{reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
  WebPBitstreamFeatures features;
  const VP8StatusCode header = WebPGetFeatures(data.bytes, data.size, &features);
  if (header != VP8_STATUS_OK) return status_error(header, bytes.size());
  const Size canvas{features.width, features.height};
  KITE_TRY(check_picture_size(canvas, limits));

  Demuxer parts;
  WebPDemuxState state = WEBP_DEMUX_PARSE_ERROR;
  parts.demuxer = WebPDemuxPartial(&data, &state);
  if (parts.demuxer == nullptr) {  // means a damaged picture, or too little memory
    constexpr std::size_t kMoreThanItNeeds = 4096;
    ::operator delete(::operator new(kMoreThanItNeeds));  // throws std::bad_alloc where there is none
    parts.demuxer = WebPDemuxPartial(&data, &state);
  }
  if (parts.demuxer == nullptr || state == WEBP_DEMUX_PARSE_ERROR) return damaged("its chunks contradict each other");
  if (state != WEBP_DEMUX_DONE) return truncated_picture(PictureFormat::kWebp, bytes.size());
  if (WebPDemuxGetFrame(parts.demuxer, 1, &parts.frame) == 0) return damaged("it holds no frame");

  const WebPIterator& frame = parts.frame;
  WebPBitstreamFeatures inner;
  const VP8StatusCode frame_header = WebPGetFeatures(frame.fragment.bytes, frame.fragment.size, &inner);
  if (frame_header != VP8_STATUS_OK) return status_error(frame_header, bytes.size());
  const bool inside = frame.x_offset >= 0 && frame.y_offset >= 0 && frame.width == inner.width &&
                      frame.height == inner.height && frame.x_offset + frame.width <= canvas.width &&
                      frame.y_offset + frame.height <= canvas.height;
  if (!inside) return damaged("a frame does not fit its canvas");

  KITE_TRY_ASSIGN(Image image, Image::make(canvas));
  if (frame.width != canvas.width || frame.height != canvas.height) image.fill(0);
  std::uint8_t* to = image.row(frame.y_offset) + 3 * static_cast<std::int64_t>(frame.x_offset);
  const auto room = static_cast<std::size_t>(image.pixels().data() + image.pixels().size() - to);
  // Not WebPDecodeRGBInto(), which does not tell a damaged picture from too little memory.
  WebPDecoderConfig config;
  if (WebPInitDecoderConfig(&config) == 0) return damaged("another version of libwebp than the one compiled for");
  config.output.colorspace = MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA = {to, static_cast<int>(image.row_bytes()), room};
  VP8StatusCode decoded = WebPDecode(frame.fragment.bytes, frame.fragment.size, &config);
  // The lossless decoder says so for damaged pictures and for want of memory. It takes four bytes for each pixel, and
  // rows.
  if (decoded == VP8_STATUS_BITSTREAM_ERROR && inner.format == 2) {
    ::operator delete(::operator new(
        static_cast<std::size_t>(frame.width) * static_cast<std::size_t>(frame.height) * 8 + (std::size_t{1} << 20)));
    decoded = WebPDecode(frame.fragment.bytes, frame.fragment.size, &config);
  }
  if (decoded != VP8_STATUS_OK) return status_error(decoded, bytes.size());
  ImageFacts& facts = image.facts();
  facts.format = PictureFormat::kWebp;
  facts.pixel_format = inner.format == 2 ? "lossless" : "lossy";
  facts.is_opaque = features.has_alpha == 0;
  if (features.has_alpha != 0) facts.pixel_format += " with alpha";
  const auto frames = static_cast<int>(WebPDemuxGetI(parts.demuxer, WEBP_FF_FRAME_COUNT));
  if (frames > 1) {
    facts.pixel_format += ", animated";
    facts.warnings.push_back("the first of " + std::to_string(frames) + " frames is used");
  }
  return image;
}

Result<std::unique_ptr<RowReader>> open_webp(std::span<const std::byte> bytes, const Limits& limits) {
  KITE_TRY_ASSIGN(Image image, decode_webp(bytes, limits));
  return rows_of(std::move(image));
}

PictureMetadata find_webp_metadata(std::span<const std::byte> file) {
  PictureMetadata found;
  std::size_t at = 12;  // after RIFF, size, WEBP
  // The first chunk states which others count. libwebp does not look at one that it does not name.
  constexpr std::uint32_t kHasExif = 8;
  constexpr std::uint32_t kHasXmp = 4;
  if (file.size() < at + 9 || as_text(file.subspan(at, 4)) != "VP8X") return found;
  const std::uint32_t flags = read8(file, at + 8);
  while (at + 8 <= file.size()) {
    const std::size_t length = read32(file, at + 4, ByteOrder::kLittle);
    if (length > file.size() - at - 8) break;
    const std::string_view name = as_text(file.subspan(at, 4));
    if (name == "EXIF" && (flags & kHasExif) != 0 && found.exif.empty()) found.exif = file.subspan(at + 8, length);
    if (name == "XMP " && (flags & kHasXmp) != 0 && found.xmp.empty()) found.xmp = file.subspan(at + 8, length);
    at += 8 + length + (length & 1);  // chunks are padded to even length
  }
  return found;
}

bool is_webp(std::string_view head) {
  return head.starts_with("RIFF") && head.size() >= 12 && head.substr(8, 4) == "WEBP";
}

}  // namespace

constinit const PictureCodec kWebpCodec = {
    .recognises = is_webp,
    .open = open_webp,
    .find_metadata = find_webp_metadata,
    .extensions = ".webp",
};

}  // namespace kite
