// SPDX-License-Identifier: Apache-2.0
// Chooses which of any number of pictures have room on a page, while they pass by.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <iterator>
#include <limits>
#include <utility>
#include <vector>

namespace kite::cli {

// Of one picture on the page.
template <typename Content>
struct Chosen {
  std::size_t index = 0;  // of the picture
  double margin = 0.0;    // distance of the first label to the second; a number or infinite
  std::size_t size_bytes = 0;
  Content content;
};

// While everything fits into the budget, everything is kept. After that,
// 1. at most half of the budget holds every stride()-th picture, an even sample; the stride is a power of two, so that
//    the sample of a small budget is part of that of a larger one;
// 2. the rest holds the pictures with the smallest margins, the earlier one first where margins are equal.
// The choice depends on the order of add() alone, not on the threads that ask wants().
template <typename Content>
class Selection {
 public:
  explicit Selection(std::size_t budget_bytes) : budget_bytes_(budget_bytes) {}

  // False where add() would drop this picture, so that nothing need be made for it. For any thread, at any time before
  // that picture's add().
  [[nodiscard]] bool wants(std::size_t index, double margin) const noexcept {
    return index % stride() == 0 || margin <= limit_.load(std::memory_order_relaxed);
  }

  // In ascending order of `index`, from one thread.
  void add(Chosen<Content> picture) {
    if (picture.index % stride() == 0) {
      even_bytes_ += picture.size_bytes;
      even_.push_back(std::move(picture));
    } else {
      offer(std::move(picture));
    }
    if (even_bytes_ + uncertain_bytes_ <= budget_bytes_) return;
    while (even_.size() > 1 && even_bytes_ > budget_bytes_ / 2) widen_stride();
    while (!uncertain_.empty() && even_bytes_ + uncertain_bytes_ > budget_bytes_) drop_most_certain();
  }

  [[nodiscard]] std::size_t stride() const noexcept { return stride_.load(std::memory_order_relaxed); }

  // In the order of the pictures.
  [[nodiscard]] std::vector<Chosen<Content>> release() && {
    std::vector<Chosen<Content>> all = std::move(even_);
    std::ranges::move(uncertain_, std::back_inserter(all));
    std::ranges::sort(all, {}, &Chosen<Content>::index);
    return all;
  }

 private:
  struct LeavesLater {
    bool operator()(const Chosen<Content>& a, const Chosen<Content>& b) const noexcept {
      return a.margin != b.margin ? a.margin < b.margin : a.index < b.index;
    }
  };

  void offer(Chosen<Content> picture) {
    if (picture.margin > limit_) return;
    uncertain_bytes_ += picture.size_bytes;
    uncertain_.push_back(std::move(picture));
    std::ranges::push_heap(uncertain_, LeavesLater{});
  }

  // Every second picture of the sample must now find room by its margin.
  void widen_stride() {
    stride_ = 2 * stride();
    even_bytes_ = 0;
    std::vector<Chosen<Content>> sample;
    for (Chosen<Content>& picture : even_) {
      if (picture.index % stride() == 0) {
        even_bytes_ += picture.size_bytes;
        sample.push_back(std::move(picture));
      } else {
        offer(std::move(picture));
      }
    }
    even_ = std::move(sample);
  }

  void drop_most_certain() {
    std::ranges::pop_heap(uncertain_, LeavesLater{});
    limit_ = std::min(limit_.load(), uncertain_.back().margin);
    uncertain_bytes_ -= uncertain_.back().size_bytes;
    uncertain_.pop_back();
  }

  std::size_t budget_bytes_;
  std::size_t even_bytes_ = 0;
  std::size_t uncertain_bytes_ = 0;
  std::vector<Chosen<Content>> even_;       // every stride-th picture
  std::vector<Chosen<Content>> uncertain_;  // a heap, the largest margin first
  std::atomic<std::size_t> stride_ = 1;
  std::atomic<double> limit_ = std::numeric_limits<double>::infinity();  // margins above it find no room
};

}  // namespace kite::cli
