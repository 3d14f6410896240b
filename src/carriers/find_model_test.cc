// SPDX-License-Identifier: Apache-2.0
// Which model is found in a folder or a zip, and every reason for which an archive is refused.
#include "carriers/find_model.h"

#include <filesystem>
#include <fstream>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <zlib.h>

#include "base/test_folder.h"

namespace kite {
namespace {

namespace fs = std::filesystem;

std::string little(std::uint32_t value, int width) {
  std::string bytes;
  for (int i = 0; i < width; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
  return bytes;
}

std::string deflated(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string packed(text.size() + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(packed.size() - stream.avail_out);
  deflateEnd(&stream);
  return packed;
}

struct Member {
  std::string name;
  std::string text;
  std::uint32_t method = 0;
  std::uint32_t flags = 0;
};

std::string zip_of(const std::vector<Member>& members) {
  std::string file;
  std::string directory;
  for (const Member& member : members) {
    const auto offset = static_cast<std::uint32_t>(file.size());
    const std::string packed = member.method == 8 ? deflated(member.text) : member.text;
    const auto crc = static_cast<std::uint32_t>(
        crc32(0, reinterpret_cast<const Bytef*>(member.text.data()), static_cast<uInt>(member.text.size())));
    const std::string facts = little(20, 2) + little(member.flags, 2) + little(member.method, 2) + little(0, 4) +
                              little(crc, 4) + little(static_cast<std::uint32_t>(packed.size()), 4) +
                              little(static_cast<std::uint32_t>(member.text.size()), 4) +
                              little(static_cast<std::uint32_t>(member.name.size()), 2) + little(0, 2);
    file += "PK\x03\x04" + facts + member.name + packed;
    directory += "PK\x01\x02" + little(20, 2) + facts + little(0, 2) + little(0, 2) + little(0, 2) + little(0, 4) +
                 little(offset, 4) + member.name;
  }
  const auto count = static_cast<std::uint32_t>(members.size());
  const auto begin = static_cast<std::uint32_t>(file.size());
  return file + directory + "PK\x05\x06" + little(0, 4) + little(count, 2) + little(count, 2) +
         little(static_cast<std::uint32_t>(directory.size()), 4) + little(begin, 4) + little(0, 2);
}

class FindModel : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& text = "x") const { folder_.write(name, text); }
  std::string found() {
    const auto found = find_model(folder_.path());
    return found.ok() ? fs::relative(found->path, folder_.path()).string() : found.error().message();
  }
  Error refusal(const std::string& bytes) {
    write("a.zip", bytes);
    const auto found = find_model(folder_ / "a.zip");
    EXPECT_FALSE(found.ok());
    return found.ok() ? Error{} : found.error();
  }

  TestFolder folder_;
};

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_F(FindModel, a_file_is_found_as_it_is_named) {
  write("a.onnx");
  EXPECT_EQ(find_model(folder_ / "a.onnx")->path, folder_ / "a.onnx");
  EXPECT_EQ(find_model("missing.onnx")->path, "missing.onnx");
}

TEST_F(FindModel, the_usual_layouts_of_folders_are_known) {
  EXPECT_NE(found().find("holds no .onnx file"), std::string::npos);
  write("1/model.onnx");
  EXPECT_EQ(found(), "1/model.onnx");
  write("onnx/model_int8.onnx");
  EXPECT_NE(found().find("holds 2 models"), std::string::npos);
  write("best.onnx");
  EXPECT_EQ(found(), "best.onnx");
  write("onnx/model.onnx");
  EXPECT_EQ(found(), "onnx/model.onnx");
  write("model.onnx");
  EXPECT_EQ(found(), "model.onnx");
}

TEST_F(FindModel, several_models_are_listed_and_none_is_chosen) {
  write("b.onnx");
  write("a.onnx");
  const auto found = find_model(folder_.path());
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().code, ErrorCode::kUsage);
  EXPECT_NE(found.error().message().find(R"("a.onnx", "b.onnx")"), std::string::npos);
}

TEST_F(FindModel, a_zip_is_unpacked_for_as_long_as_it_is_held) {
  const std::string long_text(100000, 'k');
  write("a.zip",
        zip_of({{"export/model.onnx", long_text, 8, 0}, {"export/labels.txt", "a\n"}, {"export/big.png", "x"}}));
  auto found = find_model(folder_ / "a.zip");
  ASSERT_TRUE(found.ok()) << found.error().message();
  const fs::path model = found->path;
  EXPECT_EQ(content(model), long_text);
  EXPECT_EQ(content(model.parent_path() / "labels.txt"), "a\n");
  EXPECT_FALSE(fs::exists(model.parent_path() / "big.png"));
  found->unpacked.reset();
  EXPECT_FALSE(fs::exists(model.parent_path()));
}

TEST_F(FindModel, archives_that_are_hostile_or_broken_are_refused) {
  for (const char* name :
       {"../model.onnx", "/model.onnx", "a/../model.onnx", "a//model.onnx", "a\\model.onnx", "./model.onnx"}) {
    EXPECT_EQ(refusal(zip_of({{name, "x"}})).code, ErrorCode::kInvalidModel) << name;
  }
  EXPECT_EQ(refusal(zip_of({{"model.onnx", "x", 0, 1}})).code, ErrorCode::kUnsupportedModel);
  EXPECT_EQ(refusal(zip_of({{"model.onnx", "x", 12, 0}})).code, ErrorCode::kUnsupportedModel);
  EXPECT_EQ(refusal(zip_of({{"model.pb", "x"}})).code, ErrorCode::kUnsupportedModel);
  EXPECT_EQ(refusal("PK").code, ErrorCode::kInvalidModel);
  const std::string sound = zip_of({{"model.onnx", std::string(1000, 'k'), 8, 0}});
  for (std::size_t cut = 1; cut < sound.size(); ++cut) {
    EXPECT_EQ(refusal(sound.substr(0, sound.size() - cut)).code, ErrorCode::kInvalidModel);
  }
  std::string wrong = sound;
  wrong[45] = static_cast<char>(wrong[45] ^ 1);  // inside of the packed bytes
  EXPECT_EQ(refusal(wrong).code, ErrorCode::kInvalidModel);
  std::string larger = sound;
  larger[sound.find("PK\x01\x02") + 24] = 1;  // states fewer bytes than there are
  EXPECT_EQ(refusal(larger).code, ErrorCode::kInvalidModel);
}

}  // namespace
}  // namespace kite
