// SPDX-License-Identifier: Apache-2.0
// Follows the picture's channels from the input into the graph, and names the range of input numbers that the graph's
// own preprocessing expects.
#include "analysis/front.h"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>
#include <vector>

#include "analysis/channel_maps.h"

namespace kite {
namespace {

// The largest depth of the recursion; a longer chain of nodes, e.g. of Identities, does not count as preprocessing.
constexpr std::size_t kMaxNodes = 256;

// The channels of a picture input; nullopt where the input is not a picture.
std::optional<Channels> input_channels(const GraphInput& input) {
  const auto rank = static_cast<int>(input.dims.size());
  if (rank < 2 || rank > 5) return std::nullopt;
  const auto size_of = [&](int axis) { return input.dims[static_cast<std::size_t>(axis)].size.value_or(0); };
  const auto is_channels = [](std::int64_t size) { return size == 1 || size == 3 || size == 4; };
  Channels channels{rank, -1, {{0, 1, 0}}};
  if (rank == 2) return channels;
  const int first = rank - 3;
  const bool is_last = is_channels(size_of(rank - 1)) && !is_channels(size_of(first));
  channels.axis = is_last ? rank - 1 : first;
  if (rank == 5 && size_of(2) == 1 && is_channels(size_of(1)) && size_of(1) > 1) channels.axis = 1;
  std::int64_t count = size_of(channels.axis);
  if (count == 0) count = 3;  // an open number of channels is taken for three
  if (!is_channels(count)) return std::nullopt;
  channels.maps.clear();
  for (int c = 0; c < count; ++c) channels.maps.push_back({c, 1, 0});
  return channels;
}

// The channels that reach the network, and the steps that made them.
struct Followed {
  std::vector<Channels> ends;
  std::vector<std::string> steps;
  bool is_unclear = false;
  bool is_batch_norm = false;  // of all steps that change numbers
};

class Follower {
 public:
  Follower(const Graph& graph, ValueId input, Channels channels) : graph_(graph) {
    channels_.emplace(input, std::move(channels));
    to_visit_.push_back(input);
  }

  Followed run() {
    // Values become known in topological order, because a Concat waits until all of its inputs are known.
    for (std::size_t i = 0; i < to_visit_.size() && visited_ < kMaxNodes; ++i) visit(to_visit_[i]);
    return std::move(followed_);
  }

 private:
  [[nodiscard]] const Channels* channels_of(ValueId id) const {
    const auto found = channels_.find(id);
    return found == channels_.end() ? nullptr : &found->second;
  }

  // A Concat is visited from the input that becomes known last.
  [[nodiscard]] bool waits(const Node& node) const {
    if (node.op_type != "Concat") return false;
    return std::ranges::any_of(node.inputs, [&](ValueId id) { return channels_of(id) == nullptr; });
  }

  void visit(ValueId value) {
    if (graph_.is_output(value)) followed_.ends.push_back(channels_.at(value));
    for (const NodeId id : graph_.consumers(value)) {
      const Node& node = graph_.node(id);
      if (node.op_type == "Shape" || node.op_type == "Size" || waits(node)) continue;
      ++visited_;
      take(value, node, follow(graph_, node, [this](ValueId v) { return channels_of(v); }));
    }
  }

  void take(ValueId value, const Node& node, FollowedNode next) {
    if (next.result == Tracked::kFollowed) {
      const std::size_t count = std::min(next.outputs.size(), node.outputs.size());
      for (std::size_t i = 0; i < count; ++i) {
        if (node.outputs[i] == kNoValue) continue;
        if (channels_.emplace(node.outputs[i], next.outputs[i]).second) to_visit_.push_back(node.outputs[i]);
      }
      if (node.op_type == "BatchNormalization") followed_.is_batch_norm = followed_.steps.empty();
      if (!next.step.empty() && node.op_type != "BatchNormalization") followed_.is_batch_norm = false;
      add_step(next.step);
      return;
    }
    followed_.is_unclear |= next.result == Tracked::kUnclear;
    add_step(next.step);
    followed_.ends.push_back(channels_.at(value));
  }

  void add_step(const std::string& step) {
    if (!step.empty() && followed_.steps.size() < 8) followed_.steps.push_back(step);
  }

