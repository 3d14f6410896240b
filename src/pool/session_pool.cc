// SPDX-License-Identifier: Apache-2.0
// Sessions over a few plans of one model, each for other shapes of the inputs.
#include <algorithm>
#include <atomic>
#include <iterator>
#include <list>
#include <mutex>
#include <new>
#include <utility>

#include "api/dynamic_model.h"
#include "base/compute_slots.h"
#include "base/fork.h"
#include "paperkite/pool.h"
#include "paperkite/try.h"
#include "pool/idle_list.h"
#include "pool/limit.h"

namespace kite {

// A plan of the pool, and what a call asks of it.
struct PooledPlan {
  explicit PooledPlan(std::shared_ptr<const Model> made) : model(std::move(made)), threads(useful_threads(*model)) {}

  [[nodiscard]] bool fits(std::span<const TensorView> inputs) const {
    return std::ranges::equal(
        model->inputs(), inputs, {}, [](const Port& port) { return port.type; },
        [](const TensorView& view) { return view.type; });
  }

  std::shared_ptr<const Model> model;
  int threads;              // more of them would have nothing to do
  bool is_dropped = false;  // guarded by fork_safe_mutex()
};

struct SessionPool::State {
  State(DynamicModel opened, const SessionPoolOptions& stated) : model(std::move(opened)), options(stated) {
    if (model.first() == nullptr) return;
    lender = model.first();
    plans.push_front(std::make_shared<PooledPlan>(lender));
  }

  Result<std::shared_ptr<PooledPlan>> plan_for(std::span<const TensorView> inputs);
  Result<std::shared_ptr<PooledPlan>> make_plan(std::span<const TensorView> inputs,
                                                const std::shared_ptr<const Model>& weights) const;
  Result<std::vector<Tensor>> run(const PooledPlan& plan, std::span<const TensorView> inputs,
                                  std::span<const std::size_t> wanted);

  const DynamicModel model;
  const SessionPoolOptions options;
  IdleList<Session> idle;

  // Guarded by fork_safe_mutex().
  std::shared_ptr<const Model> lender;           // the first one; stays, as others use its weights
  std::list<std::shared_ptr<PooledPlan>> plans;  // the most recently used first
  bool is_making = false;                        // one at a time: each may want the memory of the whole model
  std::uint32_t making_in = 0;                   // the fork generation; a maker of another one does not exist here

  std::atomic<std::uint32_t> attempts{0};  // to make a plan that have ended; those that wait are woken
};

Result<std::shared_ptr<PooledPlan>> SessionPool::State::make_plan(std::span<const TensorView> inputs,
                                                                  const std::shared_ptr<const Model>& weights) const {
  InputShapes shapes;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    shapes.emplace(std::string(model.inputs()[i].name), inputs[i].type.shape);
  }
  const ComputeSlots slots = ComputeSlots::take(most_threads(options.session));
  KITE_TRY_ASSIGN(Model opened, model.model_for(shapes, weights.get(), slots.count()));
  auto plan = std::make_shared<PooledPlan>(std::make_shared<const Model>(std::move(opened)));
  if (plan->fits(inputs) && plan->model->outputs().size() == model.outputs().size()) return plan;
  return Error{ErrorCode::kInvalidModel, "the model's file holds another model than when it was opened",
               plan->model->path(), "open it again"};
}

Result<std::shared_ptr<PooledPlan>> SessionPool::State::plan_for(std::span<const TensorView> inputs) {
  std::unique_lock lock(fork_safe_mutex());
  for (;;) {
    const auto found = std::ranges::find_if(plans, [&](const auto& plan) { return plan->fits(inputs); });
    if (found != plans.end()) {
      plans.splice(plans.begin(), plans, found);
      return plans.front();
    }
    if (!is_making || making_in != fork_generation()) break;
    const std::uint32_t seen = attempts.load();
    lock.unlock();
    attempts.wait(seen);
    lock.lock();
  }
  is_making = true;
  making_in = fork_generation();
  const std::shared_ptr<const Model> weights = lender;
  lock.unlock();

  // Also where memory runs out, the others must go on.
  struct Making {
    State& state;
    // Lists of one or more, whose elements change place without memory.
    std::list<std::shared_ptr<PooledPlan>> plan{};
    std::list<std::shared_ptr<PooledPlan>> dropped{};  // end behind the lock
    ~Making() {
      {
        const std::lock_guard guard(fork_safe_mutex());
        state.is_making = false;
        if (!plan.empty() && state.lender == nullptr) state.lender = plan.front()->model;
        state.plans.splice(state.plans.begin(), plan);
        while (state.plans.size() > static_cast<std::size_t>(state.options.max_plans)) {
          state.plans.back()->is_dropped = true;
          dropped.splice(dropped.begin(), state.plans, std::prev(state.plans.end()));
        }
        state.attempts.fetch_add(1);
      }
      state.attempts.notify_all();
      for (const auto& old : dropped) state.idle.drop(old.get());
    }
  } making{*this};
  KITE_TRY_ASSIGN(std::shared_ptr<PooledPlan> plan, make_plan(inputs, weights));
  making.plan.push_back(plan);
  return plan;
}

