// SPDX-License-Identifier: Apache-2.0
// Each kind of thing that a path can name, as an output.
#include "cli/output/output_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/test_folder.h"

namespace kite::cli {
namespace {

namespace fs = std::filesystem;

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void put(const std::string& path, const std::string& text, fs::perms mode = fs::perms{0644}) {
  std::ofstream(path, std::ios::binary) << text;
  fs::permissions(path, mode);
}

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  std::ranges::sort(names);
  return names;
}

class Output_file : public ::testing::Test {
 protected:
  TestFolder folder_;
  std::string at(const std::string& name) { return folder_.path() + "/" + name; }
};

TEST_F(Output_file, a_file_is_made_or_replaced_and_keeps_its_mode) {
  ASSERT_TRUE(write_file(at("new"), "a").ok());
  EXPECT_EQ(text_of(at("new")), "a");
  put(at("old"), "old", fs::perms{0600});
  ASSERT_TRUE(write_file(at("old"), "b").ok());
  EXPECT_EQ(text_of(at("old")), "b");
  EXPECT_EQ(fs::status(at("old")).permissions(), fs::perms{0600});
  EXPECT_EQ(names_in(folder_.path()), (std::vector<std::string>{"new", "old"}));
}

TEST_F(Output_file, a_link_stays_and_its_target_is_written) {
  put(at("target"), "old");
  fs::create_symlink("target", at("link"));
  fs::create_symlink("link", at("link_to_link"));
  fs::create_symlink("nothing yet", at("dangling"));
  ASSERT_TRUE(write_file(at("link_to_link"), "a").ok());
  ASSERT_TRUE(write_file(at("dangling"), "b").ok());
  EXPECT_EQ(text_of(at("target")), "a");
  EXPECT_EQ(text_of(at("nothing yet")), "b");
  for (const char* name : {"link", "link_to_link", "dangling"}) EXPECT_TRUE(fs::is_symlink(at(name))) << name;
}

TEST_F(Output_file, what_is_no_regular_file_is_written_and_not_replaced) {
  ASSERT_EQ(::mkfifo(at("fifo").c_str(), 0600), 0);
  const int reader = ::open(at("fifo").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  EXPECT_TRUE(write_file(at("fifo"), "text").ok());
  char got[8];
  EXPECT_EQ(::read(reader, got, sizeof got), 4);
  ::close(reader);
  EXPECT_TRUE(fs::is_fifo(at("fifo")));
  fs::create_symlink("/dev/null", at("null"));
  EXPECT_TRUE(write_file(at("null"), "text").ok());
  EXPECT_TRUE(write_file("/dev/null", "text").ok());
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  EXPECT_TRUE(fs::is_symlink(at("null")));
}

TEST_F(Output_file, the_name_of_a_descriptor_is_that_descriptor) {
  const int file = ::open(at("file").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_EQ(::write(file, "before ", 7), 7);
  ASSERT_TRUE(write_file("/dev/fd/" + std::to_string(file), "and ").ok());
  ASSERT_TRUE(write_file("/proc/self/fd/" + std::to_string(file), "after").ok());
  ::close(file);
  EXPECT_EQ(text_of(at("file")), "before and after");
}

TEST_F(Output_file, what_cannot_be_written_is_an_error_and_leaves_nothing) {
  put(at("file"), "old");
  fs::create_symlink("loop", at("loop"));
  const std::vector<std::string> before = names_in(folder_.path());
  for (const std::string& path : {std::string(), at("no/such/folder"), at("file/below"), at(""), folder_.path(),
                                  at("loop"), at(std::string(300, 'x')), std::string("/dev/full")}) {
    const Status written = write_file(path, "text");
    ASSERT_FALSE(written.ok()) << path;
    EXPECT_EQ(written.error().code, ErrorCode::kIo);
    EXPECT_EQ(written.error().where, path);
  }
  EXPECT_EQ(names_in(folder_.path()), before);
  EXPECT_EQ(text_of(at("file")), "old");
}

TEST_F(Output_file, an_output_that_is_given_up_leaves_the_file_and_nothing_beside_it) {
  put(at("file"), "old");
  {
    auto output = OutputFile::create(at("file"));
    ASSERT_TRUE(output.ok());
    output->stream().write("half of the ne");
  }
  EXPECT_EQ(text_of(at("file")), "old");
  EXPECT_EQ(names_in(folder_.path()), std::vector<std::string>{"file"});
}

TEST_F(Output_file, an_output_is_neither_an_input_nor_another_output) {
  put(at("input"), "x");
  fs::create_hard_link(at("input"), at("hard"));
  fs::create_symlink("input", at("link"));
  fs::create_directory(at("folder"));
  const auto inputs = [&] { return std::vector{at("input"), std::string("-"), std::string()}; };
  for (const std::string& path : {at("input"), at("hard"), at("link"), at("./input"), at("folder/../input")}) {
    const Status checked = check_outputs({&path, 1}, inputs);
    ASSERT_FALSE(checked.ok()) << path;
    EXPECT_EQ(checked.error().code, ErrorCode::kUsage);
  }
  const std::string other = at("other");
  EXPECT_TRUE(check_outputs({&other, 1}, inputs).ok());
  for (const std::string& twin : {at("other"), at("./other"), at("folder/../other")}) {
    EXPECT_FALSE(check_outputs(std::vector{other, twin}, inputs).ok()) << twin;
  }
  EXPECT_TRUE(check_outputs(std::vector<std::string>{"", "", "/dev/null", "/dev/null"}, inputs).ok());
}

TEST(Output, keeps_the_first_failure_and_throws_nothing) {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  Output output(full);
  print(output, "{}\n", std::string(100000, 'x'));
  output.flush();
  EXPECT_EQ(output.failure(), ENOSPC);
  ::close(full);
  Output closed(full);
  print(closed, "text");
  closed.flush();
  EXPECT_EQ(closed.failure(), EBADF);
}

}  // namespace
}  // namespace kite::cli
