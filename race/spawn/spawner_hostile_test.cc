// SPDX-License-Identifier: Apache-2.0
// How the spawner handles programs that misbehave, and a helper that dies.
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <thread>

#include "base/test_folder.h"
#include "race/spawn/proc_text.h"
#include "race/spawn/spawner_fixture.h"

namespace kite::race {
namespace {

using SpawnerHostileTest = SpawnerFixture;

// A process that is a zombie of another parent counts as ended.
bool is_alive(int pid) {
  const auto text = read_text("/proc/" + std::to_string(pid) + "/stat");
  return text && text->find(") Z ") == std::string::npos;
}

SpawnRequest short_lived(SpawnRequest request) {
  request.timeout_ns = 150'000'000;
  request.termination_grace_ns = 150'000'000;
  return request;
}

TEST_F(SpawnerHostileTest, one_that_hangs_is_ended_with_its_whole_group) {
  const SpawnOutcome outcome = run(short_lived(subject({"ignore-term"})));
  EXPECT_EQ(outcome.status, Outcome::kTimeout);
  EXPECT_EQ(outcome.signal, SIGKILL);
  EXPECT_GE(outcome.wall_ns, 300'000'000);
  EXPECT_NE(outcome.reason.find("0.15 s"), std::string::npos) << outcome.reason;
  const int child = std::atoi(outcome.standard_output.c_str());
  ASSERT_GT(child, 0);
  EXPECT_FALSE(is_alive(child));
  EXPECT_TRUE(outcome.left_behind.empty());
}

TEST_F(SpawnerHostileTest, one_that_obeys_sigterm_is_still_a_timeout) {
  const SpawnOutcome outcome = run(short_lived(subject({"obey-term"})));
  EXPECT_EQ(outcome.status, Outcome::kTimeout);
  EXPECT_EQ(outcome.signal, 0);
  EXPECT_EQ(outcome.exit_code, 0);
}

TEST_F(SpawnerHostileTest, one_that_stops_itself_is_ended) {
  const SpawnOutcome outcome = run(short_lived(command({"sh", "-c", "kill -STOP $$"})));
  EXPECT_EQ(outcome.status, Outcome::kTimeout);
  EXPECT_EQ(outcome.signal, SIGKILL);
}

TEST_F(SpawnerHostileTest, a_daemon_left_behind_is_killed_and_reported) {
  for (const char* closes : {"0", "1"}) {
    SpawnRequest request = subject({"leave-daemon", closes});
    const SpawnOutcome outcome = run(request);
    EXPECT_EQ(outcome.status, Outcome::kOk) << outcome.reason;
    const int daemon = std::atoi(outcome.standard_output.c_str());
    ASSERT_GT(daemon, 0);
    EXPECT_FALSE(is_alive(daemon));
    ASSERT_EQ(outcome.left_behind.size(), 1u);
    EXPECT_EQ(outcome.left_behind[0], "kite-race-spawn (pid " + std::to_string(daemon) + ")");
    ProcessRecord record;
    fill(request, outcome, record);
    ASSERT_EQ(record.flags.size(), 1u);
    EXPECT_NE(record.flags[0].find(outcome.left_behind[0]), std::string::npos);
  }
}

TEST_F(SpawnerHostileTest, many_left_behind_are_all_killed_and_counted) {
  const SpawnOutcome outcome = run(subject({"leave-many", "40"}));
  ASSERT_EQ(outcome.left_behind.size(), 17u);
  EXPECT_EQ(outcome.left_behind.back(), "24 more");
  EXPECT_TRUE(run(command({"true"})).left_behind.empty());
}

TEST_F(SpawnerHostileTest, a_servant_that_ends_right_after_is_no_leak) {
  EXPECT_TRUE(run(command({"sh", "-c", "sleep 0.01 & exit 0"})).left_behind.empty());
}

TEST_F(SpawnerHostileTest, closed_outputs_do_not_end_a_process) {
  const SpawnOutcome outcome = run(subject({"close-and-sleep", "150"}));
  EXPECT_EQ(outcome.status, Outcome::kOk);
  EXPECT_GE(outcome.wall_ns, 150'000'000);
}

TEST_F(SpawnerHostileTest, garbage_arrives_byte_for_byte) {
  const SpawnOutcome outcome = run(subject({"garbage", "300000"}));
  ASSERT_EQ(outcome.standard_output.size(), 300'000u);
  unsigned state = 1;
  for (const char byte : outcome.standard_output) {
    state = state * 1103515245u + 12345u;
    ASSERT_EQ(static_cast<unsigned char>(byte), state >> 16 & 255);
  }
}

TEST_F(SpawnerHostileTest, of_long_output_beginning_and_end_are_kept) {
  SpawnRequest request = subject({"count-up", "20000"});  // 160,000 bytes, eight a line
  request.standard_output = {1000, 1 << 20};
  const SpawnOutcome outcome = run(request);
  EXPECT_EQ(outcome.status, Outcome::kOk);
  EXPECT_EQ(outcome.standard_output_bytes, 160'000u);
  EXPECT_TRUE(outcome.standard_output.starts_with("0000000\n0000001\n"));
  EXPECT_NE(outcome.standard_output.find("\n[... 159000 bytes left out ...]\n"), std::string::npos);
  EXPECT_TRUE(outcome.standard_output.ends_with("0019998\n0019999\n"));
  EXPECT_EQ(outcome.standard_output.size(), 1000 + std::string("\n[... 159000 bytes left out ...]\n").size());
}

TEST_F(SpawnerHostileTest, output_of_just_the_limit_is_whole) {
  SpawnRequest request = subject({"count-up", "100"});
  request.standard_output = {800, 1 << 20};
  EXPECT_EQ(run(request).standard_output.find("left out"), std::string::npos);
  request.standard_output = {0, 1 << 20};
  EXPECT_EQ(run(request).standard_output, "\n[... 800 bytes left out ...]\n");
}

TEST_F(SpawnerHostileTest, a_flood_is_ended) {
  for (const char* stream : {"1", "2"}) {
    SpawnRequest request = subject({"flood", stream});
    request.standard_output = {1 << 10, 1 << 20};
    request.standard_error = {1 << 10, 1 << 20};
    const SpawnOutcome outcome = run(request);
    EXPECT_EQ(outcome.status, Outcome::kFailed);
    EXPECT_EQ(outcome.signal, SIGKILL);
    EXPECT_NE(outcome.reason.find("printing too much"), std::string::npos) << outcome.reason;
    EXPECT_GT(outcome.standard_output_bytes + outcome.standard_error_bytes, std::uint64_t{1} << 20);
    EXPECT_LT(outcome.standard_output.size() + outcome.standard_error.size(), std::size_t{1} << 12);
  }
}

TEST_F(SpawnerHostileTest, filling_the_disk_ends_at_the_limit) {
  const TestFolder folder;
  const std::string path = folder / "full";
  SpawnRequest request = subject({"fill-file", path});
  request.file_size_limit_bytes = 1 << 20;
  const SpawnOutcome outcome = run(request);
  EXPECT_EQ(outcome.status, Outcome::kFailed);
  EXPECT_EQ(outcome.signal, SIGXFSZ);
  struct stat status;
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_size, 1 << 20);
}

TEST_F(SpawnerHostileTest, a_dead_helper_is_replaced) {
  const int first = spawner_->helper_pid();
  ASSERT_EQ(kill(first, SIGKILL), 0);
  EXPECT_EQ(run(command({"echo", "again"})).standard_output, "again\n");
  EXPECT_NE(spawner_->helper_pid(), first);
}

TEST_F(SpawnerHostileTest, a_helper_killed_by_its_child_twice_is_an_error_and_then_replaced) {
  const auto outcome = spawner_->run(command({"sh", "-c", "kill -KILL $PPID; sleep 10"}));
  ASSERT_FALSE(outcome.ok());
  EXPECT_NE(outcome.error().message().find("died twice"), std::string::npos) << outcome.error().message();
  EXPECT_NE(outcome.error().message().find("SIGKILL"), std::string::npos) << outcome.error().message();
  EXPECT_EQ(run(command({"true"})).status, Outcome::kOk);
}

TEST_F(SpawnerHostileTest, cancelling_kills_the_child_and_is_an_error) {
  std::atomic<bool> cancelled = false;
  SpawnRequest request = subject({"hang"});
  request.cancelled = &cancelled;
  std::thread canceller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    cancelled = true;
  });
  const auto outcome = spawner_->run(request);
  canceller.join();
  ASSERT_FALSE(outcome.ok());
  EXPECT_NE(outcome.error().message().find("interrupted"), std::string::npos);
  EXPECT_EQ(run(command({"true"})).status, Outcome::kOk);
}

// Like a container's default profile: from here on both calls return EPERM, in this process and its descendants.
bool refuse_ptrace_and_perf() {
  sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ptrace, 1, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_perf_event_open, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{sizeof rules / sizeof rules[0], rules};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

// Exit code 0: everything as it should be.
int run_refused() {
  if (!refuse_ptrace_and_perf()) return 77;
  auto own = Spawner::start();
  if (!own.ok()) return 1;
  SpawnRequest request = command({"echo", "fine"});
  request.trace_exit = true;
  const auto outcome = own->run(request);
  if (!outcome.ok() || outcome->standard_output != "fine\n" || outcome->status != Outcome::kOk) return 2;
  if (outcome->exit_mark || outcome->exit_mark_reason.find("ptrace is refused") == std::string::npos) return 3;
  for (const CounterRecord& counter : outcome->counters) {
    if (counter.name == "cycles" && (counter.value || !counter.reason.starts_with("EPERM"))) return 4;
    if (counter.name == "task-clock" && (!counter.value || !counter.reason.starts_with("from wait4"))) return 5;
  }
  return 0;
}

TEST_F(SpawnerHostileTest, where_ptrace_and_perf_are_refused_there_are_reasons) {
  const pid_t refused = fork();
  if (refused == 0) _exit(run_refused());
  int status = 0;
  ASSERT_EQ(waitpid(refused, &status, 0), refused);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "seccomp filters are refused here";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(SpawnerHostileTest, a_runner_that_goes_away_takes_the_child_along) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const pid_t runner = fork();
  if (runner == 0) {
    auto own = Spawner::start();
    if (!own.ok()) _exit(1);
    const int pid = own->helper_pid();
    if (write(ends[1], &pid, sizeof pid) != sizeof pid) _exit(1);
    (void)own->run(subject({"ignore-term"}));
    _exit(1);
  }
  close(ends[1]);
  int helper = 0;
  ASSERT_EQ(read(ends[0], &helper, sizeof helper), static_cast<ssize_t>(sizeof helper));
  close(ends[0]);
  // Its child is running once the helper has one.
  const std::string children = "/proc/" + std::to_string(helper) + "/task/" + std::to_string(helper) + "/children";
  int child = 0;
  for (int i = 0; i < 500 && child == 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    child = std::atoi(read_text(children).value_or("0").c_str());
  }
  kill(runner, SIGKILL);
  waitpid(runner, nullptr, 0);
  if (child == 0) GTEST_SKIP() << "this kernel does not list a process's children";
  for (int i = 0; i < 500 && (is_alive(child) || is_alive(helper)); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_FALSE(is_alive(child));
  EXPECT_FALSE(is_alive(helper));
}

}  // namespace
}  // namespace kite::race
