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
// interpolation, mean, std, crop_offset ("half_even", "floor"), channels ("rgb", "bgr"), rescale, arithmetic
// ("torchvision", "huggingface"), exif ("ignore", "apply"). torchvision's resize_size and crop_size are taken as well.
// An unknown key is an error: it would be a silent change of meaning.
[[nodiscard]] Result<RecipeFields> recipe_from_object(const Json& object);
// The same from text.
[[nodiscard]] Result<RecipeFields> parse_recipe(std::string_view json);

// What parse_recipe() reads back as the same recipe (the layout belongs to the model's input, not to the recipe).
// resize, crop, interpolation, mean and std always; the other keys where they are not the default.
[[nodiscard]] std::string recipe_json(const PreprocessRecipe& recipe);

// timm's config.json: "pretrained_cfg" (or its fields at the top, as old files have them).
[[nodiscard]] bool is_timm_config(const Json& config);
[[nodiscard]] Result<RecipeFields> recipe_from_timm(const Json& config);

// Hugging Face's preprocessor_config.json.
[[nodiscard]] Result<RecipeFields> recipe_from_huggingface(const Json& preprocessor);

// The metadata an ultralytics classifier export (version 8 and later) writes; nothing when it is not one.
[[nodiscard]] Result<std::optional<RecipeFields>> recipe_from_ultralytics(
    const std::map<std::string, std::string>& metadata);

}  // namespace kite
