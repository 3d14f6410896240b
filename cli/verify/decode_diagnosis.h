// SPDX-License-Identifier: Apache-2.0
// Why another program read another picture from a file.
#pragma once

#include <optional>
#include <string>

#include "image/image.h"
#include "image/recipe.h"
#include "paperkite/error.h"

namespace kite::cli {

[[nodiscard]] inline bool is_recorded(const Image& image) noexcept { return image.width() > 0; }

// The stages decode and orientation; an Image of 0x0 where theirs does not have one.
struct ReadingSides {
  const Image& decoded;
  const Image& oriented;
  const Image& their_decoded;
  const Image& their_oriented;
};

struct ReadingFault {
  std::string does;         // continues "the other program ..."
  std::string remedy;       // what to do there; may be empty where the recipe can follow
  PreprocessRecipe recipe;  // that follows it; the same recipe where none does
};

// nullopt where both stages follow from the recipe.
[[nodiscard]] Result<std::optional<ReadingFault>> diagnose_reading(const PreprocessRecipe& recipe,
                                                                   const ReadingSides& sides);

}  // namespace kite::cli
