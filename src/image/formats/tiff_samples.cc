// SPDX-License-Identifier: Apache-2.0
// Pillow's table of the kinds of TIFF that it reads, as rules.
#include "image/formats/tiff_samples.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <vector>

#include "image/formats/codec.h"
#include "paperkite/try.h"

namespace kite {
namespace {

// The tags that decide, as Pillow reads them.
struct Kind {
  std::uint64_t photometric = 0;
  std::uint64_t sample_format = 1;
  std::uint64_t fill_order = 1;
  std::vector<std::uint64_t> bits;   // of each sample
  std::vector<std::uint64_t> extra;  // the meaning of the samples behind the colours
};

constexpr std::size_t kMostSamples = 6;
enum Photometric : std::uint64_t {
  kWhiteIsZero = 0,
  kBlackIsZero = 1,
  kRgbPixels = 2,
  kIndexed = 3,
  kSeparated = 5,
  kYCbCr = 6,
  kLab = 8
};

Error unknown_kind(std::string_view what) { return unsupported_everywhere(PictureFormat::kTiff, what); }

std::vector<std::uint64_t> all_values(const TiffValues& values, std::size_t most) {
  std::vector<std::uint64_t> list(std::min(values.count(), most));
  for (std::size_t i = 0; i < list.size(); ++i) list[i] = values.at(i);
  return list;
}

Result<Kind> read_kind(const TiffDirectory& directory) {
  Kind kind;
  kind.photometric = directory.number(TiffTag::kPhotometric).value_or(0);
  kind.fill_order = directory.number(TiffTag::kFillOrder).value_or(1);
  const auto formats = all_values(directory.values(TiffTag::kSampleFormat), 16);
  if (!formats.empty()) kind.sample_format = formats[0];
  if (std::ranges::any_of(formats, [&](std::uint64_t format) { return format != kind.sample_format; })) {
    return unknown_kind("samples of different kinds");
  }
  kind.bits = all_values(directory.values(TiffTag::kBitsPerSample), 16);
  if (kind.bits.empty()) kind.bits = {1};
  kind.extra = all_values(directory.values(TiffTag::kExtraSamples), 16);
  std::uint64_t samples = directory.number(TiffTag::kSamplesPerPixel).value_or(1);
  const bool planar = directory.number(TiffTag::kPlanarConfiguration).value_or(1) == 2;
  if (planar && !kind.extra.empty() && *std::ranges::max_element(kind.extra) == 0) {
    // Planes behind the colours that mean nothing are not read.
    kind.bits.resize(kind.bits.size() - std::min(kind.bits.size(), kind.extra.size()));
    samples -= std::min<std::uint64_t>(samples, kind.extra.size());
    kind.extra.clear();
  }
  if (samples < 1 || samples > kMostSamples) return unknown_kind(std::to_string(samples) + " samples a pixel");
  if (kind.bits.size() == 1) kind.bits.resize(samples, kind.bits[0]);
  if (kind.bits.size() < samples) return damaged_picture(PictureFormat::kTiff, "the bits of some samples are missing");
  kind.bits.resize(samples);
  if (std::ranges::any_of(kind.bits, [&](std::uint64_t bits) { return bits != kind.bits[0]; })) {
    return unknown_kind("samples of different numbers of bits");
  }
  return kind;
}

bool is_one_of(std::uint64_t value, std::initializer_list<std::uint64_t> known) {
  return std::ranges::find(known, value) != known.end();
}

// The extra samples that Pillow knows behind `colours` samples: one with a meaning, then ones without. `meanings` are
// those that the first may have.
bool knows_extra(const Kind& kind, std::size_t colours, std::initializer_list<std::uint64_t> meanings,
                 std::size_t most) {
  if (kind.bits.size() != colours + kind.extra.size() || kind.extra.size() > most) return false;
  if (kind.extra.empty()) return true;
  return is_one_of(kind.extra[0], meanings) &&
         std::all_of(kind.extra.begin() + 1, kind.extra.end(), [](std::uint64_t extra) { return extra == 0; });
}

bool is_known_grey(const Kind& kind, bool big) {
  const std::uint64_t bits = kind.bits[0];
  const bool inverted = kind.photometric == kWhiteIsZero;
  if (kind.bits.size() == 2) {
    return bits == 8 && kind.sample_format == 1 && !inverted && kind.fill_order == 1 && knows_extra(kind, 1, {0, 2}, 1);
  }
  if (kind.bits.size() != 1 || !kind.extra.empty()) return false;
  switch (kind.sample_format) {
    case 1:
      if (is_one_of(bits, {1, 2, 4, 8})) return true;
      if (bits == 16) return big ? !inverted && kind.fill_order == 1 : kind.fill_order == 1 || !inverted;
      return bits == 32 && !big && !inverted && kind.fill_order == 1;
    case 2: return is_one_of(bits, {8, 16, 32}) && !inverted && kind.fill_order == 1;
    case 3: return bits == 32 && kind.fill_order == 1;
    default: return false;
  }
}

bool is_known_palette(const Kind& kind) {
  if (kind.sample_format != 1) return false;
  if (kind.bits.size() == 2) return kind.bits[0] == 8 && kind.fill_order == 1 && knows_extra(kind, 1, {0, 2}, 1);
  return kind.bits.size() == 1 && kind.extra.empty() && is_one_of(kind.bits[0], {1, 2, 4, 8});
}

bool is_known_rgb(const Kind& kind) {
  const std::uint64_t bits = kind.bits[0];
  if (kind.sample_format != 1 || (bits != 8 && bits != 16)) return false;
  const bool is_plain = kind.bits.size() == 3 && kind.extra.empty();
  if (kind.fill_order == 2) return is_plain && bits == 8;
  if (kind.bits.size() == 4 && kind.extra.empty()) return true;  // alpha that is not declared
  if (bits == 8)
    return knows_extra(kind, 3, {0, 1, 2}, 3) ||
           (kind.extra == std::vector<std::uint64_t>{999} && kind.bits.size() == 4);
  return knows_extra(kind, 3, {0, 1, 2}, 1);
}

bool is_known_cmyk(const Kind& kind) {
  if (kind.sample_format != 1 || kind.fill_order != 1) return false;
  return (kind.bits[0] == 8 && knows_extra(kind, 4, {0}, 2)) || (kind.bits[0] == 16 && knows_extra(kind, 4, {}, 0));
}

Status read_palette(const TiffDirectory& directory, TiffSamples& samples) {
  const TiffValues map = directory.values(TiffTag::kColourMap);
  const std::size_t entries = map.count() / 3;
  if (entries == 0 || entries > 256) return damaged_picture(PictureFormat::kTiff, "its palette is missing or too long");
  for (std::size_t i = 0; i < entries; ++i) {
    for (std::size_t c = 0; c < 3; ++c) samples.palette[i][c] = static_cast<std::uint8_t>(map.at(c * entries + i) >> 8);
  }
  return {};
}

std::uint8_t clipped(std::int64_t value) { return static_cast<std::uint8_t>(std::clamp<std::int64_t>(value, 0, 255)); }

std::uint8_t grey_of(const TiffSamples& samples, const std::byte* row, std::int64_t x) {
  const int bits = samples.bits;
  if (bits < 8) {
    const std::int64_t per_byte = 8 / bits;
    const auto shift = static_cast<int>(8 - bits * (1 + x % per_byte));  // the leftmost pixel is in the high bits
    const int largest = (1 << bits) - 1;
    return static_cast<std::uint8_t>((static_cast<int>(row[x / per_byte]) >> shift & largest) * (255 / largest));
  }
  const std::int64_t at = x * samples.per_pixel * bits / 8;
  if (bits == 8) return static_cast<std::uint8_t>(row[at]);
  const std::uint64_t value = read_number({row + at, static_cast<std::size_t>(bits / 8)}, 0, bits / 8, samples.order);
  if (samples.is_float) {
    const auto number = std::bit_cast<float>(static_cast<std::uint32_t>(value));
    return number >= 255 ? std::uint8_t{255} : number > 0 ? static_cast<std::uint8_t>(number) : std::uint8_t{0};
  }
  if (bits == 32) return clipped(static_cast<std::int32_t>(value));
  return clipped(samples.is_signed ? static_cast<std::int16_t>(value) : static_cast<std::int64_t>(value));
}

int index_of(const TiffSamples& samples, const std::byte* row, std::int64_t x) {
  if (samples.bits == 8) return static_cast<int>(row[x * samples.per_pixel]);
  const std::int64_t per_byte = 8 / samples.bits;
  const auto shift = static_cast<int>(8 - samples.bits * (1 + x % per_byte));
  return static_cast<int>(row[x / per_byte]) >> shift & ((1 << samples.bits) - 1);
}

}  // namespace

void TiffSamples::to_rgb(const std::byte* row, std::uint8_t* rgb, std::int64_t width) const noexcept {
  const std::int64_t sample_bytes = bits / 8;
  // Of 16 bits the high byte counts.
  const std::int64_t high = sample_bytes == 2 && order == ByteOrder::kLittle ? 1 : 0;
  for (std::int64_t x = 0; x < width; ++x, rgb += 3) {
    const auto sample = [&](std::int64_t i) {
      return static_cast<int>(row[(x * per_pixel + i) * sample_bytes + high]);
    };
    switch (colours) {
      case TiffColours::kGrey: std::memset(rgb, grey_of(*this, row, x) ^ (is_inverted ? 255 : 0), 3); break;
      case TiffColours::kPalette:
        std::memcpy(rgb, palette[static_cast<std::size_t>(index_of(*this, row, x))].data(), 3);
        break;
      case TiffColours::kRgb: {
        const int alpha = is_premultiplied ? sample(3) : 255;
        for (int c = 0; c < 3; ++c) {
          rgb[c] = alpha == 0 ? std::uint8_t{0} : clipped(alpha == 255 ? sample(c) : sample(c) * 255 / alpha);
        }
        break;
      }
      case TiffColours::kCmyk: {
        const int white = 255 - sample(3);
        for (int c = 0; c < 3; ++c) {
          const int product = sample(c) * white + 128;
          rgb[c] = clipped(white - (((product >> 8) + product) >> 8));
        }
        break;
      }
    }
  }
}

Result<TiffSamples> tiff_samples(const TiffDirectory& directory) {
  KITE_TRY_ASSIGN(const Kind kind, read_kind(directory));
  TiffSamples samples;
  samples.order = directory.order();
  samples.bits = static_cast<int>(std::min<std::uint64_t>(kind.bits[0], 64));
  samples.per_pixel = static_cast<std::int64_t>(kind.bits.size());
  samples.is_signed = kind.sample_format == 2;
  samples.is_float = kind.sample_format == 3;
  const bool big = samples.order == ByteOrder::kBig;
  bool is_known = false;
  samples.name = std::to_string(samples.bits) + "-bit ";
  switch (kind.photometric) {
    case kWhiteIsZero:
    case kBlackIsZero:
      is_known = is_known_grey(kind, big);
      samples.is_inverted = kind.photometric == kWhiteIsZero && samples.bits <= 8;
      samples.saturates = samples.bits > 8;
      samples.name += samples.is_float ? "floating-point grey" : "grey";
      break;
    case kIndexed:
      is_known = is_known_palette(kind);
      samples.colours = TiffColours::kPalette;
      samples.name += "palette";
      break;
    case kRgbPixels:
      is_known = is_known_rgb(kind);
      samples.colours = TiffColours::kRgb;
      samples.is_premultiplied = !kind.extra.empty() && kind.extra[0] == 1;
      samples.has_undeclared_alpha = kind.bits.size() == 4 && kind.extra.empty();
      samples.name += "RGB";
      break;
    case kSeparated:
      is_known = is_known_cmyk(kind);
      samples.colours = TiffColours::kCmyk;
      samples.name += "CMYK";
      break;
    case kYCbCr:
      is_known = kind.sample_format == 1 && kind.fill_order == 1 && kind.extra.empty() && kind.bits.size() == 3 &&
                 kind.bits[0] == 8;
      samples.colours = TiffColours::kRgb;
      samples.is_ycbcr = true;
      samples.name += "YCbCr";
      break;
    case kLab: return unsupported_variant(PictureFormat::kTiff, "CIE Lab colours");
    default: break;
  }
  if (!is_known) {
    return unknown_kind("photometric interpretation " + std::to_string(kind.photometric) + " of " +
                        std::to_string(samples.per_pixel) + " samples of " + std::to_string(samples.bits) + " bits");
  }
  samples.has_alpha = samples.colours == TiffColours::kRgb
                          ? samples.per_pixel == 4 && (kind.extra.empty() || kind.extra[0] != 0)
                          : !kind.extra.empty() && kind.extra[0] == 2;
  if (samples.has_alpha) samples.name += " and alpha";
  if (samples.colours == TiffColours::kPalette) KITE_TRY(read_palette(directory, samples));
  return samples;
}

}  // namespace kite
