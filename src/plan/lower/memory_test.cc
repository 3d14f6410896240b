// SPDX-License-Identifier: Apache-2.0
#include "plan/lower/memory.h"

#include <gtest/gtest.h>

#include <random>

namespace kite {
namespace {

bool overlap(const std::vector<BufferLifetime>& buffers, const ArenaLayout& layout, std::size_t a, std::size_t b) {
  const bool in_time = buffers[a].first_step <= buffers[b].last_step && buffers[b].first_step <= buffers[a].last_step;
  const bool in_space = layout.offsets[a] < layout.offsets[b] + buffers[b].size_bytes &&
                        layout.offsets[b] < layout.offsets[a] + buffers[a].size_bytes;
  return in_time && in_space;
}

TEST(Memory, buffers_that_follow_each_other_share_memory) {
  // A chain: at each step one buffer is read and the next one written.
  const ArenaLayout layout = place_buffers({{1000, 0, 1}, {1000, 1, 2}, {1000, 2, 3}, {1000, 3, 4}});
  EXPECT_EQ(layout.size_bytes, 2048u);
}

TEST(Memory, a_buffer_is_reused_while_a_residual_stays_alive) {
  const ArenaLayout layout = place_buffers({{640, 0, 5}, {640, 1, 2}, {640, 2, 3}, {640, 3, 4}});
  EXPECT_EQ(layout.size_bytes, 3 * 640u);
}

TEST(Memory, very_many_buffers_cost_little_more_than_their_number) {
  // Each is alive with its neighbours alone, and then all with all. By size this would take 10^10 looks.
  constexpr std::int32_t kBuffers = 100'000;
  for (const std::int32_t reach : {1, kBuffers}) {
    std::vector<BufferLifetime> buffers;
    for (std::int32_t i = 0; i < kBuffers; ++i) buffers.push_back({64, i, i + reach});
    const ArenaLayout layout = place_buffers(buffers);
    EXPECT_EQ(layout.size_bytes, 64U * static_cast<unsigned>(std::min(reach + 1, kBuffers)));
  }
}

TEST(Memory, empty_input_needs_no_arena) { EXPECT_EQ(place_buffers({}).size_bytes, 0u); }

TEST(Memory, buffers_alive_together_never_overlap) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<BufferLifetime> buffers(1 + random() % 40);
    for (auto& buffer : buffers) {
      buffer.size_bytes = random() % 5000;
      buffer.first_step = static_cast<std::int32_t>(random() % 30);
      buffer.last_step = buffer.first_step + static_cast<std::int32_t>(random() % 10);
    }
    // Every other layout is made as that of very many buffers is.
    const ArenaLayout layout = place_buffers(buffers, round % 2 == 0 ? kMostPairs : 0);
    for (std::size_t a = 0; a < buffers.size(); ++a) {
      EXPECT_EQ(layout.offsets[a] % 64, 0u);
      EXPECT_LE(layout.offsets[a] + buffers[a].size_bytes, layout.size_bytes);
      for (std::size_t b = a + 1; b < buffers.size(); ++b)
        ASSERT_FALSE(overlap(buffers, layout, a, b)) << "round " << round;
    }
  }
}

}  // namespace
}  // namespace kite
