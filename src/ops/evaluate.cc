// SPDX-License-Identifier: Apache-2.0
// Infers and computes single nodes, and whole graphs in topological order.
#include "ops/evaluate.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/checked.h"
#include "ops/compute.h"
#include "paperkite/try.h"

namespace kite {

namespace {

std::string operator_label(const Node& node) {
  const std::string domain = node.domain.empty() ? "ai.onnx" : node.domain;
  return "operator " + node.op_type + " of domain " + domain;
}

Result<const Operator*> operator_of(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  const Operator* op = find_operator(node.domain, node.op_type);
  if (op == nullptr) {
    const std::string_view reason = reason_left_out(node.domain, node.op_type);
    if (!reason.empty()) {
      return Error{ErrorCode::kUnsupportedModel, operator_label(node) + " is left out: " + std::string(reason),
                   graph.describe(id), "export the model for inference, from the picture tensor on"};
    }
    return Error{ErrorCode::kUnsupportedModel, operator_label(node) + " is not supported", graph.describe(id),
                 "kite inspect --ops lists the supported operators"};
  }
  if (node.opset < op->first_opset || node.opset > op->last_opset) {
    return Error{ErrorCode::kUnsupportedModel,
                 operator_label(node) + " is supported in opset " + std::to_string(op->first_opset) + " to " +
                     std::to_string(op->last_opset) + ", the model imports " + std::to_string(node.opset),
                 graph.describe(id), "convert the model to a supported opset"};
  }
  return op;
}

bool is_aligned(const TensorView& view) {
  return reinterpret_cast<std::uintptr_t>(view.data) % dtype_size(view.type.dtype) == 0;
}

std::int64_t output_bytes(const Graph& graph, NodeId id) {
  Checked total = 0;
  for (const ValueId output : graph.node(id).outputs) {
    if (output == kNoValue) continue;
    const auto& type = graph.value(output).type;
    KITE_CHECK(type.has_value());
    total += type->size_bytes();
  }
  return total.capped();
}

std::int64_t multiply_adds(const InferContext& context, std::span<const ValueId> outputs, const Graph& graph) {
  const auto first = std::ranges::find_if(outputs, [](ValueId output) { return output != kNoValue; });
  if (first == outputs.end() || context.products() == 0) return 0;
  return (Checked(context.products()) * graph.value(*first).type->shape.elements()).capped();
}

Error over_limit(const Graph& graph, NodeId id, std::int64_t wanted, std::int64_t limit) {
  return {ErrorCode::kLimit,
          "computing this node needs " + std::to_string(wanted) + " bytes, the limit is " + std::to_string(limit),
          graph.describe(id), "use a smaller input shape, or check the model's shape constants"};
}

}  // namespace

Status infer_node(Graph& graph, NodeId id) {
  KITE_TRY(graph.check_budget());
  KITE_TRY_ASSIGN(const Operator* op, operator_of(graph, id));
  for (const ValueId input : graph.node(id).inputs) {
    if (input == kNoValue || graph.value(input).type.has_value()) continue;
    return Error{
        ErrorCode::kInvalidModel, "nothing produces input \"" + graph.value(input).name + "\"", graph.describe(id), {}};
  }
  InferContext context(graph, id);
  Status status = op->infer(context);
  if (!status.ok()) {
    if (status.error().where.empty()) status.error().where = graph.describe(id);
    return status;
  }
  for (const ValueId output : graph.node(id).outputs) {
    if (output == kNoValue || graph.value(output).type.has_value()) continue;
    return context.invalid("the node has more outputs (" + std::to_string(context.output_count()) +
                           ") than the operator defines");
  }
  graph.node(id).multiply_adds = multiply_adds(context, graph.node(id).outputs, graph);
  return {};
}

Result<NodeCost> cost_of(Graph& graph, NodeId id) {
  KITE_TRY_ASSIGN(const Operator* op, operator_of(graph, id));
  InferContext context(graph, id);
  KITE_TRY(op->infer(context));
  Checked steps = 0;
  for (const ValueId input : graph.node(id).inputs) {
    if (input != kNoValue) steps += graph.value(input).type->shape.elements();
  }
  for (const ValueId output : graph.node(id).outputs) {
    if (output == kNoValue) continue;
    const std::int64_t elements = graph.value(output).type->shape.elements();
    steps += Checked(elements) * std::max<std::int64_t>(context.terms(), 1);
  }
  return NodeCost{output_bytes(graph, id), steps.capped()};
}

Result<std::vector<Tensor>> evaluate_node(const Graph& graph, NodeId id, std::span<const TensorView> inputs,
                                          std::int64_t limit_bytes) {
  KITE_TRY_ASSIGN(const Operator* op, operator_of(graph, id));
  const std::int64_t wanted = output_bytes(graph, id);
  if (wanted > limit_bytes) return over_limit(graph, id, wanted, limit_bytes);

  // Operators read elements through typed pointers; a constant inside a mapped file may lie at any byte.
  std::vector<Tensor> aligned;
  std::vector<TensorView> operands(inputs.begin(), inputs.end());
  for (TensorView& operand : operands) {
    if (operand.data == nullptr || is_aligned(operand)) continue;
    aligned.push_back(Tensor::copy_of(operand));
    operand = aligned.back().view();
  }

  const Node& node = graph.node(id);
  std::vector<Tensor> results;
  std::vector<MutableTensorView> outputs;
  for (const ValueId output : node.outputs) {
    results.push_back(output == kNoValue ? Tensor() : Tensor(*graph.value(output).type));
    outputs.push_back(results.back().mutable_view());
  }
  Status status = compute(*op, ComputeContext{node.attributes, node.opset, operands, outputs});
  if (!status.ok()) {
    if (status.error().where.empty()) status.error().where = graph.describe(id);
    return std::move(status).error();
  }
  return results;
}

namespace {

// The state of one interpret() call: where every value's elements are, and how many reads are still to come.
class Interpreter {
 public:
  Interpreter(const Graph& graph, std::int64_t limit_bytes)
      : graph_(graph),
        limit_bytes_(limit_bytes),
        views_(graph.value_count()),
        owned_(graph.value_count()),
        reads_left_(graph.value_count(), 0) {}

