// SPDX-License-Identifier: Apache-2.0
// Operators that make one number of all elements along some axes, a row each. The axes are an attribute in old opsets,
// then an optional constant input; none means all, or with noop_with_empty_axes none at all.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "ops/axes.h"
#include "ops/dispatch.h"
#include "ops/op.h"
#include "ops/tables.h"
#include "ops/wrapping.h"
#include "paperkite/try.h"

namespace kite {
namespace {

using ReduceTypes = ProductTypes;
using ExtremeTypes =
    TypeList<float, double, std::int32_t, std::int64_t, std::uint8_t, std::int8_t, std::uint32_t, std::uint64_t, bool>;
constexpr int kAxesInputSince = 18;
constexpr int kSumAxesInputSince = 13;  // ReduceSum went ahead

struct Reduced {
  bool does_nothing = false;
  std::int64_t count = 1;  // elements of x in each element of y
};

// Sets the output's type.
template <int kInputSince>
Result<Reduced> infer_axes(InferContext& context) {
  KITE_TRY(context.require_inputs(1, context.opset() < kInputSince ? 1 : 2));
  if (context.opset() >= kInputSince && context.attributes().has("axes")) {
    return context.invalid("attribute 'axes' became an input in opset " + std::to_string(kInputSince),
                           "export the model again");
  }
  KITE_TRY_ASSIGN(const std::int64_t keepdims, context.get_int("keepdims", 1));
  KITE_TRY_ASSIGN(const std::int64_t noop, context.get_int("noop_with_empty_axes", 0));
  KITE_TRY_ASSIGN(const auto list, list_of(context, "axes", 1, kInputSince));
  const Shape& x = context.shape(0);
  KITE_TRY_ASSIGN(const std::vector<int> axes,
                  normalize_axes(context, list.value_or(std::vector<std::int64_t>{}), x.rank()));
  if (axes.empty() && noop != 0 && context.opset() >= kInputSince) {
    KITE_TRY(context.set_output(0, context.input(0)));
    return Reduced{true, 1};
  }
  std::vector<std::int64_t> dims;
  Reduced reduced;
  for (int axis = 0; axis < x.rank(); ++axis) {
    const bool is_reduced = axes.empty() || std::ranges::count(axes, axis) != 0;
    if (is_reduced) reduced.count *= x[axis];
    if (!is_reduced) dims.push_back(x[axis]);
    if (is_reduced && keepdims != 0) dims.push_back(1);
  }
  KITE_TRY(context.set_output(0, context.input(0).dtype, dims));
  return reduced;
}

template <typename Types, int kInputSince>
Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(1, 2));
  KITE_TRY(require_dtype(context, 0, Types{}));
  KITE_TRY(infer_axes<kInputSince>(context));
  return {};
}

// The mean of nothing is no number.
Status infer_mean(InferContext& context) {
  KITE_TRY(context.require_inputs(1, 2));
  KITE_TRY(require_dtype(context, 0, ReduceTypes{}));
  KITE_TRY_ASSIGN(const Reduced reduced, infer_axes<kAxesInputSince>(context));
  if (reduced.does_nothing || reduced.count > 0) return {};
  return context.invalid("input has shape " + context.shape(0).to_string() + ": there is nothing to average",
                         "feed a larger picture");
}

// The axes of x sorted into kept and reduced ones, neighbours of one kind merged. All offsets in elements of x.
struct Axes {
  int rank = 0;
  std::array<std::int64_t, kMaxRank> size{};
  std::array<std::int64_t, kMaxRank> stride{};
  std::array<std::int64_t, kMaxRank> index{};  // of the walk below

  void append(std::int64_t axis_size, std::int64_t axis_stride) {
    size[static_cast<std::size_t>(rank)] = axis_size;
    stride[static_cast<std::size_t>(rank)] = axis_stride;
    ++rank;
  }
  // To position `flat`, counted with the last axis fastest; returns its offset.
  std::int64_t seek(std::int64_t flat) {
    std::int64_t offset = 0;
    for (int axis = rank - 1; axis >= 0; --axis) {
      const auto a = static_cast<std::size_t>(axis);
      index[a] = flat % size[a];
      flat /= size[a];
      offset += index[a] * stride[a];
    }
    return offset;
  }
  // Moves `offset` to the next position, last axis fastest; false after the last one, back at the first.
  bool advance(std::int64_t& offset) {
    for (int axis = rank - 1; axis >= 0; --axis) {
      const auto a = static_cast<std::size_t>(axis);
      offset += stride[a];
      if (++index[a] < size[a]) return true;
      offset -= stride[a] * size[a];
      index[a] = 0;
    }
    return false;
  }
};

