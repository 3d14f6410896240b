// SPDX-License-Identifier: Apache-2.0
// The result of a ZipMap is a sequence of maps from label to score; the tensor behind it holds the same scores.
#include "graph/zip_map.h"

#include <array>
#include <cstdio>
#include <string_view>
#include <variant>
#include <vector>

namespace kite {

namespace {

std::string json_string(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(c));
      quoted += escape.data();
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

// ["cat","dog"], empty where the node has no labels.
std::string labels_of(const Attributes& attributes) {
  std::vector<std::string> labels;
  if (const Attribute* strings = attributes.find("classlabels_strings")) {
    if (const auto* list = std::get_if<std::vector<std::string>>(&strings->value)) labels = *list;
  }
  if (labels.empty()) {
    for (const std::int64_t label : attributes.get_ints("classlabels_int64s")) labels.push_back(std::to_string(label));
  }
  std::string json;
  for (const std::string& label : labels) json += (json.empty() ? "[" : ",") + json_string(label);
  return json.empty() ? json : json + ']';
}

bool is_zip_map(const Node& node) {
  return node.op_type == "ZipMap" && node.domain == "ai.onnx.ml" && node.inputs.size() == 1 &&
         node.inputs[0] != kNoValue && node.outputs.size() == 1 && node.outputs[0] != kNoValue;
}

}  // namespace

void drop_zip_maps(Graph& graph, std::map<std::string, std::string, std::less<>>& metadata) {
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    if (!is_zip_map(node) || !graph.consumers(node.outputs[0]).empty()) continue;
    for (ValueId& output : graph.outputs) {
      if (output == node.outputs[0]) output = node.inputs[0];
    }
    std::string labels = labels_of(node.attributes);
    if (!labels.empty()) metadata.emplace(kZipMapLabels, std::move(labels));
    graph.remove(id);
  }
}

}  // namespace kite
