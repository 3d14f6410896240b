// SPDX-License-Identifier: Apache-2.0
// Operators whose output's shape depends on elements: NonZero, Compress, Unique, NonMaxSuppression.
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "ops/op_case.h"

namespace kite {
namespace {

TEST(NonZero, lists_coordinates_axis_by_axis) {
  expect_output<std::int64_t>(OpCase("NonZero", 13).input(floats({2, 2}, {1, -0.0F, kNaN, 2})), {2, 3},
                              {0, 1, 1, 0, 0, 1});
  expect_output<std::int64_t>(OpCase("NonZero", 9).input(Tensor::of<bool>({3}, {true, false, true})), {1, 2}, {0, 2});
  expect_output<std::int64_t>(OpCase("NonZero", 13).input(Tensor::of<std::int64_t>({}, {std::int64_t{1} << 40})),
                              {1, 1}, {0});
  expect_output<std::int64_t>(OpCase("NonZero", 13).input(floats({2}, {0, 0})), {1, 0}, {});
}

TEST(NonZero, needs_a_constant) {
  expect_error(OpCase("NonZero", 13).runtime_input(iota({2})), ErrorCode::kUnsupportedModel, "only known at run time");
}

TEST(Compress, keeps_what_the_condition_names) {
  const auto condition = [] { return Tensor::of<bool>({2}, {false, true}); };
  expect_output(OpCase("Compress", 11).attr("axis", 1).runtime_input(iota({2, 3})).input(condition()), {2, 1}, {1, 4});
  expect_output(OpCase("Compress", 11).runtime_input(iota({2, 3})).input(condition()), {1}, {1});
  expect_error(OpCase("Compress", 11).runtime_input(iota({2})).runtime_input(condition()), ErrorCode::kUnsupportedModel,
               "only known at run time");
}

TEST(Compress, chooses_nothing_beyond_the_axis) {
  expect_output(OpCase("Compress", 11).runtime_input(iota({2})).input(Tensor::of<bool>({3}, {true, false, true})), {1},
                {0});
}

void expect_unique(int sorted, const std::vector<float>& y, const Ints& firsts, const Ints& inverse,
                   const Ints& counts) {
  OpCase op("Unique", 11);
  op.attr("sorted", sorted).outputs(4).input(floats({6}, {2, 1, 1, kNaN, 2, kNaN}));
  const auto outputs = op.run();
  ASSERT_TRUE(outputs.ok()) << outputs.error().message();
  expect_elements<float>((*outputs)[0], {3}, y);
  expect_elements<std::int64_t>((*outputs)[1], {3}, firsts);
  expect_elements<std::int64_t>((*outputs)[2], {6}, inverse);
  expect_elements<std::int64_t>((*outputs)[3], {3}, counts);
}

TEST(Unique, gives_values_positions_and_counts_in_either_order) {
  expect_unique(1, {1, 2, kNaN}, {1, 0, 3}, {1, 0, 0, 2, 1, 2}, {2, 2, 2});
  expect_unique(0, {2, 1, kNaN}, {0, 1, 3}, {0, 1, 1, 2, 0, 2}, {2, 2, 2});
}

TEST(Unique, compares_slices_along_an_axis) {
  expect_output(OpCase("Unique", 11).attr("axis", 0).input(floats({3, 2}, {1, 0, 1, 0, 0, 5})), {2, 2}, {0, 5, 1, 0});
  expect_output(OpCase("Unique", 11).attr("axis", -1).input(floats({1, 3}, {3, 1, 3})), {1, 2}, {1, 3});
  expect_error(OpCase("Unique", 11).runtime_input(iota({2})), ErrorCode::kUnsupportedModel, "only known at run time");
}

// Three boxes: the second overlaps the first by 0.8, the third is elsewhere and has the best score.
void give_boxes(OpCase& op) {
  op.input(floats({1, 3, 4}, {0, 0, 1, 1, 0, 0.1F, 1, 1.1F, 5, 5, 6, 6})).input(floats({1, 1, 3}, {0.8F, 0.7F, 0.9F}));
}

TEST(NonMaxSuppression, drops_what_overlaps_a_better_box) {
  OpCase op("NonMaxSuppression", 11);
  give_boxes(op);
  op.input(ints({1}, {3})).input(floats({1}, {0.5F}));
  expect_output<std::int64_t>(op, {2, 3}, {0, 0, 2, 0, 0, 0});
  OpCase lenient("NonMaxSuppression", 11);
  give_boxes(lenient);
  lenient.input(ints({1}, {3})).input(floats({1}, {0.9F})).input(floats({1}, {0.75F}));
  expect_output<std::int64_t>(lenient, {2, 3}, {0, 0, 2, 0, 0, 0});
  OpCase nothing("NonMaxSuppression", 11);  // the default count is none
  give_boxes(nothing);
  expect_output<std::int64_t>(nothing, {0, 3}, {});
}

TEST(NonMaxSuppression, needs_constants_and_refuses_too_many_boxes) {
  expect_error(OpCase("NonMaxSuppression", 11).runtime_input(iota({1, 2, 4})).input(iota({1, 1, 2})),
               ErrorCode::kUnsupportedModel, "only known at run time");
  expect_error(OpCase("NonMaxSuppression", 11)
                   .input(Tensor(DType::kFloat32, {1, 20'000, 4}))
                   .input(Tensor(DType::kFloat32, {1, 1, 20'000}))
                   .input(ints({1}, {5})),
               ErrorCode::kLimit, "20000 boxes");
}

}  // namespace
}  // namespace kite
