// SPDX-License-Identifier: Apache-2.0
// Finds the picture among the inputs, asks the recipe for its size, and writes down what was chosen and why.
#include "api/shapes.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "api/model_meaning.h"
#include "base/printable.h"
#include "carriers/interpretation.h"
#include "carriers/picture_form.h"
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

std::vector<std::int64_t> stated_sizes(const StatedInput& input) {
  std::vector<std::int64_t> sizes;
  for (const InputDim& dim : input.dims) sizes.push_back(dim.size.value_or(-1));
  return sizes;
}

// As the classifier will read them. Four dimensions that are no picture of usual channels count as planes all the same,
// for those who only want to run the model.
std::optional<PictureAxes> picture_axes(const StatedInput& input) {
  const auto form = read_picture_form(input.dtype, stated_sizes(input));
  if (!form.ok() && (input.dims.size() != 4 || input.dtype == DType::kBool)) return std::nullopt;
  const std::string axes = form.ok() ? form->tensor.axes : "NCHW";
  const auto axis = [&](char name) {
    const std::size_t at = axes.find(name);
    return at == std::string::npos ? -1 : static_cast<int>(at);
  };
  return PictureAxes{axis('N'), axis('C'), axis('H'), axis('W')};
}

Error contradiction(const StatedInput& input, const std::string& path, const std::string& flag) {
  return {ErrorCode::kUsage,
          flag + " contradicts the model, whose input \"" + input.name + "\" is " + stated_text(input), path,
          "leave the flag out, or export the model with open dimensions"};
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
  sources.input_shape = stated_sizes(input);
  sources.input_type = input.dtype;
  sources.size_only = true;
  if (!meaning.recipe.empty()) sources.preprocess_json = meaning.recipe;
  sources.processor = meaning.processor;
  KITE_TRY(state_library(meaning, sources));
  KITE_TRY_ASSIGN(const Interpretation interpretation, resolve_interpretation(sources));
  const Size size = interpretation.recipe.output_size();
  if (size.width < 1 || size.height < 1) {
    return Error{ErrorCode::kInvalidModel, "the model leaves height and width open, and the recipe states no size",
                 interpretation.recipe_source, "state it with --size HxW"};
  }
  const bool is_guess = interpretation.recipe_source.ends_with("guess");
  return WantedSize{{size.height, size.width}, is_guess ? "the usual size" : interpretation.recipe_source, is_guess};
}

Error undecided(const StatedInput& input, std::size_t axis, const std::string& path) {
  const std::string& symbol = input.dims[axis].symbol;
  std::string example;
  for (const InputDim& dim : input.dims) example += (example.empty() ? "" : "x") + std::to_string(dim.size.value_or(1));
  return {ErrorCode::kUnsupportedModel,
          "input " + in_quotes(input.name) + " is " + stated_text(input) + ", and nothing says what dimension " +
              std::to_string(axis) + (symbol.empty() ? "" : " (" + symbol + ")") + " is",
          path, "state the whole shape with --shape NAME=SIZES, e.g. --shape " + input.name + "=" + example};
}

class Chooser {
 public:
  Chooser(const StatedModel& model, const std::string& path, const MeaningOptions& meaning)
      : model_(model), path_(path), meaning_(meaning) {}

  Result<ChosenShapes> run() {
    for (const StatedInput& input : model_.inputs) {
      std::vector<std::int64_t>& dims = dims_.emplace_back(stated_sizes(input));
      const auto axes = picture_axes(input);
      if (!axes || has_picture_) continue;
      has_picture_ = true;
      KITE_TRY(choose_picture(input, *axes, dims));
    }
    if (!has_picture_ && (meaning_.size || meaning_.batch > 0)) {
      return Error{ErrorCode::kUsage, "--size and --batch are for pictures, and the model has no picture input", path_,
                   "state the shapes with --shape NAME=SIZES, or use `kite run` with tensors"};
    }
    for (std::size_t i = 0; i < model_.inputs.size(); ++i) {
      KITE_TRY(choose_rest(model_.inputs[i], dims_[i]));
      KITE_TRY_ASSIGN(const Shape shape, Shape::make(dims_[i]));
      chosen_.shapes.emplace(model_.inputs[i].name, shape);
    }
    return std::move(chosen_);
  }

 private:
  static const InputDim& dim_at(const StatedInput& input, int axis) {
    return input.dims[static_cast<std::size_t>(axis)];
  }

  // A symbol stands for one size, wherever it stands.
  Status bind(const StatedInput& input, int axis, std::int64_t size, std::vector<std::int64_t>& dims,
              const std::string& source) {
    const InputDim& dim = dim_at(input, axis);
    if (dim.size && *dim.size != size) return contradiction(input, path_, source);
    dims[static_cast<std::size_t>(axis)] = size;
    if (dim.size || dim.symbol.empty()) return {};
    const auto [known, is_new] = symbols_.try_emplace(dim.symbol, size);
    if (!is_new && known->second != size) return contradiction(input, path_, source);
    return {};
  }

