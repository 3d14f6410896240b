// SPDX-License-Identifier: Apache-2.0
// The noise flags on planted sums, and the readings on this machine.
#include "race/spawn/noise.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace kite::race {
namespace {

constexpr const char* kStat =
    "cpu  100 10 20 1000 5 1 2 7 0 0\ncpu0 60 10 10 400 5 1 2 4 0 0\ncpu1 40 0 10 600 0 0 0 3 0 0\nintr 1\n";

NoiseSums sums(double at_s, double steal_ms, double busy_ms, double pressure_ms) {
  NoiseSums one;
  one.at_ns = static_cast<std::int64_t>(at_s * 1e9);
  one.steal_ms = steal_ms;
  one.busy_ms = busy_ms;
  one.psi_cpu_some_ms = pressure_ms;
  return one;
}

// One second of wall time in which the process used 0.9 s.
ProcessRecord process() {
  ProcessRecord record;
  record.wall_ns = 1'000'000'000;
  record.user_ns = 800'000'000;
  record.system_ns = 100'000'000;
  record.noise.probe_before_ms = 5.0;
  record.noise.probe_after_ms = 5.1;
  return record;
}

NoiseEvidence quiet() { return {sums(1, 50, 3000, 10), sums(2, 55, 3920, 15), 0.1, 5.0, 1, 1}; }

using Flags = std::vector<std::string>;

TEST(NoiseFlags, a_quiet_second_has_none) { EXPECT_EQ(noise_flags({}, quiet(), process()), Flags{}); }

TEST(NoiseFlags, steal_beyond_one_percent_is_flagged) {
  NoiseEvidence evidence = quiet();
  evidence.after.steal_ms = 50 + 11;
  EXPECT_EQ(noise_flags({}, evidence, process()), Flags{"steal"});
  evidence.after.steal_ms = std::nullopt;
  EXPECT_EQ(noise_flags({}, evidence, process()), Flags{});
}

TEST(NoiseFlags, others_on_the_measured_processors_are_flagged) {
  NoiseEvidence evidence = quiet();
  evidence.after.busy_ms = 3000 + 900 + 60;
  EXPECT_EQ(noise_flags({}, evidence, process()), Flags{"busy machine"});
  evidence = quiet();
  evidence.probe_waited_ms = 3;
  EXPECT_EQ(noise_flags({}, evidence, process()), Flags{"busy machine"});
}

TEST(NoiseFlags, pressure_counts_where_busy_time_is_unknown) {
  NoiseEvidence evidence = quiet();
  evidence.after.psi_cpu_some_ms = 10 + 400;
  EXPECT_EQ(noise_flags({}, evidence, process()), Flags{});
  evidence.after.busy_ms = std::nullopt;
  EXPECT_EQ(noise_flags({}, evidence, process()), Flags{"busy machine"});
}

TEST(NoiseFlags, a_slower_processor_is_flagged_before_or_after) {
  ProcessRecord record = process();
  record.noise.probe_after_ms = 5.3;
  EXPECT_EQ(noise_flags({}, quiet(), record), Flags{"frequency"});
  record = process();
  record.noise.probe_before_ms = 5.3;
  EXPECT_EQ(noise_flags({}, quiet(), record), Flags{"frequency"});
}

TEST(NoiseFlags, more_processors_than_threads_is_flagged) {
  ProcessRecord record = process();
  record.user_ns = 1'200'000'000;
  NoiseEvidence evidence = quiet();
  evidence.measured_cpus = 2;
  EXPECT_EQ(noise_flags({}, evidence, record), Flags{"more processors than asked"});
  evidence.threads = 2;
  EXPECT_EQ(noise_flags({}, evidence, record), Flags{});
  evidence.threads = 0;
  EXPECT_EQ(noise_flags({}, evidence, record), Flags{});
}

TEST(NoiseSums, proc_stat_is_summed_over_the_measured_processors) {
  NoiseSums all;
  parse_stat(kStat, {}, 10, all);
  EXPECT_EQ(all.steal_ms, 70);
  EXPECT_EQ(all.busy_ms, 1330);
  NoiseSums one;
  parse_stat(kStat, {1}, 10, one);
  EXPECT_EQ(one.busy_ms, 500);
  NoiseSums absent;
  parse_stat(kStat, {7}, 10, absent);
  EXPECT_FALSE(absent.busy_ms.has_value());
  NoiseSums garbage;
  parse_stat("cpu a b c\n", {}, 10, garbage);
  EXPECT_FALSE(garbage.busy_ms.has_value() || garbage.steal_ms.has_value());
}

TEST(NoiseSums, pressure_is_read_in_milliseconds) {
  EXPECT_EQ(parse_pressure("some avg10=51.62 avg60=51.08 avg300=41.94 total=471848361\nfull avg10=0 total=0\n"),
            471848.361);
  EXPECT_EQ(parse_pressure("some avg10=1\n"), std::nullopt);
  EXPECT_EQ(parse_pressure(""), std::nullopt);
}

TEST(NoiseWatch, a_record_gets_what_this_machine_tells) {
  NoiseWatch watch;
  ProcessRecord record;
  watch.before({});
  record.wall_ns = 1'000'000;
  record.user_ns = 5'000'000;
  watch.after(1, record);
  EXPECT_GT(record.noise.probe_before_ms, 0.5);
  EXPECT_GT(record.noise.probe_after_ms, 0.5);
  EXPECT_GE(record.noise.steal_ms, 0);
  EXPECT_GE(record.noise.psi_cpu_some_ms, 0);
  EXPECT_NE(std::find(record.flags.begin(), record.flags.end(), "more processors than asked"), record.flags.end());
}

}  // namespace
}  // namespace kite::race
