// SPDX-License-Identifier: Apache-2.0
// Accepts what is consistent with the model, records what is not, and fills the rest with guesses that are announced.
#include "carriers/offers.h"

#include <algorithm>
#include <utility>

#include "base/printable.h"
#include "carriers/input_range.h"
#include "paperkite/try.h"

namespace kite {
namespace {

// The difference between the size that a recipe makes and the size that the model takes, as a clause for messages;
// empty when they are equal or when either is open.
std::string size_conflict(Size made, const PictureForm& input) {
  if (made.width == 0) return "";
  const bool fits =
      (input.height == 0 || input.height == made.height) && (input.width == 0 || input.width == made.width);
  if (fits) return "";
  return "the preprocessing makes pictures of " + std::to_string(made.width) + "x" + std::to_string(made.height) +
         ", the model takes " + std::to_string(input.width) + "x" + std::to_string(input.height) + " (width x height)";
}

// Changes the geometry of a recipe for a model that runs at another size than the recipe was written for: the same
// share of the picture is kept. False where the recipe has that size already, or states no size.
bool follow_size(RecipeFields& fields, const PictureForm& input) {
  const Size made = fields.complete().output_size();
  const Size wanted{input.width, input.height};
  if (made.width == 0 || wanted.width == 0 || wanted.height == 0 || made == wanted) return false;
  const auto scaled = [](std::int64_t side, std::int64_t from, std::int64_t to) {
    return (side * to + from / 2) / from;
  };
  if (fields.crop && fields.crop->width > 0) fields.crop = wanted;
  if (fields.first_crop && fields.first_crop->unit == FirstCrop::Unit::kShape) {
    fields.first_crop->height = static_cast<double>(wanted.height);
    fields.first_crop->width = static_cast<double>(wanted.width);
  }
  if (fields.resize) {
    fields.resize->height = scaled(fields.resize->height, made.height, wanted.height);
    fields.resize->width = scaled(fields.resize->width, made.width, wanted.width);
  }
  return true;
}

// The fields that both state, with different values.
std::string disagreement(const RecipeFields& winner, const RecipeFields& other) {
  std::string names;
  const auto compare = [&names](const char* name, const auto& a, const auto& b) {
    if (a && b && *a != *b) names += (names.empty() ? "" : ", ") + std::string(name);
  };
  compare("first_crop", winner.first_crop, other.first_crop);
  compare("resize", winner.resize, other.resize);
  compare("crop", winner.crop, other.crop);
  compare("border", winner.fill, other.fill);
  compare("interpolation", winner.filter, other.filter);
  compare("resampler", winner.resampler, other.resampler);
  compare("second_std", winner.second_std, other.second_std);
  compare("offset", winner.offset, other.offset);
  compare("crop_offset", winner.crop_rule, other.crop_rule);
  compare("mean", winner.mean, other.mean);
  compare("std", winner.std, other.std);
  compare("rescale", winner.rescale, other.rescale);
  compare("arithmetic", winner.arithmetic, other.arithmetic);
  compare("channels", winner.channel_order, other.channel_order);
  compare("exif", winner.exif, other.exif);
  return names;
}

}  // namespace

const std::string* Offers::metadata(std::string_view key) const {
  const auto found = sources_.metadata.find(std::string(key));
  return found == sources_.metadata.end() ? nullptr : &found->second;
}

Status Offers::refuse(const std::string& name, Bond bond, Error error) {
  switch (bond) {
    case Bond::kFlag:
      if (error.code == ErrorCode::kInvalidModel) error.code = ErrorCode::kUsage;
      return std::move(error).in(name);
    case Bond::kNamed: {
      Error placed = std::move(error).in(name);
      return name == sources_.model_path ? placed : std::move(placed).in(sources_.model_path);
    }
    case Bond::kBeside:
    case Bond::kBuiltIn:
      out_.warnings.push_back(name + " is not used: " + error.message());
      out_.conflicts.push_back(out_.warnings.back());
      return {};
  }
  return {};
}

Status Offers::recipe(const std::string& name, Bond bond, Result<RecipeFields> fields, const std::string& remark) {
  if (!fields.ok()) return refuse(name, bond, std::move(fields).error());
  if (fields->empty()) return {};
  if (sources_.size_is_asked && follow_size(*fields, input_)) {
    out_.warnings.push_back(name + ": resize and crop follow --size: " + fields->complete().to_string());
  }
  const std::string misfit = size_conflict(fields->complete().output_size(), input_);
  if (!misfit.empty()) {
    return refuse(name, bond, {ErrorCode::kInvalidModel, misfit, "", "correct \"crop\" or the model's input size"});
  }
  const std::string overruled = disagreement(fields_, *fields);
  if (!overruled.empty()) {
    out_.conflicts.push_back(name + " is overruled by " + recipe_names_.front() + " on " + overruled);
  }
  // Metadata was written with the model; a file may describe the network before the preprocessing was
  // added to the graph.
  if (bond == Bond::kBeside && !name.starts_with("metadata") && !fields_.mean && fields->mean) range_beside_ = name;
  if (is_recipe_closed_ || !fields_.fill_from(*fields)) return {};
  out_.is_recipe_guess = out_.is_recipe_guess || fields->is_guess;
  recipe_names_.push_back(name);
  if (!remark.empty()) out_.warnings.push_back(name + ": " + remark);
  for (const std::string& note : fields->notes) out_.warnings.push_back(name + ": " + note);
  out_.decisions.insert(out_.decisions.end(), fields->decisions.begin(), fields->decisions.end());
  return {};
}

void Offers::compare_labels(const std::string& name, const Labels& other) {
  if (out_.labels == other) return;
  out_.conflicts.push_back(name + " has other labels than " + out_.labels_source);
  // Two files that only lie beside the model, and both could be right. Their order is a convention, so
  // the user is warned.
  if (labels_bond_ == Bond::kBeside) {
    out_.warnings.push_back(out_.conflicts.back() + ", which are shown; name the right file with --labels");
  }
}

Status Offers::labels(const std::string& name, Bond bond, Result<ReadLabels> labels) {
  if (!labels.ok()) return refuse(name, bond, std::move(labels).error());
  const auto count = static_cast<std::int64_t>(labels->names.size());
  if (bond != Bond::kBuiltIn && count > sources_.limits[Limit::kLabels]) {
    return refuse(name, bond, sources_.limits.over(Limit::kLabels, "the list"));
  }
  for (const std::string& label : labels->names) {
    if (std::cmp_less_equal(label.size(), sources_.limits[Limit::kLabelBytes])) continue;
    return refuse(name, bond, sources_.limits.over(Limit::kLabelBytes, "a label"));
  }
  if (sources_.classes > 0 && count != sources_.classes) {
    Error error{ErrorCode::kInvalidModel,
                std::to_string(count) + " labels for a model of " + std::to_string(sources_.classes) + " classes", "",
                "name each class once"};
    if (bond != Bond::kBeside) return refuse(name, bond, std::move(error));
    label_misfits_.push_back(name + " is not used: " + error.message());
    return {};
  }
  if (!out_.labels.empty()) {
    compare_labels(name, labels->names);
    return {};
  }
  out_.labels = std::move(labels->names);
  out_.labels_source = name;
  out_.is_labels_guess = labels->is_guess;
  labels_bond_ = bond;
  if (!labels->remark.empty()) out_.warnings.push_back(name + ": " + labels->remark);
  if (bond == Bond::kBuiltIn) return {};  // ImageNet has two classes "crane", which needs no warning
  const std::string duplicate = duplicate_warning(out_.labels);
  if (!duplicate.empty()) out_.warnings.push_back(name + ": " + duplicate);
  return {};
}

Status Offers::complete_recipe() {
  RuleFacts facts{input_,        sources_.front,    shape_text(sources_.input_shape), "<model>.kite.json",
                  range_beside_, sources_.size_only};
  if (!sources_.model_path.empty()) facts.kite_json = folder_->stem() + ".kite.json";
  Result<RuledRecipe> ruled = kite::complete_recipe(fields_, facts);
  if (!ruled.ok()) {
    const bool is_flags = std::ranges::find(recipe_names_, "--recipe") != recipe_names_.end();
    return refuse(is_flags ? "--recipe" : sources_.model_path, is_flags ? Bond::kFlag : Bond::kNamed,
                  std::move(ruled).error());
  }
  recipe_names_.insert(recipe_names_.end(), ruled->sources.begin(), ruled->sources.end());
  out_.decisions.insert(out_.decisions.end(), ruled->decisions.begin(), ruled->decisions.end());
  if (!ruled->warning.empty()) out_.warnings.push_back(std::move(ruled->warning));
  out_.is_recipe_guess = out_.is_recipe_guess || ruled->is_guess;
  return {};
}

Result<Interpretation> Offers::finish() {
  if (const auto& failure = folder_->failure()) {
    if (!failure->may_go_on) return failure->error;
    out_.warnings.push_back("files beside the model are not looked for: " + failure->error.message());
  }
  out_.recipe = fields_.complete();
  out_.recipe.form = input_.tensor;
  out_.is_recipe_stated = recipe_names_.size() > 1 || recipe_names_.front() != "guess";
  for (const std::string& name : recipe_names_) out_.recipe_source += (out_.recipe_source.empty() ? "" : " + ") + name;
  const std::string misfit = size_conflict(out_.recipe.output_size(), input_);
  if (!misfit.empty()) {
    return Error{ErrorCode::kInvalidModel, misfit, out_.recipe_source, "state resize and crop in one place"};
  }
  // When labels are found, a list of another length belongs to another model.
  std::vector<std::string>& remarks = out_.labels.empty() ? out_.warnings : out_.conflicts;
  remarks.insert(remarks.end(), label_misfits_.begin(), label_misfits_.end());
  if (out_.labels.empty()) {
    out_.labels_source = "none";
    out_.conflicts.insert(out_.conflicts.end(), label_misfits_.begin(), label_misfits_.end());
    out_.warnings.emplace_back(
        "no labels found: classes are shown as numbers; give --labels FILE with one name on each line");
  }
  return std::move(out_);
}

}  // namespace kite
