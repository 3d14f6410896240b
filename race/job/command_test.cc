// SPDX-License-Identifier: Apache-2.0
#include "race/job/command.h"

#include <gtest/gtest.h>

namespace kite::race {
namespace {

using Words = std::vector<std::string>;

TEST(Command, a_value_with_blanks_and_quotes_stays_one_word) {
  const Words words = {"{kite}", "--picture", "{picture}", "--set", "saved={cache}/m.onnx"};
  const Values values = {{"kite", "/opt/k"}, {"picture", "/a b/it's.jpg"}, {"cache", "/c"}};
  EXPECT_EQ(expand(words, values), (Words{"/opt/k", "--picture", "/a b/it's.jpg", "--set", "saved=/c/m.onnx"}));
}

TEST(Command, what_is_not_known_yet_is_left_for_later) {
  EXPECT_EQ(expand("{count} of {model}", {{"model", "m"}}), "{count} of m");
  EXPECT_EQ(expand(expand("{count} of {model}", {{"model", "m"}}), {{"count", "3"}}), "3 of m");
}

TEST(Command, a_filled_in_value_is_not_looked_at_again) {
  EXPECT_EQ(expand("{model}", {{"model", "{count}"}, {"count", "3"}}), "{count}");
}

TEST(Command, braces_that_hold_no_name_are_plain_text) {
  EXPECT_EQ(expand("{} {A} {a {1} awk '{print $1}' }", {{"a", "x"}}), "{} {A} {a {1} awk '{print $1}' }");
  EXPECT_TRUE(placeholders_of("{} {A b} {x").empty());
  EXPECT_EQ(placeholders_of("{a}{b_c}x{{d}}"), (Words{"a", "b_c", "d"}));
}

TEST(Command, quoted_text_splits_into_the_same_words) {
  const Words words = {"plain", "", "it's", "a b", "$HOME", "back\\slash", "\"", "*", "new\nline", "--x=1"};
  const auto split = split_words(quoted(words));
  ASSERT_TRUE(split.ok());
  EXPECT_EQ(*split, words);
  EXPECT_EQ(quoted(Words{"plain", "--x=1", "a b"}), "plain --x=1 'a b'");
}

TEST(Command, a_typed_line_is_split_like_a_shell_does) {
  const auto split = split_words("  ./my prog\\ x 'a  b'\"c\" d=\"e f\" ");
  ASSERT_TRUE(split.ok());
  EXPECT_EQ(*split, (Words{"./my", "prog x", "a  bc", "d=e f"}));
  EXPECT_FALSE(split_words("'open").ok());
  EXPECT_FALSE(split_words("  ").ok());
}

}  // namespace
}  // namespace kite::race
