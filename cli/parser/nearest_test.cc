// SPDX-License-Identifier: Apache-2.0
#include "cli/parser/nearest.h"

#include <gtest/gtest.h>

namespace kite::cli {
namespace {

TEST(Nearest, is_the_word_with_the_fewest_letters_that_differ) {
  const std::vector<std::string> known = {"-k", "--threads", "--threshold", "--labels", "--no-cache", "classify"};
  EXPECT_EQ(nearest("--thread", known), "--threads");
  EXPECT_EQ(nearest("--treshold", known), "--threshold");
  EXPECT_EQ(nearest("--lables", known), "--labels");
  EXPECT_EQ(nearest("--nocache", known), "--no-cache");
  EXPECT_EQ(nearest("--lab", known), "--labels");
  EXPECT_EQ(nearest("clasify", known), "classify");
}

TEST(Nearest, is_none_where_nothing_is_near) {
  const std::vector<std::string> known = {"-k", "--threads", "--labels"};
  for (const char* word : {"", "-", "--", "-x", "--ab", "--bogus", "--\xff\xfe\x1b"})
    EXPECT_EQ(nearest(word, known), "") << word;
  EXPECT_EQ(nearest(std::string(100'000, 'a'), known), "");
  EXPECT_EQ(nearest("--threads", {}), "");
}

}  // namespace
}  // namespace kite::cli
