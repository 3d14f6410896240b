// SPDX-License-Identifier: Apache-2.0
// Which sampler shows most of a contestant, and its command line.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kite::race {

// The tools that this machine has for one contestant.
struct SamplingTools {
  std::string perf;                // program; empty: not installed
  bool hardware_cycles = false;    // false: perf samples by the software clock
  std::string py_spy;              // program; empty: not installed. For Python contestants only
  bool python = false;             // the contestant's program is a Python interpreter
  bool python_names_perf = false;  // Python 3.12 and later gives perf the names of its functions (-X perf)
};

enum class Sampler : std::uint8_t { kPySpy, kPerf };

struct Sampling {
  Sampler sampler = Sampler::kPerf;
  std::string title;              // for people: "perf, cpu-clock, 499 samples a second, stacks by DWARF"
  std::vector<std::string> argv;  // the contestant under the sampler, which writes to the data file
  std::string lacks;              // what the sampler cannot show; empty: nothing is known
};

// True for python, python3.12, ... in any folder.
[[nodiscard]] bool is_python(const std::string& program);

// The samplers, the best one first. A later one is used if those before it fail or show no names. Empty: there is no
// sampler, and why_none() says why. `argv` is the contestant's command and not empty.
[[nodiscard]] std::vector<Sampling> samplings(const std::vector<std::string>& argv, const SamplingTools& tools,
                                              const std::string& data_file);
[[nodiscard]] std::string why_none(const SamplingTools& tools);

// The command that prints what perf recorded, for fold_perf_script().
[[nodiscard]] std::vector<std::string> perf_script(const SamplingTools& tools, const std::string& data_file);

}  // namespace kite::race
