// SPDX-License-Identifier: Apache-2.0
// Looks for a plan by the state of the model's file, then by its contents, and else makes one from the model: the
// cheapest way that succeeds is used.
#include "plan/source/source.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "paperkite/try.h"
#include "plan/lower/planner.h"
#include "plan/source/cache.h"
#include "plan/source/externals.h"
#include "plan/source/optimise.h"

namespace kite {

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "./" : path.substr(0, slash + 1);
}

bool is_plan(std::span<const std::byte> bytes) noexcept {
  return bytes.size() >= sizeof plan_format::kMagic &&
         std::memcmp(bytes.data(), plan_format::kMagic, sizeof plan_format::kMagic) == 0;
}

bool is_open(std::span<const StatedInput> inputs) noexcept {
  const auto open = [](const InputDim& dim) { return !dim.size; };
  return std::ranges::any_of(inputs, [&](const StatedInput& input) {
    return input.dims.size() > 1 && std::any_of(input.dims.begin() + 1, input.dims.end(), open);
  });
}

StatedModel stated_model(const Plan& plan) {
  StatedModel model;
  for (const PlanPort& port : plan.inputs()) {
    model.inputs.push_back({std::string(port.name), port.type.dtype, port.dims});
  }
  for (const plan_format::Note& note : plan.notes()) model.metadata.emplace(plan.text(note.key), plan.text(note.value));
  return model;
}

StatedModel stated_model(const ImportedModel& imported) {
  StatedModel model;
  for (const GraphInput& input : imported.graph.inputs) {
    model.inputs.push_back({imported.graph.value(input.value).name, input.dtype, input.dims});
  }
  model.metadata = imported.metadata;
  return model;
}

