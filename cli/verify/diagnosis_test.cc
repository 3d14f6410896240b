// SPDX-License-Identifier: Apache-2.0
// Every rule is planted in the other side's stages, and has to be found and named with its keys.
#include "cli/verify/diagnosis.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "carriers/recipe_carriers.h"
#include "image/preprocess.h"

namespace kite::cli {
namespace {

PreprocessRecipe recipe_of(const char* json) {
  auto fields = parse_recipe(json);
  EXPECT_TRUE(fields.ok()) << fields.error().message();
  return fields.ok() ? fields->complete() : PreprocessRecipe{};
}

Image copy_of(const Image& image) { return upright(image, 1).value(); }

// Smooth with some noise, as a photograph is; no symmetry hides a fault. Sides that leave odd numbers beside a crop.
Image photograph(Size size = {101, 73}) {
  Image image = Image::make(size).value();
  std::uint32_t noise = 1;
  for (std::int64_t y = 0; y < size.height; ++y) {
    for (std::int64_t x = 0; x < size.width; ++x) {
      for (std::int64_t c = 0; c < 3; ++c) {
        noise = noise * 1664525U + 1013904223U;
        const std::int64_t level = (x * (2 + c) + y * (3 - c) + 40 * c + static_cast<std::int64_t>(noise >> 27)) % 256;
        image.row(y)[3 * x + c] = static_cast<std::uint8_t>(level);
      }
    }
  }
  image.facts().format = PictureFormat::kJpeg;
  return image;
}

void swap_channels(Image& image) {
  for (std::int64_t y = 0; y < image.height(); ++y) {
    for (std::int64_t x = 0; x < image.width(); ++x) std::swap(image.row(y)[3 * x], image.row(y)[3 * x + 2]);
  }
}

PictureStages stages_of(const Image& picture, const PreprocessRecipe& recipe) {
  PictureStages stages;
  stages.decoded = copy_of(picture);
  const int orientation = recipe.exif == ExifPolicy::kApply ? picture.facts().exif_orientation : 1;
  stages.oriented = upright(picture, orientation).value();
  PreprocessRecipe whole = recipe;
  whole.crop = {};
  stages.resized = resize_and_crop(stages.oriented, whole).value();
  stages.cropped = resize_and_crop(stages.oriented, recipe).value();
  stages.tensor = preprocess(stages.oriented, recipe).value();
  return stages;
}

// Which stages the other side records.
struct Recorded {
  bool reading = true;
  bool resize = true;
  bool crop = true;
  bool tensor = true;
};
constexpr Recorded kOnlyCrop{false, false, true, false};
constexpr Recorded kOnlyTensor{false, false, false, true};

Diagnosis diagnosis_of(const Image& picture, const PreprocessRecipe& ours, PictureStages theirs,
                       const Recorded& recorded = {}) {
  RecordedStages stages;
  if (recorded.reading) {
    stages.decoded = std::move(theirs.decoded);
    stages.oriented = std::move(theirs.oriented);
  }
  if (recorded.resize) stages.resized = std::move(theirs.resized);
  if (recorded.crop) stages.cropped = std::move(theirs.cropped);
  if (recorded.tensor) stages.tensor = std::move(theirs.tensor);
  auto found = diagnose(ours, stages_of(picture, ours), std::move(stages), "their program");
  EXPECT_TRUE(found.ok()) << found.error().message();
  return found.ok() ? std::move(found).value() : Diagnosis{};
}

std::string text_of(const Diagnosis& diagnosis) {
  std::string text;
  for (const Finding& finding : diagnosis.findings) text += finding.what + ": " + finding.remedy + "\n";
  return text;
}

constexpr const char* kOurs =
    R"({"resize": 37, "crop": 32, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]})";

TEST(Diagnosis, finds_nothing_where_nothing_differs) {
  const Image picture = photograph();
  const PreprocessRecipe recipe = recipe_of(kOurs);
  for (const Recorded& recorded : {Recorded{}, kOnlyCrop, kOnlyTensor}) {
    EXPECT_EQ(text_of(diagnosis_of(picture, recipe, stages_of(picture, recipe), recorded)), "");
  }
}

TEST(Diagnosis, every_planted_rule_is_named_with_its_keys) {
  struct Case {
    const char* theirs;  // laid over kOurs
    const char* does;
    const char* keys;
  };
  const Case cases[] = {
      {R"({"antialias": false})", "resizes with antialias off", R"("antialias": false)"},
      {R"({"interpolation": "bicubic"})", "resizes with the bicubic filter", R"("interpolation": "bicubic")"},
      {R"({"interpolation": "nearest"})", "resizes with the nearest filter", R"("interpolation": "nearest")"},
      {R"({"interpolation": "lanczos"})", "resizes with the lanczos filter", R"("interpolation": "lanczos")"},
      {R"({"resampler": "torch"})", "resizes as torch does", R"("resampler": "torch")"},
      {R"({"resampler": "opencv"})", "resizes as OpenCV does", R"("resampler": "opencv")"},
      {R"({"interpolation": "bicubic", "antialias": false})", "resizes with the bicubic filter and with antialias off",
       R"("interpolation": "bicubic", "antialias": false)"},
      {R"({"resize": 40})", "resizes the short side to 40", R"("resize": 40)"},
      {R"({"resize": [37, 37], "crop": 32})", "squashes the whole picture to 37x37", R"("resize": [37, 37])"},
      {R"({"resize": [37, 41], "resize_to": "fit", "crop": 32})", "", R"("resize": )"},
      {R"({"crop_offset": "floor"})", "rounds the crop's offset down", R"("crop_offset": "floor")"},
      {R"({"crop_offset": "start"})", "crops from the top left corner", R"("crop_offset": "start")"},
      {R"({"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]})", "uses numbers from -1 to 1",
       R"("mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5])"},
      {R"({"mean": [0, 0, 0], "std": [1, 1, 1]})", "uses numbers from 0 to 1", R"("mean": [0.0, 0.0, 0.0])"},
      {R"({"mean": [0, 0, 0], "std": [1, 1, 1], "rescale": 1})", "uses numbers from 0 to 255", R"("rescale": 1.0)"},
      {R"({"mean": [0.48145466, 0.4578275, 0.40821073], "std": [0.26862954, 0.26130258, 0.27577711]})",
       "uses the mean and std of CLIP", "0.48145466"},
      {R"({"mean": [0.4914, 0.4822, 0.4465], "std": [0.247, 0.243, 0.261]})",
       "uses mean [0.4914, 0.4822, 0.4465] and std [0.247, 0.243, 0.261]", R"("mean": [0.4914, 0.4822, 0.4465])"},
      {R"({"channels": "bgr"})", "has the channels in the order B, G, R", R"("channels": "bgr")"},
  };
  const Image picture = photograph();
  const PreprocessRecipe ours = recipe_of(kOurs);
  for (const Case& planted : cases) {
    auto fields = parse_recipe(planted.theirs);
    ASSERT_TRUE(fields.ok()) << planted.theirs;
    fields->fill_from(parse_recipe(kOurs).value());
    const Diagnosis found = diagnosis_of(picture, ours, stages_of(picture, fields->complete()));
    ASSERT_EQ(found.findings.size(), 1U) << planted.theirs << "\n" << text_of(found);
    EXPECT_NE(found.findings[0].what.find(planted.does), std::string::npos) << text_of(found);
    EXPECT_NE(found.findings[0].keys.find(planted.keys), std::string::npos) << text_of(found);
    EXPECT_EQ(found.findings[0].what.find("no known rule"), std::string::npos) << text_of(found);
    EXPECT_EQ(found.findings[0].remedy, "put " + found.findings[0].keys + " into the recipe");
  }
}

