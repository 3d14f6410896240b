// SPDX-License-Identifier: Apache-2.0
// Conv: small cases by hand, random ones against the definition, and every way to be malformed.
#include <gtest/gtest.h>

#include <cstdint>
#include <random>

#include "ops/op_case.h"

namespace kite {
namespace {

TEST(Conv, sums_a_window) {
  // 3x3 picture 0..8, kernel of ones.
  expect_output(OpCase("Conv", 11).input(iota({1, 1, 3, 3})).input(floats({1, 1, 2, 2}, {1, 1, 1, 1})), {1, 1, 2, 2},
                {8, 12, 20, 24});
}

TEST(Conv, does_not_flip_the_kernel_and_adds_the_bias) {
  expect_output(
      OpCase("Conv", 11).input(iota({1, 1, 1, 4}, 1)).input(floats({1, 1, 1, 2}, {10, 1})).input(floats({1}, {100})),
      {1, 1, 1, 3}, {112, 123, 134});
}

TEST(Conv, pads_with_zeros) {
  expect_output(OpCase("Conv", 11)
                    .attr("pads", Ints{1, 1, 1, 1})
                    .attr("strides", Ints{2, 2})
                    .input(iota({1, 1, 3, 3}))
                    .input(floats({1, 1, 3, 3}, {1, 1, 1, 1, 1, 1, 1, 1, 1})),
                {1, 1, 2, 2}, {8, 12, 20, 24});
}

TEST(Conv, of_groups_keeps_them_apart) {
  expect_output(
      OpCase("Conv", 11).attr("group", 2).input(floats({1, 2, 1, 1}, {3, 5})).input(floats({2, 1, 1, 1}, {10, 100})),
      {1, 2, 1, 1}, {30, 500});
}

TEST(Conv, in_one_and_three_spatial_axes) {
  expect_output(OpCase("Conv", 11).input(floats({1, 1, 4}, {1, 2, 3, 4})).input(floats({1, 1, 2}, {1, -1})), {1, 1, 3},
                {-1, -1, -1});
  expect_output(OpCase("Conv", 11).input(iota({1, 1, 2, 2, 2})).input(iota({1, 1, 2, 2, 2})), {1, 1, 1, 1, 1}, {140});
}

TEST(Conv, of_an_empty_batch_is_empty) {
  expect_output(OpCase("Conv", 11).input(Tensor(DType::kFloat32, {0, 1, 2, 2})).input(iota({3, 1, 1, 1})), {0, 3, 2, 2},
                {});
}

TEST(Conv, where_every_tap_is_padding_gives_the_bias) {
  expect_output(OpCase("Conv", 11)
                    .attr("pads", Ints{0, 2, 0, 0})
                    .input(iota({1, 1, 1, 1}, 7))
                    .input(floats({1, 1, 1, 1}, {2}))
                    .input(floats({1}, {0.5F})),
                {1, 1, 1, 3}, {0.5F, 0.5F, 14.5F});
}

struct Sizes {
  std::int64_t batch, channels, group, outputs, height, width, rows, columns;
  std::int64_t stride_h, stride_w, dilation_h, dilation_w, top, left, bottom, right;
};

// Straight from the definition, one element at a time.
double definition(const Sizes& s, const double* x, const double* w, double bias, std::int64_t n, std::int64_t k,
                  std::int64_t p, std::int64_t q) {
  const std::int64_t per_group = s.channels / s.group;
  const std::int64_t first = k / (s.outputs / s.group) * per_group;
  double sum = bias;
  for (std::int64_t c = 0; c < per_group; ++c) {
    for (std::int64_t r = 0; r < s.rows; ++r) {
      for (std::int64_t t = 0; t < s.columns; ++t) {
        const std::int64_t h = p * s.stride_h - s.top + r * s.dilation_h;
        const std::int64_t v = q * s.stride_w - s.left + t * s.dilation_w;
        if (h < 0 || h >= s.height || v < 0 || v >= s.width) continue;
        sum += x[((n * s.channels + first + c) * s.height + h) * s.width + v] *
               w[((k * per_group + c) * s.rows + r) * s.columns + t];
      }
    }
  }
  return sum;
}

TEST(Conv, of_random_geometry_matches_the_definition) {
  std::mt19937 random(3);
  const auto pick = [&](int least, int most) {
    return std::int64_t{least + static_cast<int>(random() % static_cast<unsigned>(most - least + 1))};
  };
  for (int round = 0; round < 200; ++round) {
    Sizes s{};
    s.batch = pick(1, 2);
    s.group = pick(1, 3);
    s.channels = s.group * pick(1, 3);
    s.outputs = s.group * pick(1, 3);
    s.height = pick(1, 7);
    s.width = round % 10 == 0 ? pick(60, 140) : pick(1, 7);  // wider than one block of sums
    s.rows = pick(1, 3);
    s.columns = pick(1, 3);
    s.stride_h = pick(1, 3);
    s.stride_w = pick(1, 3);
    s.dilation_h = pick(1, 2);
    s.dilation_w = pick(1, 2);
    s.top = pick(0, 2);
    s.left = pick(0, 2);
    s.bottom = pick(0, 2);
    s.right = pick(0, 2);
    if (round % 5 == 0) {  // pointwise: the loops merge height and width
      s.rows = s.columns = s.stride_h = s.stride_w = 1;
      s.top = s.left = s.bottom = s.right = 0;
    }
    Tensor x = iota<double>({s.batch, s.channels, s.height, s.width});
    Tensor w = iota<double>({s.outputs, s.channels / s.group, s.rows, s.columns}, -7, 0.5);
    Tensor bias = iota<double>({s.outputs}, 100, 100);
    for (std::int64_t i = 0; i < x.shape().elements(); ++i) x.as<double>()[i] = static_cast<double>(pick(-9, 9));
    const Tensor x_copy = Tensor::copy_of(x.view());
    const Tensor w_copy = Tensor::copy_of(w.view());
    OpCase op("Conv", 11);
    op.attr("group", s.group).attr("strides", Ints{s.stride_h, s.stride_w});
    op.attr("dilations", Ints{s.dilation_h, s.dilation_w}).attr("pads", Ints{s.top, s.left, s.bottom, s.right});
    const auto y = op.input(std::move(x)).input(std::move(w)).input(std::move(bias)).run();
    const bool fits = s.height + s.top + s.bottom >= (s.rows - 1) * s.dilation_h + 1 &&
                      s.width + s.left + s.right >= (s.columns - 1) * s.dilation_w + 1;
    ASSERT_EQ(y.ok(), fits);
    if (!fits) continue;
    const Shape& shape = (*y)[0].shape();
    std::int64_t i = 0;
    for (std::int64_t n = 0; n < shape[0]; ++n) {
      for (std::int64_t k = 0; k < shape[1]; ++k) {
        for (std::int64_t p = 0; p < shape[2]; ++p) {
          for (std::int64_t q = 0; q < shape[3]; ++q, ++i) {
            // Integers and halves far below 2^52: every order of summation is exact.
            ASSERT_EQ((*y)[0].as<double>()[i], definition(s, x_copy.as<double>(), w_copy.as<double>(),
                                                          100.0 + 100.0 * static_cast<double>(k), n, k, p, q))
                << "round " << round;
          }
        }
      }
    }
  }
}

OpCase& picture(OpCase& op, const Shape& w) { return op.input(iota({1, 4, 5, 5})).input(iota(w)); }

TEST(Conv, rejects_group_zero) {
  OpCase op("Conv", 11);
  expect_error(picture(op.attr("group", 0), {4, 4, 3, 3}), ErrorCode::kInvalidModel, "group=0");
}

TEST(Conv, rejects_group_not_dividing_channels) {
  OpCase op("Conv", 11);
  expect_error(picture(op.attr("group", 3), {6, 1, 3, 3}), ErrorCode::kInvalidModel,
               "group=3 (attribute 'group') does not divide the input's 4 channels");
  OpCase outputs("Conv", 11);
  expect_error(picture(outputs.attr("group", 2), {3, 2, 3, 3}), ErrorCode::kInvalidModel,
               "does not divide the 3 output channels");
}

TEST(Conv, rejects_a_channel_mismatch) {
  OpCase op("Conv", 11);
  expect_error(picture(op, {2, 3, 3, 3}), ErrorCode::kInvalidModel, "expect 3 channels per group");
}

TEST(Conv, rejects_weights_of_another_rank) {
  OpCase op("Conv", 11);
  expect_error(picture(op, {2, 4, 3}), ErrorCode::kInvalidModel, "weights have rank 3");
}

TEST(Conv, rejects_an_input_without_spatial_axes) {
  expect_error(OpCase("Conv", 11).input(iota({1, 4})).input(iota({2, 4})), ErrorCode::kInvalidModel, "spatial axes");
}

TEST(Conv, rejects_a_kernel_shape_that_contradicts_the_weights) {
  OpCase op("Conv", 11);
  expect_error(picture(op.attr("kernel_shape", Ints{3, 5}), {2, 4, 3, 3}), ErrorCode::kInvalidModel,
               "attribute 'kernel_shape' is [3,5]");
}

TEST(Conv, rejects_bad_window_attributes_naming_the_node) {
  OpCase stride("Conv", 11);
  expect_error(picture(stride.attr("strides", Ints{0, 1}), {2, 4, 3, 3}), ErrorCode::kInvalidModel, "'strides'");
  OpCase pads("Conv", 11);
  expect_error(picture(pads.attr("pads", Ints{-1, 0, 0, 0}), {2, 4, 3, 3}), ErrorCode::kInvalidModel, "'pads'");
  OpCase kind("Conv", 11);
  expect_error(picture(kind.attr("pads", "1"), {2, 4, 3, 3}), ErrorCode::kInvalidModel, "'pads' must be");
  OpCase kernel("Conv", 11);
  expect_error(picture(kernel, {2, 4, 6, 6}), ErrorCode::kInvalidModel, "the window spans 6");
}

TEST(Conv, rejects_an_output_beyond_the_element_limit) {
  OpCase op("Conv", 11);
  expect_error(picture(op.attr("pads", Ints{1 << 30, 1 << 30, 1 << 30, 1 << 30}), {2, 4, 3, 3}), ErrorCode::kLimit,
               "2^40");
}

TEST(Conv, rejects_a_bias_of_another_length) {
  OpCase op("Conv", 11);
  expect_error(picture(op, {2, 4, 3, 3}).input(iota({3})), ErrorCode::kInvalidModel,
               "bias has shape [3], expected [2]");
}

TEST(Conv, rejects_mixed_and_integer_element_types) {
  expect_error(OpCase("Conv", 11).input(iota({1, 1, 2, 2})).input(iota<double>({1, 1, 1, 1})), ErrorCode::kInvalidModel,
               "float64");
  expect_error(OpCase("Conv", 11).input(iota<std::int32_t>({1, 1, 2, 2})).input(iota<std::int32_t>({1, 1, 1, 1})),
               ErrorCode::kUnsupportedModel, "int32");
}

}  // namespace
}  // namespace kite
