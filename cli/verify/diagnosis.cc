// SPDX-License-Identifier: Apache-2.0
// Searches each recorded stage for the rule that gives its bytes.
#include "cli/verify/diagnosis.h"

#include <fmt/format.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>

#include "cli/verify/alternatives.h"
#include "cli/verify/decode_diagnosis.h"
#include "cli/verify/number_fit.h"
#include "cli/verify/picture_distance.h"
#include "cli/verify/recipe_keys.h"
#include "image/preprocess.h"
#include "paperkite/try.h"

namespace kite::cli {

namespace {

Result<Image> read_image(const Recording& recording, PictureStage stage) {
  if (recording.find(stage_name(stage)) == nullptr) return Image{};
  KITE_TRY_ASSIGN(const Tensor tensor, recording.read_picture(stage));
  const Shape& shape = tensor.shape();
  KITE_TRY_ASSIGN(Image image, Image::make({shape[1], shape[0]}));
  const auto* from = tensor.as<std::uint8_t>();
  const std::int64_t step = shape[2] == 1 ? 0 : 1;
  std::uint8_t* to = image.row(0);
  for (std::int64_t i = 0; i < shape[0] * shape[1]; ++i, to += 3, from += shape[2]) {
    for (std::int64_t c = 0; c < 3; ++c) to[c] = from[c * step];
  }
  return image;
}

PreprocessRecipe without_crop(PreprocessRecipe recipe) {
  recipe.crop = {};
  return recipe;
}

PreprocessRecipe crop_only(PreprocessRecipe recipe) {
  recipe.resize = {};
  recipe.first_crop.reset();
  return recipe;
}

// The picture that a resize starts from, under one EXIF policy.
struct Base {
  Image image;
  ExifPolicy exif;
};

// The nearest of all pictures that were tried.
struct Nearest {
  PictureDistance distance;
  Alternative alternative;
};

class Search {
 public:
  Search(const PreprocessRecipe& recipe, std::string program, const PictureStages& ours, RecordedStages theirs)
      : recipe_(recipe), program_(std::move(program)), ours_(ours), theirs_(std::move(theirs)) {}

  Result<Diagnosis> run() {
    KITE_TRY(explain_reading());
    KITE_TRY(find_bases());
    KITE_TRY(explain_resize());
    KITE_TRY(explain_crop());
    KITE_TRY(explain_numbers());
    return std::move(diagnosis_);
  }

 private:
  Status explain_reading();
  Status find_bases();
  Status explain_resize();
  Status explain_crop();
  Status explain_crop_of(const Image& resized);
  Status explain_resize_and_crop();
  Status explain_numbers();
  bool takes_tensor_of(const Image& cropped, const Alternative& geometry);
  void explain_tables(const NumberTables& seen, const PreprocessRecipe& order);
  [[nodiscard]] bool adapt_layout(Size cropped);

  // Whether `alternative` makes `theirs` of `base`; if not, it may be the nearest.
  Result<bool> offer(const Image& base, const PreprocessRecipe& applied, const Alternative& alternative,
                     const Image& theirs);
  void found(const Alternative& alternative);
  void found_nearest(std::string_view stage);

