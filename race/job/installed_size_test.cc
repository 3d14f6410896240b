// SPDX-License-Identifier: Apache-2.0
#include "race/job/installed_size.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <vector>

#include "base/test_folder.h"

namespace kite::race {
namespace {

namespace fs = std::filesystem;

class InstalledSize : public testing::Test {
 protected:
  void SetUp() override {
    file("venv/lib/runtime.so", 1000);
    file("venv/module.py", 20);
    file("elsewhere.so", 300);
  }
  void file(const std::string& name, std::size_t bytes) { folder_.write(name, std::string(bytes, 'x')); }
  [[nodiscard]] std::string path(const std::string& name) const { return folder_ / name; }

  TestFolder folder_;
};

TEST_F(InstalledSize, is_the_bytes_of_files_and_of_all_files_in_folders) {
  const std::vector<std::string> paths = {path("venv"), path("elsewhere.so")};
  EXPECT_EQ(installed_bytes(paths), 1320u);
}

TEST_F(InstalledSize, follows_a_link_that_is_named_and_none_inside_a_folder) {
  fs::create_symlink(path("elsewhere.so"), path("venv/interpreter"));
  EXPECT_EQ(installed_bytes(std::vector{path("venv")}), 1020u);
  EXPECT_EQ(installed_bytes(std::vector{path("venv/interpreter")}), 300u);
}

TEST_F(InstalledSize, counts_a_file_of_several_names_once) {
  fs::create_hard_link(path("elsewhere.so"), path("venv/copy.so"));
  EXPECT_EQ(installed_bytes(std::vector{path("venv"), path("elsewhere.so"), path("elsewhere.so")}), 1320u);
}

TEST_F(InstalledSize, is_not_known_where_a_path_is_missing_or_none_is_named) {
  EXPECT_FALSE(installed_bytes(std::vector{path("venv"), path("not there")}));
  EXPECT_FALSE(installed_bytes({}));
}

}  // namespace
}  // namespace kite::race
