// SPDX-License-Identifier: Apache-2.0
// Places and rectangles of feature maps: GridSample, AffineGrid, RoiAlign, MaxRoiPool. The numbers are ONNX Runtime's.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "ops/op_case.h"

namespace kite {
namespace {

struct Sample {
  const char* mode;
  const char* padding;
  int align_corners;
  float at;
  float expected;  // of 0, 10, 20, 30
};

TEST(GridSample, interpolates_and_pads_in_every_mode) {
  const Sample samples[] = {
      {"linear", "zeros", 1, 1.0F / 3, 20},   {"linear", "zeros", 1, 1.5F, 7.5F},
      {"linear", "border", 1, 1.5F, 30},      {"linear", "reflection", 1, 1.5F, 22.5F},
      {"linear", "zeros", 0, -1, 0},          {"linear", "reflection", 0, 1.25F, 30},
      {"nearest", "zeros", 1, 0.9F, 30},      {"nearest", "zeros", 1, 2, 0},
      {"nearest", "reflection", 0, 1.5F, 30}, {"cubic", "border", 1, 0, 15},
      {"cubic", "zeros", 1, 0, 15},           {"cubic", "reflection", 0, 0, 15},
      {"linear", "zeros", 0, kNaN, 0},        {"nearest", "border", 0, 1e30F, 30},
  };
  for (const Sample& sample : samples) {
    OpCase op("GridSample", 20);
    op.attr("mode", sample.mode).attr("padding_mode", sample.padding).attr("align_corners", sample.align_corners);
    op.runtime_input(floats({1, 1, 1, 4}, {0, 10, 20, 30})).runtime_input(floats({1, 1, 1, 2}, {sample.at, 0}));
    SCOPED_TRACE(std::string(sample.mode) + ' ' + sample.padding + ' ' + std::to_string(sample.at));
    expect_output(op, {1, 1, 1, 1}, {sample.expected}, 1e-4);
  }
}

TEST(GridSample, moves_any_type_and_takes_the_old_names_of_the_modes) {
  expect_output<std::int64_t>(OpCase("GridSample", 16)
                                  .attr("mode", "nearest")
                                  .runtime_input(ints({1, 1, 1, 2}, {7, 9}))
                                  .runtime_input(floats({1, 1, 1, 2}, {0.5F, 0})),
                              {1, 1, 1, 1}, {9});
  expect_output(OpCase("GridSample", 16)
                    .attr("mode", "bicubic")
                    .attr("align_corners", 1)
                    .runtime_input(floats({1, 1, 1, 4}, {0, 10, 20, 30}))
                    .runtime_input(floats({1, 1, 1, 2}, {0, 0})),
                {1, 1, 1, 1}, {15}, 1e-4);
}

TEST(GridSample, rejects_what_does_not_fit) {
  expect_error(OpCase("GridSample", 16).attr("mode", "area").input(iota({1, 1, 2, 2})).input(iota({1, 1, 1, 2})),
               ErrorCode::kInvalidModel, "\"area\"");
  expect_error(OpCase("GridSample", 20).input(iota({1, 1, 2, 2})).input(iota({1, 1, 1, 3})), ErrorCode::kInvalidModel,
               "does not fit");
  expect_error(OpCase("GridSample", 20).attr("padding_mode", "wrap").input(iota({1, 1, 2, 2})).input(iota({1, 1, 2})),
               ErrorCode::kInvalidModel, "\"wrap\"");
}

TEST(AffineGrid, maps_pixel_centres_or_corners) {
  expect_output(
      OpCase("AffineGrid", 20).runtime_input(floats({1, 2, 3}, {1, 0, 0.5F, 0, 2, 0})).input(ints({4}, {1, 1, 2, 2})),
      {1, 2, 2, 2}, {0, -1, 1, -1, 0, 1, 1, 1});
  expect_output(OpCase("AffineGrid", 20)
                    .attr("align_corners", 1)
                    .runtime_input(floats({1, 2, 3}, {1, 0, 0, 0, 1, 0}))
                    .input(ints({4}, {1, 1, 1, 2})),
                {1, 1, 2, 2}, {-1, -1, 1, -1});
  expect_error(OpCase("AffineGrid", 20).input(iota({1, 2, 3})).input(ints({4}, {2, 1, 2, 2})), ErrorCode::kInvalidModel,
               "batch 2");
}

Tensor one_rectangle() { return floats({1, 4}, {0, 0, 2, 2}); }

TEST(RoiAlign, averages_samples_or_takes_the_largest_neighbour) {
  const auto align = [](int opset, const char* mode, int ratio) {
    OpCase op("RoiAlign", opset);
    op.attr("mode", mode).attr("sampling_ratio", ratio).runtime_input(iota({1, 1, 3, 3}));
    op.runtime_input(one_rectangle()).runtime_input(ints({1}, {0}));
    auto outputs = op.run();
    EXPECT_TRUE(outputs.ok());
    return outputs.ok() ? (*outputs)[0].as<float>()[0] : kNaN;
  };
  EXPECT_EQ(align(10, "avg", 1), 4);  // the sample (1, 1)
  EXPECT_EQ(align(16, "avg", 1), 2);  // half a pixel up and left
  EXPECT_EQ(align(10, "avg", 2), 4);  // 0.5 and 1.5
  EXPECT_EQ(align(16, "max", 1), 1);  // the largest weighted neighbour: 4 / 4
  EXPECT_EQ(align(10, "avg", 0), 4);
}

TEST(RoiAlign, refuses_data_that_would_run_for_hours_or_read_elsewhere) {
  const auto call = [](float right, std::int64_t picture) {
    auto op = OpCase("RoiAlign", 16);
    op.runtime_input(iota({1, 1, 3, 3})).runtime_input(floats({1, 4}, {0, 0, right, 2}));
    op.runtime_input(ints({1}, {picture}));
    return op;
  };
  auto far = call(1e9F, 0);
  expect_error(far, ErrorCode::kInvalidInput, "4096 samples");
  auto elsewhere = call(2, 1);
  expect_error(elsewhere, ErrorCode::kInvalidInput, "picture 1");
}

TEST(MaxRoiPool, takes_the_largest_pixel_of_each_bin) {
  expect_output(OpCase("MaxRoiPool", 11)
                    .attr("pooled_shape", Ints{1, 2})
                    .runtime_input(iota({1, 1, 3, 4}))
                    .runtime_input(floats({1, 5}, {0, 0, 0, 3, 1})),
                {1, 1, 1, 2}, {5, 7});
  expect_error(OpCase("MaxRoiPool", 11)
                   .attr("pooled_shape", Ints{1, 1})
                   .runtime_input(iota({1, 1, 3, 4}))
                   .runtime_input(floats({1, 5}, {3, 0, 0, 3, 1})),
               ErrorCode::kInvalidInput, "picture 3");
}

}  // namespace
}  // namespace kite
