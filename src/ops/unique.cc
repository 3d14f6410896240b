// SPDX-License-Identifier: Apache-2.0
// Unique: each different element, or each different slice along an axis, once; where it stands first, which one each
// element is, and how often it occurs. The number of them decides the outputs' shapes, so the input must be constant.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "ops/dispatch.h"
#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {
namespace {

// Slice i holds, for each outer index, a run of elements.
struct Slices {
  std::int64_t outer = 1;
  std::int64_t count = 0;
  std::int64_t run = 1;
};

Slices slices_of(const Shape& shape, std::optional<int> axis) {
  if (!axis) return {1, shape.elements(), 1};
  return {shape.elements(0, *axis), shape[*axis], shape.elements(*axis + 1, shape.rank())};
}

// Below, equal or above zero. NaN equals itself and comes last, as numpy sorts. Elements may lie unaligned.
template <typename T>
int compare_elements(const std::byte* a, const std::byte* b) {
  using Read = std::conditional_t<std::is_same_v<T, bool>, std::uint8_t, T>;
  Read x{};
  Read y{};
  std::memcpy(&x, a, sizeof x);
  std::memcpy(&y, b, sizeof y);
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(x) || std::isnan(y)) return (std::isnan(x) ? 1 : 0) - (std::isnan(y) ? 1 : 0);
  }
  return x < y ? -1 : (y < x ? 1 : 0);
}

class SliceOrder {
 public:
  SliceOrder(const std::byte* data, DType dtype, const Slices& slices)
      : data_(data), size_(static_cast<std::int64_t>(dtype_size(dtype))), slices_(slices) {
    // infer() has refused other types.
    (void)dispatch(AllTypes{}, dtype, [&]<typename T>() -> Status {
      compare_ = compare_elements<T>;
      return {};
    });
  }

  [[nodiscard]] int compare(std::int64_t a, std::int64_t b) const {
    for (std::int64_t o = 0; o < slices_.outer; ++o) {
      for (std::int64_t k = 0; k < slices_.run; ++k) {
        const int order = compare_(at(o, a, k), at(o, b, k));
        if (order != 0) return order;
      }
    }
    return 0;
  }

 private:
  [[nodiscard]] const std::byte* at(std::int64_t outer, std::int64_t slice, std::int64_t k) const {
    return data_ + ((outer * slices_.count + slice) * slices_.run + k) * size_;
  }

  const std::byte* data_;
  std::int64_t size_;
  Slices slices_;
  int (*compare_)(const std::byte*, const std::byte*) = nullptr;
};

// The slices in ascending order, equal ones by their position.
std::vector<std::int64_t> sorted_slices(const SliceOrder& order, std::int64_t count) {
  std::vector<std::int64_t> positions(static_cast<std::size_t>(count));
  std::iota(positions.begin(), positions.end(), 0);
  std::ranges::sort(positions, [&](std::int64_t a, std::int64_t b) {
    const int ab = order.compare(a, b);
    return ab != 0 ? ab < 0 : a < b;
  });
  return positions;
}

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(1, 1));
  KITE_TRY(require_dtype(context, 0, AllTypes{}));
  KITE_TRY(context.get_int("sorted", 1));
  KITE_TRY_ASSIGN(const TensorView x, context.shaping_value(0, "X"));
  const Shape& shape = x.type.shape;
  std::optional<int> axis;
  if (context.attributes().has("axis")) {
    KITE_TRY_ASSIGN(const std::int64_t stated, context.get_int("axis", 0));
    KITE_TRY_ASSIGN(axis, context.normalize_axis(stated, shape.rank()));
  }
  const Slices slices = slices_of(shape, axis);
  const SliceOrder order(x.data, x.type.dtype, slices);
  const std::vector<std::int64_t> sorted = sorted_slices(order, slices.count);
  std::int64_t unique = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    unique += i == 0 || order.compare(sorted[i - 1], sorted[i]) != 0 ? 1 : 0;
  }
  std::vector<std::int64_t> dims = {unique};
  if (axis) {
    dims.assign(shape.dims().begin(), shape.dims().end());
    dims[static_cast<std::size_t>(*axis)] = unique;
  }
  // For each different slice, all are compared with it, up to three times.
  context.set_terms(3 * std::max<std::int64_t>(slices.count, 1));
  KITE_TRY(context.set_output(0, x.type.dtype, dims));
  KITE_TRY(context.set_output(1, DType::kInt64, std::vector<std::int64_t>{unique}));
  KITE_TRY(context.set_output(2, DType::kInt64, std::vector<std::int64_t>{slices.count}));
  return context.set_output(3, DType::kInt64, std::vector<std::int64_t>{unique});
}

