// SPDX-License-Identifier: Apache-2.0
// Follows movements of elements and keeps offset and strides.
#include "plan/lower/view.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <ranges>
#include <string_view>
#include <utility>

#include "passes/forms.h"
#include "passes/match.h"
#include "plan/lower/constant_ints.h"

namespace kite {

namespace {

bool reshape(const Graph& graph, const Node& node, ValueId, View& view) {
  const std::span<const std::int64_t> to = shape_of(graph, node.outputs[0]).dims();
  auto strides = reshaped_strides(view.dims, view.strides, to);
  if (!strides) return false;
  view.dims.assign(to.begin(), to.end());
  view.strides = std::move(*strides);
  return true;
}

bool transpose(const Graph& graph, const Node& node, ValueId, View& view) {
  const View before = view;
  const std::vector<int> perm = permutation(graph, node);
  for (std::size_t i = 0; i < perm.size(); ++i) {
    view.dims[i] = before.dims[static_cast<std::size_t>(perm[i])];
    view.strides[i] = before.strides[static_cast<std::size_t>(perm[i])];
  }
  return true;
}

bool slice(const Graph& graph, const Node& node, ValueId, View& view) {
  const auto starts = constant_ints(graph, node, "starts", 1, 10);
  const auto axes = constant_ints(graph, node, "axes", 3, 10);
  const auto steps = node.opset < 10 ? std::vector<std::int64_t>{} : constant_ints(graph, node, "steps", 4, 10);
  if (!starts || !axes || !steps) return false;
  const Shape& y = shape_of(graph, node.outputs[0]);
  for (std::size_t i = 0; i < starts->size(); ++i) {
    const auto axis = static_cast<std::size_t>(
        from_front(axes->empty() ? static_cast<std::int64_t>(i) : (*axes)[i], static_cast<int>(view.dims.size())));
    const std::int64_t size = view.dims[axis], step = steps->empty() ? 1 : (*steps)[i];
    if (step < 1) return false;
    const std::int64_t start = (*starts)[i] < 0 ? (*starts)[i] + size : (*starts)[i];
    view.first += std::clamp<std::int64_t>(start, 0, size) * view.strides[axis];
    // A step beyond the end is never taken, and may be any number.
    view.strides[axis] *= std::min(step, size);
  }
  view.dims.assign(y.dims().begin(), y.dims().end());
  return true;
}

bool split(const Graph& graph, const Node& node, ValueId output, View& view) {
  const auto axis =
      static_cast<std::size_t>(from_front(node.attributes.get_int("axis", 0), static_cast<int>(view.dims.size())));
  for (const ValueId part : node.outputs) {
    if (part == kNoValue) return false;
    const Shape& shape = shape_of(graph, part);
    if (part == output) {
      view.dims.assign(shape.dims().begin(), shape.dims().end());
      return true;
    }
    view.first += shape[static_cast<int>(axis)] * view.strides[axis];
  }
  return false;
}

bool gather(const Graph& graph, const Node& node, ValueId output, View& view) {
  const auto index = int_constant(graph, node.inputs[1]);
  if (!index || index->size() != 1) return false;
  const auto axis =
      static_cast<std::size_t>(from_front(node.attributes.get_int("axis", 0), static_cast<int>(view.dims.size())));
  view.first += ((*index)[0] < 0 ? (*index)[0] + view.dims[axis] : (*index)[0]) * view.strides[axis];
  view.dims[axis] = 1;
  return reshape(graph, node, output, view);
}

// False: this node is no movement that strides can express. `output`: the one of the node's outputs that is viewed.
using Follow = bool (*)(const Graph& graph, const Node& node, ValueId output, View& view);

Follow find_follow(const Node& node) {
  static constexpr std::pair<std::string_view, Follow> kFollows[] = {
      {"Transpose", transpose}, {"Reshape", reshape}, {"Flatten", reshape}, {"Squeeze", reshape},
      {"Unsqueeze", reshape},   {"Slice", slice},     {"Split", split},     {"Gather", gather}};
  if (!node.domain.empty()) return nullptr;
  const auto* found = std::ranges::find(kFollows, node.op_type, &std::pair<std::string_view, Follow>::first);
  return found == std::end(kFollows) ? nullptr : found->second;
}

}  // namespace

std::optional<std::vector<std::int64_t>> reshaped_strides(std::span<const std::int64_t> dims,
                                                          std::span<const std::int64_t> strides,
                                                          std::span<const std::int64_t> to) {
  std::vector<std::int64_t> made(to.size(), 0);
  std::size_t from = dims.size(), at = to.size();
  // From the last axis on: axes of both sides that hold equally many elements, which must follow each other evenly.
  while (true) {
    while (from > 0 && dims[from - 1] == 1) --from;
    while (at > 0 && to[at - 1] == 1) --at;
    if (from == 0 || at == 0) break;
    std::size_t from_begin = from - 1, at_begin = at - 1;
    std::int64_t have = dims[from_begin], want = to[at_begin];
    while (have != want) {
      if (have < want) {
        if (from_begin == 0) return std::nullopt;
        --from_begin;
        if (dims[from_begin] != 1 && strides[from_begin] != strides[from - 1] * have) return std::nullopt;
        have *= dims[from_begin];
      } else {
        if (at_begin == 0) return std::nullopt;
        want *= to[--at_begin];
      }
    }
    std::int64_t stride = strides[from - 1];
    for (std::size_t i = at; i > at_begin; --i) {
      made[i - 1] = stride;
      stride *= to[i - 1];
    }
    from = from_begin;
    at = at_begin;
  }
  if (from != at) return std::nullopt;
  return made;
}

View whole_view(const Graph& graph, ValueId id) {
  const Shape& shape = shape_of(graph, id);
  View view;
  view.root = id;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    view.dims.push_back(shape[axis]);
    view.strides.push_back(shape.elements(axis + 1, shape.rank()));
  }
  return view;
}

View view_of(const Graph& graph, ValueId id, bool takes_factor) {
  constexpr std::size_t kMostNodes = 12;  // a chain is followed again for each node that might begin one
  struct Link {
    ValueId from, to;
    double factor;
  };
  std::vector<Link> links;
  for (ValueId at = id; links.size() < kMostNodes;) {
    const NodeId producer = graph.value(at).producer;
    if (producer == kNoNode || graph.is_constant(at)) break;
    const auto scaled = takes_factor && is_op(graph.node(producer), "Mul") ? as_scaled(graph, at) : std::nullopt;
    if (!scaled && find_follow(graph.node(producer)) == nullptr) break;
    links.push_back({scaled ? scaled->x : graph.node(producer).inputs[0], at, scaled ? scaled->factor : 1});
    takes_factor = takes_factor && !scaled;
    at = links.back().from;
  }
  View view = whole_view(graph, links.empty() ? id : links.back().from);
  for (const Link& link : std::views::reverse(links)) {
    const NodeId producer = graph.value(link.to).producer;
    const Node& node = graph.node(producer);
    const Follow follow = find_follow(node);
    view.nodes.push_back(producer);
    view.factor *= link.factor;
    if (follow != nullptr && !follow(graph, node, link.to, view)) view = whole_view(graph, link.to);
  }
  return view;
}

}  // namespace kite
