// SPDX-License-Identifier: Apache-2.0
// What `kite inspect` says of a model as a classifier: labels, recipe and decisions, each with its source.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "inspect_screen.h"

namespace kite::cli {

struct Sources {
  std::vector<std::pair<std::string, std::string>> rows;  // or the reason why the model is not a classifier
  std::vector<std::string> warnings;
  std::vector<std::string> conflicts;  // sources that were not used, and why
  nlohmann::ordered_json recipe;       // null: the model is not a classifier
};

[[nodiscard]] Sources describe_sources(const InspectOptions& options);

}  // namespace kite::cli
