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

// All that a member reads to begin a step lies together.
struct PlanSession::BoundStep {
  KernelFn kernel = nullptr;  // null: a portable operator
  KernelCall call{};          // apart from share and scratch
  const PlanStep* step = nullptr;
  bool guarded = false;
  std::size_t first_view = 0;  // of a portable step: in views_ and mutable_views_
  std::size_t first_mutable = 0;
};

namespace {

constexpr std::size_t kNoView = ~std::size_t{0};
constexpr std::size_t kNoStep = ~std::size_t{0};

// Tags of the dealer, besides the numbers of steps: a run is over; a run has begun and no step is open.
constexpr std::uint32_t kOver = ShareDealer::kTags - 1, kBegun = kOver - 1;

std::uint64_t now_ns() {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
          .count());
}

// The largest constant that a step reads.
struct Weights {
  const std::byte* data = nullptr;
  std::uint64_t size_bytes = 0;
};
Weights weights_of(const Plan& plan, const PlanStep& step) {
  Weights largest;
  for (const std::uint32_t ref : step.inputs) {
    const Operand& operand = plan.operand(ref);
    if (operand.storage != Storage::kConstant || operand.size_bytes <= largest.size_bytes) continue;
    largest = {plan.constants().data() + operand.offset, operand.size_bytes};
  }
  return largest;
}

// How many shares a step has. One for each thread is what threads need that lose no processor, and steps have no more
// where they would pay for it: where the shares would be shorter than two of max_shares, which is 20 us at most, or
// would each read weights again that do not stay in L2 (winograd and wide layers of resnet50: 1.08 to 1.2 of the time).
// Elsewhere threads of different speed, and shares of different length, come out even.
int shares_of(const Plan& plan, const PlanStep& step, int threads) {
  constexpr int kMostOfThread = 4, kShortest = 2;
  constexpr std::uint64_t kWeightsInL2 = 128 * 1024;
  const int most = static_cast<int>(std::min<std::uint32_t>(step.record->max_shares, 1u << 16));
  const int of_thread = std::min(kMostOfThread, most / kShortest / threads);
  if (threads == 1 || of_thread < 2) return std::min(threads, most);
  return weights_of(plan, step).size_bytes > kWeightsInL2 ? threads : threads * of_thread;
}

}  // namespace

PlanSession::PlanSession(std::shared_ptr<const Plan> plan, int threads)
    : plan_(std::move(plan)), pool_(threads), dealer_(std::make_unique<ShareDealer>(pool_.size())) {}
PlanSession::~PlanSession() {
  finish_touching();
  pool_.wait();  // a member that was late looks at the session once more
}

Result<std::unique_ptr<PlanSession>> PlanSession::create(std::shared_ptr<const Plan> plan, int threads) {
  std::unique_ptr<PlanSession> session(new PlanSession(std::move(plan), threads));
  const plan_format::Header& header = session->plan_->header();
  if (session->plan_->steps().size() >= kBegun) {
    return Error{
        ErrorCode::kLimit, "the plan has " + std::to_string(session->plan_->steps().size()) + " steps", {}, {}};
  }
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
    session->pool_.start(&PlanSession::touch_memory, session.get());
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
  pool_.wait();
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
    step.family->prepare(step.params, *step.kernel->target, bound.call.shares, next);
    bound.call.prepared = next;
    next += bytes / sizeof *next;
  }
}

// A forked child starts its own workers. Where it gets fewer than its parent had, the steps are shared out again.
void PlanSession::notice_fork() {
  pool_.renew();
  if (pool_.size() == bound_threads_) return;
  for (BoundStep& bound : steps_) bound.call.shares = shares_of(*plan_, *bound.step, pool_.size());
  dealer_ = std::make_unique<ShareDealer>(pool_.size());
  prepare_steps();
}

