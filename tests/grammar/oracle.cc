// SPDX-License-Identifier: Apache-2.0
// Interprets a float64 graph, with or without the noise of rounding.
#include "grammar/oracle.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>
#include <utility>

#include "graph/import.h"
#include "ops/evaluate.h"
#include "paperkite/try.h"
#include "passes/pass.h"
#include "tensor/convert.h"

namespace kite::grammar {

namespace {

constexpr double kHalfUlp = 0x1p-24;

// Operators that give elements of their inputs as they are, or whole numbers: nothing is rounded.
constexpr std::array<std::string_view, 53> kMoves = {"Identity",
                                                     "Reshape",
                                                     "Flatten",
                                                     "Squeeze",
                                                     "Unsqueeze",
                                                     "Transpose",
                                                     "Concat",
                                                     "Split",
                                                     "Slice",
                                                     "Gather",
                                                     "GatherND",
                                                     "GatherElements",
                                                     "ScatterND",
                                                     "ScatterElements",
                                                     "Where",
                                                     "Pad",
                                                     "Expand",
                                                     "Tile",
                                                     "DepthToSpace",
                                                     "SpaceToDepth",
                                                     "Trilu",
                                                     "Max",
                                                     "Min",
                                                     "Relu",
                                                     "Abs",
                                                     "Neg",
                                                     "Clip",
                                                     "MaxPool",
                                                     "GlobalMaxPool",
                                                     "TopK",
                                                     "ReduceMax",
                                                     "ReduceMin",
                                                     "Dropout",
                                                     "Constant",
                                                     "ConstantOfShape",
                                                     "Round",
                                                     "Floor",
                                                     "Ceil",
                                                     "Sign",
                                                     "Range",
                                                     "OneHot",
                                                     "Hardmax",
                                                     "EyeLike",
                                                     "ThresholdedRelu",
                                                     "ReverseSequence",
                                                     "Compress",
                                                     "CenterCropPad",
                                                     "NonZero",
                                                     "Unique",
                                                     "CastLike",
                                                     "MaxRoiPool",
                                                     "MaxUnpool",
                                                     "Mod"};
// Operators whose float32 result is the exact one, rounded once.
constexpr std::array<std::string_view, 7> kRoundedOnce = {
    "Add", "Sub", "Mul", "Div", "Sqrt", "Cast", "DequantizeLinear"};

template <std::size_t N>
bool is_one_of(const Node& node, const std::array<std::string_view, N>& names) {
  return node.domain.empty() && std::ranges::find(names, node.op_type) != names.end();
}

double largest(const TensorView& view) {
  double most = 0;
  if (view.data == nullptr || view.type.dtype != DType::kFloat64) return most;
  for (std::int64_t i = 0; i < view.type.shape.elements(); ++i) {
    const double size = std::abs(view.as<double>()[i]);
    if (std::isfinite(size)) most = std::max(most, size);
  }
  return most;
}

// The magnitude that the rounding errors of a node are relative to. A sum may cancel, so that its terms count.
double scale_of(const Graph& graph, NodeId id, std::span<const TensorView> inputs, const Tensor& result) {
  const double own = largest(result.view());
  const Node& node = graph.node(id);
  if (node.multiply_adds > 0 && inputs.size() >= 2) {
    return std::max(own, largest(inputs[0]) * largest(inputs[1]));
  }
  double most = own;
  for (const TensorView& input : inputs) most = std::max(most, largest(input));
  const bool is_sum = node.op_type.find("Pool") != std::string::npos || node.op_type.starts_with("Reduce") ||
                      node.op_type == "CumSum" || node.op_type == "Sum" || node.op_type == "Resize";
  return is_sum ? most : own;
}

// Moves every finite element by up to `size`.
void move_all(Tensor& tensor, double size, std::mt19937_64& random) {
  std::uniform_real_distribution<double> uniform(-1.0, 1.0);
  double* const elements = tensor.as<double>();
  for (std::int64_t i = 0; i < tensor.shape().elements(); ++i) {
    if (std::isfinite(elements[i])) elements[i] += size * uniform(random);
  }
}

void add_noise(const Graph& graph, NodeId id, std::span<const TensorView> inputs, Tensor& result,
               std::mt19937_64& random, bool absolute) {
  const Node& node = graph.node(id);
  if (result.dtype() != DType::kFloat64 || is_one_of(node, kMoves)) return;
  const std::int64_t count = result.shape().elements();
  if (is_one_of(node, kRoundedOnce)) {
    std::uniform_real_distribution<double> uniform(-1.0, 1.0);
    double* const elements = result.as<double>();
    for (std::int64_t i = 0; i < count; ++i) elements[i] += elements[i] * kHalfUlp * uniform(random);
    return;
  }
  // A sum of n terms has n roundings, whose errors partly cancel; a function of one has the few of its polynomial.
  const double terms = count > 0 ? static_cast<double>(node.multiply_adds) / static_cast<double>(count) : 0.0;
  double inputs_per_element = 1;
  if (!inputs.empty() && inputs[0].data != nullptr && count > 0) {
    inputs_per_element = static_cast<double>(inputs[0].type.shape.elements()) / static_cast<double>(count);
  }
  const double roundings = 4.0 + std::sqrt(std::max(terms, inputs_per_element));
  const double scale = std::max(scale_of(graph, id, inputs, result), absolute ? 1.0 : 0.0);
  move_all(result, scale * kHalfUlp * roundings, random);
}

Result<ImportedModel> bound_model(std::span<const std::byte> bytes) {
  KITE_TRY_ASSIGN(ImportedModel model, import_bytes(bytes, "graph"));
  KITE_TRY(bind_inputs(model.graph, {}));
  return model;
}

}  // namespace

Result<Graph> oracle_graph(std::span<const std::byte> bytes) {
  KITE_TRY_ASSIGN(ImportedModel model, bound_model(bytes));
  KITE_TRY(compute_in_float32(model.graph, Float64::kStays));
  KITE_TRY(promote_to_float64(model.graph));
  KITE_TRY(infer_types(model.graph));
  return std::move(model.graph);
}

Result<Graph> plain_graph(std::span<const std::byte> bytes) {
  KITE_TRY_ASSIGN(ImportedModel model, bound_model(bytes));
  KITE_TRY(compute_in_float32(model.graph));
  KITE_TRY(infer_types(model.graph));
  return std::move(model.graph);
}

std::vector<Tensor> with_floats_as(DType to, std::span<const TensorView> tensors) {
  std::vector<Tensor> made;
  for (const TensorView& view : tensors) {
    made.push_back(view.type.dtype == DType::kFloat32 ? converted(view, to) : Tensor::copy_of(view));
  }
  return made;
}

namespace {

// `meet` is given every tensor: constants, inputs, and the nodes' results.
template <typename Meet>
Result<std::vector<Tensor>> walk(Graph& graph, std::span<const TensorView> inputs, std::mt19937_64* noise,
                                 bool absolute, const Meet& meet) {
  std::vector<TensorView> views(graph.value_count());
  std::vector<Tensor> owned(graph.value_count());
  for (std::size_t i = 0; i < views.size(); ++i) {
    const auto& constant = graph.value(static_cast<ValueId>(i)).constant;
    if (!constant) continue;
    views[i] = *constant;
    meet(views[i]);
    if (noise == nullptr || !absolute || constant->type.dtype != DType::kFloat64) continue;
    owned[i] = Tensor::copy_of(*constant);
    move_all(owned[i], 4 * kHalfUlp * std::max(largest(views[i]), 1.0), *noise);
    views[i] = owned[i].view();
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    views[static_cast<std::size_t>(graph.inputs[i].value)] = inputs[i];
    meet(inputs[i]);
  }
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    std::vector<TensorView> operands;
    for (const ValueId input : node.inputs) {
      operands.push_back(input == kNoValue ? TensorView{} : views[static_cast<std::size_t>(input)]);
    }
    KITE_TRY_ASSIGN(std::vector<Tensor> results, evaluate_node(graph, id, operands, kInterpretLimitBytes));
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (node.outputs[i] == kNoValue) continue;
      const auto at = static_cast<std::size_t>(node.outputs[i]);
      if (noise != nullptr) add_noise(graph, id, operands, results[i], *noise, absolute);
      owned[at] = std::move(results[i]);
      views[at] = owned[at].view();
      meet(views[at]);
    }
  }
  std::vector<Tensor> outputs;
  for (const ValueId output : graph.outputs)
    outputs.push_back(Tensor::copy_of(views[static_cast<std::size_t>(output)]));
  return outputs;
}

}  // namespace

Result<std::vector<Tensor>> compute(Graph& graph, std::span<const TensorView> inputs, std::mt19937_64* noise,
                                    bool absolute) {
  return walk(graph, inputs, noise, absolute, [](const TensorView&) {});
}

Result<double> largest_number(Graph& graph, std::span<const TensorView> inputs) {
  double most = 0;
  const auto meet = [&most](const TensorView& view) {
    if (view.data == nullptr || view.type.dtype != DType::kFloat64) return;
    for (std::int64_t i = 0; i < view.type.shape.elements(); ++i) {
      const double size = std::abs(view.as<double>()[i]);
      most = std::max(most, std::isfinite(size) ? size : std::numeric_limits<double>::infinity());
    }
  };
  KITE_TRY_ASSIGN([[maybe_unused]] const std::vector<Tensor> outputs, walk(graph, inputs, nullptr, false, meet));
  return most;
}

}  // namespace kite::grammar
