// SPDX-License-Identifier: Apache-2.0
// Decides which output holds the class scores and what makes probabilities of them, from what the graph, the caller,
// the metadata and the files beside the model say.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analysis/scores.h"
#include "carriers/model_folder.h"
#include "carriers/score_statement.h"
#include "paperkite/classifier.h"
#include "paperkite/error.h"
#include "paperkite/meaning.h"

namespace kite {

struct ScoreSources {
  std::string model_path;             // for messages
  std::vector<Port> ports;            // the outputs
  std::vector<OutputScores> outputs;  // what the graph says of each
  std::map<std::string, std::string> metadata;
  const MeaningOptions* meaning = nullptr;
  // Beside the model; the readers of the labels share both.
  std::shared_ptr<JsonFiles> files = std::make_shared<JsonFiles>();
  std::shared_ptr<ModelFolder> folder = std::make_shared<ModelFolder>("");
  std::shared_ptr<ModelFolder> huggingface_folder;  // that the caller names; goes before the files beside the model
  // How many labels there are, 0 without labels. Called only where several outputs could hold the scores.
  std::function<std::size_t()> count_labels;
};

struct ScoreChoice {
  std::size_t output = 0;               // that holds the scores; of ScoreKind::kNone the classes
  std::optional<std::size_t> index_of;  // the output that holds the classes, where the scores are ranked already
  ScoreActivation activation = ScoreActivation::kNone;
  double divisor = 1;  // of the numbers, before anything else
  std::int64_t classes = 0;
  std::int64_t row = 0;  // numbers a picture
  ScoreKind kind = ScoreKind::kProbabilities;
  bool is_activation_stated = false;  // by the caller, by metadata or by a file; false: the graph shows it
  bool is_output_guess = false;       // nothing says that this output is the right one
  std::vector<Decision> decisions;
  std::vector<std::string> warnings;
};

// kUsage where the caller contradicts the model; kUnsupportedModel with the choices where the model is no classifier or
// where more than one reading is usual and nothing says which is right.
[[nodiscard]] Result<ScoreChoice> choose_scores(const ScoreSources& sources);

// One number for each picture, the probability of the second of two classes.
[[nodiscard]] inline bool is_binary(const ScoreChoice& choice) noexcept {
  return choice.classes == 1 && choice.row == 1 && choice.kind != ScoreKind::kNone;
}

}  // namespace kite