TEST(Diagnosis, the_keys_make_the_recipe_of_the_other_side) {
  const Image picture = photograph();
  const PreprocessRecipe ours = recipe_of(R"({"resize": 37, "crop": 32, "resampler": "torch", "antialias": false,
                                              "crop_offset": "floor", "channels": "bgr"})");
  const PreprocessRecipe theirs = recipe_of(R"({"resize": 37, "crop": 32})");
  const Diagnosis found = diagnosis_of(picture, ours, stages_of(picture, theirs));
  std::string keys;
  for (const Finding& finding : found.findings) keys += (keys.empty() ? "{" : ", ") + finding.keys;
  auto fields = parse_recipe(keys + "}");
  ASSERT_TRUE(fields.ok()) << keys << fields.error().message();
  fields->fill_from(parse_recipe(recipe_json(ours)).value());
  EXPECT_EQ(recipe_json(fields->complete()), recipe_json(theirs)) << keys;
}

TEST(Diagnosis, several_faults_are_each_named_once) {
  const Image picture = photograph();
  const PreprocessRecipe theirs =
      recipe_of(R"({"resize": 37, "crop": 32, "antialias": false, "crop_offset": "start"})");
  const Diagnosis found = diagnosis_of(picture, recipe_of(kOurs), stages_of(picture, theirs));
  ASSERT_EQ(found.findings.size(), 3U) << text_of(found);
  EXPECT_NE(found.findings[0].what.find("antialias off"), std::string::npos);
  EXPECT_NE(found.findings[1].what.find("top left corner"), std::string::npos);
  EXPECT_NE(found.findings[2].what.find("0 to 1"), std::string::npos);
}

