// SPDX-License-Identifier: Apache-2.0
// From a path to a plan: a plan file, a cached plan, or the whole way from ONNX bytes.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "paperkite/error.h"
#include "paperkite/model.h"
#include "passes/pass.h"
#include "plan/plan.h"

namespace kite {

struct LoadedPlan {
  std::shared_ptr<const Plan> plan;
  PlanOrigin origin = PlanOrigin::kBuilt;
  std::vector<std::string> warnings;
};

// The optimised graph of a model and what led to it, for those who want to look: `kite inspect`.
struct OptimisedModel {
  Graph graph;
  std::map<std::string, std::string, std::less<>> metadata;
  std::string producer;
  std::int64_t ir_version = 0;
  int opset = 0;
  std::vector<PassReport> passes;
  std::vector<std::shared_ptr<const MappedFile>> files;  // the model, then its external-data files
};

[[nodiscard]] Result<LoadedPlan> load_plan(const std::string& path, const ModelOptions& options);

// Import, bind, infer, passes: what load_plan() does when there is no plan to be had.
[[nodiscard]] Result<OptimisedModel> optimise_model(const std::string& path, const ModelOptions& options);

// True when the bytes begin as a plan does.
[[nodiscard]] bool is_plan(std::span<const std::byte> bytes) noexcept;

}  // namespace kite
