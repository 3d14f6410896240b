// SPDX-License-Identifier: Apache-2.0
// Writes a transposed convolution of pictures as convolutions. With a stride of s, the outputs at every s-th place (a
// phase) are a convolution of the input with every s-th tap, turned round; the phases are then put side by side.
#include "ops/conv_transpose.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/checked.h"
#include "paperkite/try.h"
#include "passes/constants.h"
#include "passes/decompose/decompose.h"
#include "passes/match.h"
#include "passes/rewrite.h"

namespace kite {

namespace {

constexpr std::int64_t kMostPhases = 64;

// One of the two axes.
struct PhasedAxis {
  WindowAxis window;
  std::int64_t taps = 0;                    // of each phase
  std::int64_t places = 0;                  // that each phase computes
  std::int64_t pad_begin = 0, pad_end = 0;  // of each phase's convolution

  explicit PhasedAxis(const WindowAxis& axis) : window(axis), taps(ceil_div(axis.kernel, axis.stride)) {
    pad_begin = pad_end = taps - 1;
    if (axis.stride == 1) {  // nothing is cut afterwards
      pad_begin -= axis.pad_begin;
      pad_end = axis.out - axis.in - pad_begin + taps - 1;
    }
    places = axis.in + pad_begin + pad_end - taps + 1;
  }
  [[nodiscard]] std::int64_t cut() const { return window.stride == 1 ? 0 : window.pad_begin; }
  [[nodiscard]] bool fits() const {
    return window.dilation == 1 && window.stride <= kMostPhases && window.in > 0 && window.out > 0 && pad_begin >= 0 &&
           pad_end >= 0 && cut() + window.out <= places * window.stride;
  }
};

// The weights [out, in of a group, taps, taps] of phases [first, last), one phase after the other.
struct Phases {
  const TransposedWindow& conv;
  PhasedAxis height, width;
  std::vector<double> all;  // the node's weights

  [[nodiscard]] std::int64_t count() const { return height.window.stride * width.window.stride; }

  [[nodiscard]] ValueId weights(Graph& graph, ValueId w, std::int64_t first, std::int64_t last) const {
    const std::int64_t out = conv.group * conv.out_per_group, in = conv.in_channels / conv.group;
    const Shape shape{(last - first) * out, in, height.taps, width.taps};
    std::vector<double> values;
    values.reserve(static_cast<std::size_t>(shape.elements()));
    for (std::int64_t phase = first; phase < last; ++phase) {
      const std::int64_t ph = phase / width.window.stride, pw = phase % width.window.stride;
      for (std::int64_t k = 0; k < out; ++k) {
        for (std::int64_t c = 0; c < in; ++c) {
          const std::int64_t plane = (k / conv.out_per_group * in + c) * conv.out_per_group + k % conv.out_per_group;
          for (std::int64_t r = height.taps; r-- > 0;) {
            for (std::int64_t s = width.taps; s-- > 0;) {
              const std::int64_t th = ph + height.window.stride * r, tw = pw + width.window.stride * s;
              const bool is_tap = th < height.window.kernel && tw < width.window.kernel;
              const std::int64_t at = (plane * height.window.kernel + th) * width.window.kernel + tw;
              values.push_back(is_tap ? all[static_cast<std::size_t>(at)] : 0.0);
            }
          }
        }
      }
    }
    return add_float_constant(graph, graph.value(w).name + "_phases", dtype_of(graph, w), shape, values);
  }
};

// The bias once for each of `phases`; kNoValue where the node has none.
ValueId repeated(Graph& graph, ValueId bias, std::int64_t phases) {
  if (bias == kNoValue || phases == 1) return bias;
  const std::vector<double> once = read_doubles(*graph.value(bias).constant);
  std::vector<double> all;
  for (std::int64_t p = 0; p < phases; ++p) all.insert(all.end(), once.begin(), once.end());
  return add_float_constant(graph, graph.value(bias).name + "_phases", dtype_of(graph, bias),
                            Shape{static_cast<std::int64_t>(all.size())}, all);
}

Result<ValueId> convolve(Graph& graph, NodeId id, const Phases& phases, std::int64_t first, std::int64_t last) {
  const Node& node = graph.node(id);
  Substitution made(graph, id);
  Node conv = make_node("Conv", 11, {node.inputs[0], phases.weights(graph, node.inputs[1], first, last)});
  const ValueId bias = repeated(graph, input_of(node, 2), last - first);
  if (bias != kNoValue) conv.inputs.push_back(bias);
  conv.attributes.set("group", phases.conv.group);
  conv.attributes.set("pads", std::vector{phases.height.pad_begin, phases.width.pad_begin, phases.height.pad_end,
                                          phases.width.pad_end});
  return made.add(std::move(conv));
}

}  // namespace

Result<bool> decompose_conv_transpose(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  const ValueId w = node.inputs[1], bias = input_of(node, 2);
  const Shape x = shape_of(graph, node.inputs[0]);
  if (x.rank() != 4 || x.elements() == 0 || !graph.is_constant(w) || !constant_or_absent(graph, bias)) return false;
  const auto conv = read_transposed(node.attributes, x, shape_of(graph, w));
  if (!conv) return false;
  Phases phases{*conv, PhasedAxis(conv->axes[kMaxSpatial - 2]), PhasedAxis(conv->axes[kMaxSpatial - 1]), {}};
  if (!phases.height.fits() || !phases.width.fits()) return false;
  const std::int64_t count = phases.count(), out = conv->group * conv->out_per_group;
  const std::int64_t bytes =
      (Checked(count) * phases.height.taps * phases.width.taps * out * (conv->in_channels / conv->group) * 8).capped();
  if (count > kMostPhases || !may_copy(graph, bytes)) return false;
  phases.all = read_doubles(*graph.value(w).constant);

  Substitution made(graph, id);
  // In groups, the channels of all phases together would not be those of one convolution.
  const std::int64_t together = conv->group == 1 ? count : 1;
  std::vector<ValueId> parts;
  for (std::int64_t phase = 0; phase < count; phase += together) {
    KITE_TRY_ASSIGN(const ValueId part, convolve(graph, id, phases, phase, phase + together));
    parts.push_back(part);
  }
  ValueId y = parts.front();
  if (parts.size() > 1) {
    Node concat = make_node("Concat", 11, std::move(parts));
    concat.attributes.set("axis", std::int64_t{1});
    KITE_TRY_ASSIGN(y, made.add(std::move(concat)));
  }
  const PhasedAxis &height = phases.height, &width = phases.width;
  if (count > 1) {
    const std::int64_t tall = height.window.stride, wide = width.window.stride;
    KITE_TRY_ASSIGN(y, made.reshape(y, std::array{x[0], tall, wide, out, height.places, width.places}));
    KITE_TRY_ASSIGN(y, made.transpose(y, {0, 3, 4, 1, 5, 2}));
    KITE_TRY_ASSIGN(y, made.reshape(y, std::array{x[0], out, height.places * tall, width.places * wide}));
  }
  const std::array first{height.cut(), width.cut()};
  const std::array last{height.cut() + height.window.out, width.cut() + width.window.out};
  if (const Shape& whole = shape_of(graph, y); whole[2] != height.window.out || whole[3] != width.window.out) {
    const std::array<std::int64_t, 2> axes{2, 3};
    Node slice = make_node("Slice", 13,
                           {y, add_int_constant(graph, "first", first), add_int_constant(graph, "last", last),
                            add_int_constant(graph, "axes", axes)});
    KITE_TRY_ASSIGN(y, made.add(std::move(slice)));
  }
  KITE_TRY(made.finish(y));
  return true;
}

}  // namespace kite