TEST(Diagnosis, stages_that_are_not_recorded_are_searched_together) {
  const Image picture = photograph();
  const PreprocessRecipe ours = recipe_of(kOurs);
  const PreprocessRecipe theirs =
      recipe_of(R"({"resize": 35, "crop": 32, "antialias": false, "crop_offset": "start"})");
  const std::string of_crop = text_of(diagnosis_of(picture, ours, stages_of(picture, theirs), kOnlyCrop));
  EXPECT_NE(of_crop.find(R"("resize": 35, "antialias": false, "crop_offset": "start")"), std::string::npos) << of_crop;
  const PreprocessRecipe squashed = recipe_of(R"({"resize": [32, 32], "interpolation": "bicubic",
                                                  "mean": [0.1, 0.2, 0.3], "std": [0.7, 0.7, 0.7]})");
  const std::string of_tensor = text_of(diagnosis_of(picture, ours, stages_of(picture, squashed), kOnlyTensor));
  EXPECT_NE(of_tensor.find("squashes the whole picture to 32x32 and resizes with the bicubic filter"),
            std::string::npos)
      << of_tensor;
  EXPECT_NE(of_tensor.find("mean [0.1, 0.2, 0.3] and std [0.7, 0.7, 0.7]"), std::string::npos) << of_tensor;
}

TEST(Diagnosis, the_orientation_is_found_at_whichever_stage_is_recorded) {
  Image picture = photograph();
  picture.facts().exif_orientation = 6;
  const PreprocessRecipe ours = recipe_of(kOurs);
  PreprocessRecipe theirs = ours;
  theirs.exif = ExifPolicy::kApply;
  for (const Recorded& recorded : {Recorded{}, Recorded{false, true, true, true}, kOnlyCrop, kOnlyTensor}) {
    const std::string text = text_of(diagnosis_of(picture, ours, stages_of(picture, theirs), recorded));
    EXPECT_NE(text.find(R"(applies the EXIF orientation: put "exif": "apply" into the recipe)"), std::string::npos)
        << text;
  }
  PictureStages turned = stages_of(picture, theirs);
  turned.decoded = copy_of(turned.oriented);
  const std::string text = text_of(diagnosis_of(picture, ours, std::move(turned)));
  EXPECT_NE(text.find(R"(while it reads the file: put "exif": "apply")"), std::string::npos) << text;
}

TEST(Diagnosis, a_picture_read_in_the_order_of_opencv_is_one_finding) {
  const Image picture = photograph();
  const PreprocessRecipe recipe = recipe_of(kOurs);
  Image swapped = copy_of(picture);
  swap_channels(swapped);
  const Diagnosis found = diagnosis_of(picture, recipe, stages_of(swapped, recipe));
  ASSERT_EQ(found.findings.size(), 1U) << text_of(found);
  EXPECT_NE(found.findings[0].what.find("B, G, R"), std::string::npos);
  EXPECT_NE(found.findings[0].remedy.find("COLOR_BGR2RGB"), std::string::npos);
}

