// SPDX-License-Identifier: Apache-2.0
// The operators that no step computes: while types are inferred, the nodes of their graphs and the tensors of their
// sequences stand in their places (passes/control). These rows say to users which there are.
#include <span>
#include <string_view>

#include "ops/op.h"
#include "ops/tables.h"

namespace kite {
namespace {

// A node that reaches its operator was not resolved: it stands in a graph whose types were not inferred.
Status refuse(InferContext& context) { return context.unsupported("the node was not resolved before it is computed"); }

Status refuse_to_compute(const ComputeContext&) {
  return Error{ErrorCode::kUnsupportedModel, "the node was not resolved before it is computed", {}, {}};
}

constexpr Operator resolved(std::string_view name, int first_opset, std::string_view limits) {
  return {"", name, first_opset, kLastOpset, limits, refuse, refuse_to_compute};
}

constexpr Operator kRows[] = {
    resolved("If", 7, "the branches give results of one shape, or the condition is constant"),
    resolved("Loop", 7,
             "the trip count is constant; with a condition of the run it is at most 1024, and nothing is collected"),
    resolved("Scan", 8, "at least one element is scanned; no sequence_lens"),
    resolved("SequenceAt", 11, "the position is constant"),
    resolved("SequenceConstruct", 11, "no input or output of the model"),
    resolved("SequenceEmpty", 11, "no input or output of the model"),
    resolved("SequenceErase", 11, "the position is constant"),
    resolved("SequenceInsert", 11, "the position is constant"),
    resolved("SequenceLength", 11, ""),
    resolved("SequenceMap", 17, ""),
    resolved("SplitToSequence", 11, "the sizes are constant"),
    resolved("ConcatFromSequence", 11, "at least one element"),
    resolved("Optional", 15, "no input or output of the model"),
    resolved("OptionalGetElement", 15, ""),
    resolved("OptionalHasElement", 15, ""),
};

}  // namespace

std::span<const Operator> control_operators() noexcept { return kRows; }

}  // namespace kite
