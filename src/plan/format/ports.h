// SPDX-License-Identifier: Apache-2.0
// Dimensions as a model states them, in the one line of text that a plan keeps for each input and output.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"

namespace kite {

// One piece for each dimension, each ended by a zero byte: "224", or "?" and the symbol.
[[nodiscard]] std::string dims_text(const std::vector<InputDim>& dims);

// nullopt for text that dims_text() does not write.
[[nodiscard]] std::optional<std::vector<InputDim>> parse_dims(std::string_view text);

}  // namespace kite
