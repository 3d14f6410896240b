// SPDX-License-Identifier: Apache-2.0
// Copies between strided views, in one of three ways.
//  - runs: both views are contiguous in the innermost dimension.
//  - tiles: y is contiguous there, x in another dimension, `along`: blocks of 64 x 64 (16 KB to read, 16 KB to write:
//  L1)
//    cut into tiles that are turned in registers, so that whole cache lines are read and written.
//  - elements: anything else, such as a step of 2 or a broadcast.
// Elements are moved as floats or 32-bit words; neither changes a bit of them.
#include "kernels/kernel.h"
#include "kernels/simd/target.inl"
#include "kernels/strided_copy/strided_copy_params.h"

namespace kite::KITE_TARGET {

constexpr std::int64_t kCopyPiece = 4096;  // of a run: what one share takes at least
constexpr std::int64_t kCopyBlock = 64;

// Walks some of the dimensions, innermost fastest, and keeps where x and y are.
struct CopyWalk {
  const StridedCopyParams& p;
  std::int64_t size[kCopyDims];  // 1 for dimensions that are not walked
  std::int64_t index[kCopyDims];
  std::int64_t in, out;

  void start(std::int64_t at) {
    in = p.in_first;
    out = p.out_first;
    for (int d = kCopyDims - 1; d >= 0; --d) {
      index[d] = at % size[d];
      at /= size[d];
      in += index[d] * p.in_stride[d];
      out += index[d] * p.out_stride[d];
    }
  }
  void next() {
    for (int d = kCopyDims - 1; d >= 0; --d) {
      if (size[d] == 1) continue;
      in += p.in_stride[d];
      out += p.out_stride[d];
      if (++index[d] < size[d]) return;
      in -= p.in_stride[d] * size[d];
      out -= p.out_stride[d] * size[d];
      index[d] = 0;
    }
  }
};

// A walk over all dimensions but the innermost and `other`.
static CopyWalk outer_walk(const StridedCopyParams& p, int other, std::int64_t& positions) {
  CopyWalk walk = {p, {}, {}, 0, 0};
  positions = 1;
  for (int d = 0; d < kCopyDims; ++d) {
    walk.size[d] = d == kCopyDims - 1 || d == other ? 1 : p.size[d];
    positions *= walk.size[d];
  }
  return walk;
}

static inline void copy_run(const float* x, float* y, std::int64_t count) {
  std::int64_t i = 0;
  for (; i + 4 * Vec::kLanes <= count; i += 4 * Vec::kLanes) {
    const Vec a = load(x + i), b = load(x + i + Vec::kLanes);
    const Vec c = load(x + i + 2 * Vec::kLanes), d = load(x + i + 3 * Vec::kLanes);
    store(y + i, a);
    store(y + i + Vec::kLanes, b);
    store(y + i + 2 * Vec::kLanes, c);
    store(y + i + 3 * Vec::kLanes, d);
  }
  for (; i + Vec::kLanes <= count; i += Vec::kLanes) store(y + i, load(x + i));
  if (i < count) store_n(y + i, load_n(x + i, static_cast<int>(count - i)), static_cast<int>(count - i));
}

// Shares: pieces of runs.
static void copy_runs(const KernelCall& call, const StridedCopyParams& p) {
  const auto* x = static_cast<const float*>(call.in[0]);
  auto* y = static_cast<float*>(call.out[0]);
  const std::int64_t length = p.size[kCopyDims - 1];
  const std::int64_t pieces = (length + kCopyPiece - 1) / kCopyPiece;
  std::int64_t runs = 0;
  CopyWalk walk = outer_walk(p, -1, runs);
  const std::int64_t first = runs * pieces * call.share / call.shares;
  const std::int64_t last = runs * pieces * (call.share + 1) / call.shares;
  walk.start(first / pieces);
  std::int64_t piece = first % pieces;
  for (std::int64_t at = first; at < last; ++at) {
    const std::int64_t begin = piece * kCopyPiece;
    const std::int64_t count = length - begin < kCopyPiece ? length - begin : kCopyPiece;
    copy_run(x + walk.in + begin, y + walk.out + begin, count);
    if (++piece == pieces) {
      piece = 0;
      walk.next();
    }
  }
}

// `columns` positions of the dimension `along`, all of the innermost dimension.
static void copy_stripe(const StridedCopyParams& p, int along, const float* x, float* y, std::int64_t columns) {
  const std::int64_t rows = p.size[kCopyDims - 1];
  const std::ptrdiff_t x_step = p.in_stride[kCopyDims - 1], y_step = p.out_stride[along];
  for (std::int64_t block = 0; block < rows; block += kCopyBlock) {
    const std::int64_t end = block + kCopyBlock < rows ? block + kCopyBlock : rows;
    for (std::int64_t column = 0; column < columns; column += kTile) {
      const int wide = columns - column < kTile ? static_cast<int>(columns - column) : kTile;
      for (std::int64_t row = block; row < end; row += kTile) {
        const int tall = end - row < kTile ? static_cast<int>(end - row) : kTile;
        transpose_tile(x + row * x_step + column, x_step, tall, y + column * y_step + row, y_step, wide);
      }
    }
  }
}

// Shares: stripes of 64 positions of `along`, so that no two threads write one cache line of a row of y.
static void copy_tiles(const KernelCall& call, const StridedCopyParams& p, int along) {
  const auto* x = static_cast<const float*>(call.in[0]);
  auto* y = static_cast<float*>(call.out[0]);
  const std::int64_t stripes = (p.size[along] + kCopyBlock - 1) / kCopyBlock;
  std::int64_t outer = 0;
  CopyWalk walk = outer_walk(p, along, outer);
  const std::int64_t first = outer * stripes * call.share / call.shares;
  const std::int64_t last = outer * stripes * (call.share + 1) / call.shares;
  walk.start(first / stripes);
  std::int64_t stripe = first % stripes;
  for (std::int64_t at = first; at < last; ++at) {
    const std::int64_t begin = stripe * kCopyBlock;
    const std::int64_t columns = p.size[along] - begin < kCopyBlock ? p.size[along] - begin : kCopyBlock;
    copy_stripe(p, along, x + walk.in + begin, y + walk.out + begin * p.out_stride[along], columns);
    if (++stripe == stripes) {
      stripe = 0;
      walk.next();
    }
  }
}

static void copy_elements(const KernelCall& call, const StridedCopyParams& p) {
  const auto* x = static_cast<const std::uint32_t*>(call.in[0]);
  auto* y = static_cast<std::uint32_t*>(call.out[0]);
  CopyWalk walk = {p, {}, {}, 0, 0};
  std::int64_t count = 1;
  for (int d = 0; d < kCopyDims; ++d) count *= walk.size[d] = p.size[d];
  const std::int64_t first = count * call.share / call.shares;
  const std::int64_t last = count * (call.share + 1) / call.shares;
  walk.start(first);
  for (std::int64_t at = first; at < last; ++at, walk.next()) y[walk.out] = x[walk.in];
}

void strided_copy_b32(const KernelCall& call);
void strided_copy_b32(const KernelCall& call) {
  const StridedCopyParams& p = *static_cast<const StridedCopyParams*>(call.params);
  if (p.out_stride[kCopyDims - 1] != 1) return copy_elements(call, p);
  if (p.in_stride[kCopyDims - 1] == 1) return copy_runs(call, p);
  for (int d = kCopyDims - 2; d >= 0; --d) {
    if (p.in_stride[d] == 1 && p.size[d] > 1) return copy_tiles(call, p, d);
  }
  copy_elements(call, p);
}

}  // namespace kite::KITE_TARGET
