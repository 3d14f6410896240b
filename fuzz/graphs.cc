// SPDX-License-Identifier: Apache-2.0
// An ONNX file that can be run is computed in every way that the engine has, with passes and without, and compared with
// the double-precision oracle. Its inputs are made from the types that it states.
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "driver.h"
#include "grammar/judge.h"
#include "graph/import.h"
#include "passes/pass.h"
#include "tensor/convert.h"

namespace kite::fuzz {

namespace {

// So that one input takes milliseconds.
constexpr std::int64_t kMostElements = 1 << 14;
constexpr std::int64_t kMostMultiplyAdds = 1 << 22;
constexpr std::size_t kMostNodes = 64;

// Typed; empty where it is refused or too much work for a driver.
bool is_small(Graph& graph) {
  graph.budget().set_left(Limit::kNodes, 500);
  graph.budget().set_left(Limit::kConstantSteps, 100'000);
  if (!bind_inputs(graph, {}).ok()) return false;
  for (const GraphInput& input : graph.inputs) {
    const auto& type = graph.value(input.value).type;
    if (!type || type->shape.elements() > kMostElements) return false;
  }
  if (!compute_in_float32(graph).ok() || !infer_types(graph).ok()) return false;
  std::int64_t work = 0;
  std::size_t nodes = 0;
  for (const NodeId id : graph.order()) {
    work += graph.node(id).multiply_adds;
    for (const ValueId output : graph.node(id).outputs) {
      if (output == kNoValue) continue;
      const auto& type = graph.value(output).type;
      if (!type || type->shape.elements() > kMostElements) return false;
    }
    ++nodes;
  }
  return nodes <= kMostNodes && work <= kMostMultiplyAdds;
}

Tensor made_input(const TensorType& type, std::mt19937& random) {
  Tensor numbers(is_floating_point(type.dtype) ? DType::kFloat32 : type.dtype, type.shape);
  for (std::int64_t i = 0; i < type.shape.elements(); ++i) {
    const auto drawn = static_cast<std::uint32_t>(random());
    if (numbers.dtype() == DType::kFloat32) {
      numbers.as<float>()[i] = static_cast<float>(static_cast<std::int32_t>(drawn)) * 0x1p-30F;
    } else {
      const auto at = numbers.mutable_view();
      const auto small = static_cast<std::uint8_t>(drawn % (numbers.dtype() == DType::kBool ? 2 : 3));
      std::memcpy(static_cast<std::byte*>(at.data) + i * (at.type.size_bytes() / type.shape.elements()), &small, 1);
    }
  }
  return type.dtype == DType::kFloat32 || !is_floating_point(type.dtype) ? std::move(numbers)
                                                                         : converted(numbers.view(), type.dtype);
}

// Where the oracle overflows, or has no number, float32 may have either: nothing to compare.
bool is_tame(const grammar::Judgement& judged) {
  for (const auto& output : judged.outputs) {
    if (output.oracle.dtype() != DType::kFloat64) continue;
    for (std::int64_t i = 0; i < output.oracle.shape().elements(); ++i) {
      if (!(std::abs(output.oracle.as<double>()[i]) < 1e30)) return false;
    }
  }
  return true;
}

}  // namespace

void graphs(Bytes bytes) {
  auto model = import_bytes(bytes, "fuzz");
  if (!model.ok() || !is_small(model->graph)) return;
  std::mt19937 random(static_cast<std::uint32_t>(bytes.size()));
  std::vector<Tensor> made;
  std::vector<Bytes> inputs;
  for (const GraphInput& input : model->graph.inputs) {
    made.push_back(made_input(*model->graph.value(input.value).type, random));
  }
  for (const Tensor& tensor : made) inputs.push_back(tensor.view().bytes());
  const auto judged = grammar::judge(bytes, inputs, grammar::Care::kThorough);
  if (!judged.ok())
    return check_error(judged.error(), {ErrorCode::kInvalidModel, ErrorCode::kUnsupportedModel,
                                        ErrorCode::kInvalidInput, ErrorCode::kLimit});
  if (!is_tame(*judged)) return;
  for (const std::string& fault : judged->faults) std::fprintf(stderr, "graphs: %s\n", fault.c_str());
  KITE_CHECK(judged->faults.empty());
}

}  // namespace kite::fuzz
