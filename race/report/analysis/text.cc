// SPDX-License-Identifier: Apache-2.0
// Numbers as text; fmt never looks at the locale.
#include "race/report/analysis/text.h"

#include <fmt/format.h>

#include <cmath>

#include "race/journal/words.h"

namespace kite::race {

std::string digits(double value) {
  if (!std::isfinite(value)) return "n/a";
  const double size = std::abs(value);
  if (size >= 99.95) return fmt::format("{:.0f}", value);
  if (size >= 9.995) return fmt::format("{:.1f}", value);
  if (size >= 0.9995) return fmt::format("{:.2f}", value);
  if (size >= 0.09995) return fmt::format("{:.3f}", value);
  return size == 0 ? "0" : fmt::format("{:.3g}", value);
}

std::string ms_text(double ms) { return digits(ms) + " ms"; }

std::string mib_text(double bytes) { return digits(bytes / kBytesPerMib) + " MiB"; }

std::string_view verdict_word(Measure measure, Verdict verdict) noexcept {
  if (is_memory(measure) && verdict == Verdict::kFaster) return "smaller";
  if (is_memory(measure) && verdict == Verdict::kSlower) return "larger";
  return verdict_name(verdict);
}

std::string_view truth_name(Truth truth) noexcept {
  switch (truth) {
    case Truth::kTrue: return "true";
    case Truth::kFalse: return "false";
    case Truth::kCannotTell: break;
  }
  return "not decided";
}

std::string ratio_text(double ratio) {
  if (!std::isfinite(ratio)) return "n/a";
  return ratio >= 9.995 ? digits(ratio) : fmt::format("{:.3f}", ratio);
}

std::string percent_text(double share) {
  const double percent = share * 100;
  if (!std::isfinite(percent)) return "n/a";
  if (std::abs(percent) >= 9.95) return fmt::format("{:.0f} %", percent);
  return std::abs(percent) >= 0.995 ? fmt::format("{:.1f} %", percent) : fmt::format("{:.2f} %", percent);
}

std::string range_text(const Range& range) { return ratio_text(range.low) + " to " + ratio_text(range.high); }

std::string exact(double value) { return std::isfinite(value) ? fmt::format("{}", value) : ""; }

std::string exact(const std::optional<double>& value) { return value ? exact(*value) : ""; }

std::string plural(std::int64_t n, std::string_view noun) {
  if (n == 1) return fmt::format("1 {}", noun);
  const bool hiss = noun.ends_with("s");
  return fmt::format("{} {}{}", n, noun, hiss ? "es" : "s");
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

std::string program_text(const ProgramRecord& program) {
  return fmt::format("{}, {} bytes, XXH3 {}", program.path, program.bytes, program.xxh3);
}

std::string workload_text(std::string_view model, Mode mode, std::int32_t threads, Track track) {
  if (track == Track::kDefault) return fmt::format("{}, {}, as installed", model, mode_title(mode));
  return fmt::format("{}, {}, {}", model, mode_title(mode), threads_text(threads));
}

}  // namespace kite::race
