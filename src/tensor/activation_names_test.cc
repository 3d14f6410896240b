// SPDX-License-Identifier: Apache-2.0
#include "tensor/activation_names.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace kite {
namespace {

TEST(Activations, are_found_by_the_spelling_that_they_have) {
  for (std::int32_t i = 0; i < kActivationCount; ++i) {
    const auto activation = static_cast<Activation>(i);
    EXPECT_EQ(find_activation(activation_spelling(activation)), activation) << activation_spelling(activation);
  }
  EXPECT_EQ(find_activation("swish"), std::nullopt);
  EXPECT_EQ(find_activation(""), std::nullopt);
}

// Plans hold the numbers: none may move.
TEST(Activations, keep_their_numbers) {
  EXPECT_EQ(static_cast<int>(Activation::kNone), 0);
  EXPECT_EQ(static_cast<int>(Activation::kClip), 2);
  EXPECT_EQ(static_cast<int>(Activation::kTanh), 8);
  EXPECT_EQ(static_cast<int>(Activation::kThresholdedRelu), 16);
}

TEST(Activations, have_formulas_that_let_nan_pass) {
  for (std::int32_t i = 0; i < kActivationCount; ++i) {
    const double value = activation_formula(static_cast<Activation>(i))(std::nan(""), 0, 1);
    EXPECT_TRUE(std::isnan(value)) << i;
  }
  EXPECT_EQ(activation_formula(Activation::kClip)(7, -1, 6), 6);
  EXPECT_EQ(activation_formula(Activation::kHardSigmoid)(1, 0.25, 0.5), 0.75);
  EXPECT_EQ(activation_formula(Activation::kRelu)(-std::numeric_limits<double>::infinity(), 0, 0), 0);
}

TEST(Activations, are_clamps_where_a_minimum_and_a_maximum_do) {
  EXPECT_TRUE(is_clamp(Activation::kNone));
  EXPECT_TRUE(is_clamp(Activation::kClip));
  EXPECT_FALSE(is_clamp(Activation::kHardSwish));
  EXPECT_EQ(kind_of(Activation::kGelu), ActivationKind::kSmooth);
}

}  // namespace
}  // namespace kite
