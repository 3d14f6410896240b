// SPDX-License-Identifier: Apache-2.0
// Open dimensions: who decides them, in every way that leads to a plan, and that several sizes live side by side.
#include "paperkite/classifier.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>

#include "api/shapes.h"
#include "api/test_model.h"
#include "plan/plan.h"

namespace kite {
namespace {

namespace fs = std::filesystem;

constexpr char kRecipe[] = R"({"preprocess": {"resize": 40, "crop": [32, 24], "interpolation": "bilinear",
                               "mean": [0, 0, 0], "std": [1, 1, 1]}})";

class OpenShapes : public TestFolder {
 protected:
  std::string model(const std::vector<std::int64_t>& dims, const std::string& name = "m.onnx") const {
    return write(name, classifier_bytes({1, 0, 0, 0, 10, 0}, false, {}, {}, dims));
  }
  ModelOptions options() const {
    ModelOptions options;
    options.cache_dir = cache();
    return options;
  }
  static Model open(const std::string& path, const ModelOptions& options) {
    auto model = Model::open(path, options);
    EXPECT_TRUE(model.ok()) << model.error().message();
    return std::move(model).value();
  }
  static Shape input_of(const Model& model) { return model.inputs()[0].type.shape; }
};

TEST_F(OpenShapes, the_size_is_the_callers_then_the_recipes_then_the_usual_one) {
  struct Row {
    std::vector<std::int64_t> dims;
    bool has_recipe;
    std::optional<PictureSize> size;
    Shape expected;
    std::string source;
    bool is_guess;
  };
  const Row rows[] = {
      {{-1, 3, -1, -1}, false, std::nullopt, Shape{1, 3, 224, 224}, "the usual size", true},
      {{1, 3, -1, -1}, true, std::nullopt, Shape{1, 3, 32, 24}, "m.kite.json", false},
      {{-1, -1, -1, -1}, true, std::nullopt, Shape{1, 3, 32, 24}, "m.kite.json", false},
      {{-1, 3, -1, -1}, true, PictureSize{8, 10}, Shape{1, 3, 8, 10}, "--size", false},
      {{-1, 3, 4, 4}, false, PictureSize{4, 4}, Shape{1, 3, 4, 4}, "--size", false},
  };
  for (const Row& row : rows) {
    fs::remove_all(folder_ + "m.kite.json");
    if (row.has_recipe) write("m.kite.json", kRecipe);
    const std::string path = model(row.dims);
    ModelOptions wanted = options();
    wanted.meaning.size = row.size;
    for (const PlanOrigin origin : {PlanOrigin::kBuilt, PlanOrigin::kCached}) {
      const Model opened = open(path, wanted);
      EXPECT_EQ(opened.origin(), origin);
      EXPECT_EQ(input_of(opened), row.expected) << input_of(opened).to_string();
      ASSERT_FALSE(opened.decisions().empty());
      EXPECT_EQ(opened.decisions().back().source, row.source);
      EXPECT_EQ(opened.decisions().back().is_guess, row.is_guess);
    }
    fs::remove_all(cache());
  }
}

TEST_F(OpenShapes, an_edited_recipe_counts_at_once_and_plans_of_several_sizes_share_their_weights) {
  const std::string path = model({-1, 3, -1, -1});
  EXPECT_EQ(input_of(open(path, options())), (Shape{1, 3, 224, 224}));
  write("m.kite.json", kRecipe);
  const Model smaller = open(path, options());
  EXPECT_EQ(input_of(smaller), (Shape{1, 3, 32, 24}));
  EXPECT_EQ(smaller.origin(), PlanOrigin::kBuilt);
  EXPECT_TRUE(smaller.plan()->is_borrower());
  fs::remove(folder_ + "m.kite.json");
  const Model again = open(path, options());
  EXPECT_EQ(again.origin(), PlanOrigin::kCached);
  EXPECT_EQ(input_of(again), (Shape{1, 3, 224, 224}));
}

