// SPDX-License-Identifier: Apache-2.0
// Lossy WebP through libwebp.
#include "image/encode_webp.h"

#include <cstddef>

#include <webp/encode.h>

#include "paperkite/try.h"

namespace kite {
namespace {

struct WebpFile {
  WebPPicture picture;
  WebPMemoryWriter writer;
  WebpFile() {
    WebPPictureInit(&picture);
    WebPMemoryWriterInit(&writer);
  }
  WebpFile(const WebpFile&) = delete;
  WebpFile& operator=(const WebpFile&) = delete;
  ~WebpFile() {
    WebPPictureFree(&picture);
    WebPMemoryWriterClear(&writer);
  }
};

}  // namespace

Result<std::string> encode_webp(std::span<const std::uint8_t> rgb, Size size, float quality) {
  KITE_CHECK(size.width > 0 && size.height > 0 && size.width <= kMaxWebpSide && size.height <= kMaxWebpSide);
  KITE_CHECK(rgb.size() == static_cast<std::size_t>(size.width * size.height * 3));
  WebPConfig config;
  KITE_CHECK(WebPConfigInit(&config));
  config.quality = quality;
  config.method = 2;  // 4, the default, takes twice the time for 5 % fewer bytes
  WebpFile file;
  file.picture.width = static_cast<int>(size.width);
  file.picture.height = static_cast<int>(size.height);
  file.picture.writer = WebPMemoryWrite;
  file.picture.custom_ptr = &file.writer;
  if (!WebPPictureImportRGB(&file.picture, rgb.data(), static_cast<int>(size.width) * 3) ||
      !WebPEncode(&config, &file.picture)) {
    return Error{ErrorCode::kLimit, "out of memory while a picture is written as WebP", {}, {}};
  }
  return std::string(reinterpret_cast<const char*>(file.writer.mem), file.writer.size);
}

}  // namespace kite
