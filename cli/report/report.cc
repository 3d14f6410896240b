// SPDX-License-Identifier: Apache-2.0
#include "cli/report/report.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "cli/page/base64.h"
#include "cli/report/folder_page.h"
#include "cli/report/picture_page.h"
#include "image/encode_webp.h"
#include "image/overview.h"

namespace kite::cli {

namespace {

constexpr std::int64_t kThumbnailSide = 128;
constexpr float kThumbnailQuality = 70.0F;
constexpr std::int64_t kOverviewSide = 640;
// What a row has besides its name: two classes, two scores, brackets and commas.
constexpr std::size_t kRowBytes = 28;

// "" where memory runs out: the picture is then shown without a thumbnail.
std::string thumbnail_of(const RgbPicture& seen) {
  const auto small = smaller_picture(seen, kThumbnailSide);
  if (!small.ok()) return "";
  const auto webp = encode_webp(small->rgb, {small->width, small->height}, kThumbnailQuality);
  return webp.ok() ? base64(*webp) : std::string();
}

PageRow row_of(const Classification& answer) {
  PageRow row;
  row.count = std::min(answer.top.size(), row.labels.size());
  for (std::size_t i = 0; i < row.count; ++i) {
    const Prediction& prediction = answer.top[i];
    row.labels[i] = {prediction.index, prediction.has_score ? prediction.score : std::nanf("")};
  }
  return row;
}

}  // namespace

double margin_of(const Classification& answer) {
  if (answer.top.empty()) return 0.0;
  if (!answer.top.front().has_score) return std::numeric_limits<double>::infinity();
  const auto first = static_cast<double>(answer.top.front().score);
  const double margin = answer.top.size() < 2 ? first : first - static_cast<double>(answer.top[1].score);
  return std::isfinite(margin) ? margin : 0.0;
}

Report::Report(const std::vector<ImageItem>& items, const PageBudget& budget)
    : items_(items), budget_(budget), many_(items, budget) {}

ViewOptions Report::views() const noexcept { return {true, is_single() ? kOverviewSide : 0}; }

void Report::prepare(std::size_t item, TimedAnswer& timed) const {
  if (is_single() || !timed.answer.ok() || !timed.answer->views) return;
  if (many_.thumbnails.wants(item, margin_of(*timed.answer))) {
    timed.thumbnail = thumbnail_of(timed.answer->views->seen);
  }
  timed.answer->views.reset();
}

void Report::take(std::size_t item, const TimedAnswer& timed) {
  ++many_.taken;
  if (is_single()) {
    single_ = timed;
    return;
  }
  if (!timed.answer.ok()) {
    ++many_.failed;
    if (many_.failures.size() < budget_.failures) many_.failures.push_back({item, timed.answer.error()});
    return;
  }
  const std::string& name = items_[item].name;
  const double margin = margin_of(*timed.answer);
  many_.tally.add(name, *timed.answer);
  many_.rows.add({item, margin, kRowBytes + name.size(), row_of(*timed.answer)});
  if (!timed.thumbnail.empty()) {
    many_.thumbnails.add({item, margin, timed.thumbnail.size() + 3, timed.thumbnail});
  }
}

void Report::write(const PageFacts& facts, double wall_ms, Output& out) && {
  if (single_) {
    out.write(picture_page(facts, items_.front().name, *single_));
    return;
  }
  many_.wall_ms = wall_ms;
  write_folder_page(facts, std::move(many_), out);
}

}  // namespace kite::cli
