// SPDX-License-Identifier: Apache-2.0
// The operators that map each element alone: values at and around their corners, in float32 and in float64.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "ops/op_case.h"

namespace kite {
namespace {

// The same expectation in both element types, each within 4 units in the last place.
void expect_values(const std::function<std::unique_ptr<OpCase>()>& make, const std::vector<double>& inputs,
                   const std::vector<double>& expected) {
  const Shape shape{static_cast<std::int64_t>(inputs.size())};
  Tensor narrow(DType::kFloat32, shape);
  Tensor wide(DType::kFloat64, shape);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    narrow.as<float>()[i] = static_cast<float>(inputs[i]);
    wide.as<double>()[i] = inputs[i];
  }
  const auto y32 = make()->runtime_input(std::move(narrow)).run();
  const auto y64 = make()->runtime_input(std::move(wide)).run();
  ASSERT_TRUE(y32.ok()) << y32.error().message();
  ASSERT_TRUE(y64.ok()) << y64.error().message();
  ASSERT_EQ((*y32)[0].shape(), shape);
  ASSERT_EQ((*y64)[0].dtype(), DType::kFloat64);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const float f = (*y32)[0].as<float>()[i];
    const double d = (*y64)[0].as<double>()[i];
    if (std::isnan(expected[i])) {
      EXPECT_TRUE(std::isnan(f) && std::isnan(d)) << "at " << inputs[i];
    } else {
      EXPECT_FLOAT_EQ(f, static_cast<float>(expected[i])) << "at " << inputs[i];
      EXPECT_DOUBLE_EQ(d, expected[i]) << "at " << inputs[i];
    }
  }
}

void expect_values(const char* op, int opset, const std::vector<double>& inputs, const std::vector<double>& expected) {
  expect_values([op, opset] { return std::make_unique<OpCase>(op, opset); }, inputs, expected);
}

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();

TEST(Relu, cuts_at_zero_and_keeps_nan) {
  expect_values("Relu", 18, {-2, -0.0, 0, 3.5, -kInfinity, kInfinity, kNotANumber},
                {0, 0, 0, 3.5, 0, kInfinity, kNotANumber});
}

TEST(Relu, of_integers) {
  expect_output<std::int64_t>(OpCase("Relu", 14).input(ints({3}, {-5, 0, 7})), {3}, {0, 0, 7});
}

TEST(Relu, rejects_bool) {
  expect_error(OpCase("Relu").input(Tensor::of<bool>({1}, {true})), ErrorCode::kUnsupportedModel, "bool");
}

TEST(Relu, rejects_a_second_input_and_a_missing_one) {
  expect_error(OpCase("Relu").input(iota({2})).input(iota({2})), ErrorCode::kInvalidModel, "inputs");
  expect_error(OpCase("Relu").no_input(), ErrorCode::kInvalidModel, "input 0");
}

TEST(Relu, rejects_an_opset_outside_its_range) {
  expect_error(OpCase("Relu", 6).input(iota({2})), ErrorCode::kUnsupportedModel, "opset 7 to 28");
  expect_error(OpCase("Relu", 29).input(iota({2})), ErrorCode::kUnsupportedModel, "opset 7 to 28");
}

TEST(Sigmoid, is_exact_at_its_ends) {
  // 1 / (1 + e), e / (1 + e): 30 digits from an arbitrary-precision calculator.
  expect_values("Sigmoid", 13, {0, 1, -1, 1000, -1000, kInfinity, -kInfinity, kNotANumber},
                {0.5, 0.731058578630004879251159944, 0.268941421369995120748840055, 1, 0, 1, 0, kNotANumber});
}

TEST(Tanh, is_exact_at_its_ends) {
  expect_values("Tanh", 13, {0, 1, -1, kInfinity, -kInfinity, kNotANumber},
                {0, 0.761594155955764888119458282, -0.761594155955764888119458282, 1, -1, kNotANumber});
}

TEST(Erf, matches_tables) {
  expect_values("Erf", 13, {0, 0.5, 1, -1, kInfinity, kNotANumber},
                {0, 0.520499877813046537682746654, 0.842700792949714869341220635, -0.842700792949714869341220635, 1,
                 kNotANumber});
}

TEST(Sqrt, of_a_negative_value_is_nan) {
  expect_values("Sqrt", 13, {0, 2, 9, -1, kInfinity}, {0, 1.41421356237309504880168872, 3, kNotANumber, kInfinity});
}

TEST(HardSwish, bends_at_minus_3_and_3) {
  expect_values("HardSwish", 14, {-4, -3, -1.5, 0, 1.5, 3, 4, kNotANumber},
                {0, 0, -0.375, 0, 1.125, 3, 4, kNotANumber});
}

TEST(HardSwish, does_not_exist_before_opset_14) {
  expect_error(OpCase("HardSwish", 13).input(iota({2})), ErrorCode::kUnsupportedModel, "opset 14 to 28");
}

TEST(HardSigmoid, reads_alpha_and_beta) {
  expect_values(
      [] {
        auto op = std::make_unique<OpCase>("HardSigmoid");
        op->attr("alpha", 0.25F).attr("beta", 0.125F);
        return op;
      },
      {-4, -0.5, 0, 2, 3.5, 5, 9, kNotANumber}, {0, 0, 0.125, 0.625, 1, 1, 1, kNotANumber});
}

TEST(HardSigmoid, has_the_defaults_of_onnx) {
  expect_output(OpCase("HardSigmoid").input(floats({3}, {-2.5F, 0, 1})), {3}, {0, 0.5F, 0.7F}, 1e-7);
}

TEST(HardSigmoid, rejects_an_integer_alpha) {
  expect_error(OpCase("HardSigmoid").attr("alpha", 1).input(iota({2})), ErrorCode::kInvalidModel, "'alpha'");
}

TEST(Gelu, is_exact_by_default) {
  // x/2 * (1 + erf(x / sqrt 2)) at 1 and -1.
  expect_values("Gelu", 20, {0, 1, -1, 40, -40, kNotANumber},
                {0, 0.841344746068542948585232546, -0.158655253931457051414767454, 40, 0, kNotANumber});
}

TEST(Gelu, has_a_tanh_approximation) {
  expect_output(OpCase("Gelu", 20).attr("approximate", "tanh").input(floats({2}, {1, -1})), {2},
                {0.84119199060827676F, -0.15880800939172324F}, 1e-7);
}

TEST(Gelu, rejects_an_unknown_approximation) {
  expect_error(OpCase("Gelu", 20).attr("approximate", "quick").input(iota({1})), ErrorCode::kInvalidModel, "\"quick\"");
}

TEST(InternalSilu, is_x_times_sigmoid) {
  expect_values([] { return std::make_unique<OpCase>("Silu", 1, "paperkite"); }, {0, 1, -1, 1000, kNotANumber},
                {0, 0.731058578630004879251159944, -0.268941421369995120748840055, 1000, kNotANumber});
}

TEST(Identity, copies_every_element_type) {
  expect_output<bool>(OpCase("Identity").input(Tensor::of<bool>({3}, {true, false, true})), {3}, {true, false, true});
  expect_output<std::int64_t>(OpCase("Identity").input(ints({2, 1}, {-1, 1})), {2, 1}, {-1, 1});
  expect_output(OpCase("Identity").input(Tensor(DType::kFloat32, {0, 3})), {0, 3}, {});
}

}  // namespace
}  // namespace kite
