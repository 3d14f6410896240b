// SPDX-License-Identifier: Apache-2.0
// Output sizes and pads of sliding windows, from attributes that have not been checked before.
#include "ops/window.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/checked.h"
#include "paperkite/try.h"

namespace kite {
namespace {

Error bad(std::string what, std::string remedy = {}) {
  return Error{ErrorCode::kInvalidModel, std::move(what), {}, std::move(remedy)};
}

std::string quoted(std::string_view name) { return "attribute '" + std::string(name) + "'"; }

// The list `name` with exactly `count` entries of at least `least`; empty when it is left out.
Result<std::span<const std::int64_t>> read_list(const Attributes& attributes, std::string_view name, std::size_t count,
                                                std::int64_t least) {
  const auto list = attributes.get_ints(name);
  if (list.empty()) return list;
  if (list.size() != count) {
    return bad(quoted(name) + " has " + std::to_string(list.size()) + " entries, expected " + std::to_string(count));
  }
  for (const std::int64_t value : list) {
    if (value < least) {
      return bad(quoted(name) + " holds " + std::to_string(value) + ", expected at least " + std::to_string(least));
    }
  }
  return list;
}

enum class AutoPad : std::uint8_t { kNotSet, kSameUpper, kSameLower, kValid };

Result<AutoPad> read_auto_pad(const Attributes& attributes, std::span<const std::int64_t> pads) {
  const std::string_view name = attributes.get_string("auto_pad", "NOTSET");
  if (name.empty() || name == "NOTSET") return AutoPad::kNotSet;
  // Zero pads beside auto_pad are what some exporters always write; they contradict nothing.
  if (std::ranges::any_of(pads, [](std::int64_t pad) { return pad != 0; })) {
    return bad("attributes 'auto_pad' (" + std::string(name) + ") and 'pads' are both set", "keep only one of the two");
  }
  if (name == "SAME_UPPER") return AutoPad::kSameUpper;
  if (name == "SAME_LOWER") return AutoPad::kSameLower;
  if (name == "VALID") return AutoPad::kValid;
  return bad(quoted("auto_pad") + " is \"" + std::string(name) +
             "\", expected NOTSET, SAME_UPPER, SAME_LOWER or VALID");
}

// (kernel - 1) * dilation + 1: the input span that one window covers.
std::optional<std::int64_t> window_span(const WindowAxis& axis) {
  return (Checked(axis.kernel - 1) * axis.dilation + 1).exact();
}

// SAME: out = ceil(in / stride), the pads that this needs split in two halves.
Status pad_to_same(WindowAxis& axis, std::int64_t span, bool larger_half_first) {
  axis.out = axis.in == 0 ? 0 : (axis.in - 1) / axis.stride + 1;
  const auto reach = (Checked(std::max<std::int64_t>(axis.out - 1, 0)) * axis.stride + span).exact();
  if (!reach) return bad("the padding that attribute 'auto_pad' asks for overflows");
  const std::int64_t total = std::max<std::int64_t>(*reach - axis.in, 0);
  axis.pad_begin = larger_half_first ? total - total / 2 : total / 2;
  axis.pad_end = total - axis.pad_begin;
  return {};
}

// NOTSET and VALID: as many windows as fit into the padded input.
Status count_windows(WindowAxis& axis, std::int64_t span, bool ceil_mode) {
  const auto padded = (Checked(axis.in) + axis.pad_begin + axis.pad_end).exact();
  if (!padded)
    return bad(quoted("pads") + " overflows: " + std::to_string(axis.pad_begin) + " and " +
               std::to_string(axis.pad_end));
  if (*padded < span) {
    return bad("the window spans " + std::to_string(span) + " (kernel " + std::to_string(axis.kernel) + ", dilation " +
                   std::to_string(axis.dilation) + ") but the padded input only " + std::to_string(*padded),
               "feed a larger picture, or check the attributes 'kernel_shape', 'dilations' and 'pads'");
  }
  const std::int64_t room = *padded - span;
  axis.out = room / axis.stride + 1;
  if (ceil_mode && room % axis.stride != 0) {
    // A last window that would start beyond the input and its leading pad is left out.
    const auto last_start = (Checked(axis.out) * axis.stride).exact();
    if (last_start && *last_start < axis.in + axis.pad_begin) ++axis.out;
  }
  return {};
}

Status solve_axis(WindowAxis& axis, AutoPad auto_pad, bool ceil_mode, WindowUse use) {
  if (axis.kernel < 1) return bad("the kernel has size " + std::to_string(axis.kernel) + ", expected at least 1");
  const auto span = window_span(axis);
  if (!span) {
    return bad("kernel " + std::to_string(axis.kernel) + " with dilation " + std::to_string(axis.dilation) +
               " overflows");
  }
  if (auto_pad == AutoPad::kSameUpper || auto_pad == AutoPad::kSameLower) {
    return pad_to_same(axis, *span, auto_pad == AutoPad::kSameLower);
  }
  if (use == WindowUse::kPooling && std::max(axis.pad_begin, axis.pad_end) >= *span) {
    return bad(quoted("pads") + " holds " + std::to_string(std::max(axis.pad_begin, axis.pad_end)) +
               ", expected less than the window's span of " + std::to_string(*span));
  }
  return count_windows(axis, *span, ceil_mode);
}

}  // namespace

std::int64_t Window::taps() const noexcept {
  std::int64_t taps = 1;
  for (const WindowAxis& axis : axes) taps *= std::min(axis.kernel, axis.in);  // at most the elements of the input
  return taps;
}

std::int64_t WindowAxis::first_tap(std::int64_t o) const noexcept {
  const std::int64_t begin = start(o);
  return begin >= 0 ? 0 : std::min(kernel, ceil_div(-begin, dilation));
}

std::int64_t WindowAxis::last_tap(std::int64_t o) const noexcept {
  const std::int64_t room = in - start(o);
  return room <= 0 ? 0 : std::min(kernel, (room - 1) / dilation + 1);
}

std::int64_t WindowAxis::padded_taps(std::int64_t o) const noexcept {
  const std::int64_t room = in + pad_end - start(o);
  return room <= 0 ? 0 : std::min(kernel, (room - 1) / dilation + 1);
}

std::int64_t WindowAxis::first_output(std::int64_t t) const noexcept {
  const std::int64_t before = pad_begin - t * dilation;  // input positions that output 0 lies before the input
  if (before <= 0) return 0;
  return std::min(out, stride == 1 ? before : (before - 1) / stride + 1);
}

std::int64_t WindowAxis::last_output(std::int64_t t) const noexcept {
  const std::int64_t room = in + pad_begin - t * dilation;  // o * stride < room
  if (room <= 0) return 0;
  return std::min(out, stride == 1 ? room : (room - 1) / stride + 1);
}

Result<Window> make_window(const Attributes& attributes, std::span<const std::int64_t> in,
                           std::span<const std::int64_t> kernel, WindowUse use) {
  const std::size_t rank = in.size();
  if (rank < 1 || rank > kMaxSpatial) {
    return Error{ErrorCode::kUnsupportedModel,
                 "the input has " + std::to_string(rank) + " spatial axes, supported are 1 to 3",
                 {},
                 {}};
  }
  if (kernel.size() != rank) {
    return bad("the kernel has " + std::to_string(kernel.size()) + " spatial axes, the input " + std::to_string(rank));
  }
  KITE_TRY_ASSIGN(const auto strides, read_list(attributes, "strides", rank, 1));
  KITE_TRY_ASSIGN(const auto dilations, read_list(attributes, "dilations", rank, 1));
  KITE_TRY_ASSIGN(const auto pads, read_list(attributes, "pads", 2 * rank, 0));
  KITE_TRY_ASSIGN(const AutoPad auto_pad, read_auto_pad(attributes, pads));
  const bool ceil_mode = use == WindowUse::kPooling && attributes.get_int("ceil_mode", 0) != 0;

  Window window;
  window.rank = static_cast<int>(rank);
  for (std::size_t i = 0; i < rank; ++i) {
    WindowAxis& axis = window.axes[kMaxSpatial - rank + i];
    axis.in = in[i];
    axis.kernel = kernel[i];
    if (!strides.empty()) axis.stride = strides[i];
    if (!dilations.empty()) axis.dilation = dilations[i];
    if (!pads.empty()) axis.pad_begin = pads[i];
    if (!pads.empty()) axis.pad_end = pads[rank + i];
    KITE_TRY(solve_axis(axis, auto_pad, ceil_mode, use));
  }
  return window;
}

Result<Window> infer_window(const InferContext& context, std::span<const std::int64_t> in,
                            std::span<const std::int64_t> kernel, WindowUse use) {
  KITE_TRY(context.get_ints("strides"));
  KITE_TRY(context.get_ints("dilations"));
  KITE_TRY(context.get_ints("pads"));
  KITE_TRY(context.get_string("auto_pad", ""));
  KITE_TRY(context.get_int("ceil_mode", 0));
  auto window = make_window(context.attributes(), in, kernel, use);
  if (window.ok()) return window;
  Error placed = context.invalid(window.error().what, window.error().remedy);
  placed.code = window.error().code;
  return placed;
}

}  // namespace kite
