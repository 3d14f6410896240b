// SPDX-License-Identifier: Apache-2.0
#include "cli/parser/verb.h"

#include <gtest/gtest.h>

namespace kite::cli {
namespace {

TEST(Option, spells_its_short_names_first) {
  bool flag = false;
  const Option option{.names = "--output,-o,--out", .into = &flag, .help = ""};
  EXPECT_EQ(option.spellings(), (std::vector<std::string>{"-o", "--output", "--out"}));
  EXPECT_FALSE(option.is_positional());
  EXPECT_TRUE((Option{.names = "MODEL", .into = &flag, .help = ""}).is_positional());
}

TEST(Option, says_what_kind_of_value_it_takes) {
  bool flag = false;
  int count = 0;
  std::int64_t batch = 0;
  std::uint64_t bytes = 0;
  double seconds = 0;
  std::string text;
  std::optional<int> rounds;
  std::optional<std::int64_t> pictures;
  std::optional<std::uint64_t> seed;
  std::optional<double> minutes;
  std::vector<int> threads;
  std::vector<std::string> names;
  const Take take = [](const std::string&) { return std::string(); };
  struct Case {
    Destination into;
    std::string_view type;
    bool takes_value, takes_many;
  };
  const Case cases[] = {
      {&flag, "", false, false},    {Reply{"1"}, "", false, false},   {&count, "INT", true, false},
      {&batch, "INT", true, false}, {&bytes, "UINT", true, false},    {&seconds, "FLOAT", true, false},
      {&text, "TEXT", true, false}, {&rounds, "INT", true, false},    {&pictures, "INT", true, false},
      {&seed, "UINT", true, false}, {&minutes, "FLOAT", true, false}, {&threads, "INT", true, true},
      {&names, "TEXT", true, true}, {take, "TEXT", true, false}};
  static_assert(std::size(cases) == std::variant_size_v<Destination>);
  for (const Case& one : cases) {
    const Option option{.names = "--x", .into = one.into, .help = ""};
    EXPECT_EQ(option.type_name(), one.type) << one.into.index();
    EXPECT_EQ(option.takes_value(), one.takes_value) << one.into.index();
    EXPECT_EQ(option.takes_many(), one.takes_many) << one.into.index();
  }
}

TEST(Option, names_its_values_after_its_type) {
  std::string text;
  const Option plain{.names = "--isa", .into = &text, .help = "", .values = one_of({"avx2", "generic"})};
  EXPECT_EQ(plain.value_text(), "TEXT:{avx2,generic}");
  const Option named{.names = "--isa", .into = &text, .help = "", .type = "ISA", .values = one_of({"avx2"})};
  EXPECT_EQ(named.value_text(), "ISA:{avx2}");
  const Option silent{.names = "NAME", .into = &text, .help = "", .type = ""};
  EXPECT_EQ(silent.value_text(), "");
}

TEST(OneOf, takes_its_words_and_no_other) {
  const Values values = one_of({"pil", "torchvision"});
  for (std::string word : {"pil", "torchvision"}) EXPECT_EQ(values.check(word), "");
  for (std::string word : {"", "PIL", "pil,torchvision"})
    EXPECT_EQ(values.check(word), word + " not in {pil,torchvision}");
}

}  // namespace
}  // namespace kite::cli
