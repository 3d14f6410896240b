// SPDX-License-Identifier: Apache-2.0
#include "base/installation.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "base/test_folder.h"

namespace kite {
namespace {

TEST(Installation, a_program_in_a_build_folder_belongs_to_the_project) {
  const TestFolder folder;
  for (const char* part : {"peers", "race", "references", "build/release/bin", "build/bin"}) {
    std::filesystem::create_directories(folder.path() + "/" + part);
  }
  for (const char* bin : {"/build/release/bin", "/build/bin"}) {
    const Installation found = find_installation(folder.path() + bin + "/kite");
    EXPECT_FALSE(found.is_installed);
    EXPECT_EQ(found.root, folder.path());
    const auto programs = find_foreign_programs(found, "references", "", "--references-dir", "KITE_TEST_REFERENCES");
    ASSERT_TRUE(programs.ok()) << programs.error().message();
    EXPECT_EQ(*programs, (ForeignPrograms{folder.path() + "/references", folder.path() + "/.references"}));
  }
}

TEST(Installation, what_an_installed_program_makes_is_in_the_users_data_folder) {
  const TestFolder folder;
  std::filesystem::create_directories(folder.path() + "/share/paperkite/references");
  std::filesystem::create_directories(folder.path() + "/mine");
  const Installation found = find_installation(folder.path() + "/bin/kite");
  EXPECT_TRUE(found.is_installed);
  ::setenv("XDG_DATA_HOME", "/data", 1);
  const auto programs = find_foreign_programs(found, "references", "", "--references-dir", "KITE_TEST_REFERENCES");
  ASSERT_TRUE(programs.ok()) << programs.error().message();
  EXPECT_EQ(programs->homes, "/data/paperkite/references");
  ::setenv("KITE_TEST_REFERENCES", (folder.path() + "/mine/").c_str(), 1);
  const auto chosen = find_foreign_programs(found, "references", "", "--references-dir", "KITE_TEST_REFERENCES");
  ASSERT_TRUE(chosen.ok()) << chosen.error().message();
  EXPECT_EQ(*chosen, (ForeignPrograms{folder.path() + "/mine", folder.path() + "/.references"}));
  const auto missing =
      find_foreign_programs(found, "references", "/nowhere", "--references-dir", "KITE_TEST_REFERENCES");
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(missing.error().message().find("--references-dir"), std::string::npos);
  ::unsetenv("KITE_TEST_REFERENCES");
  ::unsetenv("XDG_DATA_HOME");
}

}  // namespace
}  // namespace kite
