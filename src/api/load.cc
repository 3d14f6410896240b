// SPDX-License-Identifier: Apache-2.0
// The order in which a plan is looked for, and how it is made when there is none.
#include "api/load.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

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

std::string external_line(const MappedFile& file, const std::string& folder, int threads) {
  const std::span<const std::byte> bytes = file.bytes();
  const PlanKey hash = plan_key({&bytes, 1}, Isa::kGeneric, {}, threads);
  const std::string name = file.path().starts_with(folder) ? file.path().substr(folder.size()) : file.path();
  return std::to_string(hash[0]) + ' ' + std::to_string(hash[1]) + ' ' + name + '\n';
}

// Calls `visit(line, path)` for each external-data file that the plan names; false as soon as that is.
template <typename Visit>
bool for_each_external(const Plan& plan, const std::string& folder, Visit visit) {
  for (const plan_format::Note& note : plan.notes()) {
    if (plan.text(note.key) != kExternalNote) continue;
    std::string_view lines = plan.text(note.value);
    while (!lines.empty()) {
      const std::string_view line = lines.substr(0, lines.find('\n') + 1);
      const std::size_t name = line.find(' ', line.find(' ') + 1);
      if (line.empty() || name == std::string_view::npos) return false;
      if (!visit(line, folder + std::string(line.substr(name + 1, line.size() - name - 2)))) return false;
      lines.remove_prefix(line.size());
    }
  }
  return true;
}

// True when every external-data file holds, beside this model, the bytes that the plan was made from.
bool externals_unchanged(const Plan& plan, const std::string& folder, int threads) {
  return for_each_external(plan, folder, [&](std::string_view line, const std::string& path) {
    auto file = MappedFile::open(path);
    return file.ok() && external_line(*file, folder, threads) == line;
  });
}

PlanKey state_key(const FileState& model, Isa isa, const std::map<std::string, Shape, std::less<>>& input_shapes) {
  const std::span<const std::byte> bytes = std::as_bytes(std::span(&model, 1));
  return plan_key({&bytes, 1}, isa, input_shapes);
}

// A key of the states of the plan's external-data files beside this model; nullopt where one is missing or may still
// change without a trace.
std::optional<PlanKey> externals_key(const Plan& plan, const std::string& folder) {
  std::vector<FileState> states;
  const bool settled = for_each_external(plan, folder, [&](std::string_view, const std::string& path) {
    const auto state = file_state(path);
    if (state) states.push_back(*state);
    return state && is_settled(*state);
  });
  if (!settled) return std::nullopt;
  const std::span<const std::byte> bytes = std::as_bytes(std::span(states));
  return plan_key({&bytes, 1}, Isa::kGeneric, {});
}

