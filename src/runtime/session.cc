// SPDX-License-Identifier: Apache-2.0
// Binding a plan's operands to addresses once, and the step loop that all members of the team run together.
#include "runtime/session.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include "base/checked.h"
#include "base/parallel.h"
#include "ops/compute.h"
#include "paperkite/try.h"
#include "runtime/denormals_off.h"

namespace kite {

using plan_format::Operand;
using plan_format::Storage;

struct PlanSession::BoundStep {
  const PlanStep* step = nullptr;
  std::size_t first_pointer = 0;  // inputs, then outputs, in pointers_
  std::size_t first_view = 0;     // of a portable step: in views_ and mutable_views_
  std::size_t first_mutable = 0;
  int shares = 1;
  bool ends_at_barrier = true;  // not where one member computes this step and the next one
  const void* next_weights = nullptr;
  std::size_t next_weights_bytes = 0;
  const void* prepared = nullptr;
};

namespace {

constexpr std::size_t kNoView = ~std::size_t{0};
constexpr std::size_t kNoStep = ~std::size_t{0};

std::uint64_t now_ns() {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
          .count());
}

int shares_of(const PlanStep& step, int threads) {
  return std::min(threads, static_cast<int>(std::min<std::uint32_t>(step.record->max_shares, 1u << 16)));
}

}  // namespace

PlanSession::PlanSession(std::shared_ptr<const Plan> plan, int threads) : plan_(std::move(plan)), pool_(threads) {}
PlanSession::~PlanSession() { finish_touching(); }

Result<std::unique_ptr<PlanSession>> PlanSession::create(std::shared_ptr<const Plan> plan, int threads) {
  std::unique_ptr<PlanSession> session(new PlanSession(std::move(plan), threads));
  const plan_format::Header& header = session->plan_->header();
  if (header.arena_bytes > 0) {
    KITE_TRY_ASSIGN(session->arena_, PlanBuffer::allocate(header.arena_bytes));
  }
  // A page between members, so that no two of them write the same cache line or prefetch across.
  session->scratch_stride_ =
      static_cast<std::uint64_t>(round_up(static_cast<std::int64_t>(header.scratch_bytes), 4096));
  if (header.scratch_bytes > 0) {
    KITE_TRY_ASSIGN(session->scratch_,
                    PlanBuffer::allocate(session->scratch_stride_ * static_cast<std::uint64_t>(session->threads())));
  }
  session->failures_.resize(static_cast<std::size_t>(session->threads()));
  session->bind_steps();
  session->prepare_steps();
  if (session->threads() > 1) {
    session->touching_ = true;
    session->pool_.begin_work(&PlanSession::touch_memory, session.get());
  }
  return session;
}

// Until the first input is there the workers have nothing to do, and the pages of a new arena and of a plan that was
// just mapped would cost the first run a fault each: they take them here, in the order in which a run needs them. By
// reading and writing: madvise(MADV_POPULATE_*) keeps the lock on the address space so busy that the caller's own
// mmap() waits until all is done (measured: two milliseconds).
void PlanSession::touch_memory(void* self, int) noexcept {
  auto& session = *static_cast<PlanSession*>(self);
  const std::span<std::byte> arena = session.arena_.bytes();
  const std::span<const std::byte> weights = session.plan_->constants();
  constexpr std::uint64_t kPiece = std::uint64_t{1} << 18;
  constexpr std::uint64_t kPage = 4096;
  constexpr std::uint64_t kFaultAround = std::uint64_t{1} << 16;  // what the system maps of a file around one fault
  const std::uint64_t pieces_of_arena = (arena.size() + kPiece - 1) / kPiece;
  const std::uint64_t pieces = pieces_of_arena + (weights.size() + kPiece - 1) / kPiece;
  while (!session.stop_touching_.load(std::memory_order_relaxed)) {
    const std::uint64_t piece = session.untouched_.fetch_add(1, std::memory_order_relaxed);
    if (piece >= pieces) return;
    if (piece < pieces_of_arena) {
      const std::uint64_t end = std::min((piece + 1) * kPiece, arena.size());
      for (std::uint64_t at = piece * kPiece; at < end; at += kPage) {
        *static_cast<volatile std::byte*>(arena.data() + at) = std::byte{0};
      }
    } else {
      const std::uint64_t first = (piece - pieces_of_arena) * kPiece;
      const std::uint64_t end = std::min(first + kPiece, weights.size());
      for (std::uint64_t at = first; at < end; at += kFaultAround) {
        static_cast<void>(*static_cast<const volatile std::byte*>(weights.data() + at));
      }
    }
  }
}

void PlanSession::finish_touching() noexcept {
  if (!touching_) return;
  stop_touching_.store(true, std::memory_order_relaxed);
  pool_.end_work();
  touching_ = false;
}

