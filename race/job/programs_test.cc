// SPDX-License-Identifier: Apache-2.0
#include "race/job/programs.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/test_folder.h"

namespace kite::race {
namespace {

namespace fs = std::filesystem;

class Programs : public ::testing::Test {
 protected:
  [[nodiscard]] std::string file(const std::string& name, const std::string& contents) const {
    return folder_.write(name, contents);
  }

  [[nodiscard]] static Contestant command(const std::string& id, CommandTemplate oneshot) {
    Contestant contestant;
    contestant.record.id = id;
    contestant.variant.oneshot = std::move(oneshot);
    return contestant;
  }

  TestFolder folder_;
};

TEST_F(Programs, are_the_files_that_a_command_names_and_not_those_of_the_race) {
  const std::string script = file("infer.py", "print(1)"), log = file("log", "grows");
  Variant variant;
  variant.oneshot = {"sh", "--log", log, "{peer}/infer.py", "{model}", log, "--threads"};
  variant.no_pre = {"sh", "{peer}/infer.py", "/no/such/file"};
  const auto programs = programs_of(variant, {{"peer", folder_.path()}});
  ASSERT_EQ(programs.size(), 2u);
  EXPECT_TRUE(programs[0].path.ends_with("/sh")) << programs[0].path;
  EXPECT_EQ(programs[1].path, script);
  EXPECT_EQ(programs[1].bytes, 8u);
  EXPECT_EQ(programs[1].xxh3.size(), 16u);
}

TEST_F(Programs, are_known_by_their_contents) {
  const std::string old_build = file("old", "one"), new_build = file("new", "two"), copy = file("copy", "one");
  const auto hash = [](const std::string& path) {
    Variant variant;
    variant.oneshot = {path};
    return programs_of(variant, {})[0].xxh3;
  };
  EXPECT_EQ(hash(old_build), hash(copy));
  EXPECT_NE(hash(old_build), hash(new_build));
}

TEST_F(Programs, two_commands_that_are_one_program_are_named) {
  const std::string old_build = file("old", "one"), new_build = file("new", "two"), copy = file("copy", "one");
  EXPECT_TRUE(
      same_programs(std::vector{command("base", {old_build, "{model}"}), command("new", {new_build, "{model}"})})
          .empty());
  EXPECT_TRUE(same_programs(std::vector{command("base", {old_build, "-1"}), command("new", {copy, "-2"})}).empty());
  EXPECT_EQ(
      same_programs(std::vector{command("base", {old_build, "{model}"}), command("new", {copy, "{model}"})}),
      std::vector<std::string>{"\"base\" and \"new\" are the same program: their command lines and files are equal"});
}

}  // namespace
}  // namespace kite::race
