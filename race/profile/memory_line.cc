// SPDX-License-Identifier: Apache-2.0
// Children are searched among all processes, since not every kernel lists the children of a process. That takes one or
// two milliseconds, so it is done at the beginning and four times a second.
#include "race/profile/memory_line.h"

#include <dirent.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstring>
#include <new>
#include <optional>
#include <system_error>
#include <utility>

#include "race/spawn/proc_text.h"

namespace kite::race {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kInterval = std::chrono::milliseconds(10);
constexpr int kSamplesBetweenLooks = 25;

// (process, its parent) of all processes.
std::vector<std::pair<int, int>> all_processes() {
  std::vector<std::pair<int, int>> found;
  DIR* folder = ::opendir("/proc");
  if (folder == nullptr) return found;
  while (const dirent* entry = ::readdir(folder)) {
    int pid = 0;
    const char* end = entry->d_name + std::strlen(entry->d_name);
    if (std::from_chars(entry->d_name, end, pid).ptr != end) continue;
    const auto stat = read_text(fmt::format("/proc/{}/stat", pid));
    // "123 (a name) S 45": the name may contain any character.
    const std::size_t name_end = stat ? stat->rfind(')') : std::string::npos;
    if (name_end == std::string::npos || name_end + 4 > stat->size()) continue;
    const auto parent = number_of(std::string_view(*stat).substr(name_end + 4));
    if (parent) found.emplace_back(pid, static_cast<int>(*parent));
  }
  ::closedir(folder);
  return found;
}

// The children of `parent`, their children, and so on. The first generation is left out if only the processes below it
// are asked for.
std::vector<int> descendants(int parent, bool below_child) {
  const auto all = all_processes();
  std::vector<int> generation = {parent}, found;
  for (int depth = 0; !generation.empty() && depth < 16; ++depth) {
    std::vector<int> next;
    for (const auto& [pid, its_parent] : all) {
      if (std::find(generation.begin(), generation.end(), its_parent) != generation.end()) next.push_back(pid);
    }
    if (depth > 0 || !below_child) found.insert(found.end(), next.begin(), next.end());
    generation = std::move(next);
  }
  return found;
}

std::uint64_t kib(const std::string& status, std::string_view key) {
  const auto value = value_of(status, key);
  return value ? number_of(*value).value_or(0) * 1024 : 0;
}

// Adds the process's memory. False: the process is gone, or it is still the sampler's copy before exec.
bool add_memory(int pid, MemorySample& sample) {
  const auto status = read_text(fmt::format("/proc/{}/status", pid));
  if (!status || value_of(*status, "Name") == "perf-exec") return false;
  // A file mapped from a tmpfs counts as shared memory.
  const std::uint64_t anonymous = kib(*status, "RssAnon"), file = kib(*status, "RssFile") + kib(*status, "RssShmem");
  sample.rss_anon_bytes += anonymous;
  sample.rss_file_bytes += file;
  return anonymous + file > 0;
}

}  // namespace

MemoryLine::MemoryLine(int parent, bool below_child) : parent_(parent), below_child_(below_child) {
  try {
    thread_ = std::thread([this] {
      try {
        watch();
      } catch (const std::bad_alloc&) {
        samples_.clear();  // half a line would look like a process that has ended
      }
    });
  } catch (const std::system_error&) {
    // The system grants no further thread: the profile has no line of memory.
  }
}

void MemoryLine::watch() {
  std::optional<Clock::time_point> first;
  auto next = Clock::now();
  std::vector<int> alive;
  for (int look = 0; !stopped_.load(); ++look) {
    if (alive.empty() || look % kSamplesBetweenLooks == 0) {
      alive = descendants(parent_, below_child_);
      for (const int pid : alive) {
        if (std::find(pids_.begin(), pids_.end(), pid) == pids_.end()) pids_.push_back(pid);
      }
    }
    MemorySample sample;
    const auto now = Clock::now();
    bool seen = false;
    for (const int pid : alive) seen = add_memory(pid, sample) || seen;
    if (seen) {
      if (!first) first = now;
      sample.t_ns = std::chrono::nanoseconds(now - *first).count();
      samples_.push_back(sample);
    } else {
      alive.clear();
    }
    next = std::max(next + kInterval, Clock::now());  // missed samples are not taken later
    std::this_thread::sleep_until(next);
  }
}

void MemoryLine::end() {
  stopped_.store(true);
  if (thread_.joinable()) thread_.join();
}

std::vector<MemorySample> MemoryLine::stop() {
  end();
  return std::move(samples_);
}

std::string memory_csv(const std::vector<MemorySample>& samples) {
  std::string text = "ms,rss_anon_bytes,rss_file_bytes\n";
  for (const MemorySample& sample : samples) {
    text += fmt::format("{:.3f},{},{}\n", static_cast<double>(sample.t_ns) * 1e-6, sample.rss_anon_bytes,
                        sample.rss_file_bytes);
  }
  return text;
}

}  // namespace kite::race
