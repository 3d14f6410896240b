// SPDX-License-Identifier: Apache-2.0
// Recipes from each carrier, with the defaults and the rounding of that carrier.
#include "carriers/recipe_carriers.h"

#include <gtest/gtest.h>

#include <random>

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
      {R"({"antialias": false, "resampler": "pillow"})", "always antialiases"},
      {R"({"resize": 5, "resize_to": "fit"})", "resize_to"},
      {R"({"resize": [5, 5], "resize_multiple": 2})", "resize_multiple"},
      {R"({"first_crop": [0.5, 2]})", "first_crop"},
      {R"({"border": [0, 0, 300]})", "border"},
      {R"({"arithmetic": "fused", "offset": -1})", "offset"},
      {R"({"second_std": [0, 1, 1]})", "second_std"},
  };
  for (const auto& [text, word] : cases) {
    const auto fields = parse_recipe(text);
    ASSERT_FALSE(fields.ok()) << text;
    EXPECT_EQ(fields.error().code, ErrorCode::kInvalidModel);
    EXPECT_NE(fields.error().message().find(word), std::string::npos) << fields.error().message();
  }
}

TEST(OwnRecipe, antialias_false_is_torchs_resize_unless_another_is_stated) {
  EXPECT_EQ(own(R"({"antialias": false})").resampler, Resampler::kTorchAliased);
  EXPECT_EQ(own(R"({"antialias": false, "resampler": "torch"})").resampler, Resampler::kTorchAliased);
  EXPECT_EQ(own(R"({"antialias": false, "resampler": "opencv"})").resampler, Resampler::kOpenCv);
  EXPECT_EQ(own(R"({"antialias": true, "resampler": "torch"})").resampler, Resampler::kTorch);
  EXPECT_EQ(own(R"({"antialias": true})").resampler, std::nullopt);
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

TEST(TimmRecipe, a_config_is_known_by_any_of_its_own_keys) {
  for (const char* text : {R"({"pretrained_cfg": {}})", R"({"crop_pct": 1})", R"({"crop_mode": "center"})",
                           R"({"test_input_size": [3, 8, 8]})", R"({"input_size": [3, 8, 8], "mean": [0, 0, 0]})",
                           R"({"input_size": [3, 8, 8], "interpolation": "bicubic"})"}) {
    EXPECT_TRUE(is_timm_config(parse_json(text).value())) << text;
  }
  for (const char* text : {R"([])", R"({"mean": [0, 0, 0]})", R"({"input_size": 224, "mean": [0, 0, 0]})",
                           R"({"input_size": [3, 8, 8]})", R"({"model_type": "vit", "image_size": 224})"}) {
    EXPECT_FALSE(is_timm_config(parse_json(text).value())) << text;
  }
}

TEST(TimmRecipe, every_crop_mode_has_its_resize) {
  EXPECT_EQ(timm(R"({"pretrained_cfg": {"input_size": [3, 288, 288], "crop_pct": 1.0, "crop_mode": "squash"}})").resize,
            exact(288, 288));
  const PreprocessRecipe border = timm(R"({"crop_pct": 0.9, "crop_mode": "border", "input_size": [3, 28, 28]})");
  EXPECT_EQ(border.resize, (ResizeRule{ResizeMode::kFit, 31, 31}));
  EXPECT_EQ(border.fill, (Colour{124, 116, 104}));  // 255 * mean
  EXPECT_EQ(timm(R"({"crop_pct": 0.875, "input_size": [3, 24, 40]})").resize, (ResizeRule{ResizeMode::kCover, 27, 45}));
  EXPECT_FALSE(recipe_from_timm(parse_json(R"({"crop_pct": 0.9, "crop_mode": "zoom"})").value()).ok());
}

TEST(TimmRecipe, what_is_null_or_empty_is_not_stated_and_a_crop_may_be_larger_than_the_resize) {
  const PreprocessRecipe recipe =
      timm(R"({"crop_pct": null, "crop_mode": null, "interpolation": "", "input_size": [3, 224, 224], "mean": []})");
  EXPECT_EQ(recipe.resize, short_side(256));
  EXPECT_EQ(recipe.filter, Filter::kBicubic);
  EXPECT_EQ(timm(R"({"crop_pct": 1.14, "input_size": [3, 28, 28]})").resize, short_side(24));
}

TEST(TimmRecipe, sizes_for_tests_are_not_used_and_that_is_noted) {
  const auto fields = recipe_from_timm(parse_json(R"({"crop_pct": 0.9, "input_size": [3, 224, 224],
      "test_input_size": [3, 288, 288], "test_crop_pct": 0.9})")
                                           .value());
  ASSERT_TRUE(fields.ok());
  EXPECT_EQ(fields->crop, (Size{224, 224}));
  ASSERT_EQ(fields->notes.size(), 1U);
  EXPECT_NE(fields->notes[0].find("test_input_size [3,288,288]"), std::string::npos);
  EXPECT_EQ(fields->notes[0].find("test_crop_pct"), std::string::npos);  // the same as crop_pct
}

