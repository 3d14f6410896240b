// SPDX-License-Identifier: Apache-2.0
// What the type or the graph decides, what is guessed, and where kite refuses to guess.
#include "carriers/input_range.h"

#include <gtest/gtest.h>

#include "carriers/recipe_names.h"

namespace kite {
namespace {

RuleFacts facts_of(DType dtype, std::vector<std::int64_t> shape, std::string range = "") {
  RuleFacts facts;
  facts.input = read_picture_form(dtype, shape).value();
  facts.front = {std::move(range), "Div 255"};
  facts.shape = shape_text(shape);
  facts.kite_json = "m.kite.json";
  return facts;
}

const std::vector<std::int64_t> kPlanes{1, 3, 32, 32};
const std::vector<std::int64_t> kPixels{1, 32, 32, 3};
const std::vector<std::int64_t> kGrey{1, 1, 28, 28};

struct RangeRow {
  DType dtype;
  std::vector<std::int64_t> shape;
  const char* front;
  const char* range;  // empty: refused
  bool is_guess;
};

TEST(InputRange, it_is_read_from_the_type_or_the_graph_and_guessed_for_planes_of_colour_only) {
  const RangeRow rows[] = {
      {DType::kFloat32, kPlanes, "", "imagenet", true},
      {DType::kFloat16, kPlanes, "", "imagenet", true},
      {DType::kFloat32, {3, 32, 32}, "", "imagenet", true},
      {DType::kFloat32, kPixels, "", "", false},
      {DType::kFloat32, kGrey, "", "", false},
      {DType::kFloat32, {1, 4, 32, 32}, "", "", false},
      {DType::kUInt8, kPlanes, "", "0-255", false},
      {DType::kInt32, kPixels, "", "0-255", false},
      {DType::kInt64, kGrey, "", "0-255", false},
      {DType::kInt8, kPlanes, "", "", false},
      {DType::kFloat32, kPixels, "0-255", "0-255", false},
      {DType::kFloat32, kPlanes, "0-1", "0-1", false},
      {DType::kFloat32, kPlanes, "unknown", "", false},
  };
  for (const RangeRow& row : rows) {
    SCOPED_TRACE(std::string(dtype_name(row.dtype)) + shape_text(row.shape) + row.front);
    RecipeFields fields;
    const auto ruled = complete_recipe(fields, facts_of(row.dtype, row.shape, row.front));
    if (*row.range == '\0') {
      ASSERT_FALSE(ruled.ok());
      EXPECT_EQ(ruled.error().code, ErrorCode::kUnsupportedModel);
      EXPECT_NE(ruled.error().message().find("m.kite.json"), std::string::npos);
      continue;
    }
    ASSERT_TRUE(ruled.ok()) << ruled.error().message();
    EXPECT_EQ(fields.mean, recipe_by_name(row.range, {})->mean);
    EXPECT_EQ(fields.rescale, recipe_by_name(row.range, {})->rescale);
    EXPECT_EQ(ruled->warning.find("mean, std") != std::string::npos, row.is_guess);
    ASSERT_GE(ruled->decisions.size(), 2U);
    EXPECT_EQ(ruled->decisions[1].is_guess, row.is_guess);
  }
}

TEST(InputRange, a_refusal_lists_the_choices_that_the_input_can_hold) {
  RecipeFields fields;
  const auto colour = complete_recipe(fields, facts_of(DType::kFloat32, kPixels));
  EXPECT_NE(colour.error().message().find("--recipe imagenet|0-1|-1-1|0-255"), std::string::npos);
  const auto grey = complete_recipe(fields, facts_of(DType::kFloat32, kGrey));
  EXPECT_NE(grey.error().message().find("--recipe 0-1|-1-1|0-255"), std::string::npos);
}

TEST(InputRange, pictures_in_pixels_and_grey_ones_are_squashed_as_a_guess) {
  RecipeFields fields = *recipe_by_name("0-1", {});
  const auto ruled = complete_recipe(fields, facts_of(DType::kFloat32, {1, 1, 28, 30}));
  ASSERT_TRUE(ruled.ok());
  EXPECT_EQ(fields.resize, (ResizeRule{ResizeMode::kExact, 28, 30}));
  EXPECT_NE(ruled->warning.find("(resize, crop, interpolation)"), std::string::npos);
}

TEST(InputRange, a_picture_of_absurd_size_is_stated_and_not_guessed) {
  for (const std::vector<std::int64_t>& shape :
       {std::vector<std::int64_t>{1, 3, 30000, 30000}, {1, 3, 4097, 8}, {1, 3, 8, 4097}}) {
    RecipeFields guessed;
    const auto refused = complete_recipe(guessed, facts_of(DType::kFloat32, shape));
    ASSERT_FALSE(refused.ok()) << shape_text(shape);
    EXPECT_EQ(refused.error().code, ErrorCode::kUnsupportedModel);
    RecipeFields stated = *recipe_by_name("imagenet", {});
    state_imagenet_geometry(stated, {shape[3], shape[2]});
    EXPECT_TRUE(complete_recipe(stated, facts_of(DType::kFloat32, shape)).ok()) << shape_text(shape);
  }
  RecipeFields guessed;
  EXPECT_TRUE(complete_recipe(guessed, facts_of(DType::kFloat32, {1, 3, 4096, 4096})).ok());
}

TEST(InputRange, numbers_that_the_input_cannot_hold_are_refused) {
  RecipeFields normalised = *recipe_by_name("imagenet", {});
  EXPECT_FALSE(complete_recipe(normalised, facts_of(DType::kUInt8, kPlanes)).ok());
  EXPECT_FALSE(complete_recipe(normalised, facts_of(DType::kFloat32, kGrey)).ok());
  RecipeFields shifted;
  shifted.rescale = 1.0;
  shifted.mean = {128, 128, 128};
  shifted.std = {1, 1, 1};
  EXPECT_TRUE(complete_recipe(shifted, facts_of(DType::kInt8, kPlanes)).ok());
}

TEST(InputRange, a_file_beside_the_model_must_not_normalise_what_the_graph_normalises) {
  RuleFacts facts = facts_of(DType::kFloat32, kPlanes, "0-255");
  facts.beside = "preprocessor_config.json";
  RecipeFields normalised = *recipe_by_name("imagenet", {});
  const auto twice = complete_recipe(normalised, facts);
  ASSERT_FALSE(twice.ok());
  EXPECT_NE(twice.error().message().find("preprocessor_config.json"), std::string::npos);
  EXPECT_NE(twice.error().message().find("--recipe 0-255"), std::string::npos);
  RecipeFields same = *recipe_by_name("0-255", {});
  EXPECT_TRUE(complete_recipe(same, facts).ok());
  facts.beside.clear();
  EXPECT_TRUE(complete_recipe(normalised, facts).ok());
}

}  // namespace
}  // namespace kite
