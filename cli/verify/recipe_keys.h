// SPDX-License-Identifier: Apache-2.0
// The keys that turn one recipe into another.
#pragma once

#include <string>

#include "image/recipe.h"

namespace kite::cli {

// What has to be put into `from`, as a JSON object without its braces: `"antialias": false`. Empty where the recipes
// are equal. Keys that `to` leaves at their default and `from` does not are stated.
[[nodiscard]] std::string changed_keys(const PreprocessRecipe& from, const PreprocessRecipe& to);

}  // namespace kite::cli
