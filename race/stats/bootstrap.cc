// SPDX-License-Identifier: Apache-2.0
// The stationary bootstrap, alone and inside processes.
#include "race/stats/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "race/stats/distributions.h"
#include "race/stats/random.h"
#include "race/stats/robust.h"

namespace kite::race {
namespace {

constexpr std::size_t kFewestProcesses = 4;

// Autocovariances at lags 0 .. most.
std::vector<double> autocovariances(std::span<const double> series, std::size_t most) {
  const auto n = static_cast<double>(series.size());
  const double mean = std::accumulate(series.begin(), series.end(), 0.0) / n;
  std::vector<double> covariances(most + 1, 0.0);
  for (std::size_t lag = 0; lag <= most; ++lag) {
    for (std::size_t i = lag; i < series.size(); ++i) {
      covariances[lag] += (series[i] - mean) * (series[i - lag] - mean) / n;
    }
  }
  return covariances;
}

double median_in_place(std::vector<double>& values) {
  const auto middle = static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), values.begin() + middle, values.end());
  const double upper = values[static_cast<std::size_t>(middle)];
  if (values.size() % 2 == 1) return upper;
  return (*std::max_element(values.begin(), values.begin() + middle) + upper) / 2;
}

// Fills `resample` with blocks of geometric length with mean `block_length`, wrapped around.
void stationary_resample(std::span<const double> series, double block_length, Random& random,
                         std::vector<double>& resample) {
  resample.resize(series.size());
  std::size_t at = 0;
  for (std::size_t i = 0; i < series.size(); ++i) {
    const bool fresh = i == 0 || random.uniform() * block_length < 1;
    at = fresh ? random.below(series.size()) : (at + 1) % series.size();
    resample[i] = series[at];
  }
}

struct Process {
  std::vector<double> samples;
  double block_length = 1;
};

std::vector<Process> usable_processes(std::span<const std::vector<double>> processes) {
  std::vector<Process> usable;
  for (const std::vector<double>& samples : processes) {
    Process process;
    std::copy_if(samples.begin(), samples.end(), std::back_inserter(process.samples),
                 [](double value) { return std::isfinite(value) && value > 0; });
    if (process.samples.empty()) continue;
    process.block_length = automatic_block_length(process.samples);
    usable.push_back(std::move(process));
  }
  return usable;
}

std::vector<double> log_medians(const std::vector<Process>& processes) {
  std::vector<double> logs;
  for (const Process& process : processes) logs.push_back(std::log(median(process.samples)));
  return logs;
}

void resampled_log_medians(const std::vector<Process>& processes, Random& random, std::vector<double>& scratch,
                           std::vector<double>& logs) {
  logs.clear();
  for (std::size_t i = 0; i < processes.size(); ++i) {
    const Process& process = processes[random.below(processes.size())];
    stationary_resample(process.samples, process.block_length, random, scratch);
    logs.push_back(std::log(median_in_place(scratch)));
  }
}

}  // namespace

double automatic_block_length(std::span<const double> series) {
  const std::size_t n = series.size();
  if (n < 10) return 1;
  const auto real_n = static_cast<double>(n);
  // The smallest m after which `quiet` autocorrelations in a row are within noise; the flat-top window ends at 2 m.
  const auto quiet = std::max<std::size_t>(5, static_cast<std::size_t>(std::ceil(std::sqrt(std::log10(real_n)))));
  const auto longest = std::min(n - 1, static_cast<std::size_t>(std::ceil(std::sqrt(real_n))) + quiet);
  const std::vector<double> covariances = autocovariances(series, longest);
  if (covariances[0] <= 0) return 1;
  const double noise = 2 * std::sqrt(std::log10(real_n) / real_n);
  std::size_t m = 0;
  for (std::size_t lag = 1, run = 0; lag <= longest && run < quiet; ++lag) {
    if (std::fabs(covariances[lag]) < noise * covariances[0]) {
      ++run;
    } else {
      run = 0;
      m = lag;
    }
  }
  if (m == 0) return 1;
  const std::size_t window = std::min(2 * m, longest);
  double slope = 0;
  double spectrum = covariances[0];
  for (std::size_t lag = 1; lag <= window; ++lag) {
    const double share = static_cast<double>(lag) / static_cast<double>(window);
    const double weight = share <= 0.5 ? 1 : 2 * (1 - share);
    slope += 2 * weight * static_cast<double>(lag) * covariances[lag];
    spectrum += 2 * weight * covariances[lag];
  }
  const double longest_block = std::min(3 * std::sqrt(real_n), real_n / 3);
  if (spectrum == 0) return std::max(1.0, longest_block);
  const double block = std::cbrt(slope * slope / (spectrum * spectrum) * real_n);
  return std::clamp(block, 1.0, std::max(1.0, longest_block));
}

RatioEstimate hierarchical_bootstrap_ratio(std::span<const std::vector<double>> new_processes,
                                           std::span<const std::vector<double>> old_processes,
                                           const BootstrapRules& rules) {
  const std::vector<Process> after = usable_processes(new_processes);
  const std::vector<Process> before = usable_processes(old_processes);
  const std::size_t fewest = std::min(after.size(), before.size());
  RatioEstimate estimate;
  estimate.n = static_cast<std::int32_t>(fewest);
  estimate.confidence = rules.confidence;
  estimate.achieved_confidence = 1;
  if (fewest == 0) return estimate;
  estimate.ratio = std::exp(hodges_lehmann_shift(log_medians(after), log_medians(before)));
  if (fewest < kFewestProcesses || rules.resamples < 1) return estimate;

  Random random(rules.seed);
  std::vector<double> shifts;
  std::vector<double> scratch;
  std::vector<double> after_logs;
  std::vector<double> before_logs;
  for (std::int32_t i = 0; i < rules.resamples; ++i) {
    resampled_log_medians(after, random, scratch, after_logs);
    resampled_log_medians(before, random, scratch, before_logs);
    shifts.push_back(hodges_lehmann_shift(after_logs, before_logs));
  }
  std::sort(shifts.begin(), shifts.end());
  const auto n = static_cast<double>(fewest);
  const auto degrees = static_cast<std::int64_t>(after.size() + before.size()) - 2;
  const double tail = normal_cdf(-std::sqrt(n / (n - 1)) * student_t_two_sided(rules.confidence, degrees));
  estimate.interval = {.low = std::exp(quantile_of_sorted(shifts, tail)),
                       .high = std::exp(quantile_of_sorted(shifts, 1 - tail))};
  estimate.achieved_confidence = rules.confidence;
  return estimate;
}

}  // namespace kite::race
