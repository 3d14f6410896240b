// SPDX-License-Identifier: Apache-2.0
// The operators on 8-bit tensors, against sums in integers that are written out here.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "ops/op_case.h"

namespace kite {
namespace {

// Spread over all values of the type, the extremes among them.
template <typename T>
Tensor spread(const Shape& shape, int step) {
  Tensor tensor(kDTypeOf<T>, shape);
  for (std::int64_t i = 0; i < shape.elements(); ++i) {
    tensor.as<T>()[i] = static_cast<T>(static_cast<std::uint8_t>(255 - i * step));
  }
  return tensor;
}
template <typename T>
Tensor one(int value) {
  return Tensor::of<T>({}, {static_cast<T>(value)});
}

template <typename T>
T rounded(float value, int zero) {
  const float q = std::nearbyint(value) + static_cast<float>(zero);
  const auto least = static_cast<float>(std::numeric_limits<T>::lowest());
  const auto most = static_cast<float>(std::numeric_limits<T>::max());
  return static_cast<T>(q < least ? least : q > most ? most : q);
}

// a [rows, depth] x b [depth, columns]
template <typename A, typename B>
std::vector<std::int32_t> product(const Tensor& a, int a_zero, const Tensor& b, int b_zero) {
  const std::int64_t depth = a.shape()[1];
  const std::int64_t columns = b.shape()[1];
  std::vector<std::int32_t> sums;
  for (std::int64_t m = 0; m < a.shape()[0]; ++m) {
    for (std::int64_t n = 0; n < columns; ++n) {
      std::int32_t sum = 0;
      for (std::int64_t k = 0; k < depth; ++k) {
        sum += (a.as<A>()[m * depth + k] - a_zero) * (b.as<B>()[k * columns + n] - b_zero);
      }
      sums.push_back(sum);
    }
  }
  return sums;
}

const Shape kLeft{5, 9};
const Shape kRight{9, 70};  // wider than one block of sums
const Shape kResult{5, 70};

template <typename A, typename B>
void expect_products() {
  const Tensor a = spread<A>(kLeft, 7);
  const Tensor b = spread<B>(kRight, 11);
  const std::vector<std::int32_t> sums = product<A, B>(a, 3, b, 5);
  const auto copy = [](const Tensor& tensor) { return Tensor::copy_of(tensor.view()); };
  expect_output<std::int32_t>(
      OpCase("MatMulInteger", 10).input(copy(a)).input(copy(b)).input(one<A>(3)).input(one<B>(5)), kResult, sums);

  std::vector<A> quantised;
  std::vector<float> real;
  for (const std::int32_t sum : sums) {
    quantised.push_back(rounded<A>(static_cast<float>(sum) * (0.5F * 0.02F / 4.0F), 9));
    real.push_back(static_cast<float>(sum) * (0.5F * 0.02F));
  }
  expect_output<A>(OpCase("QLinearMatMul", 10)
                       .input(copy(a))
                       .input(scalar(0.5F))
                       .input(one<A>(3))
                       .input(copy(b))
                       .input(scalar(0.02F))
                       .input(one<B>(5))
                       .input(scalar(4))
                       .input(one<A>(9)),
                   kResult, quantised);
  expect_output(OpCase("MatMulIntegerToFloat", 1, "com.microsoft")
                    .input(copy(a))
                    .input(copy(b))
                    .input(scalar(0.5F))
                    .input(scalar(0.02F))
                    .input(one<A>(3))
                    .input(one<B>(5)),
                kResult, real);
  for (const bool to_float : {false, true}) {
    OpCase gemm("QGemm", 1, "com.microsoft");
    gemm.input(copy(a)).input(scalar(0.5F)).input(one<A>(3)).input(copy(b)).input(scalar(0.02F)).input(one<B>(5));
    if (to_float) {
      expect_output(gemm, kResult, real);
    } else {
      gemm.no_input().input(scalar(4)).input(one<A>(9));
      expect_output<A>(gemm, kResult, quantised);
    }
  }
}

TEST(MatMulInteger, and_its_kin_sum_in_integers) {
  expect_products<std::uint8_t, std::uint8_t>();
  expect_products<std::uint8_t, std::int8_t>();
  expect_products<std::int8_t, std::uint8_t>();
  expect_products<std::int8_t, std::int8_t>();
}

TEST(QLinearMatMul, takes_scales_for_rows_and_columns) {
  const auto bytes = [](const Shape& shape, std::initializer_list<std::uint8_t> values) {
    return Tensor::of<std::uint8_t>(shape, values);
  };
  expect_output<std::uint8_t>(OpCase("QLinearMatMul", 10)
                                  .input(bytes({2, 1}, {10, 20}))
                                  .input(floats({2}, {1, 2}))
                                  .input(bytes({2}, {0, 10}))
                                  .input(bytes({1, 2}, {3, 4}))
                                  .input(floats({2}, {1, 0.5F}))
                                  .input(bytes({2}, {1, 0}))
                                  .input(scalar(1))
                                  .input(bytes({}, {1})),
                              {2, 2}, {21, 21, 41, 41});
}

TEST(MatMulIntegerToFloat, refuses_a_bias_of_another_length) {
  OpCase op("MatMulIntegerToFloat", 1, "com.microsoft");
  op.input(spread<std::uint8_t>({2, 3}, 1)).input(spread<std::int8_t>({3, 4}, 1)).input(scalar(1)).input(scalar(1));
  op.no_input().no_input().input(floats({3}, {1, 2, 3}));
  expect_error(op, ErrorCode::kInvalidModel, "expected float32[4]");
}

TEST(QGemm, turns_its_operands_and_adds_c) {
  OpCase op("QGemm", 1, "com.microsoft");
  op.attr("transA", 1).attr("transB", 1).attr("alpha", 2.0F);
  op.input(Tensor::of<std::uint8_t>({2, 1}, {3, 4})).input(scalar(1)).input(one<std::uint8_t>(1));
  op.input(Tensor::of<std::int8_t>({2, 2}, {1, 2, -3, 4})).input(floats({2}, {1, 0.5F}));
  op.input(Tensor::of<std::int8_t>({2}, {0, 0})).input(Tensor::of<std::int32_t>({2}, {10, 20}));
  expect_output(op, {1, 2}, {36, 26});
}

TEST(DynamicQuantizeMatMul, quantises_its_left_side_first) {
  // The scale is 2.55 / 255 = 0.01, the zero point 100.
  expect_output(OpCase("DynamicQuantizeMatMul", 1, "com.microsoft")
                    .input(floats({1, 3}, {-1, 0, 1.55F}))
                    .input(Tensor::of<std::int8_t>({3, 1}, {2, 50, 4}))
                    .input(scalar(0.5F))
                    .no_input()
                    .input(floats({1}, {1})),
                {1, 1}, {3.1F}, 1e-5);
}

// Output (k, oh, ow) of x [1, C, 4, 70], w [K, C/2, 3, 2], group 2, pads 1, stride 1 and 2.
template <typename X, typename W>
std::int32_t convolved(const Tensor& x, int x_zero, const Tensor& w, int w_zero, std::int64_t k, std::int64_t oh,
                       std::int64_t ow) {
  std::int32_t sum = 0;
  for (std::int64_t c = 0; c < 2; ++c) {
    for (std::int64_t r = 0; r < 3; ++r) {
      for (std::int64_t s = 0; s < 2; ++s) {
        const std::int64_t ih = oh - 1 + r;
        const std::int64_t iw = ow * 2 - 1 + s;
        if (ih < 0 || ih >= 4 || iw < 0 || iw >= 70) continue;
        sum += (x.as<X>()[((k / 3 * 2 + c) * 4 + ih) * 70 + iw] - x_zero) *
               (w.as<W>()[((k * 2 + c) * 3 + r) * 2 + s] - w_zero);
      }
    }
  }
  return sum;
}

template <typename X, typename W>
void expect_convolutions() {
  const Tensor x = spread<X>({1, 4, 4, 70}, 13);
  const Tensor w = spread<W>({6, 2, 3, 2}, 5);
  const Shape y{1, 6, 4, 36};
  std::vector<std::int32_t> sums;
  std::vector<X> quantised;
  std::vector<float> scales;
  for (std::int64_t k = 0; k < 6; ++k) {
    scales.push_back(0.01F * static_cast<float>(k + 1));
    for (std::int64_t o = 0; o < 4 * 36; ++o) {
      sums.push_back(convolved<X, W>(x, 9, w, 4, k, o / 36, o % 36));
      const auto sum = static_cast<float>(sums.back() + static_cast<std::int32_t>(100 * k));
      quantised.push_back(rounded<X>(sum * (0.5F * scales.back() / 8.0F), 7));
    }
  }
  const auto geometry = [](OpCase& op) {
    op.attr("group", 2).attr("pads", Ints{1, 1, 1, 1}).attr("strides", Ints{1, 2});
  };
  OpCase integer("ConvInteger", 10);
  geometry(integer);
  integer.input(Tensor::copy_of(x.view())).input(Tensor::copy_of(w.view())).input(one<X>(9)).input(one<W>(4));
  expect_output<std::int32_t>(integer, y, sums);
  OpCase qlinear("QLinearConv", 10);
  geometry(qlinear);
  qlinear.input(Tensor::copy_of(x.view())).input(scalar(0.5F)).input(one<X>(9));
  Tensor w_scales(DType::kFloat32, Shape{6});
  std::copy(scales.begin(), scales.end(), w_scales.as<float>());
  qlinear.input(Tensor::copy_of(w.view())).input(std::move(w_scales)).input(one<W>(4));
  qlinear.input(scalar(8)).input(one<X>(7)).input(Tensor::of<std::int32_t>({6}, {0, 100, 200, 300, 400, 500}));
  expect_output<X>(qlinear, y, quantised);
}

TEST(QLinearConv, and_conv_integer_sum_in_integers) {
  expect_convolutions<std::uint8_t, std::uint8_t>();
  expect_convolutions<std::uint8_t, std::int8_t>();
  expect_convolutions<std::int8_t, std::uint8_t>();
  expect_convolutions<std::int8_t, std::int8_t>();
}

TEST(ConvInteger, refuses_zero_points_of_another_type) {
  OpCase op("ConvInteger", 10);
  op.input(spread<std::uint8_t>({1, 1, 3, 3}, 1))
      .input(spread<std::int8_t>({1, 1, 3, 3}, 1))
      .input(one<std::int8_t>(0));
  expect_error(op, ErrorCode::kInvalidModel, "the zero point of input 2 is int8, expected uint8");
}

// x with scale 0.5 and zero point 2, y with `y_scale` and zero point 1.
OpCase mapped(const char* name, Tensor x, float y_scale) {
  OpCase op(name, 1, "com.microsoft");
  op.input(std::move(x)).input(scalar(0.5F)).input(one<std::uint8_t>(2)).input(scalar(y_scale));
  op.input(one<std::uint8_t>(1));
  return op;
}

TEST(QLinearLeakyRelu, scales_what_is_negative) {
  auto op = mapped("QLinearLeakyRelu", Tensor::of<std::uint8_t>({4}, {0, 2, 4, 255}), 0.25F);
  op.attr("alpha", 0.25F);
  expect_output<std::uint8_t>(op, {4}, {0, 1, 5, 255});
}

TEST(QLinearSigmoid, is_rounded_once) {
  auto op = mapped("QLinearSigmoid", Tensor::of<std::uint8_t>({3}, {2, 0, 255}), 1.0F / 128);
  expect_output<std::uint8_t>(op, {3}, {65, 35, 129});  // sigmoid(-1) = 0.26894
}

TEST(QLinearSoftmax, normalises_an_axis) {
  auto op = mapped("QLinearSoftmax", Tensor::of<std::uint8_t>({1, 2}, {2, 4}), 1.0F / 128);
  op.attr("axis", 1).attr("opset", 13);
  expect_output<std::uint8_t>(op, {1, 2}, {35, 95});
}

TEST(QLinearGlobalAveragePool, averages_planes) {
  auto first = mapped("QLinearGlobalAveragePool", Tensor::of<std::uint8_t>({1, 2, 1, 2}, {2, 4, 10, 20}), 0.5F);
  expect_output<std::uint8_t>(first, {1, 2, 1, 1}, {2, 14});
  auto last = mapped("QLinearGlobalAveragePool", Tensor::of<std::uint8_t>({1, 1, 2, 2}, {2, 4, 10, 20}), 0.5F);
  last.attr("channels_last", 1);
  expect_output<std::uint8_t>(last, {1, 1, 1, 2}, {5, 11});
}

TEST(QLinearAveragePool, counts_padding_as_zero_on_demand) {
  for (const int counted : {0, 1}) {
    auto op = mapped("QLinearAveragePool", Tensor::of<std::uint8_t>({1, 1, 3}, {2, 6, 22}), 0.5F);
    op.attr("kernel_shape", Ints{2})
        .attr("pads", Ints{1, 1})
        .attr("strides", Ints{3})
        .attr("count_include_pad", counted);
    expect_output<std::uint8_t>(op, {1, 1, 2}, {1, static_cast<std::uint8_t>(counted == 1 ? 11 : 21)});
  }
}

OpCase paired(const char* name) {
  OpCase op(name, 1, "com.microsoft");
  op.input(Tensor::of<std::uint8_t>({2, 2}, {2, 4, 6, 255})).input(scalar(0.5F)).input(one<std::uint8_t>(2));
  op.input(Tensor::of<std::uint8_t>({2}, {1, 3})).input(scalar(2)).input(one<std::uint8_t>(1));
  op.input(scalar(1)).input(one<std::uint8_t>(10));
  return op;
}

TEST(QLinearAdd, adds_real_values_and_spreads) {
  auto op = paired("QLinearAdd");  // 0, 1, 2, 126.5 and 0, 4
  expect_output<std::uint8_t>(op, {2, 2}, {10, 15, 12, 140});
}

TEST(QLinearMul, multiplies_real_values_and_spreads) {
  auto op = paired("QLinearMul");
  expect_output<std::uint8_t>(op, {2, 2}, {10, 14, 10, 255});
}

TEST(QLinearConcat, brings_all_to_one_scale) {
  OpCase op("QLinearConcat", 1, "com.microsoft");
  op.attr("axis", -1).input(scalar(1)).input(one<std::int8_t>(-10));
  op.input(Tensor::of<std::uint8_t>({2, 1}, {2, 4})).input(scalar(0.5F)).input(one<std::uint8_t>(2));
  op.input(Tensor::of<std::int8_t>({2, 2}, {-1, 0, 1, 127})).input(scalar(2)).input(one<std::int8_t>(0));
  expect_output<std::int8_t>(op, {2, 3}, {-10, -12, -10, -9, -8, 127});
}

}  // namespace
}  // namespace kite
