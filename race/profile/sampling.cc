// SPDX-License-Identifier: Apache-2.0
// Optimised programs keep no frame pointer, so perf copies the stack and unwinds it by DWARF first; code made at run
// time has no DWARF, but may keep frame pointers.
#include "race/profile/sampling.h"

#include <fmt/format.h>

#include <string_view>

namespace kite::race {
namespace {

// An odd number, so that samples do not fall into step with timers of 100, 250 or 1000 Hz.
constexpr int kPerfHertz = 499;
// py-spy stops the process while it unwinds, for about 5 ms in the deep stacks of imports. At 199 Hz `import torch` was
// stopped most of the time and took 46 s; at 99 Hz it took 8 s.
constexpr int kPySpyHertz = 99;
// Bytes of the stack that perf copies with each sample. With 8 KiB a third of kite's stacks ended at main, whose frame
// is large. With 16 KiB no stack of any contestant ends there, and three seconds on two threads take 40 MB.
constexpr std::string_view kDwarf = "dwarf,16384";

Sampling by_py_spy(const std::vector<std::string>& argv, const SamplingTools& tools, const std::string& data_file) {
  Sampling sampling;
  sampling.sampler = Sampler::kPySpy;
  sampling.title = fmt::format("py-spy, {} samples a second, Python and native frames", kPySpyHertz);
  sampling.lacks = "threads that run no Python (a runtime's own workers) are not seen";
  sampling.argv = {tools.py_spy, "record", "--native", "--nolineno", "--rate", std::to_string(kPySpyHertz),
                   "--format",   "raw",    "--output", data_file,    "--"};
  sampling.argv.insert(sampling.argv.end(), argv.begin(), argv.end());
  return sampling;
}

Sampling by_perf(const std::vector<std::string>& argv, const SamplingTools& tools, const std::string& data_file,
                 bool dwarf) {
  const std::string event = tools.hardware_cycles ? "cycles" : "cpu-clock";
  Sampling sampling;
  sampling.title =
      fmt::format("perf, {}, {} samples a second, stacks by {}", event, kPerfHertz, dwarf ? "DWARF" : "frame pointers");
  // -N: otherwise perf copies every library into a cache of its own.
  sampling.argv = {tools.perf,     "record",
                   "-q",           "-N",
                   "-F",           std::to_string(kPerfHertz),
                   "-e",           event,
                   "--call-graph", dwarf ? std::string(kDwarf) : "fp",
                   "-o",           data_file,
                   "--",           argv.front()};
  if (tools.python && tools.python_names_perf) {
    sampling.argv.insert(sampling.argv.end(), {"-X", "perf"});
  } else if (tools.python) {
    sampling.lacks =
        "Python functions have no names: py-spy is not installed or failed (pip install py-spy, beside the "
        "contestant's Python or on PATH), and this Python is older than 3.12";
  }
  sampling.argv.insert(sampling.argv.end(), argv.begin() + 1, argv.end());
  return sampling;
}

}  // namespace

bool is_python(const std::string& program) {
  const std::string_view name = std::string_view(program).substr(program.rfind('/') + 1);
  return name.starts_with("python") && name.find_first_not_of("0123456789.", 6) == std::string_view::npos;
}

std::vector<Sampling> samplings(const std::vector<std::string>& argv, const SamplingTools& tools,
                                const std::string& data_file) {
  std::vector<Sampling> ladder;
  if (tools.python && !tools.py_spy.empty()) ladder.push_back(by_py_spy(argv, tools, data_file));
  if (!tools.perf.empty()) {
    for (const bool dwarf : {true, false}) ladder.push_back(by_perf(argv, tools, data_file, dwarf));
  }
  return ladder;
}

std::string why_none(const SamplingTools& tools) {
  return tools.python ? "neither py-spy (pip install py-spy) nor perf (Debian: linux-perf) is installed"
                      : "perf is not installed (Debian: linux-perf)";
}

std::vector<std::string> perf_script(const SamplingTools& tools, const std::string& data_file) {
  // Inlined functions are not resolved: looking them up in large debug information takes minutes.
  return {tools.perf, "script", "--no-inline", "-F", "comm,ip,sym,dso", "-i", data_file};
}

}  // namespace kite::race
