// SPDX-License-Identifier: Apache-2.0
// Through which links external data may be reached, and in which other folders it is looked for.
#include "onnx/external_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/test_folder.h"

namespace kite::onnx {
namespace {

namespace fs = std::filesystem;

// outside.bin beside the folder "model", which holds weights.bin, sub/more.bin and links to them and out of it.
class ExternalFile : public testing::Test {
 protected:
  void SetUp() override {
    write("outside.bin", "secret");
    write("model/m.onnx", "");
    write("model/weights.bin", "0123");
    write("model/sub/more.bin", "more");
    link("weights.bin", "model/link.bin");
    link("../outside.bin", "model/escape.bin");
    link("sub", "model/linked");
    ASSERT_EQ(::mkfifo((folder_ + "/pipe").c_str(), 0600), 0);
  }
  void write(const std::string& path, const std::string& text) const {
    fs::create_directories(fs::path(root_ + "/" + path).parent_path());
    std::ofstream(root_ + "/" + path) << text;
  }
  void link(const std::string& target, const std::string& path) const {
    fs::create_directories(fs::path(root_ + "/" + path).parent_path());
    fs::create_symlink(target, root_ + "/" + path);
  }

  // The file's text, or the error. `model` and `data_dirs` count from root_.
  std::string open(const std::string& model, std::string_view location, std::vector<std::string> data_dirs = {}) const {
    for (std::string& data_dir : data_dirs) data_dir.insert(0, root_ + "/");
    const auto file = open_external({root_ + "/" + model, std::move(data_dirs)}, location);
    if (!file.ok()) return file.error().message();
    return {reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size()};
  }

