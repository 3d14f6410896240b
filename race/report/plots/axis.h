// SPDX-License-Identifier: Apache-2.0
// Converts values to pixels, and chooses the ticks of an axis.
#pragma once

#include <string>
#include <vector>

namespace kite::race {

struct Tick {
  double value = 0, px = 0;
  std::string label;
};

class Axis {
 public:
  // Values beyond low..high are drawn at its ends.
  [[nodiscard]] static Axis linear(double low, double high, double from_px, double to_px);
  [[nodiscard]] static Axis log(double low, double high, double from_px, double to_px);
  // An axis with all finite values and a little room. It is logarithmic if all are positive and the largest is more
  // than ten times the smallest. Without values it is 0 to 1.
  [[nodiscard]] static Axis around(const std::vector<double>& values, double from_px, double to_px);
  // The same, but it begins at 0 if it is linear.
  [[nodiscard]] static Axis from_zero(const std::vector<double>& values, double from_px, double to_px);

  [[nodiscard]] double at(double value) const noexcept;
  [[nodiscard]] bool is_log() const noexcept { return log_; }
  [[nodiscard]] double low() const noexcept { return low_; }
  [[nodiscard]] double high() const noexcept { return high_; }
  // At most `most` (>= 2) round numbers inside the axis; two or more unless the axis is narrower than the precision of
  // a double.
  [[nodiscard]] std::vector<Tick> ticks(int most) const;

 private:
  Axis(double low, double high, double from_px, double to_px, bool log) noexcept;
  [[nodiscard]] std::vector<double> tick_values(int most) const;

  double low_, high_, from_px_, to_px_;
  bool log_;
};

[[nodiscard]] std::string tick_label(double value);  // "0.05", "20", "1500", "1e7"

}  // namespace kite::race
