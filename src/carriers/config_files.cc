// SPDX-License-Identifier: Apache-2.0
// Reads config.json and preprocessor_config.json, which timm and Hugging Face store beside a model.
#include <utility>

#include "carriers/recipe_carriers.h"
#include "carriers/sources.h"
#include "paperkite/try.h"

namespace kite {

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
