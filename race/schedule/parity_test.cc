// SPDX-License-Identifier: Apache-2.0
#include "race/schedule/parity.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "base/test_folder.h"
#include "paperkite/npy.h"

namespace kite::race {
namespace {

Logits planted(std::int64_t pictures) {
  Logits logits{pictures, 4, {}};
  for (std::int64_t i = 0; i < pictures; ++i) logits.values.insert(logits.values.end(), {10, 1, 2, -3});
  return logits;
}

TEST(parity, of_the_same_tensor_allows_a_thousandth_of_the_largest_logit) {
  Logits own = planted(200);
  own.values[4 * 7 + 1] += 0.009F;
  ParityRecord record = compare_logits(Mode::kNoPre, planted(200), own);
  EXPECT_TRUE(record.equal) << record.reason;
  EXPECT_NEAR(record.max_logit_difference, 0.009, 1e-6);
  EXPECT_EQ(record.largest_logit, 10);
  EXPECT_EQ(record.differences.size(), 200u);
  EXPECT_NEAR(record.differences[7], 0.0009, 1e-6);
  own.values[4 * 7 + 1] += 0.002F;
  record = compare_logits(Mode::kNoPre, planted(200), own);
  EXPECT_FALSE(record.equal);
  EXPECT_EQ(record.reason.substr(0, 10), "picture 7:");
  EXPECT_EQ(record.top1_agreement, 1);
}

TEST(parity, forgives_a_changed_first_place_only_within_the_tolerance) {
  Logits judge = planted(100);
  judge.values[1] = 9.995F;  // a margin of 0.005 under a tolerance of 0.01
  Logits own = judge;
  own.values[0] = 9.996F;
  own.values[1] = 9.999F;
  EXPECT_TRUE(compare_logits(Mode::kNoPre, judge, own).equal);
  EXPECT_EQ(compare_logits(Mode::kNoPre, judge, own).top1_agreement, 1);
  EXPECT_LT(compare_logits(Mode::kIncPre, judge, own).top1_agreement, 1);
}

TEST(parity, with_preprocessing_asks_for_99_of_100_first_places) {
  Logits own = planted(200);
  for (int i = 0; i < 2; ++i) own.values[static_cast<std::size_t>(i) * 4] = 0;
  EXPECT_TRUE(compare_logits(Mode::kIncPre, planted(200), own).equal);
  own.values[8] = 0;
  const ParityRecord record = compare_logits(Mode::kIncPre, planted(200), own);
  EXPECT_FALSE(record.equal);
  EXPECT_NEAR(record.top1_agreement, 0.985, 1e-9);
}

TEST(parity, never_accepts_what_is_no_number_or_too_short) {
  for (const Mode mode : {Mode::kNoPre, Mode::kIncPre}) {
    for (const float bad : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
      Logits own = planted(3);
      own.values[5] = bad;
      EXPECT_FALSE(compare_logits(mode, planted(3), own).equal);
      EXPECT_FALSE(compare_logits(mode, own, planted(3)).equal);
    }
    EXPECT_FALSE(compare_logits(mode, planted(3), planted(2)).equal);
    EXPECT_FALSE(compare_logits(mode, Logits{0, 4, {}}, planted(2)).equal);
    Logits narrow{3, 3, std::vector<float>(9)};
    EXPECT_FALSE(compare_logits(mode, planted(3), narrow).equal);
  }
}

TEST(parity, printed_classes_must_be_those_of_the_logits) {
  std::vector<Sample> samples(2);
  samples[0].index = samples[1].index = 0;
  EXPECT_EQ(contradiction(samples, planted(2)), "");
  samples[1].index = 2;
  EXPECT_NE(contradiction(samples, planted(2)), "");
  samples[1].index = 9;
  EXPECT_NE(contradiction(samples, planted(2)), "");
  EXPECT_NE(contradiction(samples, planted(3)), "");
}

void write(const std::string& path, const std::vector<std::vector<float>>& items) {
  auto writer = NpyWriter::create(path, {DType::kFloat32, Shape{static_cast<std::int64_t>(items.front().size())}});
  ASSERT_TRUE(writer.ok());
  for (const auto& item : items) ASSERT_TRUE(writer->append(std::as_bytes(std::span(item))).ok());
  ASSERT_TRUE(writer->finish().ok());
}

TEST(parity, tensors_are_compared_element_by_element) {
  const TestFolder folder;
  const std::string recipe = folder / "recipe.npy", own = folder / "own.npy";
  write(recipe, {{0, 1, 2, 3}, {4, 5, 6, 7}});
  write(own, {{0, 1.5F, 2, 3.0005F}});
  auto difference = compare_tensors(recipe, own);
  ASSERT_TRUE(difference.ok()) << difference.error().message();
  EXPECT_EQ(difference->max, 0.5);
  EXPECT_EQ(difference->differing_share, 0.25);
  write(own, {{0, 1}});
  EXPECT_FALSE(compare_tensors(recipe, own).ok());
}

}  // namespace
}  // namespace kite::race
