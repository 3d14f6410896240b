// SPDX-License-Identifier: Apache-2.0
// Which preprocessing a graph does itself: its first nodes, while they only move, scale and shift the picture's channels.
//
// It is read from the graph as the model states it, before any pass has rewritten it, and stored with the plan.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "graph/graph.h"

namespace kite {

// The note of a plan that holds front_text().
inline constexpr std::string_view kFrontNote = "paperkite.plan.front";

struct Front {
  // What the first nodes expect so that they make numbers in which networks are trained: "0-255", "0-1", "-1-1", or
  // "imagenet" (normalised numbers that they bring to another range); "unknown" where they make no such numbers.
  std::string range;
  std::string steps;  // for people: "Cast, Div 255, Sub [0.485, 0.456, 0.406]"
  [[nodiscard]] bool operator==(const Front&) const = default;
};

// nullopt where the graph begins with its network, or does not begin with one input that is a picture.
[[nodiscard]] std::optional<Front> find_front(const Graph& graph);

// As text for a plan, in one line; parse_front() of what it does not write gives an "unknown" front.
[[nodiscard]] std::string front_text(const Front& front);
[[nodiscard]] Front parse_front(std::string_view text);

}  // namespace kite
