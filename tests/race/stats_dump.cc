// SPDX-License-Identifier: Apache-2.0
// race/stats for a test in another language: reads one JSON question from each line of standard input and prints one
// JSON answer for it.
#include <cmath>
#include <cstdio>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "race/stats/distributions.h"
#include "race/stats/hodges_lehmann.h"
#include "race/stats/holm.h"
#include "race/stats/percentile.h"
#include "race/stats/permutation.h"
#include "race/stats/robust.h"
#include "race/stats/warmup.h"

namespace kite::race {
namespace {

using nlohmann::json;

// JSON has no infinity: the open end of an unbounded interval is null.
json ends(const Interval& interval) {
  return {interval.low, std::isfinite(interval.high) ? json(interval.high) : json(nullptr)};
}

json answer(const json& question) {
  const std::string about = question.at("about");
  const auto values = question.value("values", std::vector<double>{});
  if (about == "quantile") return quantile(values, question.at("q"));
  if (about == "hodges_lehmann") {
    const RatioEstimate found = hodges_lehmann_ratio(values, question.at("confidence"));
    return {{"ratio", found.ratio}, {"interval", ends(found.interval)}, {"achieved", found.achieved_confidence}};
  }
  if (about == "sign_flip") {
    const SignFlip found =
        sign_flip_test(values, {.seed = question.at("seed"), .exact_up_to = question.at("exact_up_to")});
    return {{"p", found.p}, {"exact", found.exact}};
  }
  if (about == "holm") {
    json adjusted = json::array();
    for (const auto& p : holm_adjusted(std::vector<std::optional<double>>(values.begin(), values.end()))) {
      adjusted.push_back(*p);
    }
    return adjusted;
  }
  if (about == "quantile_interval") {
    const auto found = quantile_interval(sorted_copy(values), question.at("q"), question.at("confidence"));
    if (!found) return nullptr;
    return {{"interval", ends(found->interval)}, {"achieved", found->achieved_confidence}};
  }
  if (about == "percentile_minimum_n") return percentile_minimum_n(question.at("q"), question.at("confidence"));
  if (about == "student_t") return student_t_two_sided(question.at("confidence"), question.at("degrees"));
  if (about == "normal_quantile") return normal_quantile(question.at("q"));
  if (about == "signed_rank_tail") {
    const SignedRankTail found = signed_rank_tail(question.at("n"), question.at("tail"));
    return {{"c", found.c}, {"probability", found.probability}};
  }
  if (about == "steadiness") {
    const SteadinessFound found = classify_steadiness(values);
    json segments = json::array();
    for (const Segment& segment : found.segments) segments.push_back({segment.begin, segment.end, segment.level});
    json said = {{"class", steadiness_name(found.steadiness)},
                 {"cut", found.cut},
                 {"mser_cut", found.mser_cut},
                 {"segments", segments}};
    if (found.modes) {
      said["modes"] = {{"low", found.modes->low},
                       {"high", found.modes->high},
                       {"low_share", found.modes->low_share},
                       {"separation", found.modes->separation},
                       {"crossings", found.modes->boundary_crossings}};
    }
    return said;
  }
  return {{"error", "unknown question"}};
}

}  // namespace
}  // namespace kite::race

int main() {
  std::string line;
  try {
    while (std::getline(std::cin, line)) {
      std::cout << kite::race::answer(nlohmann::json::parse(line)).dump() << '\n';
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "kite_stats_dump: %s\n", error.what());
    return 1;
  }
  return 0;
}
