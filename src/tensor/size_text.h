// SPDX-License-Identifier: Apache-2.0
// Sizes and shapes in the text of an option.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "paperkite/meaning.h"
#include "paperkite/tensor.h"

namespace kite {

// "224x160" (height x width) or "224"; nullopt for anything else.
[[nodiscard]] std::optional<PictureSize> parse_picture_size(std::string_view text);

// "x=1x3x224x224": the name of an input and its shape; nullopt for anything else, also for a dimension of 0.
[[nodiscard]] std::optional<std::pair<std::string, Shape>> parse_named_shape(std::string_view text);

}  // namespace kite
