// SPDX-License-Identifier: Apache-2.0
// The image processor classes of transformers that classifiers use, and the defaults of each.
#pragma once

#include <cstdint>
#include <string_view>

#include "image/image.h"

namespace kite {

// How "size" becomes a resize.
enum class HuggingFaceGeometry : std::uint8_t {
  kPlain,       // to {height, width} or by {shortest_edge}; then the crop
  kConvNext,    // below 384: edge / crop_pct and a crop to the edge; from 384 on squashed to it
  kPoolFormer,  // edge / crop_pct; then the crop
  kLevit,       // edge * 256 / 224; then the crop
  kPerceiver,   // crops size / crop_size of the short side, then resizes to {height, width}
  kTextNet,     // by the edge, then each side up to a multiple of size_divisor
};

// What a single number in "size" means, and whether the older classes accept {shortest_edge}.
enum class HuggingFaceNumber : std::uint8_t { kSquare, kSquareOrEdge, kEdge };

enum class HuggingFaceStatistics : std::uint8_t { kNone, kHalf, kImageNet, kClip };

struct HuggingFaceProcessor {
  // "ViT" of ViTImageProcessor, ViTImageProcessorFast, ViTImageProcessorPil, ViTFeatureExtractor
  std::string_view name;
  HuggingFaceGeometry geometry;
  HuggingFaceNumber number;
  Size size;                    // width 0: height is the short side
  std::int64_t crop;            // side; 0: the older class never crops
  bool crops;                   // do_center_crop
  std::int64_t resample;        // Pillow's number
  std::int64_t newer_resample;  // from transformers 5 on
  HuggingFaceStatistics statistics;
  bool has_torch_form = true;
  std::string_view refusal = {};  // why kite cannot do the preprocessing of the class
};

// Null for a class that is not known.
[[nodiscard]] const HuggingFaceProcessor* find_huggingface_processor(std::string_view name) noexcept;
// The class that transformers uses for a model_type of config.json; empty when it has no class for it.
[[nodiscard]] std::string_view huggingface_processor_of_model(std::string_view model_type) noexcept;

}  // namespace kite
