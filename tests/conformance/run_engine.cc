// SPDX-License-Identifier: Apache-2.0
// The same steps as loading a model, from an imported graph to an answer, without the plan cache.
#include "conformance/run_engine.h"

#include <memory>

#include "kernels/targets.h"
#include "paperkite/try.h"
#include "passes/pass.h"
#include "plan/lower/planner.h"
#include "runtime/session.h"

namespace kite::conformance {

Result<std::vector<Tensor>> run_engine(Graph graph, std::span<const TensorView> inputs) {
  KITE_TRY(infer_types(graph));
  KITE_TRY_ASSIGN([[maybe_unused]] const auto passes, run_passes(graph, {}));
  PlanOptions options;
  KITE_TRY_ASSIGN(options.target, default_target());
  KITE_TRY_ASSIGN(const std::shared_ptr<const Plan> plan, make_plan(graph, options));
  KITE_TRY_ASSIGN(const std::unique_ptr<PlanSession> session, PlanSession::create(plan, 2));
  KITE_TRY(session->run(inputs));
  std::vector<Tensor> outputs;
  for (std::size_t i = 0; i < plan->outputs().size(); ++i) outputs.push_back(Tensor::copy_of(session->output(i)));
  return outputs;
}

}  // namespace kite::conformance