// Finds the different slices one after the other by comparing all of them, so that it needs no memory.
class Uniques {
 public:
  Uniques(const SliceOrder& order, std::int64_t count) : order_(order), count_(count) {}

  // Whether slice i is the first of its kind.
  [[nodiscard]] bool is_first(std::int64_t i) const {
    for (std::int64_t k = 0; k < i; ++k) {
      if (order_.compare(k, i) == 0) return false;
    }
    return true;
  }

  // The first occurrence that follows `previous` in ascending order (-1: the lowest); -1 at the end.
  [[nodiscard]] std::int64_t next(std::int64_t previous) const {
    std::int64_t best = -1;
    for (std::int64_t i = 0; i < count_; ++i) {
      if (previous >= 0 && order_.compare(i, previous) <= 0) continue;
      if (best < 0 || order_.compare(i, best) < 0) best = i;
    }
    return best;
  }

 private:
  const SliceOrder& order_;
  std::int64_t count_;
};

void copy_slice(const TensorView& x, const MutableTensorView& y, const Slices& slices, std::int64_t unique,
                std::int64_t from, std::int64_t to) {
  const std::int64_t bytes = slices.run * static_cast<std::int64_t>(dtype_size(x.type.dtype));
  for (std::int64_t o = 0; o < slices.outer; ++o) {
    std::memcpy(y.data + (o * unique + to) * bytes, x.data + (o * slices.count + from) * bytes,
                static_cast<std::size_t>(bytes));
  }
}

Status compute(const ComputeContext& context) {
  const TensorView& x = context.inputs[0];
  const Shape& shape = x.type.shape;
  std::optional<int> axis;
  if (context.attributes.has("axis")) {
    const std::int64_t stated = context.attributes.get_int("axis", 0);
    axis = static_cast<int>(stated < 0 ? stated + shape.rank() : stated);
  }
  const bool sorted = context.attributes.get_int("sorted", 1) != 0;
  const Slices slices = slices_of(shape, axis);
  const SliceOrder order(x.data, x.type.dtype, slices);
  const Uniques uniques(order, slices.count);
  const std::int64_t unique = context.outputs[0].type.shape[axis.value_or(0)];
  const auto output = [&](std::size_t i) {
    return context.has_output(i) ? context.outputs[i].as<std::int64_t>() : nullptr;
  };
  std::int64_t at = -1;
  for (std::int64_t k = 0; k < unique; ++k) {
    if (sorted) {
      at = uniques.next(at);
    } else {
      do ++at;
      while (!uniques.is_first(at));
    }
    if (context.has_output(0)) copy_slice(x, context.outputs[0], slices, unique, at, k);
    if (std::int64_t* firsts = output(1)) firsts[k] = at;
    std::int64_t times = 0;
    for (std::int64_t i = at; i < slices.count; ++i) {
      if (order.compare(i, at) != 0) continue;
      ++times;
      if (std::int64_t* inverse = output(2)) inverse[i] = k;
    }
    if (std::int64_t* counts = output(3)) counts[k] = times;
  }
  return {};
}

}  // namespace

extern constinit const Operator kUniqueOperator = {"",    "Unique", 11, kLastOpset, "the input must be constant",
                                                   infer, compute};

}  // namespace kite
