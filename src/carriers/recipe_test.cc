// SPDX-License-Identifier: Apache-2.0
// Recipes from each carrier, with that carrier's own defaults and rounding.
#include "carriers/recipe_carriers.h"

#include <gtest/gtest.h>

namespace kite {
namespace {

using Triple = std::array<double, 3>;

RecipeFields own(const char* text) {
  auto fields = parse_recipe(text);
  EXPECT_TRUE(fields.ok()) << fields.error().message();
  return fields.ok() ? *fields : RecipeFields{};
}

PreprocessRecipe timm(const char* text) { return recipe_from_timm(parse_json(text).value()).value().complete(); }
PreprocessRecipe huggingface(const char* text) {
  auto fields = recipe_from_huggingface(parse_json(text).value());
  EXPECT_TRUE(fields.ok()) << fields.error().message();
  return fields.ok() ? fields->complete() : PreprocessRecipe{};
}

constexpr ResizeRule short_side(std::int64_t n) { return {ResizeMode::kShortSide, n, 0}; }
constexpr ResizeRule exact(std::int64_t h, std::int64_t w) { return {ResizeMode::kExact, h, w}; }

TEST(OwnRecipe, every_key_is_read) {
  const PreprocessRecipe recipe =
      own(R"({"resize": 256, "crop": [224, 200], "interpolation": "bicubic", "mean": [0.1, 0.2, 0.3],
              "std": [1, 2, 3], "crop_offset": "floor", "channels": "bgr", "rescale": 1, "exif": "apply"})")
          .complete();
  EXPECT_EQ(recipe.resize, short_side(256));
  EXPECT_EQ(recipe.crop, (Size{200, 224}));
  EXPECT_EQ(recipe.filter, Filter::kBicubic);
  EXPECT_EQ(recipe.normalization.mean, (Triple{0.1, 0.2, 0.3}));
  EXPECT_EQ(recipe.normalization.std, (Triple{1, 2, 3}));
  EXPECT_EQ(recipe.crop_rule, CropRule::kFloor);
  EXPECT_EQ(recipe.channel_order, ChannelOrder::kBgr);
  EXPECT_EQ(recipe.normalization.arithmetic, Arithmetic::kHuggingFace);
  EXPECT_EQ(recipe.normalization.rescale, 1.0);
  EXPECT_EQ(recipe.exif, ExifPolicy::kApply);
}

TEST(OwnRecipe, squashing_and_torchvision_names_are_understood) {
  EXPECT_EQ(own(R"({"resize": [320, 240]})").resize, exact(320, 240));
  EXPECT_EQ(own(R"({"resize": [320, 240]})").crop, Size{});
  EXPECT_EQ(own(R"({"resize": null})").resize, ResizeRule{});
  const RecipeFields torchvision = own(
      R"({"crop_size": [224], "resize_size": [232], "interpolation": "InterpolationMode.BILINEAR", "antialias": true})");
  EXPECT_EQ(torchvision.resize, short_side(232));
  EXPECT_EQ(torchvision.crop, (Size{224, 224}));
  EXPECT_EQ(torchvision.filter, Filter::kBilinear);
}

TEST(OwnRecipe, wrong_values_are_refused_by_name) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"std": [0, 1, 1]})", "std"},
      {R"({"std": [1, 1]})", "list of three"},
      {R"({"mean": []})", "list of three"},
      {R"({"mean": [1, 2, 3, 4]})", "list of three"},
      {R"({"crop": 0})", "crop"},
      {R"({"crop": 1e9})", "crop"},
      {R"({"resize": -1})", "resize"},
      {R"({"resize": 2.5})", "whole number"},
      {R"({"resize": "big"})", "whole number"},
      {R"({"interpolation": "magic"})", "magic"},
      {R"({"reszie": 256})", "reszie"},
      {R"({"channels": "gbr"})", "gbr"},
      {R"([])", "not a JSON object"},
      {R"({"resize": [1, 2, 3]})", "3 values"},
      {R"({"std": [1e-60, 1, 1]})", "std"},
  };
  for (const auto& [text, word] : cases) {
    const auto fields = parse_recipe(text);
    ASSERT_FALSE(fields.ok()) << text;
    EXPECT_EQ(fields.error().code, ErrorCode::kInvalidModel);
    EXPECT_NE(fields.error().message().find(word), std::string::npos) << fields.error().message();
  }
}

