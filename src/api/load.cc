// SPDX-License-Identifier: Apache-2.0
// The order in which a plan is looked for, and how it is made when there is none.
#include "api/load.h"

#include <cstring>
#include <span>
#include <utility>

#include "base/cpu.h"
#include "base/try.h"
#include "graph/import.h"
#include "plan/cache.h"
#include "plan/planner.h"

namespace kite {

namespace {

// A note of ours in a cached plan: one "hash name" line for each external-data file, whose bytes the key of the .onnx
// file alone does not cover.
constexpr std::string_view kExternalNote = "paperkite.plan.external-data";

std::string external_line(const MappedFile& file) {
  const std::span<const std::byte> bytes = file.bytes();
  const PlanKey hash = plan_key({&bytes, 1}, Isa::kGeneric, {});
  return std::to_string(hash[0]) + ' ' + std::to_string(hash[1]) + ' ' + file.path() + '\n';
}

// True when every external-data file that the plan names still holds the bytes that it was made from.
bool externals_unchanged(const Plan& plan) {
  for (const plan_format::Note& note : plan.notes()) {
    if (plan.text(note.key) != kExternalNote) continue;
    std::string_view lines = plan.text(note.value);
    while (!lines.empty()) {
      const std::string_view line = lines.substr(0, lines.find('\n') + 1);
      const std::size_t name = line.find(' ', line.find(' ') + 1);
      if (line.empty() || name == std::string_view::npos) return false;
      auto file = MappedFile::open(std::string(line.substr(name + 1, line.size() - name - 2)));
      if (!file.ok() || external_line(*file) != line) return false;
      lines.remove_prefix(line.size());
    }
  }
  return true;
}

// A plan that was made under a larger limit, or elsewhere. make_plan() has the fuller message for a new one.
Status check_limit(const Plan& plan, const std::string& path, std::uint64_t limit_bytes) {
  const plan_format::Header& header = plan.header();
  const std::uint64_t needed = header.total_bytes + header.arena_bytes + header.scratch_bytes;
  if (needed <= limit_bytes) return {};
  return Error{ErrorCode::kLimit,
               "the model needs " + std::to_string(needed) + " bytes, the limit is " + std::to_string(limit_bytes), path,
               "raise it with --memory-limit or use smaller inputs"};
}

Result<Isa> chosen_isa(const ModelOptions& options) {
  return options.isa.empty() ? default_isa() : parse_isa(options.isa);
}

}  // namespace

bool is_plan(std::span<const std::byte> bytes) noexcept {
  return bytes.size() >= sizeof plan_format::kMagic &&
         std::memcmp(bytes.data(), plan_format::kMagic, sizeof plan_format::kMagic) == 0;
}

Result<OptimisedModel> optimise_model(const std::string& path, const ModelOptions& options) {
  KITE_TRY_ASSIGN(ImportedModel imported, import_file(path));
  OptimisedModel model{std::move(imported.graph), std::move(imported.metadata), std::move(imported.producer),
                       imported.ir_version, imported.opset, {}, std::move(imported.files)};
  const auto prepare = [&]() -> Status {
    KITE_TRY(bind_inputs(model.graph, options.input_shapes));
    KITE_TRY(infer_types(model.graph));
    KITE_TRY_ASSIGN(model.passes, run_passes(model.graph, options.disabled_passes));
    return {};
  };
  if (Status prepared = prepare(); !prepared.ok()) return std::move(prepared).error().in(path);
  return model;
}

Result<LoadedPlan> load_plan(const std::string& path, const ModelOptions& options) {
  KITE_TRY_ASSIGN(const Isa isa, chosen_isa(options));
  KITE_TRY_ASSIGN(MappedFile mapped, MappedFile::open(path));
  LoadedPlan loaded;
  if (is_plan(mapped.bytes())) {
    KITE_TRY_ASSIGN(loaded.plan, Plan::open(std::move(mapped)));
    KITE_TRY(check_limit(*loaded.plan, path, options.memory_limit_bytes));
    loaded.origin = PlanOrigin::kPlanFile;
    return loaded;
  }

  // A plan made with passes left out is for finding a fault, not for keeping.
  const PlanCache cache(options.cache_dir);
  const bool use_cache = options.use_cache && options.disabled_passes.empty();
  if (use_cache && !cache.enabled()) loaded.warnings.push_back(cache.reason());
  PlanOptions plan_options{isa, options.memory_limit_bytes, {}, {}};
  if (use_cache && cache.enabled()) {
    const std::span<const std::byte> content = mapped.bytes();
    plan_options.key = plan_key({&content, 1}, isa, options.input_shapes);
    loaded.plan = cache.find(plan_options.key);
    if (loaded.plan != nullptr && externals_unchanged(*loaded.plan)) {
      KITE_TRY(check_limit(*loaded.plan, path, options.memory_limit_bytes));
      loaded.origin = PlanOrigin::kCached;
      return loaded;
    }
  }

  KITE_TRY_ASSIGN(const OptimisedModel model, optimise_model(path, options));
  plan_options.notes.insert(model.metadata.begin(), model.metadata.end());
  std::string externals;
  for (std::size_t i = 1; i < model.files.size(); ++i) externals += external_line(*model.files[i]);
  if (!externals.empty()) plan_options.notes.emplace(kExternalNote, std::move(externals));
  auto plan = make_plan(model.graph, plan_options);
  if (!plan.ok()) return std::move(plan).error().in(path);
  loaded.plan = std::move(plan).value();
  if (use_cache) {
    // The answer does not depend on the cache: a full disk is worth a warning, not a failure.
    if (Status stored = cache.store(*loaded.plan); !stored.ok()) loaded.warnings.push_back(stored.error().message());
  }
  return loaded;
}

}  // namespace kite
