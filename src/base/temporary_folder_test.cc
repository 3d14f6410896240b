// SPDX-License-Identifier: Apache-2.0
#include "base/temporary_folder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>

#include "base/test_folder.h"

namespace kite {
namespace {

namespace fs = std::filesystem;

TEST(TemporaryFolder, is_the_users_alone_and_goes_with_all_that_is_in_it) {
  std::string path;
  {
    const auto folder = TemporaryFolder::create();
    ASSERT_TRUE(folder.ok()) << folder.error().message();
    path = folder->path();
    struct stat info;
    ASSERT_EQ(::stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0700U);
    fs::create_directories(path + "/a/b");
    std::ofstream(path + "/a/b/c") << "text";
  }
  EXPECT_FALSE(fs::exists(path));
}

TEST(TemporaryFolder, can_be_hidden_in_a_named_folder) {
  const TestFolder above;
  {
    const auto folder = TemporaryFolder::create_in(above.path());
    ASSERT_TRUE(folder.ok()) << folder.error().message();
    EXPECT_EQ(fs::path(folder->path()).parent_path(), above.path());
    EXPECT_EQ(fs::path(folder->path()).filename().string().front(), '.');
  }
  EXPECT_TRUE(fs::is_empty(above.path()));
  const auto nowhere = TemporaryFolder::create_in(above / "missing");
  ASSERT_FALSE(nowhere.ok());
  EXPECT_EQ(nowhere.error().where, above / "missing");
}

TEST(TemporaryFolder, that_was_moved_is_removed_once_by_its_last_owner) {
  std::optional<TemporaryFolder> kept;
  {
    auto made = TemporaryFolder::create();
    ASSERT_TRUE(made.ok());
    kept.emplace(std::move(*made));
  }
  const std::string path = kept->path();
  EXPECT_TRUE(fs::exists(path));
  kept.reset();
  EXPECT_FALSE(fs::exists(path));
}

TEST(TemporaryFolder, has_a_name_that_no_other_has) {
  const TestFolder one, other;
  EXPECT_NE(one.path(), other.path());
  EXPECT_EQ(fs::path(one / "a/b"), fs::path(one.path()) / "a" / "b");
  EXPECT_TRUE(fs::exists(one.write("a/b", "text")));
  EXPECT_FALSE(fs::exists(other / "a/b"));
}

TEST(TemporaryFolder, that_cannot_be_made_is_an_error_that_names_the_place) {
  const TestFolder folder;
  const char* before = std::getenv("TMPDIR");
  const std::string kept = before != nullptr ? before : "";
  for (const std::string& place : {folder / "none", folder.write("file", "")}) {
    ::setenv("TMPDIR", place.c_str(), 1);
    const auto refused = TemporaryFolder::create();
    EXPECT_FALSE(refused.ok());
    if (refused.ok()) continue;
    EXPECT_EQ(refused.error().code, ErrorCode::kIo);
    EXPECT_EQ(refused.error().where, place);
    EXPECT_EQ(refused.error().remedy, "set TMPDIR to a folder with room");
  }
  before != nullptr ? ::setenv("TMPDIR", kept.c_str(), 1) : ::unsetenv("TMPDIR");
}

}  // namespace
}  // namespace kite
