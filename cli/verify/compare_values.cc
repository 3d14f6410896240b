// SPDX-License-Identifier: Apache-2.0
// Value by value in the order of the graph. Behind the first difference everything differs, so each value that differs
// is then computed once more from the inputs that its own side had: that shows whether its step adds the difference or
// only carries it.
#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "cli/verify/comparison.h"
#include "paperkite/try.h"
#include "tensor/convert.h"

namespace kite::cli {

namespace {

// Relative to the largest number of a value.
double bound_for(DType theirs, bool is_output, double bound) {
  const double stated = is_output ? bound : kInnerFactor * bound;
  switch (theirs) {
    case DType::kFloat16: return std::max(stated, kHalfUnits * 0x1p-10);
    case DType::kBFloat16: return std::max(stated, kHalfUnits * 0x1p-7);
    case DType::kFloat32:
    case DType::kFloat64: return stated;
    default: return 0.0;
  }
}

// The types that QuantizeLinear gives.
bool is_quantized(DType dtype) { return is_integer(dtype) && dtype_size(dtype) <= 2; }

bool is_one_step(const Difference& difference, DType dtype) { return is_quantized(dtype) && difference.largest == 1.0; }

Agreement judge_value(const Difference& difference, DType dtype, double bound) {
  if (difference.differing == 0) return Agreement::kEqual;
  if (is_one_step(difference, dtype) && difference.share() <= kTieShare) return Agreement::kTies;
  return bound > 0.0 && difference.relative() <= bound ? Agreement::kWithinBound : Agreement::kBeyond;
}

bool rounds_to_steps(const Node& node) {
  return node.op_type.starts_with("QLinear") || node.op_type.ends_with("QuantizeLinear");
}

bool is_at_fault(const std::optional<StepCheck>& check) { return check && check->is_at_fault; }

class ValueComparer {
 public:
  ValueComparer(const ValueSides& sides, double bound) : sides_(sides), bound_(bound) {
    for (const auto& [input, tensor] : sides.their_inputs) their_known_.emplace(input, tensor.view());
    for (const auto& [value, ours] : sides.ours) our_known_.emplace(value, ours.tensor.view());
    const Graph& graph = sides.oracle.stated();
    outputs_.insert(graph.outputs.begin(), graph.outputs.end());
  }

  Result<ValueRow> compare_one(ValueId id) {
    const EngineValue& ours = sides_.ours.at(id);
    ValueRow row = describe(id, ours);
    KITE_TRY_ASSIGN(TensorView theirs, sides_.theirs.value(row.name));
    row.theirs = theirs.type;
    if (same_but_for_ones(theirs.type.shape, row.ours.shape)) theirs.type.shape = row.ours.shape;
    if (sides_.oracle.fits(id, theirs.type).ok()) their_known_.insert_or_assign(id, theirs);
    const bool comparable = theirs.type.shape == row.ours.shape &&
                            (theirs.type.dtype == row.ours.dtype ||
                             (is_floating_point(theirs.type.dtype) && is_floating_point(row.ours.dtype)));
    if (!comparable) {
      row.agreement = Agreement::kOtherType;
      return row;
    }
    row.bound = bound_for(theirs.type.dtype, outputs_.contains(id), bound_);
    row.difference = compare(ours.tensor.view(), theirs);
    row.agreement = judge_value(row.difference, row.ours.dtype, row.bound);
    if (row.agreement == Agreement::kBeyond && is_one_step(row.difference, row.ours.dtype)) {
      KITE_TRY_ASSIGN(const bool ties, only_ties(their_known_, id, ours.tensor.view(), theirs));
      if (ties) row.agreement = Agreement::kTies;
    }
    return row;
  }

  // Behind the first difference everything differs: which steps add to it, and which only carry it?
  Status check_steps(ValueRow& row) const {
    if (row.agreement == Agreement::kOtherType || row.difference.relative() <= kStepFactor * bound_) return {};
    // Integers are equal or not; so are half-precision numbers only to the bound of their own type.
    const double bound = row.bound == 0.0 ? 0.0 : std::max(kStepFactor * bound_, kHalfShare * row.bound);
    KITE_TRY_ASSIGN(row.engine, check_step(our_known_, row.value, our_known_.at(row.value), bound));
    // Its own graph, computed from its own values, gives what it gave.
    if (sides_.theirs.is_own_graph() || !their_known_.contains(row.value)) return {};
    KITE_TRY_ASSIGN(row.reference, check_step(their_known_, row.value, their_known_.at(row.value), bound));
    return {};
  }

 private:
  ValueRow describe(ValueId id, const EngineValue& ours) const {
    ValueRow row;
    row.value = id;
    row.name = sides_.oracle.name(id);
    const Graph& stated = sides_.oracle.stated();
    const NodeId producer = stated.value(id).producer;
    if (producer != kNoNode) {
      row.node = stated.node(producer).name;
      row.node_op = stated.node(producer).op_type;
    }
    row.op = ours.op.empty() ? row.node_op : ours.op;
    row.kernel = ours.kernel;
    row.ours = ours.tensor.type();
    return row;
  }

