// SPDX-License-Identifier: Apache-2.0
// Every file that a source reads is among the files beside a model.
#include "carriers/files_beside.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/test_folder.h"

namespace kite {
namespace {

TEST(FilesBeside, are_those_that_a_source_may_read_and_no_others) {
  const TestFolder folder;
  const char* const kRead[] = {
      "photo.kite.json",           "photo.labels.txt", "photo.names", "LABELS.TXT",
      "imagenet_class_index.json", "data.yaml",        "config.json", "preprocessor_config.json",
      "metadata_properties.json",  "config.pbtxt",     "ours.txt",    "ImageNet-Classes.txt"};
  for (const char* name : kRead) folder.write(name, "x");
  folder.write("config.pbtxt", "output [ { name: \"y\" label_filename: \"ours.txt\" } ]");
  // The last three may be answers of an earlier run.
  for (const char* name :
       {"photo.onnx", "answers.json", "notes.txt", "other.kite.json", "photo.txt", "photo.csv", "photo.json"}) {
    folder.write(name, "x");
  }
  std::vector<std::string> found = files_beside(folder / "photo.onnx");
  std::vector<std::string> expected;
  for (const char* name : kRead) expected.push_back(folder / name);
  std::ranges::sort(found);
  std::ranges::sort(expected);
  EXPECT_EQ(found, expected);
  EXPECT_TRUE(files_beside("").empty());
}

}  // namespace
}  // namespace kite
