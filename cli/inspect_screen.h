// SPDX-License-Identifier: Apache-2.0
// The first screen of `kite inspect`: whether a model runs, what it is made of, and what is missing.
#pragma once

#include <cstdint>
#include <string>

#include "api/survey.h"
#include "command.h"
#include "paperkite/model.h"

namespace kite::cli {

struct InspectOptions {
  CommonOptions common;
  std::string model;
  bool ops = false;
  bool plan = false;
  bool passes = false;
  bool all = false;  // shorten no list
};

// The threads that a run would have.
[[nodiscard]] int threads_of(const InspectOptions& options);

// "1.25 MB".
[[nodiscard]] std::string megabytes(std::uint64_t bytes);

// A model that runs.
void print_model(const InspectOptions& options, const Model& model);
// A model that was refused with `why`.
void print_survey(const InspectOptions& options, const ModelSurvey& survey, const Error& why);

}  // namespace kite::cli
