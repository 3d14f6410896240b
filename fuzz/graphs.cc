// SPDX-License-Identifier: Apache-2.0
// An ONNX file that can be run is computed in every way that the engine has, with passes and without, and compared with
// the double-precision oracle. Its inputs are made from the types that it states.
#include <cstring>
#include <random>
#include <span>
#include <vector>

#include "driver.h"
#include "grammar/judge.h"
#include "grammar/oracle.h"
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

// float32 has the square of every number of the model, of its inputs and of what its nodes give. Beyond, or where one
// of them is no number, float32 may have an infinity or a NaN at another place than the oracle: nothing to compare.
bool is_tame(Bytes bytes, std::span<const Tensor> inputs) {
  auto oracle = grammar::oracle_graph(bytes);
  if (!oracle.ok()) return false;
  std::vector<TensorView> views;
  for (const Tensor& tensor : inputs) views.push_back(tensor.view());
  const std::vector<Tensor> wide = grammar::with_floats_as(DType::kFloat64, views);
  std::vector<TensorView> wide_views;
  for (const Tensor& tensor : wide) wide_views.push_back(tensor.view());
  const auto largest = grammar::largest_number(*oracle, wide_views);
  return largest.ok() && *largest < 1e15;
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
  if (judged->faults.empty() || !is_tame(bytes, made)) return;
  for (const std::string& fault : judged->faults) std::fprintf(stderr, "graphs: %s\n", fault.c_str());
  KITE_CHECK(judged->faults.empty());
}

}  // namespace kite::fuzz
