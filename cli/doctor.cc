// SPDX-License-Identifier: Apache-2.0
// kite doctor: what this machine offers, and which of its settings disturb a benchmark.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <memory>
#include <utility>

#include "base/cpu.h"
#include "base/cpu_limits.h"
#include "base/json.h"
#include "cli/output/output.h"
#include "cli/sandbox/sandbox.h"
#include "command.h"
#include "json_output.h"
#include "kernels/peak/peak.h"
#include "kernels/targets.h"
#include "paperkite/try.h"
#include "plan/source/cache.h"
#include "race/race.h"

namespace kite::cli {

namespace {

using Json = nlohmann::ordered_json;

// The first line of a small file in /proc or /sys; empty where the file does not exist.
std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::string memory_line(std::string_view key) {
  std::ifstream file("/proc/meminfo");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(key)) continue;
    const std::size_t digits = line.find_first_of("0123456789");
    return fmt::format("{:.1f} GB", std::stod(line.substr(digits)) * 1024e-9);
  }
  return {};
}

// How much the same short piece of work varies: (90th percentile - minimum) / minimum over 200 pieces of about 0.2 ms.
double measure_noise() {
  constexpr int kPieces = 200;
  std::vector<double> seconds;
  volatile double sink = 0.0;
  for (int piece = 0; piece < kPieces; ++piece) {
    const auto start = std::chrono::steady_clock::now();
    double sum = 1.0;
    for (int i = 0; i < 50'000; ++i) sum = sum * 0.999999 + 1e-6;
    sink = sink + sum;
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::ranges::sort(seconds);
  return (seconds[kPieces * 9 / 10] - seconds[0]) / seconds[0];
}

struct Finding {
  std::string name;
  std::string value;
  std::string advice;  // empty when nothing needs to be changed
};

std::vector<Finding> examine(const CommonOptions& options) {
  std::vector<Finding> findings;
  const auto target = default_target();
  findings.push_back({"processor", cpu_model_name(), {}});
  findings.push_back({"instruction set",
                      fmt::format("{} (native {})", target.ok() ? (*target)->name : "invalid", native_target().name),
                      target.ok()
                          ? (*target == &native_target() ? "" : "KITE_ISA limits kite to less than the machine can do")
                          : target.error().message()});
  const auto cpus = allowed_cpus();
  const double quota = cgroup_cpu_share_under("");
  findings.push_back({"processors",
                      fmt::format("{} allowed, {} physical cores, {}", cpus.size(), allowed_physical_cores(),
                                  quota > 0.0 ? fmt::format("control group grants {:.3g}", quota) : "no quota"),
                      cpus.size() > static_cast<std::size_t>(allowed_physical_cores())
                          ? "two hardware threads share a core: compare at the number of cores, not of threads"
                          : ""});
  if (quota > 0.0) {
    findings.push_back(
        {"quota", fmt::format("{:.3g} of a processor's time", quota),
         quota < 1.0 ? "less than one processor: the group is throttled, and every run waits for its turns"
         : quota != std::floor(quota) ? "no whole number: the last thread is throttled, and the others wait for it"
                                      : ""});
  }
  findings.push_back({"threads", fmt::format("{} by default", default_thread_count()), {}});
  const double peak = measure_peak_gflops(target.ok() ? **target : native_target());
  findings.push_back({"multiply-add peak", fmt::format("{:.0f} GFLOP/s on one thread", peak), {}});
  const std::string governor = first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
  findings.push_back({"frequency governor", governor.empty() ? "not visible (a virtual machine?)" : governor,
                      governor.empty() || governor == "performance"
                          ? ""
                          : "cpupower frequency-set -g performance, else the first runs are slow"});
  const std::string turbo = first_line("/sys/devices/system/cpu/intel_pstate/no_turbo");
  if (turbo == "0") findings.push_back({"turbo", "on", "the clock falls as cores get busy: compare in alternation"});
  const std::string load = first_line("/proc/loadavg");
  const double busy = load.empty() ? 0.0 : std::stod(load);
  findings.push_back({"load", load, busy > 0.5 ? "other programs are running: stop them before measuring" : ""});
  const double noise = measure_noise();
  findings.push_back(
      {"noise", fmt::format("{:.1f} % between equal pieces of work", noise * 100.0),
       noise > 0.05 ? "`kite doctor --noise` says which differences can be seen here, and in how long" : ""});
  const std::string huge = first_line("/sys/kernel/mm/transparent_hugepage/enabled");
  if (!huge.empty()) findings.push_back({"huge pages", huge, {}});
  findings.push_back({"memory", memory_line("MemAvailable") + " available of " + memory_line("MemTotal"), {}});
  const PlanCache cache(options.cache_dir);
  findings.push_back({"plan cache", cache.enabled() ? cache.folder() : "off", cache.reason()});
  const auto landlock = landlock_version();
  findings.push_back({"sandbox", landlock.ok() ? fmt::format("Landlock version {}", *landlock) : "none",
                      landlock.ok() ? "" : landlock.error().message()});
  findings.push_back({"version", KITE_VERSION, {}});
  return findings;
}

void doctor(const CommonOptions& options) {
  const auto findings = examine(options);
  if (options.json) {
    Json object = Json::object();
    for (const Finding& finding : findings)
      object[finding.name] = {{"value", finding.value}, {"advice", finding.advice}};
    print_json(object, 2);
    return;
  }
  for (const Finding& finding : findings) {
    print("{:<20} {}\n", finding.name, finding.value);
    if (!finding.advice.empty()) print("{:<20}   ! {}\n", "", finding.advice);
  }
}

// Measuring takes a minute or more, and needs the race's statistics.
struct NoiseOptions {
  bool is_asked = false;
  std::string seconds, csv, svg, read;
};

std::vector<std::string> race_arguments(const NoiseOptions& noise, const CommonOptions& options) {
  std::vector<std::string> arguments = {"noise"};
  if (!noise.seconds.empty()) arguments.push_back(noise.seconds);
  if (options.threads > 0) arguments.insert(arguments.end(), {"--threads", std::to_string(options.threads)});
  if (options.json) arguments.emplace_back("--json");
  for (const auto& [name, value] : {std::pair{"--csv", &noise.csv}, {"--svg", &noise.svg}, {"--read", &noise.read}}) {
    if (!value->empty()) arguments.insert(arguments.end(), {name, *value});
  }
  return arguments;
}

}  // namespace

Verb doctor_verb() {
  auto options = std::make_shared<CommonOptions>();
  auto noise = std::make_shared<NoiseOptions>();
  Verb verb{.name = "doctor", .summary = "Examine this machine: what will bias a benchmark here"};
  verb.add(
      {{.names = "--noise",
        .into = &noise->seconds,
        .help = "Measure the noise for so many seconds (60), and say what a race would see",
        .type = "S",
        .value_may_lack = true,
        .given = &noise->is_asked},
       {.names = "--csv", .into = &noise->csv, .help = "Write the measured series", .type = "FILE", .needs = "--noise"},
       {.names = "--svg",
        .into = &noise->svg,
        .help = "Draw how much equal work differs at each distance",
        .type = "FILE",
        .needs = "--noise"},
       {.names = "--read",
        .into = &noise->read,
        .help = "Measure nothing: say it of a series that --csv wrote",
        .type = "FILE",
        .needs = "--noise"}});
  add_common_options(verb, *options);
  verb.run = [=]() -> int {
    if (noise->is_asked) return race::run_race(race_arguments(*noise, *options));
    doctor(*options);
    return kOk;
  };
  return verb;
}

}  // namespace kite::cli
