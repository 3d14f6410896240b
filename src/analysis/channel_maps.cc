// SPDX-License-Identifier: Apache-2.0
// One function for each group of operators that preprocessing consists of.
#include "analysis/channel_maps.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "base/decimal_text.h"
#include "graph/training.h"
#include "tensor/widen.h"

namespace kite {
namespace {

// Constants of preprocessing hold one number for each channel; a larger constant is a weight and is not read here.
constexpr std::int64_t kMaxNumbers = 4096;

std::optional<SmallConstant> numbers_in(const TensorView& view) {
  const std::int64_t count = view.type.shape.elements();
  if (view.data == nullptr || count > kMaxNumbers) return std::nullopt;
  const auto dims = view.type.shape.dims();
  SmallConstant numbers{{dims.begin(), dims.end()}, std::vector<double>(static_cast<std::size_t>(count))};
  widen(view.type.dtype, view.data, numbers.values);
  return numbers;
}

std::string short_text(double value) { return rounded_text(value, 4); }

std::string short_text(const std::vector<double>& values) {
  if (std::ranges::all_of(values, [&](double v) { return v == values[0]; })) return short_text(values[0]);
  std::string text = "[";
  for (const double value : values) text += (text.size() > 1 ? ", " : "") + short_text(value);
  return text + ']';
}

// One number for each channel, from a constant that is broadcast with the picture; nullopt where the constant varies
// along another axis.
std::optional<std::vector<double>> per_channel(const SmallConstant& numbers, const Channels& channels) {
  const std::size_t count = channels.maps.size();
  const auto rank = static_cast<int>(numbers.dims.size());
  for (int i = 0; i < rank; ++i) {
    const std::int64_t dim = numbers.dims[static_cast<std::size_t>(i)];
    const bool is_channel_axis = channels.axis >= 0 && i + channels.rank - rank == channels.axis;
    if (dim != 1 && !(is_channel_axis && dim == static_cast<std::int64_t>(count))) return std::nullopt;
  }
  if (numbers.values.size() == 1) return std::vector<double>(count, numbers.values[0]);
  return numbers.values;
}

FollowedNode same(const Channels& channels, std::string step = {}) {
  return {Tracked::kFollowed, {channels}, std::move(step)};
}

FollowedNode follow_arithmetic(const Graph& graph, const Node& node, const Channels* first, const Channels* second) {
  if (first != nullptr && second != nullptr) return {Tracked::kUnclear, {}, node.op_type};
  const bool constant_first = first == nullptr;
  Channels channels = constant_first ? *second : *first;
  const auto numbers = numbers_of(graph, node.inputs[constant_first ? 0 : 1]);
  const auto operand = numbers ? per_channel(*numbers, channels) : std::nullopt;
  if (!operand || (constant_first && node.op_type == "Div")) return {Tracked::kUnclear, {}, node.op_type};
  // A constant of a higher rank adds its leading axes to the result.
  if (const int extra = static_cast<int>(numbers->dims.size()) - channels.rank; extra > 0) {
    channels.rank += extra;
    if (channels.axis >= 0) channels.axis += extra;
  }
  for (std::size_t c = 0; c < channels.maps.size(); ++c) {
    ChannelMap& map = channels.maps[c];
    const double k = (*operand)[c];
    if (node.op_type == "Add") map.offset += k;
    if (node.op_type == "Sub") map.offset -= k;
    if (node.op_type == "Sub" && constant_first) map = {map.source, -map.scale, -map.offset};
    if (node.op_type == "Mul") map = {map.source, map.scale * k, map.offset * k};
    if (node.op_type == "Div") map = {map.source, map.scale / k, map.offset / k};
  }
  return same(channels, node.op_type + ' ' + short_text(*operand));
}

FollowedNode follow_batch_normalization(const Graph& graph, const Node& node, Channels channels) {
  if (channels.axis != 1 || node.inputs.size() < 5 || uses_batch_statistics(node))
    return {Tracked::kUnclear, {}, node.op_type};
  std::vector<std::vector<double>> columns;  // scale, shift, mean, variance
  for (std::size_t i = 1; i < 5; ++i) {
    auto numbers = numbers_of(graph, node.inputs[i]);
    if (!numbers || numbers->values.size() != channels.maps.size()) return {Tracked::kUnclear, {}, node.op_type};
    columns.push_back(std::move(numbers->values));
  }
  const double epsilon = node.attributes.get_float("epsilon", 1e-5F);
  for (std::size_t c = 0; c < channels.maps.size(); ++c) {
    const double k = columns[0][c] / std::sqrt(columns[3][c] + epsilon);
    ChannelMap& map = channels.maps[c];
    map = {map.source, map.scale * k, (map.offset - columns[2][c]) * k + columns[1][c]};
  }
  return same(channels, "BatchNormalization");
}

FollowedNode follow_transpose(const Node& node, Channels channels) {
  const auto perm = node.attributes.get_ints("perm");
  if (channels.axis < 0) return same(channels);
  if (perm.empty()) {
    channels.axis = channels.rank - 1 - channels.axis;
  } else {
    const auto at = std::ranges::find(perm, channels.axis);
    if (at == perm.end()) return {};
    channels.axis = static_cast<int>(at - perm.begin());
  }
  return same(channels);
}

int normalised_axis(std::int64_t axis, int rank) { return static_cast<int>(axis < 0 ? axis + rank : axis); }

FollowedNode follow_gather(const Graph& graph, const Node& node, const Channels& channels) {
  const int axis = normalised_axis(node.attributes.get_int("axis", 0), channels.rank);
  const auto indices = numbers_of(graph, node.inputs[1]);
  if (axis != channels.axis || !indices || indices->dims.size() > 1) return {};
  Channels picked = channels;
  picked.maps.clear();
  const auto count = static_cast<double>(channels.maps.size());
  for (const double index : indices->values) {
    const double at = index < 0 ? index + count : index;
    if (at < 0 || at >= count) return {};
    picked.maps.push_back(channels.maps[static_cast<std::size_t>(at)]);
  }
  if (indices->dims.empty()) {
    picked.axis = -1;
    --picked.rank;
  }
  return same(picked);
}

FollowedNode follow_slice(const Graph& graph, const Node& node, const Channels& channels) {
  const auto list = [&](std::size_t input, const char* attribute) -> std::optional<std::vector<double>> {
    if (node.inputs.size() > input && node.inputs[input] != kNoValue) {
      auto numbers = numbers_of(graph, node.inputs[input]);
      if (!numbers) return std::nullopt;
      return std::move(numbers->values);
    }
    const auto ints = node.attributes.get_ints(attribute);
    return std::vector<double>(ints.begin(), ints.end());
  };
  const auto starts = list(1, "starts");
  const auto ends = list(2, "ends");
  const auto axes = list(3, "axes");
  const auto steps = list(4, "steps");
  if (!starts || !ends || !axes || !steps || starts->size() != ends->size()) return {};
  Channels sliced = channels;
  for (std::size_t i = 0; i < starts->size(); ++i) {
    const double stated = axes->empty() ? static_cast<double>(i) : (*axes)[i];
    if (normalised_axis(static_cast<std::int64_t>(stated), channels.rank) != channels.axis) continue;  // a crop
    const auto count = static_cast<double>(channels.maps.size());
    const double step = steps->empty() ? 1 : (*steps)[i];
    if (step == 0) return {};
    const auto placed = [&](double at, double low, double high) {
      return std::clamp(at < 0 ? at + count : at, low, high);
    };
    const double begin = step > 0 ? placed((*starts)[i], 0, count) : placed((*starts)[i], 0, count - 1);
    const double end = step > 0 ? placed((*ends)[i], 0, count) : placed((*ends)[i], -1, count - 1);
    sliced.maps.clear();
    for (double at = begin; step > 0 ? at < end : at > end; at += step) {
      sliced.maps.push_back(channels.maps[static_cast<std::size_t>(at)]);
    }
    if (sliced.maps.empty()) return {};
  }
  return same(sliced);
}

FollowedNode follow_split(const Node& node, const Channels& channels) {
  const int axis = normalised_axis(node.attributes.get_int("axis", 0), channels.rank);
  // A split into single channels, with which models reverse their order.
  if (axis != channels.axis || node.outputs.size() != channels.maps.size()) return {};
  FollowedNode followed{Tracked::kFollowed, {}, {}};
  for (const ChannelMap& map : channels.maps) followed.outputs.push_back({channels.rank, channels.axis, {map}});
  return followed;
}

FollowedNode follow_concat(const Node& node, const std::function<const Channels*(ValueId)>& channels_of) {
  Channels joined;
  joined.maps.clear();
  for (const ValueId input : node.inputs) {
    const Channels* part = channels_of(input);
    if (part == nullptr) return {};
    const int axis = normalised_axis(node.attributes.get_int("axis", 0), part->rank);
    if (part->axis >= 0 && part->axis != axis) return {};
    if (part->axis < 0 && part->maps.size() != 1) return {};
    joined.rank = part->rank;
    joined.axis = axis;
    joined.maps.insert(joined.maps.end(), part->maps.begin(), part->maps.end());
  }
  return same(joined);
}

FollowedNode follow_unsqueeze(const Graph& graph, const Node& node, Channels channels) {
  std::vector<std::int64_t> axes;
  for (const std::int64_t axis : node.attributes.get_ints("axes")) axes.push_back(axis);
  if (node.inputs.size() > 1) {
    const auto numbers = numbers_of(graph, node.inputs[1]);
    if (!numbers) return {};
    for (const double axis : numbers->values) axes.push_back(static_cast<std::int64_t>(axis));
  }
  const int rank = channels.rank + static_cast<int>(axes.size());
  for (std::int64_t& axis : axes) axis = normalised_axis(axis, rank);
  std::ranges::sort(axes);
  for (const std::int64_t axis : axes) {
    if (channels.axis >= 0 && axis <= channels.axis) ++channels.axis;
  }
  channels.rank = rank;
  return same(channels);
}

bool is_one_of(const std::string& op, std::initializer_list<std::string_view> names) {
  return std::ranges::find(names, op) != names.end();
}

std::optional<SmallConstant> numbers_of_constant(const Node& node) {
  if (const TensorView* tensor = node.attributes.get_tensor("value")) return numbers_in(*tensor);
  if (node.attributes.has("value_float")) return SmallConstant{{}, {node.attributes.get_float("value_float", 0)}};
  if (node.attributes.has("value_int")) {
    return SmallConstant{{}, {static_cast<double>(node.attributes.get_int("value_int", 0))}};
  }
  const auto ints = node.attributes.get_ints("value_ints");
  const auto floats = node.attributes.get_floats("value_floats");
  SmallConstant numbers{{static_cast<std::int64_t>(ints.size() + floats.size())}, {ints.begin(), ints.end()}};
  numbers.values.insert(numbers.values.end(), floats.begin(), floats.end());
  if (numbers.values.empty()) return std::nullopt;
  return numbers;
}

}  // namespace

std::optional<SmallConstant> numbers_of(const Graph& graph, ValueId id) {
  // Back through any number of nodes that keep the numbers.
  while (id != kNoValue) {
    const Value& value = graph.value(id);
    if (value.constant) return numbers_in(*value.constant);
    if (value.producer == kNoNode) return std::nullopt;
    const Node& node = graph.node(value.producer);
    if (node.op_type == "Constant") return numbers_of_constant(node);
    if (!is_one_of(node.op_type, {"Identity", "Cast", "CastLike"}) || node.inputs.empty()) return std::nullopt;
    id = node.inputs[0];
  }
  return std::nullopt;
}

FollowedNode follow(const Graph& graph, const Node& node, const std::function<const Channels*(ValueId)>& channels_of) {
  if (!node.domain.empty() && node.domain != "ai.onnx") return {};
  const std::string& op = node.op_type;
  if (op == "Concat") return follow_concat(node, channels_of);
  const Channels* first = node.inputs.empty() ? nullptr : channels_of(node.inputs[0]);
  const Channels* second = node.inputs.size() < 2 ? nullptr : channels_of(node.inputs[1]);
  if (is_one_of(op, {"Add", "Sub", "Mul", "Div"})) return follow_arithmetic(graph, node, first, second);
  if (first == nullptr) return {};
  if (is_one_of(op, {"Identity", "Dropout", "Cast", "CastLike"})) return {Tracked::kFollowed, {*first}, {}};
  if (is_one_of(op, {"Resize", "Upsample", "Clip"})) return same(*first, op);
  if (op == "BatchNormalization") return follow_batch_normalization(graph, node, *first);
  if (op == "Transpose") return follow_transpose(node, *first);
  if (op == "Gather") return follow_gather(graph, node, *first);
  if (op == "Slice") return follow_slice(graph, node, *first);
  if (op == "Split") return follow_split(node, *first);
  if (op == "Unsqueeze") return follow_unsqueeze(graph, node, *first);
  return {};
}

}  // namespace kite
