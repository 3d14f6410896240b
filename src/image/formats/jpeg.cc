// SPDX-License-Identifier: Apache-2.0
// JPEG through libjpeg-turbo's row interface, with its defaults (accurate integer DCT, smooth upsampling), which Pillow
// uses, too. The library reports errors by longjmp; this file turns them into Errors.
#include <algorithm>
#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <jerror.h>
#include <jpeglib.h>  // needs size_t and FILE declared first

#include "image/byte_order.h"
#include "image/formats/codec.h"
#include "image/formats/jpeg.h"
#include "image/formats/rgb_rows.h"
#include "paperkite/try.h"

namespace kite {
namespace {

// The error that a longjmp reports: libjpeg's own message, or a limit that is checked below.
enum class Stop : std::uint8_t { kLibrary, kScanBudget };

struct JpegError {
  jpeg_error_mgr manager;  // first: libjpeg hands back a pointer to it
  jmp_buf escape;
  Stop stop;
  char text[JMSG_LENGTH_MAX];
};

JpegError& error_state(j_common_ptr info) { return *reinterpret_cast<JpegError*>(info->err); }

[[noreturn]] void on_error(j_common_ptr info) {
  JpegError& state = error_state(info);
  info->err->format_message(info, state.text);
  state.stop = Stop::kLibrary;
  std::longjmp(state.escape, 1);
}

void on_message(j_common_ptr info, int level) {
  if (level >= 0) return;  // a trace, not a warning
  JpegError& state = error_state(info);
  if (state.manager.num_warnings == 0) info->err->format_message(info, state.text);
  ++state.manager.num_warnings;
}

void on_output(j_common_ptr) {}

// The whole file is in memory, so when libjpeg asks for more bytes, the file ended early. FALSE suspends the
// decoder, as in Pillow. The rows that are decoded so far are valid, so a file is refused exactly when its last row
// needs the missing bytes.
boolean no_more_input(j_decompress_ptr) { return FALSE; }

void skip_input(j_decompress_ptr info, long count) {
  if (count <= 0) return;
  const std::size_t step = std::min(static_cast<std::size_t>(count), info->src->bytes_in_buffer);
  info->src->next_input_byte += step;
  info->src->bytes_in_buffer -= step;
}

void no_source_action(j_decompress_ptr) {}

struct ScanBudget {
  jpeg_progress_mgr manager;  // first, as above
  int max_scans;
};

void on_progress(j_common_ptr info) {
  const auto& budget = *reinterpret_cast<const ScanBudget*>(info->progress);
  if (info->is_decompressor && reinterpret_cast<j_decompress_ptr>(info)->input_scan_number > budget.max_scans) {
    error_state(info).stop = Stop::kScanBudget;
    std::longjmp(error_state(info).escape, 1);
  }
}

class JpegReader final : public RowReader {
 public:
  JpegReader(std::span<const std::byte> bytes, const Limits& limits, JpegColours colours)
      : bytes_(bytes), limits_(limits), colours_(colours) {}
  [[nodiscard]] int components() const noexcept { return info_.num_components; }
  ~JpegReader() override {
    if (created_) jpeg_destroy_decompress(&info_);
  }

  Status open();
  Status read_row(std::uint8_t* rgb) override;

 private:
  enum class Step : std::uint8_t { kDone, kSuspended, kFailed };
  // Each of these functions holds one setjmp and no object with a destructor, so a longjmp skips no destructor.
  Step read_header() noexcept;
  Step start() noexcept;
  Step read_scanline(std::uint8_t* row) noexcept;
  void finish() noexcept;

  Status check_header();
  [[nodiscard]] Error library_error() const;
  [[nodiscard]] std::string describe() const;