  Result<std::vector<Tensor>> run(std::span<const TensorView> inputs) {
    const std::vector<NodeId> order = graph_.order();
    count_reads(order);
    KITE_TRY(bind(inputs));
    for (const NodeId id : order) KITE_TRY(step(id));
    return take_outputs();
  }

 private:
  static std::size_t index(ValueId id) { return static_cast<std::size_t>(id); }

  void count_reads(const std::vector<NodeId>& order) {
    for (const NodeId id : order) {
      for (const ValueId input : graph_.node(id).inputs) {
        if (input != kNoValue) ++reads_left_[index(input)];
      }
    }
    for (const ValueId output : graph_.outputs) ++reads_left_[index(output)];
  }

  Status bind(std::span<const TensorView> inputs) {
    if (inputs.size() != graph_.inputs.size()) {
      return Error{ErrorCode::kInvalidInput,
                   "the model has " + std::to_string(graph_.inputs.size()) + " inputs, " +
                       std::to_string(inputs.size()) + " were given",
                   {},
                   {}};
    }
    for (std::size_t value = 0; value < views_.size(); ++value) {
      const auto& constant = graph_.value(static_cast<ValueId>(value)).constant;
      if (constant) views_[value] = *constant;
    }
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const Value& value = graph_.value(graph_.inputs[i].value);
      KITE_CHECK(value.type.has_value());  // bind_inputs() comes first
      if (inputs[i].data == nullptr || inputs[i].type != *value.type) {
        return Error{ErrorCode::kInvalidInput,
                     "expected " + std::string(dtype_name(value.type->dtype)) + value.type->shape.to_string() +
                         ", found " + std::string(dtype_name(inputs[i].type.dtype)) + inputs[i].type.shape.to_string(),
                     "input \"" + value.name + "\"",
                     {}};
      }
      views_[index(graph_.inputs[i].value)] = inputs[i];
    }
    return {};
  }

