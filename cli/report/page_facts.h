// SPDX-License-Identifier: Apache-2.0
// What the page of `kite classify` says of the model, whatever the pictures are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "paperkite/classifier.h"

namespace kite::cli {

using NamedValues = std::vector<std::pair<std::string, std::string>>;

struct PageFacts {
  std::string model;  // as the user named it
  ScoreKind kind = ScoreKind::kProbabilities;
  std::int64_t classes = 0;
  std::optional<double> threshold;
  double load_ms = 0.0;
  bool is_from_cache = false;
  std::size_t workers = 1;          // that classify side by side
  std::vector<Decision> decisions;  // labels and preprocessing first
  std::string recipe_json;
  std::vector<std::string> warnings;
  std::vector<std::string> conflicts;
  NamedValues model_values;
};

[[nodiscard]] PageFacts facts_of(const Classifier& classifier, const std::string& model);

}  // namespace kite::cli
