// SPDX-License-Identifier: Apache-2.0
// Imports the model to find its external-data files, and looks for what lies beside it.
#include "model_files.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/mapped_file.h"
#include "base/regular_file.h"
#include "carriers/files_beside.h"
#include "carriers/find_model.h"
#include "carriers/model_folder.h"
#include "graph/import.h"
#include "onnx/external_file.h"
#include "plan/source/source.h"

namespace kite::cli {

std::vector<std::string> files_of_model(const std::string& named, const MeaningOptions& meaning) {
  const auto found = find_model(named);
  const std::string& model = found.ok() ? found->path : named;
  std::vector<std::string> files = files_beside(model);
  files.insert(files.end(), {named, model, meaning.labels, meaning.recipe});  // `named` may be a zip
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

Result<std::vector<std::string>> places_of_model(const std::string& named, const MeaningOptions& meaning) {
  std::string model = named;
  std::vector<std::string> places = {named, meaning.labels, meaning.recipe, meaning.library_folder};
  std::error_code ignored;
  if (std::filesystem::is_directory(named, ignored)) {
    if (const auto found = find_model(named); found.ok()) model = found->path;
  } else if (auto file = RegularFile::open(named); file.ok()) {
    constexpr std::string_view kZip = "PK\003\004";
    const auto head = file->read(kZip.size());
    if (head.ok() && std::memcmp(head->bytes().data(), kZip.data(), std::min(kZip.size(), head->bytes().size())) == 0) {
      return Error{ErrorCode::kUsage, "a zip is unpacked into files, which --sandbox refuses", named,
                   "unpack it, and name the folder"};
    }
  }
  for (std::string& folder : onnx::folders_of_external_data({model, meaning.data_dirs})) {
    places.push_back(std::move(folder));
  }
  for (std::string& folder : ModelFolder(model).folders()) places.push_back(folder.empty() ? "." : std::move(folder));
  std::erase(places, "");
  return places;
}

}  // namespace kite::cli
