// SPDX-License-Identifier: Apache-2.0
// From a model file to an optimised graph: import, bind, infer, passes. This is done when no plan of
// the model is found.
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

// Notes of a plan with keys that begin with this are paperkite's own: facts that were found when the plan was made. The
// metadata of a model file may not use such keys.
inline constexpr std::string_view kInternalNote = "paperkite.plan.";

// Such notes, with one sentence on each line.
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