  const Graph& graph_;
  std::unordered_map<ValueId, Channels> channels_;
  std::vector<ValueId> to_visit_;
  std::size_t visited_ = 0;
  Followed followed_;
};

// One channel on its way from the unit interval: out = span * u + low for u in 0..1.
struct Interval {
  double span;
  double low;
};

bool near(double value, double wanted, double tolerance) {
  return value >= wanted - tolerance && value <= wanted + tolerance;
}

// The ranges of numbers in which networks are trained, the same for all channels.
bool is_trained_range(const std::vector<Interval>& channels) {
  const auto all = [&](auto&& holds) { return std::ranges::all_of(channels, holds); };
  const auto is_unit = [](Interval i) { return near(i.span, 1, 0.01) && near(i.low, 0, 0.005); };
  const auto is_signed = [](Interval i) { return near(i.span, 2, 0.02) && near(i.low, -1, 0.01); };
  const auto is_bytes = [](Interval i) { return near(i.span, 255, 2) && near(i.low, 0, 0.25); };
  // The means of photographs are about 0.45, the mean of digits on black is 0.13; the standard deviations are between
  // 0.2 and 0.35.
  const auto is_mean = [](double mean) { return mean >= 0.1 && mean <= 0.6; };
  const auto is_standard = [&](Interval i) {
    return i.span >= 1 / 0.4 && i.span <= 1 / 0.15 && is_mean(-i.low / i.span);
  };
  const auto is_centred = [&](Interval i) { return near(i.span, 1, 0.01) && is_mean(-i.low); };
  const auto is_centred_bytes = [&](Interval i) { return near(i.span, 255, 2) && is_mean(-i.low / i.span); };
  return all(is_unit) || all(is_signed) || all(is_bytes) || all(is_standard) || all(is_centred) ||
         all(is_centred_bytes);
}

constexpr std::array<double, 3> kMean{0.485, 0.456, 0.406};
constexpr std::array<double, 3> kStd{0.229, 0.224, 0.225};

// The named range that the maps turn into the numbers of training; empty where no range or several ranges do that.
std::string expected_range(const std::vector<ChannelMap>& maps) {
  const auto makes = [&](auto&& interval_of) {
    std::vector<Interval> made;
    for (const ChannelMap& map : maps) {
      const Interval in = interval_of(map.source);
      made.push_back({map.scale * in.span, map.scale * in.low + map.offset});
    }
    return is_trained_range(made);
  };
  std::string found;
  int count = 0;
  const auto note = [&](bool holds, const char* name) {
    if (!holds) return;
    found = name;
    ++count;
  };
  note(makes([](int) { return Interval{255, 0}; }), "0-255");
  note(makes([](int) { return Interval{1, 0}; }), "0-1");
  note(makes([](int) { return Interval{2, -1}; }), "-1-1");
  if (count == 0 && maps.size() == 3) {
    note(makes([](int c) {
           const auto i = static_cast<std::size_t>(c);
           return Interval{1 / kStd[i], -kMean[i] / kStd[i]};
         }),
         "imagenet");
  }
  return count == 1 ? found : std::string();
}

// Statistics of numbers that are normalised already: a recipe does not need to consider them.
bool keeps_normalised(const std::vector<ChannelMap>& maps) {
  return std::ranges::all_of(
      maps, [](const ChannelMap& map) { return map.scale > 0.5 && map.scale < 2 && near(map.offset, 0, 0.5); });
}

bool changes_numbers(const std::vector<ChannelMap>& maps) {
  return std::ranges::any_of(maps, [](const ChannelMap& map) { return map.scale != 1 || map.offset != 0; });
}

std::string joined(const std::vector<std::string>& steps) {
  std::string text;
  for (const std::string& step : steps) text += (text.empty() ? "" : ", ") + step;
  return text;
}

}  // namespace

std::optional<Front> find_front(const Graph& graph) {
  if (graph.inputs.size() != 1) return std::nullopt;
  const auto channels = input_channels(graph.inputs[0]);
  if (!channels) return std::nullopt;
  const Followed followed = Follower(graph, graph.inputs[0].value, *channels).run();
  if (followed.ends.empty()) return std::nullopt;
  const std::vector<ChannelMap>& maps = followed.ends.front().maps;
  const bool is_one = std::ranges::all_of(followed.ends, [&](const Channels& end) { return end.maps == maps; });
  const bool any_changes =
      std::ranges::any_of(followed.ends, [](const Channels& end) { return changes_numbers(end.maps); });
  if (!any_changes && !followed.is_unclear) return std::nullopt;
  if (followed.is_batch_norm && is_one && keeps_normalised(maps)) return std::nullopt;
  std::string range = is_one && !followed.is_unclear ? expected_range(maps) : std::string();
  return Front{range.empty() ? "unknown" : std::move(range), joined(followed.steps)};
}

std::string front_text(const Front& front) { return front.range + ' ' + front.steps; }

Front parse_front(std::string_view text) {
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) return {"unknown", std::string(text)};
  return {std::string(text.substr(0, space)), std::string(text.substr(space + 1))};
}

}  // namespace kite
