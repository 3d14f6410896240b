// SPDX-License-Identifier: Apache-2.0
// kite profile: where the time of a run goes, step by step.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/json.h"
#include "cli/output/output.h"
#include "cli/output/output_file.h"
#include "cli/parser/number_option.h"
#include "command.h"
#include "json_output.h"
#include "kernels/peak/peak.h"
#include "kernels/targets.h"
#include "model_files.h"
#include "paperkite/session.h"
#include "paperkite/try.h"
#include "profile_chart.h"

namespace kite::cli {

namespace {

constexpr int kWarmupRuns = 5;

struct ProfileOptions {
  CommonOptions common;
  std::string model;
  std::string svg;
  int runs = 50;
};

// The median of each step over the runs, so that one interruption of a step does not change its time.
Result<std::vector<double>> measure_steps(Session& session, std::size_t steps, std::span<const TensorView> inputs,
                                          int runs) {
  std::vector<std::vector<double>> samples(steps);
  const auto record = [&samples](std::size_t step, std::uint64_t duration_ns) {
    samples[step].push_back(static_cast<double>(duration_ns) * 1e-3);
  };
  for (int run = 0; run < kWarmupRuns; ++run) KITE_TRY(session.run(inputs));
  for (auto& of_step : samples) of_step.reserve(static_cast<std::size_t>(runs));
  for (int run = 0; run < runs; ++run) KITE_TRY(session.run(inputs, record));
  std::vector<double> medians_us;
  for (auto& of_step : samples) {
    std::ranges::nth_element(of_step, of_step.begin() + static_cast<std::ptrdiff_t>(of_step.size() / 2));
    medians_us.push_back(of_step[of_step.size() / 2]);
  }
  return medians_us;
}

std::vector<ProfiledStep> describe_steps(std::span<const ModelStep> steps, std::span<const double> medians_us,
                                         double peak_gflops) {
  std::vector<ProfiledStep> rows;
  for (std::size_t s = 0; s < steps.size(); ++s) {
    const ModelStep& step = steps[s];
    ProfiledStep row;
    row.node = step.node;
    row.op = step.op;
    row.kernel = step.kernel;
    row.us = medians_us[s];
    row.gflops = row.us > 0.0 ? 2.0 * static_cast<double>(step.macs) / (row.us * 1e3) : 0.0;
    row.share_of_peak = peak_gflops > 0.0 ? row.gflops / peak_gflops : 0.0;
    row.macs = step.macs;
    row.bytes = step.bytes;
    row.shape = step.result.shape.to_string();
    rows.push_back(std::move(row));
  }
  return rows;
}

void print_table(const std::vector<ProfiledStep>& rows, double total_us, double peak_gflops) {
  print("{:>4} {:>9} {:>6} {:>8} {:>6} {:>9}  {:<32} {:<20} {}\n", "step", "us", "time", "GFLOP/s", "peak", "KB",
        "kernel", "result", "node");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const ProfiledStep& row = rows[i];
    print("{:>4} {:>9.1f} {:>5.1f}% {:>8.1f} {:>5.0f}% {:>9.1f}  {:<32} {:<20} {} {}\n", i, row.us,
          100.0 * row.us / total_us, row.gflops, 100.0 * row.share_of_peak, static_cast<double>(row.bytes) * 1e-3,
          row.kernel, row.shape, row.op, row.node);
  }
  print("{} steps, {:.1f} us; the machine's own multiply-add peak is {:.0f} GFLOP/s\n", rows.size(), total_us,
        peak_gflops);
}

Status profile(const ProfileOptions& options) {
  KITE_TRY(check_outputs({&options.svg, 1}, [&] { return files_of_model(options.model, options.common.meaning); }));
  KITE_TRY_ASSIGN(const Model model, Model::open(options.model, options.common.model_options()));
  KITE_TRY_ASSIGN(Session session, Session::create(model, options.common.session_options()));
  warn_of_missing_threads(options.common.threads, session.threads());
  std::vector<Tensor> tensors;
  std::vector<TensorView> inputs;
  for (const Port& port : model.inputs()) tensors.emplace_back(port.type);
  for (const Tensor& tensor : tensors) inputs.push_back(tensor.view());
  const std::vector<ModelStep> steps = model.steps();
  KITE_TRY_ASSIGN(const auto medians_us, measure_steps(session, steps.size(), inputs, options.runs));
  KITE_TRY_ASSIGN(const Target* target, parse_target(model.isa()));
  const double peak_gflops = measure_peak_gflops(*target) * session.threads();
  const std::vector<ProfiledStep> rows = describe_steps(steps, medians_us, peak_gflops);
  double total_us = 0.0;
  for (const ProfiledStep& row : rows) total_us += row.us;

  if (!options.svg.empty()) KITE_TRY(write_roofline(options.svg, options.model, rows, peak_gflops));
  if (!options.common.json) {
    print_table(rows, total_us, peak_gflops);
    return {};
  }
  auto array = nlohmann::ordered_json::array();
  for (const ProfiledStep& row : rows) {
    array.push_back({{"node", row.node},
                     {"op", row.op},
                     {"kernel", row.kernel},
                     {"us", row.us},
                     {"gflops", row.gflops},
                     {"share_of_peak", row.share_of_peak},
                     {"macs", row.macs},
                     {"bytes", row.bytes}});
  }
  const nlohmann::ordered_json object = {{"model", options.model},
                                         {"threads", session.threads()},
                                         {"peak_gflops", peak_gflops},
                                         {"total_us", total_us},
                                         {"steps", array}};
  print_json(object);
  return {};
}

}  // namespace

Verb profile_verb() {
  auto options = std::make_shared<ProfileOptions>();
  Verb verb{.name = "profile", .summary = "Time every step of a model"};
  verb.add({model_option(options->model),
            {.names = "--svg", .into = &options->svg, .help = "Draw a roofline of the steps", .type = "FILE.svg"},
            {.names = "--runs", .into = &options->runs, .help = "Profiled runs", .values = integer_within(1, 100000)}});
  add_model_options(verb, options->common);
  verb.run = [options] { return exit_code_after(profile(*options), options->common.json); };
  return verb;
}

}  // namespace kite::cli
