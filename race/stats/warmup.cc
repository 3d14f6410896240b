// SPDX-License-Identifier: Apache-2.0
// Classes of a series from its segments and modes.
#include "race/stats/warmup.h"

#include <algorithm>
#include <cmath>

namespace kite::race {
namespace {

constexpr std::size_t kFewestCrossings = 6;
constexpr double kInterruptions = 0.05;

bool same_level(double a, double b) { return std::fabs(std::log(a / b)) <= std::log1p(kSameLevel); }

std::optional<TwoModes> alternating_modes(std::span<const double> series) {
  std::optional<TwoModes> modes = two_modes(series);
  if (!modes) return modes;
  const bool throughout = modes->boundary_crossings >= kFewestCrossings && modes->first_crossing < series.size() / 3 &&
                          modes->last_crossing > series.size() * 2 / 3;
  if (!throughout || same_level(modes->low, modes->high)) modes.reset();
  return modes;
}

// The first of the segments at the end that are on the level of the last one; short interruptions are allowed.
std::vector<Segment>::const_iterator steady_from(const std::vector<Segment>& segments, std::size_t samples) {
  const double last = segments.back().level;
  double allowance = kInterruptions * static_cast<double>(samples);
  auto steady = segments.end() - 1;
  for (auto at = steady; at != segments.begin();) {
    --at;
    if (same_level(at->level, last)) {
      steady = at;
    } else {
      allowance -= static_cast<double>(at->end - at->begin);
      if (allowance < 0) break;
    }
  }
  return steady;
}

}  // namespace

std::string_view steadiness_name(Steadiness steadiness) noexcept {
  switch (steadiness) {
    case Steadiness::kFlat: return "flat";
    case Steadiness::kWarmUp: return "warm-up";
    case Steadiness::kSlowDown: return "slow-down";
    case Steadiness::kNoSteadyState: return "no steady state";
    case Steadiness::kMultimodal: return "multimodal";
    case Steadiness::kTooShort: break;
  }
  return "too short to tell";
}

std::size_t mser_cut(std::span<const double> series) {
  constexpr std::size_t kBatch = 5;
  const std::size_t batches = series.size() / kBatch;
  if (batches < 4) return 0;
  std::vector<double> means;
  for (std::size_t i = 0; i < batches; ++i) {
    double sum = 0;
    for (const double value : series.subspan(i * kBatch, kBatch)) sum += value;
    means.push_back(sum / kBatch);
  }
  // From the back: the squared error of the batches from `cut` on, by Welford's update.
  double mean = 0;
  double squares = 0;
  double least = 0;
  std::size_t best = 0;
  for (std::size_t cut = batches; cut-- > 0;) {
    const auto kept = static_cast<double>(batches - cut);
    const double step = means[cut] - mean;
    mean += step / kept;
    squares += step * (means[cut] - mean);
    const double error = squares / (kept * kept);
    if (cut == batches / 2 || (cut < batches / 2 && error <= least)) {
      least = error;
      best = cut;
    }
  }
  return best * kBatch;
}

SteadinessFound classify_steadiness(std::span<const double> series) {
  SteadinessFound found;
  if (series.size() < kFewestForSteadiness) return found;
  if (!std::all_of(series.begin(), series.end(), [](double x) { return std::isfinite(x) && x > 0; })) return found;

  found.mser_cut = mser_cut(series);
  found.segments = level_segments(series);
  const double last = found.segments.back().level;
  const auto steady = steady_from(found.segments, series.size());
  const std::size_t cut = steady->begin;

  if (cut > series.size() / 2) {
    found.modes = alternating_modes(series);
    found.steadiness = found.modes ? Steadiness::kMultimodal : Steadiness::kNoSteadyState;
    return found;
  }
  found.cut = cut;
  found.modes = alternating_modes(series.subspan(cut));
  if (found.modes) {
    found.steadiness = Steadiness::kMultimodal;
  } else if (cut == 0) {
    found.steadiness = Steadiness::kFlat;
  } else {
    // If any segment before the cut is slower than the last level, it is a warm-up, even if the first segment is fast.
    const bool slower = std::any_of(found.segments.cbegin(), steady, [&](const Segment& segment) {
      return segment.level > last && !same_level(segment.level, last);
    });
    found.steadiness = slower ? Steadiness::kWarmUp : Steadiness::kSlowDown;
  }
  return found;
}

}  // namespace kite::race
