// SPDX-License-Identifier: Apache-2.0
// kite run: raw tensors in, raw tensors out.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "api/load.h"
#include "base/json.h"
#include "base/mapped_file.h"
#include "cli/output/output.h"
#include "cli/output/output_file.h"
#include "command.h"
#include "graph/import.h"
#include "json_output.h"
#include "large_output.h"
#include "model_files.h"
#include "paperkite/npy.h"
#include "paperkite/try.h"
#include "plan/format/plan.h"
#include "run_oracle.h"

namespace kite::cli {

namespace {

struct RunOptions {
  CommonOptions common;
  std::string model;
  std::vector<std::string> inputs;   // NAME=file.npy
  std::vector<std::string> outputs;  // NAME=file.npy
  bool oracle = false;
};

using Paths = std::map<std::string, std::string, std::less<>>;
using Tensors = std::map<std::string, Tensor, std::less<>>;
using Names = std::set<std::string, std::less<>>;

// The names of the model's inputs and outputs.
struct PortNames {
  Names inputs;
  Names outputs;
};

Result<PortNames> read_names(const RunOptions& options) {
  PortNames names;
  KITE_TRY_ASSIGN(MappedFile mapped, MappedFile::open(options.model));
  if (is_plan(mapped.bytes())) {
    KITE_TRY_ASSIGN(const auto plan, Plan::open(std::move(mapped)));
    for (const PlanPort& port : plan->inputs()) names.inputs.emplace(port.name);
    for (const PlanPort& port : plan->outputs()) names.outputs.emplace(port.name);
    return names;
  }
  KITE_TRY_ASSIGN(const ImportedModel model,
                  import_file(std::make_shared<const MappedFile>(std::move(mapped)), options.common.meaning.data_dirs));
  const Graph& graph = model.graph;
  for (const GraphInput& input : graph.inputs) names.inputs.insert(graph.value(input.value).name);
  for (const GraphInput& input : graph.inputs_with_default) names.inputs.insert(graph.value(input.value).name);
  for (std::size_t i = 0; i < graph.outputs.size(); ++i) names.outputs.emplace(graph.output_name(i));
  return names;
}

bool is_ambiguous(std::string_view pair) { return std::ranges::count(pair, '=') > 1; }

// The position at which NAME ends: the last '=' with a known name before it, else the first '='.
std::size_t end_of_name(const std::string& pair, const Names& known) {
  for (std::size_t at = pair.rfind('='); at != std::string::npos && at > 0; at = pair.rfind('=', at - 1)) {
    if (known.contains(pair.substr(0, at))) return at;
  }
  return pair.find('=');
}

// NAME=PATH pairs as a map; kUsage for text without '=' and for a name given twice. `known` may be empty where no pair
// is ambiguous.
Result<Paths> parse_pairs(const std::vector<std::string>& pairs, std::string_view flag, const Names& known) {
  Paths parsed;
  for (const std::string& pair : pairs) {
    const std::size_t equals = end_of_name(pair, known);
    if (equals == std::string::npos || equals == 0 || equals + 1 == pair.size() ||
        !parsed.emplace(pair.substr(0, equals), pair.substr(equals + 1)).second) {
      return Error{ErrorCode::kUsage, fmt::format("{} {}: expected NAME=FILE.npy, each name once", flag, pair), {}, {}};
    }
  }
  return parsed;
}

// One computed output; the data is borrowed.
struct Computed {
  std::string name;
  TensorView tensor;
};

Status check_output_names(const Paths& paths, const std::vector<std::string>& names, const std::string& model) {
  for (const auto& [name, path] : paths) {
    if (std::ranges::find(names, name) == names.end()) {
      return Error{ErrorCode::kUsage, fmt::format("the model has no output \"{}\"", name), model,
                   fmt::format("its outputs are: {}", fmt::join(names, ", "))};
    }
  }
  return {};
}

Status write_outputs(const RunOptions& options, const Paths& paths, const std::vector<Computed>& outputs) {
  nlohmann::ordered_json described = nlohmann::ordered_json::array();
  for (const auto& [name, tensor] : outputs) {
    const Shape& shape = tensor.type.shape;
    const auto path = paths.find(name);
    if (path != paths.end()) KITE_TRY(write_tensor_file(path->second, tensor));
    described.push_back(
        {{"name", name},
         {"dtype", dtype_name(tensor.type.dtype)},
         {"shape", std::vector<std::int64_t>(shape.dims().begin(), shape.dims().end())},
         {"file", path == paths.end() ? nlohmann::ordered_json() : nlohmann::ordered_json(path->second)}});
    if (!options.common.json) {
      print("{}: {}{}{}\n", name, dtype_name(tensor.type.dtype), shape.to_string(),
            path == paths.end() ? "" : " -> " + path->second);
    }
  }
  if (options.common.json) {
    print_json({{"model", options.model}, {"outputs", described}});
  }
  return {};
}

Status run_judge(const RunOptions& options, Tensors tensors, const Paths& output_paths) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 62;
  const auto limit_bytes = static_cast<std::int64_t>(std::min(options.common.memory_limit_bytes, kMost));
  KITE_TRY_ASSIGN(const std::vector<NamedTensor> results,
                  run_oracle(options.model, std::move(tensors), options.common.meaning.data_dirs, limit_bytes));
  std::vector<Computed> outputs;
  std::vector<std::string> names;
  for (const NamedTensor& result : results) {
    outputs.push_back({result.name, result.tensor.view()});
    names.push_back(result.name);
  }
  KITE_TRY(check_output_names(output_paths, names, options.model));
  return write_outputs(options, output_paths, outputs);
}

Status run_engine(const RunOptions& options, Tensors tensors, const Paths& output_paths) {
  // The shapes of the given tensors bind the model's dynamic dimensions.
  ModelOptions model_options = options.common.model_options();
  for (const auto& [name, tensor] : tensors) model_options.input_shapes.emplace(name, tensor.shape());
  KITE_TRY_ASSIGN(const Model model, Model::open(options.model, model_options));
  for (const std::string& warning : model.warnings()) warn(warning);
  std::vector<TensorView> inputs;
  for (const Port& port : model.inputs()) {
    const auto tensor = tensors.find(port.name);
    if (tensor == tensors.end()) {
      return Error{ErrorCode::kUsage,
                   fmt::format("no tensor for input \"{}\" {}", port.name, port.type.shape.to_string()), options.model,
                   fmt::format("add --input {}=FILE.npy", port.name)};
    }
    auto declared = as_declared(std::move(tensor->second), port.type.dtype);
    if (!declared.ok()) return std::move(declared).error().in(fmt::format("input \"{}\"", port.name));
    tensor->second = std::move(declared).value();
    inputs.push_back(tensor->second.view());
  }
  std::vector<std::string> names;
  for (const Port& port : model.outputs()) names.emplace_back(port.name);
  KITE_TRY(check_output_names(output_paths, names, options.model));
  KITE_TRY_ASSIGN(Session session, Session::create(model, options.common.session_options()));
  warn_of_missing_threads(options.common.threads, session.threads());
  KITE_TRY(session.run(inputs));
  std::vector<Computed> outputs;
  for (std::size_t i = 0; i < names.size(); ++i) outputs.push_back({names[i], session.output(i)});
  return write_outputs(options, output_paths, outputs);
}

Status run_model(const RunOptions& options) {
  PortNames names;
  if (std::ranges::any_of(options.inputs, is_ambiguous) || std::ranges::any_of(options.outputs, is_ambiguous)) {
    KITE_TRY_ASSIGN(names, read_names(options));
  }
  KITE_TRY_ASSIGN(const Paths input_paths, parse_pairs(options.inputs, "--input", names.inputs));
  KITE_TRY_ASSIGN(const Paths output_paths, parse_pairs(options.outputs, "--output", names.outputs));
  std::vector<std::string> outputs;
  for (const auto& [name, path] : output_paths) outputs.push_back(path);
  KITE_TRY(check_outputs(outputs, [&] {
    std::vector<std::string> inputs = files_of_model(options.model, options.common.meaning);
    for (const auto& [name, path] : input_paths) inputs.push_back(path);
    return inputs;
  }));
  Tensors tensors;
  for (const auto& [name, path] : input_paths) {
    KITE_TRY_ASSIGN(Tensor tensor, read_npy(path));
    tensors.emplace(name, std::move(tensor));
  }
  return options.oracle ? run_judge(options, std::move(tensors), output_paths)
                        : run_engine(options, std::move(tensors), output_paths);
}

}  // namespace

Verb run_verb() {
  auto options = std::make_shared<RunOptions>();
  Verb verb{.name = "run", .summary = "Run a model on raw tensors (.npy files)"};
  verb.add(
      {model_option(options->model),
       {.names = "--input",
        .into = &options->inputs,
        .help = "A tensor for an input; its shape binds dynamic dimensions",
        .type = "NAME=FILE.npy"},
       {.names = "--output", .into = &options->outputs, .help = "Where to write an output", .type = "NAME=FILE.npy"},
       {.names = "--oracle",
        .into = &options->oracle,
        .help = "Compute with the portable operators in double precision: slow; the oracle for the engine's values"}});
  add_model_options(verb, options->common);
  verb.run = [options] { return exit_code_after(run_model(*options), options->common.json); };
  return verb;
}

}  // namespace kite::cli
