// SPDX-License-Identifier: Apache-2.0
// A pass rewrites a Graph into one that computes the same values with less work; the pipeline is their ordered list.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"
#include "paperkite/error.h"

namespace kite {

struct Pass {
  std::string_view name;     // as --disable-pass takes it
  std::string_view summary;  // one clause for `kite inspect --passes`
  // Returns how many rewrites it made. The graph is typed before and after: a pass infers what it adds.
  Result<int> (*run)(Graph& graph);
};

struct PassReport {
  std::string_view name;
  int rewrites = 0;
  bool disabled = false;
};

// The ordered list (pipeline.cc).
[[nodiscard]] std::span<const Pass> pass_pipeline() noexcept;

// Concrete shapes of inputs by name.
using InputShapes = std::map<std::string, Shape, std::less<>>;

// Gives every graph input a concrete type. Dimensions missing from `shapes` take the model's own size, and a
// symbolic one takes 1. kInvalidInput naming the input when a given shape contradicts the model.
[[nodiscard]] Status bind_inputs(Graph& graph, const InputShapes& shapes);

// Drops what no output needs, and each output that needs an operator that paperkite does not have or a value that it
// cannot read, as long as another output remains; returns a warning for each. Where none would remain all stay, for
// infer_types() to refuse.
[[nodiscard]] std::vector<std::string> leave_out_unsupported(Graph& graph);

// What float64 becomes: float32 as well, or, for the float64 oracle, nothing else.
enum class Float64 { kComputedInFloat32, kStays };

// Right after bind_inputs(): float16, bfloat16 and float64 become float32, except in the types of inputs and outputs.
// Says what was changed, a sentence for each type; nothing is changed or copied in a model of float32.
[[nodiscard]] Result<std::vector<std::string>> compute_in_float32(Graph& graph,
                                                                  Float64 float64 = Float64::kComputedInFloat32);

// Infers the type of every value in order and evaluates integer shape arithmetic, so that every later shape is
// concrete. kUnsupportedModel lists all unknown operators at once; a shape that depends on data names its node.
[[nodiscard]] Status infer_types(Graph& graph);

// Runs the pipeline without the passes named in `disabled`; kUsage for an unknown name.
[[nodiscard]] Result<std::vector<PassReport>> run_passes(Graph& graph, std::span<const std::string> disabled);

}  // namespace kite