namespace {

// What else than contents and shapes a plan depends on. Under other limits there may be another plan, or none.
std::string circumstances(const PlanRequest& request) {
  const std::string limits = request.limits.model_text();
  return std::string(request.target->name) + (limits.empty() ? "" : " within " + limits);
}

PlanKey state_key(const FileState& model, const PlanRequest& request, const InputShapes& shapes) {
  const std::span<const std::byte> bytes = std::as_bytes(std::span(&model, 1));
  return plan_key({&bytes, 1}, circumstances(request), shapes);
}

Error over_limit(std::uint64_t needed, const std::string& name, const PlanRequest& request) {
  return Error{ErrorCode::kLimit,
               "the model needs " + std::to_string(needed) + " bytes, the limit is " +
                   std::to_string(request.memory_limit_bytes),
               name, "raise it with --memory-limit or use smaller inputs"};
}

// Refuses a plan over the memory limit: it was made with a larger limit or on another machine. For a new plan
// make_plan() gives a message with more detail.
Status check_limit(const Plan& plan, const std::string& name, const PlanRequest& request) {
  const plan_format::Header& header = plan.header();
  const std::uint64_t needed = plan.size_bytes() + header.arena_bytes + header.scratch_bytes;
  return needed <= request.memory_limit_bytes ? Status() : over_limit(needed, name, request);
}

// Refuses options that contradict what was decided when the plan file was made.
Status check_plan_file(const Plan& plan, const std::string& path, const PlanRequest& request) {
  const std::string remedy = "make a plan with these options from the .onnx file with `kite compile`";
  if (!request.target->includes(plan.target())) {
    return Error{ErrorCode::kUsage,
                 "the plan was made for " + std::string(plan.target().name) + ", " + std::string(request.target->name) +
                     " is asked for",
                 path, remedy};
  }
  if (!request.disabled_passes.empty())
    return Error{ErrorCode::kUsage, "the passes of a plan have already run", path, remedy};
  for (const auto& [name, shape] : request.shapes) {
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

// Whether a plan was made for these shapes; inputs that are not named may have any shape.
bool has_shapes(const Plan& plan, const InputShapes& shapes) {
  return std::ranges::all_of(plan.inputs(), [&](const PlanPort& port) {
    const auto wanted = shapes.find(port.name);
    return wanted == shapes.end() || wanted->second == port.type.shape;
  });
}

// One request while it is answered. The members hold what one step of run() found for the next steps.
class PlanLoader {
 public:
  PlanLoader(const ModelFile& model, const PlanRequest& request)
      : path_(model.path),
        source_{model.name(), model.bytes, nullptr, request.data_dirs, request.access, request.limits},
        owner_(model.owner),
        search_path_{model.path, request.data_dirs, request.access},
        request_(request),
        wants_cache_(!model.path.empty() && request.use_cache && request.disabled_passes.empty() &&
                     request.metadata.empty()),
        cache_(wants_cache_ ? PlanCache(request.cache_dir) : PlanCache()),
        shapes_(request.shapes),
        lender_(request.lender) {}

  Result<LoadedPlan> run();

 private:
  using Found = std::shared_ptr<const Plan>;  // null: not found

  [[nodiscard]] bool chooses() const { return request_.choose_shapes && request_.shapes.empty(); }
  // That a copy of the model's file stays below the memory limit.
  [[nodiscard]] Status check_copy() const;
  // Without reading the model.
  Result<Found> find_by_state();
  [[nodiscard]] Found find_receipt(const InputShapes& shapes) const;
  // Looks by the contents of the mapped file. Also sets the key for a new plan, in case no plan is found.
  Found find_by_contents();
  Status choose(const StatedModel& model);
  void find_lender();
  void keep_receipts(const Plan& plan, const std::optional<PlanKey>& externals) const;
  Result<LoadedPlan> from_cache(Found plan);
  Result<LoadedPlan> from_plan(Result<Found> opened);
  Result<Found> open_in_memory() const;
  Result<LoadedPlan> build(ImportedModel imported);

  const std::string& path_;  // empty: a model from memory
  ModelSource source_;
  std::shared_ptr<const void> owner_;  // of the bytes of a plan in memory
  onnx::DataSearchPath search_path_;
  const PlanRequest& request_;
  bool wants_cache_;
  PlanCache cache_;
  InputShapes shapes_;  // asked for, or chosen
  bool has_chosen_ = false;
  bool is_open_ = false;  // the model has no shapes of its own: its plans are found by those that were chosen
  Found lender_;
  FileState state_;
  bool settled_ = false;
  PlanKey key_{};
  PlanKey own_key_{};  // of the model's own shapes; zero where it was not needed
  LoadedPlan loaded_;
};

Status PlanLoader::choose(const StatedModel& model) {
  if (!chooses() || has_chosen_ || !(request_.always_chooses || is_open(model.inputs))) return {};
  KITE_TRY_ASSIGN(shapes_, request_.choose_shapes(model));
  has_chosen_ = true;
  is_open_ = is_open(model.inputs);
  return {};
}

PlanLoader::Found PlanLoader::find_receipt(const InputShapes& shapes) const {
  const auto state = file_state(path_);
  if (!state) return nullptr;
  const auto receipt = cache_.receipt(state_key(*state, request_, shapes));
  if (!receipt) return nullptr;
  auto plan = cache_.find(receipt->plan, request_.threads);
  if (plan == nullptr || externals_key(*plan, search_path_) != receipt->externals) return nullptr;
  return plan;
}

Result<PlanLoader::Found> PlanLoader::find_by_state() {
  Found plan = find_receipt(request_.shapes);
  if (plan == nullptr || !chooses()) return plan;
  // The receipt of a model with open dimensions names the plan that was used last. That plan shows what the model
  // states. Where other shapes are chosen this time, they have their own receipt.
  KITE_TRY(choose(stated_model(*plan)));
  if (!has_chosen_ || has_shapes(*plan, shapes_)) return plan;
  if (lender_ == nullptr && !plan->is_borrower()) lender_ = plan;
  return find_receipt(shapes_);
}

PlanLoader::Found PlanLoader::find_by_contents() {
  const std::span<const std::byte> content = source_.bytes;
  key_ = plan_key({&content, 1}, circumstances(request_), shapes_, request_.threads);
  Found plan = cache_.find(key_, request_.threads);
  if (plan == nullptr) return nullptr;
  const auto externals = externals_key(*plan, search_path_);
  if (!externals_unchanged(*plan, search_path_, request_.threads)) return nullptr;
  keep_receipts(*plan, externals);
  return plan;
}

// The plan for the model's own shapes, which can be the lender of plans for other shapes. Where the model has no shapes
// of its own, a receipt names the first plan that was made.
void PlanLoader::find_lender() {
  if (lender_ != nullptr || shapes_.empty()) return;
  const std::span<const std::byte> content = source_.bytes;
  own_key_ = plan_key({&content, 1}, circumstances(request_), {}, request_.threads);
  lender_ = cache_.find(own_key_, request_.threads);
  if (lender_ != nullptr) return;
  if (const auto receipt = cache_.receipt(own_key_)) lender_ = cache_.find(receipt->plan, request_.threads);
}

// `externals`: externals_key() from before the files were read.
void PlanLoader::keep_receipts(const Plan& plan, const std::optional<PlanKey>& externals) const {
  if (!settled_ || !externals || externals_key(plan, search_path_) != externals || file_state(path_) != state_) return;
  cache_.keep_receipt(state_key(state_, request_, shapes_), {key_, *externals});
  if (is_open_) cache_.keep_receipt(state_key(state_, request_, {}), {key_, *externals});
}

Result<LoadedPlan> PlanLoader::from_cache(Found plan) {
  KITE_TRY(check_limit(*plan, path_, request_));
  loaded_.plan = std::move(plan);
  loaded_.origin = LoadedPlan::Origin::kCached;
  return std::move(loaded_);
}

// Without an owner that keeps them, the bytes belong to the caller, and the plan, which is used for as long as its
// model exists, is copied.
Result<PlanLoader::Found> PlanLoader::open_in_memory() const {
  const std::span<const std::byte> bytes = source_.bytes;
  if (bytes.size() > request_.memory_limit_bytes) return over_limit(bytes.size(), source_.name, request_);
  const auto open_copy = [&]() -> Result<Found> {
    KITE_TRY_ASSIGN(PlanBuffer copy, PlanBuffer::allocate(bytes.size()));
    std::memcpy(copy.bytes().data(), bytes.data(), bytes.size());
    return Plan::open(std::move(copy));
  };
  Result<Found> opened = owner_ != nullptr ? Plan::open(bytes, owner_) : open_copy();
  if (!opened.ok()) return std::move(opened).error().in(source_.name);
  return opened;
}

Result<LoadedPlan> PlanLoader::from_plan(Result<Found> opened) {
  KITE_TRY_ASSIGN(loaded_.plan, std::move(opened));
  KITE_TRY(check_plan_file(*loaded_.plan, source_.name, request_));
  KITE_TRY(check_limit(*loaded_.plan, source_.name, request_));
  loaded_.origin = LoadedPlan::Origin::kPlanFile;
  return std::move(loaded_);
}

Result<LoadedPlan> PlanLoader::build(ImportedModel imported) {
  Trace* const trace = request_.trace;
  auto optimised = [&] {
    const TraceScope scope(trace, "optimise the graph");
    return optimise(std::move(imported), shapes_, request_.disabled_passes);
  }();
  if (!optimised.ok()) return std::move(optimised).error();
  const OptimisedModel& model = *optimised;
  PlanOptions options{.target = request_.target,
                      .memory_limit_bytes = request_.memory_limit_bytes,
                      .key = key_,
                      .threads = request_.threads};
  options.lender = lender_;
  options.notes = request_.metadata;
  options.notes.insert(model.metadata.begin(), model.metadata.end());
  const std::string externals = externals_note(model.external_files, request_.threads);
  if (cache_.enabled() && !externals.empty()) options.notes.emplace(kExternalNote, externals);

  // The answer does not depend on the cache, so a full disk is only a warning, not a failure.
  std::optional<PlanFile> file;
  const auto in_cache = [&](std::uint64_t size_bytes) -> Result<PlanBuffer> {
    auto created = cache_.create(key_);
    auto buffer = created.ok() ? created->map(size_bytes) : Result<PlanBuffer>(created.error());
    if (buffer.ok()) {
      file.emplace(std::move(created).value());
      return buffer;
    }
    loaded_.warnings.push_back(buffer.error().message());
    return PlanBuffer::allocate(size_bytes);
  };
  if (cache_.enabled()) options.allocate = in_cache;
  auto plan = [&] {
    const TraceScope scope(trace, "make the plan");
    return make_plan(model.graph, options);
  }();
  if (!plan.ok()) return std::move(plan).error().in(source_.name);
  loaded_.plan = std::move(plan).value();
  // What was read from a mapping while somebody wrote into the file may be of two models. (A copy was checked before.)
  if (request_.access == FileAccess::kMapped) {
    if (source_.file != nullptr) KITE_TRY(source_.file->check_unchanged());
    for (const auto& [location, external] : model.external_files) KITE_TRY(external->check_unchanged());
  }
  if (file) {
    const TraceScope scope(trace, "keep the plan");
    const Status added = cache_.add(*std::move(file));
    if (!added.ok()) loaded_.warnings.push_back(added.error().message());
    // External files were read before their states were known, so the receipt is written at the next start.
    if (added.ok() && own_key_ != PlanKey{} && !loaded_.plan->is_borrower()) {
      cache_.keep_receipt(own_key_, {key_, {}});
    }
    if (added.ok() && externals.empty()) keep_receipts(*loaded_.plan, externals_key(*loaded_.plan, search_path_));
  }
  return std::move(loaded_);
}

Status PlanLoader::check_copy() const {
  const auto state = file_state(path_);
  if (!state || state->size_bytes <= request_.memory_limit_bytes) return {};
  return over_limit(state->size_bytes, path_, request_);
}

Result<LoadedPlan> PlanLoader::run() {
  Trace* const trace = request_.trace;
  if (cache_.enabled()) {
    const TraceScope scope(trace, "find the plan");
    KITE_TRY_ASSIGN(Found plan, find_by_state());
    if (plan != nullptr) return from_cache(std::move(plan));
  }
  if (path_.empty()) {
    if (is_plan(source_.bytes)) return from_plan(open_in_memory());
  } else {
    if (request_.access == FileAccess::kCopied) KITE_TRY(check_copy());
    KITE_TRY_ASSIGN(MappedFile mapped, MappedFile::open(path_, request_.access));
    if (is_plan(mapped.bytes())) return from_plan(Plan::open(std::move(mapped)));
    source_.file = std::make_shared<const MappedFile>(std::move(mapped));
    source_.bytes = source_.file->bytes();
    state_ = source_.file->state();
    // Taken before the file is read, so that a change during the reading is noticed.
    settled_ = is_settled(state_);
  }
  if (wants_cache_ && !cache_.enabled()) loaded_.warnings.push_back(cache_.reason());
  if (cache_.enabled()) {
    const TraceScope scope(trace, "read the model");
    Found plan = find_by_contents();
    if (plan != nullptr && !has_chosen_) {
      // A plan for the model's own shapes also shows what the model states.
      KITE_TRY(choose(stated_model(*plan)));
      if (has_chosen_ && !has_shapes(*plan, shapes_)) plan = find_by_contents();
    }
    if (plan != nullptr) return from_cache(std::move(plan));
  }
  // Read from the same mapping as the key, so that a file which is replaced meanwhile cannot get another file's key.
  auto imported = [&] {
    const TraceScope scope(trace, "import the model");
    return import_model(source_);
  }();
  if (!imported.ok()) return std::move(imported).error();
  const bool had_chosen = has_chosen_;
  KITE_TRY(choose(stated_model(*imported)));
  if (cache_.enabled()) {
    if (has_chosen_ && !had_chosen) {
      if (Found plan = find_by_contents()) return from_cache(std::move(plan));
    }
    find_lender();
  }
  return build(std::move(*imported));
}

}  // namespace

Result<LoadedPlan> load_plan(const ModelFile& model, const PlanRequest& request) {
  return PlanLoader(model, request).run();
}

}  // namespace kite
