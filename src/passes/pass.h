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

// Infers the type of every value in order and evaluates integer shape arithmetic, so that every later shape is
// concrete. kUnsupportedModel lists all unknown operators at once; a shape that depends on data names its node.
[[nodiscard]] Status infer_types(Graph& graph);

// Runs the pipeline without the passes named in `disabled`; kUsage for an unknown name.
[[nodiscard]] Result<std::vector<PassReport>> run_passes(Graph& graph, std::span<const std::string> disabled);

}  // namespace kite
