// SPDX-License-Identifier: Apache-2.0
// Open dimensions: who decides them, in every way that leads to a plan, and that several sizes live side by side.
#include "paperkite/classifier.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>

#include "api/internals.h"
#include "api/shapes.h"
#include "api/test_model.h"
#include "plan/format/plan.h"

namespace kite {
namespace {

namespace fs = std::filesystem;

constexpr char kRecipe[] = R"({"preprocess": {"resize": 40, "crop": [32, 24], "interpolation": "bilinear",
                               "mean": [0, 0, 0], "std": [1, 1, 1]}})";

class OpenShapes : public FolderTest {
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
    fs::remove_all(folder_ / "m.kite.json");
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
      EXPECT_EQ(opened.warnings().size(), row.is_guess ? 1U : 0U) << "a guess is announced";
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
  EXPECT_TRUE(Internals::plan(smaller)->is_borrower());
  fs::remove(folder_ / "m.kite.json");
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
    EXPECT_EQ(dims[0].symbol, "d0");
    EXPECT_EQ(dims[1].size, 3);
    EXPECT_EQ(dims[1].symbol, "");
    EXPECT_FALSE(dims[2].size);
    EXPECT_EQ(dims[2].symbol, "d2");
    ASSERT_EQ(opened.outputs()[0].dims.size(), 2u);
    EXPECT_EQ(opened.outputs()[0].dims[0].symbol, "d0");
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
  EXPECT_TRUE(Internals::plan(*other)->is_borrower());
  EXPECT_FALSE(fs::exists(cache()));
}

TEST_F(OpenShapes, a_batch_is_what_the_caller_asks_for) {
  ModelOptions wanted = options();
  wanted.meaning.batch = 4;
  EXPECT_EQ(input_of(open(model({-1, 3, 4, 4}), wanted)), (Shape{4, 3, 4, 4}));
  EXPECT_FALSE(Model::open(model({2, 3, 4, 4}), wanted).ok());
  // Without a batch in the options the model's own is used, also after another batch was asked for; so does a fresh
  // process.
  const std::string settled = model({-1, 3, 4, 4}, "settled.onnx");
  fs::last_write_time(settled, fs::file_time_type::clock::now() - std::chrono::seconds(10));
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(input_of(open(settled, wanted)), (Shape{4, 3, 4, 4}));
    EXPECT_EQ(input_of(open(settled, options())), (Shape{1, 3, 4, 4}));
  }
  // Exported for one picture: nothing in this graph lets pictures meet.
  EXPECT_EQ(input_of(open(model({1, 3, 4, 4}), wanted)), (Shape{4, 3, 4, 4}));
}

StatedInput input(const std::string& name, std::vector<InputDim> dims, DType dtype = DType::kFloat32) {
  return {name, dtype, std::move(dims)};
}
InputDim open_dim(const std::string& symbol = {}) { return {std::nullopt, symbol}; }
InputDim fixed(std::int64_t size) { return {size, {}}; }

// Of every rank, with every kind of dimension open. An empty `refused` means that the shape is chosen.
TEST_F(OpenShapes, a_dimension_is_bound_by_what_it_is_or_refused_with_the_flag_that_states_it) {
  struct Row {
    std::vector<InputDim> dims;
    std::int64_t batch;
    std::optional<PictureSize> size;
    Shape expected;
    std::string refused;
    DType dtype = DType::kFloat32;
  };
  const InputDim n = open_dim("n"), h = open_dim("h"), w = open_dim("w"), q = open_dim();
  const PictureSize small{6, 7};
  const std::string unknown = "nothing says what dimension ";
  const Row rows[] = {
      {{n}, 0, {}, Shape{1}, ""},
      {{n, fixed(784)}, 0, {}, Shape{1, 784}, ""},
      {{h, w}, 0, {}, {}, unknown + "1 (w)"},
      {{q, q}, 0, {}, {}, "--shape NAME=SIZES, e.g. --shape x=1x1"},
      {{fixed(28), w}, 0, {}, {}, unknown + "1 (w)"},
      {{h, w}, 0, small, {}, "no picture input"},
      {{n, fixed(28), fixed(30)}, 0, {}, Shape{1, 28, 30}, ""},
      {{n, fixed(28), fixed(30)}, 4, {}, Shape{4, 28, 30}, ""},
      {{fixed(3), h, w}, 0, small, Shape{3, 6, 7}, ""},
      {{h, w, fixed(3)}, 0, small, Shape{6, 7, 3}, ""},
      {{fixed(3), h, w}, 2, small, {}, "is one picture"},
      {{n, h, w}, 0, small, {}, unknown + "0 (n)"},
      {{q, q, q}, 0, {}, {}, unknown + "0"},
      {{n, fixed(3), h, w}, 2, small, Shape{2, 3, 6, 7}, ""},
      {{n, h, w, fixed(3)}, 0, small, Shape{1, 6, 7, 3}, ""},
      {{n, q, h, w}, 0, small, Shape{1, 3, 6, 7}, ""},
      {{n, fixed(3), h, h}, 0, small, {}, "--size contradicts the model"},
      {{n, fixed(12), h, w}, 2, small, Shape{2, 12, 6, 7}, ""},
      {{n, fixed(12), h, w}, 0, {}, {}, "is not a picture"},
      {{n, fixed(3), h, w}, 0, {}, {}, unknown + "2 (h)", DType::kBool},
      {{n, fixed(1), fixed(3), h, w}, 2, small, Shape{2, 1, 3, 6, 7}, ""},
      {{n, fixed(3), fixed(1), h, w}, 0, small, Shape{1, 3, 1, 6, 7}, ""},
      {{n, open_dim("frames"), fixed(3), h, w}, 0, small, {}, unknown + "1 (frames)"},
      {{n, fixed(16), fixed(3), h, w}, 0, {}, {}, unknown + "3 (h)"},
      {{n, fixed(3), open_dim("frames"), fixed(8), fixed(8)}, 0, {}, {}, unknown + "2 (frames)"},
      {{n, fixed(3), fixed(2), fixed(2), h, w}, 0, {}, {}, unknown + "4 (h)"},
  };
  for (const Row& row : rows) {
    StatedModel stated;
    stated.inputs.push_back(input("x", row.dims, row.dtype));
    MeaningOptions meaning;
    meaning.size = row.size;
    meaning.batch = row.batch;
    const auto chosen = choose_shapes(stated, "", meaning);
    const std::string said = chosen.ok() ? "" : chosen.error().message();
    EXPECT_EQ(said.empty(), row.refused.empty()) << said << " instead of " << row.refused;
    EXPECT_NE(said.find(row.refused), std::string::npos) << said << " instead of " << row.refused;
    if (!chosen.ok()) continue;
    EXPECT_EQ(chosen->shapes.at("x"), row.expected) << chosen->shapes.at("x").to_string();
  }
}

