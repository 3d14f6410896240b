// SPDX-License-Identifier: Apache-2.0
// Elementwise operators over rows of the innermost dimension.
//
// A share is a run of elements of y, cut at multiples of 16 (a cache line). It is walked row by row; in a row each
// operand either steps by 1 or stays. An activation after a binary operator makes a second pass over at most
// kActivatedAtOnce of y, which are still in L1.
#include "kernels/elementwise/elementwise_params.h"
#include "kernels/kernel.h"
#include "kernels/simd/activate.h"
#include "kernels/simd/activation.inl"
#include "kernels/simd/target.inl"

namespace kite::KITE_TARGET {

// The nearest integral number, halves to the even one: below 2^23, above which none has a fraction, a sum with 2^23 is
// rounded to it. The sign stays, of 0, too.
static inline Vec nearest(Vec a) {
  const Vec large = splat(0x1p23f), magnitude = abs(a);
  return select_less(magnitude, large, copy_sign(sub(add(magnitude, large), large), a), a);
}
static inline Vec floor(Vec a) {
  const Vec near = nearest(a);
  return select_less(a, near, sub(near, splat(1.0f)), near);
}

template <ElementwiseOp>
struct Formula;
#define KITE_ELEMENTWISE(constant, name, operands, vector)                    \
  template <>                                                                 \
  struct Formula<ElementwiseOp::constant> {                                   \
    static inline Vec apply(Vec a, [[maybe_unused]] Vec b) { return vector; } \
  };
#include "kernels/elementwise/elementwise_ops.inc"
#undef KITE_ELEMENTWISE

// The arithmetic that networks are full of: a function for each way to broadcast. The others have one for all.
constexpr bool is_common(ElementwiseOp op) {
  return op == ElementwiseOp::kAdd || op == ElementwiseOp::kSub || op == ElementwiseOp::kMul ||
         op == ElementwiseOp::kDiv;
}

// `count` elements of a row. Each operand steps, or is one number for the whole row.
using Row = void (*)(const float* a, const float* b, float* y, std::int64_t count, bool a_step, bool b_step);

template <typename Op, bool AStep, bool BStep>
static void common_row(const float* a, const float* b, float* y, std::int64_t count, bool /*a_step*/, bool /*b_step*/) {
  const Vec a_all = splat(*a), b_all = splat(*b);
  std::int64_t i = 0;
  for (; i + Vec::kLanes <= count; i += Vec::kLanes) {
    store(y + i, Op::apply(AStep ? load(a + i) : a_all, BStep ? load(b + i) : b_all));
  }
  if (i < count) {
    const int lanes = static_cast<int>(count - i);
    store_n(y + i, Op::apply(AStep ? load_n(a + i, lanes) : a_all, BStep ? load_n(b + i, lanes) : b_all), lanes);
  }
}

// An operand that does not step is read again and again from a vector of copies.
template <typename Op>
static void any_row(const float* a, const float* b, float* y, std::int64_t count, bool a_step, bool b_step) {
  float a_all[Vec::kLanes], b_all[Vec::kLanes];
  store(a_all, splat(*a));
  store(b_all, splat(*b));
  if (!a_step) a = a_all;
  if (!b_step) b = b_all;
  for (std::int64_t i = 0; i < count; i += Vec::kLanes) {
    const int lanes = count - i < Vec::kLanes ? static_cast<int>(count - i) : Vec::kLanes;
    store_n(y + i, Op::apply(load_n(a + (a_step ? i : 0), lanes), load_n(b + (b_step ? i : 0), lanes)), lanes);
  }
}

// An operator of one operand; b is left out.
template <typename Op>
static void unary_row(const float* a, const float* /*b*/, float* y, std::int64_t count, bool /*a_step*/,
                      bool /*b_step*/) {
  for (std::int64_t i = 0; i < count; i += Vec::kLanes) {
    const int lanes = count - i < Vec::kLanes ? static_cast<int>(count - i) : Vec::kLanes;
    const Vec value = load_n(a + i, lanes);
    store_n(y + i, Op::apply(value, value), lanes);
  }
}

template <ElementwiseOp kOp>
static Row find_row([[maybe_unused]] bool a_step, [[maybe_unused]] bool b_step) {
  using Op = Formula<kOp>;
  if constexpr (is_common(kOp)) {
    if (a_step && b_step) return common_row<Op, true, true>;
    return a_step ? common_row<Op, true, false> : common_row<Op, false, true>;
  } else {
    return operands_of(kOp) == 2 ? any_row<Op> : unary_row<Op>;
  }
}

// Null for an activation alone.
static Row find_row(ElementwiseOp op, bool a_step, bool b_step) {
  switch (op) {
    case ElementwiseOp::kActivate: break;
#define KITE_ELEMENTWISE(constant, name, operands, vector) \
  case ElementwiseOp::constant: return find_row<ElementwiseOp::constant>(a_step, b_step);
#include "kernels/elementwise/elementwise_ops.inc"
#undef KITE_ELEMENTWISE
  }
  return nullptr;
}

// The position of a row: indices of the three outer dimensions and where the operands' rows start.
struct RowWalk {
  const ElementwiseParams& p;
  std::int64_t index[3];
  std::int64_t a, b;

