// SPDX-License-Identifier: Apache-2.0
// Mod in its Python and its C form.
#include <gtest/gtest.h>

#include <limits>

#include "ops/op_case.h"

namespace kite {
namespace {

TEST(Mod, has_the_sign_of_the_divisor) {
  expect_output<std::int64_t>(
      OpCase("Mod").runtime_input(ints({4}, {-4, 7, 5, -5})).runtime_input(ints({4}, {3, -3, 5, -3})), {4},
      {2, -2, 0, -2});
}

TEST(Mod, with_fmod_has_the_sign_of_the_dividend) {
  expect_output<std::int64_t>(
      OpCase("Mod").attr("fmod", 1).runtime_input(ints({2}, {-4, 7})).runtime_input(ints({2}, {3, -3})), {2}, {-1, 1});
  expect_output(OpCase("Mod").attr("fmod", 1).runtime_input(floats({2}, {-4.5F, 7})).runtime_input(scalar(2)), {2},
                {-0.5F, 1});
}

TEST(Mod, unsigned_never_adjusts) {
  expect_output<std::uint8_t>(OpCase("Mod")
                                  .runtime_input(Tensor::of<std::uint8_t>({2}, {254, 255}))
                                  .runtime_input(Tensor::of<std::uint8_t>({2}, {255, 4})),
                              {2}, {254, 3});
}

TEST(Mod, the_lowest_integer_by_minus_one_is_zero) {
  expect_output<std::int64_t>(
      OpCase("Mod").runtime_input(ints({1}, {std::numeric_limits<std::int64_t>::min()})).runtime_input(ints({1}, {-1})),
      {1}, {0});
}

TEST(Mod, floats_follow_either_rule) {
  const auto a = [] { return floats({4}, {-4.5F, 4.5F, 4, kNaN}); };
  const auto b = [] { return floats({4}, {3, -3, -2, 1}); };
  expect_output(OpCase("Mod").runtime_input(a()).runtime_input(b()), {4}, {1.5F, -1.5F, -0.0F, kNaN});
  expect_output(OpCase("Mod").attr("fmod", 1).runtime_input(a()).runtime_input(b()), {4}, {-1.5F, 1.5F, 0, kNaN});
}

TEST(Mod, rejects_zero_divisors) {
  expect_error(OpCase("Mod").runtime_input(ints({1}, {1})).runtime_input(ints({1}, {0})), ErrorCode::kInvalidInput,
               "division by zero");
}

}  // namespace
}  // namespace kite
