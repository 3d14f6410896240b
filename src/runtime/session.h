// SPDX-License-Identifier: Apache-2.0
// Executes a plan: an arena, a team of threads, and the steps one after another.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/share_dealer.h"
#include "base/thread_pool.h"
#include "paperkite/error.h"
#include "paperkite/tensor.h"
#include "plan/format/plan.h"

namespace kite {

// Called after each step of a profiled run, with the step's number and its nanoseconds, by the member that ended it.
using StepObserver = void (*)(void* context, std::size_t step, std::uint64_t duration_ns);

// One per thread of the caller; any number may share one Plan. run() allocates nothing.
class PlanSession {
 public:
  // Allocates the arena and each member's scratch; kLimit when that fails.
  [[nodiscard]] static Result<std::unique_ptr<PlanSession>> create(std::shared_ptr<const Plan> plan, int threads);
  ~PlanSession();

  // One view per input of the plan, of exactly its type (kInvalidInput otherwise). Portable operators may still fail
  // on data, e.g. an index out of range. Denormals are flushed to zero while kernels run, and only then.
  [[nodiscard]] Status run(std::span<const TensorView> inputs);

  // The same with a clock around every step.
  [[nodiscard]] Status run_profiled(std::span<const TensorView> inputs, StepObserver observer, void* context);

  // parallel_for on the session's threads; not during a run.
  void share_out(std::size_t count, const std::function<void(std::size_t)>& body);

  // Valid after run() until the next one; `index` below plan().outputs().size().
  [[nodiscard]] TensorView output(std::size_t index) const;

  // What an operand holds now: for a StepObserver, right after the step that makes it.
  [[nodiscard]] TensorView operand(std::uint32_t number) const;

  // Whether the run that goes on, or that was the last one, comes to this step or leaves it out: see plan_format::Step.
  [[nodiscard]] bool runs(std::size_t step) const noexcept;

  // Of a session of this plan: what its steps' families decide before the first run.
  [[nodiscard]] static std::uint64_t prepared_bytes(const Plan& plan) noexcept;

  [[nodiscard]] const Plan& plan() const noexcept { return *plan_; }
  [[nodiscard]] int threads() const noexcept { return pool_.size(); }

 private:
  struct BoundStep;
  PlanSession(std::shared_ptr<const Plan> plan, int threads);
  [[nodiscard]] Status check_inputs(std::span<const TensorView> inputs) const;
  void bind_steps();
  void notice_fork();
  void prepare_steps();
  Status execute(std::span<const TensorView> inputs);
  static void run_member(void* session, int member);
  static void touch_memory(void* session, int member) noexcept;
  void finish_touching() noexcept;
  void run_steps(int member) noexcept;
  void open_next(std::size_t step, int member) noexcept;
  void observe(std::size_t step) noexcept;
  void run_share(std::size_t step, int member, int share) noexcept;
  void run_portable(std::size_t step, int member, int share) noexcept;
  [[nodiscard]] std::byte* address(std::uint32_t operand) const noexcept;

  std::shared_ptr<const Plan> plan_;
  ThreadPool pool_;
  PlanBuffer arena_;
  PlanBuffer scratch_;
  std::uint64_t scratch_stride_ = 0;
  int bound_threads_ = 0;  // for which steps_ and prepared_ hold
  std::vector<TensorView> inputs_;
  std::vector<BoundStep> steps_;
  std::vector<const void*> pointers_;          // operands of all steps, in step order
  std::unique_ptr<std::uint64_t[]> prepared_;  // Family::prepare() of all steps, in step order
  struct InputSlot {
    std::size_t pointer;  // into pointers_
    std::size_t view;     // into views_
    std::uint64_t input;
  };
  std::vector<InputSlot> input_slots_;  // what run() must fill in
  std::vector<TensorView> views_;       // for portable steps
  std::vector<MutableTensorView> mutable_views_;
  StepObserver observer_ = nullptr;
  void* observer_context_ = nullptr;
  std::unique_ptr<ShareDealer> dealer_;
  std::uint64_t step_start_ns_ = 0;
  // Steps that follow a failed one are left out. Each member has a place for its first error. That of the lowest share
  // counts: it is the one that a single thread meets.
  struct Failure {
    int share = 0;
    Status status;
  };
  std::atomic<std::size_t> failed_step_{0};
  std::vector<Failure> failures_;
  bool touching_ = false;  // the workers were sent to touch_memory()
  std::atomic<bool> stop_touching_{false};
  std::atomic<std::uint64_t> untouched_{0};  // the first piece, of arena and plan, that no worker has taken
};

}  // namespace kite
