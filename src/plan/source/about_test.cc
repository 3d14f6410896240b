// SPDX-License-Identifier: Apache-2.0
#include "plan/source/about.h"

#include <gtest/gtest.h>

#include <string>

namespace kite {
namespace {

std::string names(std::string_view text) {
  std::string all;
  for (const DefaultInput& input : defaults_of(text)) {
    all += std::string(input.name) + input.type.shape.to_string() + std::string(dtype_name(input.type.dtype)) + ';';
  }
  return all;
}

TEST(About, defaults_of_reads_what_was_written_whatever_the_names_hold) {
  Graph graph;
  for (const char* const name : {"a", "two words\n3", ""}) {
    const ValueId id = graph.add_constant(name, Tensor(DType::kInt64, {2, 3}));
    graph.inputs_with_default.push_back({id, DType::kInt64, {{2, ""}, {3, ""}}});
  }
  graph.inputs_with_default.push_back({graph.add_value("given"), DType::kFloat32, {}});
  const ValueId scalar = graph.add_constant("s", Tensor(DType::kFloat32, {}));
  graph.inputs_with_default.push_back({scalar, DType::kFloat32, {}});
  Notes notes;
  note_defaults(notes, graph);
  EXPECT_EQ(names(notes.at(std::string(kDefaultsNote))),
            "a[2,3]int64;two words\n3[2,3]int64;" + graph.value(2).name + "[2,3]int64;s[]float32;");
}

TEST(About, a_damaged_text_ends_at_its_damage) {
  EXPECT_EQ(names("0 1 4 1 a0 1 4 1"), "a[4]float32;");
  for (const char* const text :
       {"", "0", "0 ", "99 1 4 1 a", "-1 1 4 1 a", "0 9 1 1 1 1 1 1 1 1 1 1 a", "0 1 -4 1 a", "0 1 4 2 a", "0 1 4 -1 a",
        "0 1 99999999999999999999 1 a", "0 2 1099511627776 2 1 a", "0 x 4 1 a", "0 1000000000000 4 1 a"}) {
    EXPECT_EQ(names(text), "") << text;
  }
}

TEST(About, what_is_empty_is_no_note_and_a_version_that_is_no_number_is_none) {
  Notes notes;
  note_about(notes, {});
  EXPECT_TRUE(notes.empty());
  EXPECT_EQ(about_of([](std::string_view) { return "x"; }).version, 0);
}

}  // namespace
}  // namespace kite
