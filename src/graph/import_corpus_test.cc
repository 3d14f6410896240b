// SPDX-License-Identifier: Apache-2.0
// Every model of the ONNX test data that Debian ships is imported or refused for a stated reason, whole and damaged.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "graph/dump.h"
#include "graph/import.h"
#include "graph/verify.h"

namespace kite {
namespace {

constexpr const char* kCorpus = "/usr/share/libonnx-testdata/data";

std::vector<std::string> corpus() {
  std::vector<std::string> paths;
  std::error_code none;
  for (std::filesystem::recursive_directory_iterator at(kCorpus, none), end; at != end; at.increment(none)) {
    if (at->path().extension() == ".onnx") paths.push_back(at->path().string());
  }
  std::ranges::sort(paths);
  return paths;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(ImportCorpus, every_model_is_imported_or_refused_for_a_reason_that_is_its_own) {
  const std::vector<std::string> paths = corpus();
  ASSERT_GE(paths.size(), 1000U) << "the package libonnx-testdata is missing";
  int imported_count = 0;
  for (const std::string& path : paths) {
    const auto imported = import_file(path);
    if (!imported.ok()) {
      // These models are all valid: nothing in them may be taken for damage.
      EXPECT_EQ(imported.error().code, ErrorCode::kUnsupportedModel) << imported.error().message();
      continue;
    }
    ++imported_count;
    const Status sound = verify(imported->graph);
    EXPECT_TRUE(sound.ok()) << path << ": " << sound.error().message();
    EXPECT_FALSE(dump(imported->graph).empty());
  }
  // 1026 of the 1072 in version 1.12.0; the others have strings, or sequences and optionals as inputs.
  EXPECT_GE(imported_count, 1026);
}

TEST(ImportCorpus, damaged_models_are_an_error_or_a_sound_graph) {
  constexpr std::uint32_t kSeed = 19;
  std::mt19937 random(kSeed);
  for (const std::string& path : corpus()) {
    std::string bytes = read_file(path);
    if (bytes.empty() || bytes.size() > 100'000) continue;
    for (int round = 0; round < 4; ++round) {
      std::string damaged = bytes;
      if (round % 2 == 0) damaged.resize(random() % damaged.size());
      for (int flips = round; flips > 0 && !damaged.empty(); --flips) {
        char& byte = damaged[random() % damaged.size()];
        byte = static_cast<char>(byte ^ (1 << (random() % 8)));
      }
      const auto imported = import_bytes(std::as_bytes(std::span(damaged)), path);
      if (imported.ok()) {
        EXPECT_TRUE(verify(imported->graph).ok()) << path << " seed " << kSeed << " round " << round;
      }
    }
  }
}

}  // namespace
}  // namespace kite
