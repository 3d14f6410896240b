// SPDX-License-Identifier: Apache-2.0
// The recipes that have a name, one for each usual range of numbers in training.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "carriers/json_document.h"
#include "image/recipe.h"
#include "paperkite/error.h"

namespace kite {

// For error messages: the values that --recipe accepts.
inline constexpr std::string_view kRecipeNames = "imagenet, 0-1, -1-1, 0-255, keras-caffe, keras-tf, keras-torch";

// nullopt for another name. All recipes state the range; imagenet also states resize, crop and filter for a model whose
// input pictures have `size` (0x0: 224x224).
//   imagenet     (x / 255 - mean) / std with ImageNet's statistics
//   0-1          x / 255
//   -1-1         (x / 255 - 0.5) / 0.5
//   0-255        x
//   keras-caffe  the mode "caffe" of keras.applications: BGR, x minus the mean of each channel
//   keras-tf     x / 127.5 - 1
//   keras-torch  the numbers of imagenet
[[nodiscard]] std::optional<RecipeFields> recipe_by_name(std::string_view name, Size size);

// The value of --recipe: a name, a recipe object, or a file with a recipe (in the form of <model>.kite.json, or a
// config.json or preprocessor_config.json).
[[nodiscard]] Result<RecipeFields> recipe_from_argument(const std::string& argument, Size size,
                                                        const std::string& processor = {});

// A name or a recipe object, as a value of <model>.kite.json.
[[nodiscard]] Result<RecipeFields> recipe_from_value(const Json& value, Size size);

// The usual geometry for ImageNet: short side to side / 0.875, bilinear, centre crop.
void state_imagenet_geometry(RecipeFields& fields, Size size);

}  // namespace kite
