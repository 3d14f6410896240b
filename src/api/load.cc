// SPDX-License-Identifier: Apache-2.0
// The order in which a plan is looked for, and how it is made when there is none.
#include "api/load.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

#include "base/cpu.h"
#include "graph/import.h"
#include "paperkite/try.h"
#include "plan/cache.h"
#include "plan/planner.h"

namespace kite {

namespace {

// A note of ours in a cached plan: one "hash hash name" line for each external-data file, whose bytes the key of the
// .onnx file alone does not cover. Names count from the model's folder: the same .onnx bytes may lie in two folders
// beside different weights.
constexpr std::string_view kExternalNote = "paperkite.plan.external-data";

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "./" : path.substr(0, slash + 1);
}

std::string external_line(const MappedFile& file, const std::string& folder) {
  const std::span<const std::byte> bytes = file.bytes();
  const PlanKey hash = plan_key({&bytes, 1}, Isa::kGeneric, {});
  const std::string name = file.path().starts_with(folder) ? file.path().substr(folder.size()) : file.path();
  return std::to_string(hash[0]) + ' ' + std::to_string(hash[1]) + ' ' + name + '\n';
}

// True when every external-data file that the plan names holds, beside this model, the bytes that it was made from.
bool externals_unchanged(const Plan& plan, const std::string& folder) {
  for (const plan_format::Note& note : plan.notes()) {
    if (plan.text(note.key) != kExternalNote) continue;
    std::string_view lines = plan.text(note.value);
    while (!lines.empty()) {
      const std::string_view line = lines.substr(0, lines.find('\n') + 1);
      const std::size_t name = line.find(' ', line.find(' ') + 1);
      if (line.empty() || name == std::string_view::npos) return false;
      auto file = MappedFile::open(folder + std::string(line.substr(name + 1, line.size() - name - 2)));
      if (!file.ok() || external_line(*file, folder) != line) return false;
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
               "the model needs " + std::to_string(needed) + " bytes, the limit is " + std::to_string(limit_bytes),
               path, "raise it with --memory-limit or use smaller inputs"};
}

Result<Isa> chosen_isa(const ModelOptions& options) {
  return options.isa.empty() ? default_isa() : parse_isa(options.isa);
}

}  // namespace

bool is_plan(std::span<const std::byte> bytes) noexcept {
  return bytes.size() >= sizeof plan_format::kMagic &&
         std::memcmp(bytes.data(), plan_format::kMagic, sizeof plan_format::kMagic) == 0;
}

namespace {

Result<OptimisedModel> optimise(std::shared_ptr<const MappedFile> file, const ModelOptions& options) {
  const std::string path = file->path();
  KITE_TRY_ASSIGN(ImportedModel imported, import_file(std::move(file)));
  OptimisedModel model{std::move(imported.graph),
                       std::move(imported.metadata),
                       std::move(imported.producer),
                       imported.ir_version,
                       imported.opset,
                       {},
                       std::move(imported.files)};
  const auto prepare = [&]() -> Status {
    KITE_TRY(bind_inputs(model.graph, options.input_shapes));
    KITE_TRY(infer_types(model.graph));
    KITE_TRY_ASSIGN(model.passes, run_passes(model.graph, options.disabled_passes));
    return {};
  };
  if (Status prepared = prepare(); !prepared.ok()) return std::move(prepared).error().in(path);
  return model;
}

// What was decided when the plan was made cannot be asked for otherwise now.
Status check_plan_options(const Plan& plan, const std::string& path, Isa isa, const ModelOptions& options) {
  const std::string remedy = "make a plan with these options from the .onnx file with `kite compile`";
  if (plan.isa() > isa) {
    return Error{ErrorCode::kUsage,
                 "the plan was made for " + std::string(isa_name(plan.isa())) + ", " + std::string(isa_name(isa)) +
                     " is asked for",
                 path, remedy};
  }
  if (!options.disabled_passes.empty()) return Error{ErrorCode::kUsage, "the passes of a plan have run", path, remedy};
  for (const auto& [name, shape] : options.input_shapes) {
    const auto port = std::ranges::find(plan.inputs(), name, &PlanPort::name);
    if (port == plan.inputs().end()) {
      return Error{ErrorCode::kInvalidInput, "the plan has no input \"" + name + '"', path, {}};
    }
    if (port->type.shape == shape) continue;
    return Error{ErrorCode::kInvalidInput,
                 "input \"" + name + "\" of the plan is " + port->type.shape.to_string() + ", " + shape.to_string() +
                     " is asked for",
                 path, remedy};
  }
  return {};
}

}  // namespace

Result<OptimisedModel> optimise_model(const std::string& path, const ModelOptions& options) {
  KITE_TRY_ASSIGN(MappedFile mapped, MappedFile::open(path));
  return optimise(std::make_shared<const MappedFile>(std::move(mapped)), options);
}

Result<LoadedPlan> load_plan(const std::string& path, const ModelOptions& options) {
  KITE_TRY_ASSIGN(const Isa isa, chosen_isa(options));
  KITE_TRY_ASSIGN(MappedFile mapped, MappedFile::open(path));
  LoadedPlan loaded;
  if (is_plan(mapped.bytes())) {
    KITE_TRY_ASSIGN(loaded.plan, Plan::open(std::move(mapped)));
    KITE_TRY(check_plan_options(*loaded.plan, path, isa, options));
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
    if (loaded.plan != nullptr && externals_unchanged(*loaded.plan, folder_of(path))) {
      KITE_TRY(check_limit(*loaded.plan, path, options.memory_limit_bytes));
      loaded.origin = PlanOrigin::kCached;
      return loaded;
    }
  }

  // From the same mapping as the key: a file that is replaced meanwhile cannot get into the cache under another's key.
  KITE_TRY_ASSIGN(const OptimisedModel model, optimise(std::make_shared<const MappedFile>(std::move(mapped)), options));
  plan_options.notes.insert(model.metadata.begin(), model.metadata.end());
  std::string externals;
  for (std::size_t i = 1; i < model.files.size(); ++i) externals += external_line(*model.files[i], folder_of(path));
  plan_options.notes.erase(std::string(kExternalNote));  // a model's metadata may say so as well
  if (use_cache && !externals.empty()) plan_options.notes.emplace(kExternalNote, std::move(externals));
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
