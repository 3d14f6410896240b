// SPDX-License-Identifier: Apache-2.0
// What files beside a model and metadata inside it state about its scores: whether exactly one class is right, or each
// class may be right independently.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "carriers/json_files.h"
#include "carriers/model_folder.h"
#include "paperkite/error.h"

namespace kite {

// The function that turns the numbers of an output into probabilities.
enum class ScoreActivation : std::uint8_t { kSoftmax, kSigmoid, kExp, kNone };

// "softmax", "sigmoid", "exp", "none"; nullopt for other words.
[[nodiscard]] std::optional<ScoreActivation> parse_activation(std::string_view word) noexcept;
[[nodiscard]] std::string_view activation_name(ScoreActivation activation) noexcept;

struct ScoreStatement {
  ScoreActivation activation = ScoreActivation::kSoftmax;  // or kSigmoid
  std::string source;
};

// What the user wrote about the scores with the model, each statement with its source.
struct OwnScores {
  std::string output;  // that holds the scores; empty: not stated
  std::string output_source;
  std::optional<ScoreStatement> activation;  // kSoftmax, kSigmoid or kNone
};

// Reads <model>.kite.json and, for what that leaves open, paperkite's own metadata. kInvalidModel where a statement is
// not a name of an output or of an activation; a file that is no JSON object is left to the reader of labels.
[[nodiscard]] Result<OwnScores> own_scores(ModelFolder& folder, const std::map<std::string, std::string>& metadata,
                                           JsonFiles& files, std::int64_t classes);

// For a model whose output are logits. `classes`: the number of classes of the output, 0 = not known.
// 1. Sources, in this order: metadata (Custom Vision, OpenVINO, Hugging Face); config.json and metadata_properties.json
//    beside the model.
// 2. nullopt where no source states anything; a file that cannot be read states nothing.
// 3. kUnsupportedModel for a model that does not choose among classes: a regression, a hierarchy of labels.
[[nodiscard]] Result<std::optional<ScoreStatement>> stated_scores(ModelFolder& folder,
                                                                  const std::map<std::string, std::string>& metadata,
                                                                  JsonFiles& files, std::int64_t classes);

}  // namespace kite
