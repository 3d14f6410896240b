// SPDX-License-Identifier: Apache-2.0
// Value by value in the order of the graph. Behind the first difference everything differs, so each value beyond the
// bound is computed once more from the inputs that its own side had: that shows whether its step adds the difference or
// only carries it.
#include <algorithm>
#include <limits>
#include <utility>

#include "cli/verify/comparison.h"
#include "paperkite/try.h"
#include "tensor/convert.h"

namespace kite::cli {

namespace {

double bound_for(DType theirs, double bound) {
  switch (theirs) {
    case DType::kFloat16: return std::max(bound, kHalfUnits * 0x1p-10);
    case DType::kBFloat16: return std::max(bound, kHalfUnits * 0x1p-7);
    case DType::kFloat32:
    case DType::kFloat64: return bound;
    default: return 0.0;
  }
}

Agreement judge(const Difference& difference, double bound) {
  if (difference.differing == 0) return Agreement::kEqual;
  return bound > 0.0 && difference.relative() <= bound ? Agreement::kWithinBound : Agreement::kBeyond;
}

class ValueComparer {
 public:
  ValueComparer(ValueSides& sides, double bound) : sides_(sides), bound_(bound) {
    for (const ValueId input : sides.oracle.inputs()) {
      const auto ours = sides.ours.find(input);
      if (ours != sides.ours.end()) keep(our_known_, input, ours->second.tensor.view());
      const auto theirs = sides.their_inputs.find(input);
      if (theirs != sides.their_inputs.end()) keep(their_known_, input, theirs->second.view());
    }
  }

  Result<ValueRow> compare_one(ValueId id, const EngineValue& ours) {
    ValueRow row;
    row.value = id;
    row.name = sides_.oracle.name(id);
    const Graph& stated = sides_.oracle.stated();
    const NodeId producer = stated.value(id).producer;
    if (producer != kNoNode) row.node = stated.node(producer).name;
    row.op = ours.op.empty() && producer != kNoNode ? stated.node(producer).op_type : ours.op;
    row.kernel = ours.kernel;
    row.ours = ours.tensor.type();
    KITE_TRY_ASSIGN(const Tensor theirs, sides_.theirs.value(row.name));
    row.theirs = theirs.type();
    const bool known = keep(their_known_, id, theirs.view());
    keep(our_known_, id, ours.tensor.view());
    const bool comparable = theirs.shape() == ours.tensor.shape() &&
                            (theirs.dtype() == ours.tensor.dtype() ||
                             (is_floating_point(theirs.dtype()) && is_floating_point(ours.tensor.dtype())));
    if (!comparable) {
      row.agreement = Agreement::kOtherType;
      return row;
    }
    row.bound = bound_for(theirs.dtype(), bound_);
    row.difference = compare(ours.tensor.view(), theirs.view());
    row.agreement = judge(row.difference, row.bound);
    if (row.agreement != Agreement::kBeyond) return row;
    KITE_TRY_ASSIGN(row.engine, check_step(our_known_, id, ours.tensor.view(), row.bound));
    // Its own graph, computed from its own values, gives what it gave.
    if (known && !sides_.theirs.is_own_graph()) {
      KITE_TRY_ASSIGN(row.reference, check_step(their_known_, id, theirs.view(), row.bound));
    }
    return row;
  }

 private:
  // Whether the value could be kept: another type is no input of our graph.
  bool keep(KnownValues& known, ValueId id, const TensorView& view) {
    auto typed = sides_.oracle.as_known(id, view);
    if (!typed.ok()) return false;
    known.insert_or_assign(id, std::move(typed).value());
    return true;
  }

  Result<std::optional<StepCheck>> check_step(const KnownValues& known, ValueId id, const TensorView& result,
                                              double bound) const {
    const auto expected = sides_.oracle.compute(known, id);
    if (!expected.ok()) {
      // An input that this side does not have: nothing can be said. Other errors are errors.
      if (expected.error().code == ErrorCode::kInvalidInput) return std::optional<StepCheck>();
      return Error(expected.error());
    }
    StepCheck check;
    check.difference = compare(result, expected->view());
    check.is_at_fault = judge(check.difference, bound * kStepShare) == Agreement::kBeyond;
    if (check.is_at_fault && result.type.shape.rank() > 1) {
      check.channels = differing_along(1, result, expected->view(), bound * kStepShare * check.difference.magnitude);
    }
    return std::optional(std::move(check));
  }

  ValueSides& sides_;
  double bound_;
  KnownValues our_known_;
  KnownValues their_known_;
};

}  // namespace

bool is_beyond(Agreement agreement) noexcept {
  return agreement == Agreement::kBeyond || agreement == Agreement::kOtherType;
}

const StageRow* Comparison::first_stage() const noexcept {
  const auto found = std::ranges::find_if(stages, [](const StageRow& row) { return is_beyond(row.agreement); });
  return found == stages.end() ? nullptr : &*found;
}

const ValueRow* Comparison::first_value() const noexcept {
  const auto found = std::ranges::find_if(values, [](const ValueRow& row) { return is_beyond(row.agreement); });
  return found == values.end() ? nullptr : &*found;
}

const ValueRow* Comparison::first_fault() const noexcept {
  const auto found = std::ranges::find_if(values, [](const ValueRow& row) {
    return (row.engine && row.engine->is_at_fault) || (row.reference && row.reference->is_at_fault) ||
           row.agreement == Agreement::kOtherType;
  });
  return found == values.end() ? nullptr : &*found;
}

Status compare_values(ValueSides sides, double bound, Comparison& comparison,
                      const std::function<void(std::size_t, std::size_t)>& advance) {
  ValueComparer comparer(sides, bound);
  const std::vector<ValueId>& made = sides.oracle.made();
  comparison.named_values = static_cast<std::int64_t>(made.size());
  for (std::size_t i = 0; i < made.size(); ++i) {
    advance(i, made.size());
    const auto ours = sides.ours.find(made[i]);
    const bool there = sides.theirs.has(sides.oracle.name(made[i]));
    if (ours == sides.ours.end()) {
      ++comparison.hidden_values;
    } else if (!there) {
      ++comparison.absent_values;
    } else {
      KITE_TRY_ASSIGN(ValueRow row, comparer.compare_one(made[i], ours->second));
      comparison.values.push_back(std::move(row));
    }
  }
  return {};
}

}  // namespace kite::cli