TEST(Diagnosis, another_decoder_is_told_from_another_picture) {
  Image picture = photograph();
  const PreprocessRecipe recipe = recipe_of(kOurs);
  Image near = copy_of(picture);
  for (std::int64_t y = 0; y < near.height(); y += 2) near.row(y)[3 * (y % near.width())] ^= 1U;
  Image inverted = copy_of(picture);
  for (std::int64_t i = 0; i < inverted.height() * inverted.row_bytes(); ++i) inverted.row(0)[i] ^= 0xffU;
  for (const auto& [theirs, words] :
       {std::pair<const Image*, const char*>{&near, "has another JPEG decoder"}, {&inverted, "another picture"}}) {
    const Diagnosis found = diagnosis_of(picture, recipe, stages_of(*theirs, recipe));
    ASSERT_EQ(found.findings.size(), 1U) << text_of(found);
    EXPECT_NE(found.findings[0].what.find(words), std::string::npos) << text_of(found);
    EXPECT_EQ(found.findings[0].keys, "");
  }
}

TEST(Diagnosis, bytes_that_no_rule_gives_are_named_with_the_nearest_rule) {
  const Image picture = photograph();
  const PreprocessRecipe ours = recipe_of(kOurs);
  PictureStages theirs = stages_of(picture, recipe_of(R"({"resize": 37, "crop": 32, "antialias": false})"));
  theirs.resized.row(3)[5] ^= 1U;
  const Diagnosis found = diagnosis_of(picture, ours, std::move(theirs), {true, true, false, false});
  ASSERT_EQ(found.findings.size(), 1U) << text_of(found);
  EXPECT_NE(found.findings[0].what.find("no known rule"), std::string::npos);
  EXPECT_NE(found.findings[0].what.find("antialias off"), std::string::npos);
  EXPECT_NE(found.findings[0].what.find("at most 1"), std::string::npos);
}

TEST(Diagnosis, a_crop_that_no_rule_makes_is_placed) {
  const Image picture = photograph();
  const PreprocessRecipe ours = recipe_of(kOurs);
  PictureStages theirs = stages_of(picture, ours);
  Image part = Image::make({32, 32}).value();
  for (std::int64_t y = 0; y < 32; ++y) std::copy_n(theirs.resized.row(y + 1) + 3 * 7, 96, part.row(y));
  theirs.cropped = std::move(part);
  const std::string text = text_of(diagnosis_of(picture, ours, std::move(theirs), {true, true, true, false}));
  EXPECT_NE(text.find("from column 7 and row 1"), std::string::npos) << text;
}

TEST(Diagnosis, channels_recorded_last_are_named_and_still_explained) {
  const Image picture = photograph();
  const PreprocessRecipe ours = recipe_of(kOurs);
  PreprocessRecipe theirs = recipe_of(R"({"resize": 37, "crop": 32, "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]})");
  theirs.form.axes = "NHWC";
  const std::string text = text_of(diagnosis_of(picture, ours, stages_of(picture, theirs)));
  EXPECT_NE(text.find("recorded the channels last"), std::string::npos) << text;
  EXPECT_NE(text.find("uses numbers from -1 to 1"), std::string::npos) << text;
}

TEST(Diagnosis, another_formula_for_grey_is_named) {
  const Image picture = photograph();
  PreprocessRecipe recipe = recipe_of(R"({"resize": 37, "crop": 32})");
  recipe.form.pixels = PixelMode::kGrey;
  PictureStages theirs = stages_of(picture, recipe);
  for (std::int64_t i = 0; i < picture.width() * picture.height(); ++i) {
    std::uint8_t* const pixel = theirs.oriented.row(0) + 3 * i;
    const int grey = (pixel[0] + pixel[1] + pixel[2]) / 3;
    for (int c = 0; c < 3; ++c) pixel[c] = static_cast<std::uint8_t>(grey);
  }
  const std::string text = text_of(diagnosis_of(picture, recipe, std::move(theirs), {true, false, false, false}));
  EXPECT_NE(text.find("the mean of red, green and blue as grey"), std::string::npos) << text;
}

}  // namespace
}  // namespace kite::cli
