// SPDX-License-Identifier: Apache-2.0
// All numbers of a comparison. Infinite ones, which JSON does not have, become null.
#include <cmath>

#include "base/json.h"
#include "cli/verify/report.h"

namespace kite::cli {

namespace {

using Json = nlohmann::ordered_json;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(); }

Json type_json(const TensorType& type) {
  return {{"dtype", dtype_name(type.dtype)},
          {"shape", std::vector<std::int64_t>(type.shape.dims().begin(), type.shape.dims().end())}};
}

std::string_view agreement_name(Agreement agreement) {
  switch (agreement) {
    case Agreement::kEqual: return "equal";
    case Agreement::kWithinBound: return "within-bound";
    case Agreement::kTies: return "ties";
    case Agreement::kBeyond: return "differs";
    case Agreement::kOtherType: return "other-type";
  }
  return "";
}

Json difference_json(const Difference& difference) {
  return {{"elements", difference.elements},       {"differing", difference.differing},
          {"largest", number(difference.largest)}, {"relative", number(difference.relative())},
          {"ulps", number(difference.ulps)},       {"position", difference.position},
          {"ours", number(difference.ours)},       {"theirs", number(difference.theirs)}};
}

Json stage_json(const StageRow& row) {
  Json json = {{"stage", stage_name(row.stage)},
               {"result", agreement_name(row.agreement)},
               {"ours", type_json(row.ours.type())},
               {"theirs", type_json(row.theirs.type())}};
  if (row.agreement != Agreement::kOtherType) json["difference"] = difference_json(row.difference);
  if (row.channels) {
    json["channels"] = {{"from", row.channels->from}, {"scale", row.channels->scale}, {"offset", row.channels->offset}};
  }
  return json;
}

Json check_json(const std::optional<StepCheck>& check) {
  if (!check) return {};
  return {{"at_fault", check->is_at_fault},
          {"difference", difference_json(check->difference)},
          {"channels", check->channels}};
}

Json value_json(const ValueRow& row) {
  Json json = {{"name", row.name},
               {"node", row.node},
               {"node_op", row.node_op},
               {"op", row.op},
               {"kernel", row.kernel},
               {"result", agreement_name(row.agreement)},
               {"ours", type_json(row.ours)},
               {"theirs", type_json(row.theirs)},
               {"bound", row.bound}};
  if (row.agreement != Agreement::kOtherType) json["difference"] = difference_json(row.difference);
  if (row.engine || row.reference) {
    json["engine_step"] = check_json(row.engine);
    json["reference_step"] = check_json(row.reference);
  }
  return json;
}

}  // namespace

nlohmann::ordered_json report_json(const ReportedPicture& picture) {
  const Comparison& comparison = picture.comparison;
  Json stages = Json::array(), values = Json::array(), findings = Json::array();
  for (const StageRow& row : comparison.stages) stages.push_back(stage_json(row));
  for (const ValueRow& row : comparison.values) values.push_back(value_json(row));
  for (const Finding& finding : picture.findings) {
    Json json = {{"what", finding.what}, {"remedy", finding.remedy}};
    if (!finding.keys.empty()) json["recipe"] = Json::parse("{" + finding.keys + "}");
    findings.push_back(std::move(json));
  }
  const auto* const stage = comparison.first_stage();
  const auto* const value = comparison.first_value();
  const auto* const fault = comparison.first_fault();
  return {{"image", comparison.image.empty() ? Json() : Json(comparison.image)},
          {"agrees", comparison.agrees()},
          {"verdict", verdict(comparison)},
          {"first_stage", stage == nullptr ? Json() : Json(stage_name(stage->stage))},
          {"first_value", value == nullptr ? Json() : Json(value->name)},
          {"first_fault", fault == nullptr ? Json() : Json(fault->name)},
          {"stages", std::move(stages)},
          {"values", std::move(values)},
          {"named_values", comparison.named_values},
          {"hidden_values", comparison.hidden_values},
          {"absent_values", comparison.absent_values},
          {"foreign_values", comparison.foreign_values},
          {"findings", std::move(findings)},
          {"drawing", picture.drawing.empty() ? Json() : Json(picture.drawing)}};
}

}  // namespace kite::cli
