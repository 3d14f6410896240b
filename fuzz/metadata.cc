// SPDX-License-Identifier: Apache-2.0
// Any bytes as the metadata of a model: pairs of one of the keys that some carrier reads and a text. Further numbers in
// the place of a key say what else decides: the graph's first nodes, what the caller asks for, and the input.
#include <array>
#include <string>
#include <string_view>

#include "carriers/interpretation.h"
#include "carriers/score_statement.h"
#include "driver.h"

namespace kite::fuzz {

namespace {

constexpr std::array<std::string_view, 40> kKeys = {
    "labels",
    "class_names",
    "classnames",
    "classes",
    "id2label",
    "label_names",
    "class_labels",
    "class_list",
    "categories",
    "label2id",
    "class_to_idx",
    "task",
    "imgsz",
    "names",
    "stride",
    "paperkite.labels",
    "paperkite.preprocess",
    "paperkite.scores_from",
    "paperkite.activation",
    "paperkite.zipmap.labels",
    "paperkite.image",
    "model_info",
    "model_info labels",
    "model_info/mean_values",
    "model_info.scale_values",
    "model_info reverse_input_channels",
    "model_info resize_type",
    "model_info pad_value",
    "model_info interpolation_mode",
    "model_info intensity_mode",
    "model_info intensity_max_value",
    "model_info input_dtype",
    "model_info model_type",
    "model_info multilabel",
    "Image.BitmapPixelFormat",
    "Image.NominalPixelRange",
    "Image.ColorSpaceGamma",
    "CustomVision.Postprocess.Method",
    "problem_type",
    "output_raw_scores",
};

constexpr std::array<DType, 6> kTypes = {DType::kFloat32, DType::kUInt8,   DType::kFloat16,
                                         DType::kInt64,   DType::kFloat64, DType::kInt8};

enum class Beside : std::uint8_t { kFront, kCaller, kRecipe, kInput, kCount };

void state(Beside what, Bytes bytes, InterpretationSources& sources) {
  Taker taker(bytes);
  switch (what) {
    case Beside::kFront: {
      constexpr std::array<const char*, 6> kRanges = {"", "unknown", "imagenet", "0-1", "-1-1", "0-255"};
      const char* const range = kRanges[taker.byte() % kRanges.size()];
      sources.front = {range, *range == '\0' ? "" : "Div 255"};
      break;
    }
    case Beside::kCaller: {
      const std::uint8_t choice = taker.byte();
      sources.size_is_asked = choice % 2 == 1;
      sources.size_only = choice / 2 % 2 == 1;
      constexpr std::array<const char*, 3> kProcessors = {"", "pil", "torchvision"};
      sources.processor = kProcessors[choice / 4 % 3];
      constexpr std::array<const char*, 3> kExif = {"", "ignore", "apply"};
      sources.exif = kExif[choice / 12 % 3];
      break;
    }
    case Beside::kRecipe: {
      constexpr std::array<const char*, 5> kNames = {"imagenet", "0-1", "-1-1", "0-255", "nothing"};
      const std::string_view text = text_of(bytes);
      // Never a path that the fuzzer chooses.
      sources.preprocess_json = text.starts_with('{') ? std::string(text) : kNames[taker.byte() % kNames.size()];
      break;
    }
    case Beside::kInput: {
      sources.input_type = kTypes[taker.byte() % kTypes.size()];
      sources.input_shape.clear();
      constexpr std::array<std::int64_t, 9> kDims = {1, 3, 224, 0, 4, 37, 2, 5000, std::int64_t{1} << 40};
      while (!taker.is_empty() && sources.input_shape.size() < 7) {
        sources.input_shape.push_back(kDims[taker.byte() % kDims.size()]);
      }
      break;
    }
    case Beside::kCount: break;
  }
}

}  // namespace

void metadata(Bytes bytes) {
  Taker taker(bytes);
  InterpretationSources sources;
  sources.classes = taker.byte();
  const std::uint8_t shape = taker.byte();
  constexpr std::array<std::int64_t, 4> kSides = {224, 0, 1, 37};
  sources.input_shape = {1, shape % 2 == 0 ? 3 : 1, kSides[shape / 2 % 4], kSides[shape / 8 % 4]};
  if (shape / 32 % 2 == 1) sources.input_shape = {0, kSides[shape / 8 % 4], kSides[shape / 2 % 4], 3};
  sources.input_type = kTypes[shape / 64 % kTypes.size()];
  sources.report_conflicts = sources.classes % 2 == 1;
  while (!taker.is_empty()) {
    constexpr std::size_t kChoices = kKeys.size() + static_cast<std::size_t>(Beside::kCount);
    const std::size_t key = taker.byte() % kChoices;
    const Bytes text = taker.run();
    if (key < kKeys.size()) {
      sources.metadata[std::string(kKeys[key])] = text_of(text);
    } else {
      state(static_cast<Beside>(key - kKeys.size()), text, sources);
    }
  }
  using enum ErrorCode;
  if (const auto read = resolve_interpretation(sources); !read.ok()) {
    check_error(read.error(), {kInvalidModel, kUnsupportedModel, kUsage, kLimit});
  }
  ModelFolder none("");
  JsonFiles files;
  (void)own_scores(none, sources.metadata, files, sources.classes);
  (void)stated_scores(none, sources.metadata, files, sources.classes);
}

}  // namespace kite::fuzz