  // Whether two results of a QuantizeLinear that are one step apart are both right: its input, moved by what a step may
  // add, gives the one below and the one above. In an average of quantised numbers such ties are not rare.
  Result<bool> only_ties(const KnownValues& known, ValueId id, const TensorView& a, const TensorView& b) const {
    const Graph& stated = sides_.oracle.stated();
    const NodeId producer = stated.value(id).producer;
    if (producer == kNoNode || stated.node(producer).op_type != "QuantizeLinear") return false;
    const ValueId input = stated.node(producer).inputs[0];
    if (stated.is_constant(input)) return false;
    const auto real = sides_.oracle.compute(known, input);
    if (!real.ok()) return false;  // an input that this side does not have
    const std::vector<double> exact = read_numbers(real->view());
    double largest = 0.0;
    for (const double number : exact) largest = std::max(largest, std::abs(number));
    const double by = kStepFactor * bound_ * largest;
    std::vector<std::vector<double>> ends;
    for (const double direction : {-1.0, 1.0}) {
      Tensor nudged(DType::kFloat64, real->shape());
      std::ranges::transform(exact, nudged.as<double>(), [&](double number) { return number + direction * by; });
      KnownValues around = known;
      around.insert_or_assign(input, nudged.view());
      KITE_TRY_ASSIGN(const Tensor end, sides_.oracle.compute(around, id));
      ends.push_back(read_numbers(end.view()));
    }
    const std::vector<double> first = read_numbers(a), second = read_numbers(b);
    for (std::size_t i = 0; i < first.size(); ++i) {
      if (std::min(first[i], second[i]) < ends[0][i] || std::max(first[i], second[i]) > ends[1][i]) return false;
    }
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
    // A tie inside the step leaves no bound for the real numbers that come out of it.
    const bool is_real = is_floating_point(result.type.dtype);
    if (is_real && std::ranges::any_of(sides_.oracle.between(known, id), [&](NodeId node) {
          return rounds_to_steps(sides_.oracle.stated().node(node));
        })) {
      return std::optional<StepCheck>();
    }
    StepCheck check;
    check.difference = compare(result, expected->view());
    check.is_at_fault = judge_value(check.difference, result.type.dtype, bound) == Agreement::kBeyond;
    if (check.is_at_fault && is_one_step(check.difference, result.type.dtype)) {
      KITE_TRY_ASSIGN(const bool ties, only_ties(known, id, result, expected->view()));
      check.is_at_fault = !ties;
    }
    if (check.is_at_fault && result.type.shape.rank() > 1) {
      check.channels = differing_along(1, result, expected->view(), bound * check.difference.magnitude);
    }
    return std::optional(std::move(check));
  }

  const ValueSides& sides_;
  double bound_;
  KnownValues our_known_;
  KnownValues their_known_;
  std::unordered_set<ValueId> outputs_;
};

// What lies behind a tie differs by whole steps. It is no difference of its own where each side's step is right.
void excuse_ties(std::vector<ValueRow>& rows) {
  bool has_tie = false;
  for (ValueRow& row : rows) {
    has_tie = has_tie || row.agreement == Agreement::kTies;
    const bool is_checked = row.engine.has_value() && !is_at_fault(row.engine) && !is_at_fault(row.reference);
    if (has_tie && is_checked && row.agreement == Agreement::kBeyond) row.agreement = Agreement::kTies;
  }
}

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
    return is_at_fault(row.engine) || is_at_fault(row.reference) || row.agreement == Agreement::kOtherType;
  });
  return found == values.end() ? nullptr : &*found;
}

Status compare_values(const ValueSides& sides, double bound, Comparison& comparison,
                      const std::function<void(std::size_t, std::size_t)>& advance) {
  ValueComparer comparer(sides, bound);
  const std::vector<ValueId>& made = sides.oracle.made();
  comparison.named_values = static_cast<std::int64_t>(made.size());
  for (std::size_t i = 0; i < made.size(); ++i) {
    advance(i, made.size());
    if (!sides.ours.contains(made[i])) {
      ++comparison.hidden_values;
    } else if (!sides.theirs.has(sides.oracle.name(made[i]))) {
      ++comparison.absent_values;
    } else {
      KITE_TRY_ASSIGN(ValueRow row, comparer.compare_one(made[i]));
      comparison.values.push_back(std::move(row));
    }
  }
  if (comparison.first_value() == nullptr) return {};
  for (std::size_t i = 0; i < comparison.values.size(); ++i) {
    advance(i, comparison.values.size());
    KITE_TRY(comparer.check_steps(comparison.values[i]));
  }
  excuse_ties(comparison.values);
  return {};
}

}  // namespace kite::cli
