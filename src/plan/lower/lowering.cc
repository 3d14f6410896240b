// SPDX-License-Identifier: Apache-2.0
// Operands, constants and aliases of a lowering, and the table of rules by operator.
#include "plan/lower/lowering.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/checked.h"
#include "kernels/conv/conv.h"
#include "plan/format/portable.h"
#include "tensor/activation_names.h"

namespace kite {

using plan_format::Operand;
using plan_format::Storage;

OperandId Lowering::new_operand(const TensorType& type, Storage storage) {
  Operand operand{};
  operand.storage = storage;
  operand.dtype = type.dtype;
  operand.rank = static_cast<std::uint8_t>(type.shape.rank());
  std::ranges::copy(type.shape.dims(), operand.dims);
  operand.size_bytes = static_cast<std::uint64_t>(type.size_bytes());
  operands_.push_back(operand);
  roots_.push_back(static_cast<OperandId>(operands_.size() - 1));
  return roots_.back();
}

OperandId Lowering::operand(ValueId id) {
  if (id == kNoValue) {
    if (none_ == kUnassigned) none_ = new_operand({DType::kFloat32, Shape{0}}, Storage::kNone);
    return none_;
  }
  OperandId& known = operand_of_[static_cast<std::size_t>(id)];
  if (known != kUnassigned) return known;
  const Value& value = graph_.value(id);
  if (value.constant) {
    const OperandId created = constant(static_cast<std::uint64_t>(value.constant->type.size_bytes()),
                                       [view = *value.constant](std::byte* out) {
                                         std::memcpy(out, view.data, static_cast<std::size_t>(view.type.size_bytes()));
                                       });
    Operand& operand = operands_[created];
    operand.dtype = value.constant->type.dtype;
    operand.rank = static_cast<std::uint8_t>(value.constant->type.shape.rank());
    std::ranges::fill(operand.dims, 0);
    std::ranges::copy(value.constant->type.shape.dims(), operand.dims);
    return operand_of_[static_cast<std::size_t>(id)] = created;
  }
  if (const auto input = input_of_.find(id); value.producer == kNoNode && input != input_of_.end()) {
    known = new_operand(*value.type, Storage::kInput);
    operands_[known].offset = input->second;
    return known;
  }
  return known = new_operand(*value.type, Storage::kArena);
}

OperandId Lowering::constant(std::uint64_t size_bytes, std::function<void(std::byte*)> write) {
  const OperandId id = new_operand({DType::kUInt8, Shape{static_cast<std::int64_t>(size_bytes)}}, Storage::kConstant);
  operands_[id].offset = constant_bytes_;
  constants_.push_back({constant_bytes_, size_bytes, std::move(write)});
  constant_bytes_ +=
      static_cast<std::uint64_t>(round_up(static_cast<std::int64_t>(size_bytes), plan_format::kConstantAlignment));
  return id;
}

OperandId Lowering::packed_weights(ValueId weights, WeightOrder order, const ConvFamily& family,
                                   const ConvParams& params) {
  const float* const from = graph_.value(weights).constant->as<float>();
  const Kernel& kernel = family.best_kernel(target_);
  ConvParams shape = params;
  shape.activation = {};
  std::string key(reinterpret_cast<const char*>(&shape), sizeof shape);
  const auto append_bytes = [&](const auto& part) { key.append(reinterpret_cast<const char*>(&part), sizeof part); };
  append_bytes(from);
  append_bytes(kernel.id);
  append_bytes(order);
  return made_constant(std::move(key), family.packed_bytes(params), [=, &family, &kernel](std::byte* out) {
    auto* const to = reinterpret_cast<float*>(out);
    order == WeightOrder::kOutputFirst ? family.pack(params, kernel, from, to)
                                       : kConv.pack_transposed(params, kernel, from, to);
  });
}

OperandId Lowering::made_constant(std::string key, std::uint64_t size_bytes, std::function<void(std::byte*)> write) {
  const auto [entry, is_new] = packed_.try_emplace(std::move(key), kUnassigned);
  if (is_new) entry->second = constant(size_bytes, std::move(write));
  return entry->second;
}

std::vector<OperandId> Lowering::product_inputs(const Node& node, OperandId packed_weights) {
  std::vector<OperandId> inputs{operand(node.inputs[0]), packed_weights};
  for (std::size_t i = 2; i < 4; ++i) inputs.push_back(operand(i < node.inputs.size() ? node.inputs[i] : kNoValue));
  return inputs;
}

void Lowering::alias(ValueId from, ValueId to) {
  const OperandId source = operand(from);
  const OperandId target = new_operand(type(to), operands_[source].storage);
  operands_[target].offset = operands_[source].offset;
  roots_[target] = roots_[source];
  operand_of_[static_cast<std::size_t>(to)] = target;
}

void Lowering::append(LoweredStep step) {
  const Node& node = graph_.node(step.node);
  step.op = node.op_type;
  const bool is_first_of_node = steps_.empty() || steps_.back().node != step.node;
  step.macs = is_first_of_node ? static_cast<std::uint64_t>(node.multiply_adds) : 0;
  steps_.push_back(std::move(step));
}

void Lowering::name_region(std::span<const NodeId> nodes) {
  LoweredStep& step = steps_.back();
  step.op.clear();
  step.macs = 0;
  step.parts.assign(nodes.begin(), nodes.end());
  for (const NodeId id : nodes) {
    step.op += (step.op.empty() ? "" : "+") + graph_.node(id).op_type;
    step.macs += static_cast<std::uint64_t>(graph_.node(id).multiply_adds);
  }
}

namespace {

// The number of threads for the portable implementation of a node. 4096 elements take some 10 us at the 2 to 3 ns of a
// formula in double; a copy takes a tenth of that, and products take far more.
int portable_shares(const Graph& graph, const Node& node) {
  const Operator* op = find_operator(node.domain, node.op_type);
  if (op == nullptr || op->sharing == Sharing::kAlone) return 1;
  std::int64_t elements = 0;
  for (const auto& values : {node.inputs, node.outputs}) {
    for (const ValueId value : values) {
      if (value != kNoValue) elements = std::max(elements, graph.value(value).type->shape.elements());
    }
  }
  return static_cast<int>(std::clamp<std::int64_t>(elements / 4096, 1, 1024));
}

}  // namespace

Status Lowering::portable_step(NodeId id) {
  const Node& node = graph_.node(id);
  LoweredStep step;
  step.node = id;
  step.params = encode_portable(node);
  step.max_shares = portable_shares(graph_, node);
  for (const ValueId input : node.inputs) step.inputs.push_back(operand(input));
  for (const ValueId output : node.outputs) step.outputs.push_back(operand(output));
  append(std::move(step));
  return {};
}

LowerFn find_lower_rule(std::string_view domain, std::string_view op_type) noexcept {
  for (const auto rules : {alias_rules(), conv_rules(), product_rules(), pool_rules(), elementwise_rules(), row_rules(),
                           recurrent_rules(), movement_rules(), quantised_rules(), byte_rules()}) {
    for (const LowerRule& rule : rules) {
      if (rule.domain == domain && rule.op_type == op_type) return rule.lower;
    }
  }
  return nullptr;
}

bool all_fit_int32(std::initializer_list<std::span<const std::int64_t>> lists) noexcept {
  for (const auto list : lists) {
    for (const std::int64_t number : list) {
      if (number > std::numeric_limits<std::int32_t>::max()) return false;
    }
  }
  return true;
}

std::int32_t int32_at(std::span<const std::int64_t> list, std::size_t i, std::int64_t fallback) noexcept {
  return static_cast<std::int32_t>(i < list.size() ? list[i] : fallback);
}

Result<ActivationForm> activation_of(const Attributes& attributes) {
  const std::string_view name = attributes.get_string("activation", "none");
  const auto kind = find_activation(name);
  if (!kind) {
    return Error{ErrorCode::kInvalidModel,
                 "the activation \"" + std::string(name) + "\" is not known",
                 {},
                 "this is a defect of paperkite: report it with the model"};
  }
  return ActivationForm{*kind, attributes.get_float("activation_a", 0.0f), attributes.get_float("activation_b", 0.0f)};
}

}  // namespace kite
