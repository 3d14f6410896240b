// SPDX-License-Identifier: Apache-2.0
// Writes a convolution over three spatial axes, of which one has a kernel of 1, as one over two axes: the positions
// along the third are pictures of their own.
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "paperkite/try.h"
#include "passes/decompose/decompose.h"
#include "passes/match.h"
#include "passes/rewrite.h"

namespace kite {

namespace {

constexpr std::size_t kAxes = 3;

std::int64_t entry(std::span<const std::int64_t> list, std::size_t i, std::int64_t fallback) {
  return list.empty() ? fallback : list[i];
}

// The spatial axis along which each output is made from the one input at its place.
std::optional<std::size_t> untouched_axis(const Node& node, const Shape& w) {
  const auto strides = node.attributes.get_ints("strides");
  const auto pads = node.attributes.get_ints("pads");
  for (std::size_t i = kAxes; i-- > 0;) {
    if (w[static_cast<int>(i) + 2] == 1 && entry(strides, i, 1) == 1 && entry(pads, i, 0) == 0 &&
        entry(pads, i + kAxes, 0) == 0) {
      return i;
    }
  }
  return std::nullopt;
}

std::vector<std::int64_t> without(std::span<const std::int64_t> list, std::size_t axis) {
  std::vector<std::int64_t> rest;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i % kAxes != axis) rest.push_back(list[i]);
  }
  return rest;
}

}  // namespace

Result<bool> decompose_conv(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  const Shape x = shape_of(graph, node.inputs[0]), w = shape_of(graph, node.inputs[1]);
  const Shape y = shape_of(graph, node.outputs[0]);
  if (x.rank() != kAxes + 2 || x.elements() == 0) return false;
  const auto axis = untouched_axis(node, w);
  if (!axis) return false;
  const int moved = static_cast<int>(*axis) + 2;
  std::vector<int> there{0, moved, 1};  // [N, D, C, H, W]
  std::vector<std::int64_t> kernel{w[0], w[1]}, picture{x[0] * x[moved], x[1]}, result{x[0], x[moved], y[1]};
  for (int a = 2; a < x.rank(); ++a) {
    if (a == moved) continue;
    there.push_back(a);
    kernel.push_back(w[a]);
    picture.push_back(x[a]);
    result.push_back(y[a]);
  }
  std::vector<int> back(there.size());
  for (std::size_t i = 0; i < there.size(); ++i) back[static_cast<std::size_t>(there[i])] = static_cast<int>(i);

  Substitution made(graph, id);
  KITE_TRY_ASSIGN(const ValueId front, made.transpose(node.inputs[0], there));
  KITE_TRY_ASSIGN(const ValueId pictures, made.reshape(front, picture));
  KITE_TRY_ASSIGN(const ValueId weights, made.reshape(node.inputs[1], kernel));
  Node conv = make_node("Conv", node.opset, {pictures, weights});
  if (input_of(node, 2) != kNoValue) conv.inputs.push_back(node.inputs[2]);
  for (const char* name : {"strides", "pads", "dilations", "kernel_shape"}) {
    const auto list = node.attributes.get_ints(name);
    if (!list.empty()) conv.attributes.set(name, without(list, *axis));
  }
  conv.attributes.set("group", node.attributes.get_int("group", 1));
  conv.attributes.set("auto_pad", std::string(node.attributes.get_string("auto_pad", "NOTSET")));
  KITE_TRY_ASSIGN(const ValueId product, made.add(std::move(conv)));
  KITE_TRY_ASSIGN(const ValueId split, made.reshape(product, result));
  KITE_TRY_ASSIGN(const ValueId output, made.transpose(split, back));
  KITE_TRY(made.finish(output));
  return true;
}

}  // namespace kite
