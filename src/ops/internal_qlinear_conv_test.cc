// SPDX-License-Identifier: Apache-2.0
// The channels-last convolution of 8-bit numbers against QLinearConv and ConvInteger of ONNX, element by element.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include "ops/op_case.h"

namespace kite {
namespace {

Tensor random_bytes(DType dtype, const Shape& shape, std::mt19937& random) {
  Tensor tensor(dtype, shape);
  for (std::int64_t i = 0; i < shape.elements(); ++i) {
    tensor.mutable_view().data[i] = static_cast<std::byte>(random() & 0xff);
  }
  return tensor;
}

// [N,C,H,W] to [N,H,W,C], elements of `size` bytes.
std::vector<std::byte> channels_last(const Tensor& x, std::int64_t size) {
  const Shape& s = x.shape();
  std::vector<std::byte> out(static_cast<std::size_t>(s.elements() * size));
  for (std::int64_t i = 0; i < s.elements(); ++i) {
    const std::int64_t w = i % s[3], h = i / s[3] % s[2], c = i / s[3] / s[2] % s[1], n = i / s[3] / s[2] / s[1];
    std::memcpy(&out[static_cast<std::size_t>((((n * s[2] + h) * s[3] + w) * s[1] + c) * size)],
                x.view().data + i * size, static_cast<std::size_t>(size));
  }
  return out;
}

Tensor of_bytes(DType dtype, const Shape& shape, const std::vector<std::byte>& bytes) {
  Tensor tensor(dtype, shape);
  std::copy(bytes.begin(), bytes.end(), tensor.mutable_view().data);
  return tensor;
}

struct ConvNumbers {
  Tensor x, x_zero, w, w_scale, w_zero, bias;

  ConvNumbers(DType x_type, DType w_type, std::mt19937& random)
      : x(random_bytes(x_type, {2, 4, 5, 7}, random)),
        x_zero(random_bytes(x_type, {}, random)),
        w(random_bytes(w_type, {6, 2, 3, 2}, random)),
        w_scale(Tensor::of<float>({6}, {0.1F, 0.2F, 0.3F, 0.01F, 0.02F, 0.03F})),
        w_zero(random_bytes(w_type, {6}, random)),
        bias(Tensor::of<std::int32_t>({6}, {0, 1000, -3000, 50, 1, 70000})) {}

  void inputs(OpCase& op, bool last) const {
    op.attr("group", 2).attr("pads", Ints{1, 0, 2, 1}).attr("strides", Ints{2, 1}).attr("dilations", Ints{1, 2});
    op.input(last ? of_bytes(x.dtype(), {2, 5, 7, 4}, channels_last(x, 1)) : Tensor::copy_of(x.view()));
    op.input(scalar(0.02F)).input(Tensor::copy_of(x_zero.view()));
    op.input(Tensor::copy_of(w.view())).input(Tensor::copy_of(w_scale.view())).input(Tensor::copy_of(w_zero.view()));
  }
};

template <typename Check>
void for_types(Check check) {
  std::mt19937 random(5);
  for (const DType x : {DType::kUInt8, DType::kInt8}) {
    for (const DType w : {DType::kUInt8, DType::kInt8}) check(ConvNumbers(x, w, random));
  }
}

TEST(InternalQLinearConv, gives_what_qlinear_conv_gives_in_either_layout) {
  for_types([](const ConvNumbers& numbers) {
    for (const bool last : {false, true}) {
      OpCase want("QLinearConv", 10), op("QLinearConv", 0, "paperkite");
      numbers.inputs(want, false);
      numbers.inputs(op, last);
      if (!last) op.attr("input_layout", "nchw");
      for (OpCase* either : {&want, &op}) {
        either->input(scalar(1.5F))
            .input(Tensor::of<std::int8_t>({}, {-5}))
            .input(Tensor::copy_of(numbers.bias.view()));
      }
      const auto wanted = want.run(), found = op.run();
      ASSERT_TRUE(wanted.ok() && found.ok()) << found.error().message();
      const Tensor& y = found->front();
      EXPECT_EQ(y.dtype(), DType::kInt8);
      EXPECT_EQ(std::vector<std::byte>(y.view().data, y.view().data + y.shape().elements()),
                channels_last(wanted->front(), 1));
    }
  });
}

TEST(InternalQLinearConv, without_a_scale_of_y_gives_real_numbers) {
  for_types([](const ConvNumbers& numbers) {
    OpCase sums("ConvInteger", 10), op("QLinearConv", 0, "paperkite");
    sums.attr("group", 2).attr("pads", Ints{1, 0, 2, 1}).attr("strides", Ints{2, 1}).attr("dilations", Ints{1, 2});
    sums.input(Tensor::copy_of(numbers.x.view())).input(Tensor::copy_of(numbers.w.view()));
    sums.input(Tensor::copy_of(numbers.x_zero.view())).input(Tensor::copy_of(numbers.w_zero.view()));
    numbers.inputs(op, true);
    op.no_input().no_input().input(floats({6}, {0, 1, 2, 3, 4, 5}));
    const auto wanted = sums.run(), found = op.run();
    ASSERT_TRUE(wanted.ok() && found.ok()) << found.error().message();
    const std::vector<std::byte> whole = channels_last(wanted->front(), 4);
    for (std::int64_t i = 0; i < found->front().shape().elements(); ++i) {
      std::int32_t sum = 0;
      std::memcpy(&sum, &whole[static_cast<std::size_t>(i * 4)], 4);
      const float want =
          static_cast<float>(sum) * (0.02F * numbers.w_scale.as<float>()[i % 6]) + static_cast<float>(i % 6);
      ASSERT_EQ(found->front().as<float>()[i], want) << i;
    }
  });
}

TEST(InternalQLinearConv, keeps_its_limits) {
  OpCase op("QLinearConv", 0, "paperkite");
  op.attr("low", 10).attr("high", 12);
  op.input(Tensor::of<std::uint8_t>({1, 1, 4, 1}, {0, 11, 12, 200})).input(scalar(1)).no_input();
  op.input(Tensor::of<std::int8_t>({1, 1, 1, 1}, {1})).input(scalar(1)).no_input().input(scalar(1));
  expect_output<std::uint8_t>(op, {1, 1, 4, 1}, {10, 11, 12, 12});
}

}  // namespace
}  // namespace kite