  TestFolder own_;
  const std::string root_ = fs::canonical(own_.path());  // links are reported without those that lead to it
  const std::string folder_ = root_ + "/model";
};

TEST_F(ExternalFile, links_that_stay_in_the_models_folder_are_followed) {
  EXPECT_EQ(open("model/m.onnx", "link.bin"), "0123");
  EXPECT_EQ(open("model/m.onnx", "linked/more.bin"), "more");
  link("model", "alias");
  EXPECT_EQ(open("alias/m.onnx", "link.bin"), "0123");
}

TEST_F(ExternalFile, links_that_leave_it_are_refused_with_the_way_out) {
  const std::string refused = "a symbolic link leads out of the model's folder, to \"" + root_ +
                              "/outside.bin\"; external data \"escape.bin\"; put the file itself there, or allow the "
                              "folder with --data-dir \"" +
                              root_ + "/\"";
  EXPECT_EQ(open("model/m.onnx", "escape.bin"), refused);
  EXPECT_EQ(open("model/m.onnx", "escape.bin", {"."}), "secret");
  write("modelled/x.bin", "x");  // another folder, whose name only begins like the model's
  link("../modelled/x.bin", "model/x.bin");
  EXPECT_TRUE(open("model/m.onnx", "x.bin").starts_with("a symbolic link leads out of the model's folder"));
  link("/dev/zero", "model/device.bin");
  EXPECT_TRUE(open("model/m.onnx", "device.bin").starts_with("a symbolic link leads out of the model's folder"));
  link("pipe", "model/to_pipe");
  EXPECT_EQ(open("model/m.onnx", "to_pipe"),
            "expected a file, found a named pipe; " + folder_ + "/to_pipe; name a regular file");
  link("nowhere", "model/dangling.bin");
  EXPECT_EQ(
      open("model/m.onnx", "dangling.bin"),
      "a symbolic link leads to no file; external data \"dangling.bin\"; download the file again, or put it there");
  link("round", "model/round");
  EXPECT_TRUE(open("model/m.onnx", "round").starts_with("cannot open the file: Too many levels of symbolic links"));
}

TEST_F(ExternalFile, hard_links_are_files_like_any) {
  fs::create_hard_link(root_ + "/outside.bin", folder_ + "/twice.bin");
  EXPECT_EQ(open("model/m.onnx", "twice.bin"), "secret");
}

TEST_F(ExternalFile, a_hub_cache_keeps_its_files_in_blobs) {
  for (const std::string repository : {"models--a--b", "copy"}) {
    write(repository + "/blobs/1f", "model");
    write(repository + "/blobs/2f", "data");
    write(repository + "/refs/main", "ref");
    link("../../blobs/1f", repository + "/snapshots/rev/model.onnx");
    link("../../blobs/2f", repository + "/snapshots/rev/data.bin");
    link("../../../blobs/2f", repository + "/snapshots/rev/onnx/data.bin");
    link("../../../refs/main", repository + "/snapshots/rev/onnx/ref.bin");
    write(repository + "/snapshots/rev/onnx/model.onnx", "a file, not a link");
    EXPECT_EQ(open(repository + "/snapshots/rev/model.onnx", "data.bin"), "data");
    EXPECT_EQ(open(repository + "/snapshots/rev/onnx/model.onnx", "data.bin"), "data");
    link("../../../outside.bin", repository + "/snapshots/rev/escape.bin");
    EXPECT_NE(open(repository + "/snapshots/rev/model.onnx", "escape.bin"), "secret");
  }
  EXPECT_EQ(open("models--a--b/snapshots/rev/onnx/model.onnx", "ref.bin"), "ref");
  EXPECT_NE(open("copy/snapshots/rev/onnx/model.onnx", "ref.bin"), "ref") << "only blobs where the name is another";
}

TEST_F(ExternalFile, a_linked_model_brings_the_folder_that_it_leads_to) {
  link("../model/m.onnx", "elsewhere/m.onnx");
  EXPECT_EQ(open("elsewhere/m.onnx", "weights.bin"), "0123") << "not beside the link";
  link("../model/sub/more.bin", "elsewhere/more.bin");
  EXPECT_EQ(open("elsewhere/m.onnx", "more.bin"), "more");
  write("elsewhere/weights.bin", "near");
  EXPECT_EQ(open("elsewhere/m.onnx", "weights.bin"), "near") << "the folder of the given path is searched first";
}

TEST_F(ExternalFile, data_dirs_are_searched_in_their_order) {
  write("first/a.bin", "first");
  write("second/a.bin", "second");
  write("second/weights.bin", "not this");
  EXPECT_EQ(open("model/m.onnx", "a.bin", {"first", "second"}), "first");
  EXPECT_EQ(open("model/m.onnx", "a.bin", {"second", "first"}), "second");
  EXPECT_EQ(open("model/m.onnx", "weights.bin", {"second"}), "0123");
  EXPECT_EQ(open("model/m.onnx", "a.bin", {"nowhere"}),
            "--data-dir names no folder; " + root_ + "/nowhere; check the path");
  EXPECT_TRUE(open("model/m.onnx", "../outside.bin", {"first"})
                  .starts_with("the location leads out of the folder with \"..\""));
}

TEST_F(ExternalFile, opening_by_steps_agrees_with_the_kernel) {
  const int folder = ::open(folder_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  ASSERT_GE(folder, 0);
  const auto outcome = [&](auto open_function, const std::string& name) {
    errno = 0;
    const int fd = open_function(folder, name);
    if (fd >= 0) ::close(fd);
    return fd >= 0 ? 0 : errno;
  };
  for (const std::string name : {"weights.bin", "sub/more.bin", "sub//./more.bin", "./weights.bin", "sub", "pipe",
                                 "link.bin", "escape.bin", "linked/more.bin", "missing.bin", "missing/x",
                                 "weights.bin/x", "../outside.bin", "sub/../../outside.bin", "/etc/passwd", "."}) {
    const int by_steps = outcome(open_beneath_by_steps, name);
    const int by_kernel = outcome(open_beneath, name);
    EXPECT_EQ(by_steps == 0, by_kernel == 0) << name << ": " << by_steps << ", " << by_kernel;
    if (name != "/etc/passwd") {  // the two refuse it for different reasons
      EXPECT_EQ(by_steps, by_kernel) << name;
    }
  }
  EXPECT_EQ(outcome(open_beneath_by_steps, "linked/more.bin"), ELOOP);
  ::close(folder);
}

}  // namespace
}  // namespace kite::onnx
