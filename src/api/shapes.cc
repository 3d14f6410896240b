// SPDX-License-Identifier: Apache-2.0
// Finds the picture among the inputs, asks the recipe for its size, and writes down what was chosen and why.
#include "api/shapes.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "carriers/interpretation.h"
#include "paperkite/try.h"

namespace kite {

namespace {

std::string stated_text(const StatedInput& input) {
  std::string text = "[";
  for (const InputDim& dim : input.dims) {
    if (text.size() > 1) text += ',';
    text += dim.size ? std::to_string(*dim.size) : dim.symbol.empty() ? "?" : dim.symbol;
  }
  return text + ']';
}

// The axes of a picture in the dimensions of its input; -1 where it has none.
struct PictureAxes {
  int batch = -1;
  int channels = -1;
  int height = -1;
  int width = -1;
};

// [N,C,H,W] or [N,H,W,C], and the same without a batch.
std::optional<PictureAxes> picture_axes(const StatedInput& input) {
  const auto rank = static_cast<int>(input.dims.size());
  if (rank != 4 && rank != 3) return std::nullopt;
  const auto is_channels = [&](int axis) {
    const auto& size = input.dims[static_cast<std::size_t>(axis)].size;
    return size && (*size == 1 || *size == 3 || *size == 4);
  };
  const int first = rank - 3;  // of the three that are not the batch
  const bool channels_last = is_channels(rank - 1) && !is_channels(first);
  PictureAxes axes;
  axes.batch = rank == 4 ? 0 : -1;
  axes.channels = channels_last ? rank - 1 : first;
  axes.height = channels_last ? first : first + 1;
  axes.width = axes.height + 1;
  return axes;
}

Error contradiction(const StatedInput& input, const std::string& path, const std::string& flag) {
  return {ErrorCode::kUsage, flag + " contradicts the model, whose input \"" + input.name + "\" is " + stated_text(input),
          path, "leave the flag out, or export the model with open dimensions"};
}

// What the recipe says of the size; the caller's own size goes before it.
struct WantedSize {
  PictureSize size;
  std::string source;
  bool is_guess = false;
};

Result<WantedSize> wanted_size(const StatedModel& model, const StatedInput& input, const std::string& path,
                               const MeaningOptions& meaning) {
  if (meaning.size) return WantedSize{*meaning.size, "--size", false};
  InterpretationSources sources;
  sources.model_path = path;
  sources.metadata = {model.metadata.begin(), model.metadata.end()};
  for (const InputDim& dim : input.dims) sources.input_shape.push_back(dim.size.value_or(-1));
  sources.input_type = input.dtype;
  sources.size_only = true;
  if (!meaning.recipe.empty()) sources.preprocess_json = meaning.recipe;
  sources.processor = meaning.processor;
  KITE_TRY_ASSIGN(const Interpretation interpretation, resolve_interpretation(sources));
  const Size size = interpretation.recipe.output_size();
  if (size.width < 1 || size.height < 1) {
    return Error{ErrorCode::kInvalidModel, "the model leaves height and width open, and the recipe states no size",
                 interpretation.recipe_source, "state it with --size HxW"};
  }
  const bool is_guess = interpretation.recipe_source.ends_with("guess");
  return WantedSize{{size.height, size.width}, is_guess ? "the usual size" : interpretation.recipe_source, is_guess};
}

class Chooser {
 public:
  Chooser(const StatedModel& model, const std::string& path, const MeaningOptions& meaning)
      : model_(model), path_(path), meaning_(meaning) {}

