// SPDX-License-Identifier: Apache-2.0
// The intermediate representation: values and nodes in static single assignment, referred to by id.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/budget.h"
#include "base/mapped_file.h"
#include "graph/attributes.h"
#include "paperkite/tensor.h"

namespace kite {

using ValueId = std::int32_t;
using NodeId = std::int32_t;
inline constexpr ValueId kNoValue = -1;  // an optional input or output that is left out
inline constexpr NodeId kNoNode = -1;

// Constants up to this size are copied when the model file has them unaligned; larger ones, the weights, never are.
inline constexpr std::int64_t kAlignedBytes = 16 * 1024;

// The domain of operators that only passes create, e.g. the channels-last convolution with a fused epilogue.
inline constexpr std::string_view kInternalDomain = "paperkite";

// A dimension of a graph input or output as the model states it: a number, or a name that is bound before inference.
struct InputDim {
  std::optional<std::int64_t> size;
  std::string symbol;  // "batch"; empty where the model names none
};

// Numbers of at most 8 bits, a byte each, that a float32 constant stands for: (q - zero) * scale, rounded as
// DequantizeLinear rounds.
struct Dequantisation {
  TensorView q;            // of the constant's shape, but for axes of 1
  TensorView scales;       // float32, unblocked one, or one for each index of `axis`; may lie unaligned
  TensorView zeros;        // of q's type, as many; data is null where all are 0
  int axis = -1;           // -1: one scale
  std::int64_t block = 0;  // indices of `axis` that share a scale; 0: none do
};

struct Value {
  std::string name;                // unique within the graph
  std::optional<TensorType> type;  // known after type inference (inputs: after binding)
  // Initializers and folded results; borrows, see Graph::own and Graph::keep. Up to kAlignedBytes the data is aligned
  // to its element size; beyond that it may be a view at any address of the model file, to be read by memcpy or
  // unaligned loads, never through a typed pointer.
  std::optional<TensorView> constant;
  // What `constant` was made of, where a kernel may read that instead: weights that stay in 8 bits.
  std::shared_ptr<const Dequantisation> dequantised;
  NodeId producer = kNoNode;  // kNoNode for graph inputs and constants
};

struct Node {
  std::string name;     // may be empty, and need not be unique
  std::string op_type;  // "Conv"
  std::string domain;   // "" is ai.onnx
  int opset = 0;        // version of `domain` that the model imports
  Attributes attributes;
  // kNoValue where an optional input or output is left out. Once the node is in a Graph, inputs change only through
  // Graph::set_input, set_inputs and replace_uses, which keep the readers of every value (verify() checks it).
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  std::int64_t multiply_adds = 0;  // of one run; set by type inference
  bool removed = false;            // set by Graph::remove; the id stays taken
};

struct GraphInput {
  ValueId value = kNoValue;
  DType dtype = DType::kFloat32;
  std::vector<InputDim> dims;
};

// Mutable while passes run, then only read by the planner; one owner, not for sharing between threads.
// Nodes are kept in topological order by every operation that the passes use: a node is inserted where its inputs
// are already produced. References to values and nodes stay valid while others are added.
class Graph {
 public:
  std::string name;
  std::vector<GraphInput> inputs;  // without the initializers that the model also lists as inputs
  // Those initializers: constants with their default value, until bind_inputs() is given another shape for one.
  std::vector<GraphInput> inputs_with_default;
  std::vector<ValueId> outputs;
  // The names of the model's outputs, one for each of `outputs`. They never change, unlike the name of the value behind
  // an output. Graphs built by hand may leave this empty: output_name() then gives the value's name.
  std::vector<std::string> output_names;
  [[nodiscard]] std::string_view output_name(std::size_t i) const;
  // One for each of `outputs`, empty where the model states no shape. Graphs built by hand may leave the list empty.
  std::vector<std::vector<InputDim>> output_dims;
  // The element type that the model states for each of `outputs`, where it states one. Graphs built by hand may leave
  // it empty.
  std::vector<std::optional<DType>> output_dtypes;

  // Values -----------------------------------------------------------------------------------------------------
  [[nodiscard]] ValueId add_value(std::string value_name);                           // made unique when already taken
  [[nodiscard]] ValueId add_constant(std::string value_name, Tensor tensor);         // owns the tensor
  [[nodiscard]] ValueId add_constant_view(std::string value_name, TensorView view);  // borrows, see keep()
  [[nodiscard]] Value& value(ValueId id) { return values_[static_cast<std::size_t>(id)]; }
  [[nodiscard]] const Value& value(ValueId id) const { return values_[static_cast<std::size_t>(id)]; }
  [[nodiscard]] std::size_t value_count() const noexcept { return values_.size(); }
  [[nodiscard]] bool is_constant(ValueId id) const { return id != kNoValue && value(id).constant.has_value(); }
  [[nodiscard]] bool is_output(ValueId id) const;
  // Nodes (not removed) that read `id`, each once, in topological order.
  [[nodiscard]] std::vector<NodeId> consumers(ValueId id) const;
  [[nodiscard]] std::size_t use_count(ValueId id) const;  // reads by nodes plus one for each graph output
  // Whether exactly one node reads `id`, and only once, and `id` is no graph output. The cost is small even where a
  // million nodes read it.
  [[nodiscard]] bool is_read_once(ValueId id) const;
  // Whether no graph output is `id` and no node reads it but these. As cheap.
  [[nodiscard]] bool is_read_only_by(ValueId id, const std::unordered_set<NodeId>& readers) const;

