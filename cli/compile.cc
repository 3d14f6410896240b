// SPDX-License-Identifier: Apache-2.0
// kite compile: make the plan now, as a file.
#include <fmt/format.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "command.h"
#include "paperkite/classifier.h"
#include "paperkite/try.h"
#include "plan/plan_file.h"

namespace kite::cli {

namespace {

struct CompileOptions {
  CommonOptions common;
  std::string model;
  std::string output;
};

// What the numbers that go in and come out mean, and where that was found.
struct Meaning {
  std::map<std::string, std::string> metadata;  // of the plan
  std::string labels_source = "none";
  std::string recipe_source = "none";
};

// Nothing for a model that is no classifier. A recipe of which nothing was stated is not put into the plan, where it
// would look as if it had been; what is missing in one that was is filled in, and said now.
Result<Meaning> meaning_of(const CompileOptions& options) {
  ClassifierOptions classifier_options;
  classifier_options.model = options.common.model_options();
  classifier_options.session.threads = 1;
  const auto classifier = Classifier::open(options.model, classifier_options);
  Meaning meaning;
  if (!classifier.ok()) {
    if (classifier.error().code == ErrorCode::kUnsupportedModel && options.common.meaning.labels.empty()) return meaning;
    return classifier.error();
  }
  for (const std::string& warning : classifier->warnings()) warn(warning);
  constexpr auto kReplace = nlohmann::json::error_handler_t::replace;
  meaning.labels_source = classifier->labels_source();
  if (!classifier->labels().empty()) {
    meaning.metadata["paperkite.labels"] = nlohmann::json(classifier->labels()).dump(-1, ' ', false, kReplace);
  }
  meaning.recipe_source = classifier->recipe_source();
  if (meaning.recipe_source != "guess") {
    meaning.metadata["paperkite.preprocess"] = classifier->recipe_json();
  }
  return meaning;
}

Status compile(const CompileOptions& options) {
  ModelOptions model_options = options.common.model_options();
  model_options.use_cache = false;
  KITE_TRY_ASSIGN(const Meaning meaning, meaning_of(options));
  model_options.metadata = meaning.metadata;
  KITE_TRY_ASSIGN(const Model model, Model::open(options.model, model_options));
  KITE_TRY(write_plan_file(*model.plan(), options.output));
  const std::size_t size_bytes = model.plan()->bytes().size();
  if (options.common.json) {
    const nlohmann::ordered_json object = {
        {"model", options.model}, {"plan", options.output},          {"bytes", size_bytes},
        {"isa", model.isa()},     {"labels", meaning.labels_source}, {"preprocess", meaning.recipe_source}};
    fmt::print("{}\n", object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
  } else {
    fmt::print("{}: {:.1f} MB for {}, labels: {}, preprocessing: {}\n", options.output,
               static_cast<double>(size_bytes) * 1e-6, model.isa(), meaning.labels_source, meaning.recipe_source);
  }
  return {};
}

}  // namespace

void add_compile(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<CompileOptions>();
  CLI::App* verb = app.add_subcommand("compile", "Make a plan file, which opens without the model");
  verb->add_option("MODEL", options->model, "An .onnx file")->required();
  verb->add_option("-o,--output", options->output, "The plan to write")->required()->type_name("FILE.plan");
  add_model_options(*verb, options->common);
  verb->callback([options, &exit_code] {
    const Status status = compile(*options);
    exit_code = status.ok() ? kOk : report(status.error(), options->common.json);
  });
}

}  // namespace kite::cli
