// SPDX-License-Identifier: Apache-2.0
// Every row of perf's table has a value or a reason, on planted replies and on this machine.
#include "race/spawn/counters.h"

#include <cerrno>

#include "race/spawn/spawner_fixture.h"

namespace kite::race {
namespace {

constexpr std::size_t kRows = 13;

const CounterRecord& row(const std::vector<CounterRecord>& counters, const std::string& name) {
  for (const CounterRecord& counter : counters) {
    if (counter.name == name) return counter;
  }
  static const CounterRecord none;
  ADD_FAILURE() << "no row " << name;
  return none;
}

wire::Reply reply_of_one_second() {
  wire::Reply reply;
  reply.begin_ns = 5;
  reply.end_ns = 5 + 1'000'000'000;
  reply.user_us = 300'000;
  reply.system_us = 200'000;
  reply.minor_faults = 70;
  reply.major_faults = 7;
  reply.voluntary_switches = 4;
  reply.involuntary_switches = 5;
  for (wire::EventReply& event : reply.events) event = {1000, 100, 100, 0, 0};
  reply.events[wire::kTaskClock].value = 510'000'000;
  return reply;
}

wire::RequestHead counting() {
  wire::RequestHead head;
  head.count_events = 1;
  return head;
}

TEST(Counters, values_of_perf_are_taken_as_they_are) {
  const auto counters = counter_records(counting(), reply_of_one_second(), {});
  EXPECT_EQ(counters.size(), kRows);
  EXPECT_EQ(row(counters, "cycles").value, 1000);
  EXPECT_EQ(row(counters, "cycles").reason, "");
  EXPECT_EQ(row(counters, "context-switches").value, 1000);
  EXPECT_DOUBLE_EQ(row(counters, "cpus-utilized").value.value_or(0), 0.51);
  EXPECT_EQ(row(counters, "user_time").value, 300e6);
  EXPECT_EQ(row(counters, "system_time").value, 200e6);
}

TEST(Counters, a_multiplexed_value_is_scaled_and_says_so) {
  wire::Reply reply = reply_of_one_second();
  reply.events[wire::kBranches].running_ns = 25;
  const auto counters = counter_records(counting(), reply, {});
  EXPECT_EQ(row(counters, "branches").value, 4000);
  EXPECT_EQ(row(counters, "branches").reason, "scaled, counted 25 % of the time");
}

TEST(Counters, an_event_that_never_ran_is_absent_not_zero) {
  wire::Reply reply = reply_of_one_second();
  reply.events[wire::kCacheMisses] = {0, 100, 0, 0, 0};
  const auto counters = counter_records(counting(), reply, {});
  EXPECT_FALSE(row(counters, "cache-misses").value.has_value());
  EXPECT_NE(row(counters, "cache-misses").reason.find("not counted"), std::string::npos);
}

TEST(Counters, a_machine_without_any_falls_back_to_wait4) {
  wire::Reply reply = reply_of_one_second();
  for (wire::EventReply& event : reply.events) event = {0, 0, 0, ENOENT, 0};
  const auto counters = counter_records(counting(), reply, {});
  EXPECT_FALSE(row(counters, "instructions").value.has_value());
  EXPECT_EQ(row(counters, "instructions").reason, "ENOENT: this processor or virtual machine has no such counter");
  EXPECT_EQ(row(counters, "task-clock").value, 500e6);
  EXPECT_EQ(row(counters, "context-switches").value, 9);
  EXPECT_EQ(row(counters, "page-faults").value, 77);
  EXPECT_TRUE(row(counters, "page-faults").reason.starts_with("from wait4"));
  EXPECT_FALSE(row(counters, "cpu-migrations").value.has_value());
  EXPECT_DOUBLE_EQ(row(counters, "cpus-utilized").value.value_or(0), 0.5);
  EXPECT_EQ(describe_counters(counters).find("software: none"), describe_counters(counters).find("software"));
}

TEST(Counters, a_refusal_names_the_kernels_setting) {
  wire::Reply reply = reply_of_one_second();
  reply.events[wire::kCycles].error = EACCES;
  const auto counters = counter_records(counting(), reply, {3});
  EXPECT_EQ(row(counters, "cycles").reason, "EACCES: the kernel forbids it (perf_event_paranoid=3)");
}

TEST(Counters, without_the_kernels_side_switches_are_not_perfs_zero) {
  wire::Reply reply = reply_of_one_second();
  for (wire::EventReply& event : reply.events) event.user_only = 1;
  reply.events[wire::kContextSwitches].value = 0;
  reply.events[wire::kCpuMigrations].value = 0;
  const auto counters = counter_records(counting(), reply, {2});
  EXPECT_EQ(row(counters, "context-switches").value, 9);
  EXPECT_FALSE(row(counters, "cpu-migrations").value.has_value());
  EXPECT_EQ(row(counters, "instructions").reason, "user mode only");
  EXPECT_EQ(row(counters, "task-clock").value, 510e6);
}

TEST(Counters, the_box_lists_what_there_is) {
  EXPECT_EQ(describe_counters(counter_records(counting(), reply_of_one_second(), {})),
            "hardware: cycles, instructions, branches, branch-misses, cache-references, cache-misses; "
            "software: task-clock, context-switches, cpu-migrations, page-faults");
}

using CountersHere = SpawnerFixture;

TEST_F(CountersHere, each_row_has_a_value_or_a_reason) {
  const SpawnOutcome outcome = run(subject({"burn", "50"}));
  EXPECT_EQ(outcome.counters.size(), kRows);
  for (const CounterRecord& counter : outcome.counters) {
    EXPECT_TRUE(counter.value.has_value() || !counter.reason.empty()) << counter.name;
  }
  const auto task_clock = row(outcome.counters, "task-clock").value;
  ASSERT_TRUE(task_clock.has_value());
  EXPECT_GE(*task_clock, 40e6);
  EXPECT_LE(*task_clock, 1.1 * static_cast<double>(outcome.wall_ns));
  for (const char* name : {"cycles", "instructions", "branches"}) {
    const CounterRecord& counter = row(outcome.counters, name);
    EXPECT_TRUE(!counter.value || *counter.value > 1e5) << name;
  }
}

TEST_F(CountersHere, children_of_the_child_are_counted) {
  const SpawnOutcome outcome =
      run(command({"sh", "-c", subject({}).argv[0] + " burn 40; " + subject({}).argv[0] + " burn 40; true"}));
  EXPECT_GE(row(outcome.counters, "task-clock").value.value_or(0), 70e6);
}

TEST_F(CountersHere, not_asking_for_events_is_a_reason) {
  SpawnRequest request = command({"true"});
  request.count_events = false;
  const SpawnOutcome outcome = run(request);
  EXPECT_EQ(row(outcome.counters, "cycles").reason, "not asked for");
  EXPECT_TRUE(row(outcome.counters, "task-clock").value.has_value());
}

}  // namespace
}  // namespace kite::race
