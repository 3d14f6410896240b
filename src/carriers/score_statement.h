// SPDX-License-Identifier: Apache-2.0
// What files beside a model and metadata inside it say about its scores: whether one class is right, or each by itself.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "carriers/json_files.h"
#include "paperkite/error.h"

namespace kite {

// What turns the numbers of an output into probabilities.
enum class ScoreActivation : std::uint8_t { kSoftmax, kSigmoid, kExp, kNone };

// "softmax", "sigmoid", "exp", "none"; nullopt for other words.
[[nodiscard]] std::optional<ScoreActivation> parse_activation(std::string_view word) noexcept;
[[nodiscard]] std::string_view activation_name(ScoreActivation activation) noexcept;

// Metadata under which `kite compile` keeps what it was told, for a plan that is carried elsewhere.
inline constexpr const char* kActivationKey = "paperkite.activation";
inline constexpr const char* kScoresFromKey = "paperkite.scores_from";

struct ScoreStatement {
  ScoreActivation activation = ScoreActivation::kSoftmax;  // kSoftmax, kSigmoid, or kNone from metadata of our own
  std::string source;
};

// Of a model whose output are logits. In this order: our own metadata, other metadata (Custom Vision, OpenVINO, Hugging
// Face), config.json and metadata_properties.json beside the model or, where the model lies in a folder "onnx", above.
// nullopt where nothing is said; files that cannot be read say nothing here. kUnsupportedModel for what is no choice
// among classes: a regression, a hierarchy of labels. `classes`: of the output, 0 = not known.
[[nodiscard]] Result<std::optional<ScoreStatement>> stated_scores(const std::string& model_path,
                                                                  const std::map<std::string, std::string>& metadata,
                                                                  JsonFiles& files, std::int64_t classes);

}  // namespace kite
