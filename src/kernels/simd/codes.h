// SPDX-License-Identifier: Apache-2.0
// Weights of 8 bits for a kernel that computes in float32: w = (code - zero) * scale, which it finds right before it
// uses them. Plain struct: files compiled for one target include this.
#pragma once

#include <cstdint>

namespace kite {

struct Codes {
  const std::int8_t* weights;  // in the order of the packed floats
  const float* scales;         // [block of products][column]; a column is an output channel in the order of the panels
  const std::int8_t* zeros;    // likewise; null where all are 0
  std::int64_t columns;        // of a row of scales
  std::int64_t block;          // products of a sum that share a scale
  float* floats;               // this thread's memory for the weights that are in use
};

// The most products of a piece of a sum (kPieceDepth, rounded up to whole runs of 4 in each piece) times the widest
// panel: floats that a convolution has in use at a time.
constexpr std::int64_t kCodesPieceFloats = 404 * 64;

}  // namespace kite
