// SPDX-License-Identifier: Apache-2.0
#include "graph/training.h"

#include <algorithm>

namespace kite {

bool uses_batch_statistics(const Node& node) noexcept {
  if (node.op_type != "BatchNormalization" || !node.domain.empty()) return false;
  const auto outputs = std::ranges::count_if(node.outputs, [](ValueId output) { return output != kNoValue; });
  return uses_batch_statistics(node.attributes, node.opset, outputs);
}

bool uses_batch_statistics(const Attributes& attributes, int opset, std::ptrdiff_t outputs) noexcept {
  if (opset >= 14) return attributes.get_int("training_mode", 0) != 0;
  return outputs > 1;
}

}  // namespace kite
