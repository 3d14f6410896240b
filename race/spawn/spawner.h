// SPDX-License-Identifier: Apache-2.0
// Runs one command as one measured process, through kite-race-spawn (helper/), a program of 60 KB.
//
// What the numbers mean:
//   1. The child stamps the begin right before exec.
//   2. The helper stamps the first byte of output and the exit when it learns of them. It sleeps in poll until then, so
//      both are about ten microseconds late, equally for every contestant.
//   3. Usage and peak memory are those that wait4 gives for this child and the descendants that it waited for; no other
//      process is in them.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "paperkite/error.h"
#include "race/journal/record.h"

namespace kite::race {

struct OutputLimit {
  std::uint64_t keep_bytes = 0;  // of a longer output the middle is left out; rounded down to an even number
  std::uint64_t kill_bytes = 0;  // a child that prints more is killed
};

struct SpawnRequest {
  std::vector<std::string> argv;                   // argv[0] is looked up in the child's PATH if it has no slash
  std::string working_folder;                      // empty: ours
  std::map<std::string, std::string> environment;  // added to clean_environment()
  std::int32_t environment_padding = 0;            // bytes of KITE_RACE_PADDING
  std::vector<int> cpus;                           // of the child; the helper uses others, if any; empty: no pinning
  std::int64_t timeout_ns = 60'000'000'000;
  std::int64_t termination_grace_ns = 2'000'000'000;  // between SIGTERM and SIGKILL of the whole process group
  OutputLimit standard_output{16u << 20, 256u << 20};
  OutputLimit standard_error{256u << 10, 64u << 20};
  std::uint64_t file_size_limit_bytes = std::uint64_t{16}
                                        << 30;  // of each file it writes (SIGXFSZ beyond); 0: no limit
  bool count_events = true;                     // perf events
  // Stops the process at its exit to read its memory (mark "exit"). This takes time, so it is only for
  // Purpose::kMemory.
  bool trace_exit = false;
  // A signal handler or another thread sets this to cancel: then the child is killed and run() returns an Error.
  const std::atomic<bool>* cancelled = nullptr;
};

struct SpawnOutcome {
  Outcome status = Outcome::kOk;  // kMissing: there is no such program
  std::string reason;             // of every status except ok
  int start_errno = 0;            // of a program that could not be started
  std::int32_t exit_code = 0, signal = 0;
  std::int64_t begin_ns = 0, wall_ns = 0;
  std::int64_t label_ns = 0;  // 0: nothing was printed
  std::int64_t user_ns = 0, system_ns = 0;
  std::uint64_t peak_rss_bytes = 0, peak_rss_floor_bytes = 0;
  std::int64_t minor_faults = 0, major_faults = 0, voluntary_switches = 0, involuntary_switches = 0;
  std::vector<CounterRecord> counters;
  std::optional<MarkRecord> exit_mark;
  std::string exit_mark_reason;          // why there is no exit mark, if one was asked for; also why its pss_bytes is 0
  std::vector<std::string> left_behind;  // descendants that lived longer than it and were killed: "sleep (pid 12)"
  std::string standard_output, standard_error;
  std::uint64_t standard_output_bytes = 0, standard_error_bytes = 0;  // printed; the strings may hold less
};

// Copies the measured values into the record, and adds flags ("left processes behind", "output was cut").
void fill(const SpawnRequest& request, const SpawnOutcome& outcome, ProcessRecord& record);

struct SpawnerOptions {
  std::string helper;  // path of kite-race-spawn; empty: it is beside the running program
};

// One helper process. One Spawner per thread; it runs one child at a time.
class Spawner {
 public:
  // Starts the helper and runs an empty program once. That shows the floor of peak memory and which counters exist.
  static Result<Spawner> start(const SpawnerOptions& options = {});
  ~Spawner();
  Spawner(Spawner&& other) noexcept;
  Spawner& operator=(Spawner&& other) noexcept;

  // An Error: the race itself cannot go on (the request cannot be sent, it was cancelled, or the helper died twice).
  // Every failure of the child is an outcome. If the helper dies, it is started again once, and the
  // command is run again.
  Result<SpawnOutcome> run(const SpawnRequest& request);

  // The outcome of the empty program.
  const SpawnOutcome& empty_run() const { return empty_run_; }
  int helper_pid() const { return helper_pid_; }

 private:
  friend class LiveProcess;  // it has one helper, with one child that we talk to
  struct Prepared;
  Spawner() = default;
  Result<Prepared> prepare(const SpawnRequest& request) const;
  kite::Status start_helper();
  std::string end_helper();  // closes the socket, waits, and returns how the helper ended

  std::string helper_;
  int helper_pid_ = -1;
  int socket_ = -1;
  SpawnOutcome empty_run_;
};

}  // namespace kite::race