TEST(TimmRecipe, a_random_filter_is_refused) {
  EXPECT_FALSE(recipe_from_timm(parse_json(R"({"crop_pct": 0.9, "interpolation": "random"})").value()).ok());
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
  for (const char* text : {R"([])", R"({"size": {"longest_edge": 5}})", R"({})", R"({"size": 224, "resample": 9})",
                           R"({"size": 224, "do_normalize": true})", R"({"size": 224, "do_resize": "yes"})",
                           R"({"size": 224, "image_mean": [1, 2, 3], "image_std": [0, 1, 1]})"}) {
    EXPECT_FALSE(recipe_from_huggingface(parse_json(text).value()).ok()) << text;
  }
}

TEST(HuggingFaceRecipe, the_class_decides_what_is_left_open) {
  const PreprocessRecipe deit = huggingface(R"({"image_processor_type": "DeiTImageProcessor"})");
  EXPECT_EQ(deit.resize, exact(256, 256));
  EXPECT_EQ(deit.crop, (Size{224, 224}));
  EXPECT_EQ(deit.filter, Filter::kBicubic);
  const PreprocessRecipe vit = huggingface(R"({"image_processor_type": "ViTImageProcessor", "do_center_crop": true,
      "crop_size": 200, "do_pad": true, "do_flip_channel_order": true})");  // keys that this class does not read
  EXPECT_EQ(vit.resize, exact(224, 224));
  EXPECT_EQ(vit.crop, Size{});
  EXPECT_EQ(vit.channel_order, ChannelOrder::kRgb);
}

TEST(HuggingFaceRecipe, a_step_whose_switch_is_null_is_left_out_and_a_value_that_a_step_needs_may_not_be_null) {
  const auto read = [](const std::string& name, const std::string& more, const char* version) {
    const std::string text =
        R"({"image_processor_type": ")" + name + R"(", "size": {"shortest_edge": 28}, )" + more + "}";
    return recipe_from_huggingface(parse_json(text).value(), HuggingFaceContext{"", "", version});
  };
  const std::pair<const char*, const char*> kinds[] = {{"PoolFormerImageProcessor", "4.57.3"},
                                                       {"PoolFormerImageProcessorFast", "4.57.3"},
                                                       {"PoolFormerImageProcessor", "5.24.0"}};
  for (const auto& [name, version] : kinds) {
    EXPECT_EQ(read(name, R"("do_resize": null)", version)->resize, ResizeRule{}) << name << version;
    EXPECT_EQ(read(name, R"("do_center_crop": null)", version)->crop, Size{}) << name << version;
    EXPECT_EQ(read(name, R"("do_rescale": null)", version)->rescale, 1.0) << name << version;
    EXPECT_EQ(read(name, R"("do_normalize": null)", version)->std, (Triple{1, 1, 1})) << name << version;
    EXPECT_EQ(read(name, R"("crop_pct": null)", version)->resize, short_side(28)) << name << version;
    for (const char* needed : {R"("resample": null)", R"("rescale_factor": null)"}) {
      EXPECT_FALSE(read(name, needed, version).ok()) << name << version << needed;
    }
    const bool is_old = &name == &kinds[0].first;  // the classes before the common base take their default instead
    EXPECT_EQ(read(name, R"("image_mean": null)", version).ok(), is_old) << name << version;
    EXPECT_EQ(read(name, R"("crop_size": null)", version).ok(), is_old) << name << version;
  }
  EXPECT_TRUE(read("CLIPImageProcessor", R"("do_resize": false, "resample": null)", "5.24.0").ok());
}

