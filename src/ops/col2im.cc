// SPDX-License-Identifier: Apache-2.0
// Col2Im: the sum of all windows at their places. x is [batch, channels * taps, windows]; y[n,c,o] is the sum of
// x[n, c*taps + t, i] for every window i and tap t with i*stride - pad + t*dilation = o.
#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/checked.h"
#include "ops/axes.h"
#include "ops/dispatch.h"
#include "ops/op.h"
#include "ops/window.h"
#include "paperkite/try.h"

namespace kite {
namespace {

constexpr int kMostAxes = kMaxRank - 2;

// `in` is the number of windows along the axis, `out` the size of the picture.
struct Windows {
  int rank = 0;
  std::array<WindowAxis, kMostAxes> axes;
  std::int64_t taps = 1;
  std::int64_t count = 1;  // windows
};

Status check_lists(const InferContext& context, std::size_t rank) {
  for (const char* name : {"strides", "dilations", "pads"}) {
    const bool is_pads = name == std::string_view("pads");
    KITE_TRY_ASSIGN(const std::vector<std::int64_t> list, context.get_ints(name));
    if (list.empty() || (list.size() == (is_pads ? 2 * rank : rank) && std::ranges::min(list) >= (is_pads ? 0 : 1))) {
      continue;
    }
    return context.invalid("attribute '" + std::string(name) + "' does not fit " + std::to_string(rank) +
                           " spatial axes");
  }
  return {};
}

// The attributes have been checked. False where a window does not fit into the padded picture.
template <typename Sizes>
bool windows_of(const Attributes& attributes, const Sizes& image, const Sizes& block, Windows& windows) {
  windows.rank = static_cast<int>(image.size());
  const auto strides = attributes.get_ints("strides");
  const auto dilations = attributes.get_ints("dilations");
  const auto pads = attributes.get_ints("pads");
  Checked taps = 1, count = 1;
  for (int i = 0; i < windows.rank; ++i) {
    const auto a = static_cast<std::size_t>(i);
    WindowAxis& axis = windows.axes[a];
    axis.out = image[static_cast<decltype(image.size())>(i)];
    axis.kernel = block[static_cast<decltype(block.size())>(i)];
    if (!strides.empty()) axis.stride = strides[a];
    if (!dilations.empty()) axis.dilation = dilations[a];
    if (!pads.empty()) axis.pad_begin = pads[a];
    if (!pads.empty()) axis.pad_end = pads[a + static_cast<std::size_t>(windows.rank)];
    if (axis.out < 0 || axis.kernel < 1) return false;
    const auto room =
        (Checked(axis.out) + axis.pad_begin + axis.pad_end - 1 - Checked(axis.kernel - 1) * axis.dilation).exact();
    if (!room || *room < 0) return false;
    axis.in = *room / axis.stride + 1;
    taps *= axis.kernel;
    count *= axis.in;
  }
  if (!taps.exact() || !count.exact()) return false;
  windows.taps = *taps.exact();
  windows.count = *count.exact();
  return true;
}

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(3, 3));
  KITE_TRY(context.require_float(0));
  KITE_TRY_ASSIGN(const std::vector<std::int64_t> image, context.constant_ints(1, "image_shape"));
  KITE_TRY_ASSIGN(const std::vector<std::int64_t> block, context.constant_ints(2, "block_shape"));
  const Shape& x = context.shape(0);
  if (image.empty() || image.size() != block.size() || x.rank() != 3) {
    return context.invalid("input has shape " + x.to_string() + ", expected rank 3 and two lists of one length");
  }
  if (image.size() > kMostAxes) return context.unsupported("more than " + std::to_string(kMostAxes) + " spatial axes");
  KITE_TRY(check_lists(context, image.size()));
  Windows windows;
  if (!windows_of(context.attributes(), image, block, windows)) {
    return context.invalid("a block is larger than the padded image");
  }
  if (x[1] % windows.taps != 0 || x[2] != windows.count) {
    return context.invalid("input has shape " + x.to_string() + ", expected [batch, a multiple of " +
                           std::to_string(windows.taps) + ", " + std::to_string(windows.count) + "]");
  }
  std::array<std::int64_t, kMaxRank> dims{x[0], x[1] / windows.taps};
  std::ranges::copy(image, dims.begin() + 2);
  context.set_terms(windows.taps);
  return context.set_output(0, context.input(0).dtype, std::span<const std::int64_t>(dims).first(image.size() + 2));
}

// The sum at one place. `at` is its position; x the windows of one channel.
template <typename T>
double gather(const Windows& windows, const T* x, const std::array<std::int64_t, kMostAxes>& at) {
  double sum = 0;
  std::array<std::int64_t, kMostAxes> tap{};
  for (std::int64_t t = 0; t < windows.taps; ++t) {
    std::int64_t window = 0;
    bool is_hit = true;
    for (int a = 0; is_hit && a < windows.rank; ++a) {
      const auto i = static_cast<std::size_t>(a);
      const WindowAxis& axis = windows.axes[i];
      const std::int64_t from = at[i] + axis.pad_begin - tap[i] * axis.dilation;
      is_hit = from >= 0 && from % axis.stride == 0 && from / axis.stride < axis.in;
      window = window * axis.in + from / axis.stride;
    }
    if (is_hit) sum += static_cast<double>(x[t * windows.count + window]);
    for (int a = windows.rank - 1; a >= 0; --a) {
      const auto i = static_cast<std::size_t>(a);
      if (++tap[i] < windows.axes[i].kernel) break;
      tap[i] = 0;
    }
  }
  return sum;
}

Status compute(const ComputeContext& context) {
  const Shape& shape = context.outputs[0].type.shape;
  const ListView image{context.inputs[1]};
  const ListView block{context.inputs[2]};
  Windows windows;
  if (!windows_of(context.attributes, image, block, windows)) {
    return Error{ErrorCode::kInvalidModel, "a block is larger than the padded image", {}, {}};
  }
  const std::int64_t pixels = shape.elements(2, shape.rank());
  return dispatch(FloatTypes{}, context.outputs[0].type.dtype, [&]<typename T>() -> Status {
    const auto [first, last] = context.share.of(shape.elements());
    for (std::int64_t i = first; i < last; ++i) {
      std::array<std::int64_t, kMostAxes> at{};
      std::int64_t rest = i % pixels;
      for (int a = windows.rank - 1; a >= 0; --a) {
        at[static_cast<std::size_t>(a)] = rest % shape[a + 2];
        rest /= shape[a + 2];
      }
      context.outputs[0].as<T>()[i] =
          static_cast<T>(gather(windows, context.inputs[0].as<T>() + i / pixels * windows.taps * windows.count, at));
    }
    return {};
  });
}

}  // namespace

extern constinit const Operator kCol2ImOperator = {
    "", "Col2Im", 18, kLastOpset, "image_shape and block_shape must be constant", infer, compute, Sharing::kShared};

}  // namespace kite
