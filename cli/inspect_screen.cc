// SPDX-License-Identifier: Apache-2.0
// Prints the first screen of `kite inspect` for people, within 80 columns.
#include "inspect_screen.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

#include "base/text_escape.h"
#include "cli/output/output.h"
#include "inspect_json.h"
#include "inspect_sources.h"

namespace kite::cli {

namespace {

constexpr std::size_t kColumns = 80;
constexpr std::size_t kValueColumn = 17;  // of "  preprocessing  "
// What a screen of 40 lines has room for, besides the rows of a usual model.
constexpr std::size_t kMostPorts = 4;
constexpr std::size_t kMostKernels = 10;
constexpr std::size_t kMostProblems = 8;

double millions(std::uint64_t number) { return static_cast<double>(number) * 1e-6; }
std::string plural(std::int64_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

// Prints `text` after `head`, in lines of at most 80 columns that begin below its first one where a space allows.
void print_wrapped(std::string_view head, std::string_view text) {
  const std::string shown = escape_for_terminal(text);
  const std::size_t room = kColumns - std::min(head.size(), kColumns / 2);
  std::string_view rest = shown;
  std::string indent(head);
  do {
    std::size_t end = rest.size();
    if (end > room) {
      end = rest.rfind(' ', room);
      if (end == std::string_view::npos || end == 0) end = std::min(rest.find(' ', room), rest.size());
    }
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    while (line.ends_with(' ')) line.remove_suffix(1);
    print("{}{}\n", indent, line);
    indent.assign(head.size(), ' ');
  } while (!rest.empty());
}

void print_row(std::string_view what, std::string_view text) {
  print_wrapped(fmt::format("  {:<{}}", what, kValueColumn - 2), text);
}

// How many of a list are shown, and the line that says so.
std::size_t shown_of(std::size_t count, std::size_t most, bool all) { return all || count <= most ? count : most; }
void print_rest(std::size_t rest, std::string_view what) {
  if (rest > 0)
    print("  {:<{}}and {}; --all shows them\n", "", kValueColumn - 2, plural(static_cast<std::int64_t>(rest), what));
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
  return is_open ? ", stated as " + text + "]" : "";
}

std::string port_text(const Port& port) {
  return fmt::format("{} {}{}{}", port.name, dtype_name(port.type.dtype), port.type.shape.to_string(),
                     stated_dims(port));
}

std::string port_text(const StatedPort& port) {
  std::string dims;
  for (const std::string& dim : port.dims) dims += (dims.empty() ? "" : ",") + dim;
  return fmt::format("{} {}{}", port.name, port.type, port.has_shape ? '[' + dims + ']' : ", without a shape");
}

template <typename Ports>
void print_ports(std::string_view what, const Ports& ports, bool all) {
  const std::size_t shown = shown_of(ports.size(), kMostPorts, all);
  for (std::size_t i = 0; i < shown; ++i) print_row(what, port_text(ports[i]));
  print_rest(ports.size() - shown, what);
}

// "ONNX of IR 8 from pytorch 2.5.1, opset 17, com.microsoft 1"
std::string format_text(const ModelFacts& facts) {
  std::string text = fmt::format("ONNX of IR {}", facts.ir_version);
  if (!facts.producer.empty()) text += " from " + facts.producer;
  for (const auto& [domain, version] : facts.opsets) {
    text += domain.empty() ? fmt::format(", opset {}", version) : fmt::format(", {} {}", domain, version);
  }
  return text;
}

void print_steps(const std::vector<ModelStep>& steps) {
  print("\n{:>4}  {:<22} {:<20} {:>10}  {:<34} {}\n", "step", "operator", "result", "million", "kernel", "node");
  for (std::size_t s = 0; s < steps.size(); ++s) {
    print("{:>4}  {:<22} {:<20} {:>10.3f}  {:<34} {}\n", s, steps[s].op, steps[s].result.shape.to_string(),
          millions(steps[s].macs), steps[s].kernel, escape_for_terminal(steps[s].node));
  }
}

// The steps of one kernel. Those of portable steps are split by operator: each says what has no kernel.
struct KernelRow {
  std::string_view kernel;
  std::string_view op;  // of the first step
  std::int64_t steps = 0;
  std::uint64_t macs = 0;
};

constexpr std::string_view kPortable = "portable";

std::vector<KernelRow> kernel_rows(const std::vector<ModelStep>& steps) {
  std::map<std::pair<std::string_view, std::string_view>, KernelRow> rows;
  for (const ModelStep& step : steps) {
    KernelRow& row = rows[{step.kernel, step.kernel == kPortable ? step.op : std::string_view()}];
    if (row.steps++ == 0) {
      row.kernel = step.kernel;
      row.op = step.op;
    }
    row.macs += step.macs;
  }
  std::vector<KernelRow> sorted;
  for (const auto& [key, row] : rows) sorted.push_back(row);
  std::ranges::stable_sort(sorted, [](const KernelRow& a, const KernelRow& b) {
    return std::pair(a.macs, a.steps) > std::pair(b.macs, b.steps);
  });
  return sorted;
}

void print_kernels(const std::vector<ModelStep>& steps, const Model& model) {
  const std::vector<KernelRow> rows = kernel_rows(steps);
  print("\n{:>6}  {:>10}  {:>6}  {:<28} {}\n", "steps", "million", "", "kernel", "operator");
  const std::size_t shown = shown_of(rows.size(), kMostKernels, false);
  for (std::size_t i = 0; i < shown; ++i) {
    const KernelRow& row = rows[i];
    const double share = static_cast<double>(row.macs) / static_cast<double>(std::max<std::uint64_t>(model.macs(), 1));
    print("{:>6}  {:>10.3f}  {:>4.0f} %  {:<28} {}\n", row.steps, millions(row.macs), 100.0 * share, row.kernel,
          row.op);
  }
  std::int64_t rest = 0;
  for (std::size_t i = shown; i < rows.size(); ++i) rest += rows[i].steps;
  if (rest > 0) print("{:>6}  of other kernels\n", rest);
  print("--all lists the {} one by one\n", plural(static_cast<std::int64_t>(steps.size()), "step"));
}

std::string macs_text(const Model& model) {
  const auto share = fast_share(model);
  if (!share) return "none";
  return fmt::format("{:.3f} million a run, {:.1f} % of them in fast kernels ({})", millions(model.macs()),
                     100.0 * *share, model.isa());
}

std::string memory_text(const InspectOptions& options, const Model& model) {
  const ModelMemory memory = model.memory();
  const int threads = threads_of(options);
  return fmt::format("{} weights, {} results, {} scratch ({})", megabytes(memory.weight_bytes),
                     megabytes(memory.arena_bytes),
                     megabytes(memory.scratch_bytes * static_cast<std::uint64_t>(threads)), plural(threads, "thread"));
}

std::string operator_text(const Refusal& problem) {
  const std::string name = (problem.domain.empty() ? "" : problem.domain + '.') + problem.op_type;
  const std::string known = problem.first_opset == 0
                                ? std::string()
                                : fmt::format(" (known for {} to {})", problem.first_opset, problem.last_opset);
  return fmt::format("operator {} of opset {}{}: {}{}", name, problem.opset, known, plural(problem.count, "node"),
                     problem.count == 1 ? ", " : ", first ") +
         problem.error.where;
}

std::string problem_text(const Refusal& problem) {
  if (problem.kind == Refusal::Kind::kOperator) return operator_text(problem);
  std::string text = problem.error.message();
  if (problem.count > 1) text += fmt::format(" ({} more like it)", problem.count - 1);
  return text;
}

std::string verdict_text(const ModelSurvey& survey) {
  const auto count = static_cast<std::int64_t>(survey.problems.list.size());
  std::string text = "does not run: " + plural(count, "problem");
  if (survey.problems.unlisted > 0) text += fmt::format(" and {} more nodes", survey.problems.unlisted);
  return text;
}

}  // namespace

void print_model(const InspectOptions& options, const Model& model) {
  const Sources sources = describe_sources(options);
  const auto read = read_facts(model.path());  // fails for a plan, which no longer knows them
  // A plan has none; a file that cannot be read a second time is no plan.
  if (!read.ok() && (read.error().code == ErrorCode::kIo || read.error().code == ErrorCode::kLimit)) {
    warn(read.error().message());
  }
  const std::optional<ModelFacts> facts = read.ok() ? std::optional(*read) : std::nullopt;
  if (options.common.json) return print_model_json(options, model, facts, sources);
  const std::vector<ModelStep> steps = model.steps();
  print("{}\n", options.model);
  print_row("verdict", "runs");
  if (facts) print_row("format", format_text(*facts));
  print_ports("input", model.inputs(), options.all);
  print_ports("output", model.outputs(), options.all);
  const std::string nodes = facts ? plural(facts->nodes, "node") + ", run in " : "";
  print_row("graph", nodes + plural(static_cast<std::int64_t>(steps.size()), "step"));
  print_row("parameters", fmt::format("{:.3f} million", millions(model.parameters())));
  print_row("multiply-adds", macs_text(model));
  print_row("memory", memory_text(options, model));
  for (const auto& [key, value] : sources.rows) print_row(key, value);
  for (const std::string& conflict : sources.conflicts) print_row("overruled", conflict);
  for (const std::string& warning : sources.warnings) warn(warning);
  options.all ? print_steps(steps) : print_kernels(steps, model);
}

void print_survey(const InspectOptions& options, const ModelSurvey& survey, const Error& why) {
  if (options.common.json) return print_survey_json(options, survey, why);
  print("{}\n", options.model);
  print_row("verdict", verdict_text(survey));
  print_row("format", format_text(survey.facts));
  print_ports("input", survey.facts.inputs, options.all);
  print_ports("output", survey.facts.outputs, options.all);
  print_row("graph", plural(survey.facts.nodes, "node"));
  print_row("parameters", fmt::format("{:.3f} million", millions(static_cast<std::uint64_t>(survey.facts.parameters))));
  print("\n");
  const std::vector<Refusal>& problems = survey.problems.list;
  const std::size_t shown = shown_of(problems.size(), kMostProblems, options.all);
  for (std::size_t i = 0; i < shown; ++i) print_wrapped(fmt::format("{:>4}  ", i + 1), problem_text(problems[i]));
  if (shown < problems.size()) print("      and {} more; --all shows them\n", problems.size() - shown);
  if (survey.problems.unreached > 0) {
    print("{} after these could not be looked at\n", plural(survey.problems.unreached, "node"));
  }
}

}  // namespace kite::cli