TEST(HuggingFaceRecipe, the_keys_of_the_common_base_mean_what_the_class_makes_of_them) {
  const PreprocessRecipe segformer = huggingface(R"({"image_processor_type": "SegformerImageProcessorFast", "size": 20,
      "do_center_crop": true, "crop_size": 10})");
  EXPECT_EQ(segformer.resize, exact(20, 20));
  EXPECT_EQ(segformer.crop, Size{});  // the class has no such step
  const char* const squashed =
      R"({"image_processor_type": "CLIPImageProcessorFast", "size": 20, "default_to_square": true})";
  EXPECT_EQ(huggingface(squashed).resize, exact(20, 20));
  const char* const by_edge =
      R"({"image_processor_type": "ViTImageProcessorFast", "size": 20, "default_to_square": false})";
  EXPECT_EQ(huggingface(by_edge).resize, short_side(20));
  const char* const slow = R"({"image_processor_type": "ViTImageProcessor", "size": 20, "default_to_square": false})";
  EXPECT_EQ(huggingface(slow).resize, exact(20, 20));
  // Only the crop that belongs to ConvNeXt's resize is torchvision's.
  EXPECT_EQ(huggingface(R"({"image_processor_type": "ConvNextImageProcessorFast", "do_resize": false,
      "do_center_crop": true, "crop_size": 13})")
                .crop_rule,
            CropRule::kFloorBoth);
  EXPECT_EQ(huggingface(R"({"image_processor_type": "ConvNextImageProcessorFast", "size": 28})").crop_rule,
            CropRule::kHalfEven);
  // A filter that no resize uses may be any.
  EXPECT_EQ(
      huggingface(R"({"image_processor_type": "ViTImageProcessorFast", "do_resize": false, "resample": 4})").resize,
      ResizeRule{});
}

TEST(HuggingFaceRecipe, model_type_stands_for_the_class_of_an_old_file) {
  const Json file = parse_json(R"({"size": 28, "crop_size": 28, "do_center_crop": true})").value();
  const HuggingFaceContext clip{"", "clip", ""};
  EXPECT_EQ(recipe_from_huggingface(file, clip).value().resize, short_side(28));
  const HuggingFaceContext vit{"", "vit", ""};
  EXPECT_EQ(recipe_from_huggingface(file, vit).value().resize, exact(28, 28));
  EXPECT_FALSE(recipe_from_huggingface(file).ok());
}

TEST(HuggingFaceRecipe, a_fast_class_resizes_and_normalises_as_torch_does) {
  const char* const file = R"({"image_processor_type": "ViTImageProcessorFast"})";
  const PreprocessRecipe fast = huggingface(file);
  EXPECT_EQ(fast.resampler, Resampler::kTorch);
  EXPECT_EQ(fast.normalization.arithmetic, Arithmetic::kFused);
  const HuggingFaceContext pil{"pil", "", ""};
  const auto slow = recipe_from_huggingface(parse_json(file).value(), pil);
  EXPECT_EQ(slow->resampler, Resampler::kPillow);
  EXPECT_EQ(slow->arithmetic, Arithmetic::kHuggingFace);
}

