// SPDX-License-Identifier: Apache-2.0
// Writes summary.json.
#include "race/report/exports/summary.h"

#include <cmath>

#include "race/journal/words.h"
#include "race/report/exports/json_text.h"

namespace kite::race {
namespace {

void add(Json& verdicts, const Comparison& row) {
  if (!row.verdict || !row.ratio || !row.interval) return;
  Json entry;
  entry["model"] = row.model;
  entry["track"] = std::string(word_of(row.track));
  entry["mode"] = std::string(word_of(row.mode));
  entry["measure"] = std::string(measure_name(row.measure));
  entry["threads"] = row.threads;
  entry["contestant"] = row.peer;
  entry["variant"] = row.variant;
  entry["reference"] = row.reference_peer;
  entry["reference_variant"] = row.reference_variant;
  entry["ratio"] = *row.ratio;
  entry["ci"] = Json::array({row.interval->low, row.interval->high});
  entry["n"] = row.n;
  entry["verdict"] = std::string(verdict_name(*row.verdict));
  entry["resolution"] = row.resolution ? Json(*row.resolution) : Json(nullptr);
  verdicts.push_back(std::move(entry));
}

// The largest |ratio - 1| of the main measures. No rule of the race uses it.
Json aa_floor(const ControlResult& control) {
  Json floor(nullptr);
  for (const auto& row : control.rows) {
    if (row.measure != main_measure(row.mode) || !row.ratio) continue;
    const double distance = std::abs(*row.ratio - 1);
    if (floor.is_null() || distance > floor.get<double>()) floor = distance;
  }
  return floor;
}

}  // namespace

std::string summary_json(const Analysis& analysis) {
  Json summary;
  summary["valid"] = analysis.control.valid;
  summary["aa_floor"] = aa_floor(analysis.control);
  Json verdicts = Json::array();
  for (const auto& row : analysis.comparisons) add(verdicts, row);
  for (const auto& row : analysis.best) {
    if (!row.reference_variant.empty()) add(verdicts, row);
  }
  summary["verdicts"] = std::move(verdicts);
  return json_text(summary);
}

}  // namespace kite::race
