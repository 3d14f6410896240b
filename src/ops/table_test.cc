// SPDX-License-Identifier: Apache-2.0
// The operators that are rows of a table (tables.h): one row of values each, in float32 and float64. The suite of a
// test is its operator.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "ops/op_case.h"

namespace kite {
namespace {

constexpr double kEndless = std::numeric_limits<double>::infinity();
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

struct Row {
  const char* op;
  int opset;
  const char* says;
  std::vector<std::vector<double>> inputs;  // vectors that broadcast
  std::vector<double> expected;
  std::vector<std::pair<const char*, float>> parameters = {};
  std::vector<std::pair<const char*, std::int64_t>> flags = {};
};

const std::vector<Row>& rows() {
  // Values of transcendental functions: 17 digits from an arbitrary-precision calculator.
  static const std::vector<Row> kRows = {
      {"Abs", 13, "drops_the_sign", {{-2, 0, 3, -kEndless, kNone}}, {2, 0, 3, kEndless, kNone}},
      {"Acos", 7, "of_corners", {{1, 0, -1, 2}}, {0, 1.5707963267948966, 3.1415926535897932, kNone}},
      {"Acosh", 9, "of_corners", {{1, 2, 0}}, {0, 1.3169578969248167, kNone}},
      {"Asin", 7, "of_corners", {{0, 1, -1, 2}}, {0, 1.5707963267948966, -1.5707963267948966, kNone}},
      {"Asinh", 9, "of_corners", {{0, 1}}, {0, 0.88137358701954303}},
      {"Atan", 7, "of_corners", {{0, 1, kEndless}}, {0, 0.78539816339744831, 1.5707963267948966}},
      {"Atanh", 9, "of_corners", {{0, 0.5, 1}}, {0, 0.54930614433405485, kEndless}},
      {"Ceil", 13, "goes_up", {{-1.5, 1.2, 2, kNone}}, {-1, 2, 2, kNone}},
      {"Celu", 12, "is_smooth_at_zero", {{-1, 0, 2, kNone}}, {-0.78693868057473315, 0, 2, kNone}, {{"alpha", 2.0F}}},
      {"Cos", 7, "of_corners", {{0, 1, kEndless}}, {1, 0.54030230586813972, kNone}},
      {"Cosh", 9, "of_corners", {{0, 1}}, {1, 1.5430806348152438}},
      {"Elu", 7, "scales_what_is_below_zero", {{-1, 0, 2}}, {-1.2642411176571153, 0, 2}, {{"alpha", 2.0F}}},
      {"Exp", 13, "of_corners", {{0, 1, -kEndless, kEndless, kNone}}, {1, 2.7182818284590452, 0, kEndless, kNone}},
      {"Floor", 13, "goes_down", {{-1.5, 1.2, 2, kNone}}, {-2, 1, 2, kNone}},
      {"LeakyRelu", 16, "has_the_default_of_onnx", {{-1, 0, 2, kNone}}, {-0.009999999776482582, 0, 2, kNone}},
      {"LeakyRelu", 6 + 1, "reads_alpha", {{-8, 8}}, {-2, 8}, {{"alpha", 0.25F}}},
      {"Log", 13, "of_corners", {{1, 2, 0, -1, kEndless}}, {0, 0.69314718055994531, -kEndless, kNone, kEndless}},
      {"Mish", 18, "of_corners", {{0, 1, 1000, -1000, kNone}}, {0, 0.86509838826731034, 1000, 0, kNone}},
      {"Neg", 13, "turns_the_sign", {{-2, 0, 3, kNone}}, {2, -0.0, -3, kNone}},
      {"Reciprocal", 13, "of_corners", {{2, -4, 0, kEndless}}, {0.5, -0.25, kEndless, 0}},
      {"Round", 11, "takes_halves_to_even", {{0.5, 1.5, 2.5, -0.5, 0.9, kNone}}, {0, 2, 2, -0.0, 1, kNone}},
      {"Selu", 7, "has_the_defaults_of_onnx", {{-1, 0, 1}}, {-1.1113307412864784, 0, 1.0507010221481323}},
      {"Shrink", 9, "leaves_a_gap", {{-2, -1, 0, 1, 2}}, {-1.5, 0, 0, 0, 1.5}, {{"lambd", 1.5F}, {"bias", 0.5F}}},
      {"Sign", 13, "is_minus_one_zero_or_one", {{-2, 0, 3, kNone}}, {-1, 0, 1, kNone}},
      {"Sin", 7, "of_corners", {{0, 1, kEndless}}, {0, 0.84147098480789651, kNone}},
      {"Sinh", 9, "of_corners", {{0, 1}}, {0, 1.1752011936438015}},
      {"Softplus", 7, "does_not_overflow", {{0, 1000, -1000, kNone}}, {0.69314718055994531, 1000, 0, kNone}},
      {"Softsign", 7, "of_corners", {{0, 1, -3}}, {0, 0.5, -0.75}},
      {"Tan", 7, "of_corners", {{0, 1}}, {0, 1.5574077246549022}},
      {"ThresholdedRelu", 10, "cuts_at_alpha", {{1, 2, 2.5, kNone}}, {0, 0, 2.5, kNone}, {{"alpha", 2.0F}}},

      {"Greater", 13, "broadcasts", {{1, 2, 3, kNone}, {2}}, {0, 0, 1, 0}},
      {"GreaterOrEqual", 16, "broadcasts", {{1, 2, 3, kNone}, {2}}, {0, 1, 1, 0}},
      {"Less", 13, "broadcasts", {{1, 2, 3, kNone}, {2}}, {1, 0, 0, 0}},
      {"LessOrEqual", 16, "broadcasts", {{1, 2, 3, kNone}, {2}}, {1, 1, 0, 0}},
      {"IsNaN", 13, "finds_nan", {{1, kNone, kEndless}}, {0, 1, 0}},
      {"IsInf", 10, "finds_both_infinities", {{1, kNone, kEndless, -kEndless}}, {0, 0, 1, 1}},
      {"IsInf", 10, "can_leave_one_out", {{kEndless, -kEndless}}, {1, 0}, {}, {{"detect_negative", 0}}},

      {"Max", 13, "of_three_that_broadcast", {{1, 5, 3}, {2}, {0, 0, 9}}, {2, 5, 9}},
      {"Max", 8, "keeps_nan_of_any_input", {{kNone, 1}, {1, kNone}}, {kNone, kNone}},
      {"Min", 13, "of_three_that_broadcast", {{1, 5, 3}, {2}, {0, 0, 9}}, {0, 0, 2}},
      {"Min", 8, "keeps_nan_of_any_input", {{kNone, 1}, {1, kNone}}, {kNone, kNone}},
      {"Min", 8, "of_one_is_itself", {{3, 1}}, {3, 1}},
      {"Mean", 13, "of_three_that_broadcast", {{1, 5, 3}, {2}, {0, 2, 4}}, {1, 3, 3}},
      {"Sum", 13, "of_three_that_broadcast", {{1, 5, 3}, {2}, {0, 2, 4}}, {3, 9, 9}},

      {"ReduceL1", 18, "adds_magnitudes", {{3, -4}}, {7}},
      {"ReduceL2", 18, "is_the_length", {{3, -4}}, {5}},
      {"ReduceLogSum", 18, "is_the_logarithm_of_the_sum", {{1, 1}}, {0.69314718055994531}},
      {"ReduceLogSumExp", 18, "does_not_overflow", {{1000, 1000}}, {1000.6931471805599}},
      {"ReduceLogSumExp", 13, "of_growing_values", {{-kEndless, 0, 0}}, {0.69314718055994531}},
      {"ReduceMax", 18, "keeps_nan", {{3, kNone, 4}}, {kNone}},
      {"ReduceMax", 13, "of_negative_values", {{-3, -4}}, {-3}},
      {"ReduceMin", 18, "of_positive_values", {{3, 4}}, {3}},
      {"ReduceProd", 18, "multiplies", {{3, -4, 2}}, {-24}},
      {"ReduceSum", 13, "adds", {{3, -4, 2}}, {1}},
      {"ReduceSum", 13, "of_nothing_is_zero", {{}}, {0}},
      {"ReduceSumSquare", 18, "adds_squares", {{3, -4}}, {25}},
  };
  return kRows;
}

template <typename T>
Tensor vector_of(const std::vector<double>& values) {
  Tensor tensor(kDTypeOf<T>, Shape{static_cast<std::int64_t>(values.size())});
  for (std::size_t i = 0; i < values.size(); ++i) tensor.as<T>()[i] = static_cast<T>(values[i]);
  return tensor;
}

class TableTest : public testing::Test {
 public:
  explicit TableTest(const Row& row) : row_(row) {}
  void TestBody() override {
    run<float>(1e-6);
    run<double>(1e-15);
  }

