// SPDX-License-Identifier: Apache-2.0
// Collects spans. Times are not measured while a trace is on, so a lock and a string for each span are cheap enough.
#include "paperkite/trace.h"

#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <tuple>

namespace kite {

std::int64_t Trace::now_ns() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
}

void Trace::add(std::string_view name, std::int64_t start_ns, std::int64_t end_ns) {
  const std::lock_guard lock(mutex_);
  spans_.push_back({std::string(name), start_ns, end_ns, ::gettid()});
}

std::vector<TraceSpan> Trace::spans() const {
  std::vector<TraceSpan> spans;
  {
    const std::lock_guard lock(mutex_);
    spans = spans_;
  }
  // A span comes before the spans inside it.
  std::ranges::sort(spans, [](const TraceSpan& a, const TraceSpan& b) {
    return std::tie(a.start_ns, b.end_ns) < std::tie(b.start_ns, a.end_ns);
  });
  return spans;
}

}  // namespace kite
