// SPDX-License-Identifier: Apache-2.0
// The way from an imported model to a graph that can be planned.
#include "plan/source/optimise.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "analysis/front.h"
#include "analysis/scores.h"
#include "paperkite/try.h"
#include "passes/rebatch.h"
#include "plan/source/about.h"

namespace kite {

namespace {

void note_sentences(std::map<std::string, std::string, std::less<>>& notes, std::string_view key,
                    const std::vector<std::string>& sentences) {
  std::string lines;
  for (const std::string& sentence : sentences) lines += sentence + '\n';
  if (!lines.empty()) notes.insert_or_assign(std::string(key), std::move(lines));
}

// The batch that the caller asks for of a model that states a batch of 1; 0 when the caller asks for none.
std::int64_t larger_batch(const Graph& graph, const InputShapes& shapes) {
  for (const GraphInput& input : graph.inputs) {
    const auto wanted = shapes.find(graph.value(input.value).name);
    if (wanted == shapes.end() || input.dims.empty() || wanted->second.rank() == 0) continue;
    if (input.dims[0].size == 1 && wanted->second[0] > 1) return wanted->second[0];
  }
  return 0;
}

// The same model as it was exported, typed, and what the proof found in it.
struct OnePicture {
  ImportedModel model;
  BatchEdits edits;
};

Result<OnePicture> prove_one_picture(const ModelSource& source) {
  OnePicture one;
  KITE_TRY_ASSIGN(one.model, import_model(source));
  (void)leave_out_unsupported(one.model.graph);
  KITE_TRY(bind_inputs(one.model.graph, {}));
  KITE_TRY_ASSIGN([[maybe_unused]] const auto types, compute_in_float32(one.model.graph));
  KITE_TRY(infer_types(one.model.graph));
  KITE_TRY_ASSIGN(one.edits, prove_batch(one.model.graph));
  return one;
}

}  // namespace

Result<OptimisedModel> optimise(ImportedModel imported, const InputShapes& shapes,
                                const std::vector<std::string>& disabled_passes) {
  OptimisedModel model{std::move(imported.graph),
                       std::move(imported.metadata),
                       std::move(imported.producer),
                       imported.ir_version,
                       imported.opset,
                       {},
                       {},
                       {},
                       std::move(imported.external_files)};
  std::erase_if(model.metadata, [](const auto& entry) { return entry.first.starts_with(kInternalNote); });
  const std::int64_t batch = larger_batch(model.graph, shapes);
  const auto prepare = [&]() -> Status {
    std::optional<OnePicture> one;
    if (batch > 0) {
      KITE_TRY_ASSIGN(one, prove_one_picture(imported.source));
      open_batch(model.graph, one->edits, batch);
    }
    model.warnings = std::move(imported.warnings);
    std::ranges::move(leave_out_unsupported(model.graph), std::back_inserter(model.warnings));
    KITE_TRY(bind_inputs(model.graph, shapes));
    KITE_TRY_ASSIGN(model.computed_in_float32, compute_in_float32(model.graph));
    KITE_TRY(infer_types(model.graph));
    if (one) KITE_TRY(check_batch(model.graph, one->model.graph, one->edits, batch));
    if (const auto front = find_front(model.graph)) model.metadata.emplace(kFrontNote, front_text(*front));
    model.metadata.insert_or_assign(std::string(kScoresNote), scores_text(find_scores(model.graph)));
    note_about(model.metadata, imported.about);
    note_defaults(model.metadata, model.graph);
    note_sentences(model.metadata, kTypesNote, model.computed_in_float32);
    note_sentences(model.metadata, kLeftOutNote, model.warnings);
    KITE_TRY_ASSIGN(model.passes, run_passes(model.graph, disabled_passes));
    return {};
  };
  if (Status prepared = prepare(); !prepared.ok()) return std::move(prepared).error().in(imported.source.name);
  return model;
}

}  // namespace kite