TEST(HuggingFaceRecipe, a_plain_class_is_pillow_before_version_5_and_torch_from_there) {
  const Json file = parse_json(R"({"image_processor_type": "ViTImageProcessor"})").value();
  const auto read = [&](const char* processor, const char* version) {
    return recipe_from_huggingface(file, {processor, "", version}).value();
  };
  EXPECT_EQ(read("", "").resampler, Resampler::kPillow);
  EXPECT_EQ(read("", "").notes.size(), 1U);
  EXPECT_EQ(read("", "4.57.3").resampler, Resampler::kPillow);
  EXPECT_EQ(read("", "5.24.0").resampler, Resampler::kTorch);
  EXPECT_TRUE(read("", "5.24.0").notes.empty());
  EXPECT_EQ(read("torchvision", "").resampler, Resampler::kTorch);
  EXPECT_FALSE(recipe_from_huggingface(file, {"cv2", "", ""}).ok());
}

TEST(HuggingFaceRecipe, efficientnet_divides_twice_and_shifts) {
  const PreprocessRecipe twice = huggingface(R"({"image_processor_type": "EfficientNetImageProcessor"})");
  EXPECT_EQ(twice.normalization.second_std, (Triple{0.5, 0.5, 0.5}));
  EXPECT_EQ(twice.filter, Filter::kNearest);
  const PreprocessRecipe shifted = huggingface(
      R"({"image_processor_type": "EfficientNetImageProcessor", "rescale_offset": true, "include_top": false})");
  EXPECT_EQ(shifted.normalization.offset, -1.0);
  EXPECT_EQ(shifted.normalization.second_std, (Triple{1, 1, 1}));
}

TEST(HuggingFaceRecipe, perceiver_crops_before_it_resizes) {
  const PreprocessRecipe recipe =
      huggingface(R"({"feature_extractor_type": "PerceiverFeatureExtractor", "size": 28, "crop_size": 32})");
  EXPECT_EQ(recipe.first_crop, (FirstCrop{0.875, 0.875}));
  EXPECT_EQ(recipe.resize, exact(28, 28));
  EXPECT_EQ(recipe.crop, Size{});
}

TEST(HuggingFaceRecipe, what_a_recipe_cannot_say_is_refused_by_name) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"image_processor_type": "DonutImageProcessor"})", "do_thumbnail"},
      {R"({"image_processor_type": "Siglip2ImageProcessorFast"})", "max_num_patches"},
      {R"({"image_processor_type": "ImageGPTImageProcessor"})", "do_color_quantize"},
      {R"({"image_processor_type": "ViTImageProcessorFast", "do_pad": true})", "do_pad"},
      {R"({"image_processor_type": "ViTImageProcessorFast", "resample": 4})", "box"},
      {R"({"image_processor_type": "ViTImageProcessor", "size": {"shortest_edge": 28}})", "height and width"},
      {R"({"image_processor_type": "CLIPImageProcessorFast", "size": {"shortest_edge": 2, "longest_edge": 9}})",
       "longest_edge"},
      {R"({"image_processor_type": "OwnImageProcessor", "size": 224})", "OwnImageProcessor"},
  };
  for (const auto& [text, word] : cases) {
    const auto fields = recipe_from_huggingface(parse_json(text).value());
    ASSERT_FALSE(fields.ok()) << text;
    EXPECT_NE(fields.error().message().find(word), std::string::npos) << fields.error().message();
  }
}

