// SPDX-License-Identifier: Apache-2.0
// What opening one model may cost. A file of two kilobytes can ask for terabytes or for hours.
#pragma once

#include <algorithm>
#include <cstdint>

namespace kite {

// What may still be spent. One budget accompanies a model from the parser to the last pass, and each of these takes
// from it before it spends. When the records or the files run out, that is an error of code kLimit. When the bytes or
// the steps for constants run out, that is no error: the constant is computed in each run instead of once at opening.
struct Budget {
  // Records of the file. They are larger in memory than in the file: a node of two bytes in the file needs some 150
  // bytes in memory.
  std::int64_t nodes = std::int64_t{1} << 21;
  std::int64_t initializers = std::int64_t{1} << 20;
  std::int64_t attributes = std::int64_t{1} << 22;
  std::int64_t names = std::int64_t{1} << 23;       // node inputs and outputs
  std::int64_t elements = std::int64_t{1} << 24;    // of list attributes, and dimensions
  std::int64_t entries = std::int64_t{1} << 16;     // graph inputs, outputs, opsets, metadata, functions, external data
  std::int64_t name_bytes = std::int64_t{1} << 28;  // of the longer names that nodes of functions and bodies get
  std::int64_t outputs = 4096;                      // of the graph; each is looked for among all of them
  std::int64_t node_attributes = 1024;              // of each node: they are looked up one after the other
  std::int64_t external_files = 10'000;             // each is mapped

  // Constants that the model's file does not hold in the form that is needed: they are folded, scaled, permuted or
  // converted to another type.
  std::int64_t constant_bytes = std::int64_t{64} << 20;
  // Elements that the computation of constants may read and write, plus its multiply-adds. One step takes 0.7 to 7 ns.
  std::int64_t constant_steps = std::int64_t{1} << 28;

  // Called for each file of the model, with its size: a large model may cost more, in proportion. 16 times the bytes is
  // enough for two versions of 4-bit weights in float32; 8 steps for each byte are two passes over 4-bit weights, or
  // eight passes over float32.
  constexpr void grow(std::int64_t bytes) noexcept {
    constexpr std::int64_t kMost = std::int64_t{1} << 32;  // since a sparse file may state any size
    bytes = std::clamp<std::int64_t>(bytes, 0, kMost);
    constant_bytes = std::min(constant_bytes + 16 * bytes, kMost);
    constant_steps = std::min(constant_steps + 8 * bytes, kMost);
  }
};

}  // namespace kite
