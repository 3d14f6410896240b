// SPDX-License-Identifier: Apache-2.0
// Reads limits.
#include "race/report/analysis/limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/number_text.h"

namespace kite::race {
namespace {

// In percent. No program holds a limit below the least one when it runs twice; above the largest it would
// not be a limit.
constexpr double kLeast = 0.1, kLargest = 1000;

const std::vector<LimitedMeasure>& limited_measures() {
  static const std::vector<LimitedMeasure> kAll = {
      {"label", Measure::kLabel, {Mode::kOneshot}},
      {"whole", Measure::kWall, {Mode::kOneshot}},
      {"load", Measure::kLoad, {Mode::kNoPre, Mode::kIncPre}},
      {"first", Measure::kFirst, {Mode::kNoPre, Mode::kIncPre}},
      {"steady", Measure::kP50, {Mode::kNoPre}},
      {"inc_pre", Measure::kP50, {Mode::kIncPre}},
      {"memory", Measure::kPeakRss, {Mode::kOneshot, Mode::kNoPre, Mode::kIncPre}},
  };
  return kAll;
}

constexpr const char* kMeasuresAre =
    "there are label (start to answer), whole (start to exit), load (of the model), first (inference), steady "
    "(inference alone), inc_pre (inference with preprocessing) and memory (peak)";

Error usage(std::string what, std::string remedy) {
  return {ErrorCode::kUsage, std::move(what), "--fail-if", std::move(remedy)};
}

// "3%", "2.5 %" or "3"; nothing else may follow the number.
std::optional<double> percent_of(std::string_view text) {
  if (text.ends_with('%')) text.remove_suffix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  const auto value = parse_real(text);
  return value && *value >= kLeast && *value <= kLargest ? value : std::nullopt;
}

}  // namespace

Result<std::vector<Limit>> parse_limits(std::span<const std::string> texts) {
  std::vector<Limit> limits;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    const std::string_view name = std::string_view(text).substr(0, equals);
    const auto& known = limited_measures();
    const auto found =
        std::find_if(known.begin(), known.end(), [&](const LimitedMeasure& measure) { return measure.name == name; });
    if (found == known.end()) return usage(fmt::format("there is no measure \"{}\"", name), kMeasuresAre);
    const auto percent =
        equals == std::string::npos ? std::nullopt : percent_of(std::string_view(text).substr(equals + 1));
    if (!percent) {
      return usage(fmt::format("\"{}\" is not a percentage from {} to {}",
                               equals == std::string::npos ? "" : text.substr(equals + 1), kLeast, kLargest),
                   fmt::format("write {}=3%", name));
    }
    for (const Limit& limit : limits) {
      if (limit.of.name == name) return usage(fmt::format("\"{}\" has two limits", name), "remove one of them");
    }
    limits.push_back({*found, *percent / 100});
  }
  return limits;
}

}  // namespace kite::race
