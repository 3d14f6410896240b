// SPDX-License-Identifier: Apache-2.0
// A tree of two levels.
#include "base/block_hash.h"

#include <algorithm>
#include <vector>

#include <xxhash.h>

#include "base/parallel.h"

namespace kite {

std::array<std::uint64_t, 2> block_hash(std::span<const std::byte> bytes, int threads) {
  constexpr std::size_t kBlock = std::size_t{1} << 20;
  std::vector<XXH128_hash_t> blocks((bytes.size() + kBlock - 1) / kBlock);
  parallel_for(blocks.size(), threads, [&](std::size_t i) {
    const auto block = bytes.subspan(i * kBlock, std::min(kBlock, bytes.size() - i * kBlock));
    blocks[i] = XXH3_128bits(block.data(), block.size());
  });
  const XXH128_hash_t hash = XXH3_128bits(blocks.data(), blocks.size() * sizeof(XXH128_hash_t));
  return {hash.low64, hash.high64};
}

}  // namespace kite
