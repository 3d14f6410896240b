// SPDX-License-Identifier: Apache-2.0
// kite inspect: describes a model, its kernels, and the sources of its labels and its recipe.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "api/load.h"
#include "base/cpu.h"
#include "command.h"
#include "image/text_escape.h"
#include "json_output.h"
#include "ops/op.h"
#include "output.h"
#include "paperkite/classifier.h"
#include "paperkite/try.h"
#include "passes/expand/expansion.h"

namespace kite::cli {

namespace {

using Json = nlohmann::ordered_json;

struct InspectOptions {
  CommonOptions common;
  std::string model;
  bool ops = false;
  bool plan = false;
  bool passes = false;
};

std::string megabytes(std::uint64_t bytes) { return fmt::format("{:.2f} MB", static_cast<double>(bytes) * 1e-6); }

std::vector<std::int64_t> dims_of(const TensorType& type) {
  return {type.shape.dims().begin(), type.shape.dims().end()};
}

// The support table: every operator, the opsets for which it is tested, and its limits.
void print_operators(bool json) {
  Json rows = Json::array();
  const auto add = [&](const auto& op) {
    const std::string name = (op.domain.empty() ? "" : std::string(op.domain) + ".") + std::string(op.name);
    if (json) {
      rows.push_back(
          {{"op", name}, {"first_opset", op.first_opset}, {"last_opset", op.last_opset}, {"limits", op.limits}});
    } else {
      print("{:<46} opset {:>2} to {:>2}  {}\n", name, op.first_opset, op.last_opset, op.limits);
    }
  };
  for (const Operator* op : all_operators()) {
    if (op->domain != kInternalDomain) add(*op);
  }
  for (const ExpandedOperator& op : expanded_operators()) add(op);
  if (json) print_json(rows, 2);
}

// Labels and recipe, or the reason why the model is not a classifier.
struct Sources {
  std::vector<std::pair<std::string, std::string>> rows;
  std::vector<std::string> warnings;
  std::vector<std::string> conflicts;  // sources that were not used, and why
  Json recipe;                         // null: the model is not a classifier
};

Sources describe_sources(const InspectOptions& options) {
  ClassifierOptions classifier_options;
  classifier_options.model = options.common.model_options();
  classifier_options.session.threads = 1;
  classifier_options.report_conflicts = true;
  const auto classifier = Classifier::open(options.model, classifier_options);
  if (!classifier.ok()) return {{{"classifier", "no: " + classifier.error().message()}}, {}, {}, {}};
  std::vector<std::pair<std::string, std::string>> rows = {
      {"classes", std::to_string(classifier->classes())},
      {"labels", classifier->labels_source()},
      {"preprocessing", classifier->recipe() + "  (" + classifier->recipe_source() + ")"}};
  for (const Decision& decision : classifier->decisions()) {
    rows.emplace_back(decision.subject,
                      decision.value + "  (" + decision.source + (decision.is_guess ? ", a guess)" : ")"));
  }
  return Sources{std::move(rows), classifier->warnings(), classifier->conflicts(),
                 Json::parse(classifier->recipe_json())};
}

Json describe_ports(std::span<const Port> ports) {
  Json array = Json::array();
  for (const Port& port : ports) {
    Json stated = Json::array();  // a number, a symbol, or null
    for (const Dimension& dim : port.dims) {
      stated.push_back(dim.size ? Json(*dim.size) : dim.symbol.empty() ? Json() : Json(dim.symbol));
    }
    array.push_back(
        {{"name", port.name}, {"dtype", dtype_name(port.type.dtype)}, {"shape", dims_of(port.type)}, {"dims", stated}});
  }
  return array;
}

Json describe_steps(const Model& model) {
  Json steps = Json::array();
  for (const ModelStep& step : model.steps()) {
    steps.push_back({{"op", step.op},
                     {"node", step.node},
                     {"kernel", step.kernel},
                     {"shape", dims_of(step.result)},
                     {"macs", step.macs}});
  }
  return steps;
}

// The dimensions as the model states them, where they differ from the shape: " as [batch,3,height,width]".
std::string stated_dims(const Port& port) {
  std::string text;
  bool is_open = false;
  for (const Dimension& dim : port.dims) {
    is_open = is_open || !dim.size;
    text += text.empty() ? "[" : ",";
    text += dim.size ? std::to_string(*dim.size) : dim.symbol.empty() ? "?" : std::string(dim.symbol);
  }
  return is_open ? ", stated as " + escape_for_terminal(text) + "]" : "";
}

void print_port(std::string_view what, const Port& port) {
  print("  {:<14} {} {}{}{}\n", what, escape_for_terminal(port.name), dtype_name(port.type.dtype),
        port.type.shape.to_string(), stated_dims(port));
}

void print_model(const InspectOptions& options, const Model& model) {
  const Sources sources = describe_sources(options);
  if (options.common.json) {
    Json object = {{"model", options.model},
                   {"isa", model.isa()},
                   {"parameters", model.parameters()},
                   {"macs", model.macs()},
                   {"inputs", describe_ports(model.inputs())},
                   {"outputs", describe_ports(model.outputs())}};
    for (const auto& [key, value] : sources.rows) object[key] = value;
    object["recipe"] = sources.recipe;
    object["warnings"] = sources.warnings;
    object["conflicts"] = sources.conflicts;
    object["steps"] = describe_steps(model);
    print_json(object, 2);
    return;
  }
  print("{}\n", options.model);
  for (const Port& port : model.inputs()) print_port("input", port);
  for (const Port& port : model.outputs()) print_port("output", port);
  print("  parameters     {:.3f} million\n  multiply-adds  {:.3f} million a run\n",
        static_cast<double>(model.parameters()) * 1e-6, static_cast<double>(model.macs()) * 1e-6);
  for (const auto& [key, value] : sources.rows) print("  {:<14} {}\n", key, escape_for_terminal(value));
  for (const std::string& conflict : sources.conflicts)
    print("  {:<14} {}\n", "overruled", escape_for_terminal(conflict));
  for (const std::string& warning : sources.warnings) warn(warning);
  print("\n{:>4}  {:<22} {:<20} {:>10}  {:<34} {}\n", "step", "operator", "result", "million", "kernel", "node");
  const std::vector<ModelStep> steps = model.steps();
  for (std::size_t s = 0; s < steps.size(); ++s) {
    print("{:>4}  {:<22} {:<20} {:>10.3f}  {:<34} {}\n", s, steps[s].op, steps[s].result.shape.to_string(),
          static_cast<double>(steps[s].macs) * 1e-6, steps[s].kernel, escape_for_terminal(steps[s].node));
  }
}

// The private memory of the program itself, without the model's memory: heap, stacks, relocated data (measured).
constexpr std::uint64_t kProgramBytes = std::uint64_t{280} << 10;

// The memory that a run will need, computed without a run.
void print_plan(const InspectOptions& options, const Model& model) {
  const ModelMemory memory = model.memory();
  const std::size_t steps = model.steps().size();
  const int threads = options.common.threads > 0 ? options.common.threads : default_thread_count();
  const std::uint64_t scratch = memory.scratch_bytes * static_cast<std::uint64_t>(threads);
  std::uint64_t private_bytes = memory.arena_bytes + scratch + memory.prepared_bytes + kProgramBytes;
  for (const Port& input : model.inputs()) private_bytes += static_cast<std::uint64_t>(input.type.size_bytes());
  if (options.common.json) {
    print_json({{"model", options.model},
                {"plan_bytes", memory.plan_bytes},
                {"weight_bytes", memory.weight_bytes},
                {"arena_bytes", memory.arena_bytes},
                {"scratch_bytes", scratch},
                {"private_bytes", private_bytes},
                {"threads", threads},
                {"steps", steps}},
               2);
    return;
  }
  print("{}\n  plan     {}, of that weights {}\n", options.model, megabytes(memory.plan_bytes),
        megabytes(memory.weight_bytes));
  print("  arena    {}\n  scratch  {} for {} thread{}\n  private  {} at the peak, besides the picture\n  steps    {}\n",
        megabytes(memory.arena_bytes), megabytes(scratch), threads, threads == 1 ? "" : "s", megabytes(private_bytes),
        steps);
}

Status print_passes(const InspectOptions& options) {
  KITE_TRY_ASSIGN(const OptimisedModel model, optimise_model(options.model, options.common.model_options()));
  Json rows = Json::array();
  const auto pipeline = pass_pipeline();
  for (std::size_t i = 0; i < model.passes.size(); ++i) {
    const PassReport& report = model.passes[i];
    const std::string_view summary = i < pipeline.size() ? pipeline[i].summary : std::string_view();
    if (options.common.json) {
      rows.push_back(
          {{"pass", report.name}, {"rewrites", report.rewrites}, {"disabled", report.disabled}, {"summary", summary}});
    } else {
      print("{:<24} {:>8}  {}\n", report.name, report.disabled ? "off" : std::to_string(report.rewrites), summary);
    }
  }
  if (options.common.json) print_json(rows, 2);
  return {};
}

Status inspect(const InspectOptions& options) {
  if (options.ops) {
    print_operators(options.common.json);
    return {};
  }
  if (options.model.empty()) {
    return Error{
        ErrorCode::kUsage, "no model is named", {}, "kite inspect MODEL, or kite inspect --ops for the operators"};
  }
  if (options.passes) return print_passes(options);
  KITE_TRY_ASSIGN(const Model model, Model::open(options.model, options.common.model_options()));
  options.plan ? print_plan(options, model) : print_model(options, model);
  return {};
}

}  // namespace

Verb inspect_verb() {
  auto options = std::make_shared<InspectOptions>();
  Verb verb{.name = "inspect", .summary = "Show shapes, kernels, labels and preprocessing of a model"};
  Option model = model_option(options->model);
  model.required = false;
  verb.add({std::move(model),
            {.names = "--ops", .into = &options->ops, .help = "List the supported operators (needs no model)"},
            {.names = "--plan", .into = &options->plan, .help = "Show the memory that a run will need"},
            {.names = "--passes", .into = &options->passes, .help = "Show what each optimisation pass did"}});
  add_model_options(verb, options->common);
  verb.run = [options] { return exit_code_after(inspect(*options), options->common.json); };
  return verb;
}

}  // namespace kite::cli
