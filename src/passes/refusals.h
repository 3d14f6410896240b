// SPDX-License-Identifier: Apache-2.0
// Everything that keeps a graph from running, as far as it can be seen without running it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "paperkite/error.h"

namespace kite {

// Nodes that cannot be computed for one reason.
struct Refusal {
  enum class Kind : std::uint8_t {
    kOperator,  // there is no such operator, or not in this opset
    kType,      // a value has a type that is not read
    kNode,      // the operator is known, but not these attributes, shapes or types of it
  };
  Kind kind = Kind::kNode;
  Error error;            // of the first of the nodes
  std::string domain{};   // of the operator; "" is ai.onnx
  std::string op_type{};  // empty for a type
  int opset = 0;          // that the model imports
  int first_opset = 0;    // those of the operator here; 0 where there is no operator of the name
  int last_opset = 0;
  std::int64_t count = 1;  // nodes
};

// Reasons that are kept: a hostile file can give each of two million nodes one of its own.
inline constexpr std::size_t kMostReasons = 1000;

struct Refusals {
  std::vector<Refusal> list;   // those of find_unknown(), then nodes in the order of the graph
  std::int64_t unlisted = 0;   // nodes whose reasons came after kMostReasons others
  std::int64_t unreached = 0;  // nodes that depend on a refused one, and so were not looked at
};

// Operators and types that are not supported, in the order of their first nodes.
[[nodiscard]] Refusals find_unknown(const Graph& graph);

// Infers the types of a bound graph as infer_types() does, but goes on after a refusal with the nodes that do not
// depend on it. The graph can be used no further. Nodes that are refused with the same words are one entry.
[[nodiscard]] Refusals find_refusals(Graph& graph);

}  // namespace kite
