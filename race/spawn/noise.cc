// SPDX-License-Identifier: Apache-2.0
// /proc/stat, /proc/pressure/cpu, /proc/loadavg, the probe, and the limits' application.
#include "race/spawn/noise.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <limits>
#include <sstream>

#include "race/spawn/affinity.h"
#include "race/spawn/helper/clock.h"
#include "race/spawn/proc_text.h"

namespace kite::race {
namespace {

// A dependent multiplication and addition take 4 cycles on every x86-64 since 2010: 15 M cycles in all. An interrupt or
// a neighbour only adds time, so the fastest section shows the processor's own speed.
constexpr int kProbeSections = 10;
constexpr int kStepsPerSection = 375'000;

double thread_cpu_ms() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) * 1e-6;
}

std::optional<double> difference(const std::optional<double>& before, const std::optional<double>& after) {
  if (!before || !after) return std::nullopt;
  return std::max(0.0, *after - *before);
}

// user nice system idle iowait irq softirq steal: the first eight numbers of a line of /proc/stat.
struct CpuTicks {
  double busy = 0, steal = 0;
  bool has_steal = false;
};

std::optional<CpuTicks> ticks_of(const std::string& stat, const std::string& name) {
  const auto line = value_of(stat, name);
  if (!line) return std::nullopt;
  std::istringstream numbers(*line);
  double values[8] = {};
  int count = 0;
  while (count < 8 && numbers >> values[count]) ++count;
  if (count < 4) return std::nullopt;
  return CpuTicks{values[0] + values[1] + values[2] + values[5] + values[6], values[7], count == 8};
}

}  // namespace

void parse_stat(const std::string& stat, const std::vector<int>& measured_cpus, double ms_per_tick, NoiseSums& sums) {
  const auto all = ticks_of(stat, "cpu");
  if (!all) return;
  if (all->has_steal) sums.steal_ms = all->steal * ms_per_tick;
  if (measured_cpus.empty()) {
    sums.busy_ms = all->busy * ms_per_tick;
    return;
  }
  double busy = 0;
  for (const int cpu : measured_cpus) {
    const auto one = ticks_of(stat, "cpu" + std::to_string(cpu));
    if (!one) return;
    busy += one->busy;
  }
  sums.busy_ms = busy * ms_per_tick;
}

std::optional<double> parse_pressure(const std::string& pressure) {
  const auto line = value_of(pressure, "some");
  if (!line) return std::nullopt;
  const std::size_t total = line->find("total=");
  if (total == std::string::npos) return std::nullopt;
  const auto microseconds = number_of(std::string_view(*line).substr(total + 6));
  if (!microseconds) return std::nullopt;
  return static_cast<double>(*microseconds) / 1000;
}

NoiseSums read_noise_sums(const std::vector<int>& measured_cpus) {
  NoiseSums sums;
  sums.at_ns = monotonic_ns();
  const long ticks = sysconf(_SC_CLK_TCK);
  if (const auto stat = read_text("/proc/stat"); stat && ticks > 0) {
    parse_stat(*stat, measured_cpus, 1000.0 / static_cast<double>(ticks), sums);
  }
  if (const auto pressure = read_text("/proc/pressure/cpu")) sums.psi_cpu_some_ms = parse_pressure(*pressure);
  double load[1] = {0};
  if (getloadavg(load, 1) == 1) sums.load = load[0];
  return sums;
}

ProbeTime run_frequency_probe(const std::vector<int>& cpus) {
  const PinnedThread pinned(cpus.empty() ? cpus : std::vector<int>{cpus[0]});
  const std::int64_t wall_begin = monotonic_ns();
  std::uint64_t value = static_cast<std::uint64_t>(wall_begin);
  const double cpu_begin_ms = thread_cpu_ms();
  double fastest_ms = std::numeric_limits<double>::infinity();
  for (int section = 0; section < kProbeSections; ++section) {
    const double begin_ms = thread_cpu_ms();
    for (int i = 0; i < kStepsPerSection; ++i)
      value = value * 6364136223846793005u + 1442695040888963407u;  // Knuth's MMIX
    [[maybe_unused]] volatile std::uint64_t sink = value;
    fastest_ms = std::min(fastest_ms, thread_cpu_ms() - begin_ms);
  }
  const double cpu_ms = thread_cpu_ms() - cpu_begin_ms;
  const double wall_ms = static_cast<double>(monotonic_ns() - wall_begin) * 1e-6;
  return {fastest_ms * kProbeSections, std::max(0.0, wall_ms - cpu_ms)};
}

