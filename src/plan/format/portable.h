// SPDX-License-Identifier: Apache-2.0
// How a plan carries an operator that has no kernel: its name, opset and attributes as bytes.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "graph/graph.h"
#include "paperkite/error.h"
#include "plan/format/plan.h"

namespace kite {

[[nodiscard]] std::vector<std::byte> encode_portable(const Node& node);

// kInvalidModel for bytes that encode_portable() cannot have written. Tensor attributes borrow from `bytes`.
[[nodiscard]] Result<std::unique_ptr<const PortableCall>> decode_portable(std::span<const std::byte> bytes);

// An operand as infer() gets it: left out, known when the plan was made, or known only by its type.
struct PortableInput {
  bool present = false;
  TensorType type;
  const std::byte* constant = nullptr;
};

// Proves that the operator, given these inputs, writes exactly these outputs (nullopt for an output that is left out):
// the operator's own infer() runs on a graph of this one node.
[[nodiscard]] Status check_portable(const PortableCall& call, std::span<const PortableInput> inputs,
                                    std::span<const std::optional<TensorType>> outputs);

}  // namespace kite
