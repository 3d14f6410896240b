// SPDX-License-Identifier: Apache-2.0
// Thresholds leave room for what honest contestants do outside their timers: softmax, argmax, printing, reading /proc.
#include "race/schedule/plausibility.h"

#include <fmt/format.h>

#include <charconv>
#include <cstddef>
#include <cstdint>

namespace kite::race {

namespace {

// Two clocks are read a moment apart, and "ms" is rounded to a few digits.
constexpr double kSlackMs = 1.0;
constexpr double kSlackMsPerSample = 0.001;
// Outside the timers an interpreter spends up to about 0.2 ms a sample (argmax, softmax, one line of JSON) and some
// tens of milliseconds once. If half a run lies outside its samples, it gets a flag; if three quarters do, it fails.
constexpr double kOddShare = 0.5, kOddMs = 50, kOddMsPerSample = 0.3;
constexpr double kImpossibleShare = 0.75, kImpossibleMs = 200, kImpossibleMsPerSample = 1.0;
// A pass writes logits and tensors after its samples.
constexpr double kWritingMs = 500;
// The kernel adds up a thread's pages in batches, so its peak may lag by a few megabytes.
constexpr std::uint64_t kPeakSlackBytes = std::uint64_t{8} << 20;

double phase_ms(const ProcessRecord& record, const char* name) {
  for (const PhaseRecord& phase : record.phases) {
    if (phase.name == name) return static_cast<double>(phase.t_ns) * 1e-6;
  }
  return 0;
}

double sum_ms(const ProcessRecord& record, std::size_t from) {
  double sum = 0;
  for (std::size_t i = from; i < record.samples.size(); ++i) sum += record.samples[i].ms;
  return sum;
}

std::string check_plausibility(const ProcessRecord& record, std::vector<std::string>& flags) {
  const double loaded = phase_ms(record, "loaded");
  const double first = phase_ms(record, "first");
  const double done = phase_ms(record, "done");
  const double wall = static_cast<double>(record.wall_ns) * 1e-6;
  const double all = sum_ms(record, 0);
  const double later = sum_ms(record, 1);
  const auto n = static_cast<double>(record.samples.size());
  const double slack = kSlackMs + kSlackMsPerSample * n;
  if (all > wall + slack) {
    return fmt::format("its samples take {:.1f} ms, the whole process took {:.1f} ms", all, wall);
  }
  if (record.samples.front().ms > first - loaded + slack) {
    return fmt::format("its first sample takes {:.1f} ms, from \"loaded\" to \"first\" are {:.1f} ms",
                       record.samples.front().ms, first - loaded);
  }
  if (later > done - first + slack) {
    return fmt::format("its samples after the first take {:.1f} ms, from \"first\" to \"done\" are {:.1f} ms", later,
                       done - first);
  }
  if (record.purpose == Purpose::kHeat) return {};  // it waited for its turns; live_run.cc looks at each
  // The pass writes its logits and tensors after its samples, so more of it lies outside.
  const double writing = record.purpose == Purpose::kPass ? kWritingMs + n : 0;
  const double outside = done - first - later - writing;
  const std::string outside_text = fmt::format(
      "{:.1f} of the {:.1f} ms from \"first\" to \"done\" lie outside its samples", done - first - later, done - first);
  if (outside > kImpossibleShare * (done - first) && outside > kImpossibleMs + kImpossibleMsPerSample * n)
    return outside_text;
  if (outside > kOddShare * (done - first) && outside > kOddMs + kOddMsPerSample * n) flags.push_back(outside_text);
  // A contestant that computes everything before its first sample has later samples that cost nothing.
  const double before = first - loaded - record.samples.front().ms;
  if (record.samples.size() > 1 && before > 1000 && before > later) {
    flags.push_back(fmt::format("{:.0f} ms of work between \"loaded\" and its first sample", before));
  }
  return {};
}

std::string judge_memory(const ProcessRecord& record) {
  if (record.peak_rss_bytes == 0) return {};
  const std::uint64_t limit = record.peak_rss_bytes + record.peak_rss_bytes / 20 + kPeakSlackBytes;
  for (const MarkRecord& mark : record.marks) {
    if (mark.rss_anon_bytes + mark.rss_file_bytes > limit || mark.vm_hwm_bytes > limit || mark.pss_bytes > limit) {
      return fmt::format("more memory at mark \"{}\" than its peak as the kernel counted it, {} bytes", mark.name,
                         record.peak_rss_bytes);
    }
  }
  return {};
}

}  // namespace

Doubt doubts_about(const ProcessRecord& record, const CellRecord& cell, Track track) {
  Doubt doubt;
  if (!record.samples.empty()) {
    doubt.impossible = check_plausibility(record, doubt.flags);
    if (doubt.impossible.empty()) doubt.impossible = judge_memory(record);
  }
  const auto threads = record.info.find("threads");
  if (track == Track::kMatched && cell.threads > 0 && threads != record.info.end()) {
    std::int32_t used = 0;
    const std::string& text = threads->second;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), used);
    if (parsed.ec != std::errc() || used != cell.threads) {
      doubt.flags.push_back(fmt::format("says it used {} threads, not {}", text.substr(0, 20), cell.threads));
    }
  }
  return doubt;
}

}  // namespace kite::race
