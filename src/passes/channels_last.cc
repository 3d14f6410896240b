// SPDX-License-Identifier: Apache-2.0
// Replaces spatial operators over [N,C,H,W] by the internal ones over [N,H,W,C], each between two Transposes. This pass
// only makes the Transposes; move_transposes then lets them meet and cancel.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ops/window.h"
#include "paperkite/try.h"
#include "passes/match.h"
#include "passes/passes.h"
#include "passes/rewrite.h"

namespace kite {

namespace {

const std::vector<int> kToChannelsLast = {0, 2, 3, 1};
const std::vector<int> kToChannelsFirst = {0, 3, 1, 2};

// The stem reads a picture of this many channels or fewer without a Transpose, which would cost a pass over memory and
// give vectors of only 3 or 4 floats.
constexpr std::int64_t kPictureChannels = 4;
// The largest number of nodes between the picture and the stem: normalisation (Sub, Div, Mul, Pad ...).
constexpr int kMostPictureSteps = 8;

// Whether `id` is a graph input, maybe after elementwise arithmetic with constants, that has a few channels.
bool is_picture(const Graph& graph, ValueId id) {
  if (shape_of(graph, id)[1] > kPictureChannels) return false;
  for (int step = 0; step < kMostPictureSteps; ++step) {
    const NodeId producer = graph.value(id).producer;
    if (producer == kNoNode) return true;
    const Node& node = graph.node(producer);
    constexpr std::array<std::string_view, 6> kArithmetic = {"Sub", "Div", "Mul", "Add", "Cast", "Pad"};
    if (!node.domain.empty() || std::ranges::find(kArithmetic, node.op_type) == kArithmetic.end()) return false;
    id = graph.is_constant(node.inputs[0]) && node.inputs.size() > 1 ? node.inputs[1] : node.inputs[0];
  }
  return false;
}

bool is_rank_4_float(const Graph& graph, ValueId id) {
  return shape_of(graph, id).rank() == 4 && is_float(dtype_of(graph, id));
}

// Puts `node` (reading [N,H,W,C]) and a Transpose back in the place of `old`.
Status replace_with_channels_last(Graph& graph, NodeId old, Node node) {
  const std::string name = graph.value(graph.node(old).outputs[0]).name;
  KITE_TRY_ASSIGN(const ValueId y, add_before(graph, old, std::move(node), name + "_nhwc"));
  Node back = make_transpose(y, kToChannelsFirst);
  back.name = graph.node(old).name;
  KITE_TRY(replace_node(graph, old, std::move(back)));
  return {};
}

Result<ValueId> channels_last_input(Graph& graph, NodeId id) {
  const ValueId x = graph.node(id).inputs[0];
  return add_before(graph, id, make_transpose(x, kToChannelsLast), graph.value(x).name + "_nhwc");
}

Result<bool> rewrite_conv(Graph& graph, NodeId id) {
  const Node& conv = graph.node(id);
  const ValueId x = conv.inputs[0];
  const ValueId bias = input_of(conv, 2);
  if (!is_rank_4_float(graph, x) || !graph.is_constant(conv.inputs[1]) || !constant_or_absent(graph, bias))
    return false;
  const Shape& weights = shape_of(graph, conv.inputs[1]);
  auto window = make_window(conv.attributes, shape_of(graph, x).dims().subspan(2), weights.dims().subspan(2),
                            WindowUse::kConvolution);
  if (!window.ok()) return std::move(window).error().in(graph.describe(id));

  const std::int64_t group = conv.attributes.get_int("group", 1);
  const bool in_place = group == 1 && is_picture(graph, x);
  Node node = make_internal("Conv", {x, conv.inputs[1]});
  if (!in_place) {
    KITE_TRY_ASSIGN(node.inputs[0], channels_last_input(graph, id));
  }
  if (bias != kNoValue) node.inputs.push_back(bias);
  set_window(node, *window);
  node.attributes.set("group", group);
  if (in_place) node.attributes.set("input_layout", std::string("nchw"));
  KITE_TRY(replace_with_channels_last(graph, id, std::move(node)));
  return true;
}

Result<bool> rewrite_pool(Graph& graph, NodeId id) {
  const Node& pool = graph.node(id);
  const ValueId x = pool.inputs[0];
  const bool wants_indices = pool.outputs.size() > 1 && pool.outputs[1] != kNoValue;
  if (shape_of(graph, x).rank() != 4 || wants_indices) return false;
  const auto kernel = pool.attributes.get_ints("kernel_shape");
  auto window = make_window(pool.attributes, shape_of(graph, x).dims().subspan(2), kernel, WindowUse::kPooling);
  if (!window.ok()) return std::move(window).error().in(graph.describe(id));

  KITE_TRY_ASSIGN(const ValueId input, channels_last_input(graph, id));
  Node node = make_internal(pool.op_type, {input});
  node.attributes.set("kernel_shape", std::vector<std::int64_t>(kernel.begin(), kernel.end()));
  set_window(node, *window);
  // SAME_UPPER and SAME_LOWER state the output size without regard to ceil_mode.
  const bool states_size = pool.attributes.get_string("auto_pad", "NOTSET").starts_with("SAME_");
  node.attributes.set("ceil_mode", states_size ? 0 : pool.attributes.get_int("ceil_mode", 0));
  if (is_op(pool, "AveragePool")) {
    node.attributes.set("count_include_pad", pool.attributes.get_int("count_include_pad", 0));
  }
  KITE_TRY(replace_with_channels_last(graph, id, std::move(node)));
  return true;
}

// Operators that have an attribute for their layout.
Result<bool> rewrite_quantised_pool(Graph& graph, NodeId id) {
  const Node& pool = graph.node(id);
  if (shape_of(graph, pool.inputs[0]).rank() != 4 || pool.attributes.get_int("channels_last", 0) != 0) return false;
  Node node = pool;
  node.attributes.set("channels_last", std::int64_t{1});
  KITE_TRY_ASSIGN(node.inputs[0], channels_last_input(graph, id));
  KITE_TRY(replace_with_channels_last(graph, id, std::move(node)));
  return true;
}

}  // namespace

Result<int> channels_last(Graph& graph) {
  int changed = 0;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    bool done = false;
    if (is_op(node, "Conv")) {
      KITE_TRY_ASSIGN(done, rewrite_conv(graph, id));
    } else if (is_op(node, "MaxPool") || is_op(node, "AveragePool")) {
      KITE_TRY_ASSIGN(done, rewrite_pool(graph, id));
    } else if (is_op(node, "QLinearAveragePool", "com.microsoft") ||
               is_op(node, "QLinearGlobalAveragePool", "com.microsoft")) {
      KITE_TRY_ASSIGN(done, rewrite_quantised_pool(graph, id));
    }
    changed += done ? 1 : 0;
  }
  return changed;
}

}  // namespace kite
