// SPDX-License-Identifier: Apache-2.0
// The screens of `kite inspect` for programs.
#pragma once

#include <optional>

#include "inspect_screen.h"
#include "inspect_sources.h"

namespace kite::cli {

// The share of the multiply-adds that fast kernels compute; nullopt for a model without any.
[[nodiscard]] std::optional<double> fast_share(const Model& model);

// As print_model() and print_survey() are given them; `facts`: nullopt for a plan.
void print_model_json(const InspectOptions& options, const Model& model, const std::optional<ModelFacts>& facts,
                      const Sources& sources);
void print_survey_json(const InspectOptions& options, const ModelSurvey& survey, const Error& why);

}  // namespace kite::cli
