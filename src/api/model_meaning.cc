// SPDX-License-Identifier: Apache-2.0
// Asks the readers of src/carriers, writes their result down as metadata, and reads that back to see that nothing is
// lost.
#include "api/model_meaning.h"

#include <memory>
#include <utility>
#include <vector>

#include "analysis/scores.h"
#include "api/internals.h"
#include "api/picture_source.h"
#include "api/shapes.h"
#include "base/json.h"
#include "carriers/own_carriers.h"
#include "carriers/recipe_carriers.h"
#include "paperkite/try.h"
#include "plan/format/plan.h"
#include "plan/source/source.h"

namespace kite {

Status state_library(const MeaningOptions& meaning, InterpretationSources& sources) {
  if (meaning.library.empty() != meaning.library_folder.empty()) {
    return Error{ErrorCode::kUsage, "a library and its folder are stated together", "--from", "say --from timm FOLDER"};
  }
  if (meaning.library.empty()) return {};
  sources.library = meaning.library;
  // The name of the model is not used; the folder counts as one that holds a model.
  sources.library_folder = std::make_shared<ModelFolder>(meaning.library_folder + "/model.onnx");
  return {};
}

Result<InterpretationSources> interpretation_sources(const Model& model, const ClassifierOptions& options) {
  InterpretationSources sources;
  KITE_TRY_ASSIGN(sources.limits, limits_of(options.model.limits));
  sources.files = std::make_shared<JsonFiles>(sources.limits);
  sources.model_path = model.path();
  sources.folder = std::make_shared<ModelFolder>(model.path());
  sources.metadata = model.metadata();
  const MeaningOptions& meaning = options.model.meaning;
  KITE_TRY(describe_picture(model, sources));
  if (!meaning.labels.empty()) sources.labels_path = meaning.labels;
  if (!meaning.recipe.empty()) sources.preprocess_json = meaning.recipe;
  sources.processor = meaning.processor;
  sources.exif = meaning.exif;
  KITE_TRY(state_library(meaning, sources));
  sources.size_is_asked = meaning.size.has_value();
  sources.report_conflicts = options.report_conflicts;
  return sources;
}

namespace {

ScoreSources score_sources(const Model& model, const InterpretationSources& labels, const MeaningOptions& meaning) {
  ScoreSources sources;
  sources.model_path = model.path();
  sources.ports.assign(model.outputs().begin(), model.outputs().end());
  sources.outputs = parse_scores(Internals::plan(model)->note(kScoresNote)).value_or(std::vector<OutputScores>{});
  sources.metadata = labels.metadata;
  sources.meaning = &meaning;
  sources.files = labels.files;
  sources.folder = labels.folder;
  if (labels.library == kHuggingFaceLibrary) sources.huggingface_folder = labels.library_folder;
  sources.count_labels = [&labels]() -> std::size_t {
    const auto found = resolve_interpretation(labels);
    return found.ok() ? found->labels.size() : 0;
  };
  return sources;
}

}  // namespace

Result<ScoreChoice> choose_scores(const Model& model, const InterpretationSources& labels,
                                  const MeaningOptions& meaning) {
  return choose_scores(score_sources(model, labels, meaning));
}

Status fit_binary_labels(const Model& model, ScoreChoice& choice, Interpretation& interpretation) {
  const std::size_t count = interpretation.labels.size();
  if (!is_binary(choice) || count < 2) return {};
  if (count > 2) {
    return Error{ErrorCode::kInvalidModel, std::to_string(count) + " labels for a model that gives one number",
                 model.path(), "name two classes, of which the number is the second one's probability"};
  }
  if (choice.kind == ScoreKind::kRaw) return {};
  choice.classes = 2;
  choice.kind = ScoreKind::kProbabilities;
  choice.decisions.push_back(
      {"classes",
       "p is that of \"" + interpretation.labels[1] + "\", 1 - p that of \"" + interpretation.labels[0] + '"',
       "two labels for one probability", false});
  return {};
}

namespace {

using Metadata = std::map<std::string, std::string>;

// `metadata` in the place of everything that paperkite's own keys stated before.
Metadata with_own(const Metadata& theirs, const Metadata& metadata) {
  Metadata all = metadata;
  for (const auto& [key, value] : theirs) {
    if (!is_own_key(key)) all.emplace(key, value);
  }
  return all;
}

bool same_scores(const ScoreChoice& a, const ScoreChoice& b) {
  if (a.output != b.output) return false;
  if (a.kind == ScoreKind::kRaw) return true;  // the caller's wish for this run, and no statement about the model
  return a.index_of == b.index_of && a.activation == b.activation && a.divisor == b.divisor && a.classes == b.classes &&
         a.row == b.row && a.kind == b.kind;
}

Error not_alone(const std::string& what, const std::string& path, const std::string& remedy) {
  return {ErrorCode::kUnsupportedModel, what + " cannot be stated in the model's metadata", path, remedy};
}

// Reads the metadata as it will be read where nothing else is there.
Status check_alone(const Model& model, const ScoreChoice& choice, const Interpretation& interpretation,
                   const Metadata& metadata) {
  InterpretationSources alone;
  KITE_TRY(describe_picture(model, alone));
  alone.metadata = with_own(model.metadata(), metadata);
  alone.folder = std::make_shared<ModelFolder>("");
  Result<ScoreChoice> chosen = choose_scores(model, alone, MeaningOptions{});
  if (!chosen.ok()) return std::move(chosen).error();
  alone.classes = is_binary(*chosen) ? 0 : chosen->classes;
  KITE_TRY_ASSIGN(Interpretation read, resolve_interpretation(alone));
  KITE_TRY(fit_binary_labels(model, *chosen, read));
  if (!same_scores(choice, *chosen)) {
    return not_alone("what the scores mean", model.path(), "state --scores-from and --activation");
  }
  if (read.labels != interpretation.labels) return not_alone("the labels", model.path(), "state --labels");
  if (read.recipe != interpretation.recipe) return not_alone("the preprocessing", model.path(), "state --recipe");
  return {};
}

}  // namespace

Result<Metadata> describe_itself(const Model& model, const ScoreChoice& choice, const Interpretation& interpretation) {
  Metadata metadata;
  if (!interpretation.labels.empty()) metadata[kLabelsKey] = nlohmann::json(interpretation.labels).dump();
  if (interpretation.is_recipe_stated) metadata[kPreprocessKey] = recipe_json(interpretation.recipe);
  if (model.outputs().size() > 1) metadata[kScoresFromKey] = model.outputs()[choice.output].name;
  if (choice.is_activation_stated) metadata[kActivationKey] = activation_name(choice.activation);
  KITE_TRY(check_alone(model, choice, interpretation, metadata));
  return metadata;
}

Status check_shapes_alone(const Model& model, const Metadata& metadata) {
  StatedModel stated = stated_model(*Internals::plan(model));
  const Metadata all = with_own(model.metadata(), metadata);
  stated.metadata = {all.begin(), all.end()};
  const std::string no_path;
  const Result<ChosenShapes> chosen = choose_shapes(stated, no_path, {});
  const auto refused = [&](const std::string& why) {
    return Error{ErrorCode::kUnsupportedModel, "the sizes of the model's open dimensions cannot be stated: " + why,
                 model.path(), "state a recipe with \"crop\", or export the model with fixed sizes"};
  };
  if (!chosen.ok()) return refused(chosen.error().what);
  for (const Port& port : model.inputs()) {
    const auto found = chosen->shapes.find(port.name);
    if (found == chosen->shapes.end() || found->second == port.type.shape) continue;
    return refused("without flags, input " + std::string(port.name) + " is " + found->second.to_string() + " and not " +
                   port.type.shape.to_string());
  }
  return {};
}

}  // namespace kite
