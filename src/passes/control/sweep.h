// SPDX-License-Identifier: Apache-2.0
// The forward sweep that infers types. Nodes with bodies, and nodes over sequences and optionals, are resolved on the
// way: what stands in their places are the nodes of the bodies that run, and the tensors that sequences consist of.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "graph/body.h"
#include "graph/graph.h"
#include "paperkite/error.h"

namespace kite {

class Sweep;

// The versions of the operators that resolvers write: since 13, Unsqueeze, Squeeze and Split have their numbers as
// inputs.
inline constexpr int kWrittenOpset = 13;

// What one copy of a body takes from the budget.
struct CopyCost {
  std::int64_t nodes = 1;
  std::int64_t names = 0;
  std::int64_t attributes = 0;
  std::int64_t elements = 0;
  std::int64_t prefixes = 0;    // how many names get a prefix
  std::int64_t name_bytes = 0;  // without the prefixes
};

// Resolves one node whose inputs have types, or queues nodes that must be inferred before, and the node once more.
using Resolver = Status (*)(Sweep& sweep, NodeId id);

// Null for operators that are not resolved but computed.
[[nodiscard]] Resolver resolver_of(const Node& node);

// The nodes and results of one run of a body.
struct Instance {
  std::vector<NodeId> nodes;
  std::vector<ValueId> outputs;
};

// What a Loop, Scan or SequenceMap has done so far.
struct Iterations {
  std::int64_t done = 0;
  bool is_running = false;       // an instance is queued: its results are to be taken
  bool is_guarded = false;       // whether it runs is only known at run time: its results replace the state or not
  bool is_probe = false;         // it only shows the types of results, because there are no iterations
  ValueId condition = kNoValue;  // of a Loop
  std::vector<ValueId> state;    // the carried values
  std::vector<ValueId> results;  // of the instance
  std::vector<std::vector<ValueId>> collected;  // for each collected result: one value for each iteration
  std::vector<std::vector<ValueId>> finals;     // of a Scan with a batch: the last state of each picture
};

class Sweep {
 public:
  explicit Sweep(Graph& graph) : graph_(graph) {}

  [[nodiscard]] Status run();

  // Goes on after a refusal with the nodes that do not depend on it. Returns how many depend on one. Nodes of unknown
  // operators are not handed to `refuse`: those that the result needs are still in the graph.
  using Refuse = std::function<void(NodeId, Error)>;
  [[nodiscard]] std::int64_t run_past_refusals(const Refuse& refuse);

  // For resolvers -------------------------------------------------------------------------------------------------
  [[nodiscard]] Graph& graph() noexcept { return graph_; }
  [[nodiscard]] const Graph& graph() const noexcept { return graph_; }
  [[nodiscard]] const Node& node(NodeId id) const { return graph_.node(id); }

  // The value behind an id that was given up for another one.
  [[nodiscard]] ValueId current(ValueId id) const;
  // Input i of a node; kNoValue where it is left out.
  [[nodiscard]] ValueId input(NodeId id, std::size_t i) const;
  // The only element of a constant, as a number; nullopt where the value is only known at run time.
  [[nodiscard]] std::optional<std::int64_t> scalar(ValueId id) const;

  // Every reader of `from` reads `to`, which may be any kind of value.
  void give_up(ValueId from, ValueId to);
  // Output i of `id` is given up for `to`; nothing happens where the node has no such output. An output of the graph is
  // not given up: a node is added that makes it from `to`.
  void settle(NodeId id, std::size_t i, ValueId to);
  void remove(NodeId id) { graph_.remove(id); }

  // A node right before `anchor`. It is inferred when it is queued.
  [[nodiscard]] ValueId add(NodeId anchor, Node node, ValueId output = kNoValue);
  [[nodiscard]] std::vector<ValueId> add_many(NodeId anchor, Node node, std::size_t outputs);
  // The nodes that were added since the last call, to be queued.
  [[nodiscard]] std::vector<NodeId> take_added();
  // Takes records from the budget for what a sequence lists; kLimit, naming the node.
  [[nodiscard]] Status charge(NodeId id, std::size_t values, bool has_node_for_each = false);
  [[nodiscard]] ValueId add_number(std::int64_t number);  // an int64 scalar
  [[nodiscard]] ValueId add_flag(bool flag);
  // `values` along a new axis, as `output`.
  void stack(NodeId anchor, std::span<const ValueId> values, std::int64_t axis, ValueId output);

  // Output `output` becomes the one or the other value, by a condition that is known at run time. Both are computed by
  // the graph; the planner leaves out the steps of the one that is not taken.
  [[nodiscard]] Status choose(NodeId id, ValueId condition, ValueId if_true, ValueId if_false, ValueId output);

  // Puts a copy of the body's nodes before `holder`. `inputs` are the declared ones. Results that nodes of the body
  // make get the ids in `wanted`, where there are any. kLimit, naming the holder, when the budget is used up.
  [[nodiscard]] Result<Instance> instantiate(NodeId holder, const Body& body, std::span<const ValueId> inputs,
                                             const std::string& step, std::span<const ValueId> wanted = {});
  // The nodes are inferred next, and `again` after them.
  void queue(std::span<const NodeId> nodes, NodeId again = kNoNode);

  [[nodiscard]] Iterations& iterations(NodeId id) { return iterations_[id]; }
  [[nodiscard]] bool has_iterations(NodeId id) const { return iterations_.contains(id); }
  void forget_iterations(NodeId id) { iterations_.erase(id); }

  // Sequences are lists of values. An optional is a value, or kNoValue.
  void set_sequence(ValueId id, std::vector<ValueId> elements) { sequences_[id] = std::move(elements); }
  void set_optional(ValueId id, ValueId value) { optionals_[id] = value; }
  [[nodiscard]] const std::vector<ValueId>* sequence(ValueId id) const;
  [[nodiscard]] const ValueId* optional(ValueId id) const;

  // Errors that name the node.
  [[nodiscard]] Error invalid(NodeId id, std::string what) const;
  [[nodiscard]] Error unsupported(NodeId id, std::string what, std::string remedy = {}) const;
  // The body under this attribute, or an error that it is missing.
  [[nodiscard]] Result<const Body*> body(NodeId id, std::string_view attribute) const;

 private:
  [[nodiscard]] Status visit_all();
  [[nodiscard]] Status visit(NodeId id);
  void poison(NodeId id);
  [[nodiscard]] Status infer(NodeId id);
  [[nodiscard]] Status check_outputs() const;
  [[nodiscard]] Status charge_copy(NodeId holder, const Body& body, const std::string& prefix);
  [[nodiscard]] std::string label(NodeId id) const;
  [[nodiscard]] ValueId constant_of(const Body& body, ValueId local);

  Graph& graph_;
  std::vector<NodeId> queue_;  // the next one is the last
  std::vector<NodeId> added_;
  std::unordered_map<ValueId, ValueId> given_up_;
  std::unordered_map<ValueId, std::vector<ValueId>> sequences_;
  std::unordered_map<ValueId, ValueId> optionals_;
  std::unordered_set<ValueId> poisoned_;  // made by unknown or refused nodes, or from such values
  const Refuse* refuse_ = nullptr;        // null: a refusal ends the sweep
  std::int64_t unreached_ = 0;
  std::unordered_map<NodeId, Iterations> iterations_;
  std::unordered_map<const Body*, std::vector<ValueId>> constants_;  // of bodies, in the graph
  std::unordered_map<const Body*, CopyCost> costs_;
  bool resolves_ = false;  // the graph has a node with a resolver
};

}  // namespace kite
