// SPDX-License-Identifier: Apache-2.0
// Common options and the one place where errors are printed.
#include "command.h"

#include <fmt/format.h>

#include "base/cpu.h"
#include "base/json.h"
#include "base/limits.h"
#include "cli/output/output.h"
#include "cli/parser/number_option.h"
#include "json_output.h"
#include "kernels/targets.h"
#include "tensor/size_text.h"

namespace kite::cli {

namespace {

std::string take_size(MeaningOptions& meaning, const std::string& text) {
  meaning.size = parse_picture_size(text);
  return meaning.size ? std::string() : text + " is no HEIGHTxWIDTH, e.g. 224x224";
}

std::string take_shape(CommonOptions& options, const std::string& text) {
  const auto named = parse_named_shape(text);
  const bool is_taken = named && options.shapes.insert(*named).second;
  return is_taken ? std::string() : text + " is no NAME=SIZES, each name once, e.g. x=1x3x224x224";
}

// The memory has an option of its own, which other code reads.
std::string take_limit(CommonOptions& options, const std::string& text) {
  if (const Status added = add_limit(options.limits, text, {}); !added.ok()) return added.error().message();
  const auto memory = options.limits.find(row_of(Limit::kMemory).name);
  if (memory != options.limits.end()) options.memory_limit_bytes = static_cast<std::uint64_t>(memory->second);
  return {};
}

}  // namespace

ModelOptions CommonOptions::model_options() const {
  ModelOptions options;
  options.isa = isa;
  options.threads = threads;
  options.use_cache = !no_cache;
  options.cache_dir = cache_dir;
  options.disabled_passes = disabled_passes;
  options.memory_limit_bytes = memory_limit_bytes;
  options.limits = limits;
  options.meaning = meaning;
  options.input_shapes = shapes;
  return options;
}

std::vector<std::string> names_of_targets() {
  std::vector<std::string> names;
  for (const Target* target : all_targets()) names.insert(names.begin(), std::string(target->name));
  return names;
}

Option model_option(std::string& model) {
  return {.names = "MODEL", .into = &model, .help = "An .onnx file or a plan", .required = true};
}

Option cache_dir_option(CommonOptions& options) {
  return {.names = "--cache-dir",
          .into = &options.cache_dir,
          .help = "Folder of the plan cache (default: $XDG_CACHE_HOME/paperkite)",
          .type = "DIR"};
}

Option json_option(CommonOptions& options) {
  return {.names = "--json", .into = &options.json, .help = "Print JSON for programs"};
}

void add_common_options(Verb& verb, CommonOptions& options) {
  verb.add({{.names = "--threads",
             .into = &options.threads,
             .help = "Threads to compute with (default: what the machine grants)",
             .type = "N",
             .values = integer_within(1, 1024)},
            {.names = "--isa",
             .into = &options.isa,
             .help = "Instruction set to stay within (default: the best there is, or $KITE_ISA)",
             .values = one_of(names_of_targets())},
            {.names = "--no-cache", .into = &options.no_cache, .help = "Neither read nor write the plan cache"},
            cache_dir_option(options),
            {.names = "--disable-pass",
             .into = &options.disabled_passes,
             .help = "Leave out an optimisation pass, to find a wrong answer",
             .type = "NAME"},
            {.names = "--memory-limit",
             .into = &options.memory_limit_bytes,
             .help = "Refuse a model that needs more, e.g. 500MB",
             .type = "BYTES",
             .values = size_in_bytes()},
            {.names = "--limit",
             .into = Take([&options](const std::string& text) { return take_limit(options, text); }),
             .help = "Change what a file may cost, e.g. pixels=50000000 (kite limits lists all)",
             .type = "NAME=VALUE",
             .repeated = true},
            json_option(options)});
}

void add_meaning_options(Verb& verb, MeaningOptions& meaning) {
  verb.add({{.names = "--size",
             .into = Take([&meaning](const std::string& text) { return take_size(meaning, text); }),
             .help = "Height and width of the pictures, where the model leaves them open",
             .type = "HxW"},
            {.names = "--scores-from",
             .into = &meaning.scores_from,
             .help = "The output that holds the class scores",
             .type = "NAME"},
            {.names = "--activation",
             .into = &meaning.activation,
             .help = "What makes probabilities of the scores",
             .values = one_of({"softmax", "sigmoid", "none"})},
            {.names = "--labels", .into = &meaning.labels, .help = "Labels: one a line, CSV, or JSON", .type = "FILE"},
            {.names = "--recipe",
             .into = &meaning.recipe,
             .help = "Preprocessing: imagenet, 0-1, -1-1, 0-255, a file, or a JSON object",
             .type = "NAME|FILE"},
            {.names = "--processor",
             .into = &meaning.processor,
             .help = "Whose resize a Hugging Face recipe means: Pillow's or torchvision's",
             .values = one_of({"pil", "torchvision"})},
            {.names = "--exif",
             .into = &meaning.exif,
             .help = "What is done with the orientation that a picture states",
             .values = one_of({"ignore", "apply"})},
            {.names = "--data-dir",
             .into = &meaning.data_dirs,
             .help = "A folder besides the model's own that may hold its external data",
             .type = "DIR"}});
}

Option shape_option(CommonOptions& options) {
  return {.names = "--shape",
          .into = Take([&options](const std::string& text) { return take_shape(options, text); }),
          .help = "The whole shape of an input, where --size and --batch do not say enough",
          .type = "NAME=SIZES",
          .repeated = true};
}

Option batch_option(CommonOptions& options) {
  return {.names = "--batch",
          .into = &options.meaning.batch,
          .help = "Pictures in one run (default: 1, or what the model fixes)",
          .type = "N",
          .values = integer_within(1, 65536)};
}

void add_model_options(Verb& verb, CommonOptions& options) {
  add_meaning_options(verb, options.meaning);
  verb.add({shape_option(options), batch_option(options)});
  add_common_options(verb, options);
}

ExitCode report(const Error& error, bool json) {
  // Behind answers, a second document would make standard output one that no program reads.
  if (!json || standard_output().is_begun()) return print_error(error);
  print_json({{"error", describe_error(error)}});
  return exit_code_of(error.code);
}

void warn_of_missing_threads(int wanted, int threads) {
  if (wanted == 0) wanted = default_thread_count();
  if (threads < wanted) warn(fmt::format("{} of {} threads could be started: this takes longer", threads, wanted));
}

ExitCode exit_code_after(const Status& status, bool json) { return status.ok() ? kOk : report(status.error(), json); }

}  // namespace kite::cli
