// SPDX-License-Identifier: Apache-2.0
// The error travels in the attributes of the node.
#include "graph/unreadable.h"

#include <string>
#include <utility>

namespace kite {

Node make_unreadable(const Error& error, std::vector<ValueId> outputs) {
  Node node;
  node.op_type = "Unreadable";
  node.domain = kInternalDomain;
  node.attributes.set("what", error.what);
  node.attributes.set("where", error.where);
  node.attributes.set("remedy", error.remedy);
  node.outputs = std::move(outputs);
  return node;
}

std::optional<Error> unreadable_error(const Node& node) {
  if (node.domain != kInternalDomain || node.op_type != "Unreadable") return std::nullopt;
  const auto text = [&](std::string_view name) { return std::string(node.attributes.get_string(name, "")); };
  return Error{ErrorCode::kUnsupportedModel, text("what"), text("where"), text("remedy")};
}

}  // namespace kite
