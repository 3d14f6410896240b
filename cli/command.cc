// SPDX-License-Identifier: Apache-2.0
// Common options and the one place where errors are printed.
#include "command.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "image/text_escape.h"
#include "json_output.h"
#include "kernels/targets.h"
#include "number_option.h"
#include "output.h"

namespace kite::cli {

namespace {

// "224x160" (height x width) or "224"; nullopt for anything else.
std::optional<PictureSize> parse_size(std::string_view text) {
  const auto side = [](std::string_view digits) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return error == std::errc() && end == digits.data() + digits.size() ? number : 0;
  };
  const std::size_t cross = text.find('x');
  const std::int64_t height = side(text.substr(0, cross));
  const std::int64_t width = cross == std::string_view::npos ? height : side(text.substr(cross + 1));
  constexpr std::int64_t kMostPixels = 65536;
  if (height < 1 || width < 1 || height > kMostPixels || width > kMostPixels) return std::nullopt;
  return PictureSize{height, width};
}

// "1x3x224x224"; nullopt for anything else, also for a dimension of 0.
std::optional<Shape> parse_shape(std::string_view text) {
  std::vector<std::int64_t> sizes;
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t end = std::min(text.find('x', from), text.size());
    const auto size = parse_integer(text.substr(from, end - from));
    if (!size || *size < 1) return std::nullopt;
    sizes.push_back(*size);
    from = end + 1;
  }
  auto shape = Shape::make(sizes);
  return shape.ok() ? std::optional(*shape) : std::nullopt;
}

// Names of inputs may hold a '=', sizes do not.
void take_shape(CommonOptions& options, const std::string& text) {
  const std::size_t equals = text.rfind('=');
  const bool has_name = equals != std::string::npos && equals > 0;
  const auto shape = has_name ? parse_shape(std::string_view(text).substr(equals + 1)) : std::nullopt;
  if (!shape || !options.shapes.emplace(text.substr(0, equals), *shape).second) {
    throw CLI::ValidationError("--shape", text + " is no NAME=SIZES, each name once, e.g. x=1x3x224x224");
  }
}

}  // namespace

ExitCode exit_code_of(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::kUsage: return kUsage;
    case ErrorCode::kInvalidModel:
    case ErrorCode::kUnsupportedModel:
    case ErrorCode::kInvalidInput: return kModel;
    case ErrorCode::kInvalidImage:
    case ErrorCode::kUnsupportedImage: return kImage;
    case ErrorCode::kLimit: return kLimit;
    case ErrorCode::kIo: return kIo;
    case ErrorCode::kInterrupted: return kInterrupted;
  }
  return kModel;
}

ModelOptions CommonOptions::model_options() const {
  ModelOptions options;
  options.isa = isa;
  options.threads = threads;
  options.use_cache = !no_cache;
  options.cache_dir = cache_dir;
  options.disabled_passes = disabled_passes;
  options.memory_limit_bytes = memory_limit_bytes;
  options.meaning = meaning;
  options.input_shapes = shapes;
  return options;
}

namespace {

std::vector<std::string> names_of_targets() {
  std::vector<std::string> names;
  for (const Target* target : all_targets()) names.insert(names.begin(), std::string(target->name));
  return names;
}

}  // namespace

void add_common_options(CLI::App& verb, CommonOptions& options) {
  verb.add_option("--threads", options.threads, "Threads to compute with (default: what the machine grants)")
      ->transform(integer_within(1, 1024))
      ->type_name("N");
  verb.add_option("--isa", options.isa, "Instruction set to stay within (default: the best there is, or $KITE_ISA)")
      ->check(CLI::IsMember(names_of_targets()));
  verb.add_flag("--no-cache", options.no_cache, "Neither read nor write the plan cache");
  verb.add_option("--cache-dir", options.cache_dir, "Folder of the plan cache (default: $XDG_CACHE_HOME/paperkite)")
      ->type_name("DIR");
  verb.add_option("--disable-pass", options.disabled_passes, "Leave out an optimisation pass, to find a wrong answer")
      ->type_name("NAME")
      ->allow_extra_args(false);
  verb.add_option("--memory-limit", options.memory_limit_bytes, "Refuse a model that needs more, e.g. 500MB")
      ->transform(size_in_bytes())
      ->type_name("BYTES");
  verb.add_flag("--json", options.json, "Print JSON for programs");
}

void add_model_options(CLI::App& verb, CommonOptions& options) {
  MeaningOptions& meaning = options.meaning;
  verb.add_option_function<std::string>(
          "--size",
          [&meaning](const std::string& text) {
            meaning.size = parse_size(text);
            if (!meaning.size) throw CLI::ValidationError("--size", text + " is no HEIGHTxWIDTH, e.g. 224x224");
          },
          "Height and width of the pictures, where the model leaves them open")
      ->type_name("HxW");
  verb.add_option_function<std::vector<std::string>>(
          "--shape",
          [&options](const std::vector<std::string>& texts) {
            for (const std::string& text : texts) take_shape(options, text);
          },
          "The whole shape of an input, where --size and --batch do not say enough")
      ->type_name("NAME=SIZES")
      ->allow_extra_args(false);
  verb.add_option("--batch", meaning.batch, "Pictures in one run (default: 1, or what the model fixes)")
      ->check(CLI::Range(1, 65536))
      ->type_name("N");
  verb.add_option("--scores-from", meaning.scores_from, "The output that holds the class scores")->type_name("NAME");
  verb.add_option("--activation", meaning.activation, "What makes probabilities of the scores")
      ->check(CLI::IsMember({"softmax", "sigmoid", "none"}));
  verb.add_option("--labels", meaning.labels, "Labels: one a line, CSV, or JSON")->type_name("FILE");
  verb.add_option("--recipe", meaning.recipe, "Preprocessing: imagenet, 0-1, -1-1, 0-255, a file, or a JSON object")
      ->type_name("NAME|FILE");
  verb.add_option("--processor", meaning.processor,
                  "Whose resize a Hugging Face recipe means: Pillow's or torchvision's")
      ->check(CLI::IsMember({"pil", "torchvision"}));
  verb.add_option("--exif", meaning.exif, "What is done with the orientation that a picture states")
      ->check(CLI::IsMember({"ignore", "apply"}));
  verb.add_option("--data-dir", meaning.data_dirs, "A folder besides the model's own that may hold its external data")
      ->type_name("DIR")
      ->allow_extra_args(false);
  add_common_options(verb, options);
}

// print() makes names harmless, except for their newlines. A newline would make the rest of the name look like a new
// message, so it is escaped here.
ExitCode report(const Error& error, bool json) {
  const std::string code(error_code_name(error.code));
  if (json) {
    const nlohmann::ordered_json object = {
        {"error", {{"code", code}, {"message", error.what}, {"where", error.where}, {"remedy", error.remedy}}}};
    print_json(object);
  } else {
    print(standard_error(), "kite: error[{}]: {}\n", code, escape_for_terminal(error.message()));
  }
  return exit_code_of(error.code);
}

void warn(const std::string& text) { print(standard_error(), "kite: warning: {}\n", escape_for_terminal(text)); }

}  // namespace kite::cli
