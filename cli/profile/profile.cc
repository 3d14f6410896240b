// SPDX-License-Identifier: Apache-2.0
// kite profile: where the time of a run goes, step by step.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <numeric>

#include "base/json.h"
#include "base/thread_pool.h"
#include "cli/command.h"
#include "cli/json_output.h"
#include "cli/model_files.h"
#include "cli/output/output.h"
#include "cli/output/output_file.h"
#include "cli/parser/number_option.h"
#include "cli/profile/cache_traffic.h"
#include "cli/profile/caches.h"
#include "cli/profile/roofline.h"
#include "kernels/peak/peak.h"
#include "kernels/targets.h"
#include "paperkite/session.h"
#include "paperkite/try.h"

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

// The peak of all threads at the same time, in GFLOP/s: processors that share a core, or their clock, have less
// together than each has alone.
double measure_concurrent_peak(const Target& target, int threads) {
  struct Peaks {
    const Target& target;
    std::vector<double> of_members;
  };
  ThreadPool team(threads);
  Peaks peaks{target, std::vector<double>(static_cast<std::size_t>(team.size()))};
  team.run(
      [](void* context, int member) {
        auto& mine = *static_cast<Peaks*>(context);
        mine.of_members[static_cast<std::size_t>(member)] = measure_peak_gflops(mine.target);
      },
      &peaks);
  return std::accumulate(peaks.of_members.begin(), peaks.of_members.end(), 0.0);
}

std::vector<ProfiledStep> describe_steps(std::span<const ModelStep> steps, std::span<const double> medians_us,
                                         double peak_gflops, std::span<const Passed> traffic) {
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
    row.passed = traffic[s];
    row.parts = step.parts;
    row.shape = step.result.shape.to_string();
    rows.push_back(std::move(row));
  }
  return rows;
}

// "L2", "L3", "memory": where bytes come from that pass the first cache, the second, the last.
std::string behind(std::span<const Cache> caches, std::size_t cache) {
  return cache + 1 < caches.size() ? fmt::format("L{}", caches[cache + 1].level) : "memory";
}

void print_table(const std::vector<ProfiledStep>& rows, std::span<const Cache> caches, double total_us,
                 double peak_gflops, int threads) {
  print("{:>4} {:>9} {:>6} {:>8} {:>6} {:>9}", "step", "us", "time", "GFLOP/s", "peak", "KB");
  for (std::size_t c = 0; c < caches.size(); ++c) print(" {:>9}", behind(caches, c));
  print("  {:<32} {:<20} {}\n", "kernel", "result", "node");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const ProfiledStep& row = rows[i];
    print("{:>4} {:>9.1f} {:>5.1f}% {:>8.1f} {:>5.0f}% {:>9.1f}", i, row.us, 100.0 * row.us / total_us, row.gflops,
          100.0 * row.share_of_peak, static_cast<double>(row.bytes) * 1e-3);
    for (const std::uint64_t bytes : row.passed) print(" {:>9.1f}", static_cast<double>(bytes) * 1e-3);
    print("  {:<32} {:<20} {} {}\n", row.kernel, row.shape, row.op, row.node);
    for (const StepPart& part : row.parts) {
      print("{:>{}}  {:<32} {:<20} {} {}\n", "", 47 + 10 * caches.size(), "of which",
            fmt::format("{:.3f} M", static_cast<double>(part.macs) * 1e-6), part.op, part.node);
    }
  }
  print(
      "{} steps, {:.1f} us; peak: of {:.0f} GFLOP/s, the multiply-adds that this machine does with {} thread{} at "
      "once\n",
      rows.size(), total_us, peak_gflops, threads, threads == 1 ? "" : "s");
  if (caches.empty()) return;
  print(
      "KB: what a step reads and writes; after it what of that is in no nearer cache, by the sizes of steps and caches "
      "(");
  for (std::size_t c = 0; c < caches.size(); ++c) {
    print("{}L{} {} KB", c == 0 ? "" : ", ", caches[c].level, caches[c].bytes >> 10);
  }
  print(")\n");
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
  const double peak_gflops = measure_concurrent_peak(*target, session.threads());
  const std::vector<Cache> caches = data_caches();
  const std::vector<ProfiledStep> rows =
      describe_steps(steps, medians_us, peak_gflops, cache_traffic(steps, caches, session.threads()));
  double total_us = 0.0;
  for (const ProfiledStep& row : rows) total_us += row.us;

  if (!options.svg.empty()) KITE_TRY(write_roofline(options.svg, options.model, rows, peak_gflops));
  if (!options.common.json) {
    print_table(rows, caches, total_us, peak_gflops, session.threads());
    return {};
  }
  auto array = nlohmann::ordered_json::array();
  for (const ProfiledStep& row : rows) {
    nlohmann::ordered_json from = nlohmann::ordered_json::object();
    for (std::size_t c = 0; c < caches.size(); ++c) from[behind(caches, c)] = row.passed[c];
    array.push_back({{"node", row.node},
                     {"op", row.op},
                     {"kernel", row.kernel},
                     {"us", row.us},
                     {"gflops", row.gflops},
                     {"share_of_peak", row.share_of_peak},
                     {"macs", row.macs},
                     {"bytes", row.bytes},
                     {"bytes_from", from},
                     {"parts", describe_parts(row.parts)}});
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