struct Plan {
  Axes kept;
  Axes reduced;
  std::int64_t count = 1;  // elements of x in each element of y
  std::int64_t run = 1;    // outputs whose elements of x lie side by side: the innermost kept axis, if it is last
};

Plan plan_of(const Shape& x, const ListView& list, bool noop) {
  std::array<bool, kMaxRank> is_reduced{};
  is_reduced.fill(list.empty() && !noop);
  for (std::int64_t i = 0; i < list.size(); ++i) {
    const std::int64_t axis = list[i] < 0 ? list[i] + x.rank() : list[i];
    is_reduced[static_cast<std::size_t>(axis)] = true;
  }
  Plan plan;
  for (int first = 0; first < x.rank();) {
    const bool reduced = is_reduced[static_cast<std::size_t>(first)];
    int last = first + 1;
    while (last < x.rank() && is_reduced[static_cast<std::size_t>(last)] == reduced) ++last;
    const std::int64_t size = x.elements(first, last);
    if (reduced) plan.count *= size;
    if (!reduced && last == x.rank()) {
      plan.run = size;
    } else {
      (reduced ? plan.reduced : plan.kept).append(size, x.elements(last, x.rank()));
    }
    first = last;
  }
  return plan;
}

// Shares of outputs are cut at multiples of this. Each output may cost much: one cache line of float32.
constexpr std::int64_t kOutputsApart = 16;

template <typename State, typename T>
void reduce(Plan plan, ElementRange outputs, const T* x, T* y) {
  // Taken for up to this many neighbouring outputs at a time, so that x is read in order.
  constexpr std::int64_t kBlock = 64;
  std::array<State, kBlock> states;
  std::int64_t outer = plan.kept.seek(outputs.first / plan.run);
  std::int64_t begin = outputs.first % plan.run;
  for (std::int64_t at = outputs.first; at < outputs.last;) {
    const std::int64_t width = std::min({kBlock, plan.run - begin, outputs.last - at});
    states.fill(State{});
    std::int64_t offset = outer + begin;
    if (plan.count > 0) {
      do {
        for (std::int64_t i = 0; i < width; ++i) states[static_cast<std::size_t>(i)].add(x[offset + i]);
      } while (plan.reduced.advance(offset));
    }
    for (std::int64_t i = 0; i < width; ++i) y[at + i] = states[static_cast<std::size_t>(i)].result(plan.count);
    at += width;
    begin += width;
    if (begin < plan.run) continue;
    begin = 0;
    plan.kept.advance(outer);
  }
}

// What the sign of integers does not change, such as their sum, is computed for the types of `Loops` only.
template <template <typename> typename State, typename Loops, int kInputSince>
Status compute(const ComputeContext& context) {
  if (context.outputs[0].type.shape.elements() == 0) return {};
  const bool noop = context.opset >= kInputSince && context.attributes.get_int("noop_with_empty_axes", 0) != 0;
  const Plan plan = plan_of(context.inputs[0].type.shape, ListView(context, "axes", 1, kInputSince), noop);
  const DType stated = context.outputs[0].type.dtype;
  const DType dtype = contains(Loops{}, stated) ? stated : without_sign(stated);
  return dispatch(Loops{}, dtype, [&]<typename T>() -> Status {
    const ElementRange outputs = context.share.of(context.outputs[0].type.shape.elements(), kOutputsApart);
    reduce<State<T>>(plan, outputs, context.inputs[0].as<T>(), context.outputs[0].as<T>());
    return {};
  });
}

// The states: what one output remembers of the elements so far. Integers wrap at 64 bits and are cut to their type at
// the end; floats are summed in float64.

template <typename T>
struct Total {
  Accumulator<T> total = 0;
  void add(T x) { total += static_cast<Accumulator<T>>(x); }
  [[nodiscard]] T result(std::int64_t) const { return static_cast<T>(total); }
};

template <typename T>
struct Average {
  Accumulator<T> total = 0;
  void add(T x) { total += static_cast<Accumulator<T>>(x); }
  [[nodiscard]] T result(std::int64_t count) const {
    if constexpr (std::is_floating_point_v<T>) return static_cast<T>(total / static_cast<double>(count));
    if constexpr (std::is_unsigned_v<T>) return static_cast<T>(total / static_cast<std::uint64_t>(count));
    return static_cast<T>(static_cast<std::int64_t>(total) / count);  // towards zero
  }
};

