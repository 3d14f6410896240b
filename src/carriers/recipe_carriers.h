// SPDX-License-Identifier: Apache-2.0
// Recipes from the forms in which people already have them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "carriers/json_document.h"
#include "image/recipe.h"

namespace kite {

// paperkite's own object, as in "preprocess" of <model>.kite.json, in the metadata key paperkite.preprocess and on the
// command line. Keys: resize (short side, [height, width], or null), crop (side, [height, width] or null),
// interpolation, mean, std, crop_offset ("half_even", "floor", "floor_both", "start"), channels ("rgb", "bgr"), rescale,
// offset (added after rescaling), second_std (divides once more), arithmetic ("torchvision", "huggingface", "product",
// "fused"), exif ("ignore", "apply"), first_crop ([height, width], before the resize) of what first_crop_of says
// ("short_side": fractions of it, "shape"), resize_to ("squash", "cover", "fit", "fit_scaled", "fit_by_ratio"),
// resize_multiple, border (colour beyond the picture), resampler ("pillow", "torch", "opencv").
// torchvision's resize_size, crop_size and antialias are taken as well; "antialias": false is refused.
// An unknown key is an error: it would be a silent change of meaning.
[[nodiscard]] Result<RecipeFields> recipe_from_object(const Json& object);
// The same from text.
[[nodiscard]] Result<RecipeFields> parse_recipe(std::string_view json);

// What parse_recipe() reads back as the same recipe (the layout belongs to the model's input, not to the recipe).
// resize, crop, interpolation, mean and std always; the other keys where they are not the default.
[[nodiscard]] std::string recipe_json(const PreprocessRecipe& recipe);

// timm's config.json: "pretrained_cfg" (or its fields at the top, as old files have them). The sizes are those of
// training, as timm's resolve_data_config() has them by default; that a file has test_input_size or test_crop_pct, too,
// is noted.
[[nodiscard]] bool is_timm_config(const Json& config);
[[nodiscard]] Result<RecipeFields> recipe_from_timm(const Json& config);

// What stands beside Hugging Face's preprocessor_config.json, or in front of it, and decides how it is read.
struct HuggingFaceContext {
  std::string processor;             // --processor: "pil" or "torchvision"; empty: what the file names
  std::string model_type;            // of config.json: names the processor where the file does not
  std::string transformers_version;  // of config.json: from 5 on, torchvision is the default
};
[[nodiscard]] HuggingFaceContext huggingface_context(const Json& config, std::string processor);

// Hugging Face's preprocessor_config.json. The class that it names decides what is left open, what a bare number in
// "size" means, and which keys count.
[[nodiscard]] Result<RecipeFields> recipe_from_huggingface(const Json& preprocessor,
                                                           const HuggingFaceContext& context = {});

// The metadata an ultralytics classifier export (version 8 and later) writes; nothing when it is not one.
[[nodiscard]] Result<std::optional<RecipeFields>> recipe_from_ultralytics(
    const std::map<std::string, std::string>& metadata);

}  // namespace kite
