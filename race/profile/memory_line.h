// SPDX-License-Identifier: Apache-2.0
// Memory over the life of a process, read from outside: /proc/PID/status every 10 ms, of the process and its children.
// status is taken rather than smaps_rollup since that one walks every page while it holds the process's memory lock.
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

// Watches the child that `parent` gets next, in a thread of its own, until stop().
class MemoryLine {
 public:
  // `below_child`: the child is a sampler, whose own children are meant.
  MemoryLine(int parent, bool below_child);
  ~MemoryLine() { end(); }
  MemoryLine(const MemoryLine&) = delete;
  MemoryLine& operator=(const MemoryLine&) = delete;

  [[nodiscard]] std::vector<MemorySample> stop();
  // Of the processes that were watched; after stop().
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
