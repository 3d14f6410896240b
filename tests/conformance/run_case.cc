// SPDX-License-Identifier: Apache-2.0
// The three ways to run a case.
#include "conformance/run_case.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "conformance/compare.h"
#include "conformance/run_engine.h"
#include "graph/import.h"
#include "ops/evaluate.h"
#include "paperkite/try.h"
#include "passes/pass.h"
#include "tensor/convert.h"

namespace kite::conformance {
namespace {

bool becomes_constant(const Tensor& tensor, Constants constants) {
  switch (constants) {
    case Constants::kNone: return false;
    case Constants::kIntegers: return !is_floating_point(tensor.dtype());
    case Constants::kAll: return true;
  }
  return false;
}

// A graph whose inputs are bound to the shapes of one data set, and the tensors for the inputs that remain.
struct Bound {
  Graph graph;
  std::vector<Tensor> inputs;
  [[nodiscard]] std::vector<TensorView> views() const {
    std::vector<TensorView> views;
    for (const Tensor& tensor : inputs) views.push_back(tensor.view());
    return views;
  }
};

Result<Bound> bind_case(const Case& entry, const DataSet& data, Constants constants) {
  KITE_TRY_ASSIGN(ImportedModel model, import_file(entry.folder + "/model.onnx"));
  Bound bound{std::move(model.graph), {}};
  Graph& graph = bound.graph;
  if (graph.inputs.size() != data.inputs.size()) {
    return Error{ErrorCode::kInvalidInput,
                 "the graph has " + std::to_string(graph.inputs.size()) + " inputs, the data set " +
                     std::to_string(data.inputs.size()),
                 {},
                 {}};
  }
  std::map<std::string, Shape, std::less<>> shapes;
  std::vector<GraphInput> kept;
  for (std::size_t i = 0; i < data.inputs.size(); ++i) {
    const GraphInput& input = graph.inputs[i];
    Value& value = graph.value(input.value);
    if (becomes_constant(data.inputs[i], constants)) {
      const TensorView view = graph.own(Tensor::copy_of(data.inputs[i].view()));
      value.type = view.type;
      value.constant = view;
      continue;
    }
    shapes.emplace(value.name, data.inputs[i].shape());
    kept.push_back(input);
    bound.inputs.push_back(Tensor::copy_of(data.inputs[i].view()));
  }
  graph.inputs = std::move(kept);
  KITE_TRY(bind_inputs(graph, shapes));
  KITE_TRY(compute_in_float32(graph, Float64::kStays));
  return bound;
}

Tensor widened(const Tensor& tensor) {
  if (tensor.dtype() != DType::kFloat32) return Tensor::copy_of(tensor.view());
  Tensor wide(DType::kFloat64, tensor.shape());
  std::copy_n(tensor.as<float>(), tensor.shape().elements(), wide.as<double>());
  return wide;
}

using Outputs = Result<std::vector<Tensor>>;

Outputs run_oracle(Bound bound) {
  KITE_TRY(promote_to_float64(bound.graph));
  for (Tensor& input : bound.inputs) input = widened(input);
  KITE_TRY(infer_types(bound.graph));
  return interpret(bound.graph, bound.views());
}

Outputs run_portable(Bound bound) {
  KITE_TRY(infer_types(bound.graph));
  return interpret(bound.graph, bound.views());
}

Outputs run_whole_engine(Bound bound) {
  const std::vector<TensorView> views = bound.views();
  return run_engine(std::move(bound.graph), views);
}

struct Way {
  std::string_view name;
  Outputs (*run)(Bound bound);
  bool promoted;
};
constexpr std::array kWays = {
    Way{"float64 oracle", run_oracle, true},
    Way{"portable operators", run_portable, false},
    Way{"engine", run_whole_engine, false},
};

Outcome refused_or_failed(const Error& error, Constants constants) {
  const bool is_refused = error.code == ErrorCode::kUnsupportedModel || error.code == ErrorCode::kLimit;
  return {is_refused ? Verdict::kRefused : Verdict::kFailed, constants, error.message()};
}

Outcome run_once(const Case& entry, const DataSet& data, const Way& way, Constants constants) {
  auto bound = bind_case(entry, data, constants);
  if (!bound.ok()) return refused_or_failed(bound.error(), constants);
  const Outputs outputs = way.run(std::move(bound).value());
  if (!outputs.ok()) return refused_or_failed(outputs.error(), constants);
  if (outputs->size() != data.outputs.size()) {
    return {Verdict::kFailed, constants,
            std::to_string(outputs->size()) + " outputs, expected " + std::to_string(data.outputs.size())};
  }
  for (std::size_t i = 0; i < outputs->size(); ++i) {
    const std::string what =
        difference((*outputs)[i].view(), data.outputs[i].view(), entry.rtol, entry.atol, way.promoted);
    if (!what.empty()) return {Verdict::kFailed, constants, "output " + std::to_string(i) + " " + what};
  }
  return {Verdict::kPassed, constants, {}};
}

Outcome run_with_constants(const Case& entry, const DataSet& data, const Way& way) {
  Outcome outcome;
  for (const Constants constants : {Constants::kNone, Constants::kIntegers, Constants::kAll}) {
    outcome = run_once(entry, data, way, constants);
    if (outcome.verdict != Verdict::kRefused) break;
  }
  return outcome;
}

}  // namespace

Outcome run_case(const Case& entry) {
  const auto sets = load_data_sets(entry);
  if (!sets.ok()) return refused_or_failed(sets.error(), Constants::kNone);
  Outcome whole;
  std::string failures;
  int refusals = 0;
  int runs = 0;
  for (const Way& way : kWays) {
    for (const DataSet& data : *sets) {
      const Outcome outcome = run_with_constants(entry, data, way);
      ++runs;
      whole.constants = std::max(whole.constants, outcome.constants);
      if (outcome.verdict == Verdict::kPassed) continue;
      if (outcome.verdict == Verdict::kRefused && refusals++ == 0) whole.message = outcome.message;
      failures += (failures.empty() ? "" : " | ") + std::string(way.name) + ": " + outcome.message;
      whole.verdict = std::max(whole.verdict, outcome.verdict);
    }
  }
  if (whole.verdict == Verdict::kRefused && refusals < runs) whole.verdict = Verdict::kFailed;
  if (whole.verdict == Verdict::kFailed) whole.message = failures;
  return whole;
}

}  // namespace kite::conformance
