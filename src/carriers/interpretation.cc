// SPDX-License-Identifier: Apache-2.0
// Walks the sources in their order of trust; each may state labels, parts of the recipe, or both.
#include "carriers/interpretation.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/mapped_file.h"
#include "base/printable.h"
#include "carriers/json_document.h"
#include "carriers/python_literal.h"
#include "carriers/recipe_carriers.h"
#include "paperkite/try.h"

namespace kite {
namespace {

namespace fs = std::filesystem;

constexpr std::array<double, 3> kImageNetMean{0.485, 0.456, 0.406};
constexpr std::array<double, 3> kImageNetStd{0.229, 0.224, 0.225};

// How far a source may be trusted to be about this model.
enum class Bond : std::uint8_t { kFlag, kNamed, kBeside };

struct Picture {
  TensorLayout layout = TensorLayout::kNchw;
  std::int64_t height = 0;  // 0 = not fixed
  std::int64_t width = 0;
};

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text = "[";
  for (const std::int64_t dim : shape) {
    if (text.size() > 1) text += ',';
    text += dim > 0 ? std::to_string(dim) : "?";
  }
  return text + "]";
}

Result<Picture> picture_input(const std::vector<std::int64_t>& shape) {
  const bool has_four = shape.size() == 4;
  const bool channels_first = has_four && (shape[1] == 3 || (shape[1] < 1 && shape[3] != 3));
  const bool channels_last = has_four && !channels_first && shape[3] == 3;
  if (!channels_first && !channels_last) {
    return Error{
        ErrorCode::kUnsupportedModel,
        "the input has shape " + shape_text(shape) + ", which is no picture of three channels ([N,3,H,W] or [N,H,W,3])",
        "", "give the tensor itself with kite run"};
  }
  const std::size_t first = channels_first ? 2 : 1;
  return Picture{channels_first ? TensorLayout::kNchw : TensorLayout::kNhwc, std::max<std::int64_t>(shape[first], 0),
                 std::max<std::int64_t>(shape[first + 1], 0)};
}

// What a recipe makes, against what the model takes; empty when they fit or either is open.
std::string size_conflict(Size made, const Picture& input) {
  if (made.width == 0) return "";
  const bool fits =
      (input.height == 0 || input.height == made.height) && (input.width == 0 || input.width == made.width);
  if (fits) return "";
  return "the preprocessing makes pictures of " + std::to_string(made.width) + "x" + std::to_string(made.height) +
         ", the model takes " + std::to_string(input.width) + "x" + std::to_string(input.height) + " (width x height)";
}

// The fields that both state and state differently.
std::string disagreement(const RecipeFields& winner, const RecipeFields& other) {
  std::string names;
  const auto compare = [&names](const char* name, const auto& a, const auto& b) {
    if (a && b && *a != *b) names += (names.empty() ? "" : ", ") + std::string(name);
  };
  compare("resize", winner.resize, other.resize);
  compare("crop", winner.crop, other.crop);
  compare("interpolation", winner.filter, other.filter);
  compare("crop_offset", winner.crop_rule, other.crop_rule);
  compare("mean", winner.mean, other.mean);
  compare("std", winner.std, other.std);
  compare("rescale", winner.rescale, other.rescale);
  compare("arithmetic", winner.arithmetic, other.arithmetic);
  compare("channels", winner.channel_order, other.channel_order);
  compare("exif", winner.exif, other.exif);
  return names;
}

class Resolver {
 public:
  Resolver(const InterpretationSources& sources, Picture input) : sources_(sources), input_(input) {}

  Result<Interpretation> run();

 private:
  Status from_flags();
  Status from_kite_json();
  Status from_metadata();
  Status from_files_beside();
  Status from_config_files();
  void guess();
  Status finish();

