// SPDX-License-Identifier: Apache-2.0
// Which sampler shows most of a contestant, and how it is called.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kite::race {

// What there is on this machine for one contestant.
struct SamplingTools {
  std::string perf;                // program; empty: not installed
  bool hardware_cycles = false;    // else perf samples by the software clock
  std::string py_spy;              // program; empty: not installed. For Python contestants only
  bool python = false;             // the contestant's program is a Python interpreter
  bool python_names_perf = false;  // 3.12 and later tell perf the names of their functions (-X perf)
};

enum class Sampler : std::uint8_t { kPySpy, kPerf };

struct Sampling {
  Sampler sampler = Sampler::kPerf;
  std::string title;              // for people: "perf, cpu-clock, 499 samples a second, stacks by DWARF"
  std::vector<std::string> argv;  // the contestant under the sampler, which writes to the data file
  std::string lacks;              // what it cannot show; empty: nothing known
};

// True for python, python3.12, ... in any folder.
[[nodiscard]] bool is_python(const std::string& program);

// The best one first; each further one is for when those before it fail or show no names. Empty: there is no sampler,
// see why_none(). `argv` is the contestant's, not empty.
[[nodiscard]] std::vector<Sampling> samplings(const std::vector<std::string>& argv, const SamplingTools& tools,
                                              const std::string& data_file);
[[nodiscard]] std::string why_none(const SamplingTools& tools);

// The command that prints what perf recorded, for fold_perf_script().
[[nodiscard]] std::vector<std::string> perf_script(const SamplingTools& tools, const std::string& data_file);

}  // namespace kite::race
