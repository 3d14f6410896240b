// SPDX-License-Identifier: Apache-2.0
// The rules, in the order in which they are tried.
#include "carriers/input_range.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "carriers/recipe_names.h"
#include "paperkite/try.h"
#include "tensor/convert.h"

namespace kite {
namespace {

struct InputRange {
  RecipeFields fields;
  std::string value;   // "0-255"
  std::string source;  // "the graph's first nodes (Div 255)"
  bool is_guess = false;
};

constexpr std::string_view kGraphSource = "the graph's first nodes";

InputRange named(std::string name, std::string source, bool is_guess) {
  RecipeFields fields = *recipe_by_name(name, {});
  fields.resize.reset();
  fields.crop.reset();
  fields.filter.reset();
  return {std::move(fields), std::move(name), std::move(source), is_guess};
}

std::string front_source(const GraphFront& front) { return std::string(kGraphSource) + " (" + front.steps + ')'; }

Error undecided(const RuleFacts& facts) {
  const PictureForm& form = facts.input;
  const GraphFront& front = facts.front;
  const bool is_int8 = form.tensor.dtype == DType::kInt8;
  const std::string why = is_int8 ? "and signed 8-bit numbers cannot hold 0..255"
                          : front.range == "unknown"
                              ? "and the graph's first nodes (" + front.steps + ") do not compute a usual normalisation"
                              : "and several ranges are usual for such an input";
  const bool is_rgb = form.tensor.pixels == PixelMode::kRgb;
  const std::string choices = is_rgb ? "imagenet|0-1|-1-1|0-255" : "0-1|-1-1|0-255";
  const std::string remedy =
      is_int8
          ? R"(put {"preprocess": {"rescale": 1, "mean": [128, 128, 128], "std": [1, 1, 1]}}, or the numbers of the quantisation, into )" +
                facts.kite_json
          : "give --recipe " + choices +
                R"(, or put {"preprocess": {"mean": [...], "std": [...]}} or {"recipe": "0-1"} into )" +
                facts.kite_json;
  return {ErrorCode::kUnsupportedModel,
          "the range of the model's picture input (" + form.to_string() + ") is not stated, " + why, "", remedy};
}

Result<InputRange> decide_range(const RuleFacts& facts) {
  const PictureForm& form = facts.input;
  const GraphFront& front = facts.front;
  const DType dtype = form.tensor.dtype;
  if (is_integer(dtype) && dtype != DType::kInt8) {
    return named("0-255", "the input's type, " + std::string(dtype_name(dtype)), false);
  }
  if (dtype == DType::kInt8 || front.range == "unknown") return undecided(facts);
  if (!front.range.empty() && recipe_by_name(front.range, {})) {
    return named(front.range, front_source(front), false);
  }
  if (form.tensor.pixels == PixelMode::kRgb && form.tensor.is_planar()) return named("imagenet", "guess", true);
  return undecided(facts);
}

Status check_not_twice(const PreprocessRecipe& recipe, const std::string& recipe_source, const GraphFront& front) {
  const std::optional<RecipeFields> expected = recipe_by_name(front.range, {});
  if (!expected) return {};
  const ChannelTables made = make_tables(recipe.normalization);
  const ChannelTables wanted = make_tables(expected->complete().normalization);
  // The statistics of models with the same range differ by a few hundredths; ranges differ by far more.
  for (std::size_t c = 0; c < made.size(); ++c) {
    const float span = std::max(std::abs(wanted[c][255] - wanted[c][0]), std::abs(made[c][255] - made[c][0]));
    for (const std::size_t v : {std::size_t{0}, std::size_t{255}}) {
      if (std::abs(made[c][v] - wanted[c][v]) <= 0.2F * span) continue;
      return Error{ErrorCode::kUnsupportedModel,
                   recipe_source + " and " + front_source(front) + " contradict each other: the graph expects " +
                       front.range + " and normalises itself, the file makes other numbers",
                   "", "give --recipe " + front.range + ", or --recipe with the file if that is right"};
    }
  }
  return {};
}

RecipeFields usual_geometry(const PictureForm& form, Size size) {
  RecipeFields fields;
  state_imagenet_geometry(fields, size);
  if (form.tensor.pixels == PixelMode::kRgb && form.tensor.is_planar()) return fields;
  fields.resize = ResizeRule{ResizeMode::kExact, fields.crop->height, fields.crop->width};
  return fields;
}

// The names of guessed fields, for the warning.
struct Missing {
  std::string names;
  void note(bool is_missing, const char* name) {
    if (is_missing) names += (names.empty() ? "" : ", ") + std::string(name);
  }
};

Status complete_range(RecipeFields& fields, const RuleFacts& facts, RuledRecipe& ruled, Missing& missing) {
  if (fields.rescale && !fields.mean && !fields.std) {  // a source that states only a factor does no other step
    fields.mean = {0, 0, 0};
    fields.std = {1, 1, 1};
  }
  if (fields.mean && fields.std) {
    if (facts.beside.empty()) return {};
    return check_not_twice(fields.complete(), facts.beside, facts.front);
  }
  Result<InputRange> range = decide_range(facts);
  if (!range.ok()) {
    if (!facts.size_only) return std::move(range).error();
    range = named("0-1", "guess", true);
  }
  if (range->is_guess) {
    missing.note(!fields.mean, "mean");
    missing.note(!fields.std, "std");
  } else if (fields.mean || fields.std) {
    return undecided(facts);  // a recipe is not made half from a statement and half from a rule
  } else {
    ruled.sources.push_back(range->source);
  }
  ruled.decisions.push_back({"pixel values", range->value, range->source, range->is_guess});
  fields.fill_from(range->fields);
  return {};
}

// A photograph is not enlarged to a size that no network was trained with: that is a few bytes in a file which take the
// machine's memory, or a model for something else.
constexpr std::int64_t kLargestGuessedSide = 4096;

Status complete_geometry(RecipeFields& fields, const RuleFacts& facts, RuledRecipe& ruled, Missing& missing) {
  Size size{facts.input.width, facts.input.height};
  if (fields.crop && fields.crop->width > 0) size = *fields.crop;
  const RecipeFields usual = usual_geometry(facts.input, size);
  Missing geometry;
  geometry.note(!fields.resize, "resize");
  geometry.note(!fields.crop, "crop");
  geometry.note(!fields.filter, "interpolation");
  if (geometry.names.empty()) return {};
  if (std::max(size.width, size.height) > kLargestGuessedSide) {
    return Error{ErrorCode::kUnsupportedModel,
                 "no source states the preprocessing, and pictures of " + facts.shape + " are too large for a guess",
                 "", "state it with --recipe FILE"};
  }
  fields.fill_from(usual);
  missing.names = geometry.names + (missing.names.empty() ? "" : ", " + missing.names);
  ruled.decisions.push_back({"preprocessing", geometry.names, "the usual geometry", true});
  return {};
}

// The option with which the user can state what was guessed.
std::string statement_of(const RecipeFields& fields) {
  const PreprocessRecipe recipe = fields.complete();
  const auto side = [](std::int64_t height, std::int64_t width, bool is_one) {
    return is_one ? std::to_string(height) : '[' + std::to_string(height) + ", " + std::to_string(width) + ']';
  };
  const std::string resize =
      recipe.resize.mode == ResizeMode::kNone
          ? "null"
          : side(recipe.resize.height, recipe.resize.width, recipe.resize.mode == ResizeMode::kShortSide);
  const std::string crop = recipe.crop.width > 0
                               ? side(recipe.crop.height, recipe.crop.width, recipe.crop.height == recipe.crop.width)
                               : "null";
  return R"({"preprocess": {"resize": )" + resize + R"(, "crop": )" + crop + R"(, "interpolation": ")" +
         std::string(filter_name(recipe.filter)) + R"(", "mean": [...], "std": [...]}})";
}

}  // namespace

Result<RuledRecipe> complete_recipe(RecipeFields& fields, const RuleFacts& facts) {
  RuledRecipe ruled;
  Missing missing;
  ruled.decisions.push_back({"picture input", facts.input.to_string(), "the input's type and shape", false});
  KITE_TRY(complete_range(fields, facts, ruled, missing));
  KITE_TRY(complete_geometry(fields, facts, ruled, missing));
  PreprocessRecipe recipe = fields.complete();
  recipe.form = facts.input.tensor;
  if (!facts.size_only) KITE_TRY(validate_normalization(recipe.normalization, recipe.form));
  if (missing.names.empty()) return ruled;
  ruled.sources.emplace_back("guess");
  ruled.is_guess = true;
  ruled.warning = "preprocessing guessed from the input shape " + facts.shape + " (" + missing.names +
                  "): " + recipe.to_string() + "; to state it, put " + statement_of(fields) + " into " +
                  facts.kite_json;
  return ruled;
}

}  // namespace kite
