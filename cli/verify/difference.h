// SPDX-License-Identifier: Apache-2.0
// How far two tensors of one shape are apart.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "paperkite/tensor.h"

namespace kite::cli {

struct Difference {
  std::int64_t elements = 0;
  std::int64_t differing = 0;
  double largest = 0.0;    // |ours - theirs|; infinite where only one of them is a number
  double magnitude = 0.0;  // the largest finite number of both
  // Of the largest difference: its index along each axis, the two numbers, and how many float32 numbers lie between
  // them. Of integers it is their distance.
  std::vector<std::int64_t> position;
  double ours = 0.0;
  double theirs = 0.0;
  double ulps = 0.0;

  [[nodiscard]] double share() const noexcept;  // of the elements that differ, 0 .. 1
  // largest / magnitude. Differences below the smallest normal float32 count as 0: kernels flush such numbers to zero.
  [[nodiscard]] double relative() const noexcept;
};

// Both have the same shape; their element types may differ. Two NaN are equal, and so are 0 and -0. Integers are
// compared exactly.
[[nodiscard]] Difference compare(const TensorView& ours, const TensorView& theirs);

// The indexes along `axis` at which any element differs by more than `above`, ascending.
[[nodiscard]] std::vector<std::int64_t> differing_along(int axis, const TensorView& ours, const TensorView& theirs,
                                                        double above);

// |ours - theirs| of every element, as compare() takes it.
[[nodiscard]] std::vector<double> distances(const TensorView& ours, const TensorView& theirs);

[[nodiscard]] std::string type_text(const TensorType& type);  // "float32[1,3,224,224]"

// Elements first .. first + count - 1 as doubles. int64 beyond 2^53 is rounded.
[[nodiscard]] std::vector<double> read_numbers(const TensorView& view, std::int64_t first, std::int64_t count);
[[nodiscard]] std::vector<double> read_numbers(const TensorView& view);

// Whether the two are the same without their dimensions of 1: what a program keeps of a batch of one may be the row.
[[nodiscard]] bool same_but_for_ones(const Shape& a, const Shape& b);

}  // namespace kite::cli
