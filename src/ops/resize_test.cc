// SPDX-License-Identifier: Apache-2.0
// Resize and Upsample by hand-computed rows, and Einsum and the normalisations over neighbours.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "ops/op_case.h"

namespace kite {
namespace {

struct Row {
  const char* mode;
  const char* coordinates;
  const char* nearest;
  float scale;
  std::vector<float> expected;  // of 0, 10, 20, 30
};

TEST(Resize, follows_every_rule_of_coordinates) {
  const Row rows[] = {
      {"nearest", "half_pixel", "round_prefer_floor", 2, {0, 0, 10, 10, 20, 20, 30, 30}},
      {"nearest", "asymmetric", "floor", 2, {0, 0, 10, 10, 20, 20, 30, 30}},
      {"nearest", "asymmetric", "ceil", 2, {0, 10, 10, 20, 20, 30, 30, 30}},
      {"nearest", "asymmetric", "round_prefer_ceil", 2, {0, 10, 10, 20, 20, 30, 30, 30}},
      {"nearest", "tf_half_pixel_for_nn", "floor", 0.5F, {10, 30}},
      {"linear", "half_pixel", "floor", 2, {0, 2.5F, 7.5F, 12.5F, 17.5F, 22.5F, 27.5F, 30}},
      {"linear", "align_corners", "floor", 1.75F, {0, 5, 10, 15, 20, 25, 30}},
      {"linear", "asymmetric", "floor", 0.5F, {0, 20}},
      {"linear", "pytorch_half_pixel", "floor", 0.25F, {0}},
      {"cubic", "half_pixel", "floor", 0.5F, {4.0625F, 25.9375F}},
  };
  for (const Row& row : rows) {
    OpCase op("Resize", 19);
    op.attr("mode", row.mode).attr("coordinate_transformation_mode", row.coordinates).attr("nearest_mode", row.nearest);
    op.input(floats({1, 4}, {0, 10, 20, 30})).no_input().input(floats({2}, {1, row.scale}));
    SCOPED_TRACE(std::string(row.mode) + ' ' + row.coordinates);
    expect_output(op, {1, static_cast<std::int64_t>(row.expected.size())}, row.expected, 1e-5);
  }
}

// Channels last, lines of elements at one position; channels first, lines of positions; both longer than a line.
TEST(Resize, gives_the_same_bits_in_either_layout) {
  constexpr std::int64_t kChannels = 70;
  const auto picture = [](bool channels_last) {
    Tensor x(DType::kFloat32, channels_last ? Shape{1, 5, 40, kChannels} : Shape{1, kChannels, 5, 40});
    for (std::int64_t i = 0; i < 200; ++i) {
      for (std::int64_t c = 0; c < kChannels; ++c) {
        x.as<float>()[channels_last ? i * kChannels + c : c * 200 + i] =
            static_cast<float>((i * 31 + c * 17) % 101) / 7;
      }
    }
    return x;
  };
  const std::vector<std::vector<float>> scales = {{2, 2}, {0.4F, 0.3F}, {1, 1.7F}, {1.3F, 1}};
  for (const char* mode : {"nearest", "linear", "cubic"}) {
    for (const int antialias : {0, 1}) {
      for (const auto& scale : scales) {
        const auto run = [&](bool channels_last) {
          OpCase op("Resize", 18);
          op.attr("mode", mode).attr("antialias", antialias).attr("axes", channels_last ? Ints{1, 2} : Ints{2, 3});
          op.input(picture(channels_last)).no_input().input(floats({2}, {scale[0], scale[1]}));
          auto outputs = op.run();
          EXPECT_TRUE(outputs.ok()) << outputs.error().message();
          return std::move((*outputs)[0]);
        };
        const Tensor first = run(false);
        const Tensor last = run(true);
        const std::int64_t plane = first.shape().elements(2, 4);
        ASSERT_EQ(first.shape().elements(), last.shape().elements());
        for (std::int64_t i = 0; i < plane * kChannels; ++i) {
          ASSERT_EQ(last.as<float>()[i], first.as<float>()[i % kChannels * plane + i / kChannels]) << mode << ' ' << i;
        }
      }
    }
  }
}

TEST(Resize, moves_elements_of_every_size) {
  const auto doubled = [](auto element) {
    using T = decltype(element);
    OpCase op("Resize", 13);
    op.input(iota<T>({1, 2}, 1)).no_input().input(floats({2}, {1, 2}));
    expect_output<T>(op, {1, 4}, {1, 1, 2, 2});
  };
  doubled(std::int8_t{});
  doubled(std::int16_t{});
  doubled(std::int32_t{});
  doubled(double{});
}

TEST(Resize, refuses_axes_that_do_not_exist_in_every_opset) {
  expect_error(OpCase("Resize", 10).attr("axes", Ints{99}).input(iota({2})).input(floats({1}, {2})),
               ErrorCode::kInvalidModel, "axis 99");
}

// Here the specification's formula and ONNX Runtime differ, see resize.cc.
TEST(Resize, copies_what_keeps_its_size_whatever_the_scale) {
  for (const char* mode : {"nearest", "linear", "cubic"}) {
    OpCase op("Resize", 13);
    op.attr("mode", mode).attr("coordinate_transformation_mode", "asymmetric");
    op.input(floats({1, 4}, {0, 10, 20, 40})).no_input().input(floats({2}, {1, 1.2F}));
    expect_output(op, {1, 4}, {0, 10, 20, 40});
  }
}

TEST(Resize, takes_sizes_keeps_an_aspect_ratio_and_names_axes) {
  expect_output(OpCase("Resize", 13).input(floats({1, 2}, {1, 2})).no_input().no_input().input(ints({2}, {2, 4})),
                {2, 4}, {1, 1, 2, 2, 1, 1, 2, 2});
  OpCase aspect("Resize", 18);
  aspect.attr("keep_aspect_ratio_policy", "not_larger").attr("axes", Ints{2, 3});
  aspect.input(Tensor(DType::kFloat32, {1, 1, 2, 4})).no_input().no_input().input(ints({2}, {7, 8}));
  expect_output(aspect, {1, 1, 4, 8}, std::vector<float>(32, 0.0F));
}

TEST(Resize, fills_what_a_crop_has_outside_the_picture) {
  OpCase op("Resize", 13);
  op.attr("mode", "linear")
      .attr("coordinate_transformation_mode", "tf_crop_and_resize")
      .attr("extrapolation_value", 9.0F);
  op.input(floats({3}, {0, 1, 2})).input(floats({2}, {0.5F, 1.5F})).no_input().input(ints({1}, {3}));
  expect_output(op, {3}, {1, 2, 9});
}

TEST(Resize, averages_what_it_reduces_when_asked_to) {
  OpCase op("Resize", 18);
  op.attr("mode", "linear").attr("antialias", 1).input(floats({4}, {0, 0, 8, 8})).no_input().input(floats({1}, {0.5F}));
  expect_output(op, {2}, {1, 7}, 1e-6);
}

TEST(Resize, of_opset_10_moves_pixels_of_any_type) {
  expect_output<std::int64_t>(OpCase("Resize", 10).input(ints({4}, {1, 2, 3, 4})).input(floats({1}, {0.5F})), {2},
                              {1, 3});
}

TEST(Resize, refuses_what_it_cannot_know_or_do) {
  expect_error(OpCase("Resize").input(iota({2})), ErrorCode::kInvalidModel, "either scales or sizes");
  expect_error(OpCase("Resize").input(iota({2})).no_input().runtime_input(floats({1}, {2})),
               ErrorCode::kUnsupportedModel, "only known at run time");
  expect_error(OpCase("Resize").input(iota({2})).no_input().input(floats({1}, {0})), ErrorCode::kInvalidModel,
               "scaled");
  expect_error(OpCase("Resize").input(iota({2})).no_input().input(floats({1}, {kNaN})), ErrorCode::kInvalidModel,
               "scaled");
  expect_error(OpCase("Resize").input(iota({2})).no_input().input(floats({1}, {1e30F})), ErrorCode::kLimit, "2^40");
  expect_error(OpCase("Resize").attr("mode", "lanczos").input(iota({2})).no_input().input(floats({1}, {2})),
               ErrorCode::kUnsupportedModel, "lanczos");
  expect_error(OpCase("Resize").attr("mode", "linear").input(ints({2}, {1, 2})).no_input().input(floats({1}, {2})),
               ErrorCode::kUnsupportedModel, "float32 or float64");
}

TEST(Upsample, repeats_pixels) {
  expect_output(OpCase("Upsample", 9).input(floats({1, 2}, {1, 2})).input(floats({2}, {2, 2})), {2, 4},
                {1, 1, 2, 2, 1, 1, 2, 2});
}

TEST(InstanceNormalization, normalises_each_channel) {
  expect_output(OpCase("InstanceNormalization", 6 + 1)
                    .attr("epsilon", 0.0F)
                    .input(floats({1, 2, 2}, {1, 3, 10, 30}))
                    .input(floats({2}, {1, 2}))
                    .input(floats({2}, {0, 5})),
                {1, 2, 2}, {-1, 1, 3, 7}, 1e-6);
  expect_error(OpCase("InstanceNormalization").input(iota({1, 2, 2})).input(iota({3})).input(iota({2})),
               ErrorCode::kInvalidModel, "expected [2]");
}

TEST(GroupNormalization, scales_groups_before_opset_21_and_channels_since) {
  const auto run = [](int opset, Tensor scale, Tensor bias, const std::vector<float>& expected) {
    OpCase op("GroupNormalization", opset);
    op.attr("num_groups", 1).attr("epsilon", 0.0F).input(floats({1, 2, 1}, {1, 3}));
    op.input(std::move(scale)).input(std::move(bias));
    expect_output(op, {1, 2, 1}, expected, 1e-6);
  };
  run(18, floats({1}, {2}), floats({1}, {1}), {-1, 3});
  run(21, floats({2}, {2, 3}), floats({2}, {1, 0}), {-1, 3});
  expect_error(
      OpCase("GroupNormalization").attr("num_groups", 3).input(iota({1, 2, 1})).input(iota({3})).input(iota({3})),
      ErrorCode::kInvalidModel, "'num_groups' is 3");
}

TEST(LRN, divides_by_the_neighbouring_channels) {
  expect_output(OpCase("LRN")
                    .attr("size", 2)
                    .attr("alpha", 2.0F)
                    .attr("beta", 1.0F)
                    .attr("bias", 1.0F)
                    .input(floats({1, 3, 1}, {1, 2, 3})),
                {1, 3, 1}, {1.0F / 6, 2.0F / 14, 3.0F / 10}, 1e-6);
  expect_error(OpCase("LRN").input(iota({1, 2})), ErrorCode::kInvalidModel, "'size' is 0");
}

TEST(LpNormalization, divides_by_the_length_and_keeps_zeros) {
  expect_output(OpCase("LpNormalization").input(floats({2, 2}, {3, 4, 0, 0})), {2, 2}, {0.6F, 0.8F, 0, 0}, 1e-6);
  expect_output(OpCase("LpNormalization").attr("p", 1).attr("axis", 0).input(floats({2, 1}, {-1, 3})), {2, 1},
                {-0.25F, 0.75F});
  expect_error(OpCase("LpNormalization").attr("p", 3).input(iota({2})), ErrorCode::kInvalidModel, "'p' is 3");
}

struct Sum {
  const char* equation;
  Shape a, b;
  Shape shape;
  std::vector<float> expected;
};

TEST(Einsum, of_products_diagonals_and_ellipses) {
  const Sum sums[] = {
      {"ij,jk->ik", {2, 2}, {2, 2}, {2, 2}, {2, 3, 6, 11}},    {"ij,jk", {2, 2}, {2, 2}, {2, 2}, {2, 3, 6, 11}},
      {"ij,kj->ik", {2, 2}, {2, 2}, {2, 2}, {1, 3, 3, 13}},    {"ij,ij->", {2, 2}, {2, 2}, {}, {14}},
      {"ii,j->ji", {2, 2}, {2}, {2, 2}, {0, 0, 0, 3}},         {"...i, ...i -> ...", {2, 2}, {2}, {2}, {1, 3}},
      {"b...,k->b...k", {1, 2}, {2}, {1, 2, 2}, {0, 0, 0, 1}},
  };
  for (const Sum& sum : sums) {
    SCOPED_TRACE(sum.equation);
    expect_output(OpCase("Einsum", 12).attr("equation", sum.equation).input(iota(sum.a)).input(iota(sum.b)), sum.shape,
                  sum.expected);
  }
}

TEST(Einsum, rejects_equations_that_do_not_fit) {
  for (const char* equation : {"ij->i", "ij,jk,k->i", "i,jk->i", "ij,jk->iz", "ij,jk->ii", "i?,jk->i", ""}) {
    expect_error(OpCase("Einsum", 12).attr("equation", equation).input(iota({2, 2})).input(iota({2, 2})),
                 ErrorCode::kInvalidModel, "'equation'");
  }
  expect_error(OpCase("Einsum", 12).attr("equation", "ij,jk->ik").input(iota({2, 2})).input(iota({3, 2})),
               ErrorCode::kInvalidModel, "two sizes");
}

}  // namespace
}  // namespace kite
