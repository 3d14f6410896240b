// SPDX-License-Identifier: Apache-2.0
// kite compile: makes a plan and writes it to a file.
#include <fmt/format.h>

#include <map>
#include <memory>
#include <span>

#include "base/json.h"
#include "cli/output/output.h"
#include "cli/output/output_file.h"
#include "command.h"
#include "json_output.h"
#include "model_files.h"
#include "paperkite/classifier.h"
#include "paperkite/try.h"

namespace kite::cli {

namespace {

struct CompileOptions {
  CommonOptions common;
  std::string model;
  std::string output;
};

// The meaning of the model's inputs and outputs, and the sources that state it.
struct Meaning {
  std::map<std::string, std::string> metadata;  // of the plan, see Classifier::self_description()
  std::string labels_source = "none";
  std::string recipe_source = "none";
};

// Empty for a model that is not a classifier. A recipe that no source states is not stored in the plan, because there
// it would look like a stated one. Where a source states some of its fields, the others are filled in, and a warning
// says so now.
Result<Meaning> meaning_of(const CompileOptions& options) {
  ClassifierOptions classifier_options;
  classifier_options.model = options.common.model_options();
  classifier_options.session.threads = 1;
  const auto classifier = Classifier::open(options.model, classifier_options);
  Meaning meaning;
  if (!classifier.ok()) {
    if (classifier.error().code == ErrorCode::kUnsupportedModel && options.common.meaning.labels.empty())
      return meaning;
    return classifier.error();
  }
  for (const std::string& warning : classifier->warnings()) warn(warning);
  meaning.labels_source = classifier->labels_source();
  meaning.recipe_source = classifier->recipe_source();
  KITE_TRY_ASSIGN(meaning.metadata, classifier->self_description());
  return meaning;
}

Status compile(const CompileOptions& options) {
  KITE_TRY(check_outputs({&options.output, 1}, [&] { return files_of_model(options.model, options.common.meaning); }));
  KITE_TRY_ASSIGN(OutputFile output, OutputFile::create(options.output));
  ModelOptions model_options = options.common.model_options();
  model_options.use_cache = false;  // the plan must hold its own weights, not use those of a cached plan
  KITE_TRY_ASSIGN(const Meaning meaning, meaning_of(options));
  model_options.metadata = meaning.metadata;
  KITE_TRY_ASSIGN(const Model model, Model::open(options.model, model_options));
  const std::span<const std::byte> bytes = model.plan_bytes();
  output.stream().write({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  KITE_TRY(output.publish());
  if (options.common.json) {
    const nlohmann::ordered_json object = {{"model", options.model},          {"plan", options.output},
                                           {"bytes", bytes.size()},           {"isa", model.isa()},
                                           {"labels", meaning.labels_source}, {"preprocess", meaning.recipe_source}};
    print_json(object);
  } else {
    print("{}: {:.1f} MB for {}, labels: {}, preprocessing: {}\n", options.output,
          static_cast<double>(bytes.size()) * 1e-6, model.isa(), meaning.labels_source, meaning.recipe_source);
  }
  return {};
}

}  // namespace

Verb compile_verb() {
  auto options = std::make_shared<CompileOptions>();
  Verb verb{.name = "compile", .summary = "Make a plan file, which opens without the model"};
  verb.add({{.names = "MODEL", .into = &options->model, .help = "An .onnx file", .required = true},
            {.names = "-o,--output",
             .into = &options->output,
             .help = "The plan to write",
             .type = "FILE.plan",
             .required = true}});
  add_model_options(verb, options->common);
  verb.run = [options] { return exit_code_after(compile(*options), options->common.json); };
  return verb;
}

}  // namespace kite::cli
