// SPDX-License-Identifier: Apache-2.0
// A child that is ended by a signal leaves no file and no folder.
#include "base/leftovers.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "base/temporary_folder.h"
#include "base/test_folder.h"
#include "base/unfinished_file.h"

namespace kite {
namespace {

namespace fs = std::filesystem;

void put(const fs::path& path) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << "text";
}

// Makes files and folders, then calls `end`, which must not return.
void child_that_ends(const std::string& folder, void (*end)()) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    std::signal(SIGTERM, [](int) {
      remove_leftovers();
      ::_exit(7);
    });
    const auto file = UnfinishedFile::create(folder + "/file-", 0600);
    const auto unpacked = TemporaryFolder::create_in(folder);
    auto moved = TemporaryFolder::create_in(folder);
    const TemporaryFolder kept(std::move(*moved));
    for (int i = 0; i < 200; ++i) put(unpacked->path() + "/a/b/" + std::to_string(i));
    fs::create_directory_symlink(folder + "/mine", unpacked->path() + "/link");
    put(kept.path() + "/.hidden");
    end();
    ::_exit(8);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
}

TEST(Leftovers, a_signal_leaves_what_is_the_users_and_nothing_else) {
  const TestFolder folder;
  put(folder / "mine/file");
  child_that_ends(folder.path(), [] { ::raise(SIGTERM); });
  std::vector<std::string> left;
  for (const auto& entry : fs::recursive_directory_iterator(folder.path())) left.push_back(entry.path().filename());
  EXPECT_EQ(left, (std::vector<std::string>{"mine", "file"}));
}

TEST(Leftovers, what_was_removed_or_finished_is_not_looked_for) {
  const TestFolder folder;
  {
    auto file = UnfinishedFile::create(folder / "x", 0600);
    ASSERT_TRUE(file.ok());
    ASSERT_EQ(file->rename_to(folder / "done"), 0);
  }
  remove_leftovers();
  EXPECT_TRUE(fs::exists(folder / "done"));
}

}  // namespace
}  // namespace kite
