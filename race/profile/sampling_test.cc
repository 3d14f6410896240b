// SPDX-License-Identifier: Apache-2.0
#include "race/profile/sampling.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace kite::race {
namespace {

bool holds(const std::vector<std::string>& argv, const std::vector<std::string>& words) {
  return std::search(argv.begin(), argv.end(), words.begin(), words.end()) != argv.end();
}

TEST(Sampling, python_is_known_by_its_name_alone) {
  for (const char* program : {"python", "/usr/bin/python3", "a/venv/bin/python3.12"}) EXPECT_TRUE(is_python(program));
  for (const char* program : {"", "kite", "/opt/python/kite", "pythonic", "python-config"}) {
    EXPECT_FALSE(is_python(program)) << program;
  }
}

TEST(Sampling, a_program_is_unwound_by_dwarf_first_and_by_frame_pointers_then) {
  SamplingTools tools;
  tools.perf = "/usr/bin/perf";
  tools.py_spy = "/usr/bin/py-spy";
  const auto ladder = samplings({"kite", "bench"}, tools, "d");
  ASSERT_EQ(ladder.size(), 2u);
  EXPECT_TRUE(
      holds(ladder[0].argv, {"-e", "cpu-clock", "--call-graph", "dwarf,16384", "-o", "d", "--", "kite", "bench"}));
  EXPECT_TRUE(holds(ladder[1].argv, {"--call-graph", "fp"}));
  tools.hardware_cycles = true;
  EXPECT_TRUE(holds(samplings({"kite"}, tools, "d")[0].argv, {"-e", "cycles"}));
}

TEST(Sampling, python_is_seen_by_py_spy_first) {
  SamplingTools tools;
  tools.perf = "/usr/bin/perf";
  tools.py_spy = "/venv/bin/py-spy";
  tools.python = true;
  const auto ladder = samplings({"python", "a.py"}, tools, "d");
  ASSERT_EQ(ladder.size(), 3u);
  EXPECT_EQ(ladder[0].sampler, Sampler::kPySpy);
  EXPECT_TRUE(holds(ladder[0].argv, {"--output", "d", "--", "python", "a.py"}));
  EXPECT_FALSE(ladder[1].lacks.empty());
}

TEST(Sampling, python_tells_perf_its_names_from_3_12_on) {
  SamplingTools tools;
  tools.perf = "/usr/bin/perf";
  tools.python = true;
  EXPECT_TRUE(holds(samplings({"python", "a.py"}, tools, "d")[0].argv, {"--", "python", "a.py"}));
  EXPECT_NE(samplings({"python", "a.py"}, tools, "d")[0].lacks.find("pip install py-spy"), std::string::npos);
  tools.python_names_perf = true;
  const Sampling sampling = samplings({"python", "a.py"}, tools, "d")[0];
  EXPECT_TRUE(holds(sampling.argv, {"--", "python", "-X", "perf", "a.py"}));
  EXPECT_TRUE(sampling.lacks.empty());
}

TEST(Sampling, without_a_tool_there_is_no_ladder_but_a_reason) {
  EXPECT_TRUE(samplings({"kite"}, {}, "d").empty());
  EXPECT_NE(why_none({}).find("linux-perf"), std::string::npos);
}

}  // namespace
}  // namespace kite::race
