// SPDX-License-Identifier: Apache-2.0
// The layouts of folders that hold a model, and the unpacking of the files that a model needs from a zip.
#include "carriers/find_model.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "base/folder_reader.h"
#include "base/printable.h"
#include "base/temporary_folder.h"
#include "carriers/zip_archive.h"
#include "paperkite/try.h"

namespace kite {
namespace {

namespace fs = std::filesystem;

// Names that identify the model of a folder, in the order in which they are looked for.
constexpr std::array<std::string_view, 3> kKnownPaths{"model.onnx", "onnx/model.onnx", "weights/best.onnx"};
// Endings of models, of their external data, and of the files that describe their use.
constexpr std::array<std::string_view, 13> kUsefulEndings{".onnx", ".data",  "_data", ".bin",   ".weights",
                                                          ".json", ".txt",   ".csv",  ".names", ".yaml",
                                                          ".yml",  ".pbtxt", ".tsv"};

// Names of the entries of a folder for which `wanted` is true, sorted.
template <typename Wanted>
std::vector<std::string> names_in(const fs::path& folder, Wanted wanted) {
  std::vector<std::string> names;
  for (FolderReader reader(folder.string()); reader.next();) {
    if (!reader.name().starts_with('.') && wanted(reader)) names.push_back(reader.name());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> models_in(const fs::path& folder) {
  return names_in(folder, [](const FolderReader& entry) {
    return lower_case(entry.name()).ends_with(".onnx") && entry.is_regular_file();
  });
}

bool is_version(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::vector<std::string> folders_in(const fs::path& folder) {
  return names_in(folder, [](const FolderReader& entry) { return entry.name() != "__MACOSX" && entry.is_folder(); });
}

Result<std::string> model_in_folder(const fs::path& folder) {
  std::error_code ignored;
  for (const std::string_view name : kKnownPaths) {
    if (fs::is_regular_file(folder / name, ignored)) return (folder / name).string();
  }
  std::vector<std::string> found;
  for (const std::string& name : models_in(folder)) found.push_back(name);
  std::vector<std::string> below{"onnx"};
  for (const std::string& name : folders_in(folder)) {
    if (is_version(name)) below.push_back(name);
  }
  for (const std::string& inner : found.empty() ? below : std::vector<std::string>{}) {
    for (const std::string& name : models_in(folder / inner)) found.push_back(inner + "/" + name);
  }
  if (found.size() == 1) return (folder / found.front()).string();
  if (found.empty()) {
    return Error{ErrorCode::kIo, "the folder holds no .onnx file, nor does one named onnx in it", folder.string(),
                 "name the model's file"};
  }
  std::string list;
  for (const std::string& name : found) list += (list.empty() ? "" : ", ") + in_quotes(name);
  return Error{ErrorCode::kUsage,
               "the folder holds " + std::to_string(found.size()) + " models and none named model.onnx: " + list,
               folder.string(), "name one of them, as " + (folder / found.front()).string()};
}

bool is_useful(const std::string& name) {
  const std::string folded = lower_case(name);
  return std::any_of(kUsefulEndings.begin(), kUsefulEndings.end(),
                     [&](std::string_view ending) { return folded.ends_with(ending); });
}

Result<FoundModel> model_in_zip(const std::string& named) {
  KITE_TRY_ASSIGN(const ZipArchive archive, ZipArchive::open(named));
  const bool has_model = std::any_of(archive.entries().begin(), archive.entries().end(),
                                     [](const ZipEntry& entry) { return lower_case(entry.name).ends_with(".onnx"); });
  if (!has_model) {
    return Error{ErrorCode::kUnsupportedModel, "the archive holds no .onnx file", named, "export the model as ONNX"};
  }
  KITE_TRY_ASSIGN(TemporaryFolder made, TemporaryFolder::create());
  const auto folder = std::make_shared<const TemporaryFolder>(std::move(made));
  for (const ZipEntry& entry : archive.entries()) {
    if (!is_useful(entry.name)) continue;
    const fs::path path = fs::path(folder->path()) / entry.name;
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    if (error) return Error{ErrorCode::kIo, "cannot make a folder: " + error.message(), path.string(), ""};
    const Status unpacked = archive.unpack(entry, path.string());
    if (!unpacked.ok()) return Error(unpacked.error()).in(named);
  }
  // When a folder was packed, the archive's top level holds only that folder.
  fs::path top = folder->path();
  const std::vector<std::string> folders = folders_in(top);
  std::error_code ignored;
  const bool is_wrapped = folders.size() == 1 && models_in(top).empty() && !fs::exists(top / "onnx", ignored) &&
                          !is_version(folders.front());
  if (is_wrapped) top /= folders.front();
  Result<std::string> model = model_in_folder(top);
  if (!model.ok()) {  // the folder in which it looked is temporary: nobody can name it
    return Error{model.error().code, model.error().what, named, "unpack the archive and name the model's file in it"};
  }
  return FoundModel{std::move(*model), folder};
}

}  // namespace

Result<FoundModel> find_model(const std::string& named) {
  std::error_code ignored;
  if (fs::is_directory(named, ignored)) {
    KITE_TRY_ASSIGN(std::string path, model_in_folder(named));
    return FoundModel{std::move(path), nullptr};
  }
  if (lower_case(named).ends_with(".zip")) return model_in_zip(named);
  return FoundModel{named, nullptr};
}

}  // namespace kite
