// SPDX-License-Identifier: Apache-2.0
// Facts about a model that its runs do not need, as notes of its plan.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"
#include "paperkite/about.h"

namespace kite {

using Notes = std::map<std::string, std::string, std::less<>>;

// An initializer that the model lists as an input, too.
struct DefaultInput {
  std::string_view name;
  TensorType type;
};

void note_about(Notes& notes, const ModelAbout& about);
// Those that are still constants.
void note_defaults(Notes& notes, const Graph& graph);

// `note`: the text of a note, empty where the plan has none.
[[nodiscard]] ModelAbout about_of(const std::function<std::string_view(std::string_view)>& note);
// The names borrow from the text. Of a text that note_defaults() did not write, what can be read of it.
[[nodiscard]] std::vector<DefaultInput> defaults_of(std::string_view text);

inline constexpr std::string_view kDefaultsNote = "paperkite.plan.defaults";

}  // namespace kite