template <typename T>
struct Product {
  Accumulator<T> product = 1;
  void add(T x) { product *= static_cast<Accumulator<T>>(x); }
  [[nodiscard]] T result(std::int64_t) const { return static_cast<T>(product); }
};

template <typename T>
struct TotalOfMagnitudes {
  Accumulator<T> total = 0;
  void add(T x) {
    const auto wide = static_cast<Accumulator<T>>(x);
    total += x < T{0} ? Accumulator<T>{0} - wide : wide;
  }
  [[nodiscard]] T result(std::int64_t) const { return static_cast<T>(total); }
};

template <typename T>
struct TotalOfSquares {
  Accumulator<T> total = 0;
  void add(T x) { total += static_cast<Accumulator<T>>(x) * static_cast<Accumulator<T>>(x); }
  [[nodiscard]] T result(std::int64_t) const { return static_cast<T>(total); }
};

template <typename T>
struct Length : TotalOfSquares<T> {
  [[nodiscard]] T result(std::int64_t) const {
    const double length = std::sqrt(this->total);
    if constexpr (std::is_floating_point_v<T>) return static_cast<T>(length);
    return static_cast<T>(static_cast<std::int64_t>(length));  // at most 2^32
  }
};

template <typename T>
struct LogOfTotal : Total<T> {
  [[nodiscard]] T result(std::int64_t) const { return static_cast<T>(std::log(this->total)); }
};

// ln(sum of e^x) = largest + ln(sum of e^(x - largest)): no power overflows.
template <typename T>
struct LogOfTotalOfPowers {
  double largest = -std::numeric_limits<double>::infinity();
  double total = 0;
  void add(T element) {
    const auto x = static_cast<double>(element);
    if (x > largest) {
      total = total * std::exp(largest - x) + 1;
      largest = x;
    } else if (x == largest) {
      total += std::isinf(x) && x < 0 ? 0 : 1;  // inf - inf is no number
    } else {
      total += std::exp(x - largest);
    }
  }
  [[nodiscard]] T result(std::int64_t) const { return static_cast<T>(largest + std::log(total)); }
};

// Of nothing: the infinity that every number beats, or the far end of an integer type. NaN wins.
template <typename T>
struct Largest {
  T value = std::numeric_limits<T>::has_infinity ? static_cast<T>(-std::numeric_limits<T>::infinity())
                                                 : std::numeric_limits<T>::lowest();
  void add(T x) { value = x > value || x != x ? x : value; }
  [[nodiscard]] T result(std::int64_t) const { return value; }
};

template <typename T>
struct Smallest {
  T value = std::numeric_limits<T>::has_infinity ? std::numeric_limits<T>::infinity() : std::numeric_limits<T>::max();
  void add(T x) { value = x < value || x != x ? x : value; }
  [[nodiscard]] T result(std::int64_t) const { return value; }
};

template <template <typename> typename State, typename Types, typename Loops = Types, int kInputSince = kAxesInputSince>
constexpr Operator reduction(std::string_view name, Status (*infer_types)(InferContext&) = infer<Types, kInputSince>) {
  return {"",
          name,
          7,
          kLastOpset,
          "axes must be constant",
          infer_types,
          compute<State, Loops, kInputSince>,
          Sharing::kShared};
}

using SumLoops = TypeList<float, double, std::int32_t, std::int64_t>;

constexpr Operator kRows[] = {
    reduction<TotalOfMagnitudes, ReduceTypes>("ReduceL1"),
    reduction<Length, ReduceTypes>("ReduceL2"),
    reduction<LogOfTotal, FloatTypes>("ReduceLogSum"),
    reduction<LogOfTotalOfPowers, FloatTypes>("ReduceLogSumExp"),
    reduction<Largest, ExtremeTypes>("ReduceMax"),
    reduction<Average, ReduceTypes>("ReduceMean", infer_mean),
    reduction<Smallest, ExtremeTypes>("ReduceMin"),
    reduction<Product, ReduceTypes, SumLoops>("ReduceProd"),
    reduction<Total, ReduceTypes, SumLoops, kSumAxesInputSince>("ReduceSum"),
    reduction<TotalOfSquares, ReduceTypes, SumLoops>("ReduceSumSquare"),
};

}  // namespace

std::span<const Operator> reduction_operators() noexcept { return kRows; }

}  // namespace kite
