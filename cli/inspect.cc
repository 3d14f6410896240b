// SPDX-License-Identifier: Apache-2.0
// kite inspect: the verb, and what it says of operators, of memory and of passes.
#include <fmt/format.h>

#include <memory>
#include <utility>

#include "api/load.h"
#include "api/survey.h"
#include "base/cpu.h"
#include "base/json.h"
#include "cli/output/output.h"
#include "inspect_screen.h"
#include "json_output.h"
#include "ops/op.h"
#include "paperkite/try.h"
#include "passes/expand/expansion.h"

namespace kite::cli {

int threads_of(const InspectOptions& options) {
  return options.common.threads > 0 ? options.common.threads : default_thread_count();
}

std::string megabytes(std::uint64_t bytes) { return fmt::format("{:.2f} MB", static_cast<double>(bytes) * 1e-6); }

namespace {

using Json = nlohmann::ordered_json;

// The support table: every operator, the opsets for which it is tested, and its limits.
void print_operators(bool json) {
  Json rows = Json::array();
  const auto add = [&](const auto& op) {
    if (json) {
      rows.push_back({{"op", op.name},
                      {"domain", op.domain},
                      {"first_opset", op.first_opset},
                      {"last_opset", op.last_opset},
                      {"limits", op.limits}});
    } else {
      const std::string name = (op.domain.empty() ? "" : std::string(op.domain) + ".") + std::string(op.name);
      print("{:<46} opset {:>2} to {:>2}  {}\n", name, op.first_opset, op.last_opset, op.limits);
    }
  };
  for (const Operator* op : all_operators()) {
    if (op->domain != kInternalDomain) add(*op);
  }
  for (const ExpandedOperator& op : expanded_operators()) add(op);
  if (json) print_json(rows, 2);
}

// The private memory of the program itself, without the model's memory: heap, stacks, relocated data (measured).
constexpr std::uint64_t kProgramBytes = std::uint64_t{280} << 10;

// The memory that a run will need, computed without a run.
void print_plan(const InspectOptions& options, const Model& model) {
  const ModelMemory memory = model.memory();
  const std::size_t steps = model.steps().size();
  const int threads = threads_of(options);
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

// A model that was refused with `why`: all that is missing, where the file is an ONNX model at all.
ExitCode report_refused(const InspectOptions& options, const Error& why) {
  const auto survey = survey_model(options.model, options.common.model_options(), why);
  if (!survey.ok()) return report(why, options.common.json);
  print_survey(options, *survey, why);
  if (options.common.json) return exit_code_of(why.code);
  return report({why.code, "the model does not run", survey->path, "standard output says what is missing"}, false);
}

ExitCode inspect(const InspectOptions& options) {
  if (options.ops) {
    print_operators(options.common.json);
    return kOk;
  }
  if (options.model.empty()) {
    return report(
        {ErrorCode::kUsage, "no model is named", {}, "kite inspect MODEL, or kite inspect --ops for the operators"},
        options.common.json);
  }
  if (options.passes) return exit_code_after(print_passes(options), options.common.json);
  const auto model = Model::open(options.model, options.common.model_options());
  if (!model.ok() && options.plan) return report(model.error(), options.common.json);
  if (!model.ok()) return report_refused(options, model.error());
  options.plan ? print_plan(options, *model) : print_model(options, *model);
  return kOk;
}

}  // namespace

Verb inspect_verb() {
  auto options = std::make_shared<InspectOptions>();
  Verb verb{.name = "inspect",
            .summary = "Show whether a model runs and what is missing, its kernels, labels and preprocessing"};
  Option model = model_option(options->model);
  model.required = false;
  verb.add({std::move(model),
            {.names = "--ops", .into = &options->ops, .help = "List the supported operators (needs no model)"},
            {.names = "--all", .into = &options->all, .help = "Show every step, or everything that is missing"},
            {.names = "--plan", .into = &options->plan, .help = "Show the memory that a run will need"},
            {.names = "--passes", .into = &options->passes, .help = "Show what each optimisation pass did"}});
  add_model_options(verb, options->common);
  verb.run = [options] { return inspect(*options); };
  return verb;
}

}  // namespace kite::cli
