// SPDX-License-Identifier: Apache-2.0
// Bytes as an ONNX file: they are refused with an Error, or import as a graph that is sound and can be printed. With
// types, with what stands in the places of loops and branches, and after each pass it is sound again.
#include "analysis/front.h"
#include "analysis/scores.h"
#include "driver.h"
#include "graph/dump.h"
#include "graph/import.h"
#include "graph/verify.h"
#include "passes/pass.h"

namespace kite::fuzz {

void onnx(Bytes bytes) {
  auto imported = import_bytes(bytes, "fuzz");
  using enum ErrorCode;
  if (!imported.ok()) return check_error(imported.error(), {kInvalidModel, kUnsupportedModel, kLimit, kIo});
  Graph& graph = imported->graph;
  KITE_CHECK(verify(graph).ok());
  KITE_CHECK(!dump(graph).empty());
  // Little of each, so that a loop without end ends soon.
  graph.budget().set_left(Limit::kNodes, 2000);
  graph.budget().set_left(Limit::kConstantSteps, 100'000);
  if (!bind_inputs(graph, {}).ok()) return;
  (void)leave_out_unsupported(graph);
  if (!compute_in_float32(graph).ok() || !infer_types(graph).ok()) return;
  KITE_CHECK(verify(graph).ok());
  if (const auto front = find_front(graph)) KITE_CHECK(parse_front(front_text(*front)) == *front);
  KITE_CHECK(parse_scores(scores_text(find_scores(graph))).has_value());
  for (const Pass& pass : pass_pipeline()) {
    if (const auto rewrites = pass.run(graph); !rewrites.ok()) {
      return check_error(rewrites.error(), {kInvalidModel, kUnsupportedModel, kLimit});
    }
    KITE_CHECK(verify(graph).ok());
  }
}

}  // namespace kite::fuzz
