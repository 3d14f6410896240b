// SPDX-License-Identifier: Apache-2.0
// Data with a known truth, for the tests of this folder.
#pragma once

#include <cmath>
#include <numbers>
#include <vector>

#include "race/stats/random.h"

namespace kite::race {

// How far the means of one program's processes lie from one another: measured over repeated runs of unchanged programs
// that classify pictures.
inline constexpr double kBetweenProcessSd = 0.031;

class Planted {
 public:
  explicit Planted(std::uint64_t seed) : random_(seed) {}

  // Box & Muller 1958.
  double normal() {
    const double radius = std::sqrt(-2 * std::log(1 - random_.uniform()));
    return radius * std::cos(2 * std::numbers::pi * random_.uniform());
  }

  // One process's value: lognormal around `typical`.
  double process(double typical) { return typical * std::exp(kBetweenProcessSd * normal()); }

  // AR(1) around `level` with lag-1 correlation `rho` and standard deviation `sd`.
  std::vector<double> autocorrelated(std::size_t n, double level, double sd, double rho) {
    std::vector<double> series(n);
    double state = normal();
    for (double& value : series) {
      value = level + sd * state;
      state = rho * state + std::sqrt(1 - rho * rho) * normal();
    }
    return series;
  }

  Random& random() { return random_; }

 private:
  Random random_;
};

}  // namespace kite::race
