// SPDX-License-Identifier: Apache-2.0
// Convolutions that read or write at other places than Conv does. Values are ONNX Runtime's.
#include <gtest/gtest.h>

#include <vector>

#include "ops/op_case.h"

namespace kite {
namespace {

TEST(ConvTranspose, spreads_each_input_over_the_kernel) {
  expect_output(OpCase("ConvTranspose", 11)
                    .attr("strides", Ints{2, 2})
                    .attr("pads", Ints{1, 1, 1, 1})
                    .input(iota({1, 1, 2, 2}, 1))
                    .input(iota({1, 2, 3, 3}, 1)),
                {1, 2, 3, 3}, {5, 14, 10, 14, 36, 24, 15, 34, 20, 14, 41, 28, 50, 126, 78, 42, 97, 56});
}

TEST(ConvTranspose, in_groups_with_dilation_bias_and_more_output) {
  expect_output(OpCase("ConvTranspose", 11)
                    .attr("strides", Ints{2})
                    .attr("group", 2)
                    .attr("dilations", Ints{2})
                    .attr("output_padding", Ints{1})
                    .input(iota({1, 2, 3}, 1))
                    .input(iota({2, 1, 2}, 1))
                    .input(iota({2}, 10)),
                {1, 2, 8}, {11, 10, 14, 10, 17, 10, 16, 10, 23, 11, 42, 11, 49, 11, 35, 11});
}

// The larger half of an odd padding lies in front, except for SAME_UPPER.
TEST(ConvTranspose, takes_pads_from_the_size_that_is_wanted) {
  for (const bool upper : {false, true}) {
    OpCase op("ConvTranspose", 11);
    op.attr("output_shape", Ints{3}).attr("auto_pad", upper ? "SAME_UPPER" : "NOTSET").attr("strides", Ints{2});
    op.input(floats({1, 1, 2}, {1, 10})).input(floats({1, 1, 2}, {1, 2}));
    expect_output(op, {1, 1, 3}, upper ? std::vector<float>{1, 2, 10} : std::vector<float>{2, 10, 20});
  }
}

// The specification gives SAME the size input * stride. Where the kernel is smaller than the stride, ONNX Runtime ends
// at the last input's last tap instead.
TEST(ConvTranspose, of_a_kernel_smaller_than_its_stride_has_the_size_of_the_specification) {
  expect_output(OpCase("ConvTranspose", 11)
                    .attr("auto_pad", "SAME_UPPER")
                    .attr("strides", Ints{3})
                    .input(floats({1, 1, 2}, {1, 10}))
                    .input(floats({1, 1, 2}, {1, 2})),
                {1, 1, 6}, {1, 2, 0, 10, 20, 0});
}

TEST(ConvTranspose, rejects_channels_and_sizes_that_do_not_fit) {
  expect_error(OpCase("ConvTranspose", 11).input(iota({1, 2, 3})).input(iota({3, 1, 2})), ErrorCode::kInvalidModel,
               "group=1");
  expect_error(OpCase("ConvTranspose", 11).attr("pads", Ints{9, 9}).input(iota({1, 1, 3})).input(iota({1, 1, 2})),
               ErrorCode::kInvalidModel, "negative or too large");
}

TEST(DeformConv, reads_between_pixels) {
  expect_output(OpCase("DeformConv", 19)
                    .input(iota({1, 1, 3, 3}, 1))
                    .input(iota({1, 1, 2, 2}, 1))
                    .input(iota({1, 8, 2, 2}, -0.5, 0.1))
                    .input(floats({1}, {1}))
                    .input(iota({1, 4, 2, 2}, 0.1, 0.1)),
                {1, 1, 2, 2}, {25.3F, 10.888F, 12.32F, 2.84F}, 1e-4);
}

TEST(DeformConv, rejects_offsets_of_another_kernel) {
  expect_error(OpCase("DeformConv", 19).input(iota({1, 1, 3, 3})).input(iota({1, 1, 2, 2})).input(iota({1, 6, 2, 2})),
               ErrorCode::kInvalidModel, "'offset' has shape [1,6,2,2], expected [1,8,2,2]");
}

TEST(Col2Im, adds_windows_where_they_overlap) {
  expect_output(OpCase("Col2Im", 18).input(iota({1, 4, 4}, 1)).input(ints({2}, {3, 3})).input(ints({2}, {2, 2})),
                {1, 1, 3, 3}, {1, 7, 6, 12, 34, 22, 11, 27, 16});
}

// ONNX Runtime ignores dilations where the image has not two axes.
TEST(Col2Im, of_one_axis_dilates) {
  expect_output(OpCase("Col2Im", 18)
                    .attr("dilations", Ints{2})
                    .input(floats({1, 2, 2}, {1, 2, 10, 20}))
                    .input(ints({1}, {4}))
                    .input(ints({1}, {2})),
                {1, 1, 4}, {1, 2, 10, 20});
}

TEST(Col2Im, rejects_another_number_of_windows) {
  expect_error(OpCase("Col2Im", 18).input(iota({1, 4, 5})).input(ints({2}, {3, 3})).input(ints({2}, {2, 2})),
               ErrorCode::kInvalidModel, "a multiple of 4, 4]");
}

}  // namespace
}  // namespace kite