 private:
  // `tolerance` is relative: 8 units in the last place of the element type.
  template <typename T>
  void run(double tolerance) {
    OpCase op(row_.op, row_.opset);
    for (const auto& [name, value] : row_.parameters) op.attr(name, value);
    for (const auto& [name, value] : row_.flags) op.attr(name, value);
    for (const auto& values : row_.inputs) op.runtime_input(vector_of<T>(values));
    const auto outputs = op.run();
    ASSERT_TRUE(outputs.ok()) << outputs.error().message();
    const Tensor& y = (*outputs)[0];
    ASSERT_EQ(y.shape().elements(), static_cast<std::int64_t>(row_.expected.size()));
    for (std::size_t i = 0; i < row_.expected.size(); ++i) {
      const double expected = row_.expected[i];
      const double found =
          y.dtype() == DType::kBool ? static_cast<double>(y.as<bool>()[i]) : static_cast<double>(y.as<T>()[i]);
      if (std::isnan(expected) || std::isinf(expected)) {
        EXPECT_TRUE(std::isnan(expected) ? std::isnan(found) : found == expected) << "element " << i << ": " << found;
      } else {
        EXPECT_NEAR(found, expected, tolerance * (1 + std::fabs(expected))) << "element " << i;
      }
    }
  }

  const Row& row_;
};

[[maybe_unused]] const bool kRegistered = [] {
  for (const Row& row : rows()) {
    testing::RegisterTest(row.op, row.says, nullptr, nullptr, __FILE__, __LINE__,
                          [&row]() -> TableTest* { return new TableTest(row); });
  }
  return true;
}();

Tensor truths(std::initializer_list<bool> values) {
  return Tensor::of<bool>({static_cast<std::int64_t>(values.size())}, values);
}

TEST(And, of_the_four_pairs) {
  expect_output<bool>(OpCase("And", 7).input(truths({0, 0, 1, 1})).input(truths({0, 1, 0, 1})), {4}, {0, 0, 0, 1});
}
TEST(Or, of_the_four_pairs) {
  expect_output<bool>(OpCase("Or", 7).input(truths({0, 0, 1, 1})).input(truths({0, 1, 0, 1})), {4}, {0, 1, 1, 1});
}
TEST(Xor, of_the_four_pairs) {
  expect_output<bool>(OpCase("Xor", 7).input(truths({0, 0, 1, 1})).input(truths({0, 1, 0, 1})), {4}, {0, 1, 1, 0});
}
TEST(Not, of_both) { expect_output<bool>(OpCase("Not", 7).input(truths({0, 1})), {2}, {1, 0}); }

TEST(BitwiseAnd, broadcasts) {
  expect_output<std::int64_t>(OpCase("BitwiseAnd", 18).input(ints({3}, {6, -1, 8})).input(ints({1}, {3})), {3},
                              {2, 3, 0});
}
TEST(BitwiseOr, broadcasts) {
  expect_output<std::int64_t>(OpCase("BitwiseOr", 18).input(ints({3}, {6, -1, 8})).input(ints({1}, {3})), {3},
                              {7, -1, 11});
}
TEST(BitwiseXor, broadcasts) {
  expect_output<std::int64_t>(OpCase("BitwiseXor", 18).input(ints({3}, {6, -1, 8})).input(ints({1}, {3})), {3},
                              {5, -4, 11});
}
TEST(BitwiseNot, of_bytes) {
  expect_output<std::uint8_t>(OpCase("BitwiseNot", 18).input(Tensor::of<std::uint8_t>({3}, {0, 1, 255})), {3},
                              {255, 254, 0});
}
TEST(BitwiseNot, rejects_floats) {
  expect_error(OpCase("BitwiseNot", 18).input(iota({2})), ErrorCode::kUnsupportedModel, "float32");
}

// These compute in the element type. IEEE 754 rounds each of them once, so that the detour through double, rounded to
// float, has the same bits.
TEST(TableOperators, of_one_rounding_have_the_bits_of_a_double_rounded_to_float) {
  std::vector<float> values;
  // Every sign and exponent, with some 40 fractions each.
  for (std::uint64_t bits = 0; bits <= 0xFFFFFFFF; bits += 208'003) {
    values.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
  }
  const auto count = static_cast<std::int64_t>(values.size());
  Tensor narrow(DType::kFloat32, {count}), wide(DType::kFloat64, {count});
  std::ranges::copy(values, narrow.as<float>());
  std::ranges::copy(values, wide.as<double>());
  for (const char* name : {"Abs", "Ceil", "Floor", "Neg", "Reciprocal", "Relu", "Round", "Sign", "Sqrt"}) {
    const auto y32 = OpCase(name, 13).runtime_input(Tensor::copy_of(narrow.view())).run();
    const auto y64 = OpCase(name, 13).runtime_input(Tensor::copy_of(wide.view())).run();
    ASSERT_TRUE(y32.ok() && y64.ok()) << name;
    std::int64_t differ = 0;
    for (std::int64_t i = 0; i < count; ++i) {
      const float found = (*y32)[0].as<float>()[i];
      const auto expected = static_cast<float>((*y64)[0].as<double>()[i]);
      const bool same = std::bit_cast<std::uint32_t>(found) == std::bit_cast<std::uint32_t>(expected);
      differ += !same && !(std::isnan(found) && std::isnan(expected));
    }
    EXPECT_EQ(differ, 0) << name;
  }
}

TEST(TableOperators, of_integers_wrap) {
  constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
  for (const char* op : {"Neg", "Abs"}) {
    expect_output<std::int64_t>(OpCase(op, 13).input(ints({2}, {kLowest, -3})), {2}, {kLowest, 3});
  }
}

TEST(TableOperators, reject_element_types_without_a_meaning) {
  for (const char* op : {"Exp", "Neg", "Less", "Max", "IsNaN", "ReduceSum", "ArgMax"}) {
    OpCase call(op, 13);
    call.input(truths({true}));
    if (std::string(op) == "Less") call.input(truths({true}));
    expect_error(call, ErrorCode::kUnsupportedModel, "bool");
  }
}

TEST(TableOperators, reject_parameters_of_another_type) {
  expect_error(OpCase("LeakyRelu").attr("alpha", 1).input(iota({2})), ErrorCode::kInvalidModel, "'alpha'");
}

TEST(TableOperators, reject_inputs_of_two_types) {
  expect_error(OpCase("Less").input(iota({2})).input(iota<double>({2})), ErrorCode::kInvalidModel, "one element type");
  expect_error(OpCase("Max").input(iota({2})).input(iota<double>({2})), ErrorCode::kInvalidModel, "one element type");
}

TEST(TableOperators, reject_shapes_that_do_not_broadcast) {
  expect_error(OpCase("Sum").input(iota({2})).input(iota({3})), ErrorCode::kInvalidModel, "do not broadcast");
  OpCase nothing("Sum");
  expect_error(nothing, ErrorCode::kInvalidModel, "at least one");
}

TEST(TableOperators, reduce_integers_and_truths) {
  expect_output<std::int64_t>(OpCase("ReduceMax", 18).input(iota<std::int64_t>({2, 3})).input(ints({1}, {0})), {1, 3},
                              {3, 4, 5});
  expect_output<bool>(OpCase("ReduceMax", 20).attr("keepdims", 0).input(truths({0, 1})), {}, {1});
}

TEST(TableOperators, cut_the_fraction_of_an_integer_length) {
  expect_output<std::int64_t>(OpCase("ReduceL2", 18).attr("keepdims", 0).input(ints({3}, {3, -4, 1})), {}, {5});
}

TEST(Size, counts_elements) { expect_output<std::int64_t>(OpCase("Size", 13).input(iota({2, 3})), {}, {6}); }

TEST(CastLike, takes_the_type_of_its_second_input) {
  expect_output<std::int64_t>(OpCase("CastLike", 15).input(floats({2}, {1.5F, -2.5F})).input(ints({1}, {0})), {2},
                              {1, -2});
}

}  // namespace
}  // namespace kite
