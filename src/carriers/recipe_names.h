// SPDX-License-Identifier: Apache-2.0
// The recipes that have a name: the few ranges of numbers in which models were trained.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "carriers/json_document.h"
#include "image/recipe.h"
#include "paperkite/error.h"

namespace kite {

// For error messages: what may stand after --recipe.
inline constexpr std::string_view kRecipeNames = "imagenet, 0-1, -1-1, 0-255, keras-caffe, keras-tf, keras-torch";

// nullopt for another name. All state the numbers; imagenet also states resize, crop and filter for a model that sees
// pictures of `size` (0x0: 224x224).
//   imagenet     (x / 255 - mean) / std with ImageNet's statistics
//   0-1          x / 255
//   -1-1         (x / 255 - 0.5) / 0.5
//   0-255        x
//   keras-caffe  keras.applications' modes: BGR, x less the mean of each channel
//   keras-tf     x / 127.5 - 1
//   keras-torch  the numbers of imagenet
[[nodiscard]] std::optional<RecipeFields> recipe_by_name(std::string_view name, Size size);

// What stands after --recipe: a name, a recipe object, or a file with one: <model>.kite.json's form, or a config.json
// or preprocessor_config.json.
[[nodiscard]] Result<RecipeFields> recipe_from_argument(const std::string& argument, Size size,
                                                         const std::string& processor = {});

// A name or a recipe object, as a value of <model>.kite.json.
[[nodiscard]] Result<RecipeFields> recipe_from_value(const Json& value, Size size);

// ImageNet practice: short side to side / 0.875, bilinear, centre crop.
void state_imagenet_geometry(RecipeFields& fields, Size size);

}  // namespace kite
