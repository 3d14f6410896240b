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
  // Returns how many rewrites it made. The graph is typed before and after: a pass infers the types of what it adds.
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

// Gives every graph input a concrete type. A dimension that `shapes` does not give gets the model's size, or 1 where it
// is symbolic. kInvalidInput, with the name of the input, when a given shape contradicts the model.
[[nodiscard]] Status bind_inputs(Graph& graph, const InputShapes& shapes);

// Drops each output that needs an operator that paperkite does not have, or a value that it cannot read, and every node
// that no remaining output needs. Returns one warning for each dropped output. Where no output would remain, nothing is
// dropped, and infer_types() refuses the graph.
[[nodiscard]] std::vector<std::string> leave_out_unsupported(Graph& graph);

// Whether float64 becomes float32, too, or stays float64, as the float64 oracle needs it.
enum class Float64 { kComputedInFloat32, kStays };

// Runs right after bind_inputs(): float16, bfloat16 and float64 become float32, except in the types of inputs and
// outputs. Returns a sentence for each type that was changed. In a model of float32 nothing is changed or copied.
[[nodiscard]] Result<std::vector<std::string>> compute_in_float32(Graph& graph,
                                                                  Float64 float64 = Float64::kComputedInFloat32);

// Infers the type of every value in order and evaluates integer shape arithmetic, so that every later shape is
// concrete. kUnsupportedModel lists all unknown operators at once; a shape that depends on data names its node.
[[nodiscard]] Status infer_types(Graph& graph);

// Runs the pipeline without the passes named in `disabled`; kUsage for an unknown name.
[[nodiscard]] Result<std::vector<PassReport>> run_passes(Graph& graph, std::span<const std::string> disabled);

}  // namespace kite
