// SPDX-License-Identifier: Apache-2.0
// Makes the plan, watches each step of a run, and undoes what the passes did to layouts.
#include "cli/verify/engine_values.h"

#include <algorithm>
#include <array>
#include <new>
#include <string_view>
#include <utility>

#include "api/load.h"
#include "base/mapped_file.h"
#include "carriers/find_model.h"
#include "graph/import.h"
#include "kernels/targets.h"
#include "ops/evaluate.h"
#include "paperkite/try.h"

namespace kite::cli {

namespace {

// Each moves every element of its first input, and changes none.
constexpr std::array<std::string_view, 7> kMoves = {"Dropout", "Flatten",   "Identity", "Reshape",
                                                    "Squeeze", "Transpose", "Unsqueeze"};

bool only_moves(const Graph& graph, const Node& node) {
  if (!node.domain.empty() || !std::ranges::binary_search(kMoves, std::string_view(node.op_type))) return false;
  if (node.inputs.empty() || node.inputs[0] == kNoValue || node.outputs.empty() || node.outputs[0] == kNoValue) {
    return false;
  }
  // A second output is the mask of a Dropout.
  if (node.outputs.size() > 1 && node.outputs[1] != kNoValue) return false;
  const auto& source = graph.value(node.inputs[0]).type;
  const auto& result = graph.value(node.outputs[0]).type;
  return source && result && source->dtype == result->dtype &&
         std::all_of(node.inputs.begin() + 1, node.inputs.end(),
                     [&](ValueId input) { return input == kNoValue || graph.is_constant(input); });
}

// Copies operands while a run goes on.
struct Watcher {
  const PlanSession& session;
  std::span<const ValuePlace> places;  // that are still to come, in the order of their steps
  std::unordered_map<ValueId, EngineValue>& values;
  bool was_refused = false;  // memory for one of them

  // The steps of a run let no exception pass.
  static void see(void* self, std::size_t step, std::uint64_t) {
    auto& watcher = *static_cast<Watcher*>(self);
    try {
      watcher.copy_until(static_cast<std::int64_t>(step));
    } catch (const std::bad_alloc&) {
      watcher.was_refused = true;
    }
  }
  void copy_until(std::int64_t step) {
    for (; !places.empty() && places.front().step <= step; places = places.subspan(1)) {
      const ValuePlace& place = places.front();
      // The values of a branch that this run does not take are not computed.
      if (place.step >= 0 && !session.runs(static_cast<std::size_t>(place.step))) continue;
      EngineValue value{Tensor::copy_of(session.operand(place.operand)), place.step, {}, {}};
      if (place.step >= 0) {
        const PlanStep& made_by = session.plan().steps()[static_cast<std::size_t>(place.step)];
        value.op = session.plan().text(made_by.record->op);
        value.kernel = made_by.kernel == nullptr ? std::string_view("portable") : made_by.kernel->name;
      }
      values.emplace(place.value, std::move(value));
    }
  }
};

}  // namespace

Result<EngineValues> EngineValues::open(const std::string& path, const ModelOptions& options) {
  KITE_TRY_ASSIGN(const MappedFile file, MappedFile::open(path));
  if (is_plan(file.bytes())) {
    return Error{ErrorCode::kUsage, "a plan holds the engine's own form of a model, and not its values by name", path,
                 "give the .onnx file"};
  }
  KITE_TRY_ASSIGN(const ImportedModel imported, import_file(path, options.meaning.data_dirs));
  KITE_TRY_ASSIGN(OptimisedModel model, optimise_model(path, options));
  EngineValues engine;
  engine.file_values_ = imported.graph.value_count();
  engine.limit_bytes_ = static_cast<std::int64_t>(std::min(options.memory_limit_bytes, std::uint64_t{1} << 62));
  engine.warnings_ = std::move(model.warnings);
  engine.graph_ = std::make_unique<Graph>(std::move(model.graph));
  PlanOptions plan_options;
  KITE_TRY_ASSIGN(plan_options.target, options.isa.empty() ? default_target() : parse_target(options.isa));
  plan_options.memory_limit_bytes = options.memory_limit_bytes;
  plan_options.threads = std::max(options.threads, 1);
  plan_options.places = &engine.places_;
  auto plan = make_plan(*engine.graph_, plan_options);
  if (!plan.ok()) return std::move(plan).error().in(path);
  KITE_TRY_ASSIGN(engine.session_, PlanSession::create(*plan, 1));
  for (std::size_t i = 0; i < engine.graph_->inputs.size(); ++i) {
    const PlanPort& port = (*plan)->inputs()[i];
    engine.inputs_.push_back({engine.graph_->inputs[i].value, std::string(port.name), port.type});
  }
  engine.find_moves();
  return engine;
}

// A node that was removed late may give the source of one that was removed early, so the search is repeated until
// nothing is found.
void EngineValues::find_moves() {
  const Graph& graph = *graph_;
  std::vector<bool> known(graph.value_count());
  for (const ValuePlace& place : places_) known[static_cast<std::size_t>(place.value)] = true;
  for (bool found = true; found;) {
    found = false;
    for (std::size_t i = 0; i < graph.node_count(); ++i) {
      const Node& node = graph.node(static_cast<NodeId>(i));
      if (!only_moves(graph, node) || !known[static_cast<std::size_t>(node.inputs[0])]) continue;
      const ValueId result = node.outputs[0];
      if (known[static_cast<std::size_t>(result)] || graph.is_constant(result)) continue;
      known[static_cast<std::size_t>(result)] = true;
      moves_.push_back(static_cast<NodeId>(i));
      found = true;
    }
  }
}

Result<Tensor> EngineValues::moved(NodeId id, const TensorView& source) const {
  const Node& node = graph_->node(id);
  std::vector<TensorView> operands{source};
  for (std::size_t i = 1; i < node.inputs.size(); ++i) {
    operands.push_back(node.inputs[i] == kNoValue ? TensorView{} : *graph_->value(node.inputs[i]).constant);
  }
  KITE_TRY_ASSIGN(std::vector<Tensor> results, evaluate_node(*graph_, id, operands, limit_bytes_));
  return std::move(results.front());
}

Result<std::unordered_map<ValueId, EngineValue>> EngineValues::run(std::span<const TensorView> inputs) {
  std::unordered_map<ValueId, EngineValue> values;
  Watcher watcher{*session_, places_, values};
  KITE_TRY(session_->run_profiled(inputs, &Watcher::see, &watcher));
  if (watcher.was_refused)
    return Error{ErrorCode::kLimit, "no memory for the values of the graph", {}, "allow more memory"};
  // Inputs that no step reads, and a graph without a step.
  watcher.copy_until(static_cast<std::int64_t>(session_->plan().steps().size()));
  for (const NodeId id : moves_) {
    const Node& node = graph_->node(id);
    const auto source = values.find(node.inputs[0]);
    if (source == values.end()) continue;
    const EngineValue from = {{}, source->second.step, source->second.op, source->second.kernel};
    KITE_TRY_ASSIGN(Tensor tensor, moved(id, source->second.tensor.view()));
    values.emplace(node.outputs[0], EngineValue{std::move(tensor), from.step, from.op, from.kernel});
  }
  std::erase_if(values, [&](const auto& entry) { return static_cast<std::size_t>(entry.first) >= file_values_; });
  return values;
}

}  // namespace kite::cli
