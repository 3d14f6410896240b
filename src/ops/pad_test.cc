// SPDX-License-Identifier: Apache-2.0
// Pad in its four modes, with removal, and in the three forms that its lists have had.
#include <gtest/gtest.h>

#include "ops/op_case.h"

namespace kite {
namespace {

TEST(Pad, before_opset_11_reads_attributes) {
  expect_output(OpCase("Pad", 10)
                    .attr("pads", std::vector<std::int64_t>{0, 1, 1, 0})
                    .attr("value", 9.0F)
                    .runtime_input(iota({1, 2})),
                {2, 3}, {9, 0, 1, 9, 9, 9});
  expect_output<double>(OpCase("Pad", 10)
                            .attr("pads", std::vector<std::int64_t>{1, 0})
                            .attr("value", 0.5F)
                            .runtime_input(iota<double>({1}, 3)),
                        {2}, {0.5, 3});
}

TEST(Pad, constant_value_is_zero_unless_given) {
  expect_output(OpCase("Pad", 13).runtime_input(iota({2}, 1)).input(ints({2}, {1, 2})), {5}, {0, 1, 2, 0, 0});
  expect_output(OpCase("Pad", 13).runtime_input(iota({2}, 1)).input(ints({2}, {1, 0})).input(scalar(-3)), {3},
                {-3, 1, 2});
}

TEST(Pad, reflect_edge_and_wrap_repeat_as_numpy_does) {
  const auto padded = [](const char* mode) {
    OpCase op("Pad", 19);
    op.attr("mode", mode).runtime_input(iota({3}, 1)).input(ints({2}, {4, 5}));
    return op;
  };
  OpCase reflect = padded("reflect");
  expect_output(reflect, {12}, {1, 2, 3, 2, 1, 2, 3, 2, 1, 2, 3, 2});
  OpCase edge = padded("edge");
  expect_output(edge, {12}, {1, 1, 1, 1, 1, 2, 3, 3, 3, 3, 3, 3});
  OpCase wrap = padded("wrap");
  expect_output(wrap, {12}, {3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2});
}

TEST(Pad, borders_of_two_axes_meet_in_the_corner) {
  expect_output(OpCase("Pad", 13).attr("mode", "reflect").runtime_input(iota({2, 2})).input(ints({4}, {1, 1, 0, 1})),
                {3, 4}, {3, 2, 3, 2, 1, 0, 1, 0, 3, 2, 3, 2});
}

TEST(Pad, axes_name_the_padded_ones) {
  expect_output(
      OpCase("Pad", 18).runtime_input(iota({2, 1}, 1)).input(ints({2}, {0, 1})).no_input().input(ints({1}, {-1})),
      {2, 2}, {1, 0, 2, 0});
}

TEST(Pad, negative_pads_remove) {
  expect_output(OpCase("Pad", 13).runtime_input(iota({4})).input(ints({2}, {-1, -2})), {1}, {1});
  expect_output(OpCase("Pad", 13).attr("mode", "edge").runtime_input(iota({4})).input(ints({2}, {-1, 2})), {5},
                {1, 2, 3, 3, 3});
  expect_output(OpCase("Pad", 13).runtime_input(iota({2})).input(ints({2}, {-2, 1})), {1}, {0});
}

TEST(Pad, rejects_removing_more_than_there_is) {
  expect_error(OpCase("Pad", 13).runtime_input(iota({2})).input(ints({2}, {-1, -2})), ErrorCode::kInvalidModel,
               "removes more than axis 0");
}

TEST(Pad, rejects_repeating_nothing) {
  expect_error(OpCase("Pad", 13).attr("mode", "edge").runtime_input(iota({0})).input(ints({2}, {1, 0})),
               ErrorCode::kInvalidModel, "nothing to repeat");
}

TEST(Pad, rejects_lists_and_modes_that_do_not_fit) {
  expect_error(OpCase("Pad", 13).runtime_input(iota({2})).input(ints({3}, {1, 0, 0})), ErrorCode::kInvalidModel,
               "3 entries for 1 axes");
  expect_error(OpCase("Pad", 13).attr("mode", "wrap").runtime_input(iota({2})).input(ints({2}, {1, 0})),
               ErrorCode::kInvalidModel, "mode 'wrap' is unknown in opset 13");
  expect_error(OpCase("Pad", 13).runtime_input(iota({2})).input(ints({2}, {1, 0})).input(ints({}, {1})),
               ErrorCode::kInvalidModel, "one element type");
}

TEST(Pad, refuses_bombs) {
  expect_error(OpCase("Pad", 13).runtime_input(iota({2})).input(ints({2}, {0, std::int64_t{1} << 62})),
               ErrorCode::kLimit, "'pads' holds");
  expect_error(OpCase("Pad", 13).runtime_input(iota({2, 2})).input(ints({4}, {1 << 30, 1 << 30, 0, 0})),
               ErrorCode::kLimit, "2^40");
  expect_error(OpCase("Pad", 13).runtime_input(iota({2})).input(ints({2}, {0, std::int64_t{1} << 39})),
               ErrorCode::kLimit, "bytes, the limit is");
}

}  // namespace
}  // namespace kite
