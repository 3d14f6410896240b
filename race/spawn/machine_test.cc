// SPDX-License-Identifier: Apache-2.0
#include "race/spawn/machine.h"

#include "race/journal/machine_facts.h"
#include "race/spawn/spawner_fixture.h"

namespace kite::race {
namespace {

using MachineTest = SpawnerFixture;

TEST_F(MachineTest, the_record_has_no_empty_fact_and_repeats) {
  const MachineRecord machine = machine_record(spawner_->empty_run());
  const MachineRecord again = machine_record(spawner_->empty_run());
  for (const MachineFact& fact : kMachineFacts) {
    EXPECT_EQ(machine.*fact.value, again.*fact.value) << fact.name;
    EXPECT_EQ((machine.*fact.value).empty(), fact.value == &MachineRecord::arguments) << fact.name;
  }
  EXPECT_NE(machine.kernel.find("Linux"), std::string::npos);
  EXPECT_NE(machine.counters.find("hardware: "), std::string::npos);
}

TEST(Fingerprint, it_changes_with_the_processor_and_not_with_the_floor) {
  MachineRecord machine;
  machine.processor = "A";
  machine.kernel = "Linux 6";
  machine.smallest_peak_memory = "900 KiB";
  const std::string first = environment_fingerprint(machine);
  machine.smallest_peak_memory = "904 KiB";
  EXPECT_EQ(environment_fingerprint(machine), first);
  machine.processor = "B";
  EXPECT_NE(environment_fingerprint(machine), first);
  // To the letter: a race that was begun before is gone on with only where the two agree.
  EXPECT_EQ(first,
            "processor: A; processors: not visible; memory: not visible; kernel: Linux 6; distribution: not visible; "
            "virtualisation: not visible; governor: not visible; huge pages: not visible; turbo: not visible; "
            "address randomisation: not visible");
}

}  // namespace
}  // namespace kite::race
