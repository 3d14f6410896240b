// SPDX-License-Identifier: Apache-2.0
// kite compile: make the plan now, as a file.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "command.h"
#include "paperkite/try.h"
#include "plan/plan_file.h"

namespace kite::cli {

namespace {

struct CompileOptions {
  CommonOptions common;
  std::string model;
  std::string output;
};

Status compile(const CompileOptions& options) {
  ModelOptions model_options = options.common.model_options();
  model_options.use_cache = false;
  KITE_TRY_ASSIGN(const Model model, Model::open(options.model, model_options));
  KITE_TRY(write_plan_file(*model.plan(), options.output));
  const std::size_t size_bytes = model.plan()->bytes().size();
  if (options.common.json) {
    const nlohmann::ordered_json object = {
        {"model", options.model}, {"plan", options.output}, {"bytes", size_bytes}, {"isa", model.isa()}};
    fmt::print("{}\n", object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
  } else {
    fmt::print("{}: {:.1f} MB for {}\n", options.output, static_cast<double>(size_bytes) * 1e-6, model.isa());
  }
  return {};
}

}  // namespace

void add_compile(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<CompileOptions>();
  CLI::App* verb = app.add_subcommand("compile", "Make a plan file, which opens without the model");
  verb->add_option("MODEL", options->model, "An .onnx file")->required();
  verb->add_option("-o,--output", options->output, "The plan to write")->required()->type_name("FILE.plan");
  add_common_options(*verb, options->common);
  verb->callback([options, &exit_code] {
    const Status status = compile(*options);
    exit_code = status.ok() ? kOk : report(status.error(), options->common.json);
  });
}

}  // namespace kite::cli
