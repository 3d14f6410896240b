// SPDX-License-Identifier: Apache-2.0
// Runs one command as one measured process, through kite-race-spawn (helper/), a program of about 1 MiB.
//
// What the numbers are: begin is stamped by the child right before exec, the end when the helper is told of the exit
// and the first byte when the helper is told of it (both asleep in poll: some ten microseconds late, for every
// contestant alike). Usage and peak memory are wait4's for this child and the descendants that it waited for, nobody
// else's.
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
  std::uint64_t keep_bytes = 0;  // beyond it the middle is left out; rounded down to an even number
  std::uint64_t kill_bytes = 0;  // who prints more is killed
};

struct SpawnRequest {
  std::vector<std::string> argv;                   // argv[0] is looked up in the child's PATH where it has no slash
  std::string working_folder;                      // empty: ours
  std::map<std::string, std::string> environment;  // on top of clean_environment()
  std::int32_t environment_padding = 0;            // bytes of KITE_RACE_PADDING
  std::vector<int> cpus;                           // for the child alone where others are to spare; empty: no pinning
  std::int64_t timeout_ns = 60'000'000'000;
  std::int64_t termination_grace_ns = 2'000'000'000;  // between SIGTERM and SIGKILL of the whole process group
  OutputLimit standard_output{16u << 20, 256u << 20};
  OutputLimit standard_error{256u << 10, 64u << 20};
  std::uint64_t file_size_limit_bytes = std::uint64_t{16}
                                        << 30;  // of each file it writes (SIGXFSZ beyond); 0: no limit
  bool count_events = true;                     // perf events
  // Stops the process at its exit to read its memory (mark "exit"). Costs time, so it is for Purpose::kMemory only.
  bool trace_exit = false;
  // Set (by a signal handler, another thread) to give up: the child is killed and run() returns an Error.
  const std::atomic<bool>* cancelled = nullptr;
};

struct SpawnOutcome {
  Outcome status = Outcome::kOk;  // kMissing: there is no such program
  std::string reason;             // of any status but ok
  std::int32_t exit_code = 0, signal = 0;
  std::int64_t begin_ns = 0, wall_ns = 0;
  std::int64_t label_ns = 0;  // 0: nothing was printed
  std::int64_t user_ns = 0, system_ns = 0;
  std::uint64_t peak_rss_bytes = 0, peak_rss_floor_bytes = 0;
  std::int64_t minor_faults = 0, major_faults = 0, voluntary_switches = 0, involuntary_switches = 0;
  std::vector<CounterRecord> counters;
  std::optional<MarkRecord> exit_mark;
  std::string exit_mark_reason;          // why there is none, if it was asked for; also why its pss_bytes is 0
  std::vector<std::string> left_behind;  // descendants that outlived it and were killed: "sleep (pid 12)"
  std::string standard_output, standard_error;
  std::uint64_t standard_output_bytes = 0, standard_error_bytes = 0;  // printed, of which the strings may hold less
};

// Copies the measured part, and adds flags ("left processes behind", "output was cut").
void fill(const SpawnRequest& request, const SpawnOutcome& outcome, ProcessRecord& record);

struct SpawnerOptions {
  std::string helper;  // path of kite-race-spawn; empty: beside the running program
};

// One helper process. One Spawner per thread; it runs one child at a time.
class Spawner {
 public:
  // Starts the helper and spawns an empty program once, which gives the floor of peak memory and the counters there
  // are.
  static Result<Spawner> start(const SpawnerOptions& options = {});
  ~Spawner();
  Spawner(Spawner&& other) noexcept;
  Spawner& operator=(Spawner&& other) noexcept;

  // An Error is ours (a request that cannot be sent, cancelled, a helper that died twice); whatever the child does is
  // an outcome. A helper that dies is started anew once, and the command is run again.
  Result<SpawnOutcome> run(const SpawnRequest& request);

  // Of the empty program.
  const SpawnOutcome& empty_run() const { return empty_run_; }
  int helper_pid() const { return helper_pid_; }

 private:
  friend class LiveProcess;  // one helper, whose one child we talk with
  struct Prepared;
  Spawner() = default;
  Result<Prepared> prepare(const SpawnRequest& request) const;
  kite::Status start_helper();
  std::string end_helper();  // closes the socket, waits; says how it ended

  std::string helper_;
  int helper_pid_ = -1;
  int socket_ = -1;
  SpawnOutcome empty_run_;
};

}  // namespace kite::race