TEST(RecipeJson, reads_back_as_the_same_recipe) {
  for (const char* text :
       {R"({"resize": 256, "crop": 224})", R"({"resize": [27, 45], "resize_to": "cover", "crop": [24, 40]})",
        R"({"resize": [31, 31], "resize_to": "fit", "crop": 28, "border": [124, 116, 104]})",
        R"({"resize": 640, "resize_multiple": 32, "crop": null, "crop_offset": "floor_both"})",
        R"({"first_crop": [0.875, 0.1], "resize": [28, 28], "resampler": "torch", "arithmetic": "fused"})",
        R"({"resize": 232, "crop": 224, "interpolation": "bicubic", "resampler": "torch", "antialias": false})",
        R"({"resize": null, "arithmetic": "product", "rescale": 0.00784313725490196, "offset": -1,
            "second_std": [0.1, 0.2, 0.3], "channels": "bgr", "exif": "apply", "crop_offset": "floor"})"}) {
    const std::string once = recipe_json(own(text).complete());
    EXPECT_EQ(recipe_json(own(once.c_str()).complete()), once);
    const Json wanted = parse_json(text).value();
    const Json got = parse_json(once).value();
    for (const auto& [key, value] : wanted.items()) EXPECT_EQ(got.at(key), value) << once;
  }
}

// Any recipe that validate() accepts, with numbers that use all digits of a double.
PreprocessRecipe random_recipe(std::mt19937& random) {
  const auto upto = [&](int most) { return static_cast<int>(random() % static_cast<unsigned>(most + 1)); };
  const auto number = [&](double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
  };
  const auto side = [&] { return std::int64_t{1} + upto(65535); };
  const auto triple = [&](double low, double high) {
    return Triple{number(low, high), number(low, high), number(low, high)};
  };
  PreprocessRecipe recipe;
  const auto mode = static_cast<ResizeMode>(upto(6));
  if (mode == ResizeMode::kShortSide) recipe.resize = {mode, side(), 0, 1 + upto(1023)};
  if (mode > ResizeMode::kShortSide) recipe.resize = {mode, side(), side()};
  if (upto(1) != 0) {
    const auto unit = static_cast<FirstCrop::Unit>(upto(1));
    const double most = unit == FirstCrop::Unit::kShape ? 65536 : 1;
    recipe.first_crop = FirstCrop{number(1e-9, most), number(1e-9, most), unit};
  }
  if (upto(2) != 0) recipe.crop = upto(1) != 0 ? Size{7, 7} : Size{side(), side()};
  if (upto(1) != 0) {
    for (std::uint8_t& channel : recipe.fill) channel = static_cast<std::uint8_t>(upto(255));
  }
  recipe.filter = static_cast<Filter>(upto(5));
  recipe.resampler = static_cast<Resampler>(upto(3));
  recipe.crop_rule = static_cast<CropRule>(upto(3));
  Normalization& numbers = recipe.normalization;
  numbers.mean = triple(-300, 300);
  numbers.std = triple(1e-9, 1e9);
  if (upto(1) != 0) numbers.second_std = triple(1e-29, 1e3);
  numbers.arithmetic = static_cast<Arithmetic>(upto(3));
  if (upto(1) != 0) numbers.rescale = number(1e-9, 2);
  if (upto(1) != 0 && numbers.arithmetic != Arithmetic::kFused) numbers.offset = number(-1e3, 1e3);
  recipe.channel_order = static_cast<ChannelOrder>(upto(1));
  recipe.exif = static_cast<ExifPolicy>(upto(1));
  return recipe;
}

TEST(RecipeJson, loses_nothing_of_any_recipe) {
  for (unsigned seed = 0; seed < 5000; ++seed) {
    std::mt19937 random(seed);
    const PreprocessRecipe recipe = random_recipe(random);
    const std::string text = recipe_json(recipe);
    const auto fields = parse_recipe(text);
    ASSERT_TRUE(fields.ok()) << "seed " << seed << ": " << text << ": " << fields.error().message();
    ASSERT_EQ(fields->complete(), recipe) << "seed " << seed << ": " << text;
    ASSERT_EQ(recipe_json(fields->complete()), text) << "seed " << seed;
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
