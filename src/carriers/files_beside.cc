// SPDX-License-Identifier: Apache-2.0
// Asks the model's folder for each name that a source knows.
#include "carriers/files_beside.h"

#include "carriers/model_folder.h"
#include "carriers/sources.h"

namespace kite {

std::vector<std::string> files_beside(const std::string& model_path) {
  ModelFolder folder(model_path);
  std::vector<std::string> names = label_file_names(folder.stem());
  for (const char* name : {"config.json", "preprocessor_config.json", "metadata_properties.json", "config.pbtxt"}) {
    names.emplace_back(name);
  }
  names.push_back(folder.stem() + ".kite.json");
  if (const FolderEntry* config = folder.file("config.pbtxt"); config != nullptr) {
    if (auto label_file = triton_label_file(config->path); label_file.ok()) names.push_back(*std::move(label_file));
  }
  std::vector<std::string> files;
  for (const std::string& name : names) {
    const FolderEntry* file = name.empty() ? nullptr : folder.file(name);
    if (file != nullptr) files.push_back(file->path);
  }
  for (const FolderEntry* file : other_label_files(folder)) files.push_back(file->path);
  return files;
}

}  // namespace kite
