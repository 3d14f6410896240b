// SPDX-License-Identifier: Apache-2.0
// What Python's repr() writes, and what it never writes.
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

TEST(PythonLiteral, an_empty_dict_has_no_names) {
  const auto names = parse_python_names(" {} ");
  ASSERT_TRUE(names.ok());
  EXPECT_TRUE(names->empty());
}

TEST(PythonLiteral, broken_dicts_are_errors_with_an_offset) {
  for (const char* text : {"", "{", "{0", "{0:", "{0: 'a", "{0: 'a'", "{0: 'a' 1: 'b'}", "{0: a}", "{'x': 'a'}", "[0]",
                           "{0: 'a'} x", R"({0: '\)", R"({0: '\x4'})", R"({0: '\ud800'})", R"({0: '\U00110000'})",
                           "{0: 'a', 0: 'b'}", "{99999999999999999999: 'a'}"}) {
    const auto names = parse_python_names(text);
    ASSERT_FALSE(names.ok()) << text;
    EXPECT_EQ(names.error().code, ErrorCode::kInvalidModel);
    EXPECT_NE(names.error().where.find("byte"), std::string::npos);
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
