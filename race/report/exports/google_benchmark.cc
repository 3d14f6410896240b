// SPDX-License-Identifier: Apache-2.0
// Google Benchmark's JSON. A name is mode/model/contestant/threads:N, so that compare.py's filters can pick two of
// them.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "race/journal/words.h"
#include "race/report/exports/exports.h"
#include "race/report/exports/json_text.h"

namespace kite::race {
namespace {

Json context_of(const Journal& journal) {
  Json context;
  context["date"] = journal.plan.created;
  context["host_name"] = "";
  context["executable"] = "kite race";
  int cores = 0;  // Google Benchmark writes 0 if it does not know
  const std::string& text = journal.plan.machine.processors;
  std::from_chars(text.data(), text.data() + text.size(), cores);
  context["num_cpus"] = cores;
  context["mhz_per_cpu"] = 0;
  context["cpu_scaling_enabled"] = false;
  context["caches"] = Json::array();
  context["load_avg"] = Json::array();
  if (!journal.processes.empty()) context["load_avg"].push_back(journal.processes.front().noise.load);
  context["library_build_type"] = "release";
  context["json_schema_version"] = 1;
  return context;
}

struct BenchmarkFamily {
  std::string name;
  std::size_t index = 0;
  std::int32_t repetitions = 0, threads = 1;
};

Json entry_of(const BenchmarkFamily& family, const std::string& suffix, const char* type) {
  Json entry;
  entry["name"] = family.name + suffix;
  entry["family_index"] = family.index;
  entry["per_family_instance_index"] = 0;
  entry["run_name"] = family.name;
  entry["run_type"] = type;
  entry["repetitions"] = family.repetitions;
  return entry;
}

Json aggregate_of(const BenchmarkFamily& family, const char* name, const char* unit, double real, double cpu) {
  Json entry = entry_of(family, fmt::format("_{}", name), "aggregate");
  entry["threads"] = family.threads;
  entry["aggregate_name"] = name;
  entry["aggregate_unit"] = unit;
  entry["iterations"] = family.repetitions;
  entry["real_time"] = real;
  entry["cpu_time"] = cpu;
  entry["time_unit"] = "ms";
  return entry;
}

}  // namespace

std::string google_benchmark_json(const Analysis& analysis, const Journal& journal) {
  Json benchmarks = Json::array();
  std::size_t families = 0;
  for (const auto& cell : analysis.cells) {
    const Measure measure = main_measure(cell.mode);
    const auto& spread = cell.measures[static_cast<std::size_t>(measure)];
    if (!spread) continue;
    const BenchmarkFamily family{
        fmt::format("{}/{}/{}/threads:{}", word_of(cell.mode), cell.model, cell.id, cell.threads), families++,
        spread->n, cell.threads};
    std::int32_t repetition = 0;
    double cpu_sum = 0, cpu_squares = 0;
    for (const auto& values : cell.processes) {
      const auto& real = values.values[static_cast<std::size_t>(measure)];
      if (!values.counted || !real) continue;
      const auto& process = journal.processes[values.process];
      const std::size_t iterations = cell.mode == Mode::kOneshot ? 1 : process.samples.size();
      // For a process with many samples only its total CPU time is known, which includes start and load.
      const double cpu =
          static_cast<double>(process.user_ns + process.system_ns) / 1e6 / static_cast<double>(iterations);
      cpu_sum += cpu;
      cpu_squares += cpu * cpu;
      Json entry = entry_of(family, "", "iteration");
      entry["repetition_index"] = repetition++;
      entry["threads"] = cell.threads;
      entry["iterations"] = iterations;
      entry["real_time"] = *real;
      entry["cpu_time"] = cpu;
      entry["time_unit"] = "ms";
      entry["peak_rss_bytes"] = static_cast<double>(process.peak_rss_bytes);
      benchmarks.push_back(std::move(entry));
    }
    const double n = spread->n;
    const double cpu_mean = cpu_sum / n;
    benchmarks.push_back(aggregate_of(family, "mean", "time", spread->mean, cpu_mean));
    benchmarks.push_back(aggregate_of(family, "median", "time", spread->median, cpu_mean));
    if (spread->n > 1) {
      const double cpu_sd = std::sqrt(std::max(0.0, (cpu_squares - n * cpu_mean * cpu_mean) / (n - 1)));
      benchmarks.push_back(aggregate_of(family, "stddev", "time", spread->sd, cpu_sd));
    }
  }
  return json_text(Json{{"context", context_of(journal)}, {"benchmarks", std::move(benchmarks)}});
}

}  // namespace kite::race
