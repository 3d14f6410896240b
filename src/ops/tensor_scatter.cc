// SPDX-License-Identifier: Apache-2.0
// TensorScatter: a copy of a cache in which, for each entry of the batch, the run of `update` replaces the elements of
// one axis from write_indices on, or around its end in circular mode.
#include <cstdint>
#include <cstring>
#include <string>

#include "ops/axes.h"
#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {
namespace {

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(2, 3));
  KITE_TRY(context.require_same_dtype(0, 1));
  const Shape& cache = context.shape(0);
  const Shape& update = context.shape(1);
  KITE_TRY_ASSIGN(const std::int64_t stated, context.get_int("axis", -2));
  KITE_TRY_ASSIGN(const int axis, context.normalize_axis(stated, cache.rank()));
  if (axis == 0) return context.invalid("attribute 'axis' names the batch");
  KITE_TRY_ASSIGN(const std::string mode, context.get_string("mode", "linear"));
  if (mode != "linear" && mode != "circular") {
    return context.invalid("attribute 'mode' is \"" + mode + "\", expected linear or circular");
  }
  bool fits = update.rank() == cache.rank();
  for (int a = 0; fits && a < cache.rank(); ++a) fits = a == axis ? update[a] <= cache[a] : update[a] == cache[a];
  if (!fits) {
    return context.invalid("input 'update' has shape " + update.to_string() + ", which does not fit into the cache " +
                           cache.to_string());
  }
  if (context.has_input(2) &&
      (context.input(2).dtype != DType::kInt64 || context.shape(2).rank() != 1 || context.shape(2)[0] != cache[0])) {
    return context.invalid("input 'write_indices' must be int64 [" + std::to_string(cache[0]) + "]");
  }
  return context.set_output(0, context.input(0));
}

Status compute(const ComputeContext& context) {
  const Shape& cache = context.inputs[0].type.shape;
  const Shape& update = context.inputs[1].type.shape;
  std::int64_t stated = context.attributes.get_int("axis", -2);
  if (stated < 0) stated += cache.rank();
  const auto axis = static_cast<int>(stated);
  const bool is_circular = context.attributes.get_string("mode", "linear") == "circular";
  const IndexView indices(context.has_input(2) ? context.inputs[2] : TensorView{});
  const std::int64_t length = cache[axis], fresh = update[axis];
  const std::int64_t inner_bytes =
      cache.elements(axis + 1, cache.rank()) * static_cast<std::int64_t>(dtype_size(context.inputs[0].type.dtype));
  const std::int64_t per_batch = cache.elements(1, axis);
  const auto [first, last] = context.share.of(cache.elements(0, axis), 1);
  for (std::int64_t run = first; run < last; ++run) {
    const std::int64_t start = indices.size() == 0 ? 0 : indices[run / per_batch];
    if (start < 0 || (!is_circular && start > length - fresh)) {
      return Error{ErrorCode::kInvalidInput,
                   "write index " + std::to_string(start) + " is outside [0, " + std::to_string(length - fresh) + "]",
                   {},
                   {}};
    }
    std::byte* y = context.outputs[0].data + run * length * inner_bytes;
    std::memcpy(y, context.inputs[0].data + run * length * inner_bytes, static_cast<std::size_t>(length * inner_bytes));
    const std::byte* from = context.inputs[1].data + run * fresh * inner_bytes;
    for (std::int64_t i = 0; i < fresh; ++i) {
      std::memcpy(y + (start % length + i) % length * inner_bytes, from + i * inner_bytes,
                  static_cast<std::size_t>(inner_bytes));
    }
  }
  return {};
}

}  // namespace

extern constinit const Operator kTensorScatterOperator = {"", "TensorScatter", 24,      kLastOpset,
                                                          "", infer,           compute, Sharing::kShared};

}  // namespace kite
