// SPDX-License-Identifier: Apache-2.0
// kite bench: isolated inference in one process, every sample kept.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>

#include "base/try.h"
#include "command.h"
#include "npy.h"
#include "picture_input.h"

namespace kite::cli {

namespace {

struct BenchOptions {
  CommonOptions common;
  std::string model;
  std::string input;  // .npy
  std::string image;
  std::int64_t iterations = 0;  // 0: until `seconds` are over
  std::int64_t warmup = 10;
  double seconds = 3.0;
};

double milliseconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

// Standard-normal noise from a fixed seed (Box-Muller over a 64-bit Mersenne twister: the same on every machine);
// integer inputs stay zero.
Tensor seeded_noise(const TensorType& type) {
  Tensor tensor(type);
  if (type.dtype != DType::kFloat32) return tensor;
  std::mt19937_64 generator(20190501);
  const auto uniform = [&] { return (static_cast<double>(generator() >> 11) + 0.5) * 0x1p-53; };
  for (std::int64_t i = 0; i < type.shape.elements(); ++i) {
    tensor.as<float>()[i] =
        static_cast<float>(std::sqrt(-2.0 * std::log(uniform())) * std::cos(2.0 * 3.141592653589793 * uniform()));
  }
  return tensor;
}

// A line of /proc/self/status in bytes, e.g. "RssAnon"; 0 where the kernel does not say.
std::uint64_t process_bytes(std::string_view key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(key) && line[key.size()] == ':') return std::stoull(line.substr(key.size() + 1)) * 1024;
  }
  return 0;
}

// The middle sample, or the mean of the two middle ones.
double median(std::vector<double> samples) {
  if (samples.empty()) return 0.0;
  std::ranges::sort(samples);
  const std::size_t half = samples.size() / 2;
  return samples.size() % 2 == 1 ? samples[half] : 0.5 * (samples[half - 1] + samples[half]);
}

volatile std::sig_atomic_t interrupted = 0;

struct BenchResult {
  double load_ms = 0.0;
  double first_ms = 0.0;
  std::vector<double> samples_ms;
};

Result<std::vector<Tensor>> bench_inputs(const BenchOptions& options, const Model& model) {
  std::vector<Tensor> tensors;
  if (!options.input.empty()) {
    KITE_TRY_ASSIGN(Tensor tensor, read_npy(options.input));
    tensors.push_back(std::move(tensor));
  } else if (!options.image.empty()) {
    KITE_TRY_ASSIGN(Tensor tensor, picture_input(options.model, options.common.model_options(), options.image));
    tensors.push_back(std::move(tensor));
  } else {
    for (const Port& port : model.inputs()) tensors.push_back(seeded_noise(port.type));
  }
  return tensors;
}

Result<BenchResult> measure(const BenchOptions& options, Session& session, std::span<const TensorView> inputs) {
  BenchResult result;
  const auto first = std::chrono::steady_clock::now();
  KITE_TRY(session.run(inputs));
  result.first_ms = milliseconds_since(first);
  for (std::int64_t i = 1; i < options.warmup && interrupted == 0; ++i) KITE_TRY(session.run(inputs));
  const auto start = std::chrono::steady_clock::now();
  const auto enough = [&](std::int64_t done) {
    return options.iterations > 0 ? done >= options.iterations : milliseconds_since(start) >= options.seconds * 1e3;
  };
  for (std::int64_t done = 0; !enough(done) && interrupted == 0; ++done) {
    const auto begin = std::chrono::steady_clock::now();
    KITE_TRY(session.run(inputs));
    result.samples_ms.push_back(milliseconds_since(begin));
  }
  return result;
}

void print_result(const BenchOptions& options, const Model& model, const Session& session, const BenchResult& result) {
  const double p50_ms = median(result.samples_ms);
  const double gflops = p50_ms > 0.0 ? 2.0 * static_cast<double>(model.macs()) / (p50_ms * 1e6) : 0.0;
  const std::uint64_t anon = process_bytes("RssAnon");
  const std::uint64_t file = process_bytes("RssFile");
  if (options.common.json) {
    const nlohmann::ordered_json object = {
        {"model", options.model},   {"threads", session.threads()},      {"isa", model.isa()},
        {"precision", "float32"},   {"load_ms", result.load_ms},         {"first_ms", result.first_ms},
        {"samples_ms", result.samples_ms}, {"p50_ms", p50_ms},           {"macs", model.macs()},
        {"gflops", gflops},         {"rss_anon_bytes", anon},            {"rss_file_bytes", file}};
    fmt::print("{}\n", object.dump());
    return;
  }
  const auto [least, most] = std::ranges::minmax(result.samples_ms.empty() ? std::vector{0.0} : result.samples_ms);
  fmt::print("{}  {}, {} thread{}, float32\n", options.model, model.isa(), session.threads(),
             session.threads() == 1 ? "" : "s");
  fmt::print("  load    {:9.3f} ms\n  first   {:9.3f} ms\n", result.load_ms, result.first_ms);
  fmt::print("  median  {:9.3f} ms   (min {:.3f}, max {:.3f}, {} runs)\n", p50_ms, least, most, result.samples_ms.size());
  fmt::print("  {:.1f} GFLOP/s, {:.2f} million multiply-adds a run\n", gflops, static_cast<double>(model.macs()) * 1e-6);
  fmt::print("  memory  {:.1f} MB private, {:.1f} MB file-backed\n", static_cast<double>(anon) * 1e-6,
             static_cast<double>(file) * 1e-6);
}

Status bench(const BenchOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  ModelOptions model_options = options.common.model_options();
  if (!options.input.empty() && !options.image.empty()) {
    return Error{ErrorCode::kUsage, "--input and --image exclude each other", {}, {}};
  }
  KITE_TRY_ASSIGN(const Model model, Model::open(options.model, model_options));
  for (const std::string& warning : model.warnings()) warn(warning);
  KITE_TRY_ASSIGN(Session session, Session::create(model, options.common.session_options()));
  const double load_ms = milliseconds_since(start);
  KITE_TRY_ASSIGN(const std::vector<Tensor> tensors, bench_inputs(options, model));
  std::vector<TensorView> inputs;
  for (const Tensor& tensor : tensors) inputs.push_back(tensor.view());
  std::signal(SIGINT, [](int) { interrupted = 1; });
  KITE_TRY_ASSIGN(BenchResult result, measure(options, session, inputs));
  result.load_ms = load_ms;
  print_result(options, model, session, result);
  return {};
}

}  // namespace

void add_bench(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<BenchOptions>();
  CLI::App* verb = app.add_subcommand("bench", "Time isolated inference in this process");
  verb->add_option("MODEL", options->model, "An .onnx file or a plan")->required();
  verb->add_option("--input", options->input, "A tensor to run on (default: seeded noise)")->type_name("FILE.npy");
  verb->add_option("--image", options->image, "A picture to run on")->type_name("FILE");
  verb->add_option("--iters", options->iterations, "Measured runs (default: as many as --time holds)")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{10'000'000}));
  verb->add_option("--warmup", options->warmup, "Runs before measuring")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{10'000'000}));
  verb->add_option("--time", options->seconds, "Seconds to measure for")->check(CLI::Range(0.001, 86400.0));
  add_common_options(*verb, options->common);
  verb->callback([options, &exit_code] {
    const Status status = bench(*options);
    exit_code = !status.ok() ? report(status.error(), options->common.json) : interrupted != 0 ? kInterrupted : kOk;
  });
}

}  // namespace kite::cli
