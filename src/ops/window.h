// SPDX-License-Identifier: Apache-2.0
// The geometry of sliding windows, shared by convolution and pooling: output sizes and explicit pads.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "graph/attributes.h"
#include "ops/op.h"
#include "paperkite/error.h"
#include "paperkite/tensor.h"

namespace kite {

// Spatial axes that convolution and pooling support: 1 to 3. Computation always runs over three, see Window.
inline constexpr int kMaxSpatial = 3;

// Output o reads input o*stride - pad_begin + t*dilation for taps t in [0, kernel); outside [0, in) lies padding.
struct WindowAxis {
  std::int64_t in = 1;
  std::int64_t out = 1;
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  std::int64_t dilation = 1;
  std::int64_t pad_begin = 0;
  std::int64_t pad_end = 0;

  // First input position of output o; negative inside the leading pad.
  [[nodiscard]] std::int64_t start(std::int64_t o) const noexcept { return o * stride - pad_begin; }
  // The taps [first, last) of output o that lie inside the input.
  [[nodiscard]] std::int64_t first_tap(std::int64_t o) const noexcept;
  [[nodiscard]] std::int64_t last_tap(std::int64_t o) const noexcept;
  // How many taps of output o lie inside the input or its explicit padding (ceil_mode can reach beyond both).
  [[nodiscard]] std::int64_t padded_taps(std::int64_t o) const noexcept;
  // The outputs [first, last) for which tap t lies inside the input.
  [[nodiscard]] std::int64_t first_output(std::int64_t t) const noexcept;
  [[nodiscard]] std::int64_t last_output(std::int64_t t) const noexcept;
};

struct Window {
  int rank = 0;  // spatial axes of the node
  // Depth, height, width: the node's axes at the end, trivial ones (size 1, kernel 1) before them.
  std::array<WindowAxis, kMaxSpatial> axes;

  [[nodiscard]] const WindowAxis& depth() const noexcept { return axes[0]; }
  [[nodiscard]] const WindowAxis& height() const noexcept { return axes[1]; }
  [[nodiscard]] const WindowAxis& width() const noexcept { return axes[2]; }
  // The node's own axes.
  [[nodiscard]] std::span<const WindowAxis> spatial() const noexcept {
    return std::span<const WindowAxis>(axes).last(static_cast<std::size_t>(rank));
  }
  [[nodiscard]] std::int64_t in_pixels() const noexcept { return axes[0].in * axes[1].in * axes[2].in; }
  [[nodiscard]] std::int64_t out_pixels() const noexcept { return axes[0].out * axes[1].out * axes[2].out; }
  // Elements under the window, as far as they lie inside the input: at most so many are read for an output.
  [[nodiscard]] std::int64_t taps() const noexcept;
};

enum class WindowUse : std::uint8_t {
  kConvolution,
  kPooling,  // reads ceil_mode, and pads must be smaller than the window
};

// Reads strides, pads, dilations, auto_pad and, for pooling, ceil_mode; all arithmetic is checked. The Error has no
// place yet. compute() calls this again: what infer() accepted cannot fail then.
[[nodiscard]] Result<Window> make_window(const Attributes& attributes, std::span<const std::int64_t> in,
                                         std::span<const std::int64_t> kernel, WindowUse use);

// For infer(): the same after checking the attributes' types, with the node in the Error.
[[nodiscard]] Result<Window> infer_window(const InferContext& context, std::span<const std::int64_t> in,
                                          std::span<const std::int64_t> kernel, WindowUse use);

}  // namespace kite
