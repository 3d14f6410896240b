// SPDX-License-Identifier: Apache-2.0
// The three ways to run a case.
//
// Inputs of a node case are graph inputs, but a plan is for concrete shapes. Where an operator needs a list (axes,
// shape, pads, bounds, split sizes), a length, or elements that it counts to know its output shape, and the case gives
// it as an input, that input is first made a constant of the graph. The table below lists all of these inputs.
#include "conformance/run_case.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "conformance/compare.h"
#include "conformance/run_engine.h"
#include "graph/import.h"
#include "ops/evaluate.h"
#include "paperkite/try.h"
#include "passes/pass.h"

namespace kite::conformance {
namespace {

struct ShapeInput {
  std::string_view op_type;
  std::size_t first;  // input positions [first, last]
  std::size_t last;
};
constexpr std::array kShapeInputs = {
    ShapeInput{"AffineGrid", 1, 1},
    ShapeInput{"BlackmanWindow", 0, 0},
    ShapeInput{"CenterCropPad", 1, 1},
    ShapeInput{"Col2Im", 1, 2},
    ShapeInput{"Compress", 1, 1},
    ShapeInput{"ConstantOfShape", 0, 0},
    ShapeInput{"CumProd", 1, 1},
    ShapeInput{"CumSum", 1, 1},
    ShapeInput{"DFT", 1, 2},
    ShapeInput{"Dropout", 1, 2},
    ShapeInput{"Expand", 1, 1},
    ShapeInput{"HammingWindow", 0, 0},
    ShapeInput{"HannWindow", 0, 0},
    ShapeInput{"MaxUnpool", 2, 2},
    ShapeInput{"MelWeightMatrix", 0, 4},
    ShapeInput{"NonMaxSuppression", 0, 4},
    ShapeInput{"NonZero", 0, 0},
    ShapeInput{"OneHot", 1, 1},
    ShapeInput{"Pad", 1, 1},
    ShapeInput{"Pad", 3, 3},
    ShapeInput{"Range", 0, 2},
    ShapeInput{"ReduceL1", 1, 1},
    ShapeInput{"ReduceL2", 1, 1},
    ShapeInput{"ReduceLogSum", 1, 1},
    ShapeInput{"ReduceLogSumExp", 1, 1},
    ShapeInput{"ReduceMax", 1, 1},
    ShapeInput{"ReduceMean", 1, 1},
    ShapeInput{"ReduceMin", 1, 1},
    ShapeInput{"ReduceProd", 1, 1},
    ShapeInput{"ReduceSum", 1, 1},
    ShapeInput{"ReduceSumSquare", 1, 1},
    ShapeInput{"Reshape", 1, 1},
    ShapeInput{"Resize", 1, 3},
    ShapeInput{"STFT", 1, 1},
    ShapeInput{"STFT", 3, 3},
    ShapeInput{"Slice", 1, 4},
    ShapeInput{"Split", 1, 1},
    ShapeInput{"Squeeze", 1, 1},
    ShapeInput{"Tile", 1, 1},
    ShapeInput{"TopK", 1, 1},
    ShapeInput{"Trilu", 1, 1},
    ShapeInput{"Unique", 0, 0},
    ShapeInput{"Unsqueeze", 1, 1},
    ShapeInput{"Upsample", 1, 1},
};

bool is_shape_input(const Node& node, std::size_t position) {
  return std::ranges::any_of(kShapeInputs, [&](const ShapeInput& entry) {
    return entry.op_type == node.op_type && position >= entry.first && position <= entry.last;
  });
}

bool feeds_a_shape(const Graph& graph, ValueId value) {
  for (const NodeId id : graph.consumers(value)) {
    const Node& node = graph.node(id);
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      if (node.inputs[i] == value && is_shape_input(node, i)) return true;
    }
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

Result<Bound> bind_case(const Case& entry, const DataSet& data) {
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
    if (feeds_a_shape(graph, input.value)) {
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

std::optional<std::string> failure_of_run(const Case& entry, const DataSet& data, const Way& way) {
  auto bound = bind_case(entry, data);
  if (!bound.ok()) return bound.error().message();
  const Outputs outputs = way.run(std::move(bound).value());
  if (!outputs.ok()) return outputs.error().message();
  if (outputs->size() != data.outputs.size()) {
    return std::to_string(outputs->size()) + " outputs, expected " + std::to_string(data.outputs.size());
  }
  for (std::size_t i = 0; i < outputs->size(); ++i) {
    const std::string what =
        difference((*outputs)[i].view(), data.outputs[i].view(), entry.rtol, entry.atol, way.promoted);
    if (!what.empty()) return "output " + std::to_string(i) + " " + what;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> failure_of(const Case& entry) {
  const auto sets = load_data_sets(entry);
  if (!sets.ok()) return sets.error().message();
  std::string failures;
  for (const Way& way : kWays) {
    for (const DataSet& data : *sets) {
      const auto failure = failure_of_run(entry, data, way);
      if (!failure) continue;
      failures += (failures.empty() ? "" : " | ") + std::string(way.name) + ": " + *failure;
      break;
    }
  }
  if (failures.empty()) return std::nullopt;
  return failures;
}

}  // namespace kite::conformance
