// SPDX-License-Identifier: Apache-2.0
// The targets that kernels are compiled for: what each needs of a processor, how wide it is, and what was measured on
// it. Constants only: what is compiled for one target reads its own row and leaves nothing behind for the linker.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/features.h"

namespace kite {

// Where kernels differ from target to target for another reason than their vector: by what was measured on processors
// that have it. Names say what is done, docs/performance.md what it brought.
struct Tuning {
  // Packed weights: blocks (of a vector's output channels) of the usual panel. A tile of 7 pixels x 3 blocks loads 10
  // vectors for 21 multiply-adds and runs at 99 % of the multiply-add peak with its weights in L2, 6 x 4 at 98 %; 14 x
  // 2 loads 16 for 28 and stops at 90 %, 28 x 1 at 55 %: an Ice Lake core loads one and a half full vectors a cycle,
  // broadcasts included. With 16 registers, 4 x 3 loads 7 for 12, 6 x 2 loads 8.
  int panel_blocks;
  // Register tile: the longest segment by number of blocks (1 to 4), and the most blocks. What fits into the registers,
  // and no more than x86 can address.
  int segment_pixels[4];
  int most_blocks;
  // Pixels are cut into bands, and shared out among threads, in multiples of this.
  int unit_pixels;
  // Panels that one row of a matrix, and two or three rows, go through together.
  int panels_of_one_row, panels_of_more_rows;
  // Whether panels whose last block is at most half full have tiles that spend half on it.
  bool has_half_tiles;
  // Whether a tile fetches the lines that it will write while it computes. It brings much on a core that has AVX-512;
  // one that stops at AVX2 loses 5 to 18 % by it.
  bool fetches_output;
  // Whether a picture's first convolution reads its planes without joining them into pixels before: with AVX2 in 0.86
  // to 0.96 of the time. With AVX-512 in 0.94 to 1.0, which is not worth its code.
  bool reads_planes;
  // Depthwise: whether activations that are more than a clamp are applied to a run before it is stored. Applied to what
  // was stored, loads wait for lines that are on their way from L2 or L3 still: EfficientNet-B0's layers take 0.87 of
  // the time on Zen 4. With AVX2 that took 1.14, so there a whole row is done at once.
  bool activates_runs;
  // Rows of a matrix in bands of so many bytes, which leave room in L2 for the panels that stream by: half of the
  // smallest L2 of the processors that have AVX-512 (1 MB). Beside the L2 of those that stop at AVX2 (256 or 512 KB) no
  // band is small enough to be worth streaming the panels once more: 1 to 5 % slower than bands in L3.
  int row_band_bytes;
  // Bytes of the next step's weights that a step fetches into L2 for it. Beyond them a step fetches each panel while it
  // uses the one before: with an L2 of 256 or 512 KB what is fetched earlier than that is gone when it is needed.
  int next_bytes;
  // A 1x1 convolution and the depthwise one behind it are one step where what lies between them takes at least so many
  // bytes: more than L2 holds, which is 1 to 2 MB with AVX-512, and 256 or 512 KB on cores that stop at AVX2. With
  // less, the rows that two shares expand cost more than is saved.
  std::int64_t expanded_bytes;
  // A 1x1 convolution scales its channels itself in pictures of at least so many pixels (28 x 28). In smaller ones the
  // panels are streamed once more for each filling of the scratch, and the scaled picture stays in L2 anyway.
  std::int64_t scaled_pixels;
  // Means: vectors of neighbouring outputs that are summed together, four partial sums each.
  int mean_vectors;
  // Independent multiply-adds that hide each other's latency in the measurement of the peak.
  int peak_chains;
  // 8-bit weights: vectors of output channels of a panel. A tile of 6 pixels takes as many sums.
  int qconv_blocks;
  // Whether the four weights of a lane that are summed together lie apart, each beside those of the other lanes: NEON
  // multiplies by a lane of a vector, x86 adds neighbouring products up.
  bool weight_planes;
};

struct Target {
  std::string_view name;  // "avx512": as --isa and KITE_ISA have it, and the end of its kernels' names
  Features needs;
  int lanes;      // floats of a vector: what panels of weights are packed in
  int registers;  // vectors
  Tuning tuning;

  // Whether what is compiled for `other` runs where this target's kernels run.
  [[nodiscard]] constexpr bool includes(const Target& other) const noexcept { return needs.contain(other.needs); }
};

namespace targets {

// What follows from the number of registers; the rows below add what was measured on their processors.
constexpr Tuning kOf32Registers = {.panel_blocks = 3,
                                   .segment_pixels = {7, 7, 7, 6},
                                   .most_blocks = 4,
                                   .unit_pixels = 14,
                                   .panels_of_one_row = 3,
                                   .panels_of_more_rows = 3,
                                   .has_half_tiles = false,
                                   .fetches_output = false,
                                   .reads_planes = false,
                                   .activates_runs = false,
                                   .row_band_bytes = 512 * 1024,
                                   .next_bytes = 768 * 1024,
                                   .expanded_bytes = 2048 * 1024,
                                   .scaled_pixels = 784,
                                   .mean_vectors = 4,
                                   .peak_chains = 20,
                                   .qconv_blocks = 4,
                                   .weight_planes = false};
constexpr Tuning kOf16Registers = {.panel_blocks = 3,
                                   .segment_pixels = {6, 3, 4, 1},
                                   .most_blocks = 3,
                                   .unit_pixels = 12,
                                   .panels_of_one_row = 3,
                                   .panels_of_more_rows = 2,
                                   .has_half_tiles = false,
                                   .fetches_output = false,
                                   .reads_planes = false,
                                   .activates_runs = false,
                                   .row_band_bytes = 2048 * 1024,
                                   .next_bytes = 64 * 1024,
                                   .expanded_bytes = 2048 * 1024,
                                   .scaled_pixels = 784,
                                   .mean_vectors = 2,
                                   .peak_chains = 12,
                                   .qconv_blocks = 2,
                                   .weight_planes = false};

#if defined(__x86_64__)
constexpr Tuning kOfAvx512 = [] {
  Tuning tuning = kOf32Registers;
  tuning.has_half_tiles = true;
  tuning.fetches_output = true;
  tuning.activates_runs = true;
  return tuning;
}();
inline constexpr Target avx512 = {.name = "avx512",
                                  .needs = kAvx2 | kFma | kAvx512F | kAvx512Bw | kAvx512Dq | kAvx512Vl,
                                  .lanes = 16,
                                  .registers = 32,
                                  .tuning = kOfAvx512};
constexpr Tuning kOfAvx2 = [] {
  Tuning tuning = kOf16Registers;
  tuning.reads_planes = true;
  tuning.expanded_bytes = 1024 * 1024;
  return tuning;
}();
inline constexpr Target avx2 = {.name = "avx2", .needs = kAvx2 | kFma, .lanes = 8, .registers = 16, .tuning = kOfAvx2};
#elif defined(__aarch64__)
constexpr Tuning kOfNeon = [] {
  Tuning tuning = kOf32Registers;
  tuning.weight_planes = true;
  return tuning;
}();
// Advanced SIMD. Nothing was timed on a processor that has it.
inline constexpr Target neon = {.name = "neon", .needs = kAdvancedSimd, .lanes = 4, .registers = 32, .tuning = kOfNeon};
#endif
// Whatever the compiler makes of four floats side by side.
inline constexpr Target generic = {
    .name = "generic", .needs = {}, .lanes = 4, .registers = 16, .tuning = kOf16Registers};

}  // namespace targets

}  // namespace kite
