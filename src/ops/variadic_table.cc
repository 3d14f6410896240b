// SPDX-License-Identifier: Apache-2.0
// Operators on any number of inputs that broadcast to one shape: y = x0 o x1 o x2 ..., from left to right.
#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>

#include "ops/broadcast.h"
#include "ops/dispatch.h"
#include "ops/op.h"
#include "ops/tables.h"
#include "paperkite/try.h"

namespace kite {
namespace {

template <typename Types>
Status infer_all(InferContext& context) {
  if (context.input_count() == 0) return context.invalid("expected at least one input");
  KITE_TRY(context.require_inputs(context.input_count(), context.input_count()));
  KITE_TRY(require_dtype(context, 0, Types{}));
  Shape shape = context.shape(0);
  for (int i = 1; i < context.input_count(); ++i) {
    KITE_TRY(context.require_same_dtype(0, i));
    KITE_TRY_ASSIGN(shape, broadcast_with(context, shape, i));
  }
  return context.set_output(0, TensorType{context.input(0).dtype, shape});
}

// y[i] = fn(y[i], x[i]) for the elements `range` of y, with x broadcast to its shape.
template <typename T, typename Fn>
void fold_in(const MutableTensorView& out, const TensorView& in, ElementRange range, Fn fn) {
  T* y = out.as<T>();
  const T* x = in.as<T>();
  Broadcast<1>(out.type.shape, {in.type.shape}).for_each_row(range, [&](const BroadcastRow<1>& row) {
    for (std::int64_t i = 0; i < row.count; ++i) {
      y[row.out + i] = fn(y[row.out + i], x[row.in[0] + i * row.step[0]]);
    }
  });
}

// `kCombine(y, x)` takes one input in; `kFinish(y, count)` ends the fold over `count` inputs.
template <typename Types, auto kCombine, auto kFinish>
Status fold_all(const ComputeContext& context) {
  const MutableTensorView& out = context.outputs[0];
  return dispatch(Types{}, out.type.dtype, [&]<typename T>() -> Status {
    const ElementRange range = context.share.of(out.type.shape.elements());
    fold_in<T>(out, context.inputs[0], range, [](T, T x) { return x; });
    for (std::size_t k = 1; k < context.inputs.size(); ++k) fold_in<T>(out, context.inputs[k], range, kCombine);
    T* y = out.as<T>();
    const auto count = static_cast<T>(context.inputs.size());
    for (std::int64_t i = range.first; i < range.last; ++i) y[i] = kFinish(y[i], count);
    return {};
  });
}

constexpr auto kAsItIs = [](auto y, auto) { return y; };
constexpr auto kAdd = [](auto y, auto x) { return y + x; };

template <typename Types, auto kCombine, auto kFinish = kAsItIs>
constexpr Operator variadic(std::string_view name) {
  return {"", name, 7, kLastOpset, "", infer_all<Types>, fold_all<Types, kCombine, kFinish>, Sharing::kShared};
}

constexpr Operator kRows[] = {
    // NaN wins over every number, whichever input it stands in.
    variadic<NumericTypes, []<typename T>(T y, T x) -> T { return y < x || x != x ? x : y; }>("Max"),
    variadic<NumericTypes, []<typename T>(T y, T x) -> T { return x < y || x != x ? x : y; }>("Min"),
    variadic<FloatTypes, kAdd, [](auto y, auto count) { return y / count; }>("Mean"),
    variadic<FloatTypes, kAdd>("Sum"),
};

}  // namespace

std::span<const Operator> variadic_operators() noexcept { return kRows; }

}  // namespace kite
