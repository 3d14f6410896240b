// SPDX-License-Identifier: Apache-2.0
// ConvTranspose: y[n,k,o] = bias[k] + sum over c,t of x[n,c,i] * w[c,k,t] for i and t with i*stride + t*dilation - pad
// = o; c within k's group, o and i over 1 to 3 spatial axes. Sums are float64 and rounded once.
#include "ops/conv_transpose.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/checked.h"
#include "ops/dispatch.h"
#include "ops/op.h"
#include "ops/window.h"
#include "paperkite/try.h"

namespace kite {
namespace {

// An optional list of `count` numbers of at least `least`; attributes have been checked to be lists.
Status check_list(const InferContext& context, const char* name, std::size_t count, std::int64_t least) {
  KITE_TRY_ASSIGN(const std::vector<std::int64_t> list, context.get_ints(name));
  if (list.empty()) return {};
  if (list.size() != count || std::ranges::min(list) < least) {
    return context.invalid("attribute '" + std::string(name) + "' must hold " + std::to_string(count) +
                           " numbers of at least " + std::to_string(least));
  }
  return {};
}

std::int64_t entry(std::span<const std::int64_t> list, std::size_t i, std::int64_t fallback) {
  return list.empty() ? fallback : list[i];
}

// Output size and leading pad of one axis. Where more output is asked for than inputs reach, the formula of the
// specification has negative pads; as in every runtime the outputs at the end then hold the bias alone.
bool solve(WindowAxis& axis, std::int64_t extra, std::int64_t wanted, std::string_view auto_pad) {
  const auto reach = (Checked(axis.stride) * std::max<std::int64_t>(axis.in - 1, 0) + extra +
                      Checked(axis.kernel - 1) * axis.dilation + 1)
                         .exact();
  const auto same = (Checked(axis.in) * axis.stride).exact();
  if (!reach || !same) return false;
  if (wanted < 0 && auto_pad.starts_with("SAME")) wanted = *same;
  if (wanted < 0) {
    const auto out = (Checked(*reach) - axis.pad_begin - axis.pad_end).exact();
    axis.out = out.value_or(-1);
    return out && *out >= 0;
  }
  axis.out = wanted;
  const std::int64_t total = std::max<std::int64_t>(*reach - wanted, 0);
  axis.pad_begin = auto_pad == "SAME_UPPER" ? total / 2 : total - total / 2;
  axis.pad_end = total - axis.pad_begin;
  return true;
}

}  // namespace

std::optional<TransposedWindow> read_transposed(const Attributes& attributes, const Shape& x, const Shape& w) {
  TransposedWindow conv;
  conv.batch = x[0];
  conv.in_channels = x[1];
  conv.out_per_group = w[1];
  conv.group = attributes.get_int("group", 1);
  const auto rank = static_cast<std::size_t>(x.rank() - 2);
  const auto pads = attributes.get_ints("pads");
  const auto shape = attributes.get_ints("output_shape");
  for (std::size_t i = 0; i < rank; ++i) {
    WindowAxis& axis = conv.axes[kMaxSpatial - rank + i];
    axis.in = x[static_cast<int>(i) + 2];
    axis.kernel = w[static_cast<int>(i) + 2];
    axis.stride = entry(attributes.get_ints("strides"), i, 1);
    axis.dilation = entry(attributes.get_ints("dilations"), i, 1);
    axis.pad_begin = entry(pads, i, 0);
    axis.pad_end = entry(pads, rank + i, 0);
    // Some files state batch and channels before the sizes.
    const std::int64_t wanted = entry(shape, shape.size() - rank + i, -1);
    if (!solve(axis, entry(attributes.get_ints("output_padding"), i, 0), wanted,
               attributes.get_string("auto_pad", "NOTSET"))) {
      return std::nullopt;
    }
  }
  return conv;
}

namespace {

Status check_attributes(const InferContext& context, const Shape& w, std::size_t rank) {
  KITE_TRY(check_list(context, "strides", rank, 1));
  KITE_TRY(check_list(context, "dilations", rank, 1));
  KITE_TRY(check_list(context, "pads", 2 * rank, 0));
  KITE_TRY(check_list(context, "output_padding", rank, 0));
  KITE_TRY_ASSIGN(const std::vector<std::int64_t> shape, context.get_ints("output_shape"));
  KITE_TRY(check_list(context, "output_shape", shape.size() == rank + 2 ? rank + 2 : rank, 0));
  KITE_TRY_ASSIGN(const std::vector<std::int64_t> kernel, context.get_ints("kernel_shape"));
  if (!kernel.empty() && !std::ranges::equal(kernel, w.dims().subspan(2))) {
    return context.invalid("attribute 'kernel_shape' contradicts the weights of shape " + w.to_string());
  }
  KITE_TRY_ASSIGN(const std::string auto_pad, context.get_string("auto_pad", "NOTSET"));
  for (const char* known : {"", "NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"}) {
    if (auto_pad == known) return {};
  }
  return context.invalid("attribute 'auto_pad' is \"" + auto_pad +
                         "\", expected NOTSET, SAME_UPPER, SAME_LOWER or VALID");
}

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(2, 3));
  KITE_TRY(context.require_float(0));
  KITE_TRY(context.require_same_dtype(0, 1));
  const Shape& x = context.shape(0);
  const Shape& w = context.shape(1);
  const std::string shapes = "input " + x.to_string() + " and weights " + w.to_string();
  if (x.rank() < 3 || x.rank() != w.rank()) {
    return context.invalid(shapes + " must have one rank: channels and spatial axes");
  }
  if (x.rank() > 2 + kMaxSpatial) return context.unsupported(shapes + ": supported are 1 to 3 spatial axes");
  KITE_TRY_ASSIGN(const std::int64_t group, context.get_int("group", 1));
  if (group < 1 || x[1] % group != 0 || w[0] != x[1]) {
    return context.invalid(shapes + " do not fit with group=" + std::to_string(group) + " (attribute 'group')");
  }
  for (int axis = 2; axis < w.rank(); ++axis) {
    if (w[axis] < 1) return context.invalid(shapes + ": the kernel is empty");
  }
  KITE_TRY(check_attributes(context, w, static_cast<std::size_t>(x.rank() - 2)));
  const auto conv = read_transposed(context.attributes(), x, w);
  if (!conv) {
    return context.invalid(shapes + ": the output's size is negative or too large", "check 'pads' and 'output_shape'");
  }
  if (context.has_input(2)) {
    KITE_TRY(context.require_same_dtype(0, 2));
    if (context.shape(2).rank() != 1 || context.shape(2)[0] != w[1] * group) {
      return context.invalid("bias has shape " + context.shape(2).to_string() + ", expected [" +
                             std::to_string(w[1] * group) + "]");
    }
  }
  std::array<std::int64_t, kMaxRank> dims{x[0], w[1] * group};
  Checked terms = x[1] / group;
  for (int axis = 2; axis < x.rank(); ++axis) {
    const WindowAxis& spatial = conv->axes[static_cast<std::size_t>(kMaxSpatial - x.rank() + axis)];
    dims[static_cast<std::size_t>(axis)] = spatial.out;
    terms *= std::min(ceil_div(spatial.kernel, spatial.stride), spatial.in);
  }
  context.set_products(terms.capped());
  return context.set_output(0, context.input(0).dtype,
                            std::span<const std::int64_t>(dims).first(static_cast<std::size_t>(x.rank())));
}

