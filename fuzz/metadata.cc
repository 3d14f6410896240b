// SPDX-License-Identifier: Apache-2.0
// Any bytes as the metadata of a model: pairs of one of the keys that some carrier reads, or of the input's shape, and
// a text.
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

constexpr std::array<DType, 5> kTypes = {DType::kFloat32, DType::kUInt8, DType::kFloat16, DType::kInt64,
                                         DType::kFloat64};

}  // namespace

void metadata(Bytes bytes) {
  Taker taker(bytes);
  InterpretationSources sources;
  sources.classes = taker.byte();
  const std::uint8_t shape = taker.byte();
  constexpr std::array<std::int64_t, 4> kSides = {224, 0, 1, 37};
  sources.input_shape = {1, shape % 2 == 0 ? 3 : 1, kSides[shape / 2 % 4], kSides[shape / 8 % 4]};
  if (shape / 32 % 2 == 1) sources.input_shape = {0, kSides[shape / 8 % 4], kSides[shape / 2 % 4], 3};
  sources.input_type = kTypes[shape / 64 % 5];
  sources.report_conflicts = sources.classes % 2 == 1;
  while (!taker.is_empty()) {
    const std::string_view key = kKeys[taker.byte() % kKeys.size()];
    sources.metadata[std::string(key)] = text_of(taker.run());
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
