// SPDX-License-Identifier: Apache-2.0
// From a typed, optimised graph to an opened plan.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "kernels/target.h"
#include "paperkite/error.h"
#include "plan/format/plan.h"

namespace kite {

// Where a run leaves a value of the graph: in an operand, which holds it from the end of a step until a later step
// writes over it. step = -1: from the beginning, a graph input.
struct ValuePlace {
  ValueId value = kNoValue;
  std::uint32_t operand = 0;
  std::int64_t step = -1;
};

struct PlanOptions {
  const Target* target = &targets::generic;
  std::uint64_t memory_limit_bytes = std::uint64_t{16} << 30;  // arena, scratch and constants together
  std::array<std::uint64_t, 2> key{};
  std::map<std::string, std::string> notes{};  // stored in the plan: labels, recipe
  int threads = 1;                             // for packing the weights
  // A plan of the same model for other input shapes. Where all constants have the same bytes, it becomes the lender.
  // May be null.
  std::shared_ptr<const Plan> lender{};
  // Receives the place of every value that a step makes, in the order of the steps. They are no part of the plan. May
  // be null.
  std::vector<ValuePlace>* places = nullptr;
  // Called when the plan's size is known; returns zeroed memory for it.
  std::function<Result<PlanBuffer>(std::uint64_t size_bytes)> allocate = PlanBuffer::allocate;
};

// Chooses kernels, lays out the activations in the arena, packs the weights, and opens the result. kLimit, with
// the name of the largest tensor, when the plan would exceed the memory limit; nothing large is allocated
// before that is known.
[[nodiscard]] Result<std::shared_ptr<const Plan>> make_plan(const Graph& graph, const PlanOptions& options);

}  // namespace kite
