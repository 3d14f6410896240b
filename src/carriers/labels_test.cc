// SPDX-License-Identifier: Apache-2.0
// Every form of a label file, and every error in one.
#include "carriers/labels.h"

#include <gtest/gtest.h>

namespace kite {
namespace {

Labels from_json(const char* text) { return labels_from_any_text(text).value().names; }

Labels from_text(const char* text) { return labels_from_text(text).value().names; }

std::string json_error(const char* text) {
  const auto labels = labels_from_any_text(text);
  return labels.ok() ? "" : labels.error().message();
}

TEST(Labels, text_drops_marks_comments_and_line_endings) {
  EXPECT_EQ(from_text("\xef\xbb\xbf# names\r\nPaper Kite\r\n  Monarch \r\n\r\n"), (Labels{"Paper Kite", "Monarch"}));
  EXPECT_EQ(from_text("one\ntwo"), (Labels{"one", "two"}));
}

TEST(Labels, lines_may_end_as_on_old_macs) { EXPECT_EQ(from_text("one\rtwo\r"), (Labels{"one", "two"})); }

TEST(Labels, utf16_without_a_mark_is_known_by_its_zeros) {
  using namespace std::string_view_literals;
  EXPECT_EQ(labels_from_any_text("a\0\n\0b\0"sv).value().names, (Labels{"a", "b"}));
  EXPECT_EQ(labels_from_any_text("\0a\0\n\0b"sv).value().names, (Labels{"a", "b"}));
  EXPECT_EQ(labels_from_any_text("cat\nd\0g\nbird\n"sv).value().names.size(), 3) << "one zero that strayed";
}

TEST(Labels, a_blank_line_between_labels_is_refused_with_its_number) {
  const auto labels = labels_from_text("one\n\ntwo\n");
  ASSERT_FALSE(labels.ok());
  EXPECT_NE(labels.error().message().find("line 2"), std::string::npos);
}

TEST(Labels, synset_words_lose_their_ids_only_when_every_line_has_one) {
  EXPECT_EQ(from_text("n01440764 tench, Tinca tinca\nn01443537 goldfish\n"),
            (Labels{"tench, Tinca tinca", "goldfish"}));
  EXPECT_EQ(from_text("n01440764\nn01443537\n"), (Labels{"n01440764", "n01443537"}));
  EXPECT_EQ(from_text("n01440764 tench\nother\n"), (Labels{"n01440764 tench", "other"}));
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
  EXPECT_NE(json_error(R"({"0": null})").find("not a string"), std::string::npos);
  EXPECT_NE(json_error(R"({"a": 0, "b": 0})").find("both"), std::string::npos);
  EXPECT_NE(json_error(R"({"a": -1})").find("whole number"), std::string::npos);
  EXPECT_NE(json_error("[]").find("no labels"), std::string::npos);
  EXPECT_NE(json_error(R"(["a", ""])").find("empty label"), std::string::npos);
  EXPECT_NE(json_error("[null]").find("not a string"), std::string::npos);
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

TEST(Labels, a_column_of_indices_is_one_only_when_it_counts_every_class) {
  const Labels expected{"cat", "dog", "kite"};
  for (const char* text :
       {"0 cat\n1 dog\n2 kite\n", "2: kite\n0: cat\n1: dog\n", "cat 0\ndog 1\nkite 2\n", "0,cat\n1,dog\n2,kite\n",
        "0\tcat\n1\tdog\n2\tkite\n", "0 n01440764 cat\n1 n01443537 dog\n2 n01484850 kite\n"}) {
    const auto read = labels_from_text(text);
    ASSERT_TRUE(read.ok()) << text;
    EXPECT_EQ(read->names, expected) << text;
    EXPECT_NE(read->remark.find("class indices"), std::string::npos) << text;
  }
  for (const char* text :
       {"1 cat\n2 dog\n3 kite\n", "0 cat\n1 dog\n1 kite\n", "0 cat\ndog\n2 kite\n", "0\n1\n2\n", "0 cat\n"}) {
    const auto read = labels_from_text(text);
    ASSERT_TRUE(read.ok()) << text;
    EXPECT_EQ(read->remark, "") << text;
    EXPECT_TRUE(std::string(text).starts_with(read->names[0])) << text;
  }
}

TEST(Labels, the_number_of_classes_tells_comments_and_blank_lines_from_labels) {
  EXPECT_EQ(from_text("#1 cat\n#2 dog\n"), (Labels{"#1 cat", "#2 dog"}));
  EXPECT_EQ(labels_from_text("#1 cat\ndog\n", 2).value().names, (Labels{"#1 cat", "dog"}));
  EXPECT_EQ(labels_from_text("# names\ndog\n", 1).value().names, (Labels{"dog"}));
  EXPECT_EQ(labels_from_text("cat\n\ndog\n\n", 2).value().names, (Labels{"cat", "dog"}));
  EXPECT_FALSE(labels_from_text("cat\n\ndog\n", 3).ok());
}

TEST(Labels, utf16_with_a_mark_is_read_in_both_byte_orders) {
  using namespace std::string_view_literals;
  EXPECT_EQ(labels_from_any_text("\xff\xfe"
                                 "a\0\n\0\xe9\0\n\0"sv)
                .value()
                .names,
            (Labels{"a", "\xc3\xa9"}));
  EXPECT_EQ(labels_from_any_text("\xfe\xff"
                                 "\0a\0\n\xd8\x3e\xdd\x8b"sv)
                .value()
                .names,
            (Labels{"a", "\xf0\x9f\xa6\x8b"}));
  EXPECT_FALSE(labels_from_any_text("\xff\xfe"
                                    "a"sv)
                   .ok());
  EXPECT_FALSE(labels_from_any_text("\xff\xfe\x3e\xd8"sv).ok());
}

TEST(Labels, tables_are_read_by_their_titles_or_by_the_column_that_counts) {
  const Labels expected{"cat", "dog, wild"};
  for (const char* text :
       {"index,label\n0,cat\n1,\"dog, wild\"\n", "label;index\ndog, wild;1\ncat;0\n", "1,\"dog, wild\"\r\n0,cat\r\n",
        "id\tname\tother\n0\tcat\tx\n1\tdog, wild\ty\n", "name\ncat\n\"dog, wild\"\n"}) {
    const auto read = labels_from_file("labels.csv", text, 2);
    ASSERT_TRUE(read.ok()) << text << read.error().message();
    EXPECT_EQ((*read)->names, expected) << text;
  }
  for (const char* text : {"id,name\n1,cat\n2,dog\n", "a,b\nc\n", "a,b\nc,d\n", "\"cat\n", "", "0,1\n1,0\n"}) {
    EXPECT_FALSE(labels_from_file("labels.csv", text, 2).ok()) << text;
  }
}

TEST(Labels, yaml_is_read_in_the_forms_of_data_sets_and_refused_beyond) {
  const Labels expected{"cat", "it's # 1"};
  for (const char* text : {"- cat\n- 'it''s # 1'\n", "names: [cat, \"it's # 1\"]  # two\n",
                           "train: x\nnames:\n- cat\n- \"it's # 1\"\nnc: 2\n", "names:\n  1: \"it's # 1\"\n  0: cat\n",
                           "nc: 2\nnames: {0: cat,\n  1: 'it''s # 1'}\n", "---\n0: cat\n1: 'it''s # 1'\n"}) {
    const auto read = labels_from_file("data.yaml", text);
    ASSERT_TRUE(read.ok()) << text << read.error().message();
    ASSERT_TRUE(*read) << text;
    EXPECT_EQ((*read)->names, expected) << text;
  }
  EXPECT_FALSE(labels_from_file("data.yaml", "path: x\nnc: 2\n").value().has_value());
  for (const char* text :
       {"names: &a\n- cat\n", "- no\n", "- *a\n", "- |\n  cat\n", "names:\n  - cat\n    - dog\n", "names: [a, [b]]\n",
        "names:\n\t- cat\n", "- 'cat\n", "names: [a\n", "- a\n---\n- b\n", "- a: b\n"}) {
    const auto read = labels_from_file("data.yaml", text);
    EXPECT_TRUE(!read.ok() || !*read) << text;
  }
}

TEST(Labels, json_holds_objects_numbers_and_nested_forms) {
  const Labels expected{"a", "b"};
  for (const char* text :
       {R"([{"id": 1, "name": "b"}, {"id": 0, "name": "a"}])", R"([{"label": "a"}, {"label": "b"}])",
        R"({"classes": {"0": "a", "1": "b"}})", R"({"class_names": ["a", "b"]})",
        R"({"categories": [{"id": 0, "name": "a"}, {"id": 1, "name": "b"}]})",
        R"({"classes": 2, "id2label": {"0": "a", "1": "b"}})", R"({"pretrained_cfg": {"label_names": ["a", "b"]}})",
        R"({"idx_to_class": ["a", "b"]})", R"([["n01440764", "a"], ["n01443537", "b"]])"}) {
    EXPECT_EQ(from_json(text), expected) << text;
  }
  EXPECT_EQ(from_json(R"({"id2label": {"0": 7, "1": 3}})"), (Labels{"7", "3"}));
  EXPECT_FALSE(labels_from_any_text(R"([{"id": 1, "name": "a"}, {"id": 2, "name": "b"}])").ok());
}

TEST(Labels, two_columns_of_numbers_need_a_word_on_which_are_the_indices) {
  EXPECT_NE(json_error(R"({"0": 0, "1": 10, "10": 2, "2": 1})").find("no label"), std::string::npos);
  EXPECT_NE(json_error(R"({"0": 1, "1": 0})").find("both numbers"), std::string::npos);
  EXPECT_EQ(from_json(R"({"0": 0, "1": 1})"), (Labels{"0", "1"}));
  EXPECT_EQ(from_json(R"({"label2id": {"0": 1, "1": 0}})"), (Labels{"1", "0"}));
}

TEST(Labels, id2label_goes_before_a_label2id_that_disagrees) {
  const auto read = labels_from_any_text(R"({"id2label": {"0": "a", "1": "b"}, "label2id": {"a": 1, "b": 0}})");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->names, (Labels{"a", "b"}));
  EXPECT_NE(read->remark.find("disagree about \"a\""), std::string::npos);
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