TEST_F(OpenShapes, a_symbol_has_one_size_in_all_inputs_and_what_none_decides_is_refused) {
  StatedModel stated;
  stated.inputs.push_back(input("mask", {open_dim("b"), open_dim("h")}));
  stated.inputs.push_back(input("x", {open_dim("b"), open_dim("h"), open_dim("w"), fixed(3)}));
  MeaningOptions meaning;
  meaning.size = PictureSize{6, 7};
  meaning.batch = 2;
  const auto chosen = choose_shapes(stated, "", meaning);
  ASSERT_TRUE(chosen.ok()) << chosen.error().message();
  EXPECT_EQ(chosen->shapes.at("x"), (Shape{2, 6, 7, 3}));
  EXPECT_EQ(chosen->shapes.at("mask"), (Shape{2, 6}));
  stated.inputs[0].dims[1] = open_dim("length");
  const auto refused = choose_shapes(stated, "", meaning);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message().find("--shape mask=1x1"), std::string::npos) << refused.error().message();
}

TEST_F(OpenShapes, a_given_shape_says_all_and_size_and_batch_may_not_contradict_it) {
  const std::string path = model({-1, 3, -1, -1});
  ModelOptions wanted = options();
  wanted.input_shapes = {{"x", Shape{2, 3, 5, 6}}};
  for (int i = 0; i < 2; ++i) {
    const Model given = open(path, wanted);
    EXPECT_EQ(input_of(given), (Shape{2, 3, 5, 6}));
    ASSERT_FALSE(given.decisions().empty());
    EXPECT_EQ(given.decisions()[0].source, "--shape");
  }
  wanted.meaning.size = PictureSize{5, 6};
  EXPECT_EQ(input_of(open(path, wanted)), (Shape{2, 3, 5, 6}));
  wanted.meaning.size = PictureSize{5, 7};
  const auto larger = Model::open(path, wanted);
  ASSERT_FALSE(larger.ok());
  EXPECT_EQ(larger.error().code, ErrorCode::kUsage);
  wanted.meaning.size.reset();
  wanted.meaning.batch = 3;
  EXPECT_FALSE(Model::open(path, wanted).ok());
}

TEST_F(OpenShapes, inputs_beside_a_given_one_do_not_become_1_without_a_word) {
  namespace t = onnx::test;
  t::GraphParts parts;
  parts.nodes = {t::node("Add", {"x", "z"}, {"y"})};
  parts.inputs = {t::value_info("x", onnx::kFloat, {-1, -1}), t::value_info("z", onnx::kFloat, {-1, -1, -1})};
  parts.outputs = {t::value_info("y", onnx::kFloat, {-1, -1, -1})};
  const std::string path = write("two.onnx", t::model(t::graph(parts)).bytes());
  ModelOptions wanted = options();
  wanted.input_shapes = {{"x", Shape{8, 8}}};
  const auto one = Model::open(path, wanted);
  ASSERT_FALSE(one.ok());
  EXPECT_NE(one.error().message().find("(d2)"), std::string::npos) << one.error().message();
  wanted.input_shapes.emplace("z", Shape{8, 8, 8});
  EXPECT_TRUE(Model::open(path, wanted).ok());
}

}  // namespace
}  // namespace kite
