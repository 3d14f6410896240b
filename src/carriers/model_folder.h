// SPDX-License-Identifier: Apache-2.0
// The files that lie beside a model. The folder is listed once, instead of one system call for each name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "paperkite/error.h"

namespace kite {

struct FolderEntry {
  std::string name;  // as the file system spells it
  std::string path;
  bool is_folder = false;
};

// Reads the folders when the first file is asked for.
class ModelFolder {
 public:
  // An empty path means a model from memory, which has no files.
  explicit ModelFolder(std::string model_path) : model_path_(std::move(model_path)) {}

  // Upper and lower case are equal. Looks in the model's own folder first. Where that is named "onnx" (the layout of
  // transformers.js) or is a number (Triton's versions), looks in the folder above it, too. Null when no file is found.
  [[nodiscard]] const FolderEntry* file(std::string_view name);
  [[nodiscard]] const FolderEntry* folder(std::string_view name);
  // All files where it looks, in no order.
  [[nodiscard]] std::vector<const FolderEntry*> files();
  // Names of the folders inside one, in the order of their bytes; hidden ones are left out.
  [[nodiscard]] static std::vector<std::string> folders_in(const std::string& path);

  // Where it looks.
  [[nodiscard]] std::vector<std::string> folders() const;
  [[nodiscard]] std::string path() const;  // "a/" of "a/photo.onnx"
  [[nodiscard]] std::string stem() const;  // "photo" of "a/photo.onnx"
  [[nodiscard]] bool is_memory() const noexcept { return model_path_.empty(); }
  // Why a folder could not be listed to its end. With `may_go_on`, the user may not list it, but reads files whose
  // names are known; every other reason says nothing about what lies there.
  struct Failure {
    Error error;
    bool may_go_on = false;
  };
  [[nodiscard]] const std::optional<Failure>& failure() const noexcept { return failure_; }

 private:
  using Listing = std::unordered_map<std::string, std::vector<FolderEntry>>;  // by their names in small letters
  const FolderEntry* find(std::string_view name, bool is_folder);
  void read_listings();
  Listing list(const std::string& path);

  std::string model_path_;
  bool is_read_ = false;
  std::vector<Listing> listings_;
  std::optional<Failure> failure_;
};

}  // namespace kite
