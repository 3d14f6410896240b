// SPDX-License-Identifier: Apache-2.0
// kite bench: times inference alone, in one process, and keeps every sample.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "base/json.h"
#include "bench_protocol.h"
#include "bench_workload.h"
#include "cli/output/interrupt.h"
#include "cli/output/output.h"
#include "cli/output/output_file.h"
#include "cli/parser/number_option.h"
#include "clock.h"
#include "command.h"
#include "image_list.h"
#include "json_output.h"
#include "model_files.h"
#include "paperkite/try.h"
#include "process_memory.h"

namespace kite::cli {

namespace {

// The middle sample, or the mean of the two middle ones.
double median(std::vector<double> samples) {
  if (samples.empty()) return 0.0;
  std::ranges::sort(samples);
  const std::size_t half = samples.size() / 2;
  return samples.size() % 2 == 1 ? samples[half] : 0.5 * (samples[half - 1] + samples[half]);
}

struct BenchResult {
  double load_ms = 0.0;
  double first_ms = 0.0;
  std::vector<double> samples_ms;
};

// After a warm-up, as many runs as asked for, or as the time allows; the inputs are used in turn, again and again.
Result<BenchResult> measure(const BenchOptions& options, Workload& workload) {
  BenchResult result;
  std::int64_t next = 0;
  const auto run_ms = [&]() -> Result<double> {
    const std::int64_t input = next++ % workload.inputs();
    KITE_TRY(workload.prepare(input));
    const auto begin = std::chrono::steady_clock::now();
    KITE_TRY(workload.run(input));
    return milliseconds_since(begin);
  };
  KITE_TRY_ASSIGN(result.first_ms, run_ms());
  for (std::int64_t i = 1; i < options.warmup && !is_interrupted(); ++i) KITE_TRY(run_ms());
  const auto start = std::chrono::steady_clock::now();
  const auto enough = [&](std::int64_t done) {
    return options.iterations > 0 ? done >= options.iterations : milliseconds_since(start) >= options.seconds * 1e3;
  };
  for (std::int64_t done = 0; !enough(done) && !is_interrupted(); ++done) {
    KITE_TRY_ASSIGN(const double ms, run_ms());
    result.samples_ms.push_back(ms);
  }
  return result;
}

Result<BenchResult> measure_samples(const BenchOptions& options, Workload& workload) {
  KITE_TRY_ASSIGN(Series series, take_series(options, workload, is_interrupted, false));
  if (!is_interrupted()) KITE_TRY(write_series(options, workload, series));
  BenchResult result;
  result.samples_ms = std::move(series.samples_ms);
  if (!result.samples_ms.empty()) result.first_ms = result.samples_ms[0];
  return result;
}

void print_result(const BenchOptions& options, const Workload& workload, const BenchResult& result) {
  const Model& model = workload.model();
  const int threads = workload.threads();
  const double p50_ms = median(result.samples_ms);
  // Only for samples of inference alone; a sample that begins with a picture's path has no such numbers.
  const bool has_gflops = !options.from_pictures();
  const double gflops = p50_ms > 0.0 ? 2.0 * static_cast<double>(model.macs()) / (p50_ms * 1e6) : 0.0;
  const ProcessMemory memory = process_memory();
  if (options.common.json || options.format == "json") {
    const nlohmann::ordered_json object = {
        {"model", options.model},
        {"threads", threads},
        {"isa", model.isa()},
        {"precision", "float32"},
        {"load_ms", result.load_ms},
        {"first_ms", result.first_ms},
        {"samples_ms", result.samples_ms},
        {"p50_ms", p50_ms},
        {"macs", model.macs()},
        {"gflops", has_gflops ? nlohmann::ordered_json(gflops) : nlohmann::ordered_json()},
        {"rss_anon_bytes", memory.rss_anon},
        {"rss_file_bytes", memory.rss_file}};
    print_json(object);
    return;
  }
  const auto [least, most] = std::ranges::minmax(result.samples_ms.empty() ? std::vector{0.0} : result.samples_ms);
  print("{}  {}, {} thread{}, float32\n", options.model, model.isa(), threads, threads == 1 ? "" : "s");
  print("  load    {:9.3f} ms\n  first   {:9.3f} ms\n", result.load_ms, result.first_ms);
  print("  median  {:9.3f} ms   (min {:.3f}, max {:.3f}, {} runs)\n", p50_ms, least, most, result.samples_ms.size());
  if (has_gflops)
    print("  {:.1f} GFLOP/s, {:.2f} million multiply-adds a run\n", gflops, static_cast<double>(model.macs()) * 1e-6);
  print("  memory  {:.1f} MB private, {:.1f} MB file-backed\n", static_cast<double>(memory.rss_anon) * 1e-6,
        static_cast<double>(memory.rss_file) * 1e-6);
}

Status check_options(const BenchOptions& options) {
  const auto usage = [](std::string what, std::string remedy) {
    return Error{ErrorCode::kUsage, std::move(what), {}, std::move(remedy)};
  };
  if (!options.input.empty() && !options.image.empty()) return usage("--input and --image exclude each other", {});
  if (options.samples == 0 && options.format == "jsonl")
    return usage("--format jsonl counts its samples", "add --samples N");
  if (options.samples == 0 && !(options.logits.empty() && options.tensors.empty())) {
    return usage("--logits and --tensors are for a counted number of samples", "add --samples N");
  }
  if (options.block_ms > 0 && options.format != "jsonl") return usage("--blocks is for --format jsonl", {});
  if (!options.tensors.empty() && options.image.empty()) return usage("--tensors is for pictures", "add --image");
  return {};
}

Status bench(const BenchOptions& options, std::int64_t runtime_ns) {
  const auto start = std::chrono::steady_clock::now();
  KITE_TRY(check_options(options));
  const std::vector<std::string> outputs = {options.logits, options.tensors};
  KITE_TRY(check_outputs(outputs, [&] {
    std::vector<std::string> inputs = files_of_model(options.model, options.common.meaning);
    inputs.push_back(options.input);
    const std::vector<std::string> images = {options.image};
    std::ranges::move(files_of_images(images, list_images(images, false).items), std::back_inserter(inputs));
    return inputs;
  }));
  remember_interrupts();
  if (options.format == "jsonl") return run_protocol(options, runtime_ns, is_interrupted);
  KITE_TRY_ASSIGN(const std::unique_ptr<Workload> workload, Workload::load(options));
  const double load_ms = milliseconds_since(start);
  warn_of_missing_threads(options.common.threads, workload->threads());
  KITE_TRY(workload->open_inputs());
  KITE_TRY_ASSIGN(BenchResult result,
                  options.samples > 0 ? measure_samples(options, *workload) : measure(options, *workload));
  result.load_ms = load_ms;
  print_result(options, *workload, result);
  return {};
}

}  // namespace

Verb bench_verb() {
  auto options = std::make_shared<BenchOptions>();
  Verb verb{.name = "bench", .summary = "Time isolated inference in this process"};
  constexpr std::int64_t kMostRuns = 10'000'000;
  constexpr std::int64_t kLongestBlockMs = 3'600'000;
  verb.add({model_option(options->model),
            {.names = "--input",
             .into = &options->input,
             .help = "A tensor to run on (default: seeded noise)",
             .type = "FILE.npy"},
            {.names = "--image",
             .into = &options->image,
             .help = "Pictures: one, whose tensor is run on; or a folder or @list.txt, each sample from the path on",
             .type = "FILE"},
            {.names = "--iters",
             .into = &options->iterations,
             .help = "Measured runs (default: as many as --time holds)",
             .values = integer_within(1, kMostRuns)},
            {.names = "--warmup",
             .into = &options->warmup,
             .help = "Runs before measuring",
             .values = integer_within(1, kMostRuns)},
            {.names = "--time",
             .into = &options->seconds,
             .help = "Seconds to measure for",
             .values = real_within(0.001, 86400.0)},
            {.names = "--samples",
             .into = &options->samples,
             .help = "Take exactly N samples, the first run included; pictures from the path on",
             .type = "N",
             .values = integer_within(1, kMostRuns)},
            {.names = "--format",
             .into = &options->format,
             .help = "Form of the result; jsonl: a contestant's lines (peers/README.md)",
             .values = one_of({"table", "json", "jsonl"})},
            {.names = "--logits",
             .into = &options->logits,
             .help = "Write the raw scores of all samples",
             .type = "FILE.npy"},
            {.names = "--tensors",
             .into = &options->tensors,
             .help = "Write the input tensors of the first 16 samples",
             .type = "FILE.npy"},
            {.names = "--blocks",
             .into = &options->block_ms,
             .help = "Then, for each line \"go K\" of standard input, samples from input K on for MS (peers/README.md)",
             .type = "MS",
             .values = integer_within(1, kLongestBlockMs)}});
  add_model_options(verb, options->common);
  verb.run = [options]() -> int {
    const Status status = bench(*options, monotonic_ns());
    if (!status.ok()) return report(status.error(), options->common.json || options->format == "json");
    return is_interrupted() ? kInterrupted : kOk;
  };
  return verb;
}

}  // namespace kite::cli
