// SPDX-License-Identifier: Apache-2.0
// Numbers as text, the same in every locale: for people ("12.3 ms", "118 MiB", "0.912") and for files.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "race/report/analysis/analysis.h"

namespace kite::race {

inline constexpr double kBytesPerMib = 1024.0 * 1024.0;

[[nodiscard]] std::string ms_text(double ms);          // three significant digits: "0.0123 ms", "12.3 ms", "1230 ms"
[[nodiscard]] std::string digits(double value);        // the same without a unit
[[nodiscard]] std::string mib_text(double bytes);      // "118 MiB"
[[nodiscard]] std::string ratio_text(double ratio);    // "0.912"
[[nodiscard]] std::string percent_text(double share);  // 0.021 -> "2.1 %"
[[nodiscard]] std::string range_text(const Range& range);  // "0.900 to 0.924"

// For files: the shortest decimal that reads back as the same double; "" if the value is absent or not finite.
[[nodiscard]] std::string exact(double value);
[[nodiscard]] std::string exact(const std::optional<double>& value);

// "faster"; for memory "smaller".
[[nodiscard]] std::string_view verdict_word(Measure measure, Verdict verdict) noexcept;
[[nodiscard]] std::string_view truth_name(Truth truth) noexcept;  // "true", "false", "not decided"

[[nodiscard]] std::string plural(std::int64_t n, std::string_view noun);  // "1 round", "2 rounds", "2 processes"
[[nodiscard]] std::string joined(const std::vector<std::string>& parts, std::string_view separator);

// "/opt/old/kite, 6236272 bytes, XXH3 0123456789abcdef"
[[nodiscard]] std::string program_text(const ProgramRecord& program);

// "regnet_x_400mf, inference alone, 2 threads": the workload of a row, for the report.
[[nodiscard]] std::string workload_text(std::string_view model, Mode mode, std::int32_t threads, Track track);

}  // namespace kite::race
