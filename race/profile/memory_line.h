// SPDX-License-Identifier: Apache-2.0
// Memory over the life of a process, read from outside: /proc/PID/status of the process and its children every 10 ms.
// smaps_rollup is not used: it walks over every page and holds the process's memory lock meanwhile.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace kite::race {

struct MemorySample {
  std::int64_t t_ns = 0;  // since the first sample, which is at most 10 ms after exec
  std::uint64_t rss_anon_bytes = 0, rss_file_bytes = 0;
};

// Watches the next child of `parent`, in a thread of its own, until stop().
class MemoryLine {
 public:
  // `below_child`: the child is a sampler, and its own children are watched.
  MemoryLine(int parent, bool below_child);
  ~MemoryLine() { end(); }
  MemoryLine(const MemoryLine&) = delete;
  MemoryLine& operator=(const MemoryLine&) = delete;

  [[nodiscard]] std::vector<MemorySample> stop();
  // The ids of the processes that were watched. Call it after stop().
  [[nodiscard]] const std::vector<int>& pids() const { return pids_; }

 private:
  void watch();
  void end();

  int parent_;
  bool below_child_;
  std::atomic<bool> stopped_ = false;
  std::vector<MemorySample> samples_;
  std::vector<int> pids_;
  std::thread thread_;
};

// "ms,rss_anon_bytes,rss_file_bytes", one sample a line.
[[nodiscard]] std::string memory_csv(const std::vector<MemorySample>& samples);

}  // namespace kite::race
