// SPDX-License-Identifier: Apache-2.0
// The engine's own values of a graph, under the names of the model's file and in the layout that the file means.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "graph/graph.h"
#include "paperkite/error.h"
#include "paperkite/model.h"
#include "paperkite/tensor.h"
#include "plan/lower/planner.h"
#include "runtime/session.h"

namespace kite::cli {

// What a step made of the file's value.
struct EngineValue {
  Tensor tensor;
  std::int64_t step = -1;  // -1: an input
  std::string op;          // of the step: "Conv+Relu" of a region; empty of an input
  std::string kernel;      // "portable" where an operator has no kernel
};

// The plan that `kite classify` would make of the model, with a map from its steps to the values of the file.
//
// A value of the file is seen
// 1. where a step leaves it in an operand, or
// 2. where a node that the passes removed says how it follows from such a value by moving elements only (a Transpose,
//    a Reshape ...): that node is then computed by its portable operator, which gives the layout of the file.
// All other values stay inside a step, or are no longer computed: they are left out.
class EngineValues {
 public:
  // Errors as of Model::open(); kUsage for a plan file, which has no such names.
  [[nodiscard]] static Result<EngineValues> open(const std::string& path, const ModelOptions& options);

  // In the order of the model's inputs.
  struct Input {
    ValueId value = kNoValue;
    std::string name;
    TensorType type;
  };
  [[nodiscard]] const std::vector<Input>& inputs() const noexcept { return inputs_; }
  [[nodiscard]] const std::vector<std::string>& warnings() const noexcept { return warnings_; }
  [[nodiscard]] const Plan& plan() const noexcept { return session_->plan(); }

  // A run on one thread, which gives the bits of a run on any number. By the ids of the file's import.
  [[nodiscard]] Result<std::unordered_map<ValueId, EngineValue>> run(std::span<const TensorView> inputs);

 private:
  EngineValues() = default;
  void find_moves();
  Result<Tensor> moved(NodeId id, const TensorView& source) const;
  std::unique_ptr<Graph> graph_;  // after the passes, and with all nodes that they removed
  std::unique_ptr<PlanSession> session_;
  std::vector<Input> inputs_;
  std::vector<std::string> warnings_;
  std::vector<ValuePlace> places_;
  std::vector<NodeId> moves_;  // nodes that derive further values, each after the one that makes its source
  std::size_t file_values_ = 0;
  std::int64_t limit_bytes_ = 0;
};

}  // namespace kite::cli