  void start(std::int64_t row) {
    a = b = 0;
    for (int d = 2; d >= 0; --d) {
      index[d] = row % p.size[d];
      row /= p.size[d];
      a += index[d] * p.a_stride[d];
      b += index[d] * p.b_stride[d];
    }
  }
  void next() {
    for (int d = 2; d >= 0; --d) {
      a += p.a_stride[d];
      b += p.b_stride[d];
      if (++index[d] < p.size[d]) return;
      a -= p.a_stride[d] * p.size[d];
      b -= p.b_stride[d] * p.size[d];
      index[d] = 0;
    }
  }
};

static void binary_run(const KernelCall& call, const ElementwiseParams& p, Row row, std::int64_t first,
                       std::int64_t last) {
  const auto* a = static_cast<const float*>(call.in[0]);
  const auto* b = static_cast<const float*>(call.in[1]);
  auto* y = static_cast<float*>(call.out[0]);
  const std::int64_t width = p.size[3];
  const bool a_step = p.a_stride[3] != 0, b_step = p.b_stride[3] != 0;
  const bool activates = p.activation.kind != Activation::kNone;
  RowWalk walk = {p, {}, 0, 0};
  walk.start(first / width);
  std::int64_t column = first % width;
  std::int64_t pending = first;  // of y, not yet activated
  for (std::int64_t at = first; at < last;) {
    std::int64_t count = width - column;
    if (count > last - at) count = last - at;
    if (activates && count > kActivatedAtOnce) count = kActivatedAtOnce;
    row(a + walk.a + (a_step ? column : 0), b + walk.b + (b_step ? column : 0), y + at, count, a_step, b_step);
    at += count;
    column += count;
    if (column == width) {
      column = 0;
      walk.next();
    }
    if (activates && (at - pending >= kActivatedAtOnce || at == last)) {
      activate(y + pending, y + pending, 1, at - pending, 0, p.activation);
      pending = at;
    }
  }
}

void elementwise_f32(const KernelCall& call);
void elementwise_f32(const KernelCall& call) {
  const ElementwiseParams& p = *static_cast<const ElementwiseParams*>(call.params);
  const std::int64_t total = p.size[0] * p.size[1] * p.size[2] * p.size[3];
  const std::int64_t lines = (total + 15) / 16;
  const std::int64_t first = lines * call.share / call.shares * 16;
  std::int64_t last = lines * (call.share + 1) / call.shares * 16;
  if (last > total) last = total;
  if (first >= last) return;
  const bool binary = operands_of(p.op) == 2;
  const Row row = find_row(p.op, !binary || p.a_stride[3] != 0, binary && p.b_stride[3] != 0);
  if (binary) return binary_run(call, p, row, first, last);
  // One operand, inner stride 1: collapse_broadcast has made it one row, but a plan may hold anything.
  const auto* x = static_cast<const float*>(call.in[0]);
  auto* y = static_cast<float*>(call.out[0]);
  const std::int64_t width = p.size[3];
  RowWalk walk = {p, {}, 0, 0};
  walk.start(first / width);
  std::int64_t column = first % width;
  for (std::int64_t at = first; at < last; column = 0, walk.next()) {
    const std::int64_t count = width - column < last - at ? width - column : last - at;
    const float* from = x + walk.a + column;
    if (row == nullptr) {
      activate(from, y + at, 1, count, 0, p.activation);
    } else {
      row(from, nullptr, y + at, count, true, false);
    }
    at += count;
  }
}

}  // namespace kite::KITE_TARGET
