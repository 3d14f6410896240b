// SPDX-License-Identifier: Apache-2.0
// The one element mover behind Transpose, Slice, Split, Concat, Expand and Pad.
#include "ops/strided_copy.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace kite {

namespace {

// 32 x 32 elements of 8 bytes: 32 cache lines of input times 64 bytes and as much of output fit into 32 KiB.
constexpr std::int64_t kTile = 32;

// Drops axes of size 1 and joins neighbours that are one run in both buffers. False when there is nothing to copy.
bool collapse(StridedCopy& copy) noexcept {
  StridedCopy merged;
  for (int axis = 0; axis < copy.rank; ++axis) {
    const auto a = static_cast<std::size_t>(axis);
    if (copy.size[a] == 0) return false;
    if (copy.size[a] == 1) continue;
    if (merged.rank > 0) {
      const auto last = static_cast<std::size_t>(merged.rank - 1);
      if (merged.out_stride[last] == copy.out_stride[a] * copy.size[a] &&
          merged.in_stride[last] == copy.in_stride[a] * copy.size[a]) {
        merged.size[last] *= copy.size[a];
        merged.out_stride[last] = copy.out_stride[a];
        merged.in_stride[last] = copy.in_stride[a];
        continue;
      }
    }
    merged.add_axis(copy.size[a], copy.out_stride[a], copy.in_stride[a]);
  }
  if (merged.rank == 0) merged.add_axis(1, 1, 1);
  copy = merged;
  return true;
}

// Where the input is contiguous along an axis that is not the last, that axis becomes the last but one, so that the
// innermost two loops form a transposition.
void bring_input_run_inside(StridedCopy& copy) noexcept {
  const auto last = static_cast<std::size_t>(copy.rank - 1);
  for (std::size_t axis = 0; axis + 1 < last; ++axis) {
    if (copy.in_stride[axis] != 1) continue;
    for (std::size_t a = axis; a + 1 < last; ++a) {
      std::swap(copy.size[a], copy.size[a + 1]);
      std::swap(copy.out_stride[a], copy.out_stride[a + 1]);
      std::swap(copy.in_stride[a], copy.in_stride[a + 1]);
    }
    return;
  }
}

// Leaves `share` of the copy: a stretch of the outermost axis that is long enough, else of the longest one. False when
// there is nothing in it.
bool take_share(StridedCopy& copy, Share share, std::int64_t element_size, const std::byte*& in,
                std::byte*& out) noexcept {
  if (share.count == 1) return true;
  constexpr std::int64_t kEnough = 4;  // positions a share: the longest is then at most a quarter above the mean
  std::size_t axis = 0;
  for (std::size_t a = 0; a < static_cast<std::size_t>(copy.rank); ++a) {
    if (copy.size[a] > copy.size[axis]) axis = a;
    if (copy.size[axis] >= kEnough * share.count) break;
  }
  const auto [first, last] = share.of(copy.size[axis], copy.out_stride[axis] == 1 ? 64 : 1);
  in += first * copy.in_stride[axis] * element_size;
  out += first * copy.out_stride[axis] * element_size;
  copy.size[axis] = last - first;
  return first < last;
}

// One innermost run of `count` elements.
template <std::size_t kSize>
void copy_run(std::int64_t count, const std::byte* in, std::int64_t in_step, std::byte* out,
              std::int64_t out_step) noexcept {
  if (in_step == static_cast<std::int64_t>(kSize) && out_step == in_step) {
    std::memcpy(out, in, static_cast<std::size_t>(count) * kSize);
    return;
  }
  for (std::int64_t i = 0; i < count; ++i) std::memcpy(out + i * out_step, in + i * in_step, kSize);
}

template <std::size_t kSize>
void copy_tiles(std::int64_t rows, std::int64_t in_row, std::int64_t out_row, std::int64_t count, std::int64_t in_step,
                std::int64_t out_step, const std::byte* in, std::byte* out) noexcept {
  for (std::int64_t r0 = 0; r0 < rows; r0 += kTile) {
    const std::int64_t r1 = std::min(r0 + kTile, rows);
    for (std::int64_t c0 = 0; c0 < count; c0 += kTile) {
      const std::int64_t c1 = std::min(c0 + kTile, count);
      for (std::int64_t r = r0; r < r1; ++r) {
        const std::byte* from = in + r * in_row + c0 * in_step;
        std::byte* to = out + r * out_row + c0 * out_step;
        copy_run<kSize>(c1 - c0, from, in_step, to, out_step);
      }
    }
  }
}

// Strides of `copy` in bytes here. `tiled`: the last two axes are walked together.
template <std::size_t kSize>
void copy_axes(const StridedCopy& copy, bool tiled, const std::byte* in, std::byte* out) noexcept {
  const auto last = static_cast<std::size_t>(copy.rank - 1);
  const int outer = copy.rank - (tiled ? 2 : 1);
  std::array<std::int64_t, kMaxRank> index{};
  std::int64_t in_at = 0;
  std::int64_t out_at = 0;
  while (true) {
    if (tiled) {
      copy_tiles<kSize>(copy.size[last - 1], copy.in_stride[last - 1], copy.out_stride[last - 1], copy.size[last],
                        copy.in_stride[last], copy.out_stride[last], in + in_at, out + out_at);
    } else {
      copy_run<kSize>(copy.size[last], in + in_at, copy.in_stride[last], out + out_at, copy.out_stride[last]);
    }
    int axis = outer - 1;  // an odometer over the outer axes
    for (; axis >= 0; --axis) {
      const auto a = static_cast<std::size_t>(axis);
      in_at += copy.in_stride[a];
      out_at += copy.out_stride[a];
      if (++index[a] < copy.size[a]) break;
      in_at -= copy.in_stride[a] * copy.size[a];
      out_at -= copy.out_stride[a] * copy.size[a];
      index[a] = 0;
    }
    if (axis < 0) return;
  }
}

}  // namespace

