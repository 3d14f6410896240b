// SPDX-License-Identifier: Apache-2.0
// BitCast: the bits of the elements, read as another type of the same size.
#include <cstdint>
#include <string>

#include "ops/dispatch.h"
#include "ops/op.h"
#include "ops/strided_copy.h"
#include "paperkite/try.h"
#include "tensor/packed.h"

namespace kite {
namespace {

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(1, 1));
  if (!context.attributes().has("to")) return context.invalid("attribute 'to' is missing");
  const DType from = context.input(0).dtype;
  KITE_TRY_ASSIGN(const DType to, context.get_dtype("to", from));
  // In memory, these take a byte each, of which the sign fills the rest.
  if (is_packed(from) || is_packed(to)) return context.unsupported("integers of 2 and 4 bits are not supported");
  if (dtype_size(from) != dtype_size(to)) {
    return context.invalid("the input is " + std::string(dtype_name(from)) + ", " + std::string(dtype_name(to)) +
                           " has another size");
  }
  return context.set_output(0, TensorType{to, context.shape(0)});
}

}  // namespace

extern constinit const Operator kBitCastOperator = {
    "", "BitCast", 26, kLastOpset, "", infer, copy_elements, Sharing::kShared};

}  // namespace kite