// Calls fn(t, i) for each tap t of one output that an input i reaches.
template <typename Fn>
void for_each_tap(const WindowAxis& axis, std::int64_t out, Fn&& fn) {
  for (std::int64_t t = 0; t < axis.kernel; ++t) {
    const std::int64_t from = out + axis.pad_begin - t * axis.dilation;
    if (from < 0) return;
    if (from % axis.stride == 0 && from / axis.stride < axis.in) fn(t, from / axis.stride);
  }
}

constexpr std::int64_t kBlock = 64;  // outputs that are summed at a time

// Adds one input row, as the taps of one kernel row spread it, to the sums of outputs [begin, begin + count).
template <typename T>
void add_row(const WindowAxis& width, const T* row, const T* taps, std::int64_t begin, std::int64_t count,
             double* sums) {
  for (std::int64_t t = 0; t < width.kernel; ++t) {
    const auto weight = static_cast<double>(taps[t]);
    const std::int64_t shift = t * width.dilation - width.pad_begin;  // of input 0 in the output
    const std::int64_t first = begin > shift ? ceil_div(begin - shift, width.stride) : 0;
    for (std::int64_t i = first; i < width.in; ++i) {
      const std::int64_t at = i * width.stride + shift - begin;
      if (at >= count) break;
      sums[at] += weight * static_cast<double>(row[i]);
    }
  }
}

