// SPDX-License-Identifier: Apache-2.0
// What the spawner reports about programs that behave well.
#include "race/spawn/spawner.h"

#include <sys/stat.h>

#include <csignal>
#include <cstring>
#include <thread>

#include "base/test_folder.h"
#include "race/spawn/affinity.h"
#include "race/spawn/spawner_fixture.h"

namespace kite::race {
namespace {

constexpr std::uint64_t kMib = 1 << 20;

using SpawnerTest = SpawnerFixture;

TEST_F(SpawnerTest, a_program_that_ends_well_is_ok) {
  const SpawnOutcome outcome = run(command({"true"}));
  EXPECT_EQ(outcome.status, Outcome::kOk);
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_GT(outcome.begin_ns, 0);
  EXPECT_GT(outcome.wall_ns, 0);
  EXPECT_EQ(outcome.label_ns, 0);
  EXPECT_TRUE(outcome.standard_output.empty());
  EXPECT_TRUE(outcome.left_behind.empty());
}

TEST_F(SpawnerTest, an_exit_code_is_a_failure_with_its_number) {
  const SpawnOutcome outcome = run(command({"sh", "-c", "echo no luck >&2; exit 7"}));
  EXPECT_EQ(outcome.status, Outcome::kFailed);
  EXPECT_EQ(outcome.exit_code, 7);
  EXPECT_EQ(outcome.reason, "exit code 7");
  EXPECT_EQ(outcome.standard_error, "no luck\n");
}

TEST_F(SpawnerTest, each_deadly_signal_is_named) {
  for (const int number : {SIGSEGV, SIGABRT, SIGKILL, SIGILL, SIGTERM, SIGPIPE, SIGUSR1, SIGTRAP}) {
    const SpawnOutcome outcome = run(subject({"die", std::to_string(number)}));
    EXPECT_EQ(outcome.status, Outcome::kFailed);
    EXPECT_EQ(outcome.signal, number);
    EXPECT_NE(outcome.reason.find(sigabbrev_np(number)), std::string::npos) << outcome.reason;
  }
}

TEST_F(SpawnerTest, times_are_ordered_and_no_shorter_than_what_was_slept) {
  const SpawnOutcome outcome = run(subject({"print-late", "200"}));
  EXPECT_EQ(outcome.standard_output, "late\n");
  EXPECT_GE(outcome.label_ns, 200'000'000);
  EXPECT_GE(outcome.wall_ns, outcome.label_ns);
  EXPECT_LT(outcome.user_ns + outcome.system_ns, outcome.wall_ns);
}

TEST_F(SpawnerTest, the_label_comes_before_the_end_of_a_program_that_lingers) {
  const SpawnOutcome outcome = run(command({"sh", "-c", "echo answer; sleep 0.2"}));
  EXPECT_GT(outcome.label_ns, 0);
  EXPECT_GE(outcome.wall_ns - outcome.label_ns, 150'000'000);
}

TEST_F(SpawnerTest, cpu_time_is_the_childs) {
  const SpawnOutcome busy = run(subject({"burn", "60"}));
  EXPECT_GE(busy.user_ns + busy.system_ns, 55'000'000);
  const SpawnOutcome idle = run(command({"true"}));
  EXPECT_LT(idle.user_ns + idle.system_ns, busy.user_ns + busy.system_ns);
}

TEST_F(SpawnerTest, peak_memory_is_that_childs_alone) {
  const SpawnOutcome big = run(subject({"touch", "120"}));
  EXPECT_GE(big.peak_rss_bytes, 120 * kMib);
  EXPECT_LT(big.peak_rss_bytes, 140 * kMib);
  const SpawnOutcome small = run(subject({"padding"}));
  EXPECT_LT(small.peak_rss_bytes, 3 * kMib);
  const SpawnOutcome family = run(subject({"touch-in-child", "60"}));
  EXPECT_GE(family.peak_rss_bytes, 60 * kMib);
}

TEST_F(SpawnerTest, a_big_runner_does_not_show_in_the_childs_peak) {
  std::vector<char> ballast(200 * kMib, 1);
  auto started = Spawner::start();
  ASSERT_TRUE(started.ok()) << started.error().message();
  const auto outcome = started->run(subject({"padding"}));
  ASSERT_TRUE(outcome.ok());
  EXPECT_LT(outcome->peak_rss_bytes, 3 * kMib);
  EXPECT_EQ(ballast.back(), 1);
}

TEST_F(SpawnerTest, the_floor_of_peak_memory_is_small_and_reported) {
  const SpawnOutcome outcome = run(command({"true"}));
  EXPECT_GT(outcome.peak_rss_bytes, 0u);
  // The kernel counts pages in batches, so that the helper's few may be none.
  EXPECT_LT(outcome.peak_rss_floor_bytes, kMib);
  EXPECT_LT(outcome.peak_rss_floor_bytes, outcome.peak_rss_bytes);
}

TEST_F(SpawnerTest, a_missing_program_is_missing_with_its_name) {
  const SpawnOutcome absolute = run(command({"/no/such/program"}));
  EXPECT_EQ(absolute.status, Outcome::kMissing);
  EXPECT_EQ(absolute.reason, "/no/such/program: No such file or directory");
  const SpawnOutcome by_name = run(command({"no-such-program-anywhere"}));
  EXPECT_EQ(by_name.status, Outcome::kMissing);
  EXPECT_NE(by_name.reason.find("no-such-program-anywhere: no such program in /"), std::string::npos);
}

TEST_F(SpawnerTest, a_file_that_cannot_be_executed_is_a_failure) {
  const SpawnOutcome folder = run(command({"/"}));
  EXPECT_EQ(folder.status, Outcome::kFailed);
  EXPECT_EQ(folder.reason, "/: Permission denied");
}

TEST_F(SpawnerTest, a_script_without_its_interpreter_says_so) {
  const TestFolder folder;
  const std::string path = folder.write("script", "#!/no/such/interpreter\n");
  ASSERT_EQ(chmod(path.c_str(), 0700), 0);
  const SpawnOutcome outcome = run(command({path}));
  EXPECT_EQ(outcome.status, Outcome::kMissing);
  EXPECT_NE(outcome.reason.find("interpreter"), std::string::npos) << outcome.reason;
}

TEST_F(SpawnerTest, the_working_folder_is_entered_or_named) {
  SpawnRequest request = command({"pwd"});
  request.working_folder = "/";
  EXPECT_EQ(run(request).standard_output, "/\n");
  request.working_folder = "/no/such/folder";
  const SpawnOutcome outcome = run(request);
  EXPECT_EQ(outcome.status, Outcome::kFailed);
  EXPECT_NE(outcome.reason.find("/no/such/folder"), std::string::npos) << outcome.reason;
}

TEST_F(SpawnerTest, the_environment_is_clean_and_padded) {
  setenv("OMP_NUM_THREADS", "64", 1);
  SpawnRequest request = command({"env"});
  request.environment = {{"KITE_TEST_ADDITION", "a b"}};
  const SpawnOutcome outcome = run(request);
  EXPECT_NE(outcome.standard_output.find("KITE_TEST_ADDITION=a b\n"), std::string::npos);
  EXPECT_EQ(outcome.standard_output.find("OMP_NUM_THREADS"), std::string::npos);
  unsetenv("OMP_NUM_THREADS");
  for (const std::int32_t length : {0, 1, 4000, 60'000}) {
    SpawnRequest padded = subject({"padding"});
    padded.environment_padding = length;
    EXPECT_EQ(run(padded).standard_output, std::to_string(length));
  }
}

TEST_F(SpawnerTest, the_child_inherits_three_descriptors_and_an_empty_standard_input) {
  EXPECT_EQ(run(subject({"descriptors"})).standard_output, "0 1 2 ");
  EXPECT_EQ(run(command({"cat"})).status, Outcome::kOk);
}

TEST_F(SpawnerTest, the_child_has_no_signal_blocked_or_ignored) {
  signal(SIGUSR1, SIG_IGN);
  auto started = Spawner::start();
  ASSERT_TRUE(started.ok());
  const auto outcome = started->run(command({"grep", "-E", "Sig(Blk|Ign)", "/proc/self/status"}));
  signal(SIGUSR1, SIG_DFL);
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome->standard_output, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST_F(SpawnerTest, pinning_holds_and_ends_with_the_process) {
  const std::vector<int> all = allowed_cpus();
  ASSERT_FALSE(all.empty());
  for (const int cpu : all) {
    SpawnRequest request = subject({"affinity"});
    request.cpus = {cpu};
    EXPECT_EQ(run(request).standard_output, std::to_string(cpu) + " ");
  }
  std::string everywhere;
  for (const int cpu : all) everywhere += std::to_string(cpu) + " ";
  EXPECT_EQ(run(subject({"affinity"})).standard_output, everywhere);
  EXPECT_EQ(allowed_cpus(), all);
}

TEST_F(SpawnerTest, a_processor_that_is_not_there_is_a_failure_and_a_senseless_one_an_error) {
  SpawnRequest request = command({"true"});
  request.cpus = {1023};
  const SpawnOutcome outcome = run(request);
  EXPECT_EQ(outcome.status, Outcome::kFailed);
  EXPECT_NE(outcome.reason.find("pinning"), std::string::npos) << outcome.reason;
  request.cpus = {-1};
  EXPECT_FALSE(spawner_->run(request).ok());
}

TEST_F(SpawnerTest, the_exit_mark_is_there_or_a_reason) {
  SpawnRequest request = subject({"touch", "50"});
  request.trace_exit = true;
  const SpawnOutcome outcome = run(request);
  EXPECT_EQ(outcome.status, Outcome::kOk) << outcome.reason;
  if (!outcome.exit_mark) {
    ASSERT_NE(outcome.exit_mark_reason.find("ptrace is refused"), std::string::npos) << outcome.exit_mark_reason;
    GTEST_SKIP() << outcome.exit_mark_reason;
  }
  EXPECT_EQ(outcome.exit_mark->name, "exit");
  EXPECT_GE(outcome.exit_mark->vm_hwm_bytes, 50 * kMib);
  EXPECT_GE(outcome.exit_mark->rss_anon_bytes, 50 * kMib);
  EXPECT_GT(outcome.exit_mark->rss_file_bytes, 0u);
  EXPECT_TRUE(outcome.exit_mark->pss_bytes >= 50 * kMib || !outcome.exit_mark_reason.empty());
}

TEST_F(SpawnerTest, the_exit_mark_counts_pages_of_a_tmpfs_as_those_of_a_file) {
  SpawnRequest request = subject({"touch-shared", "50"});
  request.trace_exit = true;
  const SpawnOutcome outcome = run(request);
  ASSERT_EQ(outcome.status, Outcome::kOk) << outcome.reason;
  if (!outcome.exit_mark) GTEST_SKIP() << outcome.exit_mark_reason;
  EXPECT_GE(outcome.exit_mark->rss_file_bytes, 50 * kMib);
  EXPECT_LT(outcome.exit_mark->rss_anon_bytes, 50 * kMib);
}

TEST_F(SpawnerTest, tracing_changes_no_outcome) {
  SpawnRequest killed = subject({"die", std::to_string(SIGSEGV)});
  killed.trace_exit = true;
  EXPECT_EQ(run(killed).signal, SIGSEGV);
  SpawnRequest stopped = command({"sh", "-c", "(sleep 0.1; kill -CONT $$) & kill -STOP $$; wait; echo on"});
  stopped.trace_exit = true;
  EXPECT_EQ(run(stopped).standard_output, "on\n");
  SpawnRequest hanging = subject({"ignore-term"});
  hanging.trace_exit = true;
  hanging.timeout_ns = 100'000'000;
  hanging.termination_grace_ns = 100'000'000;
  EXPECT_EQ(run(hanging).status, Outcome::kTimeout);
  SpawnRequest missing = command({"/no/such/program"});
  missing.trace_exit = true;
  EXPECT_EQ(run(missing).status, Outcome::kMissing);
  SpawnRequest threads = command({"python3", "-c",
                                  "import threading\nt=[threading.Thread(target=sum,args=([1],)) "
                                  "for _ in range(4)]\n[x.start() for x in t]\n[x.join() for x in t]"});
  threads.trace_exit = true;
  EXPECT_EQ(run(threads).status, Outcome::kOk);
}

TEST_F(SpawnerTest, a_senseless_request_is_an_error) {
  EXPECT_FALSE(spawner_->run(command({})).ok());
  EXPECT_FALSE(spawner_->run(command({""})).ok());
  EXPECT_FALSE(spawner_->run(command({"echo", std::string("a\0b", 3)})).ok());
  EXPECT_FALSE(spawner_->run(command(std::vector<std::string>(5000, "true"))).ok());
  EXPECT_FALSE(spawner_->run(command({"echo", std::string(2 << 20, 'a')})).ok());
  SpawnRequest timeless = command({"true"});
  timeless.timeout_ns = 0;
  EXPECT_FALSE(spawner_->run(timeless).ok());
  EXPECT_EQ(run(command({"true"})).status, Outcome::kOk);
}

TEST_F(SpawnerTest, an_argument_longer_than_linux_takes_is_a_failure_of_exec) {
  const SpawnOutcome outcome = run(command({"echo", std::string(200'000, 'a')}));
  EXPECT_EQ(outcome.status, Outcome::kFailed);
  EXPECT_NE(outcome.reason.find("Argument list too long"), std::string::npos) << outcome.reason;
}

TEST(SpawnerStart, a_missing_helper_is_an_error) {
  const auto started = Spawner::start({"/no/such/helper"});
  ASSERT_FALSE(started.ok());
  EXPECT_NE(started.error().message().find("/no/such/helper"), std::string::npos);
}

TEST(SpawnerStart, a_program_that_is_not_the_helper_is_an_error) {
  const auto started = Spawner::start({"/bin/true"});
  ASSERT_FALSE(started.ok());
  EXPECT_NE(started.error().message().find("died twice"), std::string::npos) << started.error().message();
}

TEST_F(SpawnerTest, a_record_gets_the_measured_part) {
  SpawnRequest request = subject({"touch", "10"});
  request.environment_padding = 77;
  const SpawnOutcome outcome = run(request);
  ProcessRecord record;
  record.cell = 5;
  fill(request, outcome, record);
  EXPECT_EQ(record.cell, 5);
  EXPECT_EQ(record.argv, request.argv);
  EXPECT_EQ(record.environment_padding, 77);
  EXPECT_EQ(record.wall_ns, outcome.wall_ns);
  EXPECT_EQ(record.peak_rss_bytes, outcome.peak_rss_bytes);
  EXPECT_EQ(record.peak_rss_floor_bytes, outcome.peak_rss_floor_bytes);
  EXPECT_EQ(record.minor_faults, outcome.minor_faults);
  EXPECT_EQ(record.counters.size(), outcome.counters.size());
  EXPECT_TRUE(record.flags.empty());
}

}  // namespace
}  // namespace kite::race
