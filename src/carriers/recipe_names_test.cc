// SPDX-License-Identifier: Apache-2.0
// Named recipes make the numbers that are documented for their names.
#include "carriers/recipe_names.h"

#include <gtest/gtest.h>

#include "base/test_folder.h"
#include "carriers/recipe_carriers.h"

namespace kite {
namespace {

struct NameRow {
  const char* name;
  float black;  // of the first channel
  float white;
  ChannelOrder order = ChannelOrder::kRgb;
};

TEST(RecipeNames, each_name_makes_its_range_of_numbers) {
  const NameRow rows[] = {
      {"imagenet", (0.0F - 0.485F) / 0.229F, (1.0F - 0.485F) / 0.229F},
      {"0-1", 0, 1},
      {"-1-1", -1, 1},
      {"0-255", 0, 255},
      {"keras-caffe", -103.939F, 255.0F - 103.939F, ChannelOrder::kBgr},
      {"keras-tf", -1, 1},
      {"keras-torch", (0.0F - 0.485F) / 0.229F, (1.0F - 0.485F) / 0.229F},
  };
  for (const NameRow& row : rows) {
    SCOPED_TRACE(row.name);
    const auto fields = recipe_by_name(row.name, {});
    ASSERT_TRUE(fields);
    const PreprocessRecipe recipe = fields->complete();
    const ChannelTables tables = make_tables(recipe.normalization);
    EXPECT_EQ(tables[0][0], row.black);
    EXPECT_EQ(tables[0][255], row.white);
    EXPECT_EQ(recipe.channel_order, row.order);
  }
  EXPECT_FALSE(recipe_by_name("image", {}));
}

TEST(RecipeNames, keras_tf_is_a_division_by_127_5_to_the_bit) {
  const ChannelTables tables = make_tables(recipe_by_name("keras-tf", {})->complete().normalization);
  for (std::size_t v = 0; v < 256; ++v) {
    volatile float quotient = static_cast<float>(v) / 127.5F;
    EXPECT_EQ(tables[0][v], quotient - 1.0F);
  }
}

TEST(RecipeNames, imagenet_also_states_resize_and_crop) {
  const auto fields = recipe_by_name("imagenet", {299, 299});
  EXPECT_EQ(fields->resize, (ResizeRule{ResizeMode::kShortSide, 341, 0}));
  EXPECT_EQ(fields->crop, (Size{299, 299}));
  EXPECT_FALSE(recipe_by_name("0-1", {299, 299})->resize);
}

TEST(RecipeNames, an_argument_is_a_name_an_object_or_a_file) {
  EXPECT_EQ(recipe_from_argument("0-255", {})->rescale, 1.0);
  EXPECT_EQ(recipe_from_argument(R"({"resize": 40})", {})->resize->height, 40);
  const TestFolder folder;
  const auto reads = [&](const char* text) { return recipe_from_argument(folder.write("r.json", text), {}); };
  EXPECT_EQ(reads(R"({"resize": 41})")->resize->height, 41);
  EXPECT_EQ(reads(R"({"labels": ["a"], "preprocess": {"resize": 42}})")->resize->height, 42);
  EXPECT_EQ(reads(R"({"recipe": "0-255"})")->rescale, 1.0);
  EXPECT_EQ(reads(R"("0-255")")->rescale, 1.0);
  const auto unknown = recipe_from_argument("imagenet2", {});
  ASSERT_FALSE(unknown.ok());
  EXPECT_NE(unknown.error().message().find("keras-caffe"), std::string::npos);
}

}  // namespace
}  // namespace kite
