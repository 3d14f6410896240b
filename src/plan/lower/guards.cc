// SPDX-License-Identifier: Apache-2.0
// One pass from the last step to the first: a step inherits what all readers of its results have in common.
#include "plan/lower/guards.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <unordered_map>
#include <utility>

namespace kite {

namespace {

using plan_format::Storage;

// A guard of so many guards guards no more: the steps behind it run with it. Otherwise chains of choices, each of which
// is read on one side of the next, would cost more than their number. Nested Ifs of real models are a few deep.
constexpr std::uint8_t kDeepest = 32;

// An If with a condition of the run is a Where whose condition is one element.
bool is_choice(const Lowering& lowering, const LoweredStep& step) {
  if (step.kernel != nullptr || step.op != "Where" || step.inputs.size() != 3) return false;
  const plan_format::Operand& condition = lowering.operands()[step.inputs[0]];
  const bool is_of_run = condition.storage == Storage::kArena || condition.storage == Storage::kInput;
  return is_of_run && condition.dtype == DType::kBool && condition.size_bytes == 1;
}

class GuardFinder {
 public:
  explicit GuardFinder(const Lowering& lowering) : lowering_(lowering), guards_(lowering.steps().size()) {}

  std::vector<Guard> run() {
    const auto& steps = lowering_.steps();
    if (std::ranges::none_of(steps, [&](const LoweredStep& step) { return is_choice(lowering_, step); })) {
      return std::move(guards_);
    }
    note_reads_and_writes();
    for (std::size_t s = steps.size(); s-- > 0;) guards_[s] = available(common_of_readers(s), s);
    return std::move(guards_);
  }

 private:
  void note_reads_and_writes() {
    const auto& steps = lowering_.steps();
    for (std::size_t s = 0; s < steps.size(); ++s) {
      for (const OperandId id : steps[s].inputs) {
        std::vector<std::size_t>& readers = readers_[lowering_.root(id)];
        if (readers.empty() || readers.back() != s) readers.push_back(s);
      }
      for (const OperandId id : steps[s].outputs) last_write_[lowering_.root(id)] = s;
    }
    for (const ValueId output : lowering_.graph().outputs) {
      if (const auto operand = lowering_.find_operand(output)) results_[lowering_.root(*operand)] = true;
    }
  }

  // What one reader of `root` needs it for.
  [[nodiscard]] Guard guard_of_read(std::size_t reader, OperandId root) const {
    const LoweredStep& step = lowering_.steps()[reader];
    if (!is_choice(lowering_, step)) return guards_[reader];
    const bool reads[3] = {lowering_.root(step.inputs[0]) == root, lowering_.root(step.inputs[1]) == root,
                           lowering_.root(step.inputs[2]) == root};
    if (reads[0] || reads[1] == reads[2] || depth_of(guards_[reader]) == kDeepest) return guards_[reader];
    return {static_cast<std::uint32_t>(reader), reads[1] ? 1U : 2U};
  }

  // How many guards the chain has.
  [[nodiscard]] std::uint8_t depth_of(Guard guard) const {
    std::uint8_t depth = 0;
    for (; guard.step != 0; guard = guards_[guard.step]) ++depth;
    return depth;
  }

  [[nodiscard]] Guard common_of_readers(std::size_t s) const {
    std::optional<Guard> common;
    for (const OperandId id : lowering_.steps()[s].outputs) {
      const OperandId root = lowering_.root(id);
      if (results_.contains(root)) return {};
      const auto readers = readers_.find(root);
      if (readers == readers_.end()) continue;
      for (const std::size_t reader : readers->second) {
        if (reader <= s) continue;
        const Guard guard = guard_of_read(reader, root);
        common = common ? nearest_common(*common, guard) : guard;
      }
    }
    return common.value_or(Guard{});
  }

  // Whether two guards ask for the same condition: an If with several results is several choices.
  [[nodiscard]] bool ask_the_same(Guard a, Guard b) const {
    const auto condition = [&](Guard guard) { return lowering_.root(lowering_.steps()[guard.step].inputs[0]); };
    return a.side == b.side && (a.step == b.step || condition(a) == condition(b));
  }

  [[nodiscard]] Guard nearest_common(Guard a, Guard b) const {
    for (Guard x = a; x.step != 0; x = guards_[x.step]) {
      for (Guard y = b; y.step != 0; y = guards_[y.step]) {
        if (!ask_the_same(x, y)) continue;
        // The one whose own guard is what both have in common: the other may run less often.
        const Guard outer = nearest_common(guards_[x.step], guards_[y.step]);
        if (guards_[x.step] == outer) return x;
        return guards_[y.step] == outer ? y : outer;
      }
    }
    return {};
  }

  // The nearest guard of the chain from which on all conditions are computed before step `s`.
  [[nodiscard]] Guard available(Guard guard, std::size_t s) const {
    Guard nearest = guard;
    for (; guard.step != 0; guard = guards_[guard.step]) {
      const OperandId condition = lowering_.root(lowering_.steps()[guard.step].inputs[0]);
      const auto written = last_write_.find(condition);
      if (written != last_write_.end() && written->second >= s) nearest = guards_[guard.step];
    }
    return nearest;
  }

  const Lowering& lowering_;
  std::vector<Guard> guards_;
  std::unordered_map<OperandId, std::vector<std::size_t>> readers_;  // by root, ascending
  std::unordered_map<OperandId, std::size_t> last_write_;            // by root
  std::unordered_map<OperandId, bool> results_;                      // roots that are read after the run
};

}  // namespace

std::vector<Guard> find_guards(const Lowering& lowering) { return GuardFinder(lowering).run(); }

}  // namespace kite
