// SPDX-License-Identifier: Apache-2.0
// What the numbers of an opened model mean, and the metadata that states it in the model itself.
#pragma once

#include <map>
#include <string>

#include "api/scores.h"
#include "carriers/interpretation.h"
#include "paperkite/classifier.h"
#include "paperkite/error.h"
#include "paperkite/model.h"

namespace kite {

// MeaningOptions::library and its folder. kUsage where only one of them is stated.
[[nodiscard]] Status state_library(const MeaningOptions& meaning, InterpretationSources& sources);

// What the model, the files beside it and the caller give the readers of labels and recipes.
[[nodiscard]] Result<InterpretationSources> interpretation_sources(const Model& model,
                                                                   const ClassifierOptions& options);

// The output of the scores and their activation. `labels` is asked only where the number of labels decides.
[[nodiscard]] Result<ScoreChoice> choose_scores(const Model& model, const InterpretationSources& labels,
                                                const MeaningOptions& meaning);

// One probability stands for two classes where two are named: the second one's, and what is left.
[[nodiscard]] Status fit_binary_labels(const Model& model, ScoreChoice& choice, Interpretation& interpretation);

// See Classifier::self_description().
[[nodiscard]] Result<std::map<std::string, std::string>> describe_itself(const Model& model, const ScoreChoice& choice,
                                                                         const Interpretation& interpretation);

// kUnsupportedModel unless the model with this metadata, without files beside it and without flags, binds its open
// dimensions as `model` did.
[[nodiscard]] Status check_shapes_alone(const Model& model, const std::map<std::string, std::string>& metadata);

}  // namespace kite
