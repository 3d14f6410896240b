// SPDX-License-Identifier: Apache-2.0
// The way from an imported model to a graph that can be planned.
#include "plan/optimise.h"

#include <utility>

#include "paperkite/try.h"

namespace kite {

Result<OptimisedModel> optimise(ImportedModel imported, const InputShapes& shapes,
                                const std::vector<std::string>& disabled_passes) {
  const std::string path = imported.files.empty() ? std::string() : imported.files.front()->path();
  OptimisedModel model{std::move(imported.graph),
                       std::move(imported.metadata),
                       std::move(imported.producer),
                       imported.ir_version,
                       imported.opset,
                       {},
                       std::move(imported.files)};
  std::erase_if(model.metadata, [](const auto& entry) { return entry.first.starts_with(kInternalNote); });
  const auto prepare = [&]() -> Status {
    KITE_TRY(bind_inputs(model.graph, shapes));
    KITE_TRY(infer_types(model.graph));
    KITE_TRY_ASSIGN(model.passes, run_passes(model.graph, disabled_passes));
    return {};
  };
  if (Status prepared = prepare(); !prepared.ok()) return std::move(prepared).error().in(path);
  return model;
}

}  // namespace kite
