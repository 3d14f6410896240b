// SPDX-License-Identifier: Apache-2.0
// Errors as text, and the ways they travel.
#include "paperkite/error.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "base/presentable.h"
#include "base/printable.h"
#include "paperkite/try.h"

namespace kite {
namespace {

TEST(Error, reads_what_where_remedy_without_the_empty_parts) {
  EXPECT_EQ((Error{ErrorCode::kIo, "no such file", "a.onnx", "check the path"}).message(),
            "no such file; a.onnx; check the path");
  EXPECT_EQ((Error{ErrorCode::kIo, "no such file", "", "check the path"}).message(), "no such file; check the path");
  EXPECT_EQ((Error{ErrorCode::kIo, "no such file", "", ""}).message(), "no such file");
}

TEST(Error, grows_its_place_outwards) {
  EXPECT_EQ((Error{ErrorCode::kIo, "x", "", ""}).in("m.onnx").where, "m.onnx");
  EXPECT_EQ((Error{ErrorCode::kIo, "x", "node \"c\"", ""}).in("m.onnx").where, "m.onnx: node \"c\"");
  EXPECT_EQ((Error{ErrorCode::kIo, "x", "node \"c\"", ""}).in("").where, "node \"c\"") << "a model in memory";
}

TEST(Error, has_a_remedy_whatever_its_code_is) {
  for (int code = 0; error_code_name(static_cast<ErrorCode>(code)) != "unknown"; ++code) {
    const Error shown = presentable({static_cast<ErrorCode>(code), "what", "where", ""});
    EXPECT_FALSE(shown.remedy.empty()) << code;
    EXPECT_EQ(presentable({static_cast<ErrorCode>(code), "what", "", "do this"}).remedy, "do this");
  }
}

TEST(Error, is_shown_without_the_middle_of_what_is_too_long) {
  const Error shown = presentable({ErrorCode::kIo, std::string(100'000, 'x') + "end", std::string(4096, 'p'), ""});
  EXPECT_LE(shown.what.size(), 5000U);
  EXPECT_TRUE(shown.what.ends_with("xend"));
  EXPECT_EQ(shown.where.size(), 4096U) << "a path stays whole";
}

TEST(Error, names_are_the_stable_ones) {
  EXPECT_EQ(error_code_name(ErrorCode::kUsage), "usage");
  EXPECT_EQ(error_code_name(ErrorCode::kInvalidModel), "invalid-model");
  EXPECT_EQ(error_code_name(ErrorCode::kUnsupportedModel), "unsupported-model");
  EXPECT_EQ(error_code_name(ErrorCode::kInvalidInput), "invalid-input");
  EXPECT_EQ(error_code_name(ErrorCode::kInvalidImage), "invalid-image");
  EXPECT_EQ(error_code_name(ErrorCode::kUnsupportedImage), "unsupported-image");
  EXPECT_EQ(error_code_name(ErrorCode::kLimit), "limit");
  EXPECT_EQ(error_code_name(ErrorCode::kIo), "io");
  EXPECT_EQ(error_code_name(ErrorCode::kInterrupted), "interrupted");
}

Result<std::unique_ptr<int>> half(int n) {
  if (n % 2 != 0) return Error{ErrorCode::kInvalidInput, "odd", std::to_string(n), {}};
  return std::make_unique<int>(n / 2);
}

Status quarter(int n, int& out) {
  KITE_TRY_ASSIGN(const auto first, half(n));
  KITE_TRY_ASSIGN(const auto second, half(*first));
  KITE_TRY(half(4));
  out = *second;
  return {};
}

TEST(Result, the_try_macros_hand_on_values_and_errors) {
  int out = 0;
  EXPECT_TRUE(quarter(12, out).ok());
  EXPECT_EQ(out, 3);
  const Status failed = quarter(6, out);
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().message(), "odd; 3");
}

TEST(Quoted, escapes_what_a_terminal_would_act_on) {
  EXPECT_EQ(in_quotes("layer1/conv"), "\"layer1/conv\"");
  EXPECT_EQ(in_quotes("a\"b\\c"), "\"a\\\"b\\\\c\"");
  EXPECT_EQ(in_quotes("\x1b[31m\n\x7f"), "\"\\x1b[31m\\x0a\\x7f\"");
  EXPECT_EQ(in_quotes("\xc2\x9b"), "\"\\xc2\\x9b\"") << "the one-byte terminal escape of Latin-1";
  EXPECT_EQ(in_quotes(std::string_view("a\0b", 3)), "\"a\\x00b\"");
}

TEST(Quoted, keeps_utf8_and_escapes_bytes_that_are_not) {
  EXPECT_EQ(in_quotes("Gr\xc3\xbc\xc3\x9f"
                      "e \xe2\x82\xac \xf0\x9f\xaa\x81"),
            "\"Gr\xc3\xbc\xc3\x9f"
            "e \xe2\x82\xac \xf0\x9f\xaa\x81\"");
  EXPECT_EQ(in_quotes("\xff\xc3"), "\"\\xff\\xc3\"");
  EXPECT_EQ(in_quotes("\xc0\xaf"), "\"\\xc0\\xaf\"") << "overlong";
  EXPECT_EQ(in_quotes("\xed\xa0\x80"), "\"\\xed\\xa0\\x80\"") << "surrogate";
  EXPECT_EQ(in_quotes("\xf4\x90\x80\x80"), "\"\\xf4\\x90\\x80\\x80\"") << "above U+10FFFF";
}

TEST(Quoted, shortens_long_text_in_the_middle) {
  const std::string text = std::string(5000, 'a') + "end";
  EXPECT_EQ(in_quotes(text), "\"" + std::string(76, 'a') + "..." + std::string(73, 'a') + "end\"");
}

}  // namespace
}  // namespace kite