Result<std::vector<Tensor>> SessionPool::State::run(const PooledPlan& plan, std::span<const TensorView> inputs,
                                                    std::span<const std::size_t> wanted) {
  const ComputeSlots slots = ComputeSlots::take(std::min(most_threads(options.session), plan.threads));
  std::shared_ptr<Session> session = idle.take(&plan, slots.count());
  if (session == nullptr) {
    KITE_TRY_ASSIGN(Session created, Session::create(*plan.model, {.threads = slots.count()}));
    session = std::make_shared<Session>(std::move(created));
  }
  const Status ran = session->run(inputs);
  std::vector<Tensor> outputs;
  if (ran.ok()) {
    const std::size_t count = wanted.empty() ? model.outputs().size() : wanted.size();
    outputs.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      outputs.push_back(Tensor::copy_of(session->output(wanted.empty() ? i : wanted[i])));
    }
  }
  idle.give(&plan, slots.count(), std::move(session), static_cast<std::size_t>(compute_limit()), plan.is_dropped);
  if (!ran.ok()) return ran.error();
  return outputs;
}

SessionPool::SessionPool(std::shared_ptr<State> state) : state_(std::move(state)) {}

namespace {

Status check_options(const SessionPoolOptions& options) {
  KITE_TRY(check_stated_threads(options.session));
  if (options.max_plans >= 1) return {};
  return Error{ErrorCode::kUsage, std::to_string(options.max_plans) + " plans to keep", {}, "keep 1 at least"};
}

// The slots of one call while a model opens.
ModelOptions model_options(const SessionPoolOptions& options, const ComputeSlots& slots) {
  ModelOptions opening = options.model;
  if (opening.threads == 0 || opening.threads > slots.count()) opening.threads = slots.count();
  opening.copy_files = true;
  opening.trace = nullptr;
  return opening;
}

}  // namespace

Result<SessionPool> SessionPool::open(const std::string& path, const SessionPoolOptions& options) {
  KITE_TRY(check_options(options));
  const ComputeSlots slots = ComputeSlots::take(most_threads(options.session));
  KITE_TRY_ASSIGN(DynamicModel model, DynamicModel::open(path, model_options(options, slots)));
  return SessionPool(std::make_shared<State>(std::move(model), options));
}

Result<SessionPool> SessionPool::open(std::span<const std::byte> bytes, const SessionPoolOptions& options) {
  KITE_TRY(check_options(options));
  const ComputeSlots slots = ComputeSlots::take(most_threads(options.session));
  KITE_TRY_ASSIGN(DynamicModel model, DynamicModel::open(bytes, model_options(options, slots)));
  return SessionPool(std::make_shared<State>(std::move(model), options));
}

Result<std::vector<Tensor>> SessionPool::run(std::span<const TensorView> inputs,
                                             std::span<const std::size_t> wanted) const {
  for (const std::size_t index : wanted) {
    if (index < outputs().size()) continue;
    return Error{ErrorCode::kUsage,
                 "output " + std::to_string(index) + " of a model that has " + std::to_string(outputs().size()),
                 {},
                 {}};
  }
  KITE_TRY(state_->model.check_inputs(inputs));
  try {
    KITE_TRY_ASSIGN(const std::shared_ptr<PooledPlan> plan, state_->plan_for(inputs));
    const auto is_absent = [](const TensorView& view) { return view.data == nullptr; };
    if (std::ranges::none_of(inputs, is_absent)) return state_->run(*plan, inputs, wanted);
    // Some programs have no address where there are no elements; a Session wants one.
    constexpr std::byte kAnywhere{};
    std::vector<TensorView> views(inputs.begin(), inputs.end());
    for (TensorView& view : views) {
      if (is_absent(view)) view.data = &kAnywhere;
    }
    return state_->run(*plan, views, wanted);
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::kLimit, "out of memory", {}, {}};
  }
}

std::span<const Port> SessionPool::inputs() const noexcept { return state_->model.inputs(); }
std::span<const Port> SessionPool::outputs() const noexcept { return state_->model.outputs(); }
std::span<const Port> SessionPool::inputs_with_default() const noexcept { return state_->model.inputs_with_default(); }
const ModelAbout& SessionPool::about() const noexcept { return state_->model.about(); }
const std::map<std::string, std::string>& SessionPool::metadata() const noexcept { return state_->model.metadata(); }
const std::vector<std::string>& SessionPool::warnings() const noexcept { return state_->model.warnings(); }
int SessionPool::threads() const noexcept { return most_threads(state_->options.session); }

}  // namespace kite
