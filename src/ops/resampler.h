// SPDX-License-Identifier: Apache-2.0
// The loops of Resize: every element of the output from its taps along each axis.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "ops/op.h"
#include "ops/resampling.h"
#include "ops/strided_copy.h"
#include "paperkite/tensor.h"

namespace kite {

using ResampledAxes = std::array<ResampledAxis, kMaxRank>;

// y = sum over the taps of all axes, nested, the first axis outermost; nearest neighbours are moved, as an unsigned T
// of the elements' size. The output is computed in lines: positions of the last axis that is resized, or, where axes
// follow that are not (channels last), their elements at one position.
template <typename T>
class TensorResampler {
 public:
  TensorResampler(const Resampling& how, const ResampledAxes& axes, const Shape& in, const Shape& out, T outside)
      : how_(how), axes_(axes), out_(out), strides_(dense_strides(in)), outside_(outside) {
    for (int a = 0; a < out.rank(); ++a) last_ = axes[static_cast<std::size_t>(a)].is_resized() ? a : last_;
    run_ = out.elements(last_ + 1, out.rank());
  }

  void run(const Share& share, const T* x, T* y) {
    const auto [first, end] = share.of(out_.elements(0, last_), 1);
    const ResampledAxis& axis = axes_[static_cast<std::size_t>(last_)];
    const std::int64_t block = std::clamp<std::int64_t>(kBlockTaps / most_taps(how_, axis), 1, kLine);
    for (std::int64_t start = 0; first < end && start < out_[last_]; start += block) {
      load_block(axis, start, std::min(block, out_[last_] - start));
      begin_at(first);
      for (std::int64_t row = first; row < end; ++row) {
        write_row(x, y + (row * out_[last_] + start) * run_);
        advance();
      }
    }
  }

 private:
  static constexpr bool kMoves = !std::is_floating_point_v<T>;
  static constexpr std::int64_t kLine = 64;         // elements of a line, sums in 512 bytes for each axis
  static constexpr std::int64_t kBlockTaps = 1024;  // found once for all rows, 16 KiB
  using Line = std::array<double, kLine>;

  // Taps of positions [start, start + count) of the last resized axis.
  void load_block(const ResampledAxis& axis, std::int64_t start, std::int64_t count) {
    count_ = count;
    std::size_t used = 0;
    Taps taps;
    for (std::int64_t p = 0; p < count; ++p) {
      const auto position = static_cast<std::size_t>(p);
      find_taps(how_, axis, start + p, taps);
      block_first_[position] = used;
      block_outside_[position] = taps.is_outside;
      for (int k = 0; k < taps.count; ++k, ++used) {
        block_index_[used] = taps.index[static_cast<std::size_t>(k)];
        block_weight_[used] = taps.weight[static_cast<std::size_t>(k)];
      }
    }
    block_first_[static_cast<std::size_t>(count)] = used;
  }

  // The axes before the last resized one, whose taps change row by row.
  void begin_at(std::int64_t row) {
    for (int a = last_ - 1; a >= 0; --a) {
      at_[static_cast<std::size_t>(a)] = row % out_[a];
      row /= out_[a];
      move(a);
    }
  }
  void advance() {
    for (int a = last_ - 1; a >= 0; --a) {
      auto& position = at_[static_cast<std::size_t>(a)];
      if (++position == out_[a]) position = 0;
      move(a);
      if (position != 0) break;
    }
  }
  void move(int a) {
    const auto axis = static_cast<std::size_t>(a);
    find_taps(how_, axes_[axis], at_[axis], taps_[axis]);
  }

  void write_row(const T* x, T* y) const {
    const bool is_outside =
        std::any_of(taps_.begin(), taps_.begin() + last_, [](const Taps& t) { return t.is_outside; });
    if (is_outside) {
      std::fill_n(y, count_ * run_, outside_);
    } else if constexpr (kMoves) {
      move_row(x, y);
    } else {
      sum_row(x, y);
    }
  }

