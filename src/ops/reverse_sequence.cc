// SPDX-License-Identifier: Apache-2.0
// ReverseSequence: the first elements along the time axis in reverse order, of each batch as many as are stated.
#include <cstdint>
#include <cstring>
#include <string>

#include "ops/axes.h"
#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {
namespace {

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(2, 2));
  const Shape& x = context.shape(0);
  const Shape& lengths = context.shape(1);
  KITE_TRY_ASSIGN(const std::int64_t batch, context.get_int("batch_axis", 1));
  KITE_TRY_ASSIGN(const std::int64_t time, context.get_int("time_axis", 0));
  if (batch + time != 1 || batch * time != 0) {
    return context.invalid("attributes 'batch_axis' and 'time_axis' are " + std::to_string(batch) + " and " +
                           std::to_string(time) + ", expected 0 and 1 in either order");
  }
  if (context.input(1).dtype != DType::kInt64 || lengths.rank() != 1 || x.rank() < 2 ||
      lengths[0] != x[static_cast<int>(batch)]) {
    return context.invalid("lengths " + lengths.to_string() + " do not fit the input " + x.to_string() +
                           ", expected one int64 for each batch");
  }
  return context.set_output(0, context.input(0));
}

Status compute(const ComputeContext& context) {
  const TensorView& x = context.inputs[0];
  const Shape& shape = x.type.shape;
  const bool batch_first = context.attributes.get_int("batch_axis", 1) == 0;
  const std::int64_t steps = shape[batch_first ? 1 : 0];
  const IndexView lengths(context.inputs[1]);
  const std::int64_t run = shape.elements(2, shape.rank()) * static_cast<std::int64_t>(dtype_size(x.type.dtype));
  const auto [first, last] = context.share.of(shape[0] * shape[1], 1);
  for (std::int64_t i = first; i < last; ++i) {
    const std::int64_t batch = batch_first ? i / shape[1] : i % shape[1];
    const std::int64_t step = batch_first ? i % shape[1] : i / shape[1];
    const std::int64_t length = lengths[batch];
    if (length < 0 || length > steps) {
      return Error{ErrorCode::kInvalidInput,
                   "a sequence of " + std::to_string(length) + " steps, there are " + std::to_string(steps),
                   {},
                   {}};
    }
    const std::int64_t taken = step < length ? length - 1 - step : step;
    const std::int64_t from = batch_first ? batch * steps + taken : taken * shape[1] + batch;
    std::memcpy(context.outputs[0].data + i * run, x.data + from * run, static_cast<std::size_t>(run));
  }
  return {};
}

}  // namespace

extern constinit const Operator kReverseSequenceOperator = {"",      "ReverseSequence", 10, kLastOpset, "", infer,
                                                            compute, Sharing::kShared};

}  // namespace kite
