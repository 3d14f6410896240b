// SPDX-License-Identifier: Apache-2.0
#include "base/ascii.h"

#include <gtest/gtest.h>

namespace kite {
namespace {

TEST(Ascii, BlanksAtBothEndsAreTakenOff) {
  EXPECT_EQ(trimmed("\t paper kite\r\n"), "paper kite");
  EXPECT_EQ(trimmed(" \v\f"), "");
  EXPECT_EQ(trimmed(""), "");
}

TEST(Ascii, OnlyLettersOfAsciiGetLowerCase) {
  EXPECT_EQ(lower_case("ONNX [Z] 1_A"), "onnx [z] 1_a");
  EXPECT_EQ(lower_case("\xc3\x84pfel"), "\xc3\x84pfel");  // the bytes of a capital A with two dots
}

}  // namespace
}  // namespace kite
