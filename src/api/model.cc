// SPDX-License-Identifier: Apache-2.0
// The public Model over a plan.
#include "paperkite/model.h"

#include <utility>

#include "api/load.h"
#include "base/cpu.h"
#include "paperkite/try.h"

namespace kite {

Result<Model> Model::open(const std::string& path, const ModelOptions& options) {
  KITE_TRY_ASSIGN(LoadedPlan loaded, load_plan(path, options));
  Model model;
  model.path_ = path;
  model.plan_ = std::move(loaded.plan);
  model.origin_ = loaded.origin;
  model.warnings_ = std::move(loaded.warnings);
  for (const PlanPort& port : model.plan_->inputs()) model.inputs_.push_back({port.name, port.type});
  for (const PlanPort& port : model.plan_->outputs()) model.outputs_.push_back({port.name, port.type});
  for (const plan_format::Note& note : model.plan_->notes()) {
    model.metadata_.emplace(model.plan_->text(note.key), model.plan_->text(note.value));
  }
  return model;
}

std::string_view Model::isa() const noexcept { return isa_name(plan_->isa()); }
std::uint64_t Model::macs() const noexcept { return plan_->header().macs; }
std::uint64_t Model::parameters() const noexcept { return plan_->header().parameters; }
std::uint64_t Model::arena_bytes() const noexcept { return plan_->header().arena_bytes; }

}  // namespace kite
