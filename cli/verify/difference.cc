// SPDX-License-Identifier: Apache-2.0
// Walks both tensors in blocks, so that the doubles of a large one are never all in memory.
#include "cli/verify/difference.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>

#include "paperkite/try.h"
#include "tensor/convert.h"
#include "tensor/widen.h"

namespace kite::cli {

namespace {

constexpr std::int64_t kBlock = 65536;

// Distance in float32 numbers. Bit patterns are ordered like their numbers where the sign is taken as a direction.
double float_steps(double a, double b) {
  const auto place = [](double number) {
    const auto bits = std::bit_cast<std::int32_t>(static_cast<float>(number));
    return bits >= 0 ? std::int64_t{bits} : std::int64_t{std::numeric_limits<std::int32_t>::min()} - bits;
  };
  return std::abs(static_cast<double>(place(a) - place(b)));
}

double distance(double a, double b) {
  if (a == b || (std::isnan(a) && std::isnan(b))) return 0.0;
  const double apart = std::abs(a - b);
  return std::isnan(apart) ? std::numeric_limits<double>::infinity() : apart;
}

std::vector<std::int64_t> position_of(std::int64_t index, const Shape& shape) {
  std::vector<std::int64_t> position(static_cast<std::size_t>(shape.rank()));
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    position[static_cast<std::size_t>(axis)] = index % shape[axis];
    index /= shape[axis];
  }
  return position;
}

// Calls `visit(index, ours, theirs, |ours - theirs|)` for every element.
void walk(const TensorView& ours, const TensorView& theirs,
          const std::function<void(std::int64_t, double, double, double)>& visit) {
  KITE_CHECK(ours.type.shape == theirs.type.shape);
  const std::int64_t elements = ours.type.shape.elements();
  const bool exact = is_integer(ours.type.dtype) && ours.type == theirs.type && dtype_size(ours.type.dtype) == 8;
  for (std::int64_t first = 0; first < elements; first += kBlock) {
    const std::int64_t count = std::min(kBlock, elements - first);
    const std::vector<double> a = read_numbers(ours, first, count);
    const std::vector<double> b = read_numbers(theirs, first, count);
    for (std::int64_t i = 0; i < count; ++i) {
      const auto at = static_cast<std::size_t>(i);
      double apart = distance(a[at], b[at]);
      // Two integers beyond 2^53 may round to one double.
      if (exact && apart == 0.0 && std::memcmp(ours.data + (first + i) * 8, theirs.data + (first + i) * 8, 8) != 0) {
        apart = 1.0;
      }
      visit(first + i, a[at], b[at], apart);
    }
  }
}

}  // namespace

double Difference::share() const noexcept {
  return elements == 0 ? 0.0 : static_cast<double>(differing) / static_cast<double>(elements);
}

double Difference::relative() const noexcept {
  if (largest < static_cast<double>(std::numeric_limits<float>::min())) return 0.0;
  return magnitude > 0.0 ? largest / magnitude : std::numeric_limits<double>::infinity();
}

std::string type_text(const TensorType& type) { return std::string(dtype_name(type.dtype)) + type.shape.to_string(); }

std::vector<double> read_numbers(const TensorView& view, std::int64_t first, std::int64_t count) {
  std::vector<double> numbers(static_cast<std::size_t>(count));
  kite::widen(view.type.dtype, view.data + first * static_cast<std::int64_t>(dtype_size(view.type.dtype)), numbers);
  return numbers;
}

std::vector<double> read_numbers(const TensorView& view) { return read_numbers(view, 0, view.type.shape.elements()); }

Difference compare(const TensorView& ours, const TensorView& theirs) {
  Difference difference;
  difference.elements = ours.type.shape.elements();
  std::int64_t worst = -1;
  walk(ours, theirs, [&](std::int64_t index, double a, double b, double apart) {
    for (const double number : {std::abs(a), std::abs(b)}) {
      if (std::isfinite(number)) difference.magnitude = std::max(difference.magnitude, number);
    }
    if (apart == 0.0) return;
    ++difference.differing;
    if (worst >= 0 && apart <= difference.largest) return;
    worst = index;
    difference.largest = apart;
    difference.ours = a;
    difference.theirs = b;
  });
  if (worst < 0) return difference;
  difference.position = position_of(worst, ours.type.shape);
  const bool are_floats = is_floating_point(ours.type.dtype) && is_floating_point(theirs.type.dtype);
  difference.ulps = are_floats ? float_steps(difference.ours, difference.theirs) : difference.largest;
  return difference;
}

std::vector<std::int64_t> differing_along(int axis, const TensorView& ours, const TensorView& theirs, double above) {
  const Shape& shape = ours.type.shape;
  const std::int64_t inner = shape.elements(axis + 1, shape.rank());
  std::vector<bool> differs(static_cast<std::size_t>(shape[axis]));
  walk(ours, theirs, [&](std::int64_t index, double, double, double apart) {
    if (apart > above) differs[static_cast<std::size_t>(index / inner % shape[axis])] = true;
  });
  std::vector<std::int64_t> indexes;
  for (std::size_t i = 0; i < differs.size(); ++i) {
    if (differs[i]) indexes.push_back(static_cast<std::int64_t>(i));
  }
  return indexes;
}

bool same_but_for_ones(const Shape& a, const Shape& b) {
  const auto longer_sides = [](const Shape& shape) {
    std::vector<std::int64_t> sides(shape.dims().begin(), shape.dims().end());
    std::erase(sides, 1);
    return sides;
  };
  return longer_sides(a) == longer_sides(b);
}

std::vector<double> distances(const TensorView& ours, const TensorView& theirs) {
  std::vector<double> all(static_cast<std::size_t>(ours.type.shape.elements()));
  walk(ours, theirs,
       [&](std::int64_t index, double, double, double apart) { all[static_cast<std::size_t>(index)] = apart; });
  return all;
}

}  // namespace kite::cli
