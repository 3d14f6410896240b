// SPDX-License-Identifier: Apache-2.0
// Compares the two recipes as recipe_json() writes them.
#include "cli/verify/recipe_keys.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "base/json.h"
#include "carriers/recipe_carriers.h"

namespace kite::cli {

namespace {

using OrderedJson = nlohmann::ordered_json;

// recipe_json() leaves these keys out where they have this value.
constexpr std::pair<std::string_view, std::string_view> kDefaults[] = {
    {"resize_to", R"("squash")"},
    {"resize_multiple", "1"},
    {"first_crop", "null"},
    {"border", "[0,0,0]"},
    {"resampler", R"("pillow")"},
    {"antialias", "true"},
    {"second_std", "[1,1,1]"},
    {"offset", "0"},
    {"crop_offset", R"("half_even")"},
    {"channels", R"("rgb")"},
    {"exif", R"("ignore")"},
    {"arithmetic", R"("torchvision")"},
};

// The text that kDefaults has for the key; empty for a key without a default.
std::string_view default_of(std::string_view key) {
  for (const auto& [name, value] : kDefaults) {
    if (name == key) return value;
  }
  return "";
}

// "[0.5, 0.5, 0.5]" where dump() writes no blanks.
std::string readable(std::string_view compact) {
  std::string text;
  for (const char c : compact) {
    text += c;
    if (c == ',') text += ' ';
  }
  return text;
}

}  // namespace

std::string changed_keys(const PreprocessRecipe& from, const PreprocessRecipe& to) {
  const auto before = OrderedJson::parse(recipe_json(from));
  const auto after = OrderedJson::parse(recipe_json(to));
  std::string keys;
  const auto add = [&](std::string_view key, std::string_view value) {
    keys += fmt::format("{}\"{}\": {}", keys.empty() ? "" : ", ", key, readable(value));
  };
  const bool turns_antialias_off = !before.contains("antialias") && after.contains("antialias");
  for (const auto& [key, value] : after.items()) {
    if (key == "resampler" && turns_antialias_off) continue;  // "antialias": false stands for torch
    if (!before.contains(key) || before[key] != value) add(key, value.dump());
  }
  for (const auto& [key, value] : before.items()) {
    if (after.contains(key) || default_of(key).empty()) continue;
    if (key == "resize_to" && !after["resize"].is_array()) continue;  // it is about [height, width] only
    if (key == "antialias" && to.resampler != Resampler::kTorch) continue;
    add(key, default_of(key));
  }
  return keys;
}

}  // namespace kite::cli
