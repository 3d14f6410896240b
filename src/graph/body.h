// SPDX-License-Identifier: Apache-2.0
// The graphs that If, Loop and Scan hold: nodes over values of their own, and over captured values of the graph around.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "graph/graph.h"

namespace kite {

struct BodyValue {
  std::string name;                    // as the file says it; need not be unique
  std::optional<TensorView> constant;  // borrows, as Value::constant does, from the Graph around all bodies
};

// A template: its nodes become nodes of a Graph when it is known that they run, and how often. Never changed once it is
// an attribute, so that copies of the node share it. All ids are positions in `values`.
struct Body {
  std::vector<BodyValue> values;
  std::vector<Node> nodes;        // in topological order
  std::vector<ValueId> inputs;    // those that the file declares, then the captured ones
  std::vector<ValueId> outputs;   // may name inputs and constants, and one value twice
  std::size_t captures = 0;       // how many of the inputs, from the end
  std::size_t first_capture = 0;  // where the captured values begin among the inputs of the node that holds the body

  [[nodiscard]] std::size_t declared_inputs() const noexcept { return inputs.size() - captures; }
  ValueId add_value(std::string name) {
    values.push_back({std::move(name), std::nullopt});
    return static_cast<ValueId>(values.size() - 1);
  }
  ValueId add_constant(std::string name, TensorView view) {
    values.push_back({std::move(name), view});
    return static_cast<ValueId>(values.size() - 1);
  }
};

// How many inputs of a node are its operator's; those that its bodies capture follow.
[[nodiscard]] std::size_t own_inputs(const Node& node);

// The body under this attribute; null where there is none.
[[nodiscard]] const Body* body_of(const Node& node, std::string_view attribute);

// Calls `change` for each node of each body that `node` holds, and of the bodies within, and for each body itself
// before its nodes. The bodies are copied, so that other holders of the same bodies see no change.
template <typename ChangeBody, typename ChangeNode>
void change_bodies(Node& node, const ChangeBody& change_body, const ChangeNode& change_node) {
  std::vector<std::pair<std::string, std::shared_ptr<const Body>>> changed;
  for (const Attribute& attribute : node.attributes.all()) {
    const auto* const held = std::get_if<std::shared_ptr<const Body>>(&attribute.value);
    if (held == nullptr) continue;
    auto body = std::make_shared<Body>(**held);
    change_body(*body);
    for (Node& inner : body->nodes) {
      change_node(inner);
      change_bodies(inner, change_body, change_node);
    }
    changed.emplace_back(attribute.name, std::move(body));
  }
  for (auto& [name, body] : changed) node.attributes.set(std::move(name), std::move(body));
}

}  // namespace kite