std::byte* PlanSession::address(std::uint32_t number) const noexcept {
  const Operand& operand = plan_->operand(number);
  switch (operand.storage) {
    case Storage::kArena: return arena_.bytes().data() + operand.offset;
    case Storage::kConstant: return const_cast<std::byte*>(plan_->constants().data()) + operand.offset;
    case Storage::kNone:
    case Storage::kInput: return nullptr;
  }
  return nullptr;
}

std::uint64_t PlanSession::prepared_bytes(const Plan& plan) noexcept {
  std::uint64_t bytes = 0;
  for (const PlanStep& step : plan.steps()) bytes += step.family == nullptr ? 0 : step.family->prepared_bytes();
  return bytes;
}

// Decides what follows from params and the number of threads, before the first run.
void PlanSession::prepare_steps() {
  bound_threads_ = pool_.size();
  prepared_ = std::make_unique_for_overwrite<std::uint64_t[]>(prepared_bytes(*plan_) / sizeof prepared_[0]);
  std::uint64_t* next = prepared_.get();
  for (BoundStep& bound : steps_) {
    const PlanStep& step = *bound.step;
    const std::size_t bytes = step.family == nullptr ? 0 : step.family->prepared_bytes();
    if (bytes == 0) continue;
    step.family->prepare(step.params, *step.kernel->target, bound.shares, next);
    bound.prepared = next;
    next += bytes / sizeof *next;
  }
}

// A forked child starts its own workers. Where it gets fewer than its parent had, the steps are shared out again.
void PlanSession::notice_fork() {
  pool_.renew();
  if (pool_.size() == bound_threads_) return;
  for (BoundStep& bound : steps_) bound.shares = shares_of(*bound.step, pool_.size());
  prepare_steps();
}

void PlanSession::bind_steps() {
  const Plan& plan = *plan_;
  inputs_.resize(plan.inputs().size());
  steps_.reserve(plan.steps().size());
  for (const PlanStep& step : plan.steps()) {
    BoundStep bound;
    bound.step = &step;
    bound.first_pointer = pointers_.size();
    bound.first_view = views_.size();
    bound.first_mutable = mutable_views_.size();
    bound.shares = shares_of(step, pool_.size());
    for (const std::uint32_t ref : step.inputs) {
      const Operand& operand = plan.operand(ref);
      if (operand.storage == Storage::kInput) {
        input_slots_.push_back({pointers_.size(), step.kernel == nullptr ? views_.size() : kNoView, operand.offset});
      }
      pointers_.push_back(address(ref));
      if (step.kernel == nullptr) views_.push_back({operand_type(operand), address(ref)});
    }
    for (const std::uint32_t ref : step.outputs) {
      pointers_.push_back(address(ref));
      if (step.kernel == nullptr) mutable_views_.push_back({operand_type(plan.operand(ref)), address(ref)});
    }
    steps_.push_back(bound);
  }
  for (std::size_t s = 0; s + 1 < steps_.size(); ++s) {
    steps_[s].ends_at_barrier = steps_[s].shares > 1 || steps_[s + 1].shares > 1;
  }
  // What a step may prefetch for its successor: the largest constant that the successor reads.
  for (std::size_t s = 0; s + 1 < steps_.size(); ++s) {
    for (const std::uint32_t ref : steps_[s + 1].step->inputs) {
      const Operand& operand = plan.operand(ref);
      if (operand.storage != Storage::kConstant || operand.size_bytes <= steps_[s].next_weights_bytes) continue;
      steps_[s].next_weights = address(ref);
      steps_[s].next_weights_bytes = operand.size_bytes;
    }
  }
}

Status PlanSession::check_inputs(std::span<const TensorView> inputs) const {
  const auto ports = plan_->inputs();
  if (inputs.size() != ports.size()) {
    return Error{
        ErrorCode::kInvalidInput,
        "the model has " + std::to_string(ports.size()) + " inputs, " + std::to_string(inputs.size()) + " were given",
        {},
        {}};
  }
  for (std::size_t i = 0; i < ports.size(); ++i) {
    if (inputs[i].type == ports[i].type && inputs[i].data != nullptr) continue;
    return Error{ErrorCode::kInvalidInput,
                 "expected " + std::string(dtype_name(ports[i].type.dtype)) + ports[i].type.shape.to_string() +
                     ", found " + std::string(dtype_name(inputs[i].type.dtype)) + inputs[i].type.shape.to_string(),
                 "input \"" + std::string(ports[i].name) + "\"",
                 {}};
  }
  return {};
}

Status PlanSession::run(std::span<const TensorView> inputs) {
  observer_ = nullptr;
  return execute(inputs);
}

