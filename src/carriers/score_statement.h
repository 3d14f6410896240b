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
#include "paperkite/error.h"

namespace kite {

// The function that turns the numbers of an output into probabilities.
enum class ScoreActivation : std::uint8_t { kSoftmax, kSigmoid, kExp, kNone };

// "softmax", "sigmoid", "exp", "none"; nullopt for other words.
[[nodiscard]] std::optional<ScoreActivation> parse_activation(std::string_view word) noexcept;
[[nodiscard]] std::string_view activation_name(ScoreActivation activation) noexcept;

// The metadata keys under which `kite compile` stores the options of the user, for a plan that is
// moved to another place.
inline constexpr const char* kActivationKey = "paperkite.activation";
inline constexpr const char* kScoresFromKey = "paperkite.scores_from";

struct ScoreStatement {
  ScoreActivation activation = ScoreActivation::kSoftmax;  // kSoftmax, kSigmoid, or kNone from metadata of our own
  std::string source;
};

// For a model whose output are logits. `classes`: the number of classes of the output, 0 = not known.
// 1. Sources, in this order: paperkite's own metadata; other metadata (Custom Vision, OpenVINO, Hugging Face);
//    config.json and metadata_properties.json beside the model or, where the model lies in a folder "onnx", above it.
// 2. nullopt where no source states anything; a file that cannot be read states nothing.
// 3. kUnsupportedModel for a model that does not choose among classes: a regression, a hierarchy of labels.
[[nodiscard]] Result<std::optional<ScoreStatement>> stated_scores(const std::string& model_path,
                                                                  const std::map<std::string, std::string>& metadata,
                                                                  JsonFiles& files, std::int64_t classes);

}  // namespace kite
