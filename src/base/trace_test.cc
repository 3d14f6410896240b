// SPDX-License-Identifier: Apache-2.0
#include "paperkite/trace.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <vector>

namespace kite {
namespace {

TEST(Trace, nests_scopes_and_tells_threads_apart) {
  Trace trace;
  {
    const TraceScope outer(&trace, "outer");
    const TraceScope inner(&trace, "inner");
  }
  std::thread([&] { const TraceScope other(&trace, "other"); }).join();
  const std::vector<TraceSpan> spans = trace.spans();
  ASSERT_EQ(spans.size(), 3u);
  EXPECT_EQ(spans[0].name, "outer");
  EXPECT_EQ(spans[1].name, "inner");
  EXPECT_EQ(spans[2].name, "other");
  EXPECT_LE(spans[0].start_ns, spans[1].start_ns);
  EXPECT_GE(spans[0].end_ns, spans[1].end_ns);
  EXPECT_EQ(spans[0].thread, spans[1].thread);
  EXPECT_NE(spans[0].thread, spans[2].thread);
}

TEST(Trace, a_scope_without_a_trace_does_nothing) { const TraceScope scope(nullptr, "no trace"); }

TEST(Trace, takes_spans_from_many_threads) {
  Trace trace;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) trace.add("span", Trace::now_ns(), Trace::now_ns());
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<int> numbers;
  for (const TraceSpan& span : trace.spans()) numbers.insert(span.thread);
  EXPECT_EQ(trace.spans().size(), 400u);
  EXPECT_EQ(numbers.size(), 4u);
}

}  // namespace
}  // namespace kite