void PlanSession::bind_steps() {
  const Plan& plan = *plan_;
  inputs_.resize(plan.inputs().size());
  steps_.reserve(plan.steps().size());
  for (const PlanStep& step : plan.steps()) {
    BoundStep bound;
    bound.step = &step;
    bound.guarded = step.record->guard != 0;
    bound.first_view = views_.size();
    bound.first_mutable = mutable_views_.size();
    bound.call.shares = shares_of(plan, step, pool_.size());
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
  const void* const* operands = pointers_.data();
  for (std::size_t s = 0; s < steps_.size(); ++s) {
    const PlanStep& step = *steps_[s].step;
    if (step.kernel != nullptr) steps_[s].kernel = step.kernel->run;
    KernelCall& call = steps_[s].call;
    call.params = step.params;
    call.in = operands;
    // The validator has proved that outputs are places in the arena.
    call.out = const_cast<void* const*>(operands + step.inputs.size());
    operands += step.inputs.size() + step.outputs.size();
    if (s == 0) continue;
    const Weights weights = weights_of(plan, step);  // what the step before may prefetch
    steps_[s - 1].call.next_weights = weights.data;
    steps_[s - 1].call.next_weights_bytes = weights.size_bytes;
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
  dealer_->open(kBegun, 0);
  pool_.start(&PlanSession::run_member, this);
  run_steps(0);
  if (failed_step_.load(std::memory_order_relaxed) == kNoStep) return {};
  Failure first;
  for (Failure& failure : failures_) {
    Failure reported = std::exchange(failure, Failure{});
    if (reported.status.ok()) continue;
    if (first.status.ok() || reported.share < first.share) first = std::move(reported);
  }
  return std::move(first.status);
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

// A step is over when its shares are: no member waits for another one that has nothing to compute. The member that ends
// the last share opens the next step; one that comes late, as its processor was taken, goes on with what is open then.
void PlanSession::run_steps(int member) noexcept {
  const DenormalsOff denormals_off;
  for (;;) {
    const ShareDealer::Piece piece = dealer_->piece();
    const std::uint32_t step = piece.tag();
    if (step == kOver) return;
    if (step == kBegun && member == 0) {
      open_next(0, member);
    } else if (step != kBegun && dealer_->take(piece, member, steps_[step].call.shares,
                                               [&](int share) { run_share(step, member, share); })) {
      observe(step);
      open_next(step + 1, member);
    } else {
      ThreadPool::Rescue rescue(pool_);
      dealer_->wait(piece, member, [&](int holder) { rescue.look_after(holder); });
    }
  }
}

// Of all members only the one that opens a step is here: the steps before are over, and nobody has a share of it yet.
void PlanSession::open_next(std::size_t step, int member) noexcept {
  for (; step < steps_.size(); ++step) {
    const BoundStep& bound = steps_[step];
    if (observer_ != nullptr) step_start_ns_ = now_ns();
    if (!bound.guarded || runs(step)) {
      if (bound.call.shares > 1) {
        dealer_->open(static_cast<std::uint32_t>(step), bound.call.shares);
        return;
      }
      run_share(step, member, 0);
    }
    observe(step);
  }
  dealer_->open(kOver, 0);
}

void PlanSession::observe(std::size_t step) noexcept {
  if (observer_ != nullptr) observer_(observer_context_, step, now_ns() - step_start_ns_);
}

void PlanSession::run_share(std::size_t step, int member, int share) noexcept {
  const BoundStep& bound = steps_[step];
  if (bound.kernel == nullptr) {
    run_portable(step, member, share);
    return;
  }
  KernelCall call = bound.call;
  call.share = share;
  call.scratch = scratch_.bytes().data() + scratch_stride_ * static_cast<std::uint64_t>(member);
  bound.kernel(call);
}

void PlanSession::run_portable(std::size_t step, int member, int share) noexcept {
  // Set in an earlier step, it is seen by all that take a share of this one; set in this one by another member, it
  // changes nothing.
  if (failed_step_.load(std::memory_order_relaxed) < step) return;
  const BoundStep& bound = steps_[step];
  const PortableCall& portable = *bound.step->portable;
  const ComputeContext context{portable.attributes,
                               portable.opset,
                               {views_.data() + bound.first_view, bound.step->inputs.size()},
                               {mutable_views_.data() + bound.first_mutable, bound.step->outputs.size()},
                               {share, bound.call.shares}};
  Failure& failure = failures_[static_cast<std::size_t>(member)];
  const auto fail = [&](Error error) {
    failed_step_.store(step, std::memory_order_relaxed);
    if (failure.status.ok() || failure.share > share) failure = {share, std::move(error)};
  };
  // Operators keep their work in the arena, but the text of an error needs memory.
  try {
    Status status = compute(*portable.op, context);
    if (status.ok()) return;
    fail(std::move(status).error().in("node \"" + std::string(plan_->text(bound.step->record->node)) + "\" (" +
                                      std::string(portable.op->name) + ")"));
  } catch (const std::bad_alloc&) {
    fail({ErrorCode::kLimit, "out of memory", {}, {}});  // so short that it needs none
  }
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