  // Nodes ------------------------------------------------------------------------------------------------------
  // Appends at the end of the order and becomes the producer of its outputs.
  NodeId add_node(Node node);
  // The same, placed right before / after `anchor` in the order.
  NodeId insert_before(NodeId anchor, Node node);
  NodeId insert_after(NodeId anchor, Node node);
  [[nodiscard]] Node& node(NodeId id) { return nodes_[static_cast<std::size_t>(id)]; }
  [[nodiscard]] const Node& node(NodeId id) const { return nodes_[static_cast<std::size_t>(id)]; }
  // Every node there ever was. A removed node keeps its inputs, outputs and attributes, and what it states stays true:
  // a pass that changes what a value holds makes a new value.
  [[nodiscard]] std::size_t node_count() const noexcept { return nodes_.size(); }
  // Node ids in topological order, without removed ones. A copy: passes may insert and remove while they iterate.
  [[nodiscard]] std::vector<NodeId> order() const;
  // These nodes in that order.
  [[nodiscard]] std::vector<NodeId> in_order(const std::unordered_set<NodeId>& nodes) const;
  // Detaches the node; outputs that it still produces lose their producer. It may still serve as an anchor.
  void remove(NodeId id);
  // Input `index` of a node that is in the graph becomes a read of `to` (kNoValue: left out); may be one past the
  // last input, which appends.
  void set_input(NodeId id, std::size_t index, ValueId to);
  void set_inputs(NodeId id, std::vector<ValueId> inputs);
  // Every read of `from` (by nodes and graph outputs) becomes a read of `to`; the cost is proportional to the number of
  // readers. When `from` is a graph output, the two values swap names, so that the output keeps its name. Where `to` is
  // itself a graph input or output, it keeps its own name, and only output_name() tells the two outputs apart.
  void replace_uses(ValueId from, ValueId to);

  // Lifetimes --------------------------------------------------------------------------------------------------
  // Takes ownership of a tensor, subtracts its bytes from the budget, and returns a view that lives as long as the
  // graph.
  TensorView own(Tensor tensor);
  // What may still be spent on this model before it runs.
  [[nodiscard]] Budget& budget() noexcept { return budget_; }
  [[nodiscard]] const Budget& budget() const noexcept { return budget_; }
  // kLimit when steps of plan making or bytes of names have run out. The graph counts them itself: each look at a node
  // or at a read is a step, so their number shows whether work grows with more than the size of the graph. Asked
  // whenever a node is inferred, and after each pass.
  [[nodiscard]] Status check_budget() const;
  // For data that is already in memory: returns an aligned copy that the graph owns where `view` is unaligned and at
  // most kAlignedBytes long, else `view` itself.
  TensorView align(const TensorView& view);
  // Keeps a mapped file alive for as long as the graph, so that constants may borrow from it.
  void keep(std::shared_ptr<const MappedFile> file) { files_.push_back(std::move(file)); }

  // "where" text for errors: node "layer2/conv1" (Conv).
  [[nodiscard]] std::string describe(NodeId id) const;

 private:
  struct Use {
    NodeId node;
    std::int32_t index;  // into the node's inputs
  };
  // An entry may be stale: the node is removed, or reads another value by now. Reading skips stale entries, and they
  // are dropped many at a time.
  struct UseList {
    std::vector<Use> uses;
    std::size_t stale = 0;  // an upper limit of the number of stale entries
  };
  // Neighbours in the topological order. Labels ascend along it, with gaps for insertions.
  struct Link {
    NodeId previous = kNoNode;
    NodeId next = kNoNode;
    std::uint64_t label = 0;
  };

  void count_steps(std::size_t steps) const noexcept {
    (void)budget_.take(Limit::kPlanSteps, static_cast<std::int64_t>(steps));
  }
  void count_name(const std::string& given) const noexcept {
    (void)budget_.take(Limit::kNameBytes, static_cast<std::int64_t>(given.size()));
  }
  [[nodiscard]] const UseList& looked_at(ValueId id) const;
  [[nodiscard]] bool is_live(const Use& use, ValueId id) const;
  void lose_use(ValueId id);
  NodeId store(Node node);
  void link_between(NodeId previous, NodeId id, NodeId next);
  void make_room(NodeId around);
  [[nodiscard]] std::string unique_name(std::string wanted);

  std::deque<Value> values_;
  std::deque<Node> nodes_;
  std::vector<Link> links_;    // by node
  std::vector<UseList> uses_;  // by value
  NodeId first_ = kNoNode;
  NodeId last_ = kNoNode;
  std::unordered_map<std::string, int> names_;  // every name in use -> the suffix to try when it is wanted again
  std::deque<Tensor> tensors_;
  mutable Budget budget_;  // looks take steps
  std::vector<std::shared_ptr<const MappedFile>> files_;
};

}  // namespace kite
