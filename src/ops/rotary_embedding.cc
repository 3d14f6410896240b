// SPDX-License-Identifier: Apache-2.0
// RotaryEmbedding: the first elements of each head are pairs that a position turns by its angles:
// (a, b) -> (a cos - b sin, a sin + b cos). A pair is two neighbours, or an element of each half.
#include <algorithm>
#include <cstdint>
#include <string>

#include "ops/attention.h"
#include "ops/axes.h"
#include "ops/dispatch.h"
#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {
namespace {

std::int64_t turned(const Attributes& attributes, const HeadLayout& x) {
  const std::int64_t stated = attributes.get_int("rotary_embedding_dim", 0);
  return stated == 0 ? x.size : stated;
}

// Inputs: x, cosines, sines, positions.
Status check_tables(const InferContext& context, std::int64_t batch, std::int64_t length, std::int64_t pairs) {
  const bool has_positions = context.has_input(3);
  for (const int i : {1, 2}) {
    KITE_TRY(context.require_same_dtype(0, i));
    const Shape& table = context.shape(i);
    const bool fits = has_positions ? table.rank() == 2 && table[1] == pairs && table == context.shape(1)
                                    : table.rank() == 3 && table[0] == batch && table[1] == length && table[2] == pairs;
    if (fits) continue;
    return context.invalid(std::string("input '") + (i == 1 ? "cos_cache" : "sin_cache") + "' has shape " +
                           table.to_string() + ", expected " + (has_positions ? "[positions," : "[batch,length,") +
                           std::to_string(pairs) + "]");
  }
  if (!has_positions) return {};
  const TensorType& positions = context.input(3);
  if (positions.dtype == DType::kInt64 && positions.shape.rank() == 2 && positions.shape[0] == batch &&
      positions.shape[1] == length) {
    return {};
  }
  return context.invalid("input 'position_ids' must be int64 [" + std::to_string(batch) + "," + std::to_string(length) +
                         "]");
}

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(3, 4));
  KITE_TRY(context.require_float(0));
  const Shape& x = context.shape(0);
  if (x.rank() != 3 && x.rank() != 4)
    return context.invalid("input has shape " + x.to_string() + ", expected rank 3 or 4");
  KITE_TRY(context.get_int("interleaved", 0));
  KITE_TRY_ASSIGN(const std::int64_t heads, context.get_int("num_heads", 0));
  if (x.rank() == 3 && (heads < 1 || x[2] % heads != 0)) {
    return context.invalid("attribute 'num_heads' is " + std::to_string(heads) + ", expected a divisor of " +
                           std::to_string(x[2]));
  }
  const HeadLayout layout = head_layout(x, heads);
  KITE_TRY(context.get_int("rotary_embedding_dim", 0));
  const std::int64_t size = turned(context.attributes(), layout);
  if (size < 0 || size > layout.size || size % 2 != 0) {
    return context.invalid("attribute 'rotary_embedding_dim' asks for " + std::to_string(size) + " elements of " +
                           std::to_string(layout.size) + ", expected an even number");
  }
  KITE_TRY(check_tables(context, x[0], layout.length, size / 2));
  return context.set_output(0, context.input(0));
}

template <typename T>
Status turn(const ComputeContext& context, const HeadLayout& layout) {
  const std::int64_t batch = context.inputs[0].type.shape[0];
  const std::int64_t size = turned(context.attributes, layout), pairs = size / 2;
  const bool are_neighbours = context.attributes.get_int("interleaved", 0) != 0;
  const IndexView positions(context.has_input(3) ? context.inputs[3] : TensorView{});
  const std::int64_t known = context.inputs[1].type.shape[0];
  const auto [first, last] = context.share.of(batch * layout.length * layout.heads, 1);
  for (std::int64_t i = first; i < last; ++i) {
    const std::int64_t head = i % layout.heads, row = i / layout.heads;  // row counts over the batch
    std::int64_t position = row;
    if (context.has_input(3)) {
      position = positions[row];
      if (position < 0 || position >= known) {
        return Error{ErrorCode::kInvalidInput,
                     "position " + std::to_string(position) + " is outside [0, " + std::to_string(known) + ")",
                     {},
                     {}};
      }
    }
    const std::int64_t at = layout.at(row / layout.length, head, row % layout.length);
    const T* x = context.inputs[0].as<T>() + at;
    T* y = context.outputs[0].as<T>() + at;
    for (std::int64_t p = 0; p < pairs; ++p) {
      const std::int64_t a = are_neighbours ? 2 * p : p, b = are_neighbours ? a + 1 : p + pairs;
      const auto cosine = static_cast<double>(context.inputs[1].as<T>()[position * pairs + p]);
      const auto sine = static_cast<double>(context.inputs[2].as<T>()[position * pairs + p]);
      y[a] = static_cast<T>(cosine * static_cast<double>(x[a]) - sine * static_cast<double>(x[b]));
      y[b] = static_cast<T>(sine * static_cast<double>(x[a]) + cosine * static_cast<double>(x[b]));
    }
    std::copy_n(x + size, layout.size - size, y + size);
  }
  return {};
}

Status compute(const ComputeContext& context) {
  const HeadLayout layout = head_layout(context.inputs[0].type.shape, context.attributes.get_int("num_heads", 1));
  return dispatch(FloatTypes{}, context.outputs[0].type.dtype,
                  [&]<typename T>() -> Status { return turn<T>(context, layout); });
}

}  // namespace

extern constinit const Operator kRotaryEmbeddingOperator = {"",      "RotaryEmbedding", 23, kLastOpset, "", infer,
                                                            compute, Sharing::kShared};

}  // namespace kite
