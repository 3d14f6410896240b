// SPDX-License-Identifier: Apache-2.0
#include "cli/report/tally.h"

#include <algorithm>
#include <cmath>

#include "cli/report/html_parts.h"

namespace kite::cli {

void Tally::add(const std::string& name, const Classification& answer) {
  timings_.decode_ms += answer.timings.decode_ms;
  timings_.preprocess_ms += answer.timings.preprocess_ms;
  timings_.infer_ms += answer.timings.infer_ms;
  for (const std::string& text : answer.warnings) {
    constexpr std::size_t kMostTexts = 50;  // a text may name numbers of its file
    const auto known = warnings_.find(text);
    if (known == warnings_.end() && warnings_.size() == kMostTexts) {
      ++other_warnings_;
    } else if (known == warnings_.end()) {
      warnings_.emplace(text, WarningCount{1, name});
    } else {
      ++known->second.count;
    }
  }
  if (answer.top.empty()) {
    ++unlabelled_;
    return;
  }
  const Prediction& best = answer.top.front();
  ++counts_[best.index];
  if (best.has_score && std::isfinite(best.score)) scores_.push_back(best.score);
  for (std::size_t i = 0; i < std::min<std::size_t>(2, answer.top.size()); ++i) {
    labels_.try_emplace(answer.top[i].index, label_text(answer.top[i]));
  }
}

std::vector<LabelCount> Tally::label_counts() const {
  std::vector<LabelCount> counts;
  for (const auto& [index, count] : counts_) counts.push_back({index, count});
  std::ranges::stable_sort(counts, std::ranges::greater{}, &LabelCount::count);
  return counts;
}

std::vector<std::size_t> histogram(const std::vector<float>& values, double low, double high, std::size_t bins) {
  std::vector<std::size_t> counts(bins);
  for (const float value : values) {
    const double place = high > low ? (static_cast<double>(value) - low) / (high - low) : 0.0;
    const auto bin = static_cast<std::size_t>(std::clamp(place, 0.0, 1.0) * static_cast<double>(bins));
    ++counts[std::min(bin, bins - 1)];
  }
  return counts;
}

}  // namespace kite::cli
