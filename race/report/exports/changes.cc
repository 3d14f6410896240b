// SPDX-License-Identifier: Apache-2.0
// Writes changes as JSON.
#include "race/report/exports/changes.h"

#include "race/journal/words.h"
#include "race/report/exports/json_text.h"

namespace kite::race {
namespace {

Json or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

Json json_of(const RaceChange& row) {
  Json entry;
  entry["contestant"] = row.label;
  entry["model"] = row.model;
  entry["track"] = std::string(word_of(row.track));
  entry["mode"] = std::string(word_of(row.mode));
  entry["measure"] = std::string(measure_name(row.measure));
  entry["threads"] = row.threads;
  entry["before"] = or_null(row.before);
  entry["after"] = or_null(row.after);
  entry["ratio"] = or_null(row.ratio);
  entry["ci"] = row.interval ? Json::array({row.interval->low, row.interval->high}) : Json(nullptr);
  entry["n"] = Json::array({row.n_before, row.n_after});
  entry["unchanged"] = row.bridge;
  if (row.limit && !row.bridge) {
    entry["limit"] = *row.limit;
    entry["moved"] = or_null(row.moved);
    entry["verdict"] = std::string(limit_word_name(row.word));
  } else if (!row.limit) {
    entry["verdict"] = std::string(verdict_name(row.verdict));
  }
  if (!row.why.empty()) entry["why"] = row.why;
  return entry;
}

}  // namespace

std::string changes_json(const RaceChanges& changes) {
  Json json;
  json["outcome"] = std::string(outcome_word(changes));
  json["before"] = changes.before_name;
  json["after"] = changes.after_name;
  json["limits"] = Json::object();
  for (const Limit& limit : changes.limits) json["limits"][std::string(limit.of.name)] = limit.share;
  json["rows"] = Json::array();
  for (const auto& row : changes.rows) json["rows"].push_back(json_of(row));
  json["programs"] = changes.programs;
  json["warnings"] = changes.warnings;
  return json_text(json);
}

}  // namespace kite::race
