// SPDX-License-Identifier: Apache-2.0
// Turns a graph into the steps, operands and constants of a plan. Each lower_*.cc handles a group of operators.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "graph/graph.h"
#include "kernels/conv/conv_family.h"
#include "kernels/family.h"
#include "kernels/pool/pool_params.h"
#include "paperkite/error.h"
#include "passes/forms.h"
#include "plan/format/format.h"

namespace kite {

using OperandId = std::uint32_t;

// A constant that is written into the plan's memory once that exists.
struct ConstantJob {
  std::uint64_t offset = 0;  // into the constants section
  std::uint64_t size_bytes = 0;
  std::function<void(std::byte*)> write;
};

enum class WeightOrder : std::uint8_t { kOutputFirst, kInputFirst };  // [out, in, ...] or, of Linear, [in, out]

struct LoweredStep {
  NodeId node = kNoNode;
  std::string op{};                // the node's operator, or those of its region: "Add+Relu"
  const Family* family = nullptr;  // null: portable
  const Kernel* kernel = nullptr;
  std::vector<std::byte> params{};
  std::vector<OperandId> inputs{};
  std::vector<OperandId> outputs{};
  std::uint64_t scratch_bytes = 0;  // for each thread
  std::uint64_t macs = 0;
  int max_shares = 1;
  std::vector<NodeId> parts{};  // of a region's step
};

// The state of one lowering. Functions in lower_*.cc get operands from it and append steps; they change nothing else.
class Lowering {
 public:
  Lowering(const Graph& graph, const Target& target)
      : graph_(graph), target_(target), operand_of_(graph.value_count(), kUnassigned) {
    for (std::size_t i = 0; i < graph.inputs.size(); ++i) input_of_.try_emplace(graph.inputs[i].value, i);
  }

  [[nodiscard]] const Graph& graph() const noexcept { return graph_; }
  [[nodiscard]] const Target& target() const noexcept { return target_; }
  [[nodiscard]] const TensorType& type(ValueId id) const { return *graph_.value(id).type; }
  [[nodiscard]] const Shape& shape(ValueId id) const { return type(id).shape; }

  // The operand of a value: a graph input, a constant (copied into the plan on first use) or a buffer in the arena.
  // kNoValue gives the operand that means "left out".
  OperandId operand(ValueId id);
  // Weights in the order of the family's kernel. Nodes that use one constant in convolutions of the
  // same shape share them.
  OperandId packed_weights(ValueId weights, WeightOrder order, const ConvFamily& family, const ConvParams& params);
  // A constant of the plan that a family makes; `key` holds everything that determines its bytes.
  OperandId made_constant(std::string key, std::uint64_t size_bytes, std::function<void(std::byte*)> write);
  // Memory in the arena for what one step of a node makes for the next.
  OperandId buffer(const TensorType& type) { return new_operand(type, plan_format::Storage::kArena); }
  // The operands that a product reads: x, the packed weights, and bias and residual where the node has them.
  std::vector<OperandId> product_inputs(const Node& node, OperandId packed_weights);
  // Makes `to` another shape over the memory of `from`, without a step or a copy.
  void alias(ValueId from, ValueId to);

  // Appends a step of the family's best kernel.
  template <typename Params>
  void step(NodeId node, const FamilyOf<Params>& family, const Params& params, std::vector<OperandId> inputs,
            std::vector<OperandId> outputs) {
    const auto* first = reinterpret_cast<const std::byte*>(&params);
    append({.node = node,
            .family = &family,
            .kernel = &family.best_kernel(target_),
            .params = {first, first + sizeof(Params)},
            .inputs = std::move(inputs),
            .outputs = std::move(outputs),
            .scratch_bytes = family.scratch_bytes(params),
            .max_shares = family.max_shares(params)});
  }
  // The step that was appended last computes all nodes of a region.
  void name_region(std::span<const NodeId> nodes);
  // Appends the portable implementation of the node.
  Status portable_step(NodeId node);

  [[nodiscard]] const std::vector<LoweredStep>& steps() const noexcept { return steps_; }
  [[nodiscard]] std::vector<plan_format::Operand>& operands() noexcept { return operands_; }
  [[nodiscard]] const std::vector<plan_format::Operand>& operands() const noexcept { return operands_; }
  [[nodiscard]] const std::vector<ConstantJob>& constants() const noexcept { return constants_; }
  [[nodiscard]] std::uint64_t constant_bytes() const noexcept { return constant_bytes_; }
  // The operand that a value has got; nullopt for a value that no step reads or makes.
  [[nodiscard]] std::optional<OperandId> find_operand(ValueId id) const {
    const OperandId known = operand_of_[static_cast<std::size_t>(id)];
    return known == kUnassigned ? std::nullopt : std::optional(known);
  }
  // Aliases share the memory of their root; every other operand is its own root.
  [[nodiscard]] OperandId root(OperandId id) const { return roots_[id]; }

