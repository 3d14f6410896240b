// SPDX-License-Identifier: Apache-2.0
// Mapping of regular files, and refusal of everything else without hanging.
#include "base/mapped_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <utility>

#include "base/test_folder.h"

namespace kite {
namespace {

class MappedFiles : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return folder_ / name; }
  TestFolder folder_;
};

std::string text_of(const MappedFile& file) {
  return std::string(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
}

TEST_F(MappedFiles, show_the_bytes_of_the_file) {
  std::ofstream(path("a")) << "hello";
  auto file = MappedFile::open(path("a"));
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(text_of(*file), "hello");
  EXPECT_EQ(file->path(), path("a"));
}

TEST_F(MappedFiles, of_no_bytes_are_an_empty_span) {
  std::ofstream(path("empty")).close();
  auto file = MappedFile::open(path("empty"));
  ASSERT_TRUE(file.ok());
  EXPECT_TRUE(file->bytes().empty());
}

TEST_F(MappedFiles, that_are_copies_do_not_change_with_the_file) {
  const std::string text(100000, 'x');
  std::ofstream(path("a")) << text;
  auto file = MappedFile::open(path("a"), FileAccess::kCopied);
  ASSERT_TRUE(file.ok());
  std::filesystem::resize_file(path("a"), 1);
  EXPECT_EQ(text_of(*file), text);
  std::ofstream(path("empty")).close();
  auto empty = MappedFile::open(path("empty"), FileAccess::kCopied);
  ASSERT_TRUE(empty.ok());
  EXPECT_TRUE(empty->bytes().empty());
}

TEST_F(MappedFiles, that_are_copied_while_the_file_changes_are_whole_or_an_error) {
  const std::string text(3000000, 'x');
  std::ofstream(path("a")) << text;
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    while (!stop) {
      std::filesystem::resize_file(path("a"), 1000);
      std::filesystem::resize_file(path("a"), text.size());
    }
  });
  int refused = 0;
  for (int turn = 0; turn < 3000 && refused < 20; ++turn) {
    const auto file = MappedFile::open(path("a"), FileAccess::kCopied);
    if (file.ok()) continue;
    ++refused;
    EXPECT_EQ(file.error().code, ErrorCode::kIo);
    EXPECT_EQ(file.error().where, path("a"));
  }
  stop = true;
  writer.join();
  EXPECT_GT(refused, 0);
}

TEST_F(MappedFiles, move_without_unmapping) {
  std::ofstream(path("a")) << "hello";
  std::ofstream(path("b")) << "other";
  MappedFile first = std::move(MappedFile::open(path("a"))).value();
  MappedFile second = std::move(first);
  EXPECT_EQ(text_of(second), "hello");
  first = std::move(MappedFile::open(path("b"))).value();
  second = std::move(first);
  EXPECT_EQ(text_of(second), "other");
}

TEST_F(MappedFiles, larger_than_four_gigabytes_keep_64_bit_sizes) {
  const auto size = (std::uintmax_t{5} << 30) + 3;
  std::ofstream(path("sparse")).close();
  std::error_code failed;
  std::filesystem::resize_file(path("sparse"), size, failed);
  if (failed) GTEST_SKIP() << "this file system has no sparse files of 5 GiB: " << failed.message();
  auto file = MappedFile::open(path("sparse"));
  ASSERT_TRUE(file.ok()) << file.error().message();
  EXPECT_EQ(file->bytes().size(), size);
  EXPECT_EQ(file->bytes().back(), std::byte{0});
}

TEST_F(MappedFiles, a_missing_file_is_named) {
  const auto file = MappedFile::open(path("absent"));
  ASSERT_FALSE(file.ok());
  EXPECT_EQ(file.error().code, ErrorCode::kIo);
  EXPECT_EQ(file.error().message(),
            "cannot open the file: No such file or directory; " + path("absent") + "; check the path");
}

TEST_F(MappedFiles, directories_pipes_and_devices_are_refused_by_kind) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  const std::pair<std::string, std::string> cases[] = {
      {folder_.path(), "a directory"}, {path("pipe"), "a named pipe"}, {"/dev/zero", "a device"}};
  for (const auto& [name, kind] : cases) {
    const auto file = MappedFile::open(name);
    ASSERT_FALSE(file.ok()) << name;
    EXPECT_EQ(file.error().code, ErrorCode::kIo);
    EXPECT_EQ(file.error().what, "expected a file, found " + kind);
  }
}

}  // namespace
}  // namespace kite
