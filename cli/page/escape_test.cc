// SPDX-License-Identifier: Apache-2.0
// Text of foreign files in a page: it stays text.
#include "cli/page/escape.h"

#include <string>

#include <gtest/gtest.h>

#include "cli/page/base64.h"

namespace kite {
namespace {

TEST(escape, text_cannot_leave_its_element_or_attribute) {
  EXPECT_EQ(escaped("<a href=\"x\">'&'</a>"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
}

TEST(escape, bytes_that_are_no_utf8_are_replaced) {
  const std::string mark = "\xEF\xBF\xBD";
  EXPECT_EQ(escaped("a\x80z"), "a" + mark + "z");
  EXPECT_EQ(escaped("\xC3\xA9"), "\xC3\xA9");
  EXPECT_EQ(escaped("\xC3"), mark);                           // cut short
  EXPECT_EQ(escaped("\xC0\xAF"), mark + mark);                // overlong "/"
  EXPECT_EQ(escaped("\xED\xA0\x80"), mark + mark + mark);     // a surrogate
  EXPECT_EQ(escaped(std::string("\0\x1B", 2)), mark + mark);  // XML forbids them
  EXPECT_EQ(escaped("\xEF\xBF\xBF"), mark + mark + mark);     // U+FFFF, too
  EXPECT_EQ(escaped("\xE2\x80\xAE"), mark + mark + mark);     // U+202E turns all that follows
  EXPECT_EQ(escaped("\xE2\x80\xA8"), "\xE2\x80\xA8");
  EXPECT_EQ(escaped("\xD7\xA9"), "\xD7\xA9");  // a letter of a script that is written from the right
  EXPECT_EQ(escaped("\xF0\x9F\xA6\x8B"), "\xF0\x9F\xA6\x8B");
}

TEST(escape, a_json_string_cannot_end_the_element_that_holds_it) {
  EXPECT_EQ(json_string("</script><!--"), "\"\\u003C/script>\\u003C!--\"");
  EXPECT_EQ(json_string("a\"b\\c\td\n&amp;"), "\"a\\\"b\\\\c\\td\\n\\u0026amp;\"");
  EXPECT_EQ(json_string(std::string("\0\x80\xC3\xA9", 4)), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xC3\xA9\"");
}

// The examples of RFC 4648.
TEST(base64, fills_up_the_last_group) {
  const char* const kExamples[][2] = {{"", ""},
                                      {"f", "Zg=="},
                                      {"fo", "Zm8="},
                                      {"foo", "Zm9v"},
                                      {"foob", "Zm9vYg=="},
                                      {"fooba", "Zm9vYmE="},
                                      {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : kExamples) EXPECT_EQ(base64(bytes), text);
  EXPECT_EQ(base64(std::string("\xFF\xFE\0", 3)), "//4A");
}

}  // namespace
}  // namespace kite
