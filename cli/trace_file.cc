// SPDX-License-Identifier: Apache-2.0
// JSON in the "Trace Event Format": one complete event ("ph": "X") for each span.
#include "trace_file.h"

#include <unistd.h>

#include <ctime>

#include "base/json.h"
#include "json_output.h"

namespace kite::cli {

std::int64_t cpu_ns_so_far() noexcept {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return used.tv_sec * std::int64_t{1'000'000'000} + used.tv_nsec;
}

std::string trace_text(const Trace& trace) {
  const auto spans = trace.spans();
  const std::int64_t zero_ns = spans.empty() ? 0 : spans.front().start_ns;
  auto events = nlohmann::ordered_json::array();
  for (const TraceSpan& span : spans) {
    events.push_back({{"name", span.name},
                      {"ph", "X"},
                      {"ts", static_cast<double>(span.start_ns - zero_ns) * 1e-3},
                      {"dur", static_cast<double>(span.end_ns - span.start_ns) * 1e-3},
                      {"pid", ::getpid()},
                      {"tid", span.thread}});
  }
  const nlohmann::ordered_json document = {{"displayTimeUnit", "ms"}, {"traceEvents", std::move(events)}};
  return json_text(document) + '\n';
}

}  // namespace kite::cli
