// SPDX-License-Identifier: Apache-2.0
// The ways in which a program may prepare a picture differently from a recipe, one list for each stage.
#pragma once

#include <string>
#include <vector>

#include "image/geometry.h"
#include "image/recipe.h"

namespace kite::cli {

struct Alternative {
  std::string does;  // continues "your program ...": "resizes with antialias off"
  PreprocessRecipe recipe;
};

// All of the functions below give a recipe's likeliest neighbours first: those in which fewer fields differ. The recipe
// itself is not among them.

// Other filters, resamplers and rules for the size that make a picture of `picture` into one of `resized`.
[[nodiscard]] std::vector<Alternative> resize_alternatives(const PreprocessRecipe& recipe, Size picture, Size resized);

// Where only the cropped picture is known: other filters and resamplers with the same rule for the size, then other
// rules for the size, with the usual ratios of a resize to its crop.
[[nodiscard]] std::vector<Alternative> unseen_resize_alternatives(const PreprocessRecipe& recipe, Size picture,
                                                                  Size cropped);

// Other roundings of the offset, no crop, and a crop of `cropped`, of a picture of `resized`.
[[nodiscard]] std::vector<Alternative> crop_alternatives(const PreprocessRecipe& recipe, Size resized, Size cropped);

// Another order of the channels, of the arithmetic, and the numbers of the recipes that have a name.
[[nodiscard]] std::vector<Alternative> number_alternatives(const PreprocessRecipe& recipe);

}  // namespace kite::cli