  Status choose_picture(const StatedInput& input, const PictureAxes& axes, std::vector<std::int64_t>& dims) {
    if (meaning_.batch > 0) KITE_TRY(choose_batch(input, axes.batch, dims));
    const bool is_size_open = !dim_at(input, axes.height).size || !dim_at(input, axes.width).size;
    if (axes.channels >= 0 && !dim_at(input, axes.channels).size) {
      // [c,h,w] of channels, or of grey pictures.
      if (axes.batch < 0 && is_size_open) return undecided(input, static_cast<std::size_t>(axes.channels), path_);
      KITE_TRY(bind(input, axes.channels, 3, dims, "three channels"));
      decide("channels", "3", "the usual number, as the model leaves it open", false);
    }
    if (!is_size_open && !meaning_.size) return {};
    KITE_TRY_ASSIGN(const WantedSize wanted, wanted_size(model_, input, path_, meaning_));
    KITE_TRY(bind(input, axes.height, wanted.size.height, dims, wanted.source));
    KITE_TRY(bind(input, axes.width, wanted.size.width, dims, wanted.source));
    decide("picture size", std::to_string(wanted.size.height) + 'x' + std::to_string(wanted.size.width), wanted.source,
           wanted.is_guess);
    return {};
  }

  Status choose_batch(const StatedInput& input, int axis, std::vector<std::int64_t>& dims) {
    const bool is_one = axis < 0 || dim_at(input, axis).size == 1;  // a fixed one may be proved to be any
    if (axis < 0 && meaning_.batch > 1) {
      return Error{ErrorCode::kUsage,
                   "--batch is for models that count pictures, and input " + in_quotes(input.name) + ' ' +
                       stated_text(input) + " is one picture",
                   path_, "leave the flag out"};
    }
    if (!is_one) KITE_TRY(bind(input, axis, meaning_.batch, dims, "--batch"));
    if (axis >= 0) dims[static_cast<std::size_t>(axis)] = meaning_.batch;
    decide("batch", std::to_string(meaning_.batch), "--batch", false);
    return {};
  }

  // The first dimension counts pictures, as everybody expects. Nothing is usual for any other.
  Status choose_rest(const StatedInput& input, std::vector<std::int64_t>& dims) {
    for (std::size_t i = 0; i < dims.size(); ++i) {
      if (input.dims[i].size || dims[i] > 0) continue;
      const auto known = symbols_.find(input.dims[i].symbol);
      if (known == symbols_.end() && i > 0) return undecided(input, i, path_);
      dims[i] = known != symbols_.end() ? known->second : std::max<std::int64_t>(meaning_.batch, 1);
      if (i > 0)
        decide("input " + input.name, "dimension " + std::to_string(i) + " is " + std::to_string(dims[i]),
               "another dimension of that name", false);
    }
    return {};
  }

  void decide(std::string subject, std::string value, std::string source, bool is_guess) {
    chosen_.decisions.push_back({std::move(subject), std::move(value), std::move(source), is_guess});
  }

  const StatedModel& model_;
  const std::string& path_;
  const MeaningOptions& meaning_;
  std::vector<std::vector<std::int64_t>> dims_;  // by input; -1 where nothing is chosen yet
  std::map<std::string, std::int64_t, std::less<>> symbols_;
  bool has_picture_ = false;
  ChosenShapes chosen_;
};

}  // namespace

Result<ChosenShapes> choose_shapes(const StatedModel& model, const std::string& path, const MeaningOptions& meaning) {
  return Chooser(model, path, meaning).run();
}

Result<std::vector<Decision>> check_given(const Plan& plan, const InputShapes& given, const std::string& path,
                                          const MeaningOptions& meaning) {
  StatedModel stated = stated_model(plan);
  std::vector<Decision> decisions;
  std::set<std::string, std::less<>> symbols;
  for (std::size_t i = 0; i < stated.inputs.size(); ++i) {
    StatedInput& input = stated.inputs[i];
    const auto shape = given.find(input.name);
    if (shape == given.end()) continue;
    decisions.push_back({"input " + input.name, shape->second.to_string(), "--shape", false});
    for (std::size_t axis = 0; axis < input.dims.size(); ++axis) {
      if (!input.dims[axis].symbol.empty()) symbols.insert(input.dims[axis].symbol);
      input.dims[axis].size = shape->second[static_cast<int>(axis)];
    }
  }
  for (const StatedInput& input : stated.inputs) {
    for (std::size_t axis = 1; axis < input.dims.size(); ++axis) {
      const InputDim& dim = input.dims[axis];
      if (!dim.size && !symbols.contains(dim.symbol)) return undecided(input, axis, path);
    }
  }
  if (!meaning.size && meaning.batch == 0) return decisions;
  KITE_TRY_ASSIGN(const ChosenShapes chosen, choose_shapes(stated, path, meaning));
  for (const auto& [name, shape] : given) {
    if (chosen.shapes.at(name) == shape) continue;
    return Error{ErrorCode::kUsage,
                 "--size or --batch contradicts the shape " + shape.to_string() + " of input " + in_quotes(name), path,
                 "leave one of them out"};
  }
  return decisions;
}

Status check_shapes(const Plan& plan, const std::string& path, const MeaningOptions& meaning) {
  KITE_TRY_ASSIGN(const ChosenShapes chosen, choose_shapes(stated_model(plan), path, meaning));
  for (const PlanPort& port : plan.inputs()) {
    const auto wanted = chosen.shapes.find(port.name);
    if (wanted == chosen.shapes.end() || wanted->second == port.type.shape) continue;
    return Error{
        ErrorCode::kUsage,
        "the plan was made for " + port.type.shape.to_string() + ", " + wanted->second.to_string() + " is asked for",
        path, "make a plan of that size from the .onnx file with `kite compile`"};
  }
  return {};
}

}  // namespace kite
