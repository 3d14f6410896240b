// SPDX-License-Identifier: Apache-2.0
// ScatterND and ScatterElements: a copy of the data in which the updates stand where the indices say, or are added,
// multiplied or compared with what stands there. Updates of one place follow in their order.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "ops/axes.h"
#include "ops/dispatch.h"
#include "ops/index_walk.h"
#include "ops/op.h"
#include "ops/strided_copy.h"
#include "ops/wrapping.h"
#include "paperkite/try.h"

namespace kite {
namespace {

Status check_reduction(const InferContext& context) {
  KITE_TRY_ASSIGN(const std::string reduction, context.get_string("reduction", "none"));
  for (const std::string_view known : {"none", "add", "mul", "max", "min"}) {
    if (reduction != known) continue;
    if (reduction == "none") return {};
    return require_dtype(context, 0, NumericTypes{});
  }
  return context.invalid("attribute 'reduction' is \"" + reduction + "\", expected none, add, mul, max or min");
}

Status check_operands(const InferContext& context) {
  KITE_TRY(context.require_inputs(3, 3));
  KITE_TRY(require_dtype(context, 1, IndexTypes{}));
  KITE_TRY(context.require_same_dtype(0, 2));
  return check_reduction(context);
}

Error out_of_range(std::int64_t index, std::int64_t size) {
  return {
      ErrorCode::kInvalidInput,
      "index " + std::to_string(index) + " is outside [-" + std::to_string(size) + ", " + std::to_string(size) + ")",
      {},
      {}};
}

// Puts runs of updates into the output.
class Target {
 public:
  explicit Target(const ComputeContext& context)
      : out_(context.outputs[0]),
        updates_(context.inputs[2]),
        reduction_(context.attributes.get_string("reduction", "none")) {
    std::memcpy(out_.data, context.inputs[0].data, context.inputs[0].bytes().size());
  }

  // Elements [to, to + count) of the output take elements [from, from + count) of the updates.
  Status put(std::int64_t to, std::int64_t from, std::int64_t count) const {
    if (reduction_ == "none") {
      const auto size = static_cast<std::int64_t>(dtype_size(out_.type.dtype));
      std::memcpy(out_.data + to * size, updates_.data + from * size, static_cast<std::size_t>(count * size));
      return {};
    }
    return dispatch(NumericTypes{}, out_.type.dtype, [&]<typename T>() -> Status {
      T* y = out_.as<T>() + to;
      const T* x = updates_.as<T>() + from;
      for (std::int64_t i = 0; i < count; ++i) y[i] = combine(y[i], x[i]);
      return {};
    });
  }

 private:
  template <typename T>
  [[nodiscard]] T combine(T y, T x) const {
    if (reduction_ == "add") return wrapping_add(y, x);
    if (reduction_ == "mul") return wrapping_mul(y, x);
    if (x != x) return x;  // NaN wins
    return (reduction_ == "max" ? x > y : x < y) ? x : y;
  }

  const MutableTensorView& out_;
  const TensorView& updates_;
  std::string_view reduction_;
};

Status infer_nd(InferContext& context) {
  KITE_TRY(check_operands(context));
  const Shape& x = context.shape(0);
  const Shape& indices = context.shape(1);
  const Shape& updates = context.shape(2);
  const std::int64_t coordinates = indices.rank() == 0 ? 0 : indices[indices.rank() - 1];
  const int outer = indices.rank() - 1;
  bool fits = coordinates >= 1 && coordinates <= x.rank() && updates.rank() == outer + x.rank() - coordinates;
  for (int a = 0; fits && a < updates.rank(); ++a) {
    fits = updates[a] == (a < outer ? indices[a] : x[a - outer + static_cast<int>(coordinates)]);
  }
  if (!fits) {
    return context.invalid("updates " + updates.to_string() + " and indices " + indices.to_string() +
                           " do not fit the data " + x.to_string());
  }
  return context.set_output(0, context.input(0));
}

Status compute_nd(const ComputeContext& context) {
  const Shape& shape = context.inputs[0].type.shape;
  const Shape& index_shape = context.inputs[1].type.shape;
  const auto coordinates = static_cast<int>(index_shape[index_shape.rank() - 1]);
  const std::int64_t run = shape.elements(coordinates, shape.rank());
  const IndexView indices(context.inputs[1]);
  const Target target(context);
  const std::int64_t count = index_shape.elements(0, index_shape.rank() - 1);
  for (std::int64_t i = 0; i < count; ++i) {
    std::int64_t to = 0;
    for (int c = 0; c < coordinates; ++c) {
      std::int64_t index = indices[i * coordinates + c];
      if (index < -shape[c] || index >= shape[c]) return out_of_range(index, shape[c]);
      if (index < 0) index += shape[c];
      to += index * shape.elements(c + 1, shape.rank());
    }
    KITE_TRY(target.put(to, i * run, run));
  }
  return {};
}

Status infer_elements(InferContext& context) {
  KITE_TRY(check_operands(context));
  const Shape& x = context.shape(0);
  const Shape& indices = context.shape(1);
  KITE_TRY_ASSIGN(const std::int64_t stated, context.get_int("axis", 0));
  KITE_TRY_ASSIGN(const int axis, context.normalize_axis(stated, x.rank()));
  bool fits = x.rank() == indices.rank() && indices == context.shape(2);
  for (int a = 0; fits && a < x.rank(); ++a) fits = a == axis || indices[a] <= x[a];
  if (!fits) {
    return context.invalid("updates " + context.shape(2).to_string() + " and indices " + indices.to_string() +
                           " do not fit the data " + x.to_string());
  }
  return context.set_output(0, context.input(0));
}

Status compute_elements(const ComputeContext& context) {
  const Shape& shape = context.inputs[0].type.shape;
  std::int64_t axis = context.attributes.get_int("axis", 0);
  if (axis < 0) axis += shape.rank();
  const auto strides = dense_strides(shape);
  const std::int64_t length = shape[static_cast<int>(axis)];
  const IndexView indices(context.inputs[1]);
  const Target target(context);
  Status status;
  const Shape& updates = context.inputs[1].type.shape;
  for_each_index(updates, {0, updates.elements()}, [&](const Index& at, std::int64_t flat) {
    std::int64_t index = indices[flat];
    if (index < -length || index >= length) {
      status = out_of_range(index, length);
      return false;
    }
    if (index < 0) index += length;
    std::int64_t to = 0;
    for (int a = 0; a < shape.rank(); ++a) {
      const auto k = static_cast<std::size_t>(a);
      to += (a == axis ? index : at[k]) * strides[k];
    }
    status = target.put(to, flat, 1);
    return status.ok();
  });
  return status;
}

}  // namespace

extern constinit const Operator kScatterElementsOperator = {
    "", "ScatterElements", 11, kLastOpset, "", infer_elements, compute_elements};
extern constinit const Operator kScatterNDOperator = {"", "ScatterND", 11, kLastOpset, "", infer_nd, compute_nd};

}  // namespace kite
