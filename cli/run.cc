// SPDX-License-Identifier: Apache-2.0
// kite run: raw tensors in, raw tensors out.
#include <fmt/format.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/try.h"
#include "command.h"
#include "npy.h"

namespace kite::cli {

namespace {

struct RunOptions {
  CommonOptions common;
  std::string model;
  std::vector<std::string> inputs;   // NAME=file.npy
  std::vector<std::string> outputs;  // NAME=file.npy
};

// NAME=PATH pairs as a map; kUsage for text without '=' and for a name given twice.
Result<std::map<std::string, std::string, std::less<>>> parse_pairs(const std::vector<std::string>& pairs,
                                                                    std::string_view flag) {
  std::map<std::string, std::string, std::less<>> parsed;
  for (const std::string& pair : pairs) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == pair.size() ||
        !parsed.emplace(pair.substr(0, equals), pair.substr(equals + 1)).second) {
      return Error{ErrorCode::kUsage, fmt::format("{} {}: expected NAME=FILE.npy, each name once", flag, pair), {}, {}};
    }
  }
  return parsed;
}

std::string names_of(std::span<const Port> ports) {
  std::string names;
  for (const Port& port : ports) names += (names.empty() ? "" : ", ") + std::string(port.name);
  return names;
}

Status run_model(const RunOptions& options) {
  KITE_TRY_ASSIGN(const auto input_paths, parse_pairs(options.inputs, "--input"));
  KITE_TRY_ASSIGN(const auto output_paths, parse_pairs(options.outputs, "--output"));
  // The shapes of the given tensors bind the model's dynamic dimensions.
  ModelOptions model_options = options.common.model_options();
  std::map<std::string, Tensor, std::less<>> tensors;
  for (const auto& [name, path] : input_paths) {
    KITE_TRY_ASSIGN(Tensor tensor, read_npy(path));
    model_options.input_shapes.emplace(name, tensor.shape());
    tensors.emplace(name, std::move(tensor));
  }
  KITE_TRY_ASSIGN(const Model model, Model::open(options.model, model_options));
  for (const std::string& warning : model.warnings()) warn(warning);

  std::vector<TensorView> inputs;
  for (const Port& port : model.inputs()) {
    const auto tensor = tensors.find(port.name);
    if (tensor == tensors.end()) {
      return Error{ErrorCode::kUsage, fmt::format("no tensor for input \"{}\" {}", port.name, port.type.shape.to_string()),
                   options.model, fmt::format("add --input {}=FILE.npy", port.name)};
    }
    inputs.push_back(tensor->second.view());
  }
  for (const auto& [name, path] : output_paths) {
    const bool known = std::ranges::any_of(model.outputs(), [&](const Port& port) { return port.name == name; });
    if (!known) {
      return Error{ErrorCode::kUsage, fmt::format("the model has no output \"{}\"", name), options.model,
                   "its outputs are: " + names_of(model.outputs())};
    }
  }
  KITE_TRY_ASSIGN(Session session, Session::create(model, options.common.session_options()));
  KITE_TRY(session.run(inputs));

  nlohmann::ordered_json described = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < model.outputs().size(); ++i) {
    const Port& port = model.outputs()[i];
    const auto path = output_paths.find(port.name);
    if (path != output_paths.end()) KITE_TRY(write_npy(path->second, session.output(i)));
    described.push_back({{"name", port.name},
                         {"dtype", dtype_name(port.type.dtype)},
                         {"shape", std::vector<std::int64_t>(port.type.shape.dims().begin(), port.type.shape.dims().end())},
                         {"file", path == output_paths.end() ? nlohmann::ordered_json() : nlohmann::ordered_json(path->second)}});
    if (!options.common.json) {
      fmt::print("{}: {}{}{}\n", port.name, dtype_name(port.type.dtype), port.type.shape.to_string(),
                 path == output_paths.end() ? "" : " -> " + path->second);
    }
  }
  if (options.common.json) {
    fmt::print("{}\n", nlohmann::ordered_json{{"model", options.model}, {"outputs", described}}.dump());
  }
  return {};
}

}  // namespace

void add_run(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* verb = app.add_subcommand("run", "Run a model on raw tensors (.npy files)");
  verb->add_option("MODEL", options->model, "An .onnx file or a plan")->required();
  verb->add_option("--input", options->inputs, "A tensor for an input; its shape binds dynamic dimensions")
      ->type_name("NAME=FILE.npy")
      ->allow_extra_args(false);
  verb->add_option("--output", options->outputs, "Where to write an output")
      ->type_name("NAME=FILE.npy")
      ->allow_extra_args(false);
  add_common_options(*verb, options->common);
  verb->callback([options, &exit_code] {
    const Status status = run_model(*options);
    exit_code = status.ok() ? kOk : report(status.error(), options->common.json);
  });
}

}  // namespace kite::cli
