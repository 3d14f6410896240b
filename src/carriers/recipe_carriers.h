// SPDX-License-Identifier: Apache-2.0
// Recipes from the files and metadata that other programs already write.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "carriers/json_document.h"
#include "image/recipe.h"

namespace kite {

// The remedy where another program's file leaves the preprocessing open, or says what is not computed here.
inline constexpr const char* kStateIt = "state the preprocessing in <model>.kite.json";

// paperkite's own recipe object, as in "preprocess" of <model>.kite.json, in the metadata key paperkite.preprocess and
// on the command line. Its keys:
//   resize           short side, [height, width], or null
//   resize_to        what [height, width] means: "squash", "cover", "fit", "fit_scaled", "fit_by_ratio"
//   resize_multiple  each side is rounded up to a multiple of it
//   crop             side, [height, width], or null
//   crop_offset      "half_even", "floor", "floor_both", "start"
//   first_crop       [height, width], before the resize
//   first_crop_of    the meaning of first_crop: "short_side" (fractions of it), "shape"
//   border           the colour beyond the picture
//   interpolation    the filter
//   resampler        "pillow", "torch", "opencv"
//   antialias        false: as torch resizes with antialias=False; true otherwise
//   mean, std, rescale
//   offset           added after rescaling
//   second_std       divides once more
//   arithmetic       "torchvision", "huggingface", "product", "fused"
//   channels         "rgb", "bgr"
//   exif             "ignore", "apply"
// torchvision's resize_size and crop_size are accepted, too. An unknown key is an error: to ignore it could change the
// meaning silently.
[[nodiscard]] Result<RecipeFields> recipe_from_object(const Json& object);
// The same from text.
[[nodiscard]] Result<RecipeFields> parse_recipe(std::string_view json);

// The text from which parse_recipe() makes the same recipe (without the layout, which belongs to the model's input). It
// always states resize, crop, interpolation, mean and std; it states the other keys where they differ from the default.
[[nodiscard]] std::string recipe_json(const PreprocessRecipe& recipe);

// timm's config.json: the fields of "pretrained_cfg", or on the top level as in old files. The sizes are
// those of training, which timm's resolve_data_config() uses by default; a note says when a file also
// has test_input_size or test_crop_pct.
[[nodiscard]] bool is_timm_config(const Json& config);
[[nodiscard]] Result<RecipeFields> recipe_from_timm(const Json& config);

// What decides, besides Hugging Face's preprocessor_config.json itself, how that file is read.
struct HuggingFaceContext {
  std::string processor;             // --processor: "pil" or "torchvision"; empty: as the file states
  std::string model_type;            // of config.json: names the processor where the file does not
  std::string transformers_version;  // of config.json: from 5 on, torchvision is the default
};
[[nodiscard]] HuggingFaceContext huggingface_context(const Json& config, std::string processor);

// Hugging Face's preprocessor_config.json. The class that it names decides the defaults, what a single number in "size"
// means, and which keys are used.
[[nodiscard]] Result<RecipeFields> recipe_from_huggingface(const Json& preprocessor,
                                                           const HuggingFaceContext& context = {});

// The metadata that ultralytics (version 8 and later) writes when it exports a classifier; nullopt for other metadata.
[[nodiscard]] Result<std::optional<RecipeFields>> recipe_from_ultralytics(
    const std::map<std::string, std::string>& metadata);

}  // namespace kite