  PreprocessRecipe recipe_;  // with the rules that were found so far
  std::string program_;
  const PictureStages& ours_;
  RecordedStages theirs_;
  std::vector<Base> bases_;  // the first one follows the recipe
  std::optional<Nearest> nearest_;
  Diagnosis diagnosis_;
};

Result<bool> Search::offer(const Image& base, const PreprocessRecipe& applied, const Alternative& alternative,
                           const Image& theirs) {
  const auto made = resize_and_crop(base, applied);
  if (!made.ok() || made->size() != theirs.size()) return false;  // a side of 0 pixels, say: not what they did
  const PictureDistance distance = distance_of(*made, theirs);
  if (distance.differing == 0) return true;
  if (!nearest_ || distance.sum < nearest_->distance.sum) nearest_ = Nearest{distance, alternative};
  return false;
}

void Search::found(const Alternative& alternative) {
  if (alternative.does.empty()) return;  // the recipe itself: the difference came from an earlier stage
  const std::string keys = changed_keys(recipe_, alternative.recipe);
  diagnosis_.findings.push_back(
      {fmt::format("{} {}", program_, alternative.does), fmt::format("put {} into the recipe", keys), keys});
  recipe_ = alternative.recipe;
}

void Search::found_nearest(std::string_view stage) {
  if (!nearest_) {
    diagnosis_.findings.push_back(
        {fmt::format("no known rule gives the size of their picture after the stage {}", stage),
         "compare the recipe (kite inspect prints it) with the sizes in the other program"});
    return;
  }
  const PictureDistance& distance = nearest_->distance;
  const std::string how = fmt::format("{:.1f} % of the bytes differ, by {:.2f} levels in the mean and at most {}",
                                      distance.percent(), distance.mean(), distance.largest);
  if (nearest_->alternative.does.empty()) {
    diagnosis_.findings.push_back(
        {fmt::format("no known rule gives their bytes after the stage {}; the recipe's own is "
                     "the nearest: {}",
                     stage, how),
         "look for a step between the two stages that a recipe does not have"});
    return;
  }
  const std::string keys = changed_keys(recipe_, nearest_->alternative.recipe);
  diagnosis_.findings.push_back(
      {fmt::format("no known rule gives their bytes after the stage {}; the nearest is a program that {}: {}", stage,
                   nearest_->alternative.does, how),
       fmt::format("{} comes nearest", keys), keys});
}

Status Search::explain_reading() {
  const ReadingSides sides{ours_.decoded, ours_.oriented, theirs_.decoded, theirs_.oriented};
  KITE_TRY_ASSIGN(const std::optional<ReadingFault> fault, diagnose_reading(recipe_, sides));
  if (!fault) return {};
  std::string keys = changed_keys(recipe_, fault->recipe);
  std::string remedy = fault->remedy;
  if (!keys.empty()) {
    remedy = fmt::format("put {} into the recipe{}{}", keys, remedy.empty() ? "" : ", or ", remedy);
  }
  diagnosis_.findings.push_back({fmt::format("{} {}", program_, fault->does), std::move(remedy), std::move(keys)});
  recipe_.exif = fault->recipe.exif;
  return {};
}

Status Search::find_bases() {
  if (is_recorded(theirs_.oriented)) {
    KITE_TRY_ASSIGN(Image copy, upright(theirs_.oriented, 1));
    bases_.push_back({std::move(copy), recipe_.exif});
    return {};
  }
  const bool is_theirs = is_recorded(theirs_.decoded);
  const Image& decoded = is_theirs ? theirs_.decoded : ours_.decoded;
  const int orientation = ours_.decoded.facts().exif_orientation;
  // A picture that was turned while it was read is not turned again.
  const bool is_turned = is_theirs && decoded.size() != ours_.decoded.size();
  for (const bool own : {true, false}) {
    const bool applies = (recipe_.exif == ExifPolicy::kApply) == own;
    if (!own && (orientation <= 1 || is_turned)) break;
    KITE_TRY_ASSIGN(Image image, upright(decoded, applies && !is_turned ? orientation : 1));
    bases_.push_back({std::move(image), applies ? ExifPolicy::kApply : ExifPolicy::kIgnore});
  }
  return {};
}

// The recipe under another EXIF policy, with the words for it.
Alternative on_base(const Base& base, Alternative alternative, ExifPolicy own) {
  if (base.exif == own) return alternative;
  alternative.recipe.exif = base.exif;
  const std::string_view turns =
      base.exif == ExifPolicy::kApply ? "applies the EXIF orientation" : "ignores the EXIF orientation";
  alternative.does = alternative.does.empty() ? std::string(turns) : fmt::format("{} and {}", turns, alternative.does);
  return alternative;
}

Status Search::explain_resize() {
  if (!is_recorded(theirs_.resized)) return {};
  nearest_.reset();
  for (const Base& base : bases_) {
    std::vector<Alternative> tried = resize_alternatives(recipe_, base.image.size(), theirs_.resized.size());
    tried.insert(tried.begin(), Alternative{"", recipe_});
    for (const Alternative& resampling : tried) {
      const Alternative alternative = on_base(base, resampling, recipe_.exif);
      KITE_TRY_ASSIGN(const bool is_it,
                      offer(base.image, without_crop(alternative.recipe), alternative, theirs_.resized));
      if (!is_it) continue;
      found(alternative);
      return {};
    }
  }
  found_nearest(stage_name(PictureStage::kResize));
  return {};
}

Status Search::explain_crop() {
  if (!is_recorded(theirs_.cropped)) return {};
  nearest_.reset();
  return is_recorded(theirs_.resized) ? explain_crop_of(theirs_.resized) : explain_resize_and_crop();
}

// Where `crop` lies in the picture, if it is an unchanged part of it.
std::optional<Rectangle> position_in(const Image& picture, const Image& crop) {
  if (crop.width() > picture.width() || crop.height() > picture.height()) return std::nullopt;
  const auto row_bytes = static_cast<std::size_t>(crop.row_bytes());
  for (std::int64_t y = 0; y + crop.height() <= picture.height(); ++y) {
    for (std::int64_t x = 0; x + crop.width() <= picture.width(); ++x) {
      std::int64_t row = 0;
      while (row < crop.height() && std::memcmp(picture.row(y + row) + 3 * x, crop.row(row), row_bytes) == 0) ++row;
      if (row == crop.height()) return Rectangle{x, y, crop.width(), crop.height()};
    }
  }
  return std::nullopt;
}

Status Search::explain_crop_of(const Image& resized) {
  std::vector<Alternative> tried = crop_alternatives(recipe_, resized.size(), theirs_.cropped.size());
  tried.insert(tried.begin(), Alternative{"", recipe_});
  for (const Alternative& alternative : tried) {
    KITE_TRY_ASSIGN(const bool is_it, offer(resized, crop_only(alternative.recipe), alternative, theirs_.cropped));
    if (!is_it) continue;
    found(alternative);
    return {};
  }
  if (const auto at = position_in(resized, theirs_.cropped)) {
    diagnosis_.findings.push_back(
        {fmt::format("{} crops {}x{} from column {} and row {}, where no rule of a recipe begins", program_, at->width,
                     at->height, at->x, at->y),
         "crop the centre there, or give kite pictures that are cropped already"});
    return {};
  }
  found_nearest(stage_name(PictureStage::kCrop));
  return {};
}

// First one change, then a resize and a crop that both differ.
Status Search::explain_resize_and_crop() {
  for (const bool both : {false, true}) {
    for (const Base& base : bases_) {
      std::vector<Alternative> resizes = unseen_resize_alternatives(recipe_, base.image.size(), theirs_.cropped.size());
      resizes.insert(resizes.begin(), Alternative{"", recipe_});
      for (std::size_t i = 0; i < resizes.size(); ++i) {
        std::vector<Alternative> tried;
        if (!both) tried.push_back(resizes[i]);
        const auto resized = resize_and_crop(base.image, without_crop(resizes[i].recipe));
        if (resized.ok() && (both ? i > 0 : i == 0)) {
          for (Alternative& crop : crop_alternatives(resizes[i].recipe, resized->size(), theirs_.cropped.size())) {
            if (i > 0) crop.does = fmt::format("{} and {}", resizes[i].does, crop.does);
            tried.push_back(std::move(crop));
          }
        }
        for (const Alternative& rules : tried) {
          const Alternative alternative = on_base(base, rules, recipe_.exif);
          KITE_TRY_ASSIGN(const bool is_it, offer(base.image, alternative.recipe, alternative, theirs_.cropped));
          if (!is_it) continue;
          found(alternative);
          return {};
        }
      }
    }
  }
  found_nearest(stage_name(PictureStage::kCrop));
  return {};
}

std::vector<std::int64_t> without_leading_ones(const Shape& shape) {
  std::vector<std::int64_t> dims(shape.dims().begin(), shape.dims().end());
  while (!dims.empty() && dims.front() == 1) dims.erase(dims.begin());
  return dims;
}

// Whether their tensor has the layout of the recipe's form, or the same with channels first or last, which is then
// taken.
bool Search::adapt_layout(Size cropped) {
  const auto theirs = without_leading_ones(theirs_.tensor->shape());
  TensorForm& form = recipe_.form;
  if (without_leading_ones(form.shape(cropped)) == theirs) return true;
  TensorForm other = form;
  other.axes = form.is_planar() ? "NHWC" : "NCHW";
  if (without_leading_ones(other.shape(cropped)) != theirs) return false;
  diagnosis_.findings.push_back({fmt::format("{} recorded the channels {}, and the model's input has them {}", program_,
                                             other.is_planar() ? "first" : "last", form.is_planar() ? "first" : "last"),
                                 fmt::format("record the tensor that the model gets, e.g. tensor.transpose({})",
                                             form.is_planar() ? "0, 3, 1, 2" : "0, 2, 3, 1")});
  form = other;
  return true;
}

void Search::explain_tables(const NumberTables& seen, const PreprocessRecipe& order) {
  if (match_numbers(seen, order) != NumberMatch::kDifferent && order.channel_order == recipe_.channel_order) return;
  const std::vector<Alternative> alternatives = number_alternatives(recipe_);
  for (const NumberMatch wanted : {NumberMatch::kExact, NumberMatch::kLastBits}) {
    for (const Alternative& alternative : alternatives) {
      if (alternative.recipe.channel_order != order.channel_order) continue;
      if (match_numbers(seen, alternative.recipe) == wanted) return found(alternative);
    }
  }
  if (const auto fitted = fit_mean_and_std(seen, order)) {
    const auto list = [](const std::array<double, 3>& numbers) {
      return fmt::format("[{}, {}, {}]", numbers[0], numbers[1], numbers[2]);
    };
    const bool is_swapped = order.channel_order != recipe_.channel_order;
    found({fmt::format("uses mean {} and std {}{}{}", list(fitted->normalization.mean), list(fitted->normalization.std),
                       fitted->normalization.rescale == 1.0 ? " of numbers from 0 to 255" : "",
                       is_swapped ? ", with the channels in the order B, G, R" : ""),
           *fitted});
    return;
  }
  diagnosis_.findings.push_back({fmt::format("{} makes numbers that no mean and std give", program_),
                                 "look for a step that is no scale and offset; a recipe has none"});
}

// Whether their tensor was made of this picture byte by byte, in either order of the channels; then it is explained.
bool Search::takes_tensor_of(const Image& cropped, const Alternative& geometry) {
  for (const bool own : {true, false}) {
    PreprocessRecipe order = geometry.recipe;
    order.form = recipe_.form;
    if (!own) order.channel_order = order.channel_order == ChannelOrder::kRgb ? ChannelOrder::kBgr : ChannelOrder::kRgb;
    const auto seen = tables_of(cropped, *theirs_.tensor, order);
    if (!seen) continue;
    found(geometry);
    explain_tables(*seen, order);
    return true;
  }
  return false;
}

Status Search::explain_numbers() {
  if (!theirs_.tensor) return {};
  const Size size = is_recorded(theirs_.cropped) ? theirs_.cropped.size() : ours_.cropped.size();
  if (!adapt_layout(size)) {
    diagnosis_.findings.push_back(
        {fmt::format("their input tensor is {}, the model's {}", theirs_.tensor->shape().to_string(),
                     recipe_.form.shape(size).to_string()),
         "record the tensor that the model gets"});
    return {};
  }
  const Alternative own{"", recipe_};
  if (is_recorded(theirs_.cropped)) {
    if (takes_tensor_of(theirs_.cropped, own)) return {};
  } else if (is_recorded(theirs_.resized)) {
    std::vector<Alternative> tried = crop_alternatives(recipe_, theirs_.resized.size(), size);
    tried.insert(tried.begin(), own);
    for (const Alternative& alternative : tried) {
      const auto cropped = resize_and_crop(theirs_.resized, crop_only(alternative.recipe));
      if (cropped.ok() && cropped->size() == size && takes_tensor_of(*cropped, alternative)) return {};
    }
  } else {
    for (const Base& base : bases_) {
      std::vector<Alternative> tried = unseen_resize_alternatives(recipe_, base.image.size(), size);
      tried.insert(tried.begin(), own);
      for (Alternative& crop : crop_alternatives(recipe_, {}, size)) tried.push_back(std::move(crop));
      for (const Alternative& rules : tried) {
        const Alternative alternative = on_base(base, rules, recipe_.exif);
        const auto cropped = resize_and_crop(base.image, alternative.recipe);
        if (cropped.ok() && cropped->size() == size && takes_tensor_of(*cropped, alternative)) return {};
      }
    }
  }
  diagnosis_.findings.push_back(
      {"no known rule gives their input tensor: equal bytes of the picture before it became different numbers",
       "record the stages decode, resize and crop, too; each is then explained alone"});
  return {};
}

}  // namespace

Result<RecordedStages> recorded_stages(const Recording& recording) {
  RecordedStages stages;
  KITE_TRY_ASSIGN(stages.decoded, read_image(recording, PictureStage::kDecode));
  KITE_TRY_ASSIGN(stages.oriented, read_image(recording, PictureStage::kOrientation));
  KITE_TRY_ASSIGN(stages.resized, read_image(recording, PictureStage::kResize));
  KITE_TRY_ASSIGN(stages.cropped, read_image(recording, PictureStage::kCrop));
  if (recording.find(stage_name(PictureStage::kNormalise)) != nullptr) {
    KITE_TRY_ASSIGN(stages.tensor, recording.read(stage_name(PictureStage::kNormalise)));
  }
  return stages;
}

Result<Diagnosis> diagnose(const PreprocessRecipe& recipe, const PictureStages& ours, const Recording& theirs) {
  KITE_TRY_ASSIGN(RecordedStages stages, recorded_stages(theirs));
  const std::string& program = theirs.about().program;
  return diagnose(recipe, ours, std::move(stages), program.empty() ? "the other program" : program);
}

Result<Diagnosis> diagnose(const PreprocessRecipe& recipe, const PictureStages& ours, RecordedStages theirs,
                           std::string program) {
  return Search(recipe, std::move(program), ours, std::move(theirs)).run();
}

}  // namespace kite::cli
