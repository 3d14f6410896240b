// SPDX-License-Identifier: Apache-2.0
// Import, widen, infer types, interpret. No pass, no plan and no kernel of the engine is used.
#include "run_oracle.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "api/load.h"
#include "base/mapped_file.h"
#include "graph/import.h"
#include "ops/evaluate.h"
#include "paperkite/npy.h"
#include "paperkite/try.h"
#include "passes/pass.h"
#include "tensor/convert.h"

namespace kite::cli {

namespace {

using Tensors = std::map<std::string, Tensor, std::less<>>;
using Shapes = std::map<std::string, Shape, std::less<>>;

Result<Shape> with_rows(const Shape& shape, std::int64_t rows) {
  std::vector<std::int64_t> dims(shape.dims().begin(), shape.dims().end());
  dims[0] = rows;
  return Shape::make(dims);
}

// How many times a tensor's batch is the model's fixed batch; 1 where it is no multiple of it, or where
// the batch is open.
std::int64_t batches_in(const GraphInput& input, const Shape& given) {
  if (input.dims.empty() || given.rank() == 0) return 1;
  const std::int64_t own = input.dims[0].size.value_or(0);
  return own > 0 && given[0] > own && given[0] % own == 0 ? given[0] / own : 1;
}

// The multiple that all inputs have in common. Where they differ it is 1, and bind_inputs() then
// reports the wrong shape.
std::int64_t batches_in(const Graph& graph, const Tensors& tensors) {
  std::optional<std::int64_t> batches;
  for (const GraphInput& input : graph.inputs) {
    const auto given = tensors.find(graph.value(input.value).name);
    const std::int64_t here = given == tensors.end() ? 1 : batches_in(input, given->second.shape());
    if (batches.value_or(here) != here) return 1;
    batches = here;
  }
  return batches.value_or(1);
}

Tensor widened(const TensorView& view) {
  return view.type.dtype == DType::kFloat32 ? converted(view, DType::kFloat64) : Tensor::copy_of(view);
}

// Output `i` in the type that the model states for it.
Tensor narrowed(const Graph& graph, std::size_t i, const Tensor& tensor) {
  const bool is_wide = graph.output_dtypes[i] == DType::kFloat64;
  if (tensor.dtype() != DType::kFloat64 || is_wide) return Tensor::copy_of(tensor.view());
  return converted(tensor.view(), DType::kFloat32);
}

// Batch `index` of every input, in the graph's order.
std::vector<Tensor> inputs_of(const Graph& graph, const Tensors& tensors, const Shapes& shapes, std::int64_t index) {
  std::vector<Tensor> inputs;
  for (const GraphInput& input : graph.inputs) {
    const std::string& name = graph.value(input.value).name;
    const Tensor& all = tensors.find(name)->second;
    const TensorType type{all.dtype(), shapes.find(name)->second};
    inputs.push_back(widened({type, all.view().data + index * type.size_bytes()}));
  }
  return inputs;
}

Status append(std::vector<NamedTensor>& outputs, const Graph& graph, const std::vector<Tensor>& results,
              std::int64_t index, std::int64_t batches) {
  for (std::size_t i = 0; i < results.size(); ++i) {
    Tensor result = narrowed(graph, i, results[i]);
    if (batches == 1) {
      outputs.push_back({std::string(graph.output_name(i)), std::move(result)});
      continue;
    }
    if (result.shape().rank() == 0) {
      return Error{ErrorCode::kInvalidInput,
                   fmt::format("output \"{}\" has no batch", graph.output_name(i)),
                   {},
                   "give the model one batch at a time"};
    }
    if (index == 0) {
      KITE_TRY_ASSIGN(const Shape shape, with_rows(result.shape(), result.shape()[0] * batches));
      outputs.push_back({std::string(graph.output_name(i)), Tensor(result.dtype(), shape)});
    }
    const std::size_t size_bytes = result.view().bytes().size();
    std::byte* const to = outputs[i].tensor.mutable_view().data + static_cast<std::size_t>(index) * size_bytes;
    std::memcpy(to, result.view().data, size_bytes);
  }
  return {};
}

}  // namespace

Result<std::vector<NamedTensor>> run_oracle(const std::string& model_path, Tensors tensors,
                                            const std::vector<std::string>& data_dirs, std::int64_t limit_bytes) {
  KITE_TRY_ASSIGN(MappedFile mapped, MappedFile::open(model_path));
  if (is_plan(mapped.bytes())) {
    return Error{ErrorCode::kUsage, "a plan holds the engine's own form of a model", model_path,
                 "give --oracle the .onnx file"};
  }
  KITE_TRY_ASSIGN(ImportedModel model, import_file(std::make_shared<const MappedFile>(std::move(mapped)), data_dirs));
  Graph& graph = model.graph;
  const std::int64_t batches = batches_in(graph, tensors);
  Shapes shapes;
  for (const auto& [name, tensor] : tensors) {
    shapes.emplace(name, tensor.shape());
    if (batches == 1) continue;
    KITE_TRY_ASSIGN(shapes[name], with_rows(tensor.shape(), tensor.shape()[0] / batches));
  }
  std::vector<NamedTensor> outputs;
  const auto compute = [&]() -> Status {
    // Without its warnings, because the run that is compared with the oracle has already given them.
    (void)leave_out_unsupported(graph);
    KITE_TRY(bind_inputs(graph, shapes));
    for (const GraphInput& input : graph.inputs) {
      const Value& value = graph.value(input.value);
      const auto given = tensors.find(value.name);
      if (given == tensors.end()) {
        return Error{ErrorCode::kUsage,
                     fmt::format("no tensor for input \"{}\"", value.name),
                     {},
                     fmt::format("add --input {}=FILE.npy", value.name)};
      }
      KITE_TRY_ASSIGN(given->second, as_declared(std::move(given->second), input.dtype));
      if (given->second.dtype() != input.dtype) {
        return Error{ErrorCode::kInvalidInput,
                     fmt::format("input \"{}\" is {}, its tensor {}", value.name, dtype_name(input.dtype),
                                 dtype_name(given->second.dtype())),
                     {},
                     "save the tensor in the input's type"};
      }
    }
    KITE_TRY(compute_in_float32(graph, Float64::kStays));
    KITE_TRY(promote_to_float64(graph));
    KITE_TRY(infer_types(graph));
    for (std::int64_t index = 0; index < batches; ++index) {
      const std::vector<Tensor> inputs = inputs_of(graph, tensors, shapes, index);
      std::vector<TensorView> views;
      for (const Tensor& input : inputs) views.push_back(input.view());
      KITE_TRY_ASSIGN(const std::vector<Tensor> results, interpret(graph, views, limit_bytes));
      KITE_TRY(append(outputs, graph, results, index, batches));
    }
    return {};
  };
  if (Status computed = compute(); !computed.ok()) return std::move(computed).error().in(model_path);
  return outputs;
}

}  // namespace kite::cli
