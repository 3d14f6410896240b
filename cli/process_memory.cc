// SPDX-License-Identifier: Apache-2.0
// /proc/self/status and /proc/self/smaps_rollup: lines of "Key:  number kB".
#include "process_memory.h"

#include <charconv>
#include <fstream>
#include <string>
#include <string_view>

namespace kite::cli {

namespace {

struct Line {
  std::string_view key;
  std::uint64_t& bytes;
};

void read_lines(const char* path, std::initializer_list<Line> wanted) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    for (const Line& entry : wanted) {
      if (!line.starts_with(entry.key)) continue;
      const std::size_t digits = line.find_first_of("0123456789", entry.key.size());
      std::uint64_t kibibytes = 0;
      if (digits == std::string::npos) continue;
      const auto parsed = std::from_chars(line.data() + digits, line.data() + line.size(), kibibytes);
      if (parsed.ec == std::errc()) entry.bytes += kibibytes * 1024;
    }
  }
}

}  // namespace

ProcessMemory process_memory() {
  ProcessMemory memory;
  read_lines("/proc/self/status", {{"RssAnon:", memory.rss_anon},
                                   {"RssFile:", memory.rss_file},
                                   {"RssShmem:", memory.rss_file},
                                   {"VmHWM:", memory.peak}});
  read_lines("/proc/self/smaps_rollup", {{"Pss:", memory.pss}});
  return memory;
}

}  // namespace kite::cli
