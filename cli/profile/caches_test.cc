// SPDX-License-Identifier: Apache-2.0
#include "cli/profile/caches.h"

#include <gtest/gtest.h>

#include "base/test_folder.h"

namespace kite::cli {
namespace {

void add(const TestFolder& folder, int index, const char* level, const char* type, const char* size,
         const char* processors) {
  const std::string at = "cpu0/cache/index" + std::to_string(index) + "/";
  folder.write(at + "level", std::string(level) + "\n");
  folder.write(at + "type", std::string(type) + "\n");
  folder.write(at + "size", std::string(size) + "\n");
  folder.write(at + "shared_cpu_map", std::string(processors) + "\n");
}

TEST(Caches, are_read_by_level_without_those_of_instructions) {
  const TestFolder folder;
  add(folder, 0, "3", "Unified", "32M", "ff");
  add(folder, 1, "1", "Instruction", "32K", "00000000,00000101");
  add(folder, 2, "1", "Data", "48K", "00000000,00000101");
  add(folder, 3, "2", "Unified", "2048K", "1");
  const std::vector<Cache> caches = data_caches(folder.path());
  ASSERT_EQ(caches.size(), 3U);
  EXPECT_EQ(caches[0].level, 1);
  EXPECT_EQ(caches[0].bytes, 48U << 10);
  EXPECT_EQ(caches[0].sharers, 2);
  EXPECT_EQ(caches[1].bytes, 2U << 20);
  EXPECT_EQ(caches[2].bytes, 32U << 20);
  EXPECT_EQ(caches[2].sharers, 8);
}

TEST(Caches, are_none_where_the_system_tells_none) {
  const TestFolder folder;
  EXPECT_TRUE(data_caches(folder.path()).empty());
  add(folder, 0, "1", "Data", "", "1");
  EXPECT_TRUE(data_caches(folder.path()).empty());
}

}  // namespace
}  // namespace kite::cli
