// SPDX-License-Identifier: Apache-2.0
// Any bytes as the files beside a model: pairs of one of the names that some carrier looks for, and a content.
#include <array>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/test_folder.h"
#include "carriers/files_beside.h"
#include "carriers/interpretation.h"
#include "carriers/recipe_names.h"
#include "carriers/score_statement.h"
#include "driver.h"

namespace kite::fuzz {

namespace {

constexpr std::array<std::string_view, 22> kNames = {
    "photo.kite.json",
    "photo.labels.txt",
    "photo.labels.csv",
    "photo.labels.json",
    "photo.names",
    "photo.txt",
    "photo.csv",
    "photo.json",
    "labels.txt",
    "labels.json",
    "labels.csv",
    "synset_words.txt",
    "imagenet_class_index.json",
    "class_to_idx.json",
    "data.yaml",
    "metadata.json",
    "config.json",
    "preprocessor_config.json",
    "metadata_properties.json",
    "config.pbtxt",
    "train/tench/.keep",
    "val/crane/.keep",
};

// The folder is emptied for each input.
void clear(const TestFolder& folder) {
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    std::filesystem::remove_all(entry.path());
  }
}

void interpret(InterpretationSources sources) {
  using enum ErrorCode;
  const auto read = resolve_interpretation(sources);
  if (!read.ok()) return check_error(read.error(), {kInvalidModel, kUnsupportedModel, kUsage, kLimit, kIo});
  KITE_CHECK(read->labels.empty() || sources.classes == 0 ||
             static_cast<std::int64_t>(read->labels.size()) == sources.classes);
}

}  // namespace

void beside(Bytes bytes) {
  static const TestFolder folder;
  clear(folder);
  Taker taker(bytes);
  const std::uint8_t choice = taker.byte();
  InterpretationSources sources;
  sources.model_path = folder / "photo.onnx";
  sources.classes = choice % 4 == 0 ? 0 : choice % 8;
  sources.input_shape = {1, 3, 224, 224};
  sources.report_conflicts = choice % 2 == 1;
  std::string last;
  while (!taker.is_empty()) {
    const std::uint8_t name = taker.byte();
    // The last file takes what is left, so that a file may be longer than a run.
    const Bytes content = name >= 128 ? taker.rest() : taker.run();
    last = folder.write(kNames[name % kNames.size()], content);
  }
  (void)files_beside(sources.model_path);
  interpret(sources);
  ModelFolder listed(sources.model_path);
  (void)own_scores(listed, {}, *sources.files, sources.classes);
  (void)stated_scores(listed, {}, *sources.files, sources.classes);
  if (choice >= 192) {  // and as --from says
    sources.library = choice % 2 == 0 ? kTimmLibrary : kHuggingFaceLibrary;
    sources.library_folder = std::make_shared<ModelFolder>(sources.model_path);
    interpret(sources);
  } else if (choice >= 128 && !last.empty()) {  // as --labels and --recipe
    sources.labels_path = last;
    interpret(sources);
    (void)recipe_from_argument(last, {224, 224});
  }
}

}  // namespace kite::fuzz
