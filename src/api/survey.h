// SPDX-License-Identifier: Apache-2.0
// What an ONNX file holds, whether it runs or not, and all that keeps it from running: `kite inspect`.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "paperkite/error.h"
#include "paperkite/model.h"
#include "passes/refusals.h"

namespace kite {

// What the file states of a value: nothing of it need make sense.
struct StatedPort {
  std::string name;
  std::string type{};               // "float32", "STRING", "no tensor"
  std::vector<std::string> dims{};  // "3", "batch", "?"
  bool has_shape = true;
};

struct ModelFacts {
  std::int64_t ir_version = 0;
  std::vector<std::pair<std::string, std::int64_t>> opsets{};  // by domain; "" is ai.onnx
  std::string producer{};                                      // "pytorch 2.5.1"; empty where the file does not say
  std::vector<StatedPort> inputs{};                            // without initializers
  std::vector<StatedPort> outputs{};
  std::int64_t nodes = 0;
  std::int64_t parameters = 0;  // elements of the initializers
};

// The facts of the ONNX file `path`. kInvalidModel when it is no such file, also when it is a plan.
[[nodiscard]] Result<ModelFacts> read_facts(const std::string& path);

struct ModelSurvey {
  std::string path{};  // of the file that was found
  ModelFacts facts{};
  // Never empty. Versions and inputs first, then as find_refusals() says; a shape that is not decided ends the list.
  Refusals problems{};
};

// Looks at a model that Model::open() has refused with `why`, for everything that is missing. Fails where the file is
// no ONNX model, and where `why` is not about the model: an unknown option.
[[nodiscard]] Result<ModelSurvey> survey_model(const std::string& named, const ModelOptions& options, const Error& why);

}  // namespace kite
