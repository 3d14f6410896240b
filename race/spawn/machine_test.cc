// SPDX-License-Identifier: Apache-2.0
#include "race/spawn/machine.h"

#include "race/spawn/spawner_fixture.h"

namespace kite::race {
namespace {

using MachineTest = SpawnerFixture;

TEST_F(MachineTest, the_box_has_no_empty_field_and_repeats) {
  const auto box = machine_box(spawner_->empty_run());
  for (const char* key :
       {"processor", "processors", "caches", "memory", "kernel", "distribution", "virtualisation", "governor", "turbo",
        "huge pages", "perf_event_paranoid", "counters", "address randomisation"}) {
    ASSERT_TRUE(box.contains(key)) << key;
    EXPECT_FALSE(box.at(key).empty()) << key;
  }
  EXPECT_NE(box.at("kernel").find("Linux"), std::string::npos);
  EXPECT_NE(box.at("counters").find("hardware: "), std::string::npos);
  EXPECT_EQ(machine_box(spawner_->empty_run()), box);
}

TEST(Fingerprint, it_changes_with_the_processor_and_not_with_the_floor) {
  std::map<std::string, std::string> box = {
      {"processor", "A"}, {"kernel", "Linux 6"}, {"smallest peak memory", "900 KiB"}};
  const std::string first = environment_fingerprint(box);
  box["smallest peak memory"] = "904 KiB";
  EXPECT_EQ(environment_fingerprint(box), first);
  box["processor"] = "B";
  EXPECT_NE(environment_fingerprint(box), first);
  EXPECT_NE(first.find("processor: A; processors: not visible"), std::string::npos) << first;
}

}  // namespace
}  // namespace kite::race