TEST(OwnRecipe, one_number_stands_for_all_channels) {
  const std::array<double, 3> halves{0.5, 0.5, 0.5};
  EXPECT_EQ(own(R"({"mean": 0.5})").mean, halves);
  EXPECT_EQ(own(R"({"mean": [0.5]})").mean, halves);
}

TEST(OwnRecipe, is_described_in_one_line) {
  EXPECT_EQ(own(R"({"resize": 256, "crop": [224, 200], "mean": [0.485, 0, 1e-9], "std": [1, 1, 0.225]})")
                .complete()
                .to_string(),
            "resize short side to 256 (bilinear), crop 200x224, mean [0.485, 0, 1e-09], std [1, 1, 0.225], RGB, NCHW");
}

TEST(RecipeFields, the_first_source_wins_field_by_field) {
  RecipeFields first = own(R"({"crop": 200})");
  EXPECT_TRUE(first.fill_from(own(R"({"crop": 224, "resize": 256})")));
  EXPECT_EQ(first.crop, (Size{200, 200}));
  EXPECT_EQ(first.resize, short_side(256));
  EXPECT_FALSE(first.fill_from(own(R"({"crop": 1})")));
}

TEST(TimmRecipe, resize_is_the_crop_over_crop_pct_rounded_down) {
  const PreprocessRecipe recipe = timm(R"({"pretrained_cfg": {"input_size": [3, 240, 240], "crop_pct": 0.9,
      "interpolation": "bilinear", "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}})");
  EXPECT_EQ(recipe.resize, short_side(266));  // 266.67
  EXPECT_EQ(recipe.crop, (Size{240, 240}));
  EXPECT_EQ(recipe.filter, Filter::kBilinear);
}

TEST(TimmRecipe, defaults_are_bicubic_and_0_875) {
  const PreprocessRecipe recipe = timm(R"({"pretrained_cfg": {"input_size": [3, 224, 224]}})");
  EXPECT_EQ(recipe.resize, short_side(256));
  EXPECT_EQ(recipe.filter, Filter::kBicubic);
  EXPECT_EQ(recipe.normalization.mean, (Triple{0.485, 0.456, 0.406}));
}

TEST(TimmRecipe, squash_is_exact_and_border_is_refused) {
  EXPECT_EQ(timm(R"({"pretrained_cfg": {"input_size": [3, 288, 288], "crop_pct": 1.0, "crop_mode": "squash"}})").resize,
            exact(288, 288));
  EXPECT_FALSE(recipe_from_timm(parse_json(R"({"crop_pct": 0.9, "crop_mode": "border"})").value()).ok());
}

TEST(HuggingFaceRecipe, vit_squashes) {
  const PreprocessRecipe recipe = huggingface(R"({"image_processor_type": "ViTImageProcessor", "do_resize": true,
      "size": {"height": 224, "width": 224}, "resample": 2, "do_normalize": true, "image_mean": [0.5, 0.5, 0.5],
      "image_std": [0.5, 0.5, 0.5], "rescale_factor": 0.00392156862745098})");
  EXPECT_EQ(recipe.resize, exact(224, 224));
  EXPECT_EQ(recipe.crop, Size{});
  EXPECT_EQ(recipe.filter, Filter::kBilinear);
  EXPECT_EQ(recipe.normalization.arithmetic, Arithmetic::kHuggingFace);
  EXPECT_EQ(huggingface(R"({"feature_extractor_type": "ViTFeatureExtractor", "size": 224, "resample": 3})").resize,
            exact(224, 224));
}

