// SPDX-License-Identifier: Apache-2.0
// What is counted over all pictures, also those that have no room on the page.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "paperkite/classifier.h"

namespace kite::cli {

struct LabelCount {
  std::int64_t index = 0;  // of the class
  std::size_t count = 0;   // pictures of which it is the first label
};

struct WarningCount {
  std::size_t count = 0;
  std::string first;  // the name of the first picture that it is about
};

class Tally {
 public:
  void add(const std::string& name, const Classification& answer);

  // Most pictures first.
  [[nodiscard]] std::vector<LabelCount> label_counts() const;
  // Of every class that was a picture's first or second label.
  [[nodiscard]] const std::map<std::int64_t, std::string>& labels() const noexcept { return labels_; }
  // Of the first labels, as far as they are finite, in the order of the pictures.
  [[nodiscard]] const std::vector<float>& scores() const noexcept { return scores_; }
  [[nodiscard]] const std::map<std::string, WarningCount>& warnings() const noexcept { return warnings_; }
  [[nodiscard]] std::size_t other_warnings() const noexcept { return other_warnings_; }
  // Sums over the pictures.
  [[nodiscard]] const ClassifyTimings& timings() const noexcept { return timings_; }
  [[nodiscard]] std::size_t unlabelled() const noexcept { return unlabelled_; }

 private:
  std::map<std::int64_t, std::size_t> counts_;
  std::map<std::int64_t, std::string> labels_;
  std::vector<float> scores_;
  std::map<std::string, WarningCount> warnings_;
  std::size_t other_warnings_ = 0;
  ClassifyTimings timings_;
  std::size_t unlabelled_ = 0;  // no label reaches the threshold
};

// How many values lie in each of `bins` parts of [low, high], equally wide; `high` is in the last one.
[[nodiscard]] std::vector<std::size_t> histogram(const std::vector<float>& values, double low, double high,
                                                 std::size_t bins);

}  // namespace kite::cli
