// SPDX-License-Identifier: Apache-2.0
// What a node does to the channels of a picture, as long as it only moves, scales and shifts them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "graph/graph.h"

namespace kite {

// value = scale * (channel `source` of the input) + offset
struct ChannelMap {
  int source = 0;
  double scale = 1;
  double offset = 0;
  [[nodiscard]] bool operator==(const ChannelMap&) const = default;
};

// A value that holds the picture's channels along one axis.
struct Channels {
  int rank = 4;
  int axis = 1;  // -1: there is one channel, without an axis
  std::vector<ChannelMap> maps;
  [[nodiscard]] bool operator==(const Channels&) const = default;
};

enum class Tracked : std::uint8_t {
  kFollowed,  // the outputs are given
  kEnd,       // the node belongs to the network
  kUnclear,   // arithmetic on the picture that is not a scale or a shift
};

struct FollowedNode {
  Tracked result = Tracked::kEnd;
  std::vector<Channels> outputs;  // one for each output of the node
  std::string step;               // "Div 255"; empty where the numbers do not change
};

// `channels_of` gives the channels of an input of the node; null where the input holds no channels of the picture.
[[nodiscard]] FollowedNode follow(const Graph& graph, const Node& node,
                                  const std::function<const Channels*(ValueId)>& channels_of);

// The elements of a constant of any number type, or of the result of a Constant node; nullopt where they are not known.
struct SmallConstant {
  std::vector<std::int64_t> dims;
  std::vector<double> values;
};
[[nodiscard]] std::optional<SmallConstant> numbers_of(const Graph& graph, ValueId id);

}  // namespace kite
