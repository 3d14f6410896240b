// SPDX-License-Identifier: Apache-2.0
// The channels-last convolution of 8-bit numbers, and QLinearConv as one.
#include <string>
#include <utility>

#include "ops/window.h"
#include "paperkite/try.h"
#include "passes/fuse_quantised/rules.h"
#include "passes/match.h"
#include "passes/rewrite.h"

namespace kite {

namespace {

// Of so few channels x is read where it lies: a Transpose would cost a pass over memory.
constexpr std::int64_t kPictureChannels = 4;

}  // namespace

Result<bool> replace_with_qconv(Graph& graph, NodeId old, const Node& conv, const QConvForm& form) {
  const Shape& x = shape_of(graph, form.x);
  const Shape& w = shape_of(graph, form.w);
  if (x.rank() != 4 || w.rank() != 4) return false;
  auto window = make_window(conv.attributes, x.dims().subspan(2), w.dims().subspan(2), WindowUse::kConvolution);
  if (!window.ok()) return std::move(window).error().in(graph.describe(old));

  Node node = make_internal("QLinearConv", {form.x, form.x_scale, form.x_zero, form.w, form.w_scale, form.w_zero,
                                            form.y_scale, form.y_zero, form.bias});
  const std::int64_t group = conv.attributes.get_int("group", 1);
  set_window(node, *window);
  node.attributes.set("group", group);
  if (form.low) node.attributes.set("low", *form.low);
  if (form.high) node.attributes.set("high", *form.high);
  if (group == 1 && x[1] <= kPictureChannels) {
    node.attributes.set("input_layout", std::string("nchw"));
  } else {
    KITE_TRY_ASSIGN(node.inputs[0],
                    add_before(graph, old, make_transpose(form.x, {0, 2, 3, 1}), graph.value(form.x).name + "_nhwc"));
  }
  node.name = conv.name;
  const std::string name = graph.value(graph.node(old).outputs[0]).name;
  KITE_TRY_ASSIGN(const ValueId y, add_before(graph, old, std::move(node), name + "_nhwc"));
  Node back = make_transpose(y, {0, 3, 1, 2});
  back.name = graph.node(old).name;
  KITE_TRY(replace_node(graph, old, std::move(back)));
  return true;
}

Result<bool> fuse_qlinear_conv(Graph& graph, NodeId id) {
  const Node conv = graph.node(id);
  const auto at = [&](std::size_t i) { return input_of(conv, i); };
  if (!graph.is_constant(at(3)) || dtype_of(graph, at(1)) != DType::kFloat32) return false;
  return replace_with_qconv(graph, id, conv, {at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7), at(8), {}, {}});
}

}  // namespace kite
