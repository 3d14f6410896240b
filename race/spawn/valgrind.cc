// SPDX-License-Identifier: Apache-2.0
// Wraps a command line, and reads the two result formats.
#include "race/spawn/valgrind.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "race/spawn/environment.h"
#include "race/spawn/proc_text.h"

namespace kite::race {
namespace {

const char* counter_name(ValgrindTool tool) {
  return tool == ValgrindTool::kCallgrind ? "instructions (valgrind, no AVX-512)" : "peak heap (massif)";
}

Error unreadable(const char* tool, const char* what) {
  return Error{ErrorCode::kIo, fmt::format("{}'s result has no {}", tool, what), {}, {}};
}

std::string last_line(const std::string& text) {
  const std::size_t end = text.find_last_not_of('\n');
  if (end == std::string::npos) return {};
  const std::size_t begin = text.rfind('\n', end);
  return text.substr(begin == std::string::npos ? 0 : begin + 1,
                     end - (begin == std::string::npos ? 0 : begin + 1) + 1);
}

}  // namespace

std::vector<std::string> under_valgrind(ValgrindTool tool, const std::vector<std::string>& argv,
                                        const std::string& result_file) {
  std::vector<std::string> wrapped = {"valgrind", "--quiet"};
  if (tool == ValgrindTool::kCallgrind) {
    wrapped.insert(wrapped.end(), {"--tool=callgrind", "--callgrind-out-file=" + result_file});
  } else {
    wrapped.insert(wrapped.end(), {"--tool=massif", "--massif-out-file=" + result_file});
  }
  wrapped.insert(wrapped.end(), argv.begin(), argv.end());
  return wrapped;
}

Result<double> parse_callgrind(const std::string& text) {
  // "totals:" is at the end of the file. "summary:" comes before the costs, so a file that was cut may still have it.
  for (const char* key : {"totals", "summary"}) {
    const auto value = value_of(text, key);
    const auto number = value ? number_of(*value) : std::nullopt;
    if (number) return static_cast<double>(*number);
  }
  return unreadable("callgrind", "total");
}

Result<double> parse_massif(const std::string& text) {
  std::uint64_t peak = 0;
  bool any = false;
  std::size_t position = 0;
  while ((position = text.find("\nmem_heap_B=", position)) != std::string::npos) {
    const std::string_view snapshot = std::string_view(text).substr(position + 1);
    const auto heap = value_of(snapshot, "mem_heap_B");
    const auto extra = value_of(snapshot, "mem_heap_extra_B");
    const auto heap_bytes = heap ? number_of(*heap) : std::nullopt;
    const auto extra_bytes = extra ? number_of(*extra) : std::nullopt;
    if (!heap_bytes || !extra_bytes) return unreadable("massif", "complete snapshot");
    peak = std::max(peak, *heap_bytes + *extra_bytes);
    any = true;
    ++position;
  }
  if (!any) return unreadable("massif", "snapshot");
  if (peak == 0) return unreadable("massif", "allocation; it cannot see those of a static program");
  return static_cast<double>(peak);
}

CounterRecord run_under_valgrind(Spawner& spawner, ValgrindTool tool, const SpawnRequest& request,
                                 const std::string& result_file) {
  CounterRecord counter{counter_name(tool), std::nullopt, {}};
  const auto environment = clean_environment();
  if (!find_program("valgrind", environment.at("PATH"))) {
    counter.reason = "valgrind is not installed (Debian: valgrind)";
    return counter;
  }
  unlink(result_file.c_str());  // an old result must not be taken for this one
  SpawnRequest wrapped = request;
  wrapped.argv = under_valgrind(tool, request.argv, result_file);
  wrapped.count_events = false;
  wrapped.trace_exit = false;
  const auto outcome = spawner.run(wrapped);
  if (!outcome) {
    counter.reason = outcome.error().message();
  } else if (outcome->status != Outcome::kOk) {
    counter.reason = "under valgrind: " + outcome->reason;
    if (const std::string words = last_line(outcome->standard_error); !words.empty()) counter.reason += ": " + words;
  } else if (const auto text = read_text(result_file); !text) {
    counter.reason = "valgrind left no result";
  } else {
    const auto number = tool == ValgrindTool::kCallgrind ? parse_callgrind(*text) : parse_massif(*text);
    if (number) {
      counter.value = *number;
    } else {
      counter.reason = number.error().message();
    }
  }
  return counter;
}

}  // namespace kite::race
