// SPDX-License-Identifier: Apache-2.0
// One pass over the picture, then arithmetic on at most 3 x 256 numbers.
#include "cli/verify/number_fit.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "cli/verify/difference.h"
#include "image/normalize.h"
#include "tensor/half.h"

namespace kite::cli {

namespace {

constexpr double kUnits = 4.0;

// The distance that counts as equal: kUnits in the last place of the largest number.
double tolerance(const NumberTables& seen, DType dtype) {
  double largest = 0.0;
  for (const auto& table : seen) {
    for (const double number : table) {
      if (!std::isnan(number)) largest = std::max(largest, std::abs(number));
    }
  }
  const double unit = dtype == DType::kFloat16 ? 0x1p-10 : dtype == DType::kBFloat16 ? 0x1p-7 : 0x1p-23;
  return kUnits * unit * largest;
}

// As the tensor's type holds it.
double rounded(float number, DType dtype) {
  if (dtype == DType::kFloat16) return static_cast<double>(to_float(to_half<Float16>(number)));
  if (dtype == DType::kBFloat16) return static_cast<double>(to_float(to_half<BFloat16>(number)));
  return static_cast<double>(number);
}

struct ByteLine {
  double slope = 0.0;
  double offset = 0.0;
};

// Least squares over the bytes that occur; nullopt for fewer than two.
std::optional<ByteLine> line_through(const std::array<double, 256>& table) {
  double n = 0.0, sum_x = 0.0, sum_y = 0.0, sum_xx = 0.0, sum_xy = 0.0;
  for (std::size_t byte = 0; byte < table.size(); ++byte) {
    if (std::isnan(table[byte])) continue;
    const auto x = static_cast<double>(byte);
    n += 1.0;
    sum_x += x;
    sum_y += table[byte];
    sum_xx += x * x;
    sum_xy += x * table[byte];
  }
  const double spread = n * sum_xx - sum_x * sum_x;
  if (n < 2.0 || spread <= 0.0) return std::nullopt;
  const double slope = (n * sum_xy - sum_x * sum_y) / spread;
  return ByteLine{slope, (sum_y - slope * sum_x) / n};
}

double to_digits(double value, int digits) {
  if (value == 0.0 || !std::isfinite(value)) return value;
  const double unit = std::pow(10.0, digits - 1 - static_cast<int>(std::floor(std::log10(std::abs(value)))));
  return std::round(value * unit) / unit;
}

}  // namespace

std::optional<NumberTables> tables_of(const Image& picture, const Tensor& tensor, const PreprocessRecipe& recipe) {
  const std::int64_t pixels = picture.width() * picture.height();
  const std::int64_t channels = recipe.form.channels();
  if (tensor.shape().elements() != pixels * channels) return std::nullopt;
  const std::vector<double> values = read_numbers(tensor.view());
  const bool is_planar = recipe.form.is_planar();
  NumberTables seen;
  for (auto& table : seen) table.fill(std::numeric_limits<double>::quiet_NaN());
  for (std::int64_t c = 0; c < 3; ++c) {
    const std::int64_t from = channels == 1 ? 0 : c;
    const std::int64_t byte_at = recipe.channel_order == ChannelOrder::kBgr ? 2 - c : c;
    auto& table = seen[static_cast<std::size_t>(c)];
    const std::uint8_t* const bytes = picture.row(0);
    for (std::int64_t i = 0; i < pixels; ++i) {
      const double number = values[static_cast<std::size_t>(is_planar ? from * pixels + i : i * channels + from)];
      double& entry = table[bytes[3 * i + byte_at]];
      if (std::isnan(entry)) {
        entry = number;
      } else if (entry != number) {
        return std::nullopt;
      }
    }
  }
  return seen;
}

NumberMatch match_numbers(const NumberTables& seen, const PreprocessRecipe& recipe) {
  const ChannelTables made = make_tables(recipe.normalization);
  const double allowed = tolerance(seen, recipe.form.dtype);
  NumberMatch match = NumberMatch::kExact;
  for (std::size_t c = 0; c < seen.size(); ++c) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      if (std::isnan(seen[c][byte])) continue;
      const double distance = std::abs(rounded(made[c][byte], recipe.form.dtype) - seen[c][byte]);
      if (!(distance <= allowed)) return NumberMatch::kDifferent;
      if (distance != 0.0) match = NumberMatch::kLastBits;
    }
  }
  return match;
}

std::optional<PreprocessRecipe> fit_mean_and_std(const NumberTables& seen, const PreprocessRecipe& recipe) {
  PreprocessRecipe exact = recipe;
  exact.normalization = {};
  std::array<ByteLine, 3> lines;
  bool is_of_bytes = true;  // numbers about as large as the bytes: mean and std belong to 0..255
  for (std::size_t c = 0; c < 3; ++c) {
    const auto line = line_through(seen[c]);
    if (!line || !(line->slope > 0.0)) return std::nullopt;
    lines[c] = *line;
    is_of_bytes = is_of_bytes && line->slope > 0.25;
  }
  if (is_of_bytes) {
    exact.normalization.rescale = 1.0;
    exact.normalization.arithmetic = Arithmetic::kHuggingFace;
  }
  for (std::size_t c = 0; c < 3; ++c) {
    const double deviation = (is_of_bytes ? 1.0 : 1.0 / 255.0) / lines[c].slope;
    exact.normalization.std[c] = deviation;
    exact.normalization.mean[c] = -lines[c].offset * deviation;
  }
  for (int digits = 1; digits <= 10; ++digits) {
    PreprocessRecipe other = exact;
    for (std::size_t c = 0; c < 3; ++c) {
      // A mean of 0 comes out as a rounding error of the fit.
      const double mean =
          std::abs(exact.normalization.mean[c]) < 1e-7 * exact.normalization.std[c] ? 0.0 : exact.normalization.mean[c];
      other.normalization.mean[c] = to_digits(mean, digits);
      other.normalization.std[c] = to_digits(exact.normalization.std[c], digits);
    }
    if (match_numbers(seen, other) != NumberMatch::kDifferent) return other;
  }
  return std::nullopt;
}

}  // namespace kite::cli
