// SPDX-License-Identifier: Apache-2.0
// What a document may hold, and that a file is read once.
#include "carriers/json_files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "base/test_folder.h"
#include "carriers/labels.h"

namespace kite {
namespace {

namespace fs = std::filesystem;

class JsonFilesTest : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text) { return folder_.write(name, text); }
  TestFolder folder_;
};

std::string list_of(std::int64_t count) {
  std::string text = "[";
  for (std::int64_t i = 0; i < count; ++i) text += "\"a\",";
  text.back() = ']';
  return text;
}

TEST_F(JsonFilesTest, a_file_is_read_once_however_its_path_is_spelled) {
  const std::string path = write("config.json", R"({"a": 1})");
  JsonFiles files;
  const Result<Json>& first = files.read(path, 0);
  ASSERT_TRUE(first.ok());
  write("config.json", R"({"a": 2})");
  const Result<Json>& second =
      files.read(folder_ / ("./../" + fs::path(folder_.path()).filename().string() + "/config.json"), 3);
  EXPECT_EQ(&first, &second);
  EXPECT_EQ(second->at("a"), 1);
}

TEST_F(JsonFilesTest, a_file_that_is_not_there_is_an_error_each_time) {
  JsonFiles files;
  EXPECT_FALSE(files.read(folder_ / "none.json", 0).ok());
  EXPECT_FALSE(files.read(folder_ / "none.json", 0).ok());
}

TEST(JsonLimit, a_document_may_hold_as_many_values_as_the_models_classes_need) {
  const std::int64_t for_ten = json_value_limit(10);
  EXPECT_TRUE(parse_json(list_of(for_ten - 1), for_ten).ok());
  const auto refused = parse_json(list_of(for_ten), for_ten);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kLimit);
  EXPECT_GE(json_value_limit(100000), 1600000);
}

TEST(JsonLimit, keys_count_as_well) {
  EXPECT_TRUE(parse_json(R"({"a": 1, "b": 2})", 5).ok());
  EXPECT_FALSE(parse_json(R"({"a": 1, "b": 2})", 4).ok());
}

TEST(JsonLimit, what_is_too_much_as_json_is_not_tried_as_a_python_literal) {
  const auto refused = labels_from_any_text(list_of(200000), 2);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kLimit);
}

TEST(LabelLimit, a_text_of_many_more_lines_than_classes_is_refused) {
  std::string text;
  for (int line = 0; line < 100000; ++line) text += "a\n";
  const auto refused = labels_from_text(text, 2);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kLimit);
  EXPECT_TRUE(labels_from_text(text, 100000).ok());
  EXPECT_TRUE(labels_from_text(text, 0).ok());
}

TEST(LabelLimit, a_table_of_cells_without_end_is_refused) {
  std::string text;
  for (int row = 0; row < 80000; ++row) text += std::string(60, ',') + "\n";
  const auto refused = labels_from_table(text, 2);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kLimit);
}

}  // namespace
}  // namespace kite
