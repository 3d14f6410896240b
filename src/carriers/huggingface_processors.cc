// SPDX-License-Identifier: Apache-2.0
// The table, from transformers 4.57 and 5.24: MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING and IMAGE_PROCESSOR_MAPPING.
#include "carriers/huggingface_processors.h"

#include <utility>

namespace kite {
namespace {

using Geometry = HuggingFaceGeometry;
using Number = HuggingFaceNumber;
using Statistics = HuggingFaceStatistics;

constexpr std::int64_t kNearest = 0;
constexpr std::int64_t kBilinear = 2;
constexpr std::int64_t kBicubic = 3;

constexpr Size square(std::int64_t side) { return {side, side}; }
constexpr Size edge(std::int64_t side) { return {0, side}; }

constexpr HuggingFaceProcessor refused(std::string_view name, std::string_view why) {
  return {name, Geometry::kPlain, Number::kSquare, {}, 0, false, 0, 0, Statistics::kNone, true, why};
}

constexpr HuggingFaceProcessor kProcessors[] = {
    {"Beit", Geometry::kPlain, Number::kSquare, square(256), 224, true, kBicubic, kBicubic, Statistics::kHalf},
    {"Bit", Geometry::kPlain, Number::kEdge, edge(224), 224, true, kBicubic, kBicubic, Statistics::kClip},
    {"CLIP", Geometry::kPlain, Number::kEdge, edge(224), 224, true, kBicubic, kBicubic, Statistics::kClip},
    {"ConvNext", Geometry::kConvNext, Number::kEdge, edge(384), 0, false, kBilinear, kBicubic, Statistics::kHalf},
    {"DeiT", Geometry::kPlain, Number::kSquare, square(256), 224, true, kBicubic, kBicubic, Statistics::kHalf},
    {"EfficientFormer", Geometry::kPlain, Number::kSquareOrEdge, square(224), 224, true, kBicubic, kBicubic,
     Statistics::kImageNet, false},
    {"EfficientNet", Geometry::kPlain, Number::kSquare, square(346), 289, false, kNearest, kBicubic, Statistics::kHalf},
    {"Flava", Geometry::kPlain, Number::kSquare, square(224), 224, true, kBicubic, kBicubic, Statistics::kClip},
    {"Gemma3", Geometry::kPlain, Number::kSquare, square(224), 0, false, kBilinear, kBilinear, Statistics::kHalf},
    {"ImageGPT", Geometry::kPlain, Number::kSquare, square(256), 0, false, kBilinear, kBilinear, Statistics::kHalf},
    {"Levit", Geometry::kLevit, Number::kEdge, edge(224), 224, true, kBicubic, kBicubic, Statistics::kImageNet},
    {"MobileNetV1", Geometry::kPlain, Number::kEdge, edge(256), 224, true, kBilinear, kBilinear, Statistics::kHalf},
    {"MobileNetV2", Geometry::kPlain, Number::kEdge, edge(256), 224, true, kBilinear, kBilinear, Statistics::kHalf},
    {"MobileViT", Geometry::kPlain, Number::kEdge, edge(224), 256, true, kBilinear, kBicubic, Statistics::kNone},
    {"Perceiver", Geometry::kPerceiver, Number::kSquare, square(224), 256, true, kBicubic, kBicubic,
     Statistics::kImageNet},
    {"PoolFormer", Geometry::kPoolFormer, Number::kEdge, edge(224), 224, true, kBicubic, kBicubic,
     Statistics::kImageNet},
    {"Pvt", Geometry::kPlain, Number::kSquare, square(224), 0, false, kBilinear, kBicubic, Statistics::kImageNet},
    {"Segformer", Geometry::kPlain, Number::kSquare, square(512), 0, false, kBilinear, kBilinear,
     Statistics::kImageNet},
    {"Siglip", Geometry::kPlain, Number::kSquare, square(224), 0, false, kBicubic, kBicubic, Statistics::kHalf},
    {"TextNet", Geometry::kTextNet, Number::kEdge, edge(640), 224, false, kBilinear, kBilinear, Statistics::kImageNet},
    {"ViT", Geometry::kPlain, Number::kSquare, square(224), 0, false, kBilinear, kBilinear, Statistics::kHalf},
    {"ViTHybrid", Geometry::kPlain, Number::kEdge, edge(224), 224, true, kBicubic, kBicubic, Statistics::kClip, false},
    {"VideoMAE", Geometry::kPlain, Number::kEdge, edge(224), 224, true, kBilinear, kBilinear, Statistics::kHalf},
    {"Vivit", Geometry::kPlain, Number::kEdge, edge(256), 224, true, kBilinear, kBilinear, Statistics::kHalf, false},
    refused("Donut", "it resizes twice and pads (\"do_thumbnail\", \"do_pad\")"),
    refused("PPLCNet", "its rounding of the long side (\"resize_short\") is not supported"),
    refused("Siglip2", "it makes patches of the picture, as many as fit (\"max_num_patches\"), not a picture"),
    refused("TimmWrapper", "timm's config.json states the preprocessing instead; put that file beside the model"),
    refused("Vilt", "it resizes and pads to a size that differs with each picture (\"size_divisor\", \"do_pad\")"),
};

constexpr std::pair<std::string_view, std::string_view> kModelTypes[] = {
    {"beit", "Beit"},
    {"bit", "Bit"},
    {"clip", "CLIP"},
    {"convnext", "ConvNext"},
    {"convnextv2", "ConvNext"},
    {"cvt", "ConvNext"},
    {"data2vec-vision", "Beit"},
    {"deit", "DeiT"},
    {"dinat", "ViT"},
    {"dinov2", "Bit"},
    {"donut-swin", "Donut"},
    {"efficientformer", "EfficientFormer"},
    {"efficientnet", "EfficientNet"},
    {"flava", "Flava"},
    {"focalnet", "Bit"},
    {"hiera", "Bit"},
    {"ijepa", "ViT"},
    {"imagegpt", "ImageGPT"},
    {"levit", "Levit"},
    {"metaclip_2", "CLIP"},
    {"mobilenet_v1", "MobileNetV1"},
    {"mobilenet_v2", "MobileNetV2"},
    {"mobilevit", "MobileViT"},
    {"mobilevitv2", "MobileViT"},
    {"nat", "ViT"},
    {"perceiver", "Perceiver"},
    {"poolformer", "PoolFormer"},
    {"pp_lcnet", "PPLCNet"},
    {"pvt", "Pvt"},
    {"pvt_v2", "Pvt"},
    {"regnet", "ConvNext"},
    {"resnet", "ConvNext"},
    {"segformer", "Segformer"},
    {"shieldgemma2", "Gemma3"},
    {"siglip", "Siglip"},
    {"siglip2", "Siglip2"},
    {"swiftformer", "ViT"},
    {"swin", "ViT"},
    {"swinv2", "ViT"},
    {"textnet", "TextNet"},
    {"timm_wrapper", "TimmWrapper"},
    {"van", "ConvNext"},
    {"videomae", "VideoMAE"},
    {"vilt", "Vilt"},
    {"vit", "ViT"},
    {"vit_hybrid", "ViTHybrid"},
    {"vit_msn", "ViT"},
    {"vivit", "Vivit"},
};

}  // namespace

const HuggingFaceProcessor* find_huggingface_processor(std::string_view name) noexcept {
  for (const HuggingFaceProcessor& processor : kProcessors) {
    if (processor.name == name) return &processor;
  }
  return nullptr;
}

std::string_view huggingface_processor_of_model(std::string_view model_type) noexcept {
  for (const auto& [type, name] : kModelTypes) {
    if (type == model_type) return name;
  }
  return {};
}

}  // namespace kite
