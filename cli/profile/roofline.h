// SPDX-License-Identifier: Apache-2.0
// The picture that belongs to a profile: each step in a roofline.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/profile/cache_traffic.h"
#include "paperkite/error.h"
#include "paperkite/model.h"

namespace kite::cli {

struct ProfiledStep {
  std::string node;
  std::string op;
  std::string kernel;
  std::string shape;            // of the first result
  std::vector<StepPart> parts;  // where the step computes several nodes
  double us = 0.0;
  double gflops = 0.0;
  double share_of_peak = 0.0;
  std::uint64_t macs = 0;
  std::uint64_t bytes = 0;  // operands read and written once
  Passed passed;            // of them, those that no nearer cache has
};

// Writes an SVG: GFLOP/s over arithmetic intensity (operations for each byte), both logarithmic. Each step is a dot
// whose area is its time, and the machine's peak is the roof.
[[nodiscard]] Status write_roofline(const std::string& path, const std::string& title,
                                    const std::vector<ProfiledStep>& steps, double peak_gflops);

}  // namespace kite::cli
