// SPDX-License-Identifier: Apache-2.0
// kite pack: writes labels, preprocessing and the meaning of the scores into a copy of the model.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/model_meaning.h"
#include "base/mapped_file.h"
#include "carriers/find_model.h"
#include "carriers/own_carriers.h"
#include "carriers/recipe_carriers.h"
#include "carriers/recipe_names.h"
#include "command.h"
#include "data_copies.h"
#include "interrupt.h"
#include "json_output.h"
#include "model_files.h"
#include "onnx/external_data.h"
#include "onnx/metadata_edit.h"
#include "onnx/parse.h"
#include "output.h"
#include "output_file.h"
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
  std::vector<std::string> from;  // a library and its folder
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
  KITE_TRY(check_outputs({&options.output, 1}, [&] { return files_of_model(found.path, meaning); }));
  KITE_TRY_ASSIGN(OutputFile output, OutputFile::create(options.output));
  KITE_TRY_ASSIGN(const Classifier classifier, open_classifier(options, found.path));
  KITE_TRY(check_guesses(classifier, options));
  for (const std::string& warning : classifier.warnings()) warn(warning);
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
             .help = "The model to write",
             .type = "FILE.onnx",
             .required = true},
            {.names = "--from",
             .into = &options->from,
             .help = "The library whose files say what the model means, and their folder",
             .type = "timm|hf FOLDER",
             .words = 2}});
  add_meaning_options(verb, options->common.meaning);
  add_common_options(verb, options->common);
  verb.run = [options] { return exit_code_after(pack(*options), options->common.json); };
  return verb;
}

}  // namespace kite::cli
