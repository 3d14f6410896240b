// SPDX-License-Identifier: Apache-2.0
// The public Model over a plan.
#include "paperkite/model.h"

#include <algorithm>
#include <utility>

#include "api/load.h"
#include "base/cpu.h"
#include "carriers/find_model.h"
#include "paperkite/try.h"
#include "runtime/session.h"

namespace kite {

namespace {

Port port_of(const PlanPort& port) {
  Port made{port.name, port.type};
  for (const InputDim& dim : port.dims) made.dims.push_back({dim.size, dim.symbol});
  return made;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return lines;
}

PlanOrigin origin_of(LoadedPlan::Origin origin) {
  switch (origin) {
    case LoadedPlan::Origin::kBuilt: return PlanOrigin::kBuilt;
    case LoadedPlan::Origin::kCached: return PlanOrigin::kCached;
    case LoadedPlan::Origin::kPlanFile: return PlanOrigin::kPlanFile;
  }
  return PlanOrigin::kBuilt;
}

}  // namespace

Result<Model> Model::open(const std::string& path, const ModelOptions& options) {
  KITE_TRY_ASSIGN(FoundModel found, find_model(path));
  KITE_TRY_ASSIGN(Model model, open(ModelFile{found.path, {}}, options, nullptr));
  model.unpacked_ = std::move(found.unpacked);
  return model;
}

Result<Model> Model::open(std::span<const std::byte> bytes, const ModelOptions& options) {
  return open(ModelFile{{}, bytes}, options, nullptr);
}

Result<Model> Model::open(const ModelFile& file, const ModelOptions& options, std::shared_ptr<const Plan> lender,
                          bool* leaves_open) {
  if (lender != nullptr && lender->is_borrower()) lender = lender->lender();
  KITE_TRY_ASSIGN(OpenedPlan opened, open_plan(file, options, std::move(lender), leaves_open));
  LoadedPlan& loaded = opened.loaded;
  Model model;
  model.path_ = file.path;
  model.options_ = std::make_shared<const ModelOptions>(options);
  model.decisions_ = std::move(opened.decisions);
  model.plan_ = std::move(loaded.plan);
  model.origin_ = origin_of(loaded.origin);
  model.warnings_ = std::move(loaded.warnings);
  for (const Decision& decision : model.decisions_) {
    if (!decision.is_guess) continue;
    model.warnings_.push_back("the model leaves the " + decision.subject + " open, " + decision.value +
                              " is a guess; state it with --size HxW");
  }
  for (std::string& sentence : lines_of(model.plan_->note(kLeftOutNote)))
    model.warnings_.push_back(std::move(sentence));
  for (std::string& sentence : lines_of(model.plan_->note(kTypesNote))) {
    model.decisions_.push_back({"arithmetic", std::move(sentence), "the model's types", false});
  }
  for (const PlanPort& port : model.plan_->inputs()) model.inputs_.push_back(port_of(port));
  for (const PlanPort& port : model.plan_->outputs()) model.outputs_.push_back(port_of(port));
  for (const plan_format::Note& note : model.plan_->notes()) {
    const std::string_view key = model.plan_->text(note.key);
    if (!key.starts_with(kInternalNote)) model.metadata_.emplace(key, model.plan_->text(note.value));
  }
  return model;
}

Result<Model> Model::for_shapes(const std::map<std::string, Shape, std::less<>>& shapes) const {
  if (path_.empty()) {
    return Error{ErrorCode::kUsage,
                 "the model was opened from memory, and its bytes are not kept",
                 {},
                 "open the bytes once more, with the shapes as ModelOptions::input_shapes"};
  }
  ModelOptions options = *options_;
  options.input_shapes = shapes;
  options.meaning.size.reset();
  options.meaning.batch = 0;
  options.use_cache = false;
  options.trace = nullptr;
  KITE_TRY_ASSIGN(Model model, open(ModelFile{path_, {}}, options, plan_));
  model.unpacked_ = unpacked_;
  return model;
}

std::optional<std::size_t> Model::find_output(std::string_view name) const noexcept {
  const auto found = std::ranges::find(outputs_, name, &Port::name);
  if (found == outputs_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - outputs_.begin());
}

namespace {

// See MemoryRange.
std::uint64_t address_of(const plan_format::Operand& operand) {
  constexpr int kBitsOfPlace = 48;
  const auto storage = static_cast<std::uint64_t>(operand.storage) << (kBitsOfPlace + 8);
  const bool is_input = operand.storage == plan_format::Storage::kInput;
  return storage + (is_input ? operand.offset << kBitsOfPlace : operand.offset);
}

}  // namespace

std::vector<ModelStep> Model::steps() const {
  std::vector<ModelStep> steps;
  for (const PlanStep& step : plan_->steps()) {
    ModelStep made{plan_->text(step.record->node), plan_->text(step.record->op),
                   step.kernel != nullptr ? std::string_view(step.kernel->name) : "portable",
                   step.outputs.empty() ? TensorType{} : operand_type(plan_->operand(step.outputs[0])),
                   step.record->macs};
    made.ranges.reserve(step.inputs.size() + step.outputs.size());
    for (const auto refs : {step.inputs, step.outputs}) {
      for (const std::uint32_t ref : refs) {
        const plan_format::Operand& operand = plan_->operand(ref);
        if (operand.storage == plan_format::Storage::kNone) continue;
        made.bytes += operand.size_bytes;
        made.ranges.push_back({address_of(operand), operand.size_bytes});
      }
    }
    for (const plan_format::Part& part : step.parts) {
      made.parts.push_back({plan_->text(part.node), plan_->text(part.op), part.macs});
    }
    steps.push_back(std::move(made));
  }
  return steps;
}

std::string_view Model::isa() const noexcept { return plan_->target().name; }
std::uint64_t Model::macs() const noexcept { return plan_->header().macs; }
std::uint64_t Model::fast_macs() const noexcept {
  std::uint64_t macs = 0;
  for (const PlanStep& step : plan_->steps()) {
    if (step.kernel != nullptr) macs += step.record->macs;
  }
  return macs;
}
std::uint64_t Model::parameters() const noexcept { return plan_->header().parameters; }
ModelMemory Model::memory() const noexcept {
  const plan_format::Header& header = plan_->header();
  return {plan_->size_bytes(), header.constants.count, header.arena_bytes, header.scratch_bytes,
          PlanSession::prepared_bytes(*plan_)};
}
std::span<const std::byte> Model::plan_bytes() const noexcept { return plan_->bytes(); }

}  // namespace kite
