// SPDX-License-Identifier: Apache-2.0
// Broadcasting against an index-by-index definition.
#include "ops/broadcast.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <vector>

namespace kite {
namespace {

// Offset in a dense operand of the output element at `flat`, straight from the definition.
std::int64_t operand_offset(const Shape& in, const Shape& out, std::int64_t flat) {
  std::int64_t offset = 0;
  std::int64_t stride = 1;
  for (int axis = out.rank() - 1; axis >= 0; --axis) {
    const std::int64_t index = flat % out[axis];
    flat /= out[axis];
    const int in_axis = axis - (out.rank() - in.rank());
    if (in_axis < 0) continue;
    if (in[in_axis] != 1) offset += index * stride;
    stride *= in[in_axis];
  }
  return offset;
}

int check_walk(const Shape& out, const Shape& a, const Shape& b) {
  int rows = 0;
  std::int64_t next = 0;
  Broadcast<2>(out, {a, b}).for_each_row({0, out.elements()}, [&](const BroadcastRow<2>& row) {
    ++rows;
    EXPECT_EQ(row.out, next);
    next += row.count;
    for (std::int64_t i = 0; i < row.count; ++i) {
      EXPECT_EQ(row.in[0] + i * row.step[0], operand_offset(a, out, row.out + i)) << a.to_string() << out.to_string();
      EXPECT_EQ(row.in[1] + i * row.step[1], operand_offset(b, out, row.out + i)) << b.to_string() << out.to_string();
      EXPECT_TRUE(row.step[0] == 0 || row.step[0] == 1);
    }
  });
  EXPECT_EQ(next, out.elements());
  return rows;
}

TEST(Broadcasting, shapes_align_at_the_last_axis) {
  EXPECT_EQ(broadcast_shapes({2, 3, 4}, {4}).value(), Shape({2, 3, 4}));
  EXPECT_EQ(broadcast_shapes({3, 1}, {2, 1, 5}).value(), Shape({2, 3, 5}));
  EXPECT_EQ(broadcast_shapes({}, {2, 2}).value(), Shape({2, 2}));
  EXPECT_EQ(broadcast_shapes({0}, {1}).value(), Shape({0}));
}

TEST(Broadcasting, shapes_that_differ_are_refused_by_axis) {
  const auto shape = broadcast_shapes({2, 3}, {2});
  ASSERT_FALSE(shape.ok());
  EXPECT_NE(shape.error().what.find("axis 1"), std::string::npos);
  EXPECT_FALSE(broadcast_shapes({0}, {2}).ok());
}

TEST(Broadcasting, a_result_beyond_the_element_limit_is_refused) {
  const auto shape = broadcast_shapes({std::int64_t{1} << 30, 1}, {1, std::int64_t{1} << 30});
  ASSERT_FALSE(shape.ok());
  EXPECT_EQ(shape.error().code, ErrorCode::kLimit);
}

TEST(Broadcasting, equal_shapes_and_scalars_are_one_row) {
  EXPECT_EQ(check_walk({2, 3, 4}, {2, 3, 4}, {2, 3, 4}), 1);
  EXPECT_EQ(check_walk({2, 3, 4}, {2, 3, 4}, {}), 1);
  EXPECT_EQ(check_walk({2, 3, 4}, {2, 3, 4}, {3, 4}), 2);
  EXPECT_EQ(check_walk({}, {}, {}), 1);
  EXPECT_EQ(check_walk({1, 1}, {1}, {}), 1);
}

TEST(Broadcasting, an_empty_output_has_no_rows) { EXPECT_EQ(check_walk({2, 0, 3}, {2, 1, 3}, {0, 3}), 0); }

TEST(Broadcasting, random_shapes_walk_as_the_definition_says) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    const int rank = static_cast<int>(random() % (kMaxRank + 1));
    std::vector<std::int64_t> out(static_cast<std::size_t>(rank));
    for (auto& dim : out) dim = 1 + random() % 3;
    const auto operand = [&] {
      std::vector<std::int64_t> dims(out.begin() + (rank > 0 ? random() % static_cast<unsigned>(rank) : 0), out.end());
      for (auto& dim : dims) {
        if (random() % 3 == 0) dim = 1;
      }
      return Shape::make(dims).value();
    };
    check_walk(Shape::make(out).value(), operand(), operand());
  }
}

}  // namespace
}  // namespace kite