TEST_F(OpenShapes, a_statement_that_contradicts_the_model_is_refused) {
  ModelOptions wanted = options();
  wanted.meaning.size = PictureSize{8, 8};
  const auto fixed = Model::open(model({1, 3, 4, 4}), wanted);
  ASSERT_FALSE(fixed.ok());
  EXPECT_EQ(fixed.error().code, ErrorCode::kUsage);
  EXPECT_NE(fixed.error().message().find("--size contradicts the model"), std::string::npos) << fixed.error().message();
  const auto half_open = Model::open(model({1, 3, 4, -1}), wanted);
  EXPECT_FALSE(half_open.ok());
  write("m.kite.json", R"({"preprocess": {"resize": null, "crop": null, "interpolation": "bilinear",
                           "mean": [0, 0, 0], "std": [1, 1, 1]}})");
  const auto no_size = Model::open(model({1, 3, -1, -1}), options());
  ASSERT_FALSE(no_size.ok());
  EXPECT_NE(no_size.error().message().find("state it with --size HxW"), std::string::npos);
}

TEST_F(OpenShapes, ports_tell_the_models_own_words_fresh_and_cached) {
  const std::string path = model({-1, 3, -1, -1});
  for (int i = 0; i < 2; ++i) {
    const Model opened = open(path, options());
    const std::vector<Dimension>& dims = opened.inputs()[0].dims;
    ASSERT_EQ(dims.size(), 4u);
    EXPECT_FALSE(dims[0].size);
    EXPECT_EQ(dims[1].size, 3);
    EXPECT_FALSE(dims[2].size);
    ASSERT_EQ(opened.outputs()[0].dims.size(), 2u);
    EXPECT_EQ(opened.find_output("y"), 0u);
    EXPECT_EQ(opened.find_output("z"), std::nullopt);
  }
}

TEST_F(OpenShapes, for_shapes_shares_the_weights_without_the_cache) {
  ModelOptions uncached = options();
  uncached.use_cache = false;
  const Model one = open(model({-1, 3, -1, -1}), uncached);
  const auto other = one.for_shapes({{"x", Shape{3, 3, 5, 6}}});
  ASSERT_TRUE(other.ok()) << other.error().message();
  EXPECT_EQ(input_of(*other), (Shape{3, 3, 5, 6}));
  EXPECT_TRUE(other->plan()->is_borrower());
  EXPECT_FALSE(fs::exists(cache()));
}

TEST_F(OpenShapes, a_batch_is_what_the_caller_asks_for) {
  ModelOptions wanted = options();
  wanted.meaning.batch = 4;
  EXPECT_EQ(input_of(open(model({-1, 3, 4, 4}), wanted)), (Shape{4, 3, 4, 4}));
  EXPECT_FALSE(Model::open(model({2, 3, 4, 4}), wanted).ok());
  // Whoever asks for no batch gets the model's own, whatever was asked for before; so does a fresh process.
  const std::string settled = model({-1, 3, 4, 4}, "settled.onnx");
  fs::last_write_time(settled, fs::file_time_type::clock::now() - std::chrono::seconds(10));
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(input_of(open(settled, wanted)), (Shape{4, 3, 4, 4}));
    EXPECT_EQ(input_of(open(settled, options())), (Shape{1, 3, 4, 4}));
  }
  // Exported for one picture: nothing in this graph lets pictures meet.
  EXPECT_EQ(input_of(open(model({1, 3, 4, 4}), wanted)), (Shape{4, 3, 4, 4}));
}

TEST_F(OpenShapes, the_picture_is_found_whatever_its_layout_and_the_rest_is_a_guess) {
  StatedModel stated;
  stated.inputs.push_back({"x", DType::kFloat32, {{{}, "b"}, {{}, "h"}, {{}, "w"}, {3, {}}}});
  stated.inputs.push_back({"mask", DType::kFloat32, {{{}, "b"}, {{}, "length"}}});
  MeaningOptions meaning;
  meaning.size = PictureSize{6, 7};
  const auto chosen = choose_shapes(stated, "", meaning);
  ASSERT_TRUE(chosen.ok()) << chosen.error().message();
  EXPECT_EQ(chosen->shapes.at("x"), (Shape{1, 6, 7, 3}));
  EXPECT_EQ(chosen->shapes.at("mask"), (Shape{1, 1}));
  EXPECT_TRUE(chosen->decisions.back().is_guess);
  EXPECT_EQ(chosen->decisions.back().subject, "input mask");
}

}  // namespace
}  // namespace kite
