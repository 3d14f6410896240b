// SPDX-License-Identifier: Apache-2.0
// Elementwise operators over rows of the innermost dimension.
//
// A share is a run of elements of y, cut at multiples of 16 (a cache line). It is walked row by row; in a row each
// operand either steps by 1 or stays. An activation after a binary operator makes a second pass over at most
// kActivateElems of y, which are still in L1.
#include "kernels/elementwise/elementwise_params.h"
#include "kernels/kernel.h"
#include "kernels/simd/activate.h"
#include "kernels/simd/activation.inl"
#include "kernels/simd/target.inl"

namespace kite::KITE_TARGET {

constexpr std::int64_t kActivateElems = 2048;  // 8 KB

struct OpAdd {
  static inline Vec apply(Vec a, Vec b) { return add(a, b); }
};
struct OpSub {
  static inline Vec apply(Vec a, Vec b) { return sub(a, b); }
};
struct OpMul {
  static inline Vec apply(Vec a, Vec b) { return mul(a, b); }
};
struct OpDiv {
  static inline Vec apply(Vec a, Vec b) { return div(a, b); }
};

// `count` elements of a row. AStep, BStep: the operand steps, or is one number for the whole row.
template <typename Op, bool AStep, bool BStep>
static void binary_row(const float* a, const float* b, float* y, std::int64_t count) {
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

using BinaryRow = void (*)(const float*, const float*, float*, std::int64_t);

template <typename Op>
static BinaryRow find_binary_row(bool a_step, bool b_step) {
  if (a_step && b_step) return binary_row<Op, true, true>;
  return a_step ? binary_row<Op, true, false> : binary_row<Op, false, true>;
}

static BinaryRow find_binary_row(ElementwiseOp op, bool a_step, bool b_step) {
  switch (op) {
    case ElementwiseOp::kAdd: return find_binary_row<OpAdd>(a_step, b_step);
    case ElementwiseOp::kSub: return find_binary_row<OpSub>(a_step, b_step);
    case ElementwiseOp::kMul: return find_binary_row<OpMul>(a_step, b_step);
    default: return find_binary_row<OpDiv>(a_step, b_step);
  }
}

// f over `count` elements; y may be x.
template <typename F>
static inline void map_row(const float* x, float* y, std::int64_t count, const F& f) {
  std::int64_t i = 0;
  for (; i + Vec::kLanes <= count; i += Vec::kLanes) store(y + i, f(load(x + i)));
  if (i < count) {
    const int lanes = static_cast<int>(count - i);
    store_n(y + i, f(load_n(x + i, lanes)), lanes);
  }
}

static void unary_run(const ElementwiseParams& p, const float* x, float* y, std::int64_t count) {
  if (p.op == ElementwiseOp::kErf) return map_row(x, y, count, [](Vec v) { return erf(v); });
  if (p.op == ElementwiseOp::kSqrt) return map_row(x, y, count, [](Vec v) { return sqrt(v); });
  activate(x, y, 1, count, 0, p.activation);
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

static void binary_run(const KernelCall& call, const ElementwiseParams& p, std::int64_t first, std::int64_t last) {
  const auto* a = static_cast<const float*>(call.in[0]);
  const auto* b = static_cast<const float*>(call.in[1]);
  auto* y = static_cast<float*>(call.out[0]);
  const std::int64_t width = p.size[3];
  const bool a_step = p.a_stride[3] != 0, b_step = p.b_stride[3] != 0;
  const bool activates = p.activation.kind != Activation::kNone;
  const BinaryRow row = find_binary_row(p.op, a_step, b_step);
  RowWalk walk = {p, {}, 0, 0};
  walk.start(first / width);
  std::int64_t column = first % width;
  std::int64_t pending = first;  // of y, not yet activated
  for (std::int64_t at = first; at < last;) {
    std::int64_t count = width - column;
    if (count > last - at) count = last - at;
    if (activates && count > kActivateElems) count = kActivateElems;
    row(a + walk.a + (a_step ? column : 0), b + walk.b + (b_step ? column : 0), y + at, count);
    at += count;
    column += count;
    if (column == width) {
      column = 0;
      walk.next();
    }
    if (activates && (at - pending >= kActivateElems || at == last)) {
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
  const std::int64_t first = lines * call.part / call.parts * 16;
  std::int64_t last = lines * (call.part + 1) / call.parts * 16;
  if (last > total) last = total;
  if (first >= last) return;
  if (p.op >= ElementwiseOp::kAdd) return binary_run(call, p, first, last);
  // One operand, inner stride 1: collapse_broadcast has made it one row, but a plan may hold anything.
  const auto* x = static_cast<const float*>(call.in[0]);
  auto* y = static_cast<float*>(call.out[0]);
  const std::int64_t width = p.size[3];
  RowWalk walk = {p, {}, 0, 0};
  walk.start(first / width);
  std::int64_t column = first % width;
  for (std::int64_t at = first; at < last; column = 0, walk.next()) {
    const std::int64_t count = width - column < last - at ? width - column : last - at;
    unary_run(p, x + walk.a + column, y + at, count);
    at += count;
  }
}

}  // namespace kite::KITE_TARGET
