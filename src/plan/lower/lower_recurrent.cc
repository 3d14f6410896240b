// SPDX-License-Identifier: Apache-2.0
// Lowers what is left of an LSTM when the products with its input are a product of matrices (passes/decompose).
#include <algorithm>
#include <string>
#include <vector>

#include "kernels/lstm/lstm.h"
#include "ops/recurrent.h"
#include "plan/lower/lowering.h"

namespace kite {

namespace {

// Inputs of the node; its second is W, which the decomposition left out.
constexpr std::size_t kR = 2, kBias = 3, kLengths = 4, kInitialH = 5, kInitialC = 6, kPeepholes = 7;

ValueId value_at(const std::vector<ValueId>& values, std::size_t i) { return i < values.size() ? values[i] : kNoValue; }

bool has_usual_cells(const Node& node) {
  return value_at(node.inputs, kLengths) == kNoValue && value_at(node.inputs, kPeepholes) == kNoValue &&
         !node.attributes.has("clip") && node.attributes.get_int("input_forget", 0) == 0 &&
         has_default_functions(node.attributes, Cell::kLstm);
}

Result<bool> lower_lstm(Lowering& lowering, NodeId id) {
  const Node& node = lowering.graph().node(id);
  const ValueId r = value_at(node.inputs, kR);
  if (lowering.type(node.inputs[0]).dtype != DType::kFloat32 || !lowering.graph().is_constant(r) ||
      !has_usual_cells(node)) {
    return false;
  }
  const Recurrence recurrence = read_recurrence(node.attributes, lowering.shape(node.inputs[0]), lowering.shape(r));
  if (std::min({recurrence.steps, recurrence.batch, recurrence.hidden}) < 1 || recurrence.hidden > kLstmMostHidden) {
    return false;
  }
  const LstmParams params{.steps = recurrence.steps,
                          .batch = recurrence.batch,
                          .hidden = static_cast<std::int32_t>(recurrence.hidden),
                          .directions = recurrence.directions,
                          .is_reverse = recurrence.is_reverse ? 1 : 0,
                          .is_batch_first = recurrence.is_batch_first ? 1 : 0};
  const float* const from = lowering.graph().value(r).constant->as<float>();
  const Target& target = lowering.target();
  const OperandId packed = lowering.made_constant(
      "lstm of value " + std::to_string(r), kLstmFamily.packed_bytes(params),
      [=, &target](std::byte* out) { kLstmFamily.pack(params, target, from, reinterpret_cast<float*>(out)); });
  lowering.step(
      id, kLstmFamily, params,
      {lowering.operand(node.inputs[0]), packed, lowering.operand(value_at(node.inputs, kBias)),
       lowering.operand(value_at(node.inputs, kInitialH)), lowering.operand(value_at(node.inputs, kInitialC))},
      {lowering.operand(node.outputs[0]), lowering.operand(value_at(node.outputs, 1)),
       lowering.operand(value_at(node.outputs, 2))});
  return true;
}

constexpr LowerRule kRecurrentRules[] = {{kInternalDomain, "LSTM", lower_lstm}};

}  // namespace

std::span<const LowerRule> recurrent_rules() noexcept { return kRecurrentRules; }

}  // namespace kite
