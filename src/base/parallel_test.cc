// SPDX-License-Identifier: Apache-2.0
// parallel_for and what is built on it.
#include "base/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <set>
#include <vector>

#include "base/block_hash.h"

namespace kite {
namespace {

TEST(ParallelFor, does_every_piece_once_on_any_number_of_threads) {
  for (const int threads : {0, 1, 2, 7}) {
    for (const std::size_t count : {0u, 1u, 2u, 1000u}) {
      std::vector<std::atomic<int>> calls(count);
      parallel_for(count, threads, [&](std::size_t i) { ++calls[i]; });
      for (const auto& n : calls) EXPECT_EQ(n.load(), 1);
    }
  }
}

TEST(BlockHash, is_the_same_on_any_number_of_threads_and_sees_every_byte_and_the_length) {
  std::vector<std::byte> bytes((std::size_t{5} << 20) + 3);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 131);
  const auto hash = block_hash(bytes, 1);
  for (const int threads : {2, 3, 8}) EXPECT_EQ(block_hash(bytes, threads), hash);
  std::set<std::array<std::uint64_t, 2>> seen = {hash};
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{1} << 20, bytes.size() - 1}) {
    EXPECT_TRUE(seen.insert(block_hash(std::span(bytes).first(size), 2)).second) << size;
  }
  for (const std::size_t at : {std::size_t{0}, std::size_t{1} << 20, bytes.size() - 1}) {
    bytes[at] ^= std::byte{1};
    EXPECT_TRUE(seen.insert(block_hash(bytes, 2)).second) << at;
    bytes[at] ^= std::byte{1};
  }
}

}  // namespace
}  // namespace kite
