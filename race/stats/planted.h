// SPDX-License-Identifier: Apache-2.0
// Data with known true ratios, for the tests of this folder: contestants, and the machines that they run on.
#pragma once

#include <cmath>
#include <cstddef>
#include <numbers>
#include <span>
#include <vector>

#include "race/stats/random.h"

namespace kite::race {

// Standard deviation between the means of the processes of one program: measured over repeated runs of unchanged
// programs that classify pictures.
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
  double process(double typical, double sd = kBetweenProcessSd) { return typical * std::exp(sd * normal()); }

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

// By which factor (in ln) a machine slows down the processes that run on it one after another. The factor does not
// depend on which contestant runs.
class Machine {
 public:
  virtual ~Machine() = default;
  virtual double next(Planted& planted) = 0;
};

class QuietMachine final : public Machine {
 public:
  double next(Planted&) override { return 0; }
};

// A clock rate that wanders, and a neighbour that now and then takes a processor for a while.
class RestlessMachine final : public Machine {
 public:
  double next(Planted& planted) override {
    drift_ = kPersistence * drift_ + kDriftStep * planted.normal();
    if (left_ == 0 && planted.random().uniform() < kBurstsPerProcess) {
      left_ = 1 + planted.random().below(kLongestBurst);
      burst_ = -kTypicalBurst * std::log(1 - planted.random().uniform());
    }
    if (left_ == 0) return drift_;
    --left_;
    return drift_ + burst_;
  }

 private:
  static constexpr double kPersistence = 0.98, kDriftStep = 0.02;  // together an sd of 0.1
  static constexpr double kBurstsPerProcess = 0.03, kTypicalBurst = 0.3;
  static constexpr std::size_t kLongestBurst = 8;  // processes
  double drift_ = 0, burst_ = 0;
  std::size_t left_ = 0;
};

// Plays a series that was recorded on a real machine: ln of the time of a fixed piece of work over its median, one
// number for each process. It starts at a random position and begins again after the end.
class RecordedMachine final : public Machine {
 public:
  explicit RecordedMachine(std::span<const double> series) : series_(series) {}
  double next(Planted& planted) override {
    if (!begun_) at_ = planted.random().below(series_.size());
    begun_ = true;
    return series_[at_++ % series_.size()];
  }

 private:
  std::span<const double> series_;  // not empty
  std::size_t at_ = 0;
  bool begun_ = false;
};

}  // namespace kite::race