// One output channel of one picture: `x` are the planes of its group, `w` its taps for the first of them.
template <typename T>
void spread_plane(const TransposedWindow& conv, const T* x, const T* w, double bias, T* y) {
  const auto& [depth, height, width] = conv.axes;
  const std::int64_t taps = depth.kernel * height.kernel * width.kernel;
  std::array<double, kBlock> sums;
  for (std::int64_t od = 0; od < depth.out; ++od) {
    for (std::int64_t oh = 0; oh < height.out; ++oh) {
      for (std::int64_t begin = 0; begin < width.out; begin += kBlock) {
        const std::int64_t count = std::min(kBlock, width.out - begin);
        sums.fill(bias);
        for (std::int64_t c = 0; c < conv.in_channels / conv.group; ++c) {
          for_each_tap(depth, od, [&](std::int64_t td, std::int64_t id) {
            for_each_tap(height, oh, [&](std::int64_t th, std::int64_t ih) {
              add_row(width, x + ((c * depth.in + id) * height.in + ih) * width.in,
                      w + c * conv.out_per_group * taps + (td * height.kernel + th) * width.kernel, begin, count,
                      sums.data());
            });
          });
        }
        for (std::int64_t i = 0; i < count; ++i) y[i] = static_cast<T>(sums[static_cast<std::size_t>(i)]);
        y += count;
      }
    }
  }
}

Status compute(const ComputeContext& context) {
  const auto read = read_transposed(context.attributes, context.inputs[0].type.shape, context.inputs[1].type.shape);
  if (!read) return Error{ErrorCode::kInvalidModel, "the output's size is negative or too large", {}, {}};
  const TransposedWindow& conv = *read;
  return dispatch(FloatTypes{}, context.outputs[0].type.dtype, [&]<typename T>() -> Status {
    const T* bias = context.has_input(2) ? context.inputs[2].as<T>() : nullptr;
    const std::int64_t channels = conv.group * conv.out_per_group;
    const std::int64_t group_channels = conv.in_channels / conv.group;
    std::int64_t taps = 1, in_pixels = 1, out_pixels = 1;
    for (const WindowAxis& axis : conv.axes) {
      taps *= axis.kernel;
      in_pixels *= axis.in;
      out_pixels *= axis.out;
    }
    const auto [first, last] = context.share.of(conv.batch * channels, 1);
    for (std::int64_t plane = first; plane < last; ++plane) {
      const std::int64_t k = plane % channels, group = k / conv.out_per_group;
      const std::int64_t c = group * group_channels;
      spread_plane(conv, context.inputs[0].as<T>() + (plane / channels * conv.in_channels + c) * in_pixels,
                   context.inputs[1].as<T>() + (c * conv.out_per_group + k % conv.out_per_group) * taps,
                   bias == nullptr ? 0.0 : static_cast<double>(bias[k]),
                   context.outputs[0].as<T>() + plane * out_pixels);
    }
    return {};
  });
}

}  // namespace

extern constinit const Operator kConvTransposeOperator = {
    "", "ConvTranspose", 7, kLastOpset, "1 to 3 spatial axes", infer, compute, Sharing::kShared};

}  // namespace kite
