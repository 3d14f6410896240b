// SPDX-License-Identifier: Apache-2.0
// Typed lookup of attributes.
#include "graph/attributes.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace kite {
namespace {

Attributes sample() {
  Attributes attributes;
  attributes.set("group", std::int64_t{2});
  attributes.set("alpha", 0.5F);
  attributes.set("mode", std::string("linear"));
  attributes.set("pads", std::vector<std::int64_t>{1, 2, 3, 4});
  attributes.set("scales", std::vector<float>{0.25F});
  return attributes;
}

TEST(Attributes, are_found_by_name_and_type) {
  const Attributes attributes = sample();
  EXPECT_EQ(attributes.get_int("group", 1), 2);
  EXPECT_EQ(attributes.get_float("alpha", 1.F), 0.5F);
  EXPECT_EQ(attributes.get_string("mode", "nearest"), "linear");
  EXPECT_EQ(attributes.get_ints("pads").size(), 4U);
  EXPECT_EQ(attributes.get_floats("scales")[0], 0.25F);
}

TEST(Attributes, fall_back_when_absent_or_of_another_type) {
  const Attributes attributes = sample();
  EXPECT_EQ(attributes.get_int("absent", 7), 7);
  EXPECT_EQ(attributes.get_int("alpha", 7), 7);
  EXPECT_EQ(attributes.get_string("group", "none"), "none");
  EXPECT_TRUE(attributes.get_ints("scales").empty());
  EXPECT_EQ(attributes.get_tensor("pads"), nullptr);
}

TEST(Attributes, are_replaced_and_erased_in_place) {
  Attributes attributes = sample();
  attributes.set("group", std::int64_t{8});
  EXPECT_EQ(attributes.all().size(), 5U);
  EXPECT_EQ(attributes.all()[0].name, "group");
  EXPECT_EQ(attributes.get_int("group", 1), 8);
  attributes.erase("group");
  EXPECT_FALSE(attributes.has("group"));
  EXPECT_EQ(attributes.all().size(), 4U);
}

}  // namespace
}  // namespace kite
