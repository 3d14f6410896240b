// SPDX-License-Identifier: Apache-2.0
// The ordered table, and the readers of the caller's flags and of paperkite's own carriers.
#include "carriers/sources.h"

#include <array>
#include <utility>

#include "base/printable.h"
#include "carriers/own_carriers.h"
#include "carriers/recipe_carriers.h"
#include "carriers/recipe_names.h"
#include "carriers/text_file.h"
#include "paperkite/try.h"

namespace kite {
namespace {

constexpr auto kSources = std::to_array<Source>({
#define KITE_SOURCE(name) {#name, &read_##name},
#include "carriers/sources.inc"
#undef KITE_SOURCE
});

Result<ReadLabels> labels_in_flag_file(const std::string& path, std::int64_t classes, const Limits& limits) {
  KITE_TRY_ASSIGN(const std::string text, read_text_file(path, limits));
  KITE_TRY_ASSIGN(std::optional<ReadLabels> labels, labels_from_file(path, text, classes));
  if (!labels)
    return Error{ErrorCode::kInvalidModel, "there are no labels in it", "",
                 "name a file with one label on each line, or a JSON list of them"};
  return std::move(*labels);
}

}  // namespace

std::span<const Source> sources_in_order_of_trust() noexcept { return kSources; }

Status read_flags(Offers& offers) {
  const InterpretationSources& asked = offers.asked();
  if (asked.labels_path) {
    KITE_TRY(offers.labels(*asked.labels_path, Bond::kFlag,
                           labels_in_flag_file(*asked.labels_path, asked.classes, asked.limits)));
  }
  if (asked.preprocess_json) {
    KITE_TRY(offers.recipe("--recipe", Bond::kFlag,
                           recipe_from_argument(*asked.preprocess_json, offers.input_size(), asked.processor)));
  }
  if (!asked.exif.empty()) {
    if (asked.exif != "apply" && asked.exif != "ignore") {
      return Error{ErrorCode::kUsage, in_quotes(asked.exif) + " is no treatment of EXIF", "--exif",
                   "say ignore or apply"};
    }
    RecipeFields fields;
    fields.exif = asked.exif == "apply" ? ExifPolicy::kApply : ExifPolicy::kIgnore;
    KITE_TRY(offers.recipe("--exif", Bond::kFlag, std::move(fields)));
  }
  return {};
}

Status read_kite_json(Offers& offers) {
  if (offers.folder().is_memory()) return {};
  const FolderEntry* file = offers.folder().file(offers.folder().stem() + ".kite.json");
  if (file == nullptr) return {};
  const Result<Json>& read = offers.json(*file);
  if (!read.ok()) return Error(read.error()).in(file->path);
  const Json& json = *read;
  if (!json.is_object()) {
    return Error{ErrorCode::kInvalidModel, "not a JSON object", file->path, ""};
  }
  for (const auto& [key, value] : json.items()) {
    // The last two state the scores: see own_scores().
    if (key != "labels" && key != "preprocess" && key != "recipe" && key != kScoresFromName && key != kActivationName) {
      return Error{ErrorCode::kInvalidModel, "unknown key " + in_quotes(key), file->path,
                   "known: labels, preprocess, recipe, scores_from, activation"};
    }
  }
  if (json.contains("labels")) {
    KITE_TRY(offers.labels(file->name, Bond::kNamed, labels_from_json(json.at("labels"))));
  }
  for (const char* key : {"preprocess", "recipe"}) {  // where both are stated, the details have precedence
    if (!json.contains(key)) continue;
    KITE_TRY(offers.recipe(file->name, Bond::kNamed, recipe_from_value(json.at(key), offers.input_size())));
  }
  return {};
}

Status read_paperkite_metadata(Offers& offers) {
  // paperkite's own labels, then the names that the importer found in the graph itself (in a ZipMap).
  for (const std::string key : {kLabelsKey, "paperkite.zipmap.labels"}) {
    const std::string* labels = offers.metadata(key);
    if (labels == nullptr || !offers.wants_labels()) continue;
    KITE_TRY(offers.labels("metadata key " + key, Bond::kNamed, labels_from_any_text(*labels, offers.asked().classes)));
  }
  const std::string* recipe = offers.metadata(kPreprocessKey);
  if (recipe == nullptr || !offers.wants_recipe()) return {};
  return offers.recipe(std::string("metadata key ") + kPreprocessKey, Bond::kNamed, parse_recipe(*recipe));
}

}  // namespace kite
