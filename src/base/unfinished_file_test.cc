// SPDX-License-Identifier: Apache-2.0
#include "base/unfinished_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/test_folder.h"

namespace kite {
namespace {

class UnfinishedFileTest : public ::testing::Test {
 protected:
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder_.path()), {}));
  }
  TestFolder folder_;
};

TEST_F(UnfinishedFileTest, without_a_name_it_leaves_nothing) {
  {
    const auto file = UnfinishedFile::create(folder_ / "x-", 0644);
    ASSERT_TRUE(file.ok());
    EXPECT_EQ(files(), 1u);
  }
  EXPECT_EQ(files(), 0u);
}

TEST_F(UnfinishedFileTest, a_name_is_given_in_the_place_of_what_has_it) {
  std::ofstream(folder_ / "target") << "old";
  auto file = UnfinishedFile::create(folder_ / "x-", 0644);
  ASSERT_TRUE(file.ok());
  ASSERT_EQ(::write(file->fd(), "new", 3), 3);
  EXPECT_EQ(file->rename_to(folder_ / "target"), 0);
  EXPECT_EQ(files(), 1u);
  std::string text;
  std::ifstream(folder_ / "target") >> text;
  EXPECT_EQ(text, "new");
}

TEST_F(UnfinishedFileTest, a_name_that_cannot_be_given_leaves_nothing) {
  std::filesystem::create_directory(folder_ / "taken");
  auto file = UnfinishedFile::create(folder_ / "x-", 0644);
  ASSERT_TRUE(file.ok());
  EXPECT_NE(file->rename_to(folder_ / "taken"), 0);
  EXPECT_EQ(files(), 1u);
}

TEST_F(UnfinishedFileTest, a_signal_handler_removes_all_of_them_and_no_finished_one) {
  auto finished = UnfinishedFile::create(folder_ / "x-", 0644);
  const auto first = UnfinishedFile::create(folder_ / "x-", 0644);
  auto second = UnfinishedFile::create(folder_ / "x-", 0644);
  ASSERT_TRUE(finished.ok() && first.ok() && second.ok());
  const UnfinishedFile moved = std::move(second).value();
  ASSERT_EQ(finished->rename_to(folder_ / "finished"), 0);
  remove_leftovers();
  EXPECT_EQ(files(), 1u);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "finished"));
}

TEST_F(UnfinishedFileTest, only_a_file_without_a_living_writer_is_abandoned) {
  const auto file = UnfinishedFile::create(folder_ / "x-", 0644);
  ASSERT_TRUE(file.ok());
  EXPECT_FALSE(remove_if_abandoned(file->path()));
  const std::string left = folder_ / "x-left";
  std::ofstream(left) << "what a killed process left";
  EXPECT_TRUE(remove_if_abandoned(left));
  EXPECT_EQ(files(), 1u);
}

TEST_F(UnfinishedFileTest, a_missing_folder_is_an_error_of_input_and_output) {
  const auto file = UnfinishedFile::create(folder_ / "missing/x-", 0644);
  ASSERT_FALSE(file.ok());
  EXPECT_EQ(file.error().code, ErrorCode::kIo);
}

}  // namespace
}  // namespace kite
