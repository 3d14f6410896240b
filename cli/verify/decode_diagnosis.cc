// SPDX-License-Identifier: Apache-2.0
// Orientation, order of the channels, grey, another decoder, another size.
#include "cli/verify/decode_diagnosis.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <string_view>
#include <utility>

#include "cli/verify/picture_distance.h"
#include "image/cropping.h"
#include "paperkite/try.h"

namespace kite::cli {

namespace {

using Fault = std::optional<ReadingFault>;

// JPEG decoders that follow the standard differ by the rounding of their transforms and by how they enlarge the colour
// planes: libjpeg-turbo with and without smooth chroma, mozjpeg, stb and Windows' own stayed below this mean.
constexpr double kOtherDecoder = 2.5;

// Programs make grey in these ways before a model's input has one channel.
struct GreyRule {
  std::string_view name;
  std::uint8_t (*grey)(int red, int green, int blue);
};
constexpr GreyRule kGreyRules[] = {
    {"OpenCV's formula for grey",
     [](int r, int g, int b) { return static_cast<std::uint8_t>((r * 4899 + g * 9617 + b * 1868 + 8192) >> 14); }},
    {"torchvision's formula for grey tensors",
     [](int r, int g, int b) {
       return static_cast<std::uint8_t>(0.2989F * static_cast<float>(r) + 0.587F * static_cast<float>(g) +
                                        0.114F * static_cast<float>(b));
     }},
    {"the mean of red, green and blue as grey",
     [](int r, int g, int b) { return static_cast<std::uint8_t>((r + g + b) / 3); }},
    {"Pillow's formula for grey",
     [](int r, int g, int b) {
       return static_cast<std::uint8_t>((19595U * static_cast<unsigned>(r) + 38470U * static_cast<unsigned>(g) +
                                         7471U * static_cast<unsigned>(b) + 0x8000U) >>
                                        16);
     }},
};

bool is_grey_by(const GreyRule& rule, const Image& colour, const Image& grey) {
  if (colour.size() != grey.size()) return false;
  const auto from = colour.pixels();
  const auto to = grey.pixels();
  for (std::size_t i = 0; i < from.size(); i += 3) {
    if (rule.grey(from[i], from[i + 1], from[i + 2]) != to[i] || to[i] != to[i + 1] || to[i] != to[i + 2]) return false;
  }
  return true;
}

Result<Fault> turned(const PreprocessRecipe& recipe, const Image& ours, const Image& theirs) {
  const int own = ours.facts().exif_orientation;
  for (int orientation = 2; orientation <= 8; ++orientation) {
    KITE_TRY_ASSIGN(const Image made, upright(ours, orientation));
    if (!is_equal(made, theirs)) continue;
    ReadingFault fault{"turns or mirrors the picture while it reads it, which its EXIF orientation does not ask for",
                       "leave that step out there", recipe};
    if (orientation == own) {
      fault.does = "applies the EXIF orientation while it reads the file";
      fault.remedy = recipe.exif == ExifPolicy::kApply ? "nothing: the recipe applies it, too" : "";
      fault.recipe.exif = ExifPolicy::kApply;
    }
    return Fault(std::move(fault));
  }
  return Fault();
}

Fault near_or_foreign(const PreprocessRecipe& recipe, const Image& ours, const Image& theirs) {
  if (ours.size() != theirs.size()) {
    return ReadingFault{
        fmt::format("reads the file as {}x{}, and it holds {}x{}", theirs.width(), theirs.height(), ours.width(),
                    ours.height()),
        "look for a reader that makes pictures smaller while it decodes (Image.draft, IMREAD_REDUCED) or turns them",
        recipe};
  }
  const PictureDistance distance = distance_of(ours, theirs);
  const PictureDistance swapped = distance_of(ours, theirs, true);
  const bool is_swapped = swapped.sum < distance.sum;
  const PictureDistance& nearer = is_swapped ? swapped : distance;
  const std::string how = fmt::format("{:.1f} % of the bytes differ, by {:.2f} levels in the mean and at most {}",
                                      nearer.percent(), nearer.mean(), nearer.largest);
  if (ours.facts().format == PictureFormat::kJpeg && nearer.mean() < kOtherDecoder) {
    return ReadingFault{
        fmt::format("has another JPEG decoder{}: {}", is_swapped ? ", and the channels in the order B, G, R" : "", how),
        "read the file with Pillow there to get kite's bytes; no key of a recipe chooses a decoder", recipe};
  }
  return ReadingFault{fmt::format("reads another picture from the file: {}", how),
                      "look for a conversion of colours or of alpha while it reads", recipe};
}

Result<Fault> decode_fault(const PreprocessRecipe& recipe, const Image& ours, const Image& theirs) {
  if (is_equal(ours, theirs)) return Fault();
  if (is_equal(ours, theirs, true)) {
    return Fault(
        ReadingFault{"reads the channels in the order B, G, R, as OpenCV does",
                     "convert there with cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), or put \"channels\": \"bgr\" "
                     "into the recipe if the model was trained so",
                     recipe});
  }
  for (const GreyRule& rule : kGreyRules) {
    if (is_grey_by(rule, ours, theirs)) {
      return Fault(
          ReadingFault{fmt::format("reads the file in grey, by {}", rule.name), "read it in colour there", recipe});
    }
  }
  KITE_TRY_ASSIGN(Fault fault, turned(recipe, ours, theirs));
  if (fault) return fault;
  return near_or_foreign(recipe, ours, theirs);
}

Result<Fault> orientation_fault(const PreprocessRecipe& recipe, const Image& decoded, int orientation,
                                const Image& theirs) {
  const bool is_grey = recipe.form.pixels == PixelMode::kGrey;
  for (const ExifPolicy exif :
       {recipe.exif, recipe.exif == ExifPolicy::kApply ? ExifPolicy::kIgnore : ExifPolicy::kApply}) {
    KITE_TRY_ASSIGN(Image made, upright(decoded, exif == ExifPolicy::kApply ? orientation : 1));
    ReadingFault fault{exif == ExifPolicy::kApply ? "applies the EXIF orientation" : "ignores the EXIF orientation", "",
                       recipe};
    fault.recipe.exif = exif;
    const bool is_own = exif == recipe.exif;
    if (is_equal(made, theirs)) return is_own ? Fault() : Fault(std::move(fault));
    if (!is_grey) continue;
    for (const GreyRule& rule : kGreyRules) {
      if (!is_grey_by(rule, made, theirs)) continue;
      const bool is_pillows = &rule == &kGreyRules[std::size(kGreyRules) - 1];
      if (is_own && is_pillows) return Fault();
      if (!is_pillows) {
        fault.does = fmt::format("uses {}", rule.name);
        fault.remedy = "convert there with Pillow's convert(\"L\"); a recipe has no other formula";
      }
      return Fault(std::move(fault));
    }
  }
  if (is_equal(decoded, theirs, true)) {
    return Fault(
        ReadingFault{"exchanges red and blue after it has read the file", "leave that step out there", recipe});
  }
  return Fault(ReadingFault{"changes the picture between the stages decode and orientation in a way that is not known",
                            "record only steps that turn the picture as the stage orientation", recipe});
}

}  // namespace

Result<Fault> diagnose_reading(const PreprocessRecipe& recipe, const ReadingSides& sides) {
  const bool has_decoded = is_recorded(sides.their_decoded);
  if (has_decoded) {
    KITE_TRY_ASSIGN(Fault fault, decode_fault(recipe, sides.decoded, sides.their_decoded));
    if (fault) return fault;
  }
  if (!is_recorded(sides.their_oriented)) return Fault();
  return orientation_fault(recipe, has_decoded ? sides.their_decoded : sides.decoded,
                           sides.decoded.facts().exif_orientation, sides.their_oriented);
}

}  // namespace kite::cli