  void move_row(const T* x, T* y) const {
    for (int a = 0; a < last_; ++a) {
      x += taps_[static_cast<std::size_t>(a)].index[0] * strides_[static_cast<std::size_t>(a)];
    }
    for (std::int64_t p = 0; p < count_; ++p, y += run_) {
      const auto position = static_cast<std::size_t>(p);
      if (block_outside_[position]) {
        std::fill_n(y, run_, outside_);
      } else if (run_ == 1) {
        *y = x[block_index_[position]];
      } else {
        std::memcpy(y, x + block_index_[position] * run_, static_cast<std::size_t>(run_) * sizeof(T));
      }
    }
  }

  void sum_row(const T* x, T* y) const {
    Line line;
    if (run_ == 1) {
      sum(0, 0, x, line, count_);
      for (std::int64_t p = 0; p < count_; ++p) {
        const auto position = static_cast<std::size_t>(p);
        y[p] = block_outside_[position] ? outside_ : static_cast<T>(line[position]);
      }
      return;
    }
    for (std::int64_t p = 0; p < count_; ++p, y += run_) {
      if (block_outside_[static_cast<std::size_t>(p)]) {
        std::fill_n(y, run_, outside_);
        continue;
      }
      for (std::int64_t done = 0; done < run_; done += kLine) {
        const std::int64_t n = std::min(kLine, run_ - done);
        sum(0, p, x + done, line, n);
        for (std::int64_t i = 0; i < n; ++i) y[done + i] = static_cast<T>(line[static_cast<std::size_t>(i)]);
      }
    }
  }

  // One line's sums over the taps of axes a and later; a weight of zero must not turn an infinity into NaN. The depth
  // of the recursion is at most the rank.
  void sum(int a, std::int64_t position, const T* x, Line& total, std::int64_t n) const {
    if (a == last_) return run_ == 1 ? sum_positions(x, total) : sum_run(position, x, total, n);
    const Taps& taps = taps_[static_cast<std::size_t>(a)];
    const std::int64_t stride = strides_[static_cast<std::size_t>(a)];
    if (taps.count == 1 && taps.weight[0] == 1) return sum(a + 1, position, x + taps.index[0] * stride, total, n);
    std::fill_n(total.begin(), n, 0.0);
    Line inner;
    for (int k = 0; k < taps.count; ++k) {
      const double weight = taps.weight[static_cast<std::size_t>(k)];
      if (weight == 0) continue;
      sum(a + 1, position, x + taps.index[static_cast<std::size_t>(k)] * stride, inner, n);
      for (std::int64_t i = 0; i < n; ++i)
        total[static_cast<std::size_t>(i)] += weight * inner[static_cast<std::size_t>(i)];
    }
  }

  void sum_positions(const T* x, Line& total) const {
    for (std::size_t p = 0; p < static_cast<std::size_t>(count_); ++p) {
      double sum = 0;
      for (std::size_t k = block_first_[p]; k < block_first_[p + 1]; ++k) {
        if (block_weight_[k] != 0) sum += block_weight_[k] * static_cast<double>(x[block_index_[k]]);
      }
      total[p] = sum;
    }
  }

  void sum_run(std::int64_t position, const T* x, Line& total, std::int64_t n) const {
    std::fill_n(total.begin(), n, 0.0);
    const auto p = static_cast<std::size_t>(position);
    for (std::size_t k = block_first_[p]; k < block_first_[p + 1]; ++k) {
      const double weight = block_weight_[k];
      if (weight == 0) continue;
      const T* from = x + block_index_[k] * run_;
      for (std::int64_t i = 0; i < n; ++i) total[static_cast<std::size_t>(i)] += weight * static_cast<double>(from[i]);
    }
  }

  const Resampling& how_;
  const ResampledAxes& axes_;
  const Shape& out_;
  std::array<std::int64_t, kMaxRank> strides_;
  T outside_;
  int last_ = 0;          // the last resized axis
  std::int64_t run_ = 1;  // elements after it
  std::array<std::int64_t, kMaxRank> at_{};
  std::array<Taps, kMaxRank> taps_;  // of the axes before it
  std::int64_t count_ = 0;           // positions of the block
  std::array<std::size_t, kLine + 1> block_first_{};
  std::array<bool, kLine> block_outside_{};
  std::array<std::int64_t, kBlockTaps> block_index_;
  std::array<double, kBlockTaps> block_weight_;
};

}  // namespace kite
