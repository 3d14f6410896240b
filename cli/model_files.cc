// SPDX-License-Identifier: Apache-2.0
// Imports the model to find its external-data files, and looks for what lies beside it.
#include "model_files.h"

#include <memory>
#include <utility>

#include "base/mapped_file.h"
#include "carriers/files_beside.h"
#include "carriers/find_model.h"
#include "graph/import.h"
#include "plan/source/source.h"

namespace kite::cli {

std::vector<std::string> files_of_model(const std::string& named, const MeaningOptions& meaning) {
  const auto found = find_model(named);
  const std::string& model = found.ok() ? found->path : named;
  std::vector<std::string> files = files_beside(model);
  files.insert(files.end(), {model, meaning.labels, meaning.recipe});
  if (!meaning.library_folder.empty()) {
    for (const char* name : {"config.json", "preprocessor_config.json"}) {
      files.push_back(meaning.library_folder + '/' + name);
    }
  }
  auto mapped = MappedFile::open(model);
  if (!mapped.ok() || is_plan(mapped->bytes())) return files;
  const auto imported = import_file(std::make_shared<const MappedFile>(std::move(mapped).value()), meaning.data_dirs);
  if (!imported.ok()) return files;
  for (const auto& [location, file] : imported->external_files) files.push_back(file->path());
  return files;
}

}  // namespace kite::cli
