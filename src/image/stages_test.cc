// SPDX-License-Identifier: Apache-2.0
// The stages of a picture are those of prepare_picture(): same tensor, and each stage follows from the one before.
#include "image/stages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/mapped_file.h"
#include "image/cropping.h"
#include "image/preprocess.h"

namespace kite {
namespace {

struct NamedRecipe {
  std::string name;
  PreprocessRecipe recipe;
};

std::vector<NamedRecipe> recipes() {
  PreprocessRecipe imagenet;
  imagenet.resize = {ResizeMode::kShortSide, 64, 0};
  imagenet.crop = {56, 48};
  imagenet.normalization.mean = {0.485, 0.456, 0.406};
  imagenet.normalization.std = {0.229, 0.224, 0.225};
  PreprocessRecipe no_crop = imagenet;
  no_crop.crop = {};
  PreprocessRecipe padded = imagenet;
  padded.crop = {200, 30};
  padded.fill = {1, 2, 3};
  PreprocessRecipe grey = imagenet;
  grey.form = {DType::kFloat32, PixelMode::kGrey, "NCHW"};
  grey.normalization.mean = {0.5, 0.5, 0.5};
  grey.normalization.std = {0.5, 0.5, 0.5};
  PreprocessRecipe torch = imagenet;
  torch.resampler = Resampler::kTorch;
  torch.channel_order = ChannelOrder::kBgr;
  PreprocessRecipe bytes;
  bytes.first_crop = FirstCrop{0.5, 0.5};
  bytes.resize = {ResizeMode::kExact, 40, 50};
  bytes.form = {DType::kUInt8, PixelMode::kRgb, "NHWC"};
  bytes.normalization.rescale = 1.0;
  bytes.normalization.arithmetic = Arithmetic::kProduct;
  return {{"imagenet", imagenet}, {"no crop", no_crop},  {"padded", padded},
          {"grey", grey},         {"torch, BGR", torch}, {"bytes", bytes}};
}

bool same_pixels(const Image& a, const Image& b) {
  return a.size() == b.size() && std::ranges::equal(a.pixels(), b.pixels());
}

TEST(PictureStages, the_tensor_has_the_bits_of_prepare_picture) {
  const auto file = MappedFile::open("models/pictures/paper_kite_1.jpg");
  ASSERT_TRUE(file.ok());
  for (const auto& [name, recipe] : recipes()) {
    const auto stages = picture_stages(file->bytes(), recipe);
    const auto prepared = prepare_picture(file->bytes(), recipe);
    ASSERT_TRUE(stages.ok() && prepared.ok()) << name;
    EXPECT_EQ(stages->tensor.type(), prepared->tensor.type()) << name;
    EXPECT_TRUE(std::ranges::equal(stages->tensor.view().bytes(), prepared->tensor.view().bytes())) << name;
  }
}

TEST(PictureStages, the_crop_is_a_window_of_the_whole_resized_picture) {
  const auto file = MappedFile::open("models/pictures/paper_kite_1.jpg");
  ASSERT_TRUE(file.ok());
  for (const auto& [name, recipe] : recipes()) {
    const auto stages = picture_stages(file->bytes(), recipe);
    ASSERT_TRUE(stages.ok()) << name;
    const Cropping cropping = cropping_of(stages->oriented.size(), recipe).value();
    EXPECT_EQ(stages->resized.size(), cropping.resized) << name;
    EXPECT_EQ(stages->cropped.size(), cropping.wanted) << name;
    const CropPlan& plan = cropping.plan;
    for (std::int64_t y = 0; y < plan.source.height; ++y) {
      const std::uint8_t* const from = stages->resized.row(plan.source.y + y) + 3 * plan.source.x;
      ASSERT_TRUE(std::equal(from, from + 3 * plan.source.width, stages->cropped.row(plan.top + y) + 3 * plan.left))
          << name << " row " << y;
    }
  }
}

TEST(PictureStages, orientation_is_a_stage_of_its_own) {
  const auto file = MappedFile::open("models/pictures/paper_kite_1.jpg");
  ASSERT_TRUE(file.ok());
  PreprocessRecipe recipe;
  const auto ignored = picture_stages(file->bytes(), recipe);
  ASSERT_TRUE(ignored.ok());
  EXPECT_TRUE(same_pixels(ignored->decoded, ignored->oriented));
  // The same picture, with an orientation in a block of its own behind the first two bytes: "turn left to upright".
  std::string turned(reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size());
  turned.insert(2, std::string("\xff\xe1\x00\x22"
                               "Exif\0\0"
                               "II*\0\x08\0\0\0"
                               "\x01\0"
                               "\x12\x01\x03\0\x01\0\0\0\x06\0\0\0"
                               "\0\0\0\0",
                               36));
  recipe.exif = ExifPolicy::kApply;
  const auto applied = picture_stages(std::as_bytes(std::span(turned)), recipe);
  ASSERT_TRUE(applied.ok());
  EXPECT_TRUE(same_pixels(applied->decoded, ignored->decoded));
  EXPECT_EQ(applied->oriented.width(), ignored->decoded.height());
}

TEST(PictureStages, a_resized_strip_beyond_the_limit_of_pixels_is_left_out) {
  const auto file = MappedFile::open("models/pictures/paper_kite_1.jpg");
  ASSERT_TRUE(file.ok());
  PreprocessRecipe recipe;
  recipe.resize = {ResizeMode::kExact, 14000, 14000};
  recipe.crop = {8, 8};
  const auto stages = picture_stages(file->bytes(), recipe);
  ASSERT_TRUE(stages.ok());
  EXPECT_EQ(stages->resized.size(), Size{});
  EXPECT_EQ(stages->cropped.size(), (Size{8, 8}));
}

}  // namespace
}  // namespace kite