  std::span<const std::byte> bytes_;
  Limits limits_;
  JpegColours colours_;
  jpeg_decompress_struct info_{};
  JpegError errors_{};
  jpeg_source_mgr source_{};
  ScanBudget budget_{};
  bool created_ = false;
  std::int64_t rows_read_ = 0;
  std::vector<std::uint8_t> cmyk_row_;
};

JpegReader::Step JpegReader::read_header() noexcept {
  info_.err = jpeg_std_error(&errors_.manager);
  errors_.manager.error_exit = on_error;
  errors_.manager.emit_message = on_message;
  errors_.manager.output_message = on_output;
  if (setjmp(errors_.escape) != 0) return Step::kFailed;
  jpeg_create_decompress(&info_);
  created_ = true;
  source_.init_source = no_source_action;
  source_.fill_input_buffer = no_more_input;
  source_.skip_input_data = skip_input;
  source_.resync_to_restart = jpeg_resync_to_restart;
  source_.term_source = no_source_action;
  source_.next_input_byte = reinterpret_cast<const JOCTET*>(bytes_.data());
  source_.bytes_in_buffer = bytes_.size();
  info_.src = &source_;
  info_.mem->max_memory_to_use = static_cast<long>(limits_[Limit::kCodecBytes]);
  budget_.manager.progress_monitor = on_progress;
  info_.progress = &budget_.manager;
  int status = JPEG_HEADER_TABLES_ONLY;
  while (status == JPEG_HEADER_TABLES_ONLY) status = jpeg_read_header(&info_, FALSE);
  return status == JPEG_HEADER_OK ? Step::kDone : Step::kSuspended;
}

JpegReader::Step JpegReader::start() noexcept {
  if (setjmp(errors_.escape) != 0) return Step::kFailed;
  return jpeg_start_decompress(&info_) != FALSE ? Step::kDone : Step::kSuspended;
}

JpegReader::Step JpegReader::read_scanline(std::uint8_t* row) noexcept {
  if (setjmp(errors_.escape) != 0) return Step::kFailed;
  JSAMPROW rows[1] = {row};
  return jpeg_read_scanlines(&info_, rows, 1) == 1 ? Step::kDone : Step::kSuspended;
}

// The pixels are complete; libjpeg reads on to the end marker only to find warnings.
void JpegReader::finish() noexcept {
  if (setjmp(errors_.escape) != 0) return;
  (void)jpeg_finish_decompress(&info_);
}

// The kinds of JPEG that libjpeg knows only by their number (ISO 10918-1, table B.1).
std::string_view name_of_frame(int marker) {
  switch (marker) {
    case 0xc3:
    case 0xcb: return "lossless JPEG";
    case 0xf7: return "JPEG-LS";
    default: return "hierarchical JPEG";
  }
}

Error JpegReader::library_error() const {
  const std::string where = "byte " + std::to_string(bytes_.size() - source_.bytes_in_buffer);
  if (errors_.stop == Stop::kScanBudget) {
    const std::string jpeg = "a progressive JPEG of " + std::to_string(info_.image_width) + "x" +
                             std::to_string(info_.image_height) + " pixels";
    const std::string remedy = "save it again as a baseline JPEG";
    if (budget_.max_scans == limits_[Limit::kScans]) return limits_.over(Limit::kScans, jpeg, where, remedy);
    return limits_.over(Limit::kScanPixels, jpeg + " with " + std::to_string(budget_.max_scans + 1) + " scans", where,
                        remedy);
  }
  const std::string text = std::string("libjpeg: ") + errors_.text;
  switch (errors_.manager.msg_code) {
    case JERR_OUT_OF_MEMORY:
    case JERR_NO_BACKING_STORE:
    case JERR_IMAGE_TOO_BIG: return {ErrorCode::kLimit, text, where, "use a smaller or a baseline JPEG"};
    case JERR_SOF_UNSUPPORTED:
      return {ErrorCode::kUnsupportedImage,
              std::string(name_of_frame(errors_.manager.msg_parm.i[0])) + " is not supported", where,
              "save it again as an 8-bit baseline JPEG"};
    case JERR_BAD_PRECISION:
    case JERR_ARITH_NOTIMPL:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_CCIR601_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
      return {ErrorCode::kUnsupportedImage, text, where, "save it again as an 8-bit baseline JPEG"};
    default: return {ErrorCode::kInvalidImage, text, where, "fetch or save the file again"};
  }
}

std::string JpegReader::describe() const {
  std::string text = "8-bit ";
  switch (info_.jpeg_color_space) {
    case JCS_GRAYSCALE: text += "grey"; break;
    case JCS_RGB: text += "RGB"; break;
    case JCS_YCbCr: text += "YCbCr"; break;
    case JCS_CMYK: text += "CMYK"; break;
    case JCS_YCCK: text += "YCCK"; break;
    default: text += "unknown colours"; break;
  }
  if (info_.num_components >= 3) {
    text += " sampled " + std::to_string(info_.comp_info[0].h_samp_factor) + "x" +
            std::to_string(info_.comp_info[0].v_samp_factor);
  }
  if (info_.progressive_mode) text += ", progressive";
  if (info_.arith_code) text += ", arithmetic coding";
  return text;
}

Status JpegReader::check_header() {
  size_ = {static_cast<std::int64_t>(info_.image_width), static_cast<std::int64_t>(info_.image_height)};
  KITE_TRY(check_picture_size(size_, limits_));
  if (info_.num_components != 1 && info_.num_components != 3 && info_.num_components != 4) {
    return Error{ErrorCode::kUnsupportedImage,
                 "a JPEG with " + std::to_string(info_.num_components) + " colour components is not supported",
                 "header", "save it again as RGB or grey"};
  }
  const std::int64_t by_work = limits_[Limit::kScanPixels] / (size_.width * size_.height);
  budget_.max_scans = static_cast<int>(std::min<std::int64_t>(limits_[Limit::kScans], by_work));
  return {};
}

Status JpegReader::open() {
  const Step header = read_header();
  if (header == Step::kFailed) return library_error();
  if (header == Step::kSuspended) return truncated_picture(PictureFormat::kJpeg, bytes_.size());
  KITE_TRY(check_header());
  facts_.format = PictureFormat::kJpeg;
  facts_.pixel_format = describe();
  facts_.is_opaque = true;
  if (colours_ == JpegColours::kComponents) {
    info_.jpeg_color_space = JCS_UNKNOWN;
    info_.out_color_space = JCS_UNKNOWN;
  } else if (colours_ == JpegColours::kFromYCbCr) {
    info_.jpeg_color_space = JCS_YCbCr;
    info_.out_color_space = JCS_RGB;
  } else if (info_.num_components == 4) {
    info_.out_color_space = JCS_CMYK;
    cmyk_row_.resize(static_cast<std::size_t>(size_.width) * 4);
  } else {
    info_.out_color_space = JCS_RGB;
  }
  const Step started = start();
  if (started == Step::kFailed) return library_error();
  if (started == Step::kSuspended) return truncated_picture(PictureFormat::kJpeg, bytes_.size());
  return {};
}

Status JpegReader::read_row(std::uint8_t* rgb) {
  const bool cmyk = !cmyk_row_.empty();
  const Step step = read_scanline(cmyk ? cmyk_row_.data() : rgb);
  if (step == Step::kFailed) return library_error();
  if (step == Step::kSuspended) return truncated_picture(PictureFormat::kJpeg, bytes_.size());
  if (cmyk) inverted_cmyk_to_rgb(cmyk_row_.data(), rgb, size_.width);
  if (++rows_read_ == size_.height) {
    finish();
    if (errors_.manager.num_warnings > 0) {
      facts_.warnings.push_back("the JPEG data is damaged, so parts of the picture may be wrong (libjpeg: " +
                                std::string(errors_.text) + ")");
    }
  }
  return {};
}

Result<std::unique_ptr<RowReader>> open_jpeg(std::span<const std::byte> bytes, const Limits& limits) {
  auto reader = std::make_unique<JpegReader>(bytes, limits, JpegColours::kOfFile);
  KITE_TRY(reader->open());
  return std::unique_ptr<RowReader>(std::move(reader));
}

// The segments before the picture's data. As in Pillow, bytes that belong to no segment are skipped, the parts of an
// EXIF block that is spread over several segments are joined, and the last XMP text counts.
PictureMetadata find_jpeg_metadata(std::span<const std::byte> file) {
  constexpr std::string_view kExif("Exif\0\0", 6);
  constexpr std::string_view kXmp("http://ns.adobe.com/xap/1.0/\0", 29);
  PictureMetadata found;
  std::size_t at = 2;  // after SOI
  while (at + 4 <= file.size()) {
    const std::uint32_t marker = read8(file, at + 1);
    const bool has_length = marker >= 0xc0 && marker != 0xff && (marker < 0xd0 || marker > 0xd9);
    if (read8(file, at) != 0xff || !has_length) {
      ++at;
      continue;
    }
    // Of a length that is too small, only the length itself is passed over, as in Pillow.
    const std::size_t length = std::max<std::size_t>(read16(file, at + 2, ByteOrder::kBig), 2);
    if (marker == 0xda || at + 2 + length > file.size()) break;
    const auto payload = file.subspan(at + 4, length - 2);
    const std::string_view text = as_text(payload);
    if (marker == 0xe1 && text.starts_with(kExif)) {
      if (found.exif.empty()) {
        found.exif = payload;
      } else {
        if (found.owned_exif.empty()) found.owned_exif.assign(found.exif.begin(), found.exif.end());
        const auto part = payload.subspan(kExif.size());
        found.owned_exif.insert(found.owned_exif.end(), part.begin(), part.end());
        found.exif = found.owned_exif;
      }
    } else if (marker == 0xe1 && text.starts_with(kXmp)) {
      found.xmp = payload.subspan(kXmp.size());
    }
    at += 2 + length;
  }
  return found;
}

bool is_jpeg(std::string_view head) { return head.starts_with("\xff\xd8\xff"); }

}  // namespace

Result<std::unique_ptr<RowReader>> open_jpeg_data(std::span<const std::byte> bytes, const Limits& limits,
                                                  JpegColours colours, int components) {
  auto reader = std::make_unique<JpegReader>(bytes, limits, colours);
  KITE_TRY(reader->open());
  if (reader->components() != components) {
    return damaged_picture(PictureFormat::kJpeg, "it has " + std::to_string(reader->components()) +
                                                     " components instead of " + std::to_string(components));
  }
  return std::unique_ptr<RowReader>(std::move(reader));
}

constinit const PictureCodec kJpegCodec = {
    .recognises = is_jpeg,
    .open = open_jpeg,
    .find_metadata = find_jpeg_metadata,
    .extensions = ".jpg .jpeg .jpe .jfif",
};

}  // namespace kite
