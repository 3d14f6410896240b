// SPDX-License-Identifier: Apache-2.0
// Finds out what a model's numbers mean: how its input is made from a picture, and the labels of its outputs.
//
// Order of trust, for labels and for each field of the preprocessing independently:
//   flags > <model>.kite.json beside the model > paperkite.* metadata inside it > other metadata inside it
//   > files people have beside it > the input's type, the graph's first nodes
//   > a guess from the input's shape, announced in one warning.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/limits.h"
#include "carriers/input_range.h"
#include "carriers/json_files.h"
#include "carriers/labels.h"
#include "carriers/model_folder.h"
#include "image/recipe.h"
#include "paperkite/error.h"
#include "paperkite/meaning.h"

namespace kite {

inline constexpr const char* kTimmLibrary = "timm";
inline constexpr const char* kHuggingFaceLibrary = "hf";

struct InterpretationSources {
  std::string model_path;                       // empty: a model from memory; nothing is looked for beside it
  std::map<std::string, std::string> metadata;  // metadata_props of the model
  std::vector<std::int64_t> input_shape;        // of the picture input; below 1 = not fixed
  DType input_type = DType::kFloat32;
  GraphFront front;                        // what the graph's first nodes do to the picture
  bool size_is_asked = false;              // the caller states the picture's size: recipes for another one follow it
  bool size_only = false;                  // the caller needs only the picture's size: an unknown range is not an error
  std::int64_t classes = 0;                // of the output; 0 = not known
  std::optional<std::string> labels_path;  // --labels
  std::optional<std::string> preprocess_json;   // --recipe: a name, a recipe object, or a file
  std::string library;                          // --from: timm or hf
  std::shared_ptr<ModelFolder> library_folder;  // --from: the folder with its files; null without the flag
  std::string processor;                        // --processor: pil or torchvision, empty for what the file names
  Limits limits;                                // of texts and labels, and those of pictures for who reads them
  std::string exif;                             // --exif: ignore or apply, empty for what the recipe states
  // Also read the sources that can no longer add anything, to report where they disagree. This costs a cold
  // start some file reads.
  bool report_conflicts = false;
  std::shared_ptr<JsonFiles> files = std::make_shared<JsonFiles>();  // read so far; copies share them
  std::shared_ptr<ModelFolder> folder;  // of model_path, where it is listed already; null: it is listed when needed
};

struct Interpretation {
  PreprocessRecipe recipe;
  Labels labels;  // empty when no source has labels; otherwise one for each class
  std::string
      recipe_source;  // "photo.kite.json", "flag", "metadata key paperkite.preprocess", "guess"; "a + b" if mixed
  std::string labels_source;           // the same; "none"
  bool is_recipe_stated = false;       // at least one field comes from a source, the graph or the input's type
  bool is_recipe_guess = false;        // a rule decided at least one field, and no source states it
  bool is_labels_guess = false;        // the same of the labels
  std::vector<Decision> decisions;     // what was read from the model itself, or guessed
  std::vector<std::string> warnings;   // what the user should know, one sentence each
  std::vector<std::string> conflicts;  // sources that were overruled or could not be used, and why
};

// Reads the files beside the model; prints nothing.
// 1. A broken flag is kUsage.
// 2. A broken or contradicting source that names this model is kInvalidModel.
// 3. A broken or contradicting file that only lies beside the model is left out, with a conflict and a warning.
// 4. kUnsupportedModel when the input is not a picture, or when no source states which numbers it expects.
[[nodiscard]] Result<Interpretation> resolve_interpretation(const InterpretationSources& sources);

}  // namespace kite
