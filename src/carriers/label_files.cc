// SPDX-License-Identifier: Apache-2.0
// Labels from files and folders beside a model, under the names that are usual for them.
#include <algorithm>
#include <array>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "carriers/label_names.h"
#include "carriers/sources.h"
#include "carriers/text_file.h"
#include "paperkite/try.h"

namespace kite {
namespace {

// Endings that, appended to the model's name, name a file of labels; the most reliable first.
constexpr std::array<std::string_view, 7> kOwnEndings{".labels.txt",  ".labels.csv", ".labels.json", ".names",
                                                      ".classes.txt", ".txt",        ".csv"};
// In the order of trust: files named after labels, then maps written by training code, then files that
// also hold other things.
constexpr std::array<std::string_view, 36> kFileNames{
    "labels_mapping.json", "labels.json",          "labels.txt",
    "label.txt",           "labels.csv",           "labels_map.txt",
    "labels_map.json",     "label_map.json",       "label_map.txt",
    "label_list.txt",      "class_labels.txt",     "class_labels.json",
    "classes.txt",         "classes.json",         "classes.csv",
    "classes.names",       "class_names.txt",      "class_names.json",
    "classnames.txt",      "class_list.txt",       "names.txt",
    "obj.names",           "categories.txt",       "categories.json",
    "class_indices.json",  "class_to_idx.json",    "idx_to_class.json",
    "index_to_name.json",  "class_dict.csv",       "class_map.csv",
    "imagenet_labels.txt", "imagenet_classes.txt", "imagenet_class_index.json",
    "synset_words.txt",    "synset.txt",           "synsets.txt"};
// Files that are also used for other things: without labels in them they are ignored.
constexpr std::array<std::string_view, 7> kSharedNames{"labels.yaml",  "labels.yml", "classes.yaml", "data.yaml",
                                                       "dataset.yaml", "data.yml",   "metadata.json"};

Result<std::optional<ReadLabels>> labels_in(const Offers& offers, const FolderEntry& file, bool may_hold_none) {
  if (file.name.ends_with(".json")) {
    const Result<Json>& json = offers.json(file);
    if (!json.ok()) return json.error();
    if (may_hold_none && !has_labels(*json)) return std::optional<ReadLabels>{};
    KITE_TRY_ASSIGN(ReadLabels labels, labels_from_json(*json));
    return std::optional<ReadLabels>(std::move(labels));
  }
  KITE_TRY_ASSIGN(const std::string text, read_text_file(file.path, offers.asked().limits));
  return labels_from_file(file.name, text, offers.asked().classes);
}

Status offer_entry(Offers& offers, const FolderEntry* file, Bond bond, bool may_hold_none) {
  Result<std::optional<ReadLabels>> labels = labels_in(offers, *file, may_hold_none);
  if (!labels.ok()) return offers.refuse(file->name, bond, std::move(labels).error());
  return *labels ? offers.labels(file->name, bond, std::move(**labels)) : Status{};
}

Status offer_file(Offers& offers, std::string_view name, Bond bond, bool may_hold_none) {
  const FolderEntry* file = offers.folder().file(name);
  return file == nullptr ? Status{} : offer_entry(offers, file, bond, may_hold_none);
}

}  // namespace

std::vector<const FolderEntry*> other_label_files(ModelFolder& folder) {
  const std::string stem = folder.stem();
  std::vector<const FolderEntry*> known;
  for (const std::string& name : label_file_names(stem)) known.push_back(folder.file(name));
  std::vector<const FolderEntry*> found;
  for (const FolderEntry* file : folder.files()) {
    if (file_names_labels(file->name, stem) && std::ranges::find(known, file) == known.end()) found.push_back(file);
  }
  std::ranges::sort(found, {}, [](const FolderEntry* file) { return std::tie(file->name, file->path); });
  return found;
}

std::vector<std::string> label_file_names(const std::string& stem) {
  std::vector<std::string> names;
  for (const std::string_view ending : kOwnEndings) {
    if (ending != ".txt" && ending != ".csv") names.push_back(stem + std::string(ending));
  }
  names.insert(names.end(), kFileNames.begin(), kFileNames.end());
  names.insert(names.end(), kSharedNames.begin(), kSharedNames.end());
  return names;
}

// All of these files are read, not only the first usable one, so that the user can be warned when two disagree.
Status read_label_files(Offers& offers) {
  if (offers.folder().is_memory() || !offers.wants_labels()) return {};
  const std::string stem = offers.folder().stem();
  for (const std::string_view ending : kOwnEndings) {
    // Only the first ending is certain to mean labels; a model.txt may be a description.
    const Bond bond = ending == kOwnEndings.front() ? Bond::kNamed : Bond::kBeside;
    KITE_TRY(offer_file(offers, stem + std::string(ending), bond, false));
  }
  for (const std::string_view name : kFileNames) KITE_TRY(offer_file(offers, name, Bond::kBeside, false));
  for (const std::string_view name : kSharedNames) KITE_TRY(offer_file(offers, name, Bond::kBeside, true));
  for (const FolderEntry* file : other_label_files(offers.folder())) {
    KITE_TRY(offer_entry(offers, file, Bond::kBeside, false));
  }
  return offer_file(offers, stem + ".json", Bond::kBeside, true);
}

// A data set's folder with one folder for each class, in the order of torchvision's ImageFolder.
Status read_class_folders(Offers& offers) {
  if (offers.folder().is_memory() || !offers.so_far().labels.empty() || offers.asked().classes < 2) return {};
  for (const char* name : {"train", "val", "valid", "validation", "test", "classes"}) {
    const FolderEntry* folder = offers.folder().folder(name);
    if (folder == nullptr) continue;
    ReadLabels read{ModelFolder::folders_in(folder->path), ""};
    if (static_cast<std::int64_t>(read.names.size()) != offers.asked().classes || !validate(read.names).ok()) continue;
    read.is_guess = true;
    read.remark = "the labels are guessed: the names of its " + std::to_string(read.names.size()) +
                  " folders, sorted; to state them, give --labels FILE";
    return offers.labels("folder " + folder->name, Bond::kBeside, std::move(read));
  }
  return {};
}

}  // namespace kite
