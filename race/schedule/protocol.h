// SPDX-License-Identifier: Apache-2.0
// Reads what a contestant printed (peers/README.md) and checks every line before it is used.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "race/journal/record.h"

namespace kite::race {

// What the process was asked for, and what was measured of it from outside.
struct Expectation {
  Mode mode = Mode::kNoPre;
  std::int64_t count = 1;    // samples asked for
  std::int64_t inputs = 1;   // sample i uses input i mod inputs
  std::int64_t classes = 0;  // 0: not known
  std::int64_t begin_ns = 0, wall_ns = 0;
};

struct Said {
  std::vector<PhaseRecord> phases;  // t_ns since begin_ns
  std::vector<MarkRecord> marks;
  std::vector<Sample> samples;
  std::int32_t answer_index = -1;  // of oneshot
  std::string answer_label;
  double answer_score = 0;
  std::map<std::string, std::string> info;  // {"versions": {"a": "1"}} becomes "versions.a"
  std::string reason;                       // why it is not valid, with the line; empty: it is
};

// Reads the answer to the `go` of block `block`, whose first sample must be of input `first_input`, and appends its
// samples to `samples`. Returns what is wrong with it; empty: nothing.
[[nodiscard]] std::string parse_block(std::string_view line, const Expectation& expected, std::int64_t block,
                                      std::int64_t first_input, std::vector<Sample>& samples);

// Whether a line says that a contestant that runs in blocks is ready for its first block.
[[nodiscard]] bool says_ready(std::string_view line);

// An error is reported in `reason` only; everything before the bad line is kept.
[[nodiscard]] Said parse_protocol(std::string_view output, const Expectation& expected);

}  // namespace kite::race
