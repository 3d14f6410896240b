// SPDX-License-Identifier: Apache-2.0
// kite pack: writes labels, preprocessing and the meaning of the scores into a copy of the model, or of this program.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/model_meaning.h"
#include "base/json.h"
#include "base/mapped_file.h"
#include "carriers/find_model.h"
#include "carriers/own_carriers.h"
#include "carriers/recipe_carriers.h"
#include "carriers/recipe_names.h"
#include "cli/output/interrupt.h"
#include "cli/output/output.h"
#include "cli/output/output_file.h"
#include "command.h"
#include "data_copies.h"
#include "json_output.h"
#include "large_output.h"
#include "model_files.h"
#include "onnx/external_data.h"
#include "onnx/metadata_edit.h"
#include "onnx/parse.h"
#include "pack_program.h"
#include "paperkite/classifier.h"
#include "paperkite/try.h"
#include "plan/source/source.h"

namespace kite::cli {

namespace {

using Metadata = std::map<std::string, std::string>;

struct PackOptions {
  CommonOptions common;
  std::string model;
  std::string output;
  std::vector<std::string> from;     // a library and its folder
  bool exe = false;                  // a program is written, not a model
  std::vector<std::string> targets;  // that it is for
};

// The option that states exactly what was guessed.
std::string statement_of(const Classifier& classifier) {
  const std::string recipe = classifier.recipe_json();
  const auto guessed = parse_recipe(recipe);
  const auto named = guessed.ok() ? recipe_by_name("imagenet", guessed->complete().output_size()) : std::nullopt;
  if (named && recipe_json(named->complete()) == recipe) return "--recipe imagenet";
  return "--recipe '" + recipe + "'";
}

// A guess that is written into a file looks like a statement for ever after. Wrong labels are seen at the first answer,
// wrong numbers of pixels are not: so a guessed recipe is refused until the user states it.
Status check_guesses(const Classifier& classifier, const PackOptions& options) {
  if (classifier.is_recipe_guess()) {
    const std::string what =
        classifier.recipe_source() == "guess" ? "the preprocessing is" : "a part of the preprocessing is";
    return Error{ErrorCode::kUsage, what + " a guess, which is not packed: " + classifier.recipe(), options.model,
                 "if it is right, state it: " + statement_of(classifier)};
  }
  if (classifier.is_labels_guess()) {
    warn("the labels were a guess (" + classifier.labels_source() + ") and are now stated in " + options.output);
  }
  for (const Decision& decision : classifier.decisions()) {
    if (decision.subject != "scores" || !decision.is_guess) continue;
    warn("the choice of " + decision.value + " was a guess and is now stated in " + options.output);
  }
  return {};
}

Result<Classifier> open_classifier(const PackOptions& options, const std::string& path) {
  ClassifierOptions opened;
  opened.model = options.common.model_options();
  opened.session.threads = 1;
  return Classifier::open(path, opened);
}

// The external data that has to be copied beside the output.
Result<DataCopies> plan_copies(const PackOptions& options, const std::string& path, onnx::Bytes bytes) {
  KITE_TRY_ASSIGN(const onnx::Model parsed, onnx::parse_model(bytes, path));
  KITE_TRY_ASSIGN(const std::vector<std::string> locations, onnx::external_locations(parsed));
  if (!locations.empty() && !becomes_a_file(options.output)) {
    return Error{ErrorCode::kUsage, "the model has external data, which lies beside it", options.output,
                 "name a file for the output"};
  }
  return DataCopies::plan(locations, {path, options.common.meaning.data_dirs}, options.output);
}

Status write_model(Output& output, const onnx::MetadataEdit& edit, const std::string& name) {
  for (const onnx::Bytes run : edit.kept) KITE_TRY(write_in_pieces(output, run, name));
  output.write(edit.added);
  return {};
}

void print_result(const PackOptions& options, const Classifier& classifier, const Metadata& metadata,
                  const onnx::MetadataEdit& edit, const DataCopies& copies) {
  if (options.common.json) {
    nlohmann::ordered_json copied = nlohmann::ordered_json::array();
    for (const DataCopies::File& file : copies.files()) {
      copied.push_back({{"file", file.location}, {"bytes", file.size_bytes}});
    }
    print_json({{"model", options.model},
                {"output", options.output},
                {"bytes", edit.size_bytes()},
                {"labels", classifier.labels_source()},
                {"preprocess", classifier.recipe_source()},
                {"metadata", metadata},
                {"copied", std::move(copied)}});
    return;
  }
  Output& to = becomes_a_file(options.output) ? standard_output() : standard_error();  // the model may be on the first
  print(to, "{}: {:.1f} MB, labels: {}, preprocessing: {}\n", options.output,
        static_cast<double>(edit.size_bytes()) * 1e-6, classifier.labels_source(), classifier.recipe_source());
  for (const auto& [key, value] : metadata) print(to, "  {} ({} bytes)\n", key, value.size());
  for (const DataCopies::File& file : copies.files()) {
    print(to, "  copied beside it: {} ({:.1f} MB)\n", file.location, static_cast<double>(file.size_bytes) * 1e-6);
  }
}

// The model's name for a person: a folder's or a zip's, where that was named.
std::string name_of(const std::string& model) {
  const std::size_t last = model.find_last_not_of('/');
  return last == std::string::npos ? model : model.substr(0, last + 1).substr(model.rfind('/', last) + 1);
}

void print_program(const PackOptions& options, const Classifier& classifier, const PackedSizes& sizes) {
  if (options.common.json) {
    nlohmann::ordered_json plans = nlohmann::ordered_json::array();
    for (const PackedPlan& plan : sizes.plans) plans.push_back({{"isa", plan.isa}, {"bytes", plan.bytes}});
    print_json({{"model", options.model},
                {"output", options.output},
                {"bytes", sizes.bytes},
                {"labels", classifier.labels_source()},
                {"preprocess", classifier.recipe_source()},
                {"plans", std::move(plans)}});
    return;
  }
  Output& to = becomes_a_file(options.output) ? standard_output() : standard_error();
  print(to, "{}: {:.1f} MB, labels: {}, preprocessing: {}\n", options.output, static_cast<double>(sizes.bytes) * 1e-6,
        classifier.labels_source(), classifier.recipe_source());
  for (const PackedPlan& plan : sizes.plans) {
    print(to, "  for {} ({:.1f} MB)\n", plan.isa, static_cast<double>(plan.bytes) * 1e-6);
  }
}

Status pack_as_program(const PackOptions& options, const std::string& path, const Classifier& classifier,
                       OutputFile& output) {
  KITE_TRY_ASSIGN(Metadata metadata, classifier.self_description());
  remember_interrupts();
  KITE_TRY_ASSIGN(const PackedSizes sizes,
                  write_program({path, name_of(options.model), std::move(metadata), options.targets}, options.common,
                                output, options.output));
  KITE_TRY(output.publish());
  print_program(options, classifier, sizes);
  return {};
}

Status pack(PackOptions& options) {
  MeaningOptions& meaning = options.common.meaning;
  if (!options.from.empty()) {
    meaning.library = options.from[0];
    meaning.library_folder = options.from[1];
  }
  KITE_TRY_ASSIGN(const FoundModel found, find_model(options.model));
  KITE_TRY_ASSIGN(const MappedFile model, MappedFile::open(found.path));
  if (is_plan(model.bytes())) {
    return Error{ErrorCode::kUsage, "a plan holds no ONNX model", found.path,
                 "name the .onnx file that it was made of"};
  }
  KITE_TRY(check_outputs({&options.output, 1}, [&] {
    std::vector<std::string> inputs = files_of_model(found.path, meaning);
    inputs.push_back(options.model);  // may be a zip, which then is unpacked already
    return inputs;
  }));
  KITE_TRY_ASSIGN(OutputFile output, OutputFile::create(options.output));
  KITE_TRY_ASSIGN(const Classifier classifier, open_classifier(options, found.path));
  KITE_TRY(check_guesses(classifier, options));
  for (const std::string& warning : classifier.warnings()) warn(warning);
  if (options.exe) return pack_as_program(options, found.path, classifier, output);
  KITE_TRY_ASSIGN(const Metadata metadata, classifier.self_description());
  KITE_TRY(check_shapes_alone(classifier.model(), metadata));
  std::array<std::string_view, kOwnCarriers.size()> keys;
  std::ranges::transform(kOwnCarriers, keys.begin(), &OwnCarrier::key);
  KITE_TRY_ASSIGN(const onnx::MetadataEdit edit, onnx::replace_metadata(model.bytes(), found.path, keys, metadata));
  KITE_TRY_ASSIGN(DataCopies copies, plan_copies(options, found.path, model.bytes()));
  if (file_state(found.path) != model.state()) {
    return Error{ErrorCode::kIo, "the file was changed while it was read", found.path, "try again"};
  }
  remember_interrupts();  // so that copies in a folder are removed, too
  KITE_TRY(copies.write());
  KITE_TRY(write_model(output.stream(), edit, options.output));
  KITE_TRY(copies.publish());
  KITE_TRY(output.publish());
  copies.keep();
  print_result(options, classifier, metadata, edit, copies);
  return {};
}

}  // namespace

Verb pack_verb() {
  auto options = std::make_shared<PackOptions>();
  Verb verb{.name = "pack",
            .summary = "Write labels and preprocessing into a copy of the model, which needs no file beside it"};
  verb.add({{.names = "MODEL",
             .into = &options->model,
             .help = "An .onnx file, or a folder or zip with one",
             .required = true},
            {.names = "-o,--output",
             .into = &options->output,
             .help = "The model to write, or the program",
             .type = "FILE",
             .required = true},
            {.names = "--exe",
             .into = &options->exe,
             .help = "Write a program that holds the model and classifies the pictures it is started with"},
            {.names = "--from",
             .into = &options->from,
             .help = "The library whose files say what the model means, and their folder",
             .type = "timm|hf FOLDER",
             .words = 2}});
  add_meaning_options(verb, options->common.meaning);
  for (Option option : {shape_option(options->common), batch_option(options->common)}) {
    option.needs = "--exe";
    verb.add({std::move(option)});
  }
  add_common_options(verb, options->common);
  // A program may hold several plans, of which each machine uses the best.
  *std::ranges::find(verb.options, std::string_view("--isa"), &Option::names) = {
      .names = "--isa",
      .into = &options->targets,
      .help = "With --exe: the instruction sets to hold plans for (default: the best of this machine)",
      .values = one_of(names_of_targets()),
      .separator = ','};
  verb.run = [options] {
    if (options->targets.size() > 1 && !options->exe) {
      return report(Error{ErrorCode::kUsage, "only a program holds plans for instruction sets", {}, "add --exe"},
                    options->common.json);
    }
    if (options->targets.size() == 1) options->common.isa = options->targets.front();
    return exit_code_after(pack(*options), options->common.json);
  };
  return verb;
}

}  // namespace kite::cli