  // A node that fails only fails the run where an output needs its results: the branch that is not taken may read what
  // it must not.
  Status step(NodeId id) {
    Status status = compute(id);
    if (!status.ok() && status.error().code != ErrorCode::kLimit) {
      for (const ValueId output : graph_.node(id).outputs) failed_.emplace(output, status.error());
      status = {};
    }
    for (const ValueId input : graph_.node(id).inputs) {
      if (input != kNoValue && --reads_left_[index(input)] == 0) release(input);
    }
    return status;
  }

  // The input that a Where with one condition does not take; nothing for any other node.
  [[nodiscard]] std::optional<std::size_t> not_taken(const Node& node) const {
    if (!node.domain.empty() || node.op_type != "Where" || node.inputs.size() != 3) return std::nullopt;
    const TensorView& condition = views_[index(node.inputs[0])];
    if (condition.data == nullptr || condition.type.size_bytes() != 1) return std::nullopt;
    return condition.data[0] != std::byte{0} ? 2 : 1;
  }

  Status compute(NodeId id) {
    const Node& node = graph_.node(id);
    std::vector<TensorView> operands;
    const auto unread = not_taken(node);
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      ValueId input = node.inputs[i];
      const auto failed = failed_.find(input);
      const bool is_replaced =
          failed != failed_.end() && unread == i && graph_.value(node.inputs[3 - i]).type == graph_.value(input).type;
      if (is_replaced) input = node.inputs[3 - i];
      if (const auto found = failed_.find(input); input != kNoValue && found != failed_.end()) return found->second;
      operands.push_back(input == kNoValue ? TensorView{} : views_[index(input)]);
      if (input != kNoValue && operands.back().data == nullptr) {
        return Error{ErrorCode::kInvalidModel,
                     "nothing produces input \"" + graph_.value(input).name + "\"",
                     graph_.describe(id),
                     {}};
      }
    }
    KITE_TRY_ASSIGN(std::vector<Tensor> results, evaluate_node(graph_, id, operands, limit_bytes_ - live_bytes_));
    for (std::size_t i = 0; i < results.size(); ++i) {
      const ValueId output = node.outputs[i];
      if (output == kNoValue || reads_left_[index(output)] == 0) continue;
      live_bytes_ += results[i].type().size_bytes();
      owned_[index(output)] = std::move(results[i]);
      views_[index(output)] = owned_[index(output)].view();
    }
    return {};
  }

  void release(ValueId id) {
    Tensor& tensor = owned_[index(id)];
    if (tensor.view().data == nullptr) return;  // an input or a constant: not ours
    live_bytes_ -= tensor.type().size_bytes();
    tensor = Tensor();
    views_[index(id)] = TensorView{};
  }

  Result<std::vector<Tensor>> take_outputs() {
    std::vector<Tensor> results;
    for (const ValueId output : graph_.outputs) {
      if (const auto failed = failed_.find(output); failed != failed_.end()) return failed->second;
      const TensorView& view = views_[index(output)];
      if (view.data == nullptr) {
        return Error{ErrorCode::kInvalidModel,
                     "nothing produces this graph output",
                     "value \"" + graph_.value(output).name + "\"",
                     {}};
      }
      // The last of several mentions of one value may take the buffer itself.
      const bool last_read = --reads_left_[index(output)] == 0;
      const bool is_owned = owned_[index(output)].view().data != nullptr;
      results.push_back(last_read && is_owned ? std::move(owned_[index(output)]) : Tensor::copy_of(view));
    }
    return results;
  }

  const Graph& graph_;
  std::int64_t limit_bytes_;
  std::int64_t live_bytes_ = 0;
  std::vector<TensorView> views_;              // by value; null where not computed yet or already freed
  std::vector<Tensor> owned_;                  // by value; empty for inputs and constants
  std::unordered_map<ValueId, Error> failed_;  // values that could not be computed, and why
  std::vector<std::int64_t> reads_left_;       // by value: reads by nodes and as graph output
};

}  // namespace

Result<std::vector<Tensor>> interpret(const Graph& graph, std::span<const TensorView> inputs,
                                      std::int64_t limit_bytes) {
  return Interpreter(graph, limit_bytes).run(inputs);
}

}  // namespace kite
