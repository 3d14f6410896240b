// SPDX-License-Identifier: Apache-2.0
// Every form of a label file, and every way one is wrong.
#include "carriers/labels.h"

#include <gtest/gtest.h>

namespace kite {
namespace {

Labels from_json(const char* text) { return labels_from_file_text(text).value(); }

std::string json_error(const char* text) {
  const auto labels = labels_from_file_text(text);
  return labels.ok() ? "" : labels.error().message();
}

TEST(Labels, text_drops_marks_comments_and_line_endings) {
  EXPECT_EQ(labels_from_text("\xef\xbb\xbf# names\r\nPaper Kite\r\n  Monarch \r\n\r\n").value(),
            (Labels{"Paper Kite", "Monarch"}));
  EXPECT_EQ(labels_from_text("one\ntwo").value(), (Labels{"one", "two"}));
}

TEST(Labels, a_blank_line_between_labels_is_refused_with_its_number) {
  const auto labels = labels_from_text("one\n\ntwo\n");
  ASSERT_FALSE(labels.ok());
  EXPECT_NE(labels.error().message().find("line 2"), std::string::npos);
}

TEST(Labels, synset_words_lose_their_ids_only_when_every_line_has_one) {
  EXPECT_EQ(labels_from_text("n01440764 tench, Tinca tinca\nn01443537 goldfish\n").value(),
            (Labels{"tench, Tinca tinca", "goldfish"}));
  EXPECT_EQ(labels_from_text("n01440764\nn01443537\n").value(), (Labels{"n01440764", "n01443537"}));
  EXPECT_EQ(labels_from_text("n01440764 tench\nother\n").value(), (Labels{"n01440764 tench", "other"}));
}

TEST(Labels, json_is_read_in_every_form) {
  const Labels expected{"a", "b"};
  EXPECT_EQ(from_json(R"(["a", "b"])"), expected);
  EXPECT_EQ(from_json(R"({"1": "b", "0": "a"})"), expected);
  EXPECT_EQ(from_json(R"({"0": ["n1", "a"], "1": ["n2", "b"]})"), expected);
  EXPECT_EQ(from_json(R"({"b": 1, "a": 0})"), expected);
  EXPECT_EQ(from_json(R"({"labels": ["a", "b"]})"), expected);
  EXPECT_EQ(from_json(R"({"int_to_class": {"1": "b", "0": "a"}, "class_to_int": {"a": 0, "b": 1}})"), expected);
  EXPECT_EQ(from_json(R"({"class_to_int": {"a": 0, "b": 1}})"), expected);
  EXPECT_EQ(from_json(R"({"id2label": {"0": "a", "1": "b"}, "label2id": {"a": "0", "b": "1"}})"), expected);
  EXPECT_EQ(from_json(R"({"label_names": ["n1", "b"], "label_descriptions": {"n1": "a"}})"), expected);
}

TEST(Labels, more_than_ten_classes_are_ordered_by_number) {
  std::string text = "{";
  for (int i = 0; i < 12; ++i) text += (i ? ",\"" : "\"") + std::to_string(i) + "\":\"c" + std::to_string(i) + "\"";
  EXPECT_EQ(from_json((text + "}").c_str())[10], "c10");
}

TEST(Labels, maps_that_disagree_are_refused) {
  EXPECT_NE(json_error(R"({"int_to_class": {"0": "a", "1": "b"}, "class_to_int": {"a": 1, "b": 0}})").find("disagree"),
            std::string::npos);
  EXPECT_NE(json_error(R"({"int_to_class": {"0": "a", "1": "b"}, "class_to_int": {"a": 0}})").find("not in"),
            std::string::npos);
  EXPECT_NE(json_error(R"({"int_to_class": {"0": "a"}, "class_to_int": {"a": 0, "c": 7}})").find("disagree"),
            std::string::npos);
}

TEST(Labels, gaps_wrong_keys_and_wrong_values_are_refused) {
  EXPECT_NE(json_error(R"({"0": "a", "2": "c"})").find("class 1 has no label"), std::string::npos);
  EXPECT_NE(json_error(R"({"0": "a", "x": "c"})").find("not a class index"), std::string::npos);
  EXPECT_NE(json_error(R"({"0": "a", "00": "c"})").find("named twice"), std::string::npos);
  EXPECT_NE(json_error(R"({"0": 5})").find("not a string"), std::string::npos);
  EXPECT_NE(json_error(R"({"a": 0, "b": 0})").find("both"), std::string::npos);
  EXPECT_NE(json_error(R"({"a": -1})").find("whole number"), std::string::npos);
  EXPECT_NE(json_error("[]").find("no labels"), std::string::npos);
  EXPECT_NE(json_error(R"(["a", ""])").find("empty label"), std::string::npos);
  EXPECT_NE(json_error("[1]").find("not a string"), std::string::npos);
}

TEST(Labels, text_that_is_not_utf8_is_refused) {
  const auto labels = labels_from_text("caf\xe9\n");
  ASSERT_FALSE(labels.ok());
  EXPECT_NE(labels.error().message().find("UTF-8"), std::string::npos);
}

TEST(Labels, a_label_of_megabytes_is_refused) {
  const auto labels = labels_from_text(std::string(10 << 20, 'x'));
  ASSERT_FALSE(labels.ok());
  EXPECT_EQ(labels.error().code, ErrorCode::kLimit);
}

TEST(Labels, duplicates_are_named_but_allowed) {
  EXPECT_EQ(duplicate_warning({"a", "b"}), "");
  EXPECT_NE(duplicate_warning({"crane", "b", "crane"}).find("0 and 2"), std::string::npos);
}

TEST(JsonDocument, broken_deep_and_doubled_json_are_errors) {
  EXPECT_NE(json_error("[\"a\"").find("not valid JSON"), std::string::npos);
  EXPECT_NE(json_error("{\"a\": 0, \"a\": 1}").find("twice"), std::string::npos);
  EXPECT_NE(json_error(std::string(1000, '[').c_str()).find("64 levels"), std::string::npos);
  EXPECT_NE(json_error("[\"\\ud800\"]").find("not valid JSON"), std::string::npos);
  EXPECT_NE(json_error("[1e999]").find("not valid JSON"), std::string::npos);
}

}  // namespace
}  // namespace kite
