// SPDX-License-Identifier: Apache-2.0
// Hands the caller's options to the stages below, and with them the choice of shapes, which needs recipes.
#include "api/load.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "api/shapes.h"
#include "carriers/find_model.h"
#include "graph/import.h"
#include "kernels/targets.h"
#include "paperkite/try.h"

namespace kite {

namespace {

Result<const Target*> chosen_target(const ModelOptions& options) {
  return options.isa.empty() ? default_target() : parse_target(options.isa);
}

FileAccess access_of(const ModelOptions& options) {
  return options.copy_files ? FileAccess::kCopied : FileAccess::kMapped;
}

// Of two statements about the memory the one by name is the more particular.
Result<Limits> limits_of(const ModelOptions& options) {
  KITE_TRY_ASSIGN(Limits limits, kite::limits_of(options.limits));
  if (options.limits.contains(row_of(Limit::kMemory).name)) return limits;
  const auto most = static_cast<std::uint64_t>(row_of(Limit::kMemory).highest);
  limits[Limit::kMemory] = static_cast<std::int64_t>(std::min(options.memory_limit_bytes, most));
  return limits;
}

bool states_shapes(const MeaningOptions& meaning) { return meaning.size.has_value() || meaning.batch > 0; }

}  // namespace

Result<OpenedPlan> open_plan(const ModelFile& model, const ModelOptions& options, std::shared_ptr<const Plan> lender,
                             bool* leaves_open) {
  const std::string& path = model.path;  // beside which the recipe may lie; nothing does beside a model from memory
  OpenedPlan opened;
  PlanRequest request;
  KITE_TRY_ASSIGN(request.target, chosen_target(options));
  request.shapes = options.input_shapes;
  request.choose_shapes = [&](const StatedModel& stated) -> Result<InputShapes> {
    if (leaves_open != nullptr) {
      *leaves_open = true;
      return Error{ErrorCode::kUnsupportedModel, "the model leaves dimensions open", path, {}};
    }
    KITE_TRY_ASSIGN(ChosenShapes chosen, choose_shapes(stated, path, options.meaning));
    opened.decisions = std::move(chosen.decisions);
    return std::move(chosen.shapes);
  };
  request.always_chooses = states_shapes(options.meaning);
  request.threads = options.threads;
  request.use_cache = options.use_cache;
  request.cache_dir = options.cache_dir;
  request.data_dirs = options.meaning.data_dirs;
  request.access = access_of(options);
  request.metadata = options.metadata;
  request.disabled_passes = options.disabled_passes;
  KITE_TRY_ASSIGN(request.limits, limits_of(options));
  request.memory_limit_bytes = static_cast<std::uint64_t>(request.limits[Limit::kMemory]);
  request.lender = std::move(lender);
  request.trace = options.trace;
  KITE_TRY_ASSIGN(opened.loaded, load_plan(model, request));
  if (!options.input_shapes.empty()) {
    KITE_TRY_ASSIGN(opened.decisions, check_given(*opened.loaded.plan, options.input_shapes, path, options.meaning));
  } else if (opened.loaded.origin == LoadedPlan::Origin::kPlanFile && states_shapes(options.meaning)) {
    KITE_TRY(check_shapes(*opened.loaded.plan, path, options.meaning));
  }
  return opened;
}

Result<ImportedModel> import_stated(const ModelFile& model, const ModelOptions& options) {
  KITE_TRY_ASSIGN(const Limits limits, limits_of(options));
  if (!model.path.empty()) return import_file(model.path, options.meaning.data_dirs, access_of(options), limits);
  return import_model(
      ModelSource{model.name(), model.bytes, nullptr, options.meaning.data_dirs, access_of(options), limits});
}

Result<InputShapes> shapes_for(const StatedModel& stated, const std::string& path, const ModelOptions& options) {
  const bool is_chosen = is_open(stated.inputs) || states_shapes(options.meaning);
  if (!options.input_shapes.empty() || !is_chosen) return options.input_shapes;
  KITE_TRY_ASSIGN(ChosenShapes chosen, choose_shapes(stated, path, options.meaning));
  return std::move(chosen.shapes);
}

Result<OptimisedModel> optimise_model(const std::string& named, const ModelOptions& options) {
  KITE_TRY_ASSIGN(const FoundModel found, find_model(named));
  const std::string& path = found.path;
  KITE_TRY_ASSIGN(const Limits limits, limits_of(options));
  KITE_TRY_ASSIGN(ImportedModel imported, import_file(path, options.meaning.data_dirs, FileAccess::kMapped, limits));
  KITE_TRY_ASSIGN(const InputShapes shapes, shapes_for(stated_model(imported), path, options));
  return optimise(std::move(imported), shapes, options.disabled_passes);
}

}  // namespace kite
