// SPDX-License-Identifier: Apache-2.0
// Queries of nodes that hold bodies.
#include "graph/body.h"

#include <algorithm>
#include <memory>
#include <variant>

namespace kite {

std::size_t own_inputs(const Node& node) {
  std::size_t count = node.inputs.size();
  for (const Attribute& attribute : node.attributes.all()) {
    const auto* const body = std::get_if<std::shared_ptr<const Body>>(&attribute.value);
    if (body != nullptr) count = std::min(count, (*body)->first_capture);
  }
  return count;
}

const Body* body_of(const Node& node, std::string_view attribute) {
  const Attribute* const found = node.attributes.find(attribute);
  if (found == nullptr) return nullptr;
  const auto* const body = std::get_if<std::shared_ptr<const Body>>(&found->value);
  return body == nullptr ? nullptr : body->get();
}

}  // namespace kite
