// SPDX-License-Identifier: Apache-2.0
// No character that controls a terminal remains, and all readable text does.
#include "base/text_escape.h"

#include <gtest/gtest.h>

namespace kite {
namespace {

TEST(EscapeForTerminal, ordinary_text_stays) {
  for (const char* text : {"Paper Kite", "a\\b \"c\"", "\xc3\xa9t\xc3\xa9", "\xf0\x9f\xa6\x8b", ""}) {
    EXPECT_EQ(escape_for_terminal(text), text);
  }
}

TEST(EscapeForTerminal, controls_overrides_and_broken_bytes_become_visible) {
  EXPECT_EQ(escape_for_terminal("\x1b[31mred\n"), "\\x1b[31mred\\x0a");
  EXPECT_EQ(escape_for_terminal("\x7f"), "\\x7f");
  EXPECT_EQ(escape_for_terminal("\xc2\x9b"), "\\x9b");          // C1: CSI in one character
  EXPECT_EQ(escape_for_terminal("\xe2\x80\xae"), "\\u{202e}");  // right-to-left override
  EXPECT_EQ(escape_for_terminal("a\xff\xc3"), "a\\xff\\xc3");
}

TEST(ValidUtf8, follows_the_standard) {
  EXPECT_TRUE(is_valid_utf8("\xc3\xa9 \xe2\x82\xac \xf0\x9f\xa6\x8b"));
  for (const char* text : {"\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\x80",
                           "\xe2\x82", "\xf0\x8f\xbf\xbf"}) {
    EXPECT_FALSE(is_valid_utf8(text));
  }
}

}  // namespace
}  // namespace kite
