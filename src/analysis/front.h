// SPDX-License-Identifier: Apache-2.0
// Which preprocessing a graph does itself: its first nodes, as long as they only move, scale and
// shift the picture's channels.
//
// It is found in the graph as the model states it, before any pass has changed the graph, and is stored with the plan.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "graph/graph.h"

namespace kite {

// The note of a plan that holds front_text().
inline constexpr std::string_view kFrontNote = "paperkite.plan.front";

struct Front {
  // The numbers that the first nodes must get so that the network gets numbers as in training: "0-255", "0-1", "-1-1",
  // or "imagenet" (normalised numbers, which the nodes convert to another range). "unknown" where no such range exists.
  std::string range;
  std::string steps;  // for messages: "Cast, Div 255, Sub [0.485, 0.456, 0.406]"
  [[nodiscard]] bool operator==(const Front&) const = default;
};

// nullopt where the graph does no preprocessing, or does not have one input that is a picture.
[[nodiscard]] std::optional<Front> find_front(const Graph& graph);

// As one line of text for a plan. For any other text parse_front() returns an "unknown" front.
[[nodiscard]] std::string front_text(const Front& front);
[[nodiscard]] Front parse_front(std::string_view text);

}  // namespace kite
