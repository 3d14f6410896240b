// SPDX-License-Identifier: Apache-2.0
// Text that Python's repr() writes, and text that it never writes.
#include "carriers/python_literal.h"

#include <gtest/gtest.h>

namespace kite {
namespace {

TEST(PythonLiteral, names_are_read_with_both_quotes_and_escapes) {
  const auto names = parse_python_names(R"({0: 'tench', 1: "goldfish's", 2: 'a\'b\\c\n\x41\u00e9\U0001f98b', })");
  ASSERT_TRUE(names.ok()) << names.error().message();
  EXPECT_EQ(names->size(), 3U);
  EXPECT_EQ(names->at(0), "tench");
  EXPECT_EQ(names->at(1), "goldfish's");
  EXPECT_EQ(names->at(2), "a'b\\c\nA\xc3\xa9\xf0\x9f\xa6\x8b");
}

TEST(PythonLiteral, names_come_as_dict_list_or_tuple) {
  const Labels expected{"a", "b"};
  for (const char* text : {"{1: 'b', 0: 'a'}", "{'0': 'a', '1': 'b'}", "{'b': 1, 'a': 0}", "['a', 'b']", "('a', 'b',)",
                           "\n{0: 'a',\n 1: 'b'}\n"}) {
    const auto names = parse_python_names(text);
    ASSERT_TRUE(names.ok()) << text << ": " << names.error().message();
    EXPECT_EQ(*names, expected) << text;
  }
  EXPECT_EQ(parse_python_names("[3, 7]").value(), (Labels{"3", "7"}));
}

TEST(PythonLiteral, what_names_no_class_is_refused) {
  for (const char* text : {" {} ", "[]", "{'x': 'a'}", "{0: 'a', 0: 'b'}", "{0: 'a', 2: 'b'}", "{0: ''}"}) {
    const auto names = parse_python_names(text);
    ASSERT_FALSE(names.ok()) << text;
    EXPECT_EQ(names.error().code, ErrorCode::kInvalidModel);
  }
}

TEST(PythonLiteral, broken_literals_are_errors_with_an_offset) {
  for (const char* text : {"", "{", "{0", "{0:", "{0: 'a", "{0: 'a'", "{0: 'a' 1: 'b'}", "{0: a}", "{0: None}",
                           "{0: 'a'} x", R"({0: '\)", R"({0: '\x4'})", R"({0: '\ud800'})", R"({0: '\U00110000'})",
                           "{99999999999999999999: 'a'}", "{0: r'a'}", "['a' 'b']", "['a'", "('a']"}) {
    const auto names = parse_python_names(text);
    ASSERT_FALSE(names.ok()) << text;
    EXPECT_EQ(names.error().code, ErrorCode::kInvalidModel);
    EXPECT_NE(names.error().where.find("byte"), std::string::npos) << text;
  }
}

TEST(PythonLiteral, lists_of_numbers_come_in_three_forms) {
  EXPECT_EQ(parse_python_int_list("[224, 320]").value(), (std::vector<std::int64_t>{224, 320}));
  EXPECT_EQ(parse_python_int_list("(224,)").value(), (std::vector<std::int64_t>{224}));
  EXPECT_EQ(parse_python_int_list("640").value(), (std::vector<std::int64_t>{640}));
  for (const char* text : {"", "[", "[1", "[1 2]", "[1,2] 3", "x", "[1)"})
    EXPECT_FALSE(parse_python_int_list(text).ok()) << text;
}

}  // namespace
}  // namespace kite
