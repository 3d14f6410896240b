// SPDX-License-Identifier: Apache-2.0
// Operators that choose and place elements: by indices, by repetition, by triangle, by block.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "ops/op_case.h"

namespace kite {
namespace {

TEST(GatherElements, takes_one_element_for_each_index) {
  expect_output(OpCase("GatherElements", 13)
                    .attr("axis", 1)
                    .input(floats({2, 2}, {1, 2, 3, 4}))
                    .input(ints({2, 2}, {0, 0, -1, 0})),
                {2, 2}, {1, 1, 4, 3});
}

TEST(GatherElements, rejects_what_lies_outside) {
  expect_error(OpCase("GatherElements").input(iota({2})).runtime_input(ints({1}, {2})), ErrorCode::kInvalidInput,
               "index 2 is outside [-2, 2)");
  expect_error(OpCase("GatherElements").input(iota({2, 2})).input(ints({1, 3}, {0, 0, 0})), ErrorCode::kInvalidModel,
               "do not fit");
}

TEST(GatherND, takes_slices_by_their_coordinates) {
  expect_output(OpCase("GatherND", 13).input(iota({2, 2, 2})).input(ints({2, 2}, {0, 1, 1, -2})), {2, 2}, {2, 3, 4, 5});
}

TEST(GatherND, counts_batch_dimensions_apart) {
  expect_output(OpCase("GatherND", 13).attr("batch_dims", 1).input(iota({2, 3})).input(ints({2, 1}, {2, 0})), {2},
                {2, 3});
  expect_error(OpCase("GatherND", 13).attr("batch_dims", 2).input(iota({2, 3})).input(ints({2, 1}, {2, 0})),
               ErrorCode::kInvalidModel, "do not fit");
  expect_error(OpCase("GatherND").input(iota({2})).runtime_input(ints({1, 1}, {7})), ErrorCode::kInvalidInput,
               "index 7");
}

TEST(ScatterND, writes_and_combines_in_order) {
  const auto scatter = [](const char* reduction, Tensor data, const std::vector<float>& expected) {
    OpCase op("ScatterND", 18);
    op.attr("reduction", reduction)
        .input(std::move(data))
        .input(ints({3, 1}, {1, 1, -1}))
        .input(floats({3}, {5, 2, 9}));
    expect_output(op, {3}, expected);
  };
  scatter("none", floats({3}, {1, 1, 1}), {1, 2, 9});
  scatter("add", floats({3}, {1, 1, 1}), {1, 8, 10});
  scatter("mul", floats({3}, {1, 1, 1}), {1, 10, 9});
  scatter("max", floats({3}, {1, 1, 1}), {1, 5, 9});
  scatter("min", floats({3}, {1, 1, 1}), {1, 1, 1});
}

TEST(ScatterND, rejects_what_does_not_fit) {
  expect_error(OpCase("ScatterND").input(iota({3})).input(ints({2, 1}, {0, 1})).input(iota({3})),
               ErrorCode::kInvalidModel, "do not fit");
  expect_error(OpCase("ScatterND").input(iota({3})).runtime_input(ints({1, 1}, {3})).input(iota({1})),
               ErrorCode::kInvalidInput, "index 3");
  expect_error(OpCase("ScatterND").attr("reduction", "mean").input(iota({3})).input(ints({1, 1}, {0})).input(iota({1})),
               ErrorCode::kInvalidModel, "\"mean\"");
}

TEST(ScatterElements, writes_along_its_axis) {
  expect_output(OpCase("ScatterElements", 18)
                    .attr("axis", 1)
                    .input(iota({1, 4}))
                    .input(ints({1, 2}, {1, -1}))
                    .input(floats({1, 2}, {7, 8})),
                {1, 4}, {0, 7, 2, 8});
  expect_error(OpCase("ScatterElements").input(iota({3})).input(ints({1}, {0})).input(iota({2})),
               ErrorCode::kInvalidModel, "do not fit");
}

TEST(OneHot, marks_each_index_and_nothing_for_one_outside) {
  expect_output(OpCase("OneHot", 11).input(ints({3}, {0, -1, 5})).input(ints({}, {2})).input(floats({2}, {0, 1})),
                {3, 2}, {1, 0, 0, 1, 0, 0});
  expect_output(OpCase("OneHot", 11)
                    .attr("axis", 0)
                    .input(floats({2}, {1, 0}))
                    .input(floats({1}, {2}))
                    .input(floats({2}, {3, 4})),
                {2, 2}, {3, 4, 4, 3});
}

TEST(OneHot, needs_a_depth) {
  expect_error(OpCase("OneHot").input(ints({1}, {0})).runtime_input(ints({1}, {2})).input(floats({2}, {0, 1})),
               ErrorCode::kUnsupportedModel, "only known at run time");
  for (const float depth : {0.0F, -3.0F, kNaN, kInf}) {
    expect_error(OpCase("OneHot").input(ints({1}, {0})).input(floats({1}, {depth})).input(floats({2}, {0, 1})),
                 ErrorCode::kInvalidModel, "positive number");
  }
}

TEST(Tile, repeats_along_every_axis) {
  expect_output(OpCase("Tile", 13).input(floats({2, 2}, {1, 2, 3, 4})).input(ints({2}, {1, 2})), {2, 4},
                {1, 2, 1, 2, 3, 4, 3, 4});
  expect_output(OpCase("Tile", 13).input(floats({1, 2}, {1, 2})).input(ints({2}, {2, 1})), {2, 2}, {1, 2, 1, 2});
  expect_output(OpCase("Tile", 13).input(floats({1}, {1})).input(ints({1}, {0})), {0}, {});
}

TEST(Tile, refuses_what_no_tensor_holds) {
  expect_error(OpCase("Tile").input(iota({4, 4})).input(ints({2}, {std::int64_t{1} << 39, 2})), ErrorCode::kLimit,
               "2^40");
  expect_error(OpCase("Tile").input(iota({4})).input(ints({1}, {-1})), ErrorCode::kInvalidModel, "-1");
  expect_error(OpCase("Tile").input(iota({4})).input(ints({2}, {1, 1})), ErrorCode::kInvalidModel, "one for each axis");
}

TEST(Trilu, keeps_one_triangle) {
  expect_output(OpCase("Trilu", 14).input(iota({2, 3}, 1)), {2, 3}, {1, 2, 3, 0, 5, 6});
  expect_output(OpCase("Trilu", 14).attr("upper", 0).input(iota({2, 3}, 1)), {2, 3}, {1, 0, 0, 4, 5, 0});
  expect_output(OpCase("Trilu", 14).input(iota({2, 2}, 1)).runtime_input(ints({}, {1})), {2, 2}, {0, 2, 0, 0});
  expect_error(OpCase("Trilu").input(iota({2})), ErrorCode::kInvalidModel, "no matrix");
}

TEST(CumSum, runs_in_both_directions_with_and_without_itself) {
  const auto sum = [](int exclusive, int reverse, const std::vector<float>& expected) {
    OpCase op("CumSum", 14);
    op.attr("exclusive", exclusive).attr("reverse", reverse).input(floats({3}, {1, 2, 4})).input(ints({}, {-1}));
    expect_output(op, {3}, expected);
  };
  sum(0, 0, {1, 3, 7});
  sum(1, 0, {0, 1, 3});
  sum(0, 1, {7, 6, 4});
  sum(1, 1, {6, 4, 0});
  expect_error(OpCase("CumSum").input(iota({3})).input(ints({}, {1})), ErrorCode::kInvalidModel, "axis 1");
}

TEST(DepthToSpace, spreads_channels_in_both_orders) {
  expect_output(OpCase("DepthToSpace", 13).attr("blocksize", 2).input(iota({1, 8, 1, 1})), {1, 2, 2, 2},
                {0, 2, 4, 6, 1, 3, 5, 7});
  expect_output(OpCase("DepthToSpace", 13).attr("blocksize", 2).attr("mode", "CRD").input(iota({1, 8, 1, 1})),
                {1, 2, 2, 2}, {0, 1, 2, 3, 4, 5, 6, 7});
  expect_error(OpCase("DepthToSpace").attr("blocksize", 2).input(iota({1, 3, 1, 1})), ErrorCode::kInvalidModel,
               "do not divide");
}

TEST(SpaceToDepth, gathers_blocks) {
  expect_output(OpCase("SpaceToDepth", 13).attr("blocksize", 2).input(iota({1, 2, 2, 2})), {1, 8, 1, 1},
                {0, 4, 1, 5, 2, 6, 3, 7});
  expect_error(OpCase("SpaceToDepth").attr("blocksize", 0).input(iota({1, 1, 2, 2})), ErrorCode::kInvalidModel,
               "'blocksize' is 0");
}

TEST(PRelu, scales_what_is_below_zero_by_channel) {
  expect_output(OpCase("PRelu", 16).input(floats({2, 2}, {-2, 3, -4, kNaN})).input(floats({2, 1}, {0.5F, 0.25F})),
                {2, 2}, {-1, 3, -1, kNaN});
  expect_error(OpCase("PRelu").input(iota({1, 2})).input(iota({2, 1})), ErrorCode::kInvalidModel, "does not broadcast");
}

}  // namespace
}  // namespace kite