  // Offer what a source states. An Error only where the bond is too strong to leave the source out.
  Status offer_recipe(const std::string& name, Bond bond, Result<RecipeFields> fields);
  Status offer_labels(const std::string& name, Bond bond, Result<Labels> labels);
  Status refuse(const std::string& name, Bond bond, Error error);
  Status labels_file(const std::string& name, Bond bond);

  [[nodiscard]] bool wants_labels() const { return out_.labels.empty() || sources_.report_conflicts; }
  [[nodiscard]] bool recipe_complete() const {
    return fields_.resize && fields_.crop && fields_.filter && fields_.mean && fields_.std;
  }
  [[nodiscard]] bool wants_recipe() const { return !recipe_complete() || sources_.report_conflicts; }
  [[nodiscard]] fs::path beside(const std::string& name) const {
    return fs::path(sources_.model_path).parent_path() / name;
  }
  [[nodiscard]] std::string stem() const { return fs::path(sources_.model_path).stem().string(); }
  [[nodiscard]] bool exists_beside(const std::string& name) const;

  const InterpretationSources& sources_;
  Picture input_;
  RecipeFields fields_;
  std::vector<std::string> recipe_names_;
  Interpretation out_;
};

Result<Json> read_json(const fs::path& path) {
  KITE_TRY_ASSIGN(const MappedFile file, MappedFile::open(path.string()));
  const auto bytes = file.bytes();
  return parse_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

Result<Labels> read_labels(const fs::path& path) {
  KITE_TRY_ASSIGN(const MappedFile file, MappedFile::open(path.string()));
  const auto bytes = file.bytes();
  return labels_from_file_text({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

bool Resolver::exists_beside(const std::string& name) const {
  std::error_code ignored;
  return fs::exists(beside(name), ignored);
}

Status Resolver::refuse(const std::string& name, Bond bond, Error error) {
  switch (bond) {
    case Bond::kFlag:
      if (error.code == ErrorCode::kInvalidModel) error.code = ErrorCode::kUsage;
      return std::move(error).in(name);
    case Bond::kNamed: return std::move(error).in(name);
    case Bond::kBeside:
      out_.warnings.push_back(name + " is not used: " + error.message());
      out_.conflicts.push_back(out_.warnings.back());
      return {};
  }
  return {};
}

Status Resolver::offer_recipe(const std::string& name, Bond bond, Result<RecipeFields> fields) {
  if (!fields.ok()) return refuse(name, bond, std::move(fields).error());
  if (fields->empty()) return {};
  const std::string misfit = size_conflict(fields->complete().output_size(), input_);
  if (!misfit.empty()) {
    return refuse(name, bond, {ErrorCode::kInvalidModel, misfit, "", "correct \"crop\" or the model's input size"});
  }
  const std::string overruled = disagreement(fields_, *fields);
  if (!overruled.empty()) {
    out_.conflicts.push_back(name + " is overruled by " + recipe_names_.front() + " on " + overruled);
  }
  if (fields_.fill_from(*fields)) recipe_names_.push_back(name);
  return {};
}

Status Resolver::offer_labels(const std::string& name, Bond bond, Result<Labels> labels) {
  if (!labels.ok()) return refuse(name, bond, std::move(labels).error());
  const auto count = static_cast<std::int64_t>(labels->size());
  if (sources_.classes > 0 && count != sources_.classes) {
    return refuse(name, bond,
                  {ErrorCode::kInvalidModel,
                   std::to_string(count) + " labels for a model of " + std::to_string(sources_.classes) + " classes",
                   "", "name each class once"});
  }
  if (!out_.labels.empty()) {
    if (out_.labels != *labels) out_.conflicts.push_back(name + " has other labels than " + out_.labels_source);
    return {};
  }
  out_.labels = std::move(*labels);
  out_.labels_source = name;
  const std::string duplicate = duplicate_warning(out_.labels);
  if (!duplicate.empty()) out_.warnings.push_back(name + ": " + duplicate);
  return {};
}

Status Resolver::from_flags() {
  if (sources_.labels_path)
    KITE_TRY(offer_labels(*sources_.labels_path, Bond::kFlag, read_labels(*sources_.labels_path)));
  if (sources_.preprocess_json) {
    KITE_TRY(offer_recipe("preprocessing flag", Bond::kFlag, parse_recipe(*sources_.preprocess_json)));
  }
  return {};
}

Status Resolver::from_kite_json() {
  const std::string name = stem() + ".kite.json";
  if (sources_.model_path.empty() || !exists_beside(name)) return {};
  Result<Json> read = read_json(beside(name));
  if (!read.ok()) return std::move(read).error().in(beside(name).string());
  const Json& json = *read;
  if (!json.is_object()) {
    return Error{ErrorCode::kInvalidModel, "not a JSON object", beside(name).string(), ""};
  }
  for (const auto& [key, value] : json.items()) {
    if (key != "labels" && key != "preprocess") {
      return Error{ErrorCode::kInvalidModel, "unknown key " + in_quotes(key), beside(name).string(),
                   "known: labels, preprocess"};
    }
  }
  if (json.contains("labels")) KITE_TRY(offer_labels(name, Bond::kNamed, labels_from_json(json.at("labels"))));
  if (json.contains("preprocess")) {
    KITE_TRY(offer_recipe(name, Bond::kNamed, recipe_from_object(json.at("preprocess"))));
  }
  return {};
}

Status Resolver::from_metadata() {
  const auto& metadata = sources_.metadata;
  const auto labels = metadata.find("paperkite.labels");
  if (labels != metadata.end() && wants_labels()) {
    KITE_TRY(offer_labels("metadata key paperkite.labels", Bond::kNamed, labels_from_file_text(labels->second)));
  }
  const auto recipe = metadata.find("paperkite.preprocess");
  if (recipe != metadata.end() && wants_recipe()) {
    KITE_TRY(offer_recipe("metadata key paperkite.preprocess", Bond::kNamed, parse_recipe(recipe->second)));
  }
  const auto names = metadata.find("names");  // ultralytics; others may use the word for something else
  if (names != metadata.end() && names->second.starts_with('{') && wants_labels()) {
    const auto read = [&]() -> Result<Labels> {
      KITE_TRY_ASSIGN(const auto by_index, parse_python_names(names->second));
      return labels_from_indices(by_index);
    };
    KITE_TRY(offer_labels("metadata key names", Bond::kBeside, read()));
  }
  if (wants_recipe()) {
    Result<std::optional<RecipeFields>> found = recipe_from_ultralytics(metadata);
    if (!found.ok())
      KITE_TRY(refuse("metadata key imgsz", Bond::kBeside, std::move(found).error()));
    else if (*found)
      KITE_TRY(offer_recipe("metadata key imgsz (ultralytics)", Bond::kBeside, std::move(**found)));
  }
  return {};
}

Status Resolver::labels_file(const std::string& name, Bond bond) {
  if (!wants_labels() || !exists_beside(name)) return {};
  return offer_labels(name, bond, read_labels(beside(name)));
}

Status Resolver::from_files_beside() {
  if (sources_.model_path.empty()) return {};
  KITE_TRY(labels_file(stem() + ".labels.txt", Bond::kNamed));
  for (const char* name : {"labels_mapping.json", "labels.json", "labels.txt", "classes.txt", "class_names.txt",
                           "imagenet_class_index.json", "synset_words.txt", "synset.txt"}) {
    KITE_TRY(labels_file(name, Bond::kBeside));
  }
  return from_config_files();
}

Status Resolver::from_config_files() {
  if ((wants_labels() || wants_recipe()) && exists_beside("config.json")) {
    Result<Json> config = read_json(beside("config.json"));
    if (!config.ok()) {
      KITE_TRY(refuse("config.json", Bond::kBeside, std::move(config).error()));
    } else {
      if (wants_labels() && has_labels(*config)) {
        KITE_TRY(offer_labels("config.json", Bond::kBeside, labels_from_json(*config)));
      }
      if (wants_recipe() && is_timm_config(*config)) {
        KITE_TRY(offer_recipe("config.json", Bond::kBeside, recipe_from_timm(*config)));
      }
    }
  }
  const std::string name = "preprocessor_config.json";
  if (!wants_recipe() || !exists_beside(name)) return {};
  Result<Json> config = read_json(beside(name));
  if (!config.ok()) return refuse(name, Bond::kBeside, std::move(config).error());
  return offer_recipe(name, Bond::kBeside, recipe_from_huggingface(*config));
}

// ImageNet practice, as the study trained: short side to crop / 0.875, bilinear, centre crop, ImageNet statistics.
void Resolver::guess() {
  RecipeFields guessed;
  Size size{input_.width > 0 ? input_.width : 224, input_.height > 0 ? input_.height : 224};
  if (fields_.crop && fields_.crop->width > 0) size = *fields_.crop;
  const bool square = size.width == size.height;
  const auto short_side = static_cast<std::int64_t>(std::floor(static_cast<double>(size.height) / 0.875));
  guessed.resize = square ? ResizeRule{ResizeMode::kShortSide, short_side, 0}
                          : ResizeRule{ResizeMode::kExact, size.height, size.width};
  guessed.crop = size;
  guessed.filter = Filter::kBilinear;
  guessed.mean = kImageNetMean;
  guessed.std = kImageNetStd;

  std::string missing;
  const auto note = [&missing](bool stated, const char* name) {
    if (!stated) missing += (missing.empty() ? "" : ", ") + std::string(name);
  };
  note(fields_.resize.has_value(), "resize");
  note(fields_.crop.has_value(), "crop");
  note(fields_.filter.has_value(), "interpolation");
  note(fields_.mean.has_value(), "mean");
  note(fields_.std.has_value(), "std");
  if (missing.empty()) return;
  fields_.fill_from(guessed);
  recipe_names_.emplace_back("guess");
  const std::string file = sources_.model_path.empty() ? "<model>.kite.json" : stem() + ".kite.json";
  out_.warnings.push_back("preprocessing guessed from the input shape " + shape_text(sources_.input_shape) + " (" +
                          missing + "): " + fields_.complete().to_string() +
                          "; to state it, put {\"preprocess\": {\"resize\": " + std::to_string(short_side) +
                          ", \"crop\": " + std::to_string(size.height) +
                          ", \"interpolation\": \"bilinear\", \"mean\": [...], \"std\": [...]}} into " + file);
}

Status Resolver::finish() {
  out_.recipe = fields_.complete();
  out_.recipe.layout = input_.layout;
  for (const std::string& name : recipe_names_) out_.recipe_source += (out_.recipe_source.empty() ? "" : " + ") + name;
  const std::string misfit = size_conflict(out_.recipe.output_size(), input_);
  if (!misfit.empty()) {
    return Error{ErrorCode::kInvalidModel, misfit, out_.recipe_source, "state resize and crop in one place"};
  }
  if (out_.labels.empty()) {
    out_.labels_source = "none";
    out_.warnings.emplace_back("no labels found: classes are shown as numbers; give --labels FILE, one name a line");
  }
  return {};
}

Result<Interpretation> Resolver::run() {
  KITE_TRY(from_flags());
  KITE_TRY(from_kite_json());
  KITE_TRY(from_metadata());
  KITE_TRY(from_files_beside());
  guess();
  KITE_TRY(finish());
  return std::move(out_);
}

}  // namespace

Result<Interpretation> resolve_interpretation(const InterpretationSources& sources) {
  KITE_TRY_ASSIGN(const Picture input, picture_input(sources.input_shape));
  return Resolver(sources, input).run();
}

}  // namespace kite
