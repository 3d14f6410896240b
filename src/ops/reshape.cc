// SPDX-License-Identifier: Apache-2.0
// Reshape: the same elements under another shape.
#include <cstdint>
#include <string>
#include <vector>

#include "ops/op.h"
#include "ops/strided_copy.h"
#include "paperkite/try.h"

namespace kite {

namespace {

// Replaces 0 (unless allowzero) by the input's dimension. Returns the position of -1, or -1 when there is no -1.
Result<int> resolve_zeros(const InferContext& context, std::vector<std::int64_t>& dims, bool allow_zero) {
  int unknown = -1;
  bool has_zero = false;
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] == -1) {
      if (unknown >= 0) return context.invalid("input 'shape' holds -1 twice");
      unknown = static_cast<int>(i);
    } else if (dims[i] < -1) {
      return context.invalid("input 'shape' holds " + std::to_string(dims[i]));
    } else if (dims[i] == 0 && !allow_zero) {
      if (static_cast<int>(i) >= context.shape(0).rank()) {
        return context.invalid("input 'shape' copies dimension " + std::to_string(i) + " of an input of shape " +
                               context.shape(0).to_string());
      }
      dims[i] = context.shape(0)[static_cast<int>(i)];
    } else {
      has_zero = has_zero || dims[i] == 0;
    }
  }
  if (has_zero && unknown >= 0) return context.invalid("input 'shape' holds both -1 and 0 while allowzero is set");
  return unknown;
}

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(2, 2));
  KITE_TRY_ASSIGN(std::vector<std::int64_t> dims, context.constant_ints(1, "shape"));
  KITE_TRY_ASSIGN(const std::int64_t allow_zero, context.get_int("allowzero", 0));
  KITE_TRY_ASSIGN(const int unknown, resolve_zeros(context, dims, allow_zero != 0));

  const std::int64_t elements = context.shape(0).elements();
  if (unknown >= 0) dims[static_cast<std::size_t>(unknown)] = 1;
  KITE_TRY_ASSIGN(const Shape known, Shape::make(dims));
  const std::int64_t product = known.elements();
  const bool fits = unknown >= 0 ? product != 0 && elements % product == 0 : product == elements;
  if (!fits) {
    if (unknown >= 0) dims[static_cast<std::size_t>(unknown)] = -1;
    std::string wanted;
    for (const std::int64_t dim : dims) wanted += (wanted.empty() ? "" : ",") + std::to_string(dim);
    return context.invalid("cannot reshape " + context.shape(0).to_string() + " (" + std::to_string(elements) +
                           " elements) to [" + wanted + "]");
  }
  if (unknown >= 0) dims[static_cast<std::size_t>(unknown)] = elements / product;
  return context.set_output(0, context.input(0).dtype, dims);
}

}  // namespace

extern const Operator kReshapeOperator = {
    "", "Reshape", 7, kLastOpset, "shape must be constant", infer, copy_elements, Sharing::kShared};

}  // namespace kite
