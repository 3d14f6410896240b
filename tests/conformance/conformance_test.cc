// SPDX-License-Identifier: Apache-2.0
// The parts of the conformance runner that decide a result: comparison and the list of kinds.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "conformance/compare.h"
#include "conformance/kinds.h"
#include "paperkite/tensor.h"

namespace kite::conformance {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

std::string compare(const Tensor& found, const Tensor& expected, bool promoted = false) {
  return difference(found.view(), expected.view(), 1e-3, 1e-7, promoted);
}

TEST(Difference, allows_the_relative_tolerance_and_no_more) {
  const auto one = Tensor::of<float>({1}, {1000});
  EXPECT_EQ(compare(Tensor::of<float>({1}, {1000.9F}), one), "");
  EXPECT_NE(compare(Tensor::of<float>({1}, {1001.1F}), one), "");
}

TEST(Difference, treats_nan_and_infinity_as_numpy_does) {
  const auto odd = [] { return Tensor::of<float>({3}, {kNaN, kInf, -kInf}); };
  EXPECT_EQ(compare(odd(), odd()), "");
  EXPECT_NE(compare(Tensor::of<float>({1}, {kNaN}), Tensor::of<float>({1}, {1})), "");
  EXPECT_NE(compare(Tensor::of<float>({1}, {1}), Tensor::of<float>({1}, {kNaN})), "");
  EXPECT_NE(compare(Tensor::of<float>({1}, {kInf}), Tensor::of<float>({1}, {1})), "");
  EXPECT_NE(compare(Tensor::of<float>({1}, {-kInf}), Tensor::of<float>({1}, {kInf})), "");
  EXPECT_NE(compare(Tensor::of<float>({1}, {3e38F}), Tensor::of<float>({1}, {kInf})), "");
}

TEST(Difference, wants_integers_exactly) {
  const auto big = Tensor::of<std::int64_t>({1}, {std::int64_t{1} << 60});
  EXPECT_EQ(compare(Tensor::copy_of(big.view()), big), "");
  EXPECT_NE(compare(Tensor::of<std::int64_t>({1}, {(std::int64_t{1} << 60) + 1}), big), "");
  EXPECT_NE(compare(Tensor::of<bool>({1}, {true}), Tensor::of<bool>({1}, {false})), "");
}

TEST(Difference, wants_the_same_shape_and_type) {
  EXPECT_NE(compare(Tensor(DType::kFloat32, {1, 2}), Tensor(DType::kFloat32, {2})), "");
  EXPECT_NE(compare(Tensor(DType::kFloat32, {2}), Tensor(DType::kFloat64, {2})), "");
  EXPECT_EQ(compare(Tensor(DType::kFloat64, {2}), Tensor(DType::kFloat32, {2}), true), "");
  EXPECT_NE(compare(Tensor(DType::kFloat32, {2}), Tensor(DType::kFloat32, {2}), true), "");
  EXPECT_NE(compare(Tensor(DType::kInt32, {2}), Tensor(DType::kInt64, {2}), true), "");
}

TEST(Difference, allows_bfloat16_one_unit_in_the_last_place) {
  const auto half = [](std::uint16_t bits) { return Tensor::of<BFloat16>({1}, {BFloat16{bits}}); };
  EXPECT_EQ(compare(half(0x3f81), half(0x3f80)), "");
  EXPECT_NE(compare(half(0x3f82), half(0x3f80)), "");
  EXPECT_EQ(compare(half(0x3f7f), half(0x3f80)), "");
}

TEST(Difference, tells_the_largest_unsigned_numbers_apart) {
  const auto most = Tensor::of<std::uint64_t>({1}, {std::numeric_limits<std::uint64_t>::max()});
  EXPECT_EQ(compare(Tensor::copy_of(most.view()), most), "");
  EXPECT_NE(compare(Tensor::of<std::uint64_t>({1}, {std::numeric_limits<std::uint64_t>::max() - 1}), most), "");
}

TEST(Kinds, patterns_match_whole_texts) {
  EXPECT_TRUE(matches("a/test_*_float16", "a/test_x_y_float16"));
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(matches("a*b*c", "a_b_b_c"));
  EXPECT_FALSE(matches("a/test", "a/test_x"));
  EXPECT_FALSE(matches("test*", "a/test"));
  EXPECT_FALSE(matches("a*b", "a_b_c"));
}

TEST(Kinds, lines_have_a_word_a_pattern_and_a_reason) {
  auto kinds = parse_kinds("# comment\n\noutside | *type STRING* |  why it is so\nrefused | b | c\ndiffers|d|e");
  ASSERT_TRUE(kinds.ok()) << kinds.error().message();
  ASSERT_EQ(kinds->size(), 3u);
  EXPECT_EQ((*kinds)[0].of, KindOf::kOutside);
  EXPECT_EQ((*kinds)[0].pattern, "*type STRING*");
  EXPECT_EQ((*kinds)[0].reason, "why it is so");
  EXPECT_EQ((*kinds)[0].line, 3);
  EXPECT_EQ(find_refusal(*kinds, "element type STRING"), &(*kinds)[0]);
  EXPECT_EQ(find_refusal(*kinds, "d"), nullptr) << "a case that differs is no refusal";
  EXPECT_EQ(find_difference(*kinds, "d"), &(*kinds)[2]);
  EXPECT_EQ(find_difference(*kinds, "b"), nullptr);
  for (const char* wrong :
       {"only words", "refused | pattern", "refused | | reason", "refused | pattern | ", "other | a | b"}) {
    EXPECT_FALSE(parse_kinds(wrong).ok()) << wrong;
  }
}

}  // namespace
}  // namespace kite::conformance
