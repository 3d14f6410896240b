// SPDX-License-Identifier: Apache-2.0
// Sorting of nodes that a file lists in no particular order.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "paperkite/error.h"

namespace kite {

// Nodes as indices 0..n-1, each with the indices of the nodes whose outputs it reads.
struct Dependencies {
  std::vector<std::int32_t> of;          // concatenated
  std::vector<std::size_t> begin = {0};  // node i has of[begin[i] .. begin[i+1])

  [[nodiscard]] std::size_t size() const noexcept { return begin.size() - 1; }
  [[nodiscard]] std::span<const std::int32_t> operator[](std::size_t i) const noexcept {
    return std::span(of).subspan(begin[i], begin[i + 1] - begin[i]);
  }
};

struct NodeOrder {
  std::vector<std::int32_t> order;  // every node after those it reads, and otherwise in the given order
  std::vector<std::int32_t>
      cycle;  // when there is no such order: nodes that each read the next, and the last the first
};

// Iterative; linear for a list that is already in order, else n log n.
[[nodiscard]] NodeOrder sort_nodes(const Dependencies& dependencies);

}  // namespace kite
