// SPDX-License-Identifier: Apache-2.0
// From a model file to an optimised graph: import, bind, infer, passes. What is done when there is no plan to be had.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/mapped_file.h"
#include "graph/graph.h"
#include "graph/import.h"
#include "paperkite/error.h"
#include "passes/pass.h"

namespace kite {

// Notes of a plan under such keys are ours: what was found out when it was made. A file's own metadata may not use
// them.
inline constexpr std::string_view kInternalNote = "paperkite.plan.";

// Such notes: one sentence a line.
inline constexpr std::string_view kTypesNote = "paperkite.plan.types";       // what is computed in float32
inline constexpr std::string_view kLeftOutNote = "paperkite.plan.left-out";  // outputs that the plan lacks

// The optimised graph of a model and what led to it.
struct OptimisedModel {
  Graph graph;
  // metadata_props of the file, and what the graph says about its own numbers under keys that begin with kInternalNote.
  std::map<std::string, std::string, std::less<>> metadata;
  std::string producer;
  std::int64_t ir_version = 0;
  int opset = 0;
  std::vector<PassReport> passes;
  std::vector<std::string> computed_in_float32;  // which other floating-point types the model has, one sentence each
  std::vector<std::string> warnings;             // outputs that were left out
  onnx::FilesByLocation external_files;
};

// Binds the inputs of an imported model to `shapes` (see bind_inputs()) and runs the passes. Errors name the model.
[[nodiscard]] Result<OptimisedModel> optimise(ImportedModel imported, const InputShapes& shapes,
                                              const std::vector<std::string>& disabled_passes);

}  // namespace kite
