// SPDX-License-Identifier: Apache-2.0
// Which arithmetic made an input tensor of a known 8-bit picture.
#pragma once

#include <array>
#include <limits>
#include <optional>

#include "cli/verify/alternatives.h"
#include "image/image.h"
#include "image/recipe.h"
#include "paperkite/tensor.h"

namespace kite::cli {

// For each channel of the tensor the number that each byte became; NaN for bytes that do not occur.
using NumberTables = std::array<std::array<double, 256>, 3>;

// nullopt where equal bytes became different numbers: then the tensor was not made of this picture, or not byte by
// byte. `tensor` has the shape of recipe.form for the picture's size. Grey is read as three equal channels, and alpha
// is left out.
[[nodiscard]] std::optional<NumberTables> tables_of(const Image& picture, const Tensor& tensor,
                                                    const PreprocessRecipe& recipe);

enum class NumberMatch { kExact, kLastBits, kDifferent };
// Whether a recipe's own tables are these: to the bit, or within 4 units in the last place of the largest number, as
// much as three operations in another order change.
[[nodiscard]] NumberMatch match_numbers(const NumberTables& seen, const PreprocessRecipe& recipe);

// The recipe with the mean and std by which every byte becomes its number, in as few digits as reproduce them; nullopt
// where they do not lie on a line.
[[nodiscard]] std::optional<PreprocessRecipe> fit_mean_and_std(const NumberTables& seen,
                                                               const PreprocessRecipe& recipe);

}  // namespace kite::cli
