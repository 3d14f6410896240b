// SPDX-License-Identifier: Apache-2.0
// External data may come only from plain files in the model's folder.
#include "onnx/external_data.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/test_folder.h"

namespace kite::onnx {
namespace {

namespace fs = std::filesystem;

// outside.bin beside the folder "model", which holds weights.bin (16 bytes), sub/more.bin and things that must not
// be read.
class ExternalData : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(folder_ + "/sub");
    write(root_ / "outside.bin", "secret");
    write(folder_ + "/weights.bin", "0123456789abcdef");
    write(folder_ + "/sub/more.bin", "more");
    ASSERT_EQ(::mkfifo((folder_ + "/pipe").c_str(), 0600), 0);
  }
  static void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

  std::string read(const std::vector<StringPair>& entries, std::int64_t size_bytes) const {
    TensorProto tensor;
    tensor.is_external = true;
    tensor.external_data = entries;
    Budget budget;
    ExternalFiles files({folder_ + "/m.onnx", {}}, budget);
    const auto bytes = files.read(tensor, size_bytes);
    if (!bytes.ok()) return bytes.error().message();
    return {reinterpret_cast<const char*>(bytes->data()), bytes->size()};
  }
  std::string open(std::string_view location) const { return read({{"location", location}}, 4); }

  TestFolder root_;
  const std::string folder_ = root_ / "model";
};

TEST_F(ExternalData, is_read_from_the_folder_and_below) {
  EXPECT_EQ(open("weights.bin"), "0123");
  EXPECT_EQ(open("./weights.bin"), "0123");
  EXPECT_EQ(open("sub/more.bin"), "more");
  EXPECT_EQ(open("sub//./more.bin"), "more");
  EXPECT_EQ(
      read(
          {{"location", "weights.bin"}, {"offset", "10"}, {"length", "6"}, {"checksum", "?"}, {"prepacked_0", "x|0|8"}},
          6),
      "abcdef");
}

TEST_F(ExternalData, maps_a_file_once) {
  TensorProto tensor;
  tensor.external_data = {{"location", "weights.bin"}};
  Budget budget;
  ExternalFiles files({folder_ + "/m.onnx", {}}, budget);
  const auto first = files.read(tensor, 4);
  tensor.external_data.push_back({"offset", "4"});
  const auto second = files.read(tensor, 4);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(first->data() + 4, second->data());
  ASSERT_EQ(files.files().size(), 1U);
  EXPECT_EQ(files.files().begin()->second->path(), folder_ + "/weights.bin");
}

TEST_F(ExternalData, outside_the_folder_is_refused) {
  const std::string beneath = "; external data must lie in the model's folder or below it";
  EXPECT_EQ(open("../outside.bin"),
            "the location leads out of the folder with \"..\"; external data \"../outside.bin\"" + beneath);
  EXPECT_EQ(open("sub/../../outside.bin"),
            "the location leads out of the folder with \"..\"; external data \"sub/../../outside.bin\"" + beneath);
  EXPECT_EQ(open("sub/../weights.bin"),
            "the location leads out of the folder with \"..\"; external data \"sub/../weights.bin\"" + beneath);
  EXPECT_EQ(open("/etc/passwd"), "the location is an absolute path; external data \"/etc/passwd\"" + beneath);
  const std::string windows = "; write it with slashes, relative to the model's folder";
  EXPECT_EQ(open("C:\\x"), "the location is a Windows path; external data \"C:\\\\x\"" + windows);
  EXPECT_EQ(open("C:x"), "the location is a Windows path; external data \"C:x\"" + windows);
  EXPECT_EQ(open("\\\\server\\x"), "the location is a Windows path; external data \"\\\\\\\\server\\\\x\"" + windows);
}

TEST_F(ExternalData, odd_locations_are_refused) {
  EXPECT_EQ(open(""), "the location is empty; external data \"\"");
  EXPECT_EQ(open(std::string_view("weights.bin\0x", 13)),
            "the location holds a zero byte; external data \"weights.bin\\x00x\"");
  EXPECT_TRUE(open(std::string(5000, 'a')).starts_with("the location is longer than 4096 bytes; external data \"aaaa"));
  EXPECT_TRUE(open(std::string(300, 'a')).starts_with("cannot open the file: File name too long; "));
  EXPECT_EQ(open("missing.bin"),
            "the file does not exist; external data \"missing.bin\"; put it beside the model, name its folder with "
            "--data-dir, or export the model as a single file");
  EXPECT_EQ(open("sub"), "expected a file, found a directory; " + folder_ + "/sub; name a regular file");
  EXPECT_EQ(open("sub/"), "the location names a folder; external data \"sub/\"; name a file");
  EXPECT_EQ(open("pipe"), "expected a file, found a named pipe; " + folder_ + "/pipe; name a regular file");
}