  Result<ChosenShapes> run() {
    for (const StatedInput& input : model_.inputs) {
      dims_.clear();
      for (const InputDim& dim : input.dims) dims_.push_back(dim.size.value_or(0));
      const auto axes = picture_axes(input);
      if (axes && !has_picture_) {
        has_picture_ = true;
        KITE_TRY(choose_picture(input, *axes));
      }
      KITE_TRY(choose_rest(input));
      KITE_TRY_ASSIGN(const Shape shape, Shape::make(dims_));
      chosen_.shapes.emplace(input.name, shape);
    }
    if (!has_picture_ && (meaning_.size || meaning_.batch > 0)) {
      return Error{ErrorCode::kUsage, "--size and --batch are for pictures, and the model has no picture input", path_,
                   "use `kite run` with tensors of the shapes that you want"};
    }
    return std::move(chosen_);
  }

 private:
  std::int64_t& at(int axis) { return dims_[static_cast<std::size_t>(axis)]; }
  static bool is_stated(const StatedInput& input, int axis) {
    return input.dims[static_cast<std::size_t>(axis)].size.has_value();
  }

  Status choose_picture(const StatedInput& input, const PictureAxes& axes) {
    if (axes.batch >= 0 && meaning_.batch > 0) {
      if (is_stated(input, axes.batch) && at(axes.batch) != meaning_.batch && at(axes.batch) != 1) {
        return contradiction(input, path_, "--batch");
      }
      at(axes.batch) = meaning_.batch;
      decide("batch", std::to_string(meaning_.batch), "--batch", false);
    }
    if (!is_stated(input, axes.channels)) {
      at(axes.channels) = 3;
      decide("channels", "3", "the usual number, as the model leaves it open", false);
    }
    const bool open = !is_stated(input, axes.height) || !is_stated(input, axes.width);
    if (!open && !meaning_.size) return {};
    KITE_TRY_ASSIGN(const WantedSize wanted, wanted_size(model_, input, path_, meaning_));
    const bool fits = (!is_stated(input, axes.height) || at(axes.height) == wanted.size.height) &&
                      (!is_stated(input, axes.width) || at(axes.width) == wanted.size.width);
    if (!fits) return contradiction(input, path_, wanted.source);
    at(axes.height) = wanted.size.height;
    at(axes.width) = wanted.size.width;
    decide("picture size", std::to_string(wanted.size.height) + 'x' + std::to_string(wanted.size.width), wanted.source,
           wanted.is_guess);
    return {};
  }

  // The batch is 1 as everybody expects; another dimension that nothing decides is 1 as a guess.
  Status choose_rest(const StatedInput& input) {
    for (std::size_t i = 0; i < dims_.size(); ++i) {
      if (input.dims[i].size || dims_[i] > 0) continue;
      dims_[i] = 1;
      if (i > 0) decide("input " + input.name, "dimension " + std::to_string(i) + " is 1", "nothing states it", true);
    }
    return {};
  }

  void decide(std::string subject, std::string value, std::string source, bool is_guess) {
    chosen_.decisions.push_back({std::move(subject), std::move(value), std::move(source), is_guess});
  }

  const StatedModel& model_;
  const std::string& path_;
  const MeaningOptions& meaning_;
  std::vector<std::int64_t> dims_;
  bool has_picture_ = false;
  ChosenShapes chosen_;
};

}  // namespace

Result<ChosenShapes> choose_shapes(const StatedModel& model, const std::string& path, const MeaningOptions& meaning) {
  return Chooser(model, path, meaning).run();
}

Status check_shapes(const Plan& plan, const std::string& path, const MeaningOptions& meaning) {
  KITE_TRY_ASSIGN(const ChosenShapes chosen, choose_shapes(stated_model(plan), path, meaning));
  for (const PlanPort& port : plan.inputs()) {
    const auto wanted = chosen.shapes.find(port.name);
    if (wanted == chosen.shapes.end() || wanted->second == port.type.shape) continue;
    return Error{ErrorCode::kUsage,
                 "the plan was made for " + port.type.shape.to_string() + ", " + wanted->second.to_string() +
                     " is asked for",
                 path, "make a plan of that size from the .onnx file with `kite compile`"};
  }
  return {};
}

}  // namespace kite
