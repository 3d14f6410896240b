// SPDX-License-Identifier: Apache-2.0
// Each form in which models accept pictures, and inputs that are not pictures.
#include "carriers/picture_form.h"

#include <gtest/gtest.h>

namespace kite {
namespace {

struct FormRow {
  std::vector<std::int64_t> shape;
  const char* axes;
  PixelMode pixels;
  std::int64_t height;
  std::int64_t width;
};

TEST(PictureForm, a_shape_says_how_the_picture_lies_in_it) {
  const FormRow rows[] = {
      {{1, 3, 32, 48}, "NCHW", PixelMode::kRgb, 32, 48},     {{-1, 3, 0, 0}, "NCHW", PixelMode::kRgb, 0, 0},
      {{0, 0, 0, 0}, "NCHW", PixelMode::kRgb, 0, 0},         {{1, 32, 48, 3}, "NHWC", PixelMode::kRgb, 32, 48},
      {{0, 0, 0, 3}, "NHWC", PixelMode::kRgb, 0, 0},         {{1, 1, 28, 28}, "NCHW", PixelMode::kGrey, 28, 28},
      {{1, 28, 28, 1}, "NHWC", PixelMode::kGrey, 28, 28},    {{1, 4, 28, 28}, "NCHW", PixelMode::kRgba, 28, 28},
      {{1, 28, 28, 4}, "NHWC", PixelMode::kRgba, 28, 28},    {{3, 28, 30}, "CHW", PixelMode::kRgb, 28, 30},
      {{28, 30, 3}, "HWC", PixelMode::kRgb, 28, 30},         {{1, 28, 30}, "CHW", PixelMode::kGrey, 28, 30},
      {{0, 28, 30}, "NHW", PixelMode::kGrey, 28, 30},        {{28, 30}, "HW", PixelMode::kGrey, 28, 30},
      {{1, 1, 3, 28, 30}, "NTCHW", PixelMode::kRgb, 28, 30}, {{1, 3, 1, 28, 30}, "NCTHW", PixelMode::kRgb, 28, 30},
      {{1, 1, 28, 30, 3}, "NTHWC", PixelMode::kRgb, 28, 30}, {{1, 1, 1, 28, 30}, "NTCHW", PixelMode::kGrey, 28, 30},
      {{1, 3, 3, 3}, "NCHW", PixelMode::kRgb, 3, 3},         {{1, 4, 4, 3}, "NHWC", PixelMode::kRgb, 4, 4},
      {{1, 3, 1, 1}, "NCHW", PixelMode::kRgb, 1, 1},
  };
  for (const FormRow& row : rows) {
    SCOPED_TRACE(shape_text(row.shape));
    const auto form = read_picture_form(DType::kFloat32, row.shape);
    ASSERT_TRUE(form.ok()) << form.error().message();
    EXPECT_EQ(form->tensor.axes, row.axes);
    EXPECT_EQ(form->tensor.pixels, row.pixels);
    EXPECT_EQ(form->height, row.height);
    EXPECT_EQ(form->width, row.width);
  }
}

TEST(PictureForm, what_is_no_picture_is_refused_with_its_type) {
  for (const std::vector<std::int64_t>& shape : std::vector<std::vector<std::int64_t>>{{},
                                                                                       {10},
                                                                                       {1, 784},
                                                                                       {0, 784},
                                                                                       {1, 2, 28, 28},
                                                                                       {1, 12, 56, 56},
                                                                                       {7, 28, 28},
                                                                                       {1, 8, 3, 28, 28},
                                                                                       {1, 16, 28, 28, 3},
                                                                                       {1, 1, 1, 3, 28, 28}}) {
    const auto form = read_picture_form(DType::kFloat32, shape);
    ASSERT_FALSE(form.ok()) << shape_text(shape);
    EXPECT_EQ(form.error().code, ErrorCode::kUnsupportedModel);
    EXPECT_NE(form.error().message().find("float32" + shape_text(shape)), std::string::npos);
  }
  for (const DType dtype : {DType::kBool, DType::kUInt16, DType::kInt16, DType::kUInt32, DType::kUInt64, DType::kInt4,
                            DType::kUInt4, DType::kInt2, DType::kUInt2}) {
    const auto form = read_picture_form(dtype, {1, 3, 28, 28});
    ASSERT_FALSE(form.ok()) << dtype_name(dtype);
    EXPECT_NE(form.error().message().find(std::string(dtype_name(dtype)) + "[1,3,28,28]"), std::string::npos);
  }
  const auto file = read_picture_form(DType::kUInt8, {0});
  ASSERT_FALSE(file.ok());
  EXPECT_NE(file.error().message().find("decodes"), std::string::npos);
}

TEST(PictureForm, the_batch_is_the_models) {
  EXPECT_EQ(read_picture_form(DType::kUInt8, {2, 3, 8, 8})->batch, 2);
  EXPECT_EQ(read_picture_form(DType::kUInt8, {0, 3, 8, 8})->batch, 0);
  EXPECT_EQ(read_picture_form(DType::kUInt8, {3, 8, 8})->batch, 1);
  EXPECT_EQ(read_picture_form(DType::kUInt8, {1, 8, 8, 3})->to_string(), "uint8, NHWC, RGB");
}

}  // namespace
}  // namespace kite
