// SPDX-License-Identifier: Apache-2.0
// A recipe that leaves a Classifier as JSON makes the same tensors elsewhere.
#include "paperkite/preprocessor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <span>
#include <string>

#include "api/test_model.h"
#include "paperkite/classifier.h"

namespace kite {
namespace {

class PreprocessorTest : public FolderTest {
 protected:
  Result<Classifier> open(const std::string& recipe) {
    ClassifierOptions options;
    options.model.cache_dir = cache();
    options.session.threads = 1;
    options.model.meaning.recipe = recipe;
    return Classifier::open(write("m.onnx", classifier_bytes({1, 0, 0, 3, 0, 0})), options);
  }
};

TEST_F(PreprocessorTest, a_classifier_s_recipe_is_taken_back_and_is_the_same_recipe) {
  const char* const recipes[] = {
      R"({"resize": 5, "crop": 4, "interpolation": "bicubic", "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]})",
      R"({"resize": [4, 4], "mean": [0, 0, 0], "std": [1, 1, 1], "interpolation": "nearest"})",
      R"({"resize": null, "crop": [4, 4], "mean": [0.1, 0.2, 0.3], "std": [1, 2, 3], "rescale": 0.00392156862745098})",
      R"({"resize": 6, "crop": 4, "crop_offset": "floor", "channels": "bgr", "exif": "apply", "interpolation": "lanczos"})",
      R"({"resize": 4, "crop": 4, "arithmetic": "huggingface"})",
  };
  for (const char* const recipe : recipes) {
    const auto first = open(recipe);
    ASSERT_TRUE(first.ok()) << recipe << first.error().message();
    const std::string json = first->recipe_json();
    const auto again = open(json);
    ASSERT_TRUE(again.ok()) << json << again.error().message();
    EXPECT_EQ(again->recipe(), first->recipe()) << json;
    EXPECT_EQ(again->recipe_json(), json);
    const auto alone = Preprocessor::parse(json);
    ASSERT_TRUE(alone.ok()) << json << alone.error().message();
    EXPECT_EQ(alone->recipe_json(), json);
  }
}

TEST_F(PreprocessorTest, the_object_has_the_keys_of_the_contestants_protocol) {
  const auto classifier =
      open(R"({"resize": 6, "crop": 4, "interpolation": "bilinear", "mean": [0.5, 0.25, 0.125], "std": [1, 2, 3]})");
  ASSERT_TRUE(classifier.ok()) << classifier.error().message();
  EXPECT_EQ(classifier->recipe_json(),
            R"({"resize":6,"crop":4,"interpolation":"bilinear","mean":[0.5,0.25,0.125],"std":[1.0,2.0,3.0]})");
}

TEST_F(PreprocessorTest, makes_the_tensor_that_the_classifier_would_make) {
  const auto classifier = open(R"({"resize": 5, "crop": 4, "mean": [0.4, 0.5, 0.6], "std": [0.2, 0.3, 0.4]})");
  ASSERT_TRUE(classifier.ok()) << classifier.error().message();
  const auto preprocessor = Preprocessor::parse(classifier->recipe_json());
  ASSERT_TRUE(preprocessor.ok()) << preprocessor.error().message();
  const std::string bytes = picture(200, 30, 90);
  const auto expected = classifier->input_tensor(std::as_bytes(std::span(bytes)));
  const auto found = preprocessor->tensor_of_file(write("p.png", bytes));
  ASSERT_TRUE(expected.ok() && found.ok());
  EXPECT_TRUE(found->type() == expected->type());
  EXPECT_TRUE(std::ranges::equal(found->view().bytes(), expected->view().bytes()));
}

TEST_F(PreprocessorTest, scores_are_the_raw_output_behind_the_ranking) {
  auto classifier = open(R"({"resize": 4, "crop": 4, "mean": [0, 0, 0], "std": [1, 1, 1]})");
  ASSERT_TRUE(classifier.ok()) << classifier.error().message();
  const std::string red = picture(255, 0, 0);
  ASSERT_TRUE(classifier->classify(std::as_bytes(std::span(red))).ok());
  EXPECT_NEAR(classifier->scores().as<float>()[0], 1.0f, 1e-6f);
  EXPECT_NEAR(classifier->scores().as<float>()[1], 3.0f, 1e-6f);
}

TEST_F(PreprocessorTest, errors_name_the_key_or_the_picture) {
  const auto wrong = Preprocessor::parse(R"({"resizes": 4})");
  ASSERT_FALSE(wrong.ok());
  EXPECT_NE(wrong.error().message().find("resizes"), std::string::npos);
  EXPECT_FALSE(Preprocessor::parse("[").ok());
  const auto preprocessor = Preprocessor::parse("{}");
  ASSERT_TRUE(preprocessor.ok());
  for (const std::string& path : {write("broken.png", picture(1, 2, 3).substr(0, 40)), folder_ / "missing.png"}) {
    const auto made = preprocessor->tensor_of_file(path);
    ASSERT_FALSE(made.ok());
    EXPECT_NE(made.error().message().find(path), std::string::npos) << made.error().message();
  }
}

}  // namespace
}  // namespace kite