Status PlanSession::run_profiled(std::span<const TensorView> inputs, StepObserver observer, void* context) {
  observer_ = observer;
  observer_context_ = context;
  return execute(inputs);
}

void PlanSession::share_out(std::size_t count, const std::function<void(std::size_t)>& body) {
  // The workers go on with the pages of arena and plan while there is nothing else for them.
  if (count > 1) finish_touching();
  parallel_for(count, pool_, body);
}

Status PlanSession::execute(std::span<const TensorView> inputs) {
  KITE_TRY(check_inputs(inputs));
  for (std::size_t i = 0; i < inputs.size(); ++i) inputs_[i] = inputs[i];
  for (const InputSlot& slot : input_slots_) {
    pointers_[slot.pointer] = inputs[slot.input].data;
    if (slot.view != kNoView) views_[slot.view].data = inputs[slot.input].data;
  }
  finish_touching();
  notice_fork();
  failed_step_.store(kNoStep, std::memory_order_relaxed);
  pool_.run(&PlanSession::run_member, this);
  if (failed_step_.load(std::memory_order_relaxed) == kNoStep) return {};
  Status first;
  for (Status& failure : failures_) {
    Status reported = std::exchange(failure, Status{});
    if (first.ok()) first = std::move(reported);
  }
  return first;
}

bool PlanSession::runs(std::size_t step) const noexcept {
  const plan_format::Step* record = steps_[step].step->record;
  while (record->guard != 0) {
    const BoundStep& choice = steps_[record->guard];
    const bool takes_first = views_[choice.first_view].data[0] != std::byte{0};
    if (takes_first != (record->guard_side == 1)) return false;
    record = choice.step->record;
  }
  return true;
}

void PlanSession::run_member(void* session, int member) { static_cast<PlanSession*>(session)->run_steps(member); }

void PlanSession::run_steps(int member) noexcept {
  const DenormalsOff denormals_off;
  void* const scratch = scratch_.bytes().data() + scratch_stride_ * static_cast<std::uint64_t>(member);
  for (std::size_t s = 0; s < steps_.size(); ++s) {
    const BoundStep& bound = steps_[s];
    const std::uint64_t start = observer_ != nullptr && member == 0 ? now_ns() : 0;
    if (member < bound.shares && runs(s)) {
      if (bound.step->kernel != nullptr) {
        const void* const* operands = pointers_.data() + bound.first_pointer;
        // Outputs lie behind the inputs; the validator has proved that they are places in the arena.
        void* const* results = const_cast<void* const*>(operands + bound.step->inputs.size());
        const KernelCall call{
            bound.step->params,       operands,      results, scratch, member, bound.shares, bound.next_weights,
            bound.next_weights_bytes, bound.prepared};
        bound.step->kernel->run(call);
      } else {
        run_portable(s, member);
      }
    }
    // The team's return is the last step's barrier, except where a clock is to see all members end.
    if ((s + 1 < steps_.size() && bound.ends_at_barrier) || observer_ != nullptr) pool_.barrier();
    if (observer_ != nullptr && member == 0) observer_(observer_context_, s, now_ns() - start);
  }
}

void PlanSession::run_portable(std::size_t step, int member) noexcept {
  // Set in an earlier step, it is seen behind that one's barrier; set in this one by another member, it changes
  // nothing.
  if (failed_step_.load(std::memory_order_relaxed) < step) return;
  const BoundStep& bound = steps_[step];
  const PortableCall& portable = *bound.step->portable;
  const ComputeContext context{portable.attributes,
                               portable.opset,
                               {views_.data() + bound.first_view, bound.step->inputs.size()},
                               {mutable_views_.data() + bound.first_mutable, bound.step->outputs.size()},
                               {member, bound.shares}};
  Status& failure = failures_[static_cast<std::size_t>(member)];
  // Operators keep their work in the arena, but the text of an error needs memory.
  try {
    Status status = compute(*portable.op, context);
    if (status.ok()) return;
    failure = std::move(status).error().in("node \"" + std::string(plan_->text(bound.step->record->node)) + "\" (" +
                                           std::string(portable.op->name) + ")");
  } catch (const std::bad_alloc&) {
    failure = Error{ErrorCode::kLimit, "out of memory", {}, {}};  // so short that it needs none
  }
  failed_step_.store(step, std::memory_order_relaxed);
}

TensorView PlanSession::operand(std::uint32_t number) const {
  const Operand& operand = plan_->operand(number);
  const std::byte* const data = operand.storage == Storage::kInput ? inputs_[operand.offset].data : address(number);
  return {operand_type(operand), data};
}

TensorView PlanSession::output(std::size_t index) const {
  const PlanPort& port = plan_->outputs()[index];
  return {port.type, operand(port.operand).data};
}

}  // namespace kite
