// SPDX-License-Identifier: Apache-2.0
// What opening one model may cost. A file of two kilobytes can ask for terabytes or for hours.
#pragma once

#include <algorithm>
#include <cstdint>

namespace kite {

// What is left. One budget goes with a model from the parser to the last pass, and each of them takes from it before it
// spends. A record or a file too many is an error of code kLimit; what computing a constant may cost only decides
// whether it is computed once, when the model is opened, or in each run.
struct Budget {
  // Records of the file. They are larger in memory than in the file: a node of two bytes takes some 150.
  std::int64_t nodes = std::int64_t{1} << 21;
  std::int64_t initializers = std::int64_t{1} << 20;
  std::int64_t attributes = std::int64_t{1} << 22;
  std::int64_t names = std::int64_t{1} << 23;     // node inputs and outputs
  std::int64_t elements = std::int64_t{1} << 24;  // of list attributes, and dimensions
  std::int64_t entries = std::int64_t{1} << 16;   // graph inputs, outputs, opsets, metadata, functions, external data
  std::int64_t outputs = 4096;                    // of the graph; each is looked for among all of them
  std::int64_t node_attributes = 1024;            // of each node: they are looked up one after the other
  std::int64_t external_files = 10'000;           // each is mapped

  // Constants that the model's file does not hold as they are needed: folded, scaled, permuted, in another type.
  std::int64_t constant_bytes = std::int64_t{64} << 20;
  // Elements that computing constants may read and write, and multiply-adds. One takes 0.7 to 7 ns.
  std::int64_t constant_steps = std::int64_t{1} << 28;

  // For a file of the model, of `bytes`: a large model may cost more, in proportion. 16 times its bytes are two
  // versions of 4-bit weights in float32; 8 steps a byte are two passes over 4-bit weights or eight over float32.
  constexpr void grow(std::int64_t bytes) noexcept {
    constexpr std::int64_t kMost = std::int64_t{1} << 32;  // also where files are sparse
    bytes = std::clamp<std::int64_t>(bytes, 0, kMost);
    constant_bytes = std::min(constant_bytes + 16 * bytes, kMost);
    constant_steps = std::min(constant_steps + 8 * bytes, kMost);
  }
};

}  // namespace kite
