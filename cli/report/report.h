// SPDX-License-Identifier: Apache-2.0
// The page of `kite classify --report`, put together while answers arrive.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/image_list.h"
#include "cli/output/output.h"
#include "cli/report/page_facts.h"
#include "cli/report/selection.h"
#include "cli/report/tally.h"
#include "cli/side_by_side.h"

namespace kite::cli {

// What a page may hold, so that every browser opens it: together some 30 MB, which Chromium shows after a second.
// Memory while the page is made is bounded by the same numbers, besides 4 bytes a picture.
struct PageBudget {
  std::size_t thumbnail_bytes = 20'000'000;  // of thumbnails as base64; about 9,000 of photographs
  std::size_t row_bytes = 12'000'000;        // of names and scores; about 200,000 pictures
  std::size_t failures = 1'000;
};

// The first two labels of a picture.
struct PageRow {
  struct Label {
    std::int64_t index = 0;  // of the class
    float score = 0.0F;      // NaN where there is none
  };
  std::array<Label, 2> labels;
  std::size_t count = 0;  // of labels
};

struct FailedPicture {
  std::size_t item = 0;
  Error error;
};

// What is known of many pictures when the last one is taken. `items` is borrowed.
struct ManyPictures {
  ManyPictures(const std::vector<ImageItem>& all, const PageBudget& budget)
      : items(all), rows(budget.row_bytes), thumbnails(budget.thumbnail_bytes) {}

  const std::vector<ImageItem>& items;
  std::size_t taken = 0;  // fewer than there are items after an interruption
  std::size_t failed = 0;
  std::vector<FailedPicture> failures;  // the first of them
  Tally tally;
  Selection<PageRow> rows;
  Selection<std::string> thumbnails;  // base64 of WebP
  double wall_ms = 0.0;
};

class Report {
 public:
  // `items` is borrowed.
  explicit Report(const std::vector<ImageItem>& items, const PageBudget& budget = {});

  // The views that the classifiers must keep, and how many labels they must name for each picture.
  [[nodiscard]] ViewOptions views() const noexcept;
  static constexpr int kLabels = 2;

  // Called for each answer on the thread that made it: of many pictures, a thumbnail takes the place of the views,
  // where there may be room for it.
  void prepare(std::size_t item, TimedAnswer& timed) const;
  // Called for each answer in the order of the items, on one thread.
  void take(std::size_t item, const TimedAnswer& timed);
  void write(const PageFacts& facts, double wall_ms, Output& out) &&;

 private:
  [[nodiscard]] bool is_single() const noexcept { return items_.size() == 1; }

  const std::vector<ImageItem>& items_;
  PageBudget budget_;
  std::optional<TimedAnswer> single_;
  ManyPictures many_;
};

// The distance of the first label to the second: how sure the model is. A single label has its score; infinite where
// the model gives no scores, 0 where they are no numbers.
[[nodiscard]] double margin_of(const Classification& answer);

}  // namespace kite::cli