 private:
  static constexpr OperandId kUnassigned = ~OperandId{0};
  void append(LoweredStep step);
  // A constant of the plan; it is written when the plan's memory exists.
  OperandId constant(std::uint64_t size_bytes, std::function<void(std::byte*)> write);
  OperandId new_operand(const TensorType& type, plan_format::Storage storage);

  const Graph& graph_;
  const Target& target_;
  std::vector<OperandId> operand_of_;                  // by value
  std::unordered_map<ValueId, std::size_t> input_of_;  // graph inputs by value
  std::vector<plan_format::Operand> operands_;
  std::vector<OperandId> roots_;
  std::vector<LoweredStep> steps_;
  std::vector<ConstantJob> constants_;
  std::uint64_t constant_bytes_ = 0;
  std::map<std::string, OperandId> packed_;  // by everything that determines the bytes
  OperandId none_ = kUnassigned;
};

// Appends the steps of one node and returns true. Returns false when there is no kernel for the node's case (its dtype
// or rank); the portable implementation then computes the node.
using LowerFn = Result<bool> (*)(Lowering& lowering, NodeId node);

struct LowerRule {
  std::string_view domain;
  std::string_view op_type;
  LowerFn lower;
};

// Every operator that has a fast kernel (lower.cc lists the rules of all groups).
[[nodiscard]] LowerFn find_lower_rule(std::string_view domain, std::string_view op_type) noexcept;

// One span of rules for each group; each is defined in the file of its name.
[[nodiscard]] std::span<const LowerRule> alias_rules() noexcept;        // lower_alias.cc
[[nodiscard]] std::span<const LowerRule> conv_rules() noexcept;         // lower_conv.cc
[[nodiscard]] std::span<const LowerRule> product_rules() noexcept;      // lower_product.cc: Linear, MatMul
[[nodiscard]] std::span<const LowerRule> pool_rules() noexcept;         // lower_pool.cc: pooling, means
[[nodiscard]] std::span<const LowerRule> elementwise_rules() noexcept;  // lower_elementwise.cc
[[nodiscard]] std::span<const LowerRule> row_rules() noexcept;          // lower_rows.cc: normalisations, Softmax
[[nodiscard]] std::span<const LowerRule> recurrent_rules() noexcept;    // lower_recurrent.cc: LSTM
[[nodiscard]] std::span<const LowerRule> movement_rules() noexcept;     // lower_movement.cc: Transpose, Concat
[[nodiscard]] std::span<const LowerRule> byte_rules() noexcept;         // lower_bytes.cc: elementwise, pooling
[[nodiscard]] std::span<const LowerRule> quantised_rules() noexcept;    // lower_quantised.cc: products of 8-bit numbers

// The numbers of a convolution x [N,H,W,C] (or NCHW by its attribute input_layout), w [K,C/group,R,S]; false for shapes
// with a dimension of 2^31 or more, which the portable operator computes.
[[nodiscard]] bool read_conv(const Lowering& lowering, const Node& node, ValueId weights, ConvParams& params);

// Appends the convolution or dense layer of a node whose weights stay in 8 bits, and returns true; false where they
// were not dequantised, or have scales that the kernel does not know. `family` computes it in float32.
[[nodiscard]] bool lower_with_codes(Lowering& lowering, NodeId id, const ConvFamily& family, const ConvParams& params,
                                    WeightOrder order);

// The numbers of a pool x [N,H,W,C]; false as read_conv().
[[nodiscard]] bool read_pool(const Lowering& lowering, const Node& node, PoolKind kind, PoolParams& params);
// paperkite.MaxPool of 8-bit numbers.
[[nodiscard]] Result<bool> lower_max_pool_of_bytes(Lowering& lowering, NodeId id);

// Whether every number of these lists is below 2^31, which params can hold.
[[nodiscard]] bool all_fit_int32(std::initializer_list<std::span<const std::int64_t>> lists) noexcept;
// list[i], or `fallback` where the list is shorter; the number fits.
[[nodiscard]] std::int32_t int32_at(std::span<const std::int64_t> list, std::size_t i, std::int64_t fallback) noexcept;

// The fused activation that an internal operator's attributes state. kInvalidModel when they name an unknown one.
[[nodiscard]] Result<ActivationForm> activation_of(const Attributes& attributes);

}  // namespace kite
