// SPDX-License-Identifier: Apache-2.0
#include "base/regular_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/test_folder.h"

namespace kite {
namespace {

class RegularFileTest : public ::testing::Test {
 protected:
  TestFolder folder_;
  const std::string path_ = folder_.write("file", "0123456789");
};

std::string text_of(const FileBytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.bytes().data()), bytes.bytes().size()};
}

TEST_F(RegularFileTest, reads_all_or_only_the_first_bytes) {
  const auto file = RegularFile::open(path_);
  ASSERT_TRUE(file.ok());
  for (const std::size_t most : {std::size_t{0}, std::size_t{3}, std::size_t{10}, std::size_t{1} << 40}) {
    const auto bytes = file->read(most);
    ASSERT_TRUE(bytes.ok());
    EXPECT_EQ(text_of(*bytes), std::string("0123456789").substr(0, most));
  }
}

TEST_F(RegularFileTest, a_file_that_became_shorter_is_an_error_and_not_a_signal) {
  const auto file = RegularFile::open(path_);
  ASSERT_TRUE(file.ok());
  std::filesystem::resize_file(path_, 4);
  const auto bytes = file->read(10);
  ASSERT_FALSE(bytes.ok());
  EXPECT_EQ(bytes.error().code, ErrorCode::kIo);
}

TEST_F(RegularFileTest, what_is_no_regular_file_is_named) {
  ASSERT_EQ(::mkfifo((folder_ / "fifo").c_str(), 0600), 0);
  const std::pair<std::string, std::string> cases[] = {{folder_.path(), "a directory"},
                                                       {folder_ / "fifo", "a named pipe"},
                                                       {"/dev/null", "a device"},
                                                       {folder_ / "missing", "No such file"}};
  for (const auto& [path, word] : cases) {
    const auto file = RegularFile::open(path);
    ASSERT_FALSE(file.ok()) << path;
    EXPECT_EQ(file.error().code, ErrorCode::kIo);
    EXPECT_NE(file.error().message().find(word), std::string::npos) << file.error().message();
  }
}

}  // namespace
}  // namespace kite
