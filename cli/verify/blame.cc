// SPDX-License-Identifier: Apache-2.0
// From the rows of a comparison to sentences: whose step is wrong, and what is different in it.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/printable.h"
#include "cli/verify/file_differences.h"
#include "cli/verify/report.h"

namespace kite::cli {

namespace {

constexpr std::size_t kMostNamed = 8;
constexpr std::string_view kStatedDifferently = "use one file on both sides, or export the model again";
constexpr std::string_view kStaysWithinBound = "nothing, where the bound is what you need";

// "only in channel 3 of 64 (axis 1)"; empty where most channels differ.
std::string channels_text(const StepCheck& check, const TensorType& type) {
  if (type.shape.rank() < 2) return {};
  const std::int64_t channels = type.shape[1];
  const auto differing = static_cast<std::int64_t>(check.channels.size());
  if (differing == 0 || 2 * differing > channels) return {};
  const std::size_t shown = std::min<std::size_t>(check.channels.size(), kMostNamed);
  return fmt::format(
      ", only at {}{} of {} along axis 1",
      fmt::join(check.channels.begin(), check.channels.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
      shown < check.channels.size() ? " ..." : "", channels);
}

std::string step_text(const ValueRow& row) {
  return row.node.empty()
             ? fmt::format("the step that makes {} ({})", in_quotes(row.name), row.node_op)
             : fmt::format("node {} ({}), which makes {}", in_quotes(row.node), row.node_op, in_quotes(row.name));
}

// The values that are compared, as far as between() wants to know.
KnownValues compared(const Comparison& comparison, const OracleGraph& graph) {
  KnownValues known;
  for (const ValueRow& row : comparison.values) known.emplace(row.value, TensorView());
  for (const ValueId input : graph.inputs()) known.emplace(input, TensorView());
  return known;
}

void add_file_differences(std::vector<Finding>& findings, const std::vector<NodeDifference>& differences,
                          std::string_view remedy) {
  for (std::size_t i = 0; i < std::min(differences.size(), kMostNamed); ++i) {
    findings.push_back({differences[i].node + ": " + differences[i].what, std::string(remedy)});
  }
  if (differences.size() > kMostNamed) {
    findings.push_back(
        {fmt::format("{} more differences of that kind", differences.size() - kMostNamed), std::string(remedy)});
  }
}

Finding engine_finding(const ValueRow& row) {
  return {
      fmt::format("{}: the engine's own result is not what its inputs give (up to {:.3g} apart, kernel {}{})",
                  step_text(row), row.engine->difference.largest, row.kernel, channels_text(*row.engine, row.ours)),
      "run it again with --isa generic and with --disable-pass to see which part is wrong, and report it: this is a "
      "defect of paperkite"};
}

Finding reference_finding(const ValueRow& row) {
  return {
      fmt::format("{}: from the inputs that the other side had, this model gives another result than the other side "
                  "(up to {:.3g} apart{})",
                  step_text(row), row.reference->difference.largest, channels_text(*row.reference, row.ours)),
      "look at the attributes and the weights of this node on both sides"};
}

Finding type_finding(const ValueRow& row) {
  return {fmt::format("{}: it is {} here and {} there", step_text(row), type_text(row.ours), type_text(row.theirs)),
          "compare values of the same model and the same input size; --shape states open dimensions"};
}

}  // namespace

std::vector<Finding> blame(const Comparison& comparison, const OracleGraph& ours, const OracleGraph* theirs,
                           const ValuePairs* pairs) {
  std::vector<Finding> findings;
  const ValueRow* const fault = comparison.first_fault();
  if (fault != nullptr) {
    if (theirs != nullptr) {
      add_file_differences(findings,
                           compare_nodes(ours.stated(), theirs->stated(), *pairs,
                                         ours.between(compared(comparison, ours), fault->value)),
                           kStatedDifferently);
    }
    if (findings.empty() && fault->agreement == Agreement::kOtherType) findings.push_back(type_finding(*fault));
    if (fault->engine && fault->engine->is_at_fault) findings.push_back(engine_finding(*fault));
    const bool is_explained = !findings.empty();
    if (!is_explained && fault->reference && fault->reference->is_at_fault) {
      findings.push_back(reference_finding(*fault));
    }
  }
  if (theirs == nullptr || !findings.empty()) return findings;
  // No step stands out. What the files state differently is still said.
  add_file_differences(findings, compare_nodes(ours.stated(), theirs->stated(), *pairs, ours.stated().order()),
                       comparison.agrees() ? kStaysWithinBound : kStatedDifferently);
  return findings;
}

std::vector<Finding> channel_findings(const Comparison& comparison) {
  const StageRow* const first = comparison.first_stage();
  if (first == nullptr || !first->channels || !first->channels->is_swapped()) return {};
  const std::string what = fmt::format("in the stage {} {}", stage_name(first->stage), channel_text(*first->channels));
  if (first->stage == PictureStage::kNormalise) {
    return {{what, R"(put "channels": "bgr" into the recipe, or take it out if it is there)"}};
  }
  return {{what, R"(OpenCV reads files as B, G, R: convert there with cv2.COLOR_BGR2RGB, or put "channels": "bgr" )"
                 "into the recipe"}};
}

}  // namespace kite::cli