void strided_copy(StridedCopy copy, std::size_t element_size, const std::byte* in, std::byte* out,
                  Share share) noexcept {
  if (!collapse(copy) || !take_share(copy, share, static_cast<std::int64_t>(element_size), in, out)) return;
  const auto last = static_cast<std::size_t>(copy.rank - 1);
  const bool is_run = copy.in_stride[last] == 1 && copy.out_stride[last] == 1;
  bool tiled = false;
  if (!is_run && copy.rank > 1) {
    bring_input_run_inside(copy);
    tiled = copy.in_stride[last - 1] == 1;
  }
  for (int axis = 0; axis < copy.rank; ++axis) {
    copy.in_stride[static_cast<std::size_t>(axis)] *= static_cast<std::int64_t>(element_size);
    copy.out_stride[static_cast<std::size_t>(axis)] *= static_cast<std::int64_t>(element_size);
  }
  switch (element_size) {
    case 1: return copy_axes<1>(copy, tiled, in, out);
    case 2: return copy_axes<2>(copy, tiled, in, out);
    case 4: return copy_axes<4>(copy, tiled, in, out);
    default: return copy_axes<8>(copy, tiled, in, out);
  }
}

std::array<std::int64_t, kMaxRank> dense_strides(const Shape& shape) noexcept {
  std::array<std::int64_t, kMaxRank> strides{};
  std::int64_t stride = 1;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    strides[static_cast<std::size_t>(axis)] = stride;
    stride *= shape[axis];
  }
  return strides;
}

Status copy_elements(const ComputeContext& context) {
  const TensorView& in = context.inputs[0];
  const auto [first, last] = context.share.of(in.type.size_bytes());
  std::copy(in.data + first, in.data + last, context.outputs[0].data + first);
  return {};
}

}  // namespace kite
