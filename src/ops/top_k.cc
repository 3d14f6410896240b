// SPDX-License-Identifier: Apache-2.0
// TopK: the k largest (or smallest) elements along one axis, best first, and where they stand. Of equal ones the one
// that stands first comes first; NaN counts as larger than every number.
#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include "ops/dispatch.h"
#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {
namespace {

constexpr int kInputSince = 10;  // before that, k is an attribute

Status infer(InferContext& context) {
  const bool has_input = context.opset() >= kInputSince;
  KITE_TRY(context.require_inputs(has_input ? 2 : 1, has_input ? 2 : 1));
  KITE_TRY(require_dtype(context, 0, NumericTypes{}));
  if (!context.has_output(0) || !context.has_output(1)) return context.invalid("an output is left out, expected two");
  KITE_TRY_ASSIGN(const std::int64_t stated, context.get_int("axis", -1));
  KITE_TRY(context.get_int("largest", 1));
  KITE_TRY(context.get_int("sorted", 1));
  KITE_TRY_ASSIGN(std::int64_t k, context.get_int("k", -1));
  if (has_input) {
    KITE_TRY_ASSIGN(const std::vector<std::int64_t> list, context.constant_ints(1, "k"));
    if (list.size() != 1) return context.invalid("input 'k' must hold one number");
    k = list[0];
  }
  const Shape& x = context.shape(0);
  KITE_TRY_ASSIGN(const int axis, context.normalize_axis(stated, x.rank()));
  if (k < 0 || k > x[axis]) {
    return context.invalid("k is " + std::to_string(k) + ", axis " + std::to_string(axis) + " of " + x.to_string() +
                           " allows 0 to " + std::to_string(x[axis]));
  }
  std::vector<std::int64_t> dims(x.dims().begin(), x.dims().end());
  dims[static_cast<std::size_t>(axis)] = k;
  context.set_terms(std::bit_width(static_cast<std::uint64_t>(x[axis])) * x[axis] / std::max<std::int64_t>(k, 1));
  KITE_TRY(context.set_output(0, context.input(0).dtype, dims));
  return context.set_output(1, DType::kInt64, dims);
}

// The output of one row serves as the heap of the best elements so far, the worst of them on top, so that nothing is
// allocated; sorting the heap then puts the best first.
template <typename T>
class Ranking {
 public:
  Ranking(T* values, std::int64_t* positions, std::int64_t step, bool largest)
      : values_(values), positions_(positions), step_(step), largest_(largest) {}

  void rank(const T* x, std::int64_t count, std::int64_t k) {
    if (k == 0) return;
    for (std::int64_t i = 0; i < k; ++i) put(i, {x[i * step_], i});
    for (std::int64_t i = k / 2 - 1; i >= 0; --i) sink(i, k);
    for (std::int64_t i = k; i < count; ++i) {
      const Entry entry{x[i * step_], i};
      if (!is_before(entry, get(0))) continue;
      put(0, entry);
      sink(0, k);
    }
    for (std::int64_t last = k - 1; last > 0; --last) {
      const Entry worst = get(0);
      put(0, get(last));
      put(last, worst);
      sink(0, last);
    }
  }

 private:
  struct Entry {
    T value;
    std::int64_t position;
  };

  [[nodiscard]] Entry get(std::int64_t i) const { return {values_[i * step_], positions_[i * step_]}; }
  void put(std::int64_t i, const Entry& entry) {
    values_[i * step_] = entry.value;
    positions_[i * step_] = entry.position;
  }
  static bool is_less(T a, T b) { return b != b ? a == a : a < b; }
  [[nodiscard]] bool is_before(const Entry& a, const Entry& b) const {
    if (is_less(a.value, b.value)) return !largest_;
    if (is_less(b.value, a.value)) return largest_;
    return a.position < b.position;
  }
  // Restores the heap [0, size) below i.
  void sink(std::int64_t i, std::int64_t size) {
    const Entry entry = get(i);
    while (true) {
      std::int64_t child = 2 * i + 1;
      if (child >= size) break;
      if (child + 1 < size && is_before(get(child), get(child + 1))) ++child;
      if (!is_before(entry, get(child))) break;
      put(i, get(child));
      i = child;
    }
    put(i, entry);
  }

  T* values_;
  std::int64_t* positions_;
  std::int64_t step_;
  bool largest_;
};

Status compute(const ComputeContext& context) {
  const Shape& shape = context.inputs[0].type.shape;
  std::int64_t stated = context.attributes.get_int("axis", -1);
  if (stated < 0) stated += shape.rank();
  const int axis = static_cast<int>(stated);
  const bool largest = context.attributes.get_int("largest", 1) != 0;
  const std::int64_t outer = shape.elements(0, axis);
  const std::int64_t count = shape[axis];
  const std::int64_t inner = shape.elements(axis + 1, shape.rank());
  const std::int64_t k = context.outputs[0].type.shape[axis];
  return dispatch(NumericTypes{}, context.inputs[0].type.dtype, [&]<typename T>() -> Status {
    const auto [first, last] = context.share.of(outer * inner, 1);
    for (std::int64_t line = first; line < last; ++line) {
      const std::int64_t to = line / inner * k * inner + line % inner;
      Ranking<T>(context.outputs[0].as<T>() + to, context.outputs[1].as<std::int64_t>() + to, inner, largest)
          .rank(context.inputs[0].as<T>() + line / inner * count * inner + line % inner, count, k);
    }
    return {};
  });
}

}  // namespace

extern constinit const Operator kTopKOperator = {"",      "TopK",          7, kLastOpset, "k must be constant", infer,
                                                 compute, Sharing::kShared};

}  // namespace kite
