// SPDX-License-Identifier: Apache-2.0
// The channels-last convolution that passes create: it must say the same as Conv with the layout turned around.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "ops/op_case.h"

namespace kite {
namespace {

Tensor channels_last(const Tensor& x) {
  const Shape& s = x.shape();
  Tensor y(x.dtype(), {s[0], s[2], s[3], s[1]});
  std::int64_t i = 0;
  for (std::int64_t n = 0; n < s[0]; ++n) {
    for (std::int64_t h = 0; h < s[2]; ++h) {
      for (std::int64_t v = 0; v < s[3]; ++v) {
        for (std::int64_t c = 0; c < s[1]; ++c, ++i) {
          y.as<double>()[i] = x.as<double>()[((n * s[1] + c) * s[2] + h) * s[3] + v];
        }
      }
    }
  }
  return y;
}

void expect_same_as_conv(std::int64_t channels, std::int64_t outputs, std::int64_t group, const char* layout) {
  const auto geometry = [&](OpCase& op) -> OpCase& {
    return op.attr("group", group)
        .attr("strides", Ints{2, 1})
        .attr("dilations", Ints{1, 2})
        .attr("pads", Ints{1, 2, 0, 1});
  };
  const Tensor x = iota<double>({2, channels, 6, 7}, -20);
  const Tensor w = iota<double>({outputs, channels / group, 3, 2}, -5);
  OpCase first("Conv", 11);
  const auto expected = geometry(first).input(Tensor::copy_of(x.view())).input(Tensor::copy_of(w.view())).run();
  ASSERT_TRUE(expected.ok()) << expected.error().message();
  OpCase last("Conv", 1, "paperkite");
  last.attr("input_layout", layout);
  const bool is_nchw = std::string(layout) == "nchw";
  const auto found = geometry(last)
                         .input(is_nchw ? Tensor::copy_of(x.view()) : channels_last(x))
                         .input(Tensor::copy_of(w.view()))
                         .run();
  ASSERT_TRUE(found.ok()) << found.error().message();
  const Tensor turned = channels_last((*expected)[0]);
  ASSERT_EQ((*found)[0].shape(), turned.shape());
  for (std::int64_t i = 0; i < turned.shape().elements(); ++i) {
    ASSERT_EQ((*found)[0].as<double>()[i], turned.as<double>()[i]) << i;
  }
}

TEST(InternalConv, agrees_with_conv_in_both_input_layouts) {
  expect_same_as_conv(3, 11, 1, "nchw");
  expect_same_as_conv(3, 11, 1, "nhwc");
  expect_same_as_conv(8, 4, 2, "nhwc");
  expect_same_as_conv(5, 5, 5, "nhwc");
}

TEST(InternalConv, adds_bias_and_residual_before_the_activation) {
  expect_output(OpCase("Conv", 1, "paperkite")
                    .attr("activation", "relu")
                    .input(floats({1, 1, 2, 1}, {1, 2}))
                    .input(floats({2, 1, 1, 1}, {1, -1}))
                    .input(floats({2}, {10, 20}))
                    .input(floats({1, 1, 2, 2}, {-50, 5, 1, 2})),
                {1, 1, 2, 2}, {0, 24, 13, 20});
}

TEST(InternalConv, takes_a_residual_without_a_bias) {
  expect_output(OpCase("Conv", 1, "paperkite")
                    .input(floats({1, 1, 1, 1}, {3}))
                    .input(floats({1, 1, 1, 1}, {2}))
                    .no_input()
                    .input(floats({1, 1, 1, 1}, {0.5F})),
                {1, 1, 1, 1}, {6.5F});
}

TEST(InternalConv, knows_every_activation) {
  const auto expect = [](const char* name, float a, float b, float x, double y) {
    expect_output(OpCase("Conv", 1, "paperkite")
                      .attr("activation", name)
                      .attr("activation_a", a)
                      .attr("activation_b", b)
                      .input(floats({1, 1, 1, 1}, {x}))
                      .input(floats({1, 1, 1, 1}, {1})),
                  {1, 1, 1, 1}, {static_cast<float>(y)}, 1e-6);
  };
  expect("none", 0, 0, -2, -2);
  expect("relu", 0, 0, -2, 0);
  expect("relu", 0, 0, kNaN, kNaN);
  expect("clip", 0, 6, 7, 6);
  expect("clip", -1, 6, -7, -1);
  expect("sigmoid", 0, 0, 1, 0.7310585786);
  expect("hard_sigmoid", 0.25F, 0.5F, 1, 0.75);
  expect("hard_swish", 0, 0, 1.5F, 1.125);
  expect("silu", 0, 0, 1, 0.7310585786);
  expect("gelu", 0, 0, 1, 0.8413447461);
  expect("tanh", 0, 0, 1, 0.7615941560);
  expect("leaky_relu", 0.25F, 0, -2, -0.5);
  expect("mish", 0, 0, 1, 0.8650983883);
  expect("elu", 2, 0, -1, -1.2642411177);
  expect("selu", 2, 0.5F, -1, -0.6321205588);
  expect("celu", 2, 0, -1, -0.7869386806);
  expect("softplus", 0, 0, 0, 0.6931471806);
  expect("softsign", 0, 0, -3, -0.75);
  expect("thresholded_relu", 2, 0, 2, 0);
}

TEST(InternalConv, rejects_an_unknown_activation_layout_and_residual) {
  const auto op = [](OpCase& made) -> OpCase& { return made.input(iota({1, 1, 1, 1})).input(iota({1, 1, 1, 1})); };
  OpCase activation("Conv", 1, "paperkite");
  expect_error(op(activation.attr("activation", "swish")), ErrorCode::kInvalidModel, "\"swish\"");
  OpCase layout("Conv", 1, "paperkite");
  expect_error(op(layout.attr("input_layout", "chwn")), ErrorCode::kInvalidModel, "\"chwn\"");
  OpCase residual("Conv", 1, "paperkite");
  expect_error(op(residual).no_input().input(iota({1, 1, 1, 2})), ErrorCode::kInvalidModel,
               "residual has shape [1,1,1,2], expected [1,1,1,1]");
  OpCase rank("Conv", 1, "paperkite");
  expect_error(rank.input(iota({1, 1, 1})).input(iota({1, 1, 1})), ErrorCode::kInvalidModel, "expected rank 4");
}

}  // namespace
}  // namespace kite
