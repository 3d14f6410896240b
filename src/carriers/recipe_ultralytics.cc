// SPDX-License-Identifier: Apache-2.0
// The metadata of models that ultralytics exports.
#include <cstdint>
#include <string>
#include <vector>

#include "carriers/json_fields.h"
#include "carriers/python_literal.h"
#include "carriers/recipe_carriers.h"
#include "carriers/sources.h"

namespace kite {
namespace {

// YOLOv5's classifiers: the largest centred square, resized to the input by OpenCV, with ImageNet's statistics.
RecipeFields yolov5_recipe(std::int64_t side) {
  RecipeFields fields;
  fields.first_crop = FirstCrop{1.0, 1.0};
  fields.resize = ResizeRule{ResizeMode::kExact, side, side};
  fields.resampler = Resampler::kOpenCv;
  fields.crop = Size{side, side};
  fields.filter = Filter::kBilinear;
  fields.mean = {0.485, 0.456, 0.406};
  fields.std = {0.229, 0.224, 0.225};
  fields.crop_rule = CropRule::kHalfEven;
  fields.arithmetic = Arithmetic::kTorchvision;
  return fields;
}

bool starts_a_literal(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string::npos && std::string_view("{[(").find(text[first]) != std::string_view::npos;
}

}  // namespace

Result<std::optional<RecipeFields>> recipe_from_ultralytics(const std::map<std::string, std::string>& metadata) {
  const auto task = metadata.find("task");
  const auto image_size = metadata.find("imgsz");
  if (task == metadata.end() || image_size == metadata.end()) return std::optional<RecipeFields>{};
  if (task->second != "classify") {
    return Error{ErrorCode::kUnsupportedModel, "the model's task is " + in_quotes(task->second) + ", not \"classify\"",
                 "metadata key \"task\"", "use a classification export, or `kite run` for the raw tensors"};
  }
  KITE_TRY_ASSIGN(const std::vector<std::int64_t> sizes, parse_python_int_list(image_size->second));
  if (sizes.empty() || sizes.size() > 2) return bad_json("metadata key \"imgsz\" is not one or two numbers");
  RecipeFields fields;
  const std::int64_t height = sizes.front();
  const std::int64_t width = sizes.back();
  fields.resize =
      height == width ? ResizeRule{ResizeMode::kShortSide, height, 0} : ResizeRule{ResizeMode::kExact, height, width};
  fields.crop = Size{width, height};
  fields.filter = Filter::kBilinear;
  fields.mean = {0, 0, 0};
  fields.std = {1, 1, 1};
  fields.crop_rule = CropRule::kHalfEven;
  fields.arithmetic = Arithmetic::kTorchvision;
  KITE_TRY(validate(fields));
  return std::optional<RecipeFields>(fields);
}

Status read_ultralytics(Offers& offers) {
  const std::string* names = offers.metadata("names");  // other programs may use this key for other things
  if (names != nullptr && starts_a_literal(*names) && offers.wants_labels()) {
    KITE_TRY(offers.labels("metadata key names", Bond::kBeside, labels_from_any_text(*names, offers.asked().classes)));
  }
  const std::string* task = offers.metadata("task");
  if (task != nullptr && offers.metadata("imgsz") != nullptr) {
    Result<std::optional<RecipeFields>> found = recipe_from_ultralytics(offers.asked().metadata);
    if (!found.ok()) {
      // A detector does not classify, so it is refused, also when other sources state a recipe.
      const Bond bond = found.error().code == ErrorCode::kUnsupportedModel ? Bond::kNamed : Bond::kBeside;
      return offers.refuse("metadata key imgsz", bond, std::move(found).error());
    }
    if (!*found || !offers.wants_recipe()) return {};
    return offers.recipe("metadata key imgsz (ultralytics)", Bond::kBeside, std::move(**found));
  }
  if (!offers.wants_recipe()) return {};
  const PictureForm& input = offers.input();
  const bool is_yolov5 = task == nullptr && names != nullptr && starts_a_literal(*names) &&
                         offers.metadata("stride") != nullptr && input.height == input.width;
  if (!is_yolov5) return {};
  RecipeFields guess = yolov5_recipe(input.height > 0 ? input.height : 224);
  guess.is_guess = true;
  return offers.recipe("metadata key stride (YOLOv5, a guess)", Bond::kBeside, std::move(guess),
                       "preprocessing guessed: a classifier with \"stride\" and \"names\" but no \"task\" is taken for "
                       "YOLOv5's; to state it, give --recipe");
}

}  // namespace kite
