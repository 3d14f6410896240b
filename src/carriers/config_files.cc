// SPDX-License-Identifier: Apache-2.0
// Reads config.json and preprocessor_config.json, which timm and Hugging Face store beside a model.
#include <utility>

#include "base/printable.h"
#include "carriers/recipe_carriers.h"
#include "carriers/sources.h"
#include "paperkite/try.h"

namespace kite {

namespace {

// "FOLDER/config.json", as an error names it that the folder lacks it.
std::string path_in(ModelFolder& folder, const char* name) { return folder.path() + name; }

Error not_there(const std::string& path, const char* library) {
  return {ErrorCode::kUsage, "the file does not exist", path,
          std::string("name the folder in which ") + library + " keeps its files"};
}

// The JSON object in a file of the folder that the caller names.
Result<const Json*> object_of_library(const Offers& offers, const FolderEntry& file) {
  const Result<Json>& json = offers.json(file);
  if (!json.ok()) return json.error();
  if (!json->is_object()) return Error{ErrorCode::kInvalidModel, "not a JSON object", "", ""};
  return &*json;
}

Status read_timm_folder(Offers& offers, ModelFolder& folder) {
  const FolderEntry* file = folder.file("config.json");
  if (file == nullptr) return not_there(path_in(folder, "config.json"), "timm");
  const Result<const Json*> config = object_of_library(offers, *file);
  if (!config.ok()) return offers.refuse(file->path, Bond::kFlag, config.error());
  if (!is_timm_config(**config)) {
    return Error{ErrorCode::kUsage, "it has no \"pretrained_cfg\", so it is no config.json of timm", file->path,
                 "say --from hf where transformers wrote it"};
  }
  if (has_labels(**config)) KITE_TRY(offers.labels(file->path, Bond::kFlag, labels_from_json(**config)));
  return offers.recipe(file->path, Bond::kFlag, recipe_from_timm(**config));
}

Status read_huggingface_folder(Offers& offers, ModelFolder& folder) {
  const FolderEntry* processor = folder.file("preprocessor_config.json");
  if (processor == nullptr) return not_there(path_in(folder, "preprocessor_config.json"), "transformers");
  const Result<const Json*> preprocessing = object_of_library(offers, *processor);
  if (!preprocessing.ok()) return offers.refuse(processor->path, Bond::kFlag, preprocessing.error());
  HuggingFaceContext context{offers.asked().processor, "", ""};
  if (const FolderEntry* file = folder.file("config.json"); file != nullptr) {
    const Result<const Json*> config = object_of_library(offers, *file);
    if (!config.ok()) return offers.refuse(file->path, Bond::kFlag, config.error());
    if (has_labels(**config)) KITE_TRY(offers.labels(file->path, Bond::kFlag, labels_from_json(**config)));
    context = huggingface_context(**config, offers.asked().processor);
  }
  return offers.recipe(processor->path, Bond::kFlag, recipe_from_huggingface(**preprocessing, context));
}

}  // namespace

// --from: the folder need not be the model's.
Status read_library_folder(Offers& offers) {
  const InterpretationSources& asked = offers.asked();
  if (asked.library_folder == nullptr) return {};
  if (asked.library == kTimmLibrary) return read_timm_folder(offers, *asked.library_folder);
  if (asked.library == kHuggingFaceLibrary) return read_huggingface_folder(offers, *asked.library_folder);
  return Error{ErrorCode::kUsage, in_quotes(asked.library) + " is no library whose files are read", "--from",
               "say timm or hf"};
}

Status read_config_json(Offers& offers) {
  if (!offers.wants_labels() && !offers.wants_recipe()) return {};
  const FolderEntry* file = offers.folder().file("config.json");
  if (file == nullptr) return {};
  const Result<Json>& config = offers.json(*file);
  if (!config.ok()) return offers.refuse(file->name, Bond::kBeside, config.error());
  if (offers.wants_labels() && has_labels(*config)) {
    KITE_TRY(offers.labels(file->name, Bond::kBeside, labels_from_json(*config)));
  }
  if (!offers.wants_recipe() || !is_timm_config(*config)) return {};
  return offers.recipe(file->name, Bond::kBeside, recipe_from_timm(*config));
}

Status read_preprocessor_config(Offers& offers) {
  const FolderEntry* file = offers.wants_recipe() ? offers.folder().file("preprocessor_config.json") : nullptr;
  if (file == nullptr) return {};
  const Result<Json>& config = offers.json(*file);
  if (!config.ok()) return offers.refuse(file->name, Bond::kBeside, config.error());
  HuggingFaceContext context{offers.asked().processor, "", ""};
  if (const FolderEntry* model = offers.folder().file("config.json"); model != nullptr) {
    // Where the file is broken, read_config_json() has already reported it.
    if (const Result<Json>& read = offers.json(*model); read.ok()) {
      context = huggingface_context(*read, offers.asked().processor);
    }
  }
  return offers.recipe(file->name, Bond::kBeside, recipe_from_huggingface(*config, context));
}

}  // namespace kite
