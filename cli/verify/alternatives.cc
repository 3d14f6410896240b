// SPDX-License-Identifier: Apache-2.0
// Lists of recipes, each with the words for what a program does that has it.
#include "cli/verify/alternatives.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "carriers/recipe_names.h"

namespace kite::cli {

namespace {

using Alternatives = std::vector<Alternative>;

constexpr Filter kFilters[] = {Filter::kBilinear, Filter::kBicubic, Filter::kLanczos,
                               Filter::kNearest,  Filter::kBox,     Filter::kHamming};

bool has_filter(Resampler resampler, Filter filter) {
  switch (resampler) {
    case Resampler::kPillow: return true;
    case Resampler::kTorch: return filter != Filter::kBox && filter != Filter::kHamming;
    case Resampler::kTorchAliased: return filter == Filter::kBilinear || filter == Filter::kBicubic;
    case Resampler::kOpenCv: return filter == Filter::kBilinear;
  }
  return false;
}

std::string_view resampler_text(Resampler resampler) {
  switch (resampler) {
    case Resampler::kPillow: return "as Pillow does";
    case Resampler::kTorch: return "as torch does";
    case Resampler::kTorchAliased: return "with antialias off";
    case Resampler::kOpenCv: return "as OpenCV does";
  }
  return "";
}

// "resizes with antialias off", "resizes with the bicubic filter", "resizes with the bicubic filter as torch does"
std::string resampling_text(const PreprocessRecipe& from, const PreprocessRecipe& to) {
  std::string text = "resizes";
  if (to.filter != from.filter) text += fmt::format(" with the {} filter", filter_name(to.filter));
  if (to.resampler != from.resampler) {
    const bool is_second = to.filter != from.filter && to.resampler == Resampler::kTorchAliased;
    text += fmt::format("{} {}", is_second ? " and" : "", resampler_text(to.resampler));
  }
  return text;
}

// The recipe with every filter of every resampler, those that differ in one of the two first; the recipe itself too.
std::vector<PreprocessRecipe> resamplings(const PreprocessRecipe& recipe) {
  std::vector<PreprocessRecipe> found;
  for (const Resampler resampler :
       {recipe.resampler, Resampler::kTorchAliased, Resampler::kTorch, Resampler::kOpenCv, Resampler::kPillow}) {
    for (const Filter filter : kFilters) {
      PreprocessRecipe other = recipe;
      other.resampler = resampler;
      other.filter = filter;
      const auto is_same = [&](const PreprocessRecipe& known) {
        return known.resampler == resampler && known.filter == filter;
      };
      if (has_filter(resampler, filter) && std::ranges::none_of(found, is_same)) found.push_back(other);
    }
  }
  std::ranges::stable_sort(found, {}, [&](const PreprocessRecipe& other) {
    return (other.filter != recipe.filter ? 1 : 0) + (other.resampler != recipe.resampler ? 1 : 0);
  });
  return found;
}

// A rule for the size after the resize, with the crop before it.
struct SizeRule {
  std::string does;
  ResizeRule resize;
  std::optional<FirstCrop> first_crop = std::nullopt;
};

SizeRule short_side(std::int64_t side) {
  return {fmt::format("resizes the short side to {}", side), {ResizeMode::kShortSide, side, 0}};
}
SizeRule squash(Size size) {
  return {fmt::format("squashes the whole picture to {}x{}", size.width, size.height),
          {ResizeMode::kExact, size.height, size.width}};
}
SizeRule square_first(Size size) {
  return {fmt::format("cuts out the largest square before it resizes to {}x{}", size.width, size.height),
          {ResizeMode::kExact, size.height, size.width},
          FirstCrop{1.0, 1.0}};
}
SizeRule keeping_shape(std::string_view does, ResizeMode mode, Size size) {
  return {fmt::format("{} {}x{}", does, size.width, size.height), {mode, size.height, size.width}};
}

bool is_rule_of(const SizeRule& rule, const PreprocessRecipe& recipe) {
  return rule.resize == recipe.resize && rule.first_crop == recipe.first_crop;
}

// The rule of the recipe is first and has no words.
std::vector<SizeRule> with_own_rule(const PreprocessRecipe& recipe, std::vector<SizeRule> others) {
  std::erase_if(others, [&](const SizeRule& rule) { return is_rule_of(rule, recipe); });
  others.insert(others.begin(), SizeRule{"", recipe.resize, recipe.first_crop});
  return others;
}

// Every rule with every resampling. The words name what differs.
Alternatives crossed(const PreprocessRecipe& recipe, const std::vector<SizeRule>& rules) {
  Alternatives found;
  for (const SizeRule& rule : rules) {
    for (PreprocessRecipe& other : resamplings(recipe)) {
      other.resize = rule.resize;
      other.first_crop = rule.first_crop;
      const bool is_own = other.filter == recipe.filter && other.resampler == recipe.resampler;
      if (is_own && rule.does.empty()) continue;
      std::string does = rule.does;
      if (!is_own) does += (does.empty() ? "" : " and ") + resampling_text(recipe, other);
      found.push_back({std::move(does), std::move(other)});
    }
  }
  return found;
}

Size resized_by(const SizeRule& rule, Size picture) {
  if (rule.first_crop) {
    const Rectangle taken = plan_first_crop(picture, *rule.first_crop);
    picture = {taken.width, taken.height};
  }
  const auto resized = resized_size(picture, rule.resize);
  return resized.ok() ? *resized : Size{};
}

}  // namespace

Alternatives resize_alternatives(const PreprocessRecipe& recipe, Size picture, Size resized) {
  const Size fitted = recipe.crop.width > 0 ? recipe.crop : resized;
  std::vector<SizeRule> rules = with_own_rule(
      recipe,
      {short_side(std::min(resized.width, resized.height)),
       {"does not resize", {}},
       squash(resized),
       square_first(resized),
       keeping_shape("resizes, keeping the shape, until the picture covers", ResizeMode::kCover, fitted),
       keeping_shape("resizes, keeping the shape, until the picture fits into", ResizeMode::kFit, fitted),
       keeping_shape("resizes, keeping the shape, by the factor that fits into", ResizeMode::kFitScaled, fitted)});
  std::erase_if(rules, [&](const SizeRule& rule) { return resized_by(rule, picture) != resized; });
  return crossed(recipe, rules);
}

Alternatives unseen_resize_alternatives(const PreprocessRecipe& recipe, Size picture, Size cropped) {
  // Short sides that published models of this crop are evaluated with: the crop itself, and the crop divided by 0.875,
  // 0.9, 0.95 and 0.965; then torchvision's own numbers for 224.
  const std::int64_t crop = std::min(cropped.width, cropped.height);
  std::vector<std::int64_t> sides = {crop};
  for (const double part : {0.875, 0.9, 0.95, 0.965}) {
    sides.push_back(static_cast<std::int64_t>(std::floor(static_cast<double>(crop) / part)));
  }
  for (const std::int64_t side : {232, 236, 246, 256}) {
    if (crop == 224) sides.push_back(side);
  }
  std::vector<SizeRule> rules = {squash(cropped), square_first(cropped)};
  for (const std::int64_t side : sides) {
    const auto is_same = [&](const SizeRule& rule) { return rule.resize == short_side(side).resize; };
    if (std::ranges::none_of(rules, is_same)) rules.push_back(short_side(side));
  }
  for (const std::int64_t side : sides) {
    if (side != crop && cropped.width == cropped.height) rules.push_back(squash({side, side}));
  }
  std::erase_if(rules, [&](const SizeRule& rule) { return resized_by(rule, picture) == Size{}; });
  Alternatives found = crossed(recipe, with_own_rule(recipe, std::move(rules)));
  for (Alternative& alternative : found) {
    if (alternative.recipe.crop.width > 0 || alternative.recipe.resize.mode == ResizeMode::kShortSide) {
      alternative.recipe.crop = cropped;
    }
  }
  return found;
}

Alternatives crop_alternatives(const PreprocessRecipe& recipe, Size resized, Size cropped) {
  constexpr std::pair<CropRule, std::string_view> kRules[] = {
      {CropRule::kHalfEven, "rounds the crop's offset to the nearest, halves to even"},
      {CropRule::kFloor, "rounds the crop's offset down, and the border before the picture up"},
      {CropRule::kFloorBoth, "rounds the crop's offset and the border before the picture down"},
      {CropRule::kStart, "crops from the top left corner"}};
  Alternatives found;
  const bool is_other_size = cropped != recipe.crop;
  if (is_other_size && cropped == resized) {
    PreprocessRecipe other = recipe;
    other.crop = {};
    return {{"does not crop", other}};
  }
  for (const bool with_own_rule : {true, false}) {
    for (const auto& [rule, does] : kRules) {
      if ((rule == recipe.crop_rule) != with_own_rule || (with_own_rule && !is_other_size)) continue;
      PreprocessRecipe other = recipe;
      other.crop = cropped;
      other.crop_rule = rule;
      std::string text = is_other_size ? fmt::format("crops {}x{}", cropped.width, cropped.height) : "";
      if (!with_own_rule) text += fmt::format("{}{}", text.empty() ? "" : " and ", does);
      found.push_back({std::move(text), std::move(other)});
    }
  }
  return found;
}

Alternatives number_alternatives(const PreprocessRecipe& recipe) {
  Alternatives found;
  const auto add = [&](std::string does, const PreprocessRecipe& other) {
    found.push_back({std::move(does), other});
    PreprocessRecipe swapped = other;
    const bool becomes_bgr = other.channel_order == ChannelOrder::kRgb;
    swapped.channel_order = becomes_bgr ? ChannelOrder::kBgr : ChannelOrder::kRgb;
    const std::string_view order = becomes_bgr ? "B, G, R" : "R, G, B";
    found.push_back({fmt::format("{}{} has the channels in the order {}", found.back().does,
                                 found.back().does.empty() ? "" : " and", order),
                     swapped});
    if (found.back().does.starts_with(' ')) found.back().does.erase(0, 1);
  };
  add("", recipe);
  found.erase(found.begin());  // the recipe itself
  const double rescale = recipe.normalization.rescale;
  for (const auto& [arithmetic, does] : std::initializer_list<std::pair<Arithmetic, std::string_view>>{
           {Arithmetic::kTorchvision, "divides by 255 in float32"},
           {Arithmetic::kHuggingFace, "multiplies by the factor in double precision"},
           {Arithmetic::kProduct, "multiplies by the factor in float32"},
           {Arithmetic::kFused, "has the factor in mean and std"}}) {
    PreprocessRecipe other = recipe;
    other.normalization.arithmetic = arithmetic;
    if (arithmetic == recipe.normalization.arithmetic) continue;
    if (arithmetic == Arithmetic::kTorchvision && std::abs(rescale - 1.0 / 255.0) > 1e-12) continue;
    if (arithmetic == Arithmetic::kFused && recipe.normalization.offset != 0.0) continue;
    add(std::string(does), other);
  }
  constexpr std::pair<std::string_view, std::string_view> kNamed[] = {{"imagenet", "ImageNet's mean and std"},
                                                                      {"0-1", "numbers from 0 to 1"},
                                                                      {"-1-1", "numbers from -1 to 1"},
                                                                      {"0-255", "numbers from 0 to 255"},
                                                                      {"keras-caffe", "the numbers of keras-caffe"},
                                                                      {"keras-tf", "the numbers of keras-tf"}};
  for (const auto& [name, numbers] : kNamed) {
    const auto fields = recipe_by_name(name, recipe.crop);
    if (!fields) continue;
    PreprocessRecipe other = recipe;
    const PreprocessRecipe named = fields->complete();
    other.normalization = named.normalization;
    other.channel_order = named.channel_order;
    add(fmt::format("uses {}", numbers), other);
  }
  PreprocessRecipe clip = recipe;  // OpenAI's numbers, which most models of pictures and text have
  clip.normalization = {};
  clip.normalization.mean = {0.48145466, 0.4578275, 0.40821073};
  clip.normalization.std = {0.26862954, 0.26130258, 0.27577711};
  add("uses the mean and std of CLIP", clip);
  return found;
}

}  // namespace kite::cli
