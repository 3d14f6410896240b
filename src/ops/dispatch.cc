// SPDX-License-Identifier: Apache-2.0
#include "ops/dispatch.h"

#include <algorithm>

namespace kite {

std::string type_names(std::span<const DType> dtypes) {
  std::string names;
  for (const DType dtype : dtypes) {
    if (!names.empty()) names += ", ";
    names += dtype_name(dtype);
  }
  return names;
}

Status require_dtype(const InferContext& context, int i, std::span<const DType> dtypes) {
  const DType found = context.input(i).dtype;
  if (std::ranges::find(dtypes, found) != dtypes.end()) return {};
  return context.unsupported("input " + std::to_string(i) + " is " + std::string(dtype_name(found)) +
                             ", supported are " + type_names(dtypes));
}

Error unexpected_dtype(DType dtype, std::span<const DType> dtypes) {
  return {ErrorCode::kUnsupportedModel,
          "element type " + std::string(dtype_name(dtype)) + ", supported are " + type_names(dtypes), "", ""};
}

}  // namespace kite
