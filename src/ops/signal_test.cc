// SPDX-License-Identifier: Apache-2.0
// Spectra and windows: DFT, STFT, the three windows, MelWeightMatrix.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "ops/op_case.h"

namespace kite {
namespace {

TEST(DFT, transforms_real_and_complex_numbers_in_both_directions) {
  const std::vector<float> spectrum = {10, 0, -2, 2, -2, 0, -2, -2};  // of 1, 2, 3, 4
  expect_output(OpCase("DFT", 20).runtime_input(iota({1, 4, 1}, 1)), {1, 4, 2}, spectrum, 1e-5);
  expect_output(OpCase("DFT", 17).attr("axis", 1).attr("onesided", 1).runtime_input(iota({1, 4, 1}, 1)), {1, 3, 2},
                {10, 0, -2, 2, -2, 0}, 1e-5);
  expect_output(OpCase("DFT", 20)
                    .attr("inverse", 1)
                    .runtime_input(floats({1, 4, 2}, {10, 0, -2, 2, -2, 0, -2, -2}))
                    .no_input()
                    .input(ints({}, {1})),
                {1, 4, 2}, {1, 0, 2, 0, 3, 0, 4, 0}, 1e-5);
  expect_output(
      OpCase("DFT", 20).attr("inverse", 1).attr("onesided", 1).runtime_input(floats({1, 3, 2}, {10, 0, -2, 2, -2, 0})),
      {1, 4, 1}, {1, 2, 3, 4}, 1e-5);
}

TEST(DFT, fills_up_or_cuts_to_its_length) {
  expect_output(OpCase("DFT", 20).runtime_input(iota({2, 1}, 1)).input(ints({}, {3})).input(ints({}, {0})), {3, 2},
                {3, 0, 0, -1.7320508F, 0, 1.7320508F}, 1e-5);
  expect_output(OpCase("DFT", 20).runtime_input(iota({3, 1}, 1)).input(ints({}, {1})).input(ints({}, {0})), {1, 2},
                {1, 0});
}

TEST(DFT, is_as_exact_as_its_type_for_long_signals) {
  constexpr std::int64_t kLength = 4096;
  Tensor pulse(DType::kFloat64, {kLength, 1});
  pulse.as<double>()[kLength - 1] = 1;
  OpCase op("DFT", 20);
  const auto outputs = op.runtime_input(std::move(pulse)).run();
  ASSERT_TRUE(outputs.ok()) << outputs.error().message();
  // The spectrum of a pulse at -1 is exp(2 pi i k / N).
  for (std::int64_t k = 0; k < kLength; ++k) {
    const double angle = 2 * 3.14159265358979323846 * static_cast<double>(k) / kLength;
    ASSERT_NEAR((*outputs)[0].as<double>()[2 * k], std::cos(angle), 1e-12) << k;
    ASSERT_NEAR((*outputs)[0].as<double>()[2 * k + 1], std::sin(angle), 1e-12) << k;
  }
}

TEST(DFT, rejects_what_is_no_signal) {
  expect_error(OpCase("DFT", 20).input(iota({4, 3})), ErrorCode::kInvalidModel, "1 (real) or 2 (complex)");
  expect_error(OpCase("DFT", 20).attr("onesided", 1).input(iota({4, 2})), ErrorCode::kInvalidModel, "one side");
  expect_error(OpCase("DFT", 20).input(iota({4, 1})).no_input().input(ints({}, {-1})), ErrorCode::kInvalidModel,
               "real and imaginary");
  expect_error(OpCase("DFT", 20).input(iota({4, 1})).runtime_input(ints({}, {4})), ErrorCode::kUnsupportedModel,
               "only known at run time");
}

TEST(STFT, transforms_frames_under_a_window) {
  expect_output(OpCase("STFT", 17).runtime_input(iota({1, 4, 1}, 1)).input(ints({}, {2})).input(floats({2}, {1, 0.5F})),
                {1, 2, 2, 2}, {2, 0, 0, 0, 5, 0, 1, 0}, 1e-5);
  expect_error(OpCase("STFT", 17).input(iota({1, 4, 1})).input(ints({}, {0})).no_input().input(ints({}, {2})),
               ErrorCode::kInvalidModel, "0 apart");
  expect_error(OpCase("STFT", 17).input(iota({1, 4, 1})).input(ints({}, {1})).input(iota({3})).input(ints({}, {2})),
               ErrorCode::kInvalidModel, "a window of 3 for frames of 2");
}

TEST(HannWindow, is_periodic_unless_asked_not_to_be) {
  expect_output(OpCase("HannWindow", 17).input(ints({}, {4})), {4}, {0, 0.5F, 1, 0.5F}, 1e-7);
  expect_output(OpCase("HannWindow", 17).attr("periodic", 0).input(ints({}, {3})), {3}, {0, 1, 0}, 1e-7);
  expect_output(OpCase("HannWindow", 17).attr("periodic", 0).input(ints({}, {1})), {1}, {1}, 1e-7);
  expect_output<double>(OpCase("HannWindow", 17).attr("output_datatype", 11).input(ints({}, {2})), {2}, {0, 1}, 1e-12);
  expect_error(OpCase("HannWindow", 17).runtime_input(ints({}, {4})), ErrorCode::kUnsupportedModel,
               "only known at run time");
}

TEST(HammingWindow, ends_above_zero) {
  expect_output(OpCase("HammingWindow", 17).input(ints({}, {2})), {2}, {4.0F / 46, 1}, 1e-7);
}

TEST(BlackmanWindow, has_two_cosines) {
  expect_output(OpCase("BlackmanWindow", 17).input(ints({}, {4})), {4}, {0, 0.34F, 1, 0.34F}, 1e-6);
}

TEST(MelWeightMatrix, has_a_triangle_for_each_band) {
  OpCase op("MelWeightMatrix", 17);
  op.input(ints({}, {2})).input(ints({}, {16})).input(ints({}, {8192})).input(scalar(0)).input(scalar(4096));
  const auto outputs = op.run();
  ASSERT_TRUE(outputs.ok()) << outputs.error().message();
  // From bin 0 to 1 to 2 to 4; the first band begins at its centre.
  expect_elements<float>((*outputs)[0], {9, 2}, {1, 0, 0.5F, 0.5F, 0, 1, 0, 0.5F, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 1e-6);
  OpCase beyond("MelWeightMatrix", 17);
  beyond.input(ints({}, {2})).input(ints({}, {16})).input(ints({}, {100})).input(scalar(0)).input(scalar(4096));
  expect_error(beyond, ErrorCode::kInvalidModel, "inside the spectrum");
}

}  // namespace
}  // namespace kite
