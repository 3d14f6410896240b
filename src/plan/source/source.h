// SPDX-License-Identifier: Apache-2.0
// The order in which a plan is looked for, and how a plan is made when none is found.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"
#include "graph/import.h"
#include "kernels/target.h"
#include "paperkite/error.h"
#include "paperkite/trace.h"
#include "passes/pass.h"
#include "plan/format/plan.h"

namespace kite {

// An input as the model states it.
struct StatedInput {
  std::string name;
  DType dtype = DType::kFloat32;
  std::vector<InputDim> dims;
};

// What the shapes of a model with open dimensions are chosen from.
struct StatedModel {
  std::vector<StatedInput> inputs;
  std::map<std::string, std::string, std::less<>> metadata;
};

struct PlanRequest {
  const Target* target = &targets::generic;
  InputShapes shapes;  // that the caller asks for; other inputs have the model's shapes
  // Chooses shapes for a model with other open dimensions than the batch, when the caller asks for no shapes. It is
  // given the same facts whether the model was read or a plan of it was found. Empty: every open dimension is 1.
  std::function<Result<InputShapes>(const StatedModel&)> choose_shapes;
  bool always_chooses = false;  // choose also where no dimension, or only the batch, is open
  int threads = 1;              // for reading and packing weights
  bool use_cache = true;
  std::string cache_dir;                        // empty: see PlanCache
  std::vector<std::string> data_dirs;           // besides the model's folder, for external data
  FileAccess access = FileAccess::kMapped;      // to the model and its external data; plans of the cache are mapped
  std::map<std::string, std::string> metadata;  // kept in the plan over the model's own; such a plan is never cached
  std::vector<std::string> disabled_passes;     // a plan with some is never cached
  std::uint64_t memory_limit_bytes = std::uint64_t{16} << 30;
  Limits limits = {};  // of what the model's files may cost; a plan that is made under other limits has another key
  std::shared_ptr<const Plan> lender;  // a plan of the same model, whose weights this one may use
  Trace* trace = nullptr;
};

struct LoadedPlan {
  enum class Origin : std::uint8_t { kBuilt, kCached, kPlanFile };
  std::shared_ptr<const Plan> plan;
  Origin origin = Origin::kBuilt;
  std::vector<std::string> warnings;
};

// The model whose plan is wanted: a file, or the bytes of one.
struct ModelFile {
  std::string path;                        // empty: a model from memory
  std::span<const std::byte> bytes = {};   // of a model from memory, at any address; borrowed until load_plan() returns
  std::string title = {};                  // of a model from memory, for messages
  std::shared_ptr<const void> owner = {};  // of the bytes of a plan, which begin on a page and are kept with it then

  [[nodiscard]] std::string name() const {
    return !path.empty() ? path : title.empty() ? "the model in memory" : title;
  }
};

// A plan file, a cached plan, or the whole way from ONNX bytes. For a model from memory the cache is neither read nor
// written. A plan without an owner is copied into its own pages. Of ONNX bytes, no more is copied than when a file is
// read.
[[nodiscard]] Result<LoadedPlan> load_plan(const ModelFile& model, const PlanRequest& request);

// The facts about a model that a plan and an imported graph both state.
[[nodiscard]] StatedModel stated_model(const Plan& plan);
[[nodiscard]] StatedModel stated_model(const ImportedModel& imported);

// True when an input has an open dimension other than its first one, the batch.
[[nodiscard]] bool is_open(std::span<const StatedInput> inputs) noexcept;

// True when the bytes begin as a plan does.
[[nodiscard]] bool is_plan(std::span<const std::byte> bytes) noexcept;

// "dir/" of "dir/model.onnx"; "./" of "model.onnx".
[[nodiscard]] std::string folder_of(const std::string& path);

}  // namespace kite