TEST(HuggingFaceRecipe, convnext_resizes_by_crop_pct_below_384_and_squashes_from_there) {
  const PreprocessRecipe small = huggingface(
      R"({"image_processor_type": "ConvNextImageProcessor", "size": {"shortest_edge": 224}, "crop_pct": 0.875, "resample": 3})");
  EXPECT_EQ(small.resize, short_side(256));
  EXPECT_EQ(small.crop, (Size{224, 224}));
  EXPECT_EQ(small.filter, Filter::kBicubic);
  EXPECT_EQ(huggingface(R"({"feature_extractor_type": "ConvNextFeatureExtractor", "size": 384})").resize,
            exact(384, 384));
}

TEST(HuggingFaceRecipe, short_side_and_centre_crop_round_down) {
  const PreprocessRecipe recipe = huggingface(R"({"image_processor_type": "MobileNetV2ImageProcessor",
      "size": {"shortest_edge": 256}, "do_center_crop": true, "crop_size": {"height": 224, "width": 192}})");
  EXPECT_EQ(recipe.resize, short_side(256));
  EXPECT_EQ(recipe.crop, (Size{192, 224}));
  EXPECT_EQ(recipe.crop_rule, CropRule::kFloor);
}

TEST(HuggingFaceRecipe, mobilevit_is_bgr_without_statistics) {
  const PreprocessRecipe recipe = huggingface(R"({"image_processor_type": "MobileViTImageProcessor",
      "size": {"shortest_edge": 288}, "do_center_crop": true, "crop_size": {"height": 256, "width": 256},
      "do_flip_channel_order": true})");
  EXPECT_EQ(recipe.channel_order, ChannelOrder::kBgr);
  EXPECT_EQ(recipe.normalization.mean, (Triple{0, 0, 0}));
  EXPECT_EQ(recipe.normalization.std, (Triple{1, 1, 1}));
}

TEST(HuggingFaceRecipe, broken_files_are_refused) {
  for (const char* text :
       {R"([])", R"({"size": {"longest_edge": 5}})", R"({})", R"({"size": 224, "resample": 9})",
        R"({"size": 224, "do_normalize": true})", R"({"size": 224, "do_resize": "yes"})",
        R"({"size": 224, "do_pad": true})", R"({"size": 224, "image_mean": [1, 2, 3], "image_std": [0, 1, 1]})"}) {
    EXPECT_FALSE(recipe_from_huggingface(parse_json(text).value()).ok()) << text;
  }
}

TEST(UltralyticsRecipe, needs_the_classify_task) {
  const auto recipe = recipe_from_ultralytics({{"task", "classify"}, {"imgsz", "[224, 224]"}});
  ASSERT_TRUE(recipe.ok() && recipe->has_value());
  EXPECT_EQ((*recipe)->resize, short_side(224));
  EXPECT_EQ((*recipe)->crop, (Size{224, 224}));
  EXPECT_EQ((*recipe)->std, (Triple{1, 1, 1}));
  const auto detector = recipe_from_ultralytics({{"task", "detect"}, {"imgsz", "[640, 640]"}});
  ASSERT_FALSE(detector.ok());
  EXPECT_EQ(detector.error().code, ErrorCode::kUnsupportedModel);
  EXPECT_FALSE(recipe_from_ultralytics({{"author", "someone"}}).value().has_value());
}

TEST(FilterByName, takes_the_spellings_people_use) {
  EXPECT_EQ(filter_by_name("LANCZOS"), Filter::kLanczos);
  EXPECT_EQ(filter_by_name("InterpolationMode.BICUBIC"), Filter::kBicubic);
  EXPECT_EQ(filter_by_name("linear"), Filter::kBilinear);
  EXPECT_EQ(filter_by_name("random"), std::nullopt);
  EXPECT_EQ(filter_by_name(""), std::nullopt);
}

}  // namespace
}  // namespace kite
