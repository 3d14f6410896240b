// SPDX-License-Identifier: Apache-2.0
// The preprocessing of pictures for one model, and the fields of it that one source may state.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "image/decode.h"
#include "image/geometry.h"
#include "image/normalize.h"
#include "image/resize.h"
#include "paperkite/meaning.h"

namespace kite {

using Colour = std::array<std::uint8_t, 3>;  // red, green, blue

struct PreprocessRecipe {
  std::optional<FirstCrop> first_crop;
  ResizeRule resize;
  Size crop;             // centred; 0x0 = none
  Colour fill{0, 0, 0};  // where the crop is larger than the picture
  Filter filter = Filter::kBilinear;
  Resampler resampler = Resampler::kPillow;
  CropRule crop_rule = CropRule::kHalfEven;
  Normalization normalization;
  ChannelOrder channel_order = ChannelOrder::kRgb;
  TensorForm form;
  ExifPolicy exif = ExifPolicy::kIgnore;

  // The size of the tensor's picture, where the recipe alone determines it; 0x0 where it depends on the picture.
  [[nodiscard]] Size output_size() const noexcept;
  [[nodiscard]] std::string to_string() const;  // one line: "resize short side to 256 (bilinear), crop 224x224, ..."
  [[nodiscard]] bool operator==(const PreprocessRecipe&) const = default;
};

// The fields of a recipe that one source states. Fields that it leaves open are asked of the next source.
struct RecipeFields {
  std::optional<FirstCrop> first_crop;
  std::optional<ResizeRule> resize;
  std::optional<Size> crop;
  std::optional<Colour> fill;
  std::optional<Filter> filter;
  std::optional<Resampler> resampler;
  std::optional<CropRule> crop_rule;
  std::optional<std::array<double, 3>> mean;
  std::optional<std::array<double, 3>> std;
  std::optional<std::array<double, 3>> second_std;
  std::optional<double> rescale;
  std::optional<double> offset;
  std::optional<Arithmetic> arithmetic;
  std::optional<ChannelOrder> channel_order;
  std::optional<ExifPolicy> exif;
  bool is_guess = false;            // the source does not state them: they are what such a source usually means
  std::vector<std::string> notes;   // what the user should know about how the source was read
  std::vector<Decision> decisions;  // how the source was read, and which of its fields decided that

  [[nodiscard]] bool empty() const noexcept;
  // Copies the fields that `other` states and this leaves open; false when there were none.
  bool fill_from(const RecipeFields& other);
  // Every field that is left open gets PreprocessRecipe's default.
  [[nodiscard]] PreprocessRecipe complete() const;
};

// "bilinear", "BICUBIC", "InterpolationMode.BILINEAR", "lanczos", "antialias"...; nullopt for an unknown name.
[[nodiscard]] std::optional<Filter> filter_by_name(std::string_view name);

// Sides 1..65536, finite mean, finite positive std, finite rescale.
[[nodiscard]] Status validate(const RecipeFields& fields);

}  // namespace kite
