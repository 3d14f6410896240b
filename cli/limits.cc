// SPDX-License-Identifier: Apache-2.0
// `kite limits`: what foreign files may cost, as a table.
#include <memory>
#include <string_view>

#include "base/json.h"
#include "cli/output/output.h"
#include "command.h"
#include "json_output.h"
#include "paperkite/limits.h"

namespace kite::cli {

namespace {

std::string_view name_of(LimitOf of) {
  switch (of) {
    case LimitOf::kModel: return "model";
    case LimitOf::kPicture: return "picture";
    case LimitOf::kText: return "text";
  }
  return "";
}

ExitCode print_limits(bool json) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  if (!json) print("{:<16} {:<8} {:>19} {:>19}  {}\n", "limit", "of", "default", "highest", "what is counted");
  for (const LimitRow& row : all_limits()) {
    if (json) {
      rows.push_back({{"name", row.name},
                      {"of", name_of(row.of)},
                      {"default", row.standard},
                      {"highest", row.highest},
                      {"unit", row.unit},
                      {"meaning", row.meaning}});
    } else {
      print("{:<16} {:<8} {:>19} {:>19}  {}\n", row.name, name_of(row.of), row.standard, row.highest, row.meaning);
    }
  }
  if (json) print_json({{"limits", std::move(rows)}});
  return kOk;
}

}  // namespace

Verb limits_verb() {
  const auto json = std::make_shared<CommonOptions>();
  Verb verb{.name = "limits", .summary = "List what a model, a picture or a text may cost at most, for --limit"};
  verb.add({json_option(*json)});
  verb.run = [json] { return print_limits(json->json); };
  return verb;
}

}  // namespace kite::cli
