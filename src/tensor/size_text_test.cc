// SPDX-License-Identifier: Apache-2.0
#include "tensor/size_text.h"

#include <gtest/gtest.h>

namespace kite {

TEST(size_text, one_number_is_a_square_and_two_are_height_and_width) {
  EXPECT_EQ(parse_picture_size("224"), (PictureSize{224, 224}));
  EXPECT_EQ(parse_picture_size("224x160"), (PictureSize{224, 160}));
  for (const char* text : {"", "x", "224x", "x224", "0", "-1x5", "1x65537", "2x3x4", " 224", "224 x 224", "1e3"}) {
    EXPECT_FALSE(parse_picture_size(text)) << text;
  }
}

TEST(size_text, the_last_equals_sign_ends_the_name_of_an_input) {
  const auto plain = parse_named_shape("x=1x3x224x224");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->first, "x");
  EXPECT_EQ(plain->second, (Shape{1, 3, 224, 224}));
  const auto odd = parse_named_shape("a=b=7");
  ASSERT_TRUE(odd);
  EXPECT_EQ(odd->first, "a=b");
  EXPECT_EQ(odd->second, (Shape{7}));
  for (const char* text : {"", "=", "x=", "=1x2", "1x2", "x=0", "x=1x-2", "x=1xx2", "x=1x2x", "x=1x1x1x1x1x1x1x1x1"}) {
    EXPECT_FALSE(parse_named_shape(text)) << text;
  }
}

}  // namespace kite
