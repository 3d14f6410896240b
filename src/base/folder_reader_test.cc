// SPDX-License-Identifier: Apache-2.0
#include "base/folder_reader.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <map>

#include "base/test_folder.h"

namespace kite {
namespace {

TEST(FolderReader, names_each_entry_once_and_knows_its_kind) {
  const TestFolder folder;
  const std::string at = folder.path() + "/";
  std::ofstream(at + "file") << "a";
  ASSERT_EQ(::mkdir((at + "sub").c_str(), 0700), 0);
  ASSERT_EQ(::symlink("sub", (at + "to_sub").c_str()), 0);
  ASSERT_EQ(::symlink("file", (at + "to_file").c_str()), 0);
  ASSERT_EQ(::symlink("nothing", (at + "to_nothing").c_str()), 0);
  std::map<std::string, std::string> kinds;
  FolderReader reader(folder.path());
  while (reader.next()) {
    EXPECT_EQ(reader.path(), at + reader.name());
    std::string& kinds_of_name = kinds[reader.name()];
    EXPECT_EQ(kinds_of_name, "");
    kinds_of_name = std::string(reader.is_folder()         ? "folder"
                                : reader.is_regular_file() ? "file"
                                                           : "other") +
                    (reader.is_link() ? " by link" : "");
  }
  EXPECT_EQ(reader.failure(), 0);
  EXPECT_EQ(kinds, (std::map<std::string, std::string>{{"file", "file"},
                                                       {"sub", "folder"},
                                                       {"to_sub", "folder by link"},
                                                       {"to_file", "file by link"},
                                                       {"to_nothing", "other by link"}}));
}

TEST(FolderReader, says_why_a_folder_cannot_be_read) {
  const TestFolder folder;
  FolderReader reader(folder.path() + "/none");
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.failure(), ENOENT);
}

TEST(RemoveFolder, removes_what_lies_deep_and_follows_no_link) {
  const TestFolder folder;
  const std::string kept = folder.path() + "/kept";
  std::ofstream(kept) << "a";
  std::string deep = folder.path() + "/gone";
  const std::string top = deep;
  for (int i = 0; i < 40; ++i) {
    ASSERT_EQ(::mkdir(deep.c_str(), 0700), 0);
    std::ofstream(deep + "/file") << "a";
    ASSERT_EQ(::symlink(folder.path().c_str(), (deep + "/link").c_str()), 0);
    deep += "/d";
  }
  remove_folder(top);
  EXPECT_NE(::access(top.c_str(), F_OK), 0);
  EXPECT_EQ(::access(kept.c_str(), F_OK), 0);
}

}  // namespace
}  // namespace kite
