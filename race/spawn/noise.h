// SPDX-License-Identifier: Apache-2.0
// What else the machine did around one process: steal, pressure, load, and whether a fixed piece of work took as long
// as ever. Flags are set beyond stated limits; a flagged process is run again, and both are kept.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "race/journal/record.h"

namespace kite::race {

// One look at the kernel's sums; absent: this kernel does not tell.
struct NoiseSums {
  std::int64_t at_ns = 0;                 // CLOCK_MONOTONIC
  std::optional<double> steal_ms;         // of all processors
  std::optional<double> busy_ms;          // of the measured processors (all, where none are given): not idle, not steal
  std::optional<double> psi_cpu_some_ms;  // some task waited for a processor
  double load = 0;                        // of the last minute
};
NoiseSums read_noise_sums(const std::vector<int>& measured_cpus);

// The parsers, for tests. `stat` is /proc/stat, `pressure` /proc/pressure/cpu.
void parse_stat(const std::string& stat, const std::vector<int>& measured_cpus, double ms_per_tick, NoiseSums& sums);
std::optional<double> parse_pressure(const std::string& pressure);

// A chain of dependent multiplications, the same number everywhere and always (about 5 ms at 3 GHz), on the first of
// the processors.
struct ProbeTime {
  double speed_ms = 0;   // CPU time that the whole takes at the speed of its fastest part
  double waited_ms = 0;  // wall time beyond CPU time: someone else ran there
};
ProbeTime run_frequency_probe(const std::vector<int>& cpus);

// The limits, with their sources.
struct NoiseLimits {
  // Half of the smallest margin that a verdict may have (2 %): a process delayed by less cannot turn one.
  double steal_share = 0.01;  // of wall time x processors in use
  // Work of others on the measured processors. /proc/stat counts whole ticks (USER_HZ), which may be off by one at each
  // end, so it is looked for above 5 % of the time and above three ticks a processor.
  double foreign_share = 0.05;
  double tick_ms = 10;
  // Tasks kept waiting for a processor. The contestant's own threads wait for each other too when they are as many as
  // the processors, so the limit is wide, and it counts only where foreign work cannot be told (no /proc/stat).
  double pressure_share = 0.25;
  // The least time that Linux's scheduler gives to someone else before it comes back (base slice: 0.7 ms and more).
  double probe_wait_ms = 0.7;
  // On a virtual machine with two processors the probe's median lay 0.1 to 1.3 % above its minimum, and beyond 5 % only
  // while a neighbour was active; a step of turbo is 100 MHz, 3 % of 3 GHz.
  double frequency_share = 0.05;
  // Runtimes have threads besides those that compute (loader, collector, signal handling): a tenth of a processor.
  double processors_slack = 0.1;
};

// What is judged, besides the record.
struct NoiseEvidence {
  NoiseSums before, after;
  double probe_waited_ms = 0;
  double fastest_probe_ms = 0;  // seen in this race; 0: none
  std::int32_t threads = 0;     // what the contestant may use; 0: it was not told
  int measured_cpus = 1;
};

// A pure function: "steal", "busy machine", "frequency", "more processors than asked".
std::vector<std::string> noise_flags(const NoiseLimits& limits, const NoiseEvidence& evidence,
                                     const ProcessRecord& record);

// Watches around processes, one after another; knows the fastest probe it has seen.
class NoiseWatch {
 public:
  explicit NoiseWatch(NoiseLimits limits = {}) : limits_(limits) {}

  // Right before and right after the process.
  void before(const std::vector<int>& measured_cpus);
  // Fills record.noise and appends noise_flags to record.flags; wall and CPU time must be in the record already.
  void after(std::int32_t threads, ProcessRecord& record);

 private:
  NoiseLimits limits_;
  std::vector<int> cpus_;
  NoiseSums sums_;
  ProbeTime probe_;
  double fastest_probe_ms_ = 0;
};

}  // namespace kite::race
