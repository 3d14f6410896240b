// SPDX-License-Identifier: Apache-2.0
// Where the time of opening and running a model went: named spans, one behind or inside the other.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace kite {

struct TraceSpan {
  std::string name;
  std::int64_t start_ns = 0;  // CLOCK_MONOTONIC
  std::int64_t end_ns = 0;
  int thread = 0;  // the system's number of the thread that was busy
};

// Takes spans from any thread.
class Trace {
 public:
  [[nodiscard]] static std::int64_t now_ns() noexcept;
  // On the calling thread.
  void add(std::string_view name, std::int64_t start_ns, std::int64_t end_ns);
  [[nodiscard]] std::vector<TraceSpan> spans() const;  // in the order of their starts

 private:
  mutable std::mutex mutex_;
  std::vector<TraceSpan> spans_;
};

// The span from its construction to its destruction; nothing where `trace` is null.
class TraceScope {
 public:
  TraceScope(Trace* trace, std::string_view name) noexcept
      : trace_(trace), name_(name), start_ns_(trace == nullptr ? 0 : Trace::now_ns()) {}
  TraceScope(const TraceScope&) = delete;
  TraceScope& operator=(const TraceScope&) = delete;
  ~TraceScope() {
    if (trace_ != nullptr) trace_->add(name_, start_ns_, Trace::now_ns());
  }

 private:
  Trace* trace_;
  std::string_view name_;
  std::int64_t start_ns_;
};

}  // namespace kite
