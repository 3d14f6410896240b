// SPDX-License-Identifier: Apache-2.0
// Every file of every corpus goes through its driver: what a fuzzer once found stays found, without clang.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "driver.h"

namespace kite::fuzz {

namespace {

constexpr std::uintmax_t kMostFileBytes = 10'000;
constexpr std::uintmax_t kMostBytes = 600'000;

struct Driver {
  std::string_view name;
  std::string_view more;  // corpora, besides its own
  void (*run)(Bytes bytes);
};
constexpr Driver kDrivers[] = {
#define KITE_FUZZ_DRIVER(name, corpora) {#name, corpora, &name},
#include "drivers.inc"
#undef KITE_FUZZ_DRIVER
};

std::filesystem::path corpora() { return std::filesystem::path("fuzz") / "corpora"; }

std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

class corpora_of : public testing::TestWithParam<Driver> {};

// Of exactly the file's size, so that a sanitizer sees a read beyond it.
std::vector<std::byte> content(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

TEST_P(corpora_of, stop_no_driver) {
  const Driver& driver = GetParam();
  auto files = files_in(corpora() / driver.name);
  ASSERT_GE(files.size(), 5U) << driver.name;
  std::istringstream more{std::string(driver.more)};
  for (std::string corpus; more >> corpus;) std::ranges::copy(files_in(corpora() / corpus), std::back_inserter(files));
  for (const auto& file : files) {
    // A driver stops the program at a find: this line is then the last one.
    std::fprintf(stderr, "%s\n", file.c_str());
    driver.run(content(file));
  }
  // And what every reader must bear.
  driver.run({});
  for (int value = 0; value < 256; ++value) driver.run(std::vector(1, static_cast<std::byte>(value)));
}

INSTANTIATE_TEST_SUITE_P(fuzz, corpora_of, testing::ValuesIn(kDrivers),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(corpora, every_picture_format_has_a_driver) {
  constexpr std::string_view kFormats[] = {
#define KITE_PICTURE_FORMAT(identifier, name) #identifier,
#include "image/formats/formats.inc"
#undef KITE_PICTURE_FORMAT
  };
  for (const std::string_view format : kFormats) {
    std::string name(format);
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    EXPECT_TRUE(std::ranges::any_of(kDrivers, [&](const Driver& driver) { return driver.name == name; })) << name;
  }
}

TEST(corpora, are_small_and_all_have_a_driver) {
  std::uintmax_t total = 0;
  for (const auto& folder : files_in(corpora())) {
    const std::string name = folder.filename().string();
    EXPECT_TRUE(std::ranges::any_of(kDrivers, [&](const Driver& driver) { return driver.name == name; })) << name;
    for (const auto& file : files_in(folder)) {
      const std::uintmax_t size = std::filesystem::file_size(file);
      EXPECT_LT(size, kMostFileBytes) << file;
      total += size;
    }
  }
  EXPECT_LT(total, kMostBytes);
}

}  // namespace

}  // namespace kite::fuzz