std::vector<std::string> noise_flags(const NoiseLimits& limits, const NoiseEvidence& evidence,
                                     const ProcessRecord& record) {
  std::vector<std::string> flags;
  const NoiseSums& before = evidence.before;
  const NoiseSums& after = evidence.after;
  const double watched_ms = static_cast<double>(after.at_ns - before.at_ns) * 1e-6;
  const double wall_ms = static_cast<double>(record.wall_ns) * 1e-6;
  const double used_ms = static_cast<double>(record.user_ns + record.system_ns) * 1e-6;
  const double cpus = std::max(1, evidence.measured_cpus);
  const double in_use = evidence.threads > 0 ? std::min<double>(evidence.threads, cpus) : cpus;
  const auto steal = difference(before.steal_ms, after.steal_ms);
  if (steal && *steal > std::max(limits.steal_share * watched_ms * in_use, limits.tick_ms)) flags.push_back("steal");
  const auto busy = difference(before.busy_ms, after.busy_ms);
  const auto pressure = difference(before.psi_cpu_some_ms, after.psi_cpu_some_ms);
  const double foreign_limit_ms = cpus * std::max(limits.foreign_share * watched_ms, 3 * limits.tick_ms);
  if ((busy && *busy - used_ms > foreign_limit_ms) ||
      (!busy && pressure && *pressure > limits.pressure_share * watched_ms) ||
      evidence.probe_waited_ms > limits.probe_wait_ms) {
    flags.push_back("busy machine");
  }
  const double slowest = std::max(record.noise.probe_before_ms, record.noise.probe_after_ms);
  if (evidence.fastest_probe_ms > 0 && slowest > evidence.fastest_probe_ms * (1 + limits.frequency_share)) {
    flags.push_back("frequency");
  }
  if (evidence.threads > 0 && wall_ms > 0 && used_ms / wall_ms > evidence.threads + limits.processors_slack) {
    flags.push_back("more processors than asked");
  }
  return flags;
}

void NoiseWatch::before(const std::vector<int>& measured_cpus) {
  cpus_ = measured_cpus;
  probe_ = run_frequency_probe(cpus_);
  sums_ = read_noise_sums(cpus_);
}

void NoiseWatch::after(std::int32_t threads, ProcessRecord& record) {
  const NoiseSums sums = read_noise_sums(cpus_);
  const ProbeTime probe = run_frequency_probe(cpus_);
  record.noise.probe_before_ms = probe_.speed_ms;
  record.noise.probe_after_ms = probe.speed_ms;
  record.noise.steal_ms = difference(sums_.steal_ms, sums.steal_ms).value_or(0);
  record.noise.psi_cpu_some_ms = difference(sums_.psi_cpu_some_ms, sums.psi_cpu_some_ms).value_or(0);
  record.noise.load = sums.load;
  const double faster = std::min(probe_.speed_ms, probe.speed_ms);
  if (fastest_probe_ms_ <= 0 || faster < fastest_probe_ms_) fastest_probe_ms_ = faster;
  NoiseEvidence evidence{sums_, sums, std::max(probe_.waited_ms, probe.waited_ms), fastest_probe_ms_, threads, 0};
  evidence.measured_cpus = static_cast<int>(cpus_.empty() ? allowed_cpus().size() : cpus_.size());
  for (std::string& flag : noise_flags(limits_, evidence, record)) record.flags.push_back(std::move(flag));
}

}  // namespace kite::race
