// SPDX-License-Identifier: Apache-2.0
// What else the machine did around one process: steal, pressure, load, and whether a fixed piece of work took longer
// than before. A process gets a flag if one of these is beyond its limit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "race/journal/record.h"

namespace kite::race {

// The kernel's sums at one time; absent: this kernel does not report them.
struct NoiseSums {
  std::int64_t at_ns = 0;                 // CLOCK_MONOTONIC
  std::optional<double> steal_ms;         // of all processors
  std::optional<double> busy_ms;          // of the measured processors (all, if none are given): neither idle nor steal
  std::optional<double> psi_cpu_some_ms;  // some task waited for a processor
  double load = 0;                        // of the last minute
};
NoiseSums read_noise_sums(const std::vector<int>& measured_cpus);

// The parsers, for tests. `stat` is /proc/stat, `pressure` /proc/pressure/cpu.
void parse_stat(const std::string& stat, const std::vector<int>& measured_cpus, double ms_per_tick, NoiseSums& sums);
std::optional<double> parse_pressure(const std::string& pressure);

// A chain of dependent multiplications on the first of the processors. Their number is always the same: about 5 ms at
// 3 GHz.
struct ProbeTime {
  double speed_ms = 0;   // CPU time that the whole chain takes at the speed of its fastest section
  double waited_ms = 0;  // wall time minus CPU time: another process ran there
};
ProbeTime run_frequency_probe(const std::vector<int>& cpus);

// The limits, with their sources.
struct NoiseLimits {
  // Half of the usual margin of a verdict (2 %): a process that is delayed by less cannot change a verdict.
  double steal_share = 0.01;  // of wall time x processors in use
  // Work of others on the measured processors. /proc/stat counts whole ticks (USER_HZ), which may be off by one at each
  // end. So the flag is set above 5 % of the time and above three ticks for each processor.
  double foreign_share = 0.05;
  double tick_ms = 10;
  // Time in which tasks waited for a processor. The contestant's own threads also wait for each other if there are as
  // many as processors. So the limit is wide, and it is used only if the work of others is not known (no /proc/stat).
  double pressure_share = 0.25;
  // The shortest time that Linux's scheduler gives to another process before it returns (base slice: 0.7 ms and more).
  double probe_wait_ms = 0.7;
  // On a virtual machine with two processors the probe's median was 0.1 to 1.3 % above its minimum, and more than 5 %
  // only while a neighbour was active. A step of turbo is 100 MHz, which is 3 % of 3 GHz.
  double frequency_share = 0.05;
  // Runtimes have further threads that do not compute (loader, garbage collector, signal handling): a
  // tenth of a processor.
  double processors_slack = 0.1;
};

// What is judged together with the record.
struct NoiseEvidence {
  NoiseSums before, after;
  double probe_waited_ms = 0;
  double fastest_probe_ms = 0;  // fastest of this race so far; 0: there is none
  std::int32_t threads = 0;     // how many the contestant may use; 0: not given
  int measured_cpus = 1;
};

// A pure function: "steal", "busy machine", "frequency", "more processors than asked".
std::vector<std::string> noise_flags(const NoiseLimits& limits, const NoiseEvidence& evidence,
                                     const ProcessRecord& record);

// Measures the noise around processes, one after another, and remembers the fastest probe.
class NoiseWatch {
 public:
  explicit NoiseWatch(NoiseLimits limits = {}) : limits_(limits) {}

  // Call them right before and right after the process.
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