TEST_F(ExternalData, ranges_must_lie_in_the_file_and_match_the_shape) {
  const auto range = [&](std::string_view offset, std::string_view length, std::int64_t size) {
    return read({{"location", "weights.bin"}, {"offset", offset}, {"length", length}}, size);
  };
  EXPECT_EQ(range("0", "16", 16), "0123456789abcdef");
  EXPECT_EQ(range("-1", "4", 4), "external-data offset is \"-1\", expected a count of bytes");
  EXPECT_EQ(range("x", "4", 4), "external-data offset is \"x\", expected a count of bytes");
  EXPECT_EQ(range("4 ", "4", 4), "external-data offset is \"4 \", expected a count of bytes");
  EXPECT_EQ(range("", "4", 4), "external-data offset is \"\", expected a count of bytes");
  EXPECT_EQ(range("0", "9223372036854775808", 4),
            "external-data length is \"9223372036854775808\", expected a count of bytes");
  EXPECT_EQ(range("0", "8", 4), "the tensor's shape takes 4 bytes, its length is 8; external data \"weights.bin\"");
  const std::string cut =
      " lie beyond the end of the file (16 bytes); external data \"weights.bin\"; if the file was "
      "cut short, download or export it again";
  EXPECT_EQ(range("13", "4", 4), "bytes 13 + 4" + cut);
  EXPECT_EQ(range("9223372036854775807", "4", 4), "bytes 9223372036854775807 + 4" + cut);
}

TEST_F(ExternalData, keys_are_known_and_given_once) {
  EXPECT_EQ(read({{"location", "weights.bin"}, {"basepath", "/"}}, 4),
            "external-data key \"basepath\" moves the data to another folder; put the data beside the model and leave "
            "the key out");
  EXPECT_EQ(read({{"location", "weights.bin"}, {"prepacked_0", "x|0|16|"}, {"checksum", "?"}}, 4), "0123");
  EXPECT_EQ(read({{"location", "weights.bin"}, {"location", "sub/more.bin"}}, 4),
            "external-data key \"location\" is given twice");
  EXPECT_EQ(read({{"offset", "0"}}, 4), "external data without a location");
}

TEST_F(ExternalData, needs_a_folder) {
  TensorProto tensor;
  tensor.external_data = {{"location", "weights.bin"}};
  ExternalFiles files;
  const auto bytes = files.read(tensor, 4);
  ASSERT_FALSE(bytes.ok());
  EXPECT_EQ(bytes.error().message(),
            "a model from memory cannot have external data; external data \"weights.bin\"; "
            "open the model by its path, or name the folder of the file with --data-dir");
}

TEST(ExternalLocations, every_file_is_listed_once_in_the_order_of_the_tensors) {
  const auto tensor = [](const char* location) {
    TensorProto made;
    made.is_external = true;
    if (*location != '\0') made.external_data = {{"location", location}, {"offset", "8"}};
    return made;
  };
  Model model;
  EXPECT_TRUE(external_locations(model).value().empty());
  model.graph.initializers.push_back(tensor("b.bin"));
  model.graph.initializers.emplace_back();  // its data lie in the model
  model.graph.initializers.push_back(tensor("sub/a.bin"));
  model.graph.initializers.push_back(tensor("b.bin"));
  Attribute constant;
  constant.t = std::make_unique<TensorProto>(tensor("c.bin"));
  model.graph.nodes.emplace_back().attributes.push_back(std::move(constant));
  EXPECT_EQ(external_locations(model).value(), (std::vector<std::string>{"b.bin", "sub/a.bin", "c.bin"}));
  model.graph.initializers.push_back(tensor(""));
  EXPECT_FALSE(external_locations(model).ok());
}

}  // namespace
}  // namespace kite::onnx
