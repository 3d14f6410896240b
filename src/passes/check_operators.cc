// SPDX-License-Identifier: Apache-2.0
// The unknown operators of a graph in one sentence.
#include "passes/check_operators.h"

#include <map>
#include <string>
#include <utility>

#include "base/printable.h"
#include "passes/refusals.h"

namespace kite {

namespace {

std::string operator_name(const Refusal& refusal) {
  std::string name = in_quotes(refusal.domain.empty() ? refusal.op_type : refusal.domain + "." + refusal.op_type);
  if (refusal.first_opset != 0) {
    name += " of opset " + std::to_string(refusal.opset) + " (known: " + std::to_string(refusal.first_opset) + " to " +
            std::to_string(refusal.last_opset) + ")";
  }
  return name;
}

}  // namespace

Status check_operators(const Graph& graph) {
  std::map<std::string, std::string> unknown;  // name -> nodes
  for (Refusals found = find_unknown(graph); Refusal & refusal : found.list) {
    if (refusal.kind == Refusal::Kind::kType) return std::move(refusal.error);
    unknown.emplace(
        operator_name(refusal),
        std::to_string(refusal.count) + (refusal.count == 1 ? " node: " : " nodes, first: ") + refusal.error.where);
  }
  if (unknown.empty()) return {};
  std::string list;
  for (const auto& [name, nodes] : unknown) list += (list.empty() ? "" : ", ") + name + " (" + nodes + ")";
  return Error{ErrorCode::kUnsupportedModel,
               "the model needs operators that paperkite does not have: " + list,
               {},
               "kite inspect --ops lists the supported operators"};
}

}  // namespace kite
