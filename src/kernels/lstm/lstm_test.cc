// SPDX-License-Identifier: Apache-2.0
// Every LSTM kernel against the portable operator in double: directions, layouts, states, shares, edges of memory.
#include "kernels/lstm/lstm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "kernels/oracle_testing.h"
#include "kernels/testing.h"

namespace kite {
namespace {

struct LstmShape {
  int steps = 1, batch = 1, hidden = 1, directions = 1;
  bool reverse = false, batch_first = false;
  bool bias = true, states = true;
};

LstmParams make_params(const LstmShape& s) {
  return {s.steps, s.batch, s.hidden, s.directions, s.reverse ? 1 : 0, s.batch_first ? 1 : 0};
}

std::string describe(const LstmShape& s) {
  return "steps=" + std::to_string(s.steps) + " batch=" + std::to_string(s.batch) +
         " hidden=" + std::to_string(s.hidden) + " directions=" + std::to_string(s.directions) +
         " reverse=" + std::to_string(s.reverse) + " batch_first=" + std::to_string(s.batch_first) +
         " bias=" + std::to_string(s.bias) + " states=" + std::to_string(s.states);
}

struct LstmData {
  std::vector<float> x, r, bias, h, c;
};

LstmData make_data(const LstmShape& s, std::mt19937& random) {
  const auto floats = [&](std::int64_t count) { return random_floats(static_cast<std::size_t>(count), random); };
  const std::int64_t state = std::int64_t{s.directions} * s.batch * s.hidden;
  LstmData d{.x = floats(4 * state * s.steps),
             .r = floats(std::int64_t{4} * s.directions * s.hidden * s.hidden),
             .bias = floats(s.bias ? std::int64_t{8} * s.directions * s.hidden : 0),
             .h = floats(s.states ? state : 0),
             .c = floats(s.states ? state : 0)};
  for (float& value : d.x) value *= 4;
  return d;
}

struct LstmResults {
  std::vector<float> y, last_h, last_c;
};

LstmResults run_lstm(const Kernel& kernel, const LstmShape& s, const LstmData& d, int shares) {
  const LstmParams p = make_params(s);
  AlignedFloats packed(kLstmFamily.packed_bytes(p) / 4);
  kLstmFamily.pack(p, *kernel.target, d.r.data(), packed.data());
  const std::size_t state = static_cast<std::size_t>(s.directions) * static_cast<std::size_t>(s.batch * s.hidden);
  GuardedFloats y(state * static_cast<std::size_t>(s.steps)), last_h(state), last_c(state);
  const std::size_t in_bytes[] = {d.x.size() * 4, packed.size() * 4, d.bias.size() * 4, d.h.size() * 4, d.c.size() * 4};
  const std::size_t out_bytes[] = {y.size() * 4, s.states ? state * 4 : 0, s.states ? state * 4 : 0};
  const std::size_t scratch_bytes = kLstmFamily.scratch_bytes(p);
  EXPECT_TRUE(kLstmFamily.fits({&p, sizeof p, in_bytes, out_bytes, scratch_bytes})) << describe(s);
  const PageEndFloats x(d.x), bias(d.bias), h(d.h), c(d.c);
  const void* in[] = {x.data(), packed.data(), s.bias ? bias.data() : nullptr, s.states ? h.data() : nullptr,
                      s.states ? c.data() : nullptr};
  void* out[] = {y.data(), s.states ? last_h.data() : nullptr, s.states ? last_c.data() : nullptr};
  for (int share = 0; share < shares; ++share) {
    GuardedFloats scratch(scratch_bytes / 4);
    kernel.run({&p, in, out, scratch.data(), share, shares, nullptr, 0});
    EXPECT_TRUE(scratch.intact()) << kernel.name << " wrote outside its scratch: " << describe(s);
  }
  EXPECT_TRUE(y.intact() && last_h.intact() && last_c.intact()) << kernel.name << " wrote outside: " << describe(s);
  return {y.values(), last_h.values(), last_c.values()};
}

// What sums of gates lose in one step, some times: a gate is below 8, and its products sum up to at most 1, since the
// rows of R do. Errors of earlier steps fade, because forget gates lie between 0 and 1.
double bound(const LstmShape& s) { return 2 * 0x1p-24 * (s.hidden + 40); }

void expect_right(const Kernel& kernel, const LstmShape& s, std::mt19937& random, int shares) {
  LstmData d = make_data(s, random);
  // So that errors do not grow from step to step: rows of R sum up to at most 1.
  for (float& value : d.r) value /= static_cast<float>(s.hidden);
  OpCase node("LSTM", 1, "paperkite");
  node.attr("direction", s.directions == 2 ? "bidirectional" : s.reverse ? "reverse" : "forward");
  node.attr("layout", s.batch_first ? 1 : 0).attr("hidden_size", s.hidden);
  const std::int64_t gates = std::int64_t{4} * s.hidden;
  const std::int64_t outer = s.batch_first ? s.batch : s.steps, inner = s.batch_first ? s.steps : s.batch;
  const std::vector<std::int64_t> state = s.batch_first ? std::vector<std::int64_t>{s.batch, s.directions, s.hidden}
                                                        : std::vector<std::int64_t>{s.directions, s.batch, s.hidden};
  node.input(in_double({outer, inner, s.directions * gates}, d.x)).no_input();
  node.input(in_double({s.directions, gates, s.hidden}, d.r));
  s.bias ? node.input(in_double({s.directions, 2 * gates}, d.bias)) : node.no_input();
  node.no_input();  // lengths
  if (s.states) {
    node.input(in_double({state[0], state[1], state[2]}, d.h)).input(in_double({state[0], state[1], state[2]}, d.c));
  }
  const auto outputs = node.outputs(4).run();
  ASSERT_TRUE(outputs.ok()) << outputs.error().message();
  const LstmResults got = run_lstm(kernel, s, d, shares);
  const std::string what = std::string(kernel.name) + " " + describe(s) + " shares=" + std::to_string(shares);
  const auto within = [&](std::size_t) { return bound(s); };
  expect_close(got.y, values_of((*outputs)[0]), what, within);
  if (!s.states) return;
  expect_close(got.last_h, values_of((*outputs)[1]), what + " last h", within);
  expect_close(got.last_c, values_of((*outputs)[2]), what + " last c", within);
}

class LstmKernels : public testing::TestWithParam<const Kernel*> {
 protected:
  void SetUp() override { SKIP_WITHOUT(*GetParam()->target); }
};

TEST_P(LstmKernels, agree_with_the_reference_around_every_width) {
  std::mt19937 random(1);
  for (int hidden = 1; hidden <= 70; ++hidden) {
    expect_right(*GetParam(),
                 {.steps = 1 + hidden % 4,
                  .batch = 1 + hidden % 5,
                  .hidden = hidden,
                  .directions = 1 + hidden % 2,
                  .reverse = hidden % 4 == 0,
                  .batch_first = hidden % 4 < 2,
                  .bias = hidden % 5 != 0,
                  .states = hidden % 3 != 1},
                 random, 1 + hidden % 4);
    if (HasFatalFailure()) return;
  }
}

TEST_P(LstmKernels, agree_with_the_reference_on_rows_of_a_picture) {
  std::mt19937 random(2);
  expect_right(*GetParam(), {.steps = 16, .batch = 16, .hidden = 96, .directions = 2, .states = false}, random, 2);
  expect_right(*GetParam(), {.steps = 32, .batch = 37, .hidden = 48, .directions = 2, .batch_first = true}, random, 3);
}

// More products in a sum than go into one piece.
TEST_P(LstmKernels, agree_with_the_reference_on_many_units) {
  std::mt19937 random(3);
  expect_right(*GetParam(), {.steps = 2, .batch = 2, .hidden = 413}, random, 1);
}

TEST_P(LstmKernels, keep_nan_in_its_own_line_and_direction) {
  std::mt19937 random(4);
  const LstmShape s{.steps = 3, .batch = 3, .hidden = 21, .directions = 2, .states = false};
  LstmData d = make_data(s, random);
  // The input gate of the first step, second line, second direction: that direction ends there.
  d.x[static_cast<std::size_t>((1 * 2 + 1) * 84)] = NAN;
  const std::vector<float> y = run_lstm(*GetParam(), s, d, 1).y;
  for (std::size_t i = 0; i < y.size(); ++i) {
    const std::size_t unit = i % 21, line = i / 21 % 3, direction = i / 63 % 2, step = i / 126;
    const bool is_nan = unit == 0 && line == 1 && direction == 1 && step == 0;
    EXPECT_EQ(std::isnan(y[i]), is_nan) << i;
  }
}

TEST_P(LstmKernels, give_the_same_bits_for_any_number_of_parts_and_any_place_in_the_batch) {
  std::mt19937 random(5);
  const LstmShape s{.steps = 4, .batch = 41, .hidden = 24, .directions = 2, .batch_first = true, .states = false};
  const LstmData d = make_data(s, random);
  const std::vector<float> want = run_lstm(*GetParam(), s, d, 1).y;
  for (const int shares : {2, 3, 5, 64, 82, 100}) {
    EXPECT_TRUE(same_bits(want, run_lstm(*GetParam(), s, d, shares).y)) << shares;
  }
  LstmShape one = s;
  one.batch = 1;
  const std::ptrdiff_t x_line = 4 * 2 * 4 * 24, y_line = 4 * 2 * 24;
  for (std::ptrdiff_t line = 0; line < 41; ++line) {
    LstmData alone = d;
    alone.x.assign(d.x.begin() + line * x_line, d.x.begin() + (line + 1) * x_line);
    const std::vector<float> part(want.begin() + line * y_line, want.begin() + (line + 1) * y_line);
    EXPECT_TRUE(same_bits(part, run_lstm(*GetParam(), one, alone, 1).y)) << line;
  }
}

INSTANTIATE_TEST_SUITE_P(lstm, LstmKernels, testing::ValuesIn(kernels_of(kLstmFamily)), kernel_test_name);

TEST(LstmFits, accepts_exact_operands_and_nothing_smaller) {
  const LstmParams p = make_params({.steps = 3, .batch = 5, .hidden = 7, .directions = 2});
  const std::size_t state = 2 * 5 * 7 * 4, x = 3 * state * 4, packed = kLstmFamily.packed_bytes(p),
                    bias = 2 * 8 * 7 * 4;
  const auto fits = [](const LstmParams& q, std::vector<std::size_t> in, std::vector<std::size_t> out,
                       std::size_t scratch) { return kLstmFamily.fits({&q, sizeof q, in, out, scratch}); };
  const std::size_t scratch = kLstmFamily.scratch_bytes(p);
  EXPECT_TRUE(fits(p, {x, packed, bias, state, state}, {3 * state, state, state}, scratch));
  EXPECT_TRUE(fits(p, {x, packed, 0, 0, 0}, {3 * state, 0, 0}, scratch));
  EXPECT_FALSE(fits(p, {x - 1, packed, bias, state, state}, {3 * state, state, state}, scratch));
  EXPECT_FALSE(fits(p, {x, packed - 1, bias, state, state}, {3 * state, state, state}, scratch));
  EXPECT_FALSE(fits(p, {x, packed, bias - 1, state, state}, {3 * state, state, state}, scratch));
  EXPECT_FALSE(fits(p, {x, packed, bias, state - 1, state}, {3 * state, state, state}, scratch));
  EXPECT_FALSE(fits(p, {x, packed, bias, state, state - 1}, {3 * state, state, state}, scratch));
  EXPECT_FALSE(fits(p, {x, packed, bias, state, state}, {3 * state - 1, state, state}, scratch));
  EXPECT_FALSE(fits(p, {x, packed, bias, state, state}, {3 * state, state - 1, state}, scratch));
  EXPECT_FALSE(fits(p, {x, packed, bias, state, state}, {3 * state, state, state - 1}, scratch));
  EXPECT_FALSE(fits(p, {x, packed, bias, state, state}, {3 * state, state, state}, scratch - 1));
  EXPECT_FALSE(fits(p, {x, packed, bias, state}, {3 * state, state, state}, scratch));
  for (const std::int64_t bad : {std::int64_t{0}, std::int64_t{-5}, INT64_MAX, INT64_MIN}) {
    LstmParams far = p;
    far.steps = bad;
    EXPECT_FALSE(fits(far, std::vector<std::size_t>(5, SIZE_MAX), std::vector<std::size_t>(3, SIZE_MAX), SIZE_MAX));
    far = p;
    far.batch = bad;
    EXPECT_FALSE(fits(far, std::vector<std::size_t>(5, SIZE_MAX), std::vector<std::size_t>(3, SIZE_MAX), SIZE_MAX));
  }
  for (const std::int32_t bad : {0, -1, INT32_MAX, INT32_MIN}) {
    LstmParams far = p;
    far.hidden = bad;
    EXPECT_FALSE(fits(far, std::vector<std::size_t>(5, SIZE_MAX), std::vector<std::size_t>(3, SIZE_MAX), SIZE_MAX));
    far = p;
    far.directions = bad;
    EXPECT_FALSE(fits(far, std::vector<std::size_t>(5, SIZE_MAX), std::vector<std::size_t>(3, SIZE_MAX), SIZE_MAX));
  }
}

TEST(LstmParts, are_no_more_than_there_is_work_for) {
  EXPECT_EQ(kLstmFamily.max_shares(make_params({.steps = 16, .batch = 16, .hidden = 96, .directions = 2})), 32);
  EXPECT_EQ(kLstmFamily.max_shares(make_params({.steps = 16, .batch = 1, .hidden = 16})), 1);
}

}  // namespace
}  // namespace kite