// A plan that was made under a larger limit, or elsewhere. make_plan() has the fuller message for a new one.
Status check_limit(const Plan& plan, const std::string& path, std::uint64_t limit_bytes) {
  const plan_format::Header& header = plan.header();
  const std::uint64_t needed = plan.size_bytes() + header.arena_bytes + header.scratch_bytes;
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

namespace {

// The cache as one model uses it. A plan is looked for by the state of the model's files, and where that is new, by
// their contents.
class CachedPlans {
 public:
  CachedPlans(const PlanCache& cache, const std::string& path, Isa isa, const ModelOptions& options)
      : cache_(cache), path_(path), folder_(folder_of(path)), isa_(isa), options_(options) {}

  // Without reading the model.
  [[nodiscard]] std::shared_ptr<const Plan> find_by_state() const {
    const auto state = file_state(path_);
    if (!state) return nullptr;
    const auto receipt = cache_.receipt(state_key(*state, isa_, options_.input_shapes));
    if (!receipt) return nullptr;
    auto plan = cache_.find(receipt->plan, options_.threads);
    if (plan == nullptr || externals_key(*plan, folder_) != receipt->externals) return nullptr;
    return plan;
  }

  // Also decides the key of the plan that is made where none is found.
  [[nodiscard]] std::shared_ptr<const Plan> find_by_contents(const MappedFile& model) {
    const std::span<const std::byte> content = model.bytes();
    state_ = model.state();
    // Before the reading: what is written meanwhile must show.
    settled_ = is_settled(state_);
    key_ = plan_key({&content, 1}, isa_, options_.input_shapes, options_.threads);
    auto plan = cache_.find(key_, options_.threads);
    if (plan == nullptr) return nullptr;
    const auto externals = externals_key(*plan, folder_);
    if (!externals_unchanged(*plan, folder_, options_.threads)) return nullptr;
    keep_receipt(*plan, externals);
    return plan;
  }

  // The plan for the model's own shapes, whose weights a plan for others can use.
  [[nodiscard]] std::shared_ptr<const Plan> find_lender(const MappedFile& model) const {
    if (options_.input_shapes.empty()) return nullptr;
    const std::span<const std::byte> content = model.bytes();
    return cache_.find(plan_key({&content, 1}, isa_, {}, options_.threads), options_.threads);
  }

  [[nodiscard]] const PlanKey& key() const noexcept { return key_; }
  [[nodiscard]] Result<PlanFile> create() const { return cache_.create(key_); }

  // `externals`: externals_key() from before the files were read.
  void keep_receipt(const Plan& plan, const std::optional<PlanKey>& externals) const {
    if (!settled_ || !externals || externals_key(plan, folder_) != externals || file_state(path_) != state_) return;
    cache_.keep_receipt(state_key(state_, isa_, options_.input_shapes), {key_, *externals});
  }

 private:
  const PlanCache& cache_;
  const std::string& path_;
  std::string folder_;
  Isa isa_;
  const ModelOptions& options_;
  PlanKey key_{};
  FileState state_;
  bool settled_ = false;
};

}  // namespace

Result<LoadedPlan> load_plan(const std::string& path, const ModelOptions& options) {
  KITE_TRY_ASSIGN(const Isa isa, chosen_isa(options));
  LoadedPlan loaded;
  // A plan made with passes left out is for finding a fault, and one with metadata of the caller's is the caller's.
  const bool wants_cache = options.use_cache && options.disabled_passes.empty() && options.metadata.empty();
  const PlanCache cache = wants_cache ? PlanCache(options.cache_dir) : PlanCache();
  const bool use_cache = wants_cache && cache.enabled();
  CachedPlans cached(cache, path, isa, options);
  const auto from_cache = [&](std::shared_ptr<const Plan> plan) -> Result<LoadedPlan> {
    KITE_TRY(check_limit(*plan, path, options.memory_limit_bytes));
    loaded.plan = std::move(plan);
    loaded.origin = PlanOrigin::kCached;
    return std::move(loaded);
  };
  Trace* const trace = options.trace;
  if (use_cache) {
    const TraceScope scope(trace, "find the plan");
    if (auto plan = cached.find_by_state()) return from_cache(std::move(plan));
  }

  KITE_TRY_ASSIGN(MappedFile mapped, MappedFile::open(path));
  if (is_plan(mapped.bytes())) {
    KITE_TRY_ASSIGN(loaded.plan, Plan::open(std::move(mapped)));
    KITE_TRY(check_plan_options(*loaded.plan, path, isa, options));
    KITE_TRY(check_limit(*loaded.plan, path, options.memory_limit_bytes));
    loaded.origin = PlanOrigin::kPlanFile;
    return loaded;
  }
  if (wants_cache && !use_cache) loaded.warnings.push_back(cache.reason());
  std::shared_ptr<const Plan> lender;
  if (use_cache) {
    const TraceScope scope(trace, "read the model");
    if (auto plan = cached.find_by_contents(mapped)) return from_cache(std::move(plan));
    lender = cached.find_lender(mapped);
  }

  // From the same mapping as the key: a file that is replaced meanwhile cannot get into the cache under another's key.
  auto optimised = [&] {
    const TraceScope scope(trace, "optimise the graph");
    return optimise(std::make_shared<const MappedFile>(std::move(mapped)), options);
  }();
  if (!optimised.ok()) return std::move(optimised).error();
  const OptimisedModel& model = *optimised;
  PlanOptions plan_options{
      .isa = isa, .memory_limit_bytes = options.memory_limit_bytes, .key = cached.key(), .threads = options.threads};
  plan_options.lender = std::move(lender);
  plan_options.notes = options.metadata;
  plan_options.notes.insert(model.metadata.begin(), model.metadata.end());
  std::string externals;
  for (std::size_t i = 1; i < model.files.size(); ++i) {
    externals += external_line(*model.files[i], folder_of(path), options.threads);
  }
  plan_options.notes.erase(std::string(kExternalNote));  // a model's metadata may say so as well
  if (use_cache && !externals.empty()) plan_options.notes.emplace(kExternalNote, externals);

  // The answer does not depend on the cache: a full disk is worth a warning, not a failure.
  std::optional<PlanFile> file;
  const auto in_cache = [&](std::uint64_t size_bytes) -> Result<PlanBuffer> {
    auto created = cached.create();
    auto buffer = created.ok() ? created->map(size_bytes) : Result<PlanBuffer>(created.error());
    if (buffer.ok()) {
      file.emplace(std::move(created).value());
      return buffer;
    }
    loaded.warnings.push_back(buffer.error().message());
    return PlanBuffer::allocate(size_bytes);
  };
  if (use_cache) plan_options.allocate = in_cache;
  auto plan = [&] {
    const TraceScope scope(trace, "make the plan");
    return make_plan(model.graph, plan_options);
  }();
  if (!plan.ok()) return std::move(plan).error().in(path);
  loaded.plan = std::move(plan).value();
  if (file) {
    const TraceScope scope(trace, "keep the plan");
    const Status added = cache.add(*std::move(file));
    if (!added.ok()) loaded.warnings.push_back(added.error().message());
    // External files were read before their states were known: the next start has the receipt written.
    if (added.ok() && externals.empty()) {
      cached.keep_receipt(*loaded.plan, externals_key(*loaded.plan, folder_of(path)));
    }
  }
  return loaded;
}

}  // namespace kite
