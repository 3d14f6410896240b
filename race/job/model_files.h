// SPDX-License-Identifier: Apache-2.0
// What contestants need to know of a model, as files: recipe, labels, and the exact input tensors.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "paperkite/error.h"
#include "race/journal/record.h"

namespace kite::race {

struct ModelFiles {
  ModelRecord record;
  std::string recipe, labels, inputs;   // paths; inputs is empty where no tensors were asked for
  std::vector<std::string> label_list;  // of labels.txt: one for each class, its number where it has no name
  std::string state_dict;               // the .safetensors beside the model; empty: there is none
  std::int32_t threads = 1;             // what the machine grants
};

// How work that takes long reports its progress, and how it is stopped.
struct JobWatch {
  std::function<void(std::string_view text)> on_note;
  std::function<void(std::string_view what, std::size_t done, std::size_t total)> on_progress;
  const std::atomic<bool>* stop = nullptr;

  void note(std::string_view text) const {
    if (on_note) on_note(text);
  }
  void progress(std::string_view what, std::size_t done, std::size_t total) const {
    if (on_progress) on_progress(what, done, total);
  }
  [[nodiscard]] bool stopped() const { return stop != nullptr && stop->load(); }
};

// Opens the model with kite and writes folder/recipe.json, labels.txt and, if `tensors`, inputs.npy. Pictures that
// cannot be read are removed from `pictures`, with a note for each. The first model of a race settles the list; for the
// later ones `settled` is true.
// kUsage: the path is wrong. kInvalidImage: no picture is left, or `settled` and a further picture cannot be read.
[[nodiscard]] Result<ModelFiles> write_model_files(const std::string& model, const std::string& folder, bool tensors,
                                                   bool settled, std::vector<std::string>& pictures,
                                                   const JobWatch& watch);

// Unique names for models: the file's name, or with a number where two have the same.
[[nodiscard]] std::vector<std::string> model_ids(const std::vector<std::string>& paths);

}  // namespace kite::race
