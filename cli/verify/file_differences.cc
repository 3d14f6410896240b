// SPDX-License-Identifier: Apache-2.0
// Compares attributes by name and constants by content, so that renamed weights are no difference.
#include "cli/verify/file_differences.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/printable.h"
#include "cli/verify/difference.h"
#include "graph/dump.h"

namespace kite::cli {

namespace {

bool same_bytes(const TensorView& a, const TensorView& b) {
  return a.type == b.type &&
         (a.type.size_bytes() == 0 || std::memcmp(a.data, b.data, static_cast<std::size_t>(a.type.size_bytes())) == 0);
}

bool same_value(const Attribute::Value& a, const Attribute::Value& b) {
  if (a.index() != b.index()) return false;
  const auto* const tensor = std::get_if<TensorView>(&a);
  if (tensor != nullptr) return same_bytes(*tensor, std::get<TensorView>(b));
  return std::visit(
      [&](const auto& value) {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, TensorView>) {
          return false;
        } else {
          return value == std::get<T>(b);
        }
      },
      a);
}

// As short as it is still read as the same float32: 1e-05, where dump() prints nine digits.
std::string value_text(const Attribute::Value& value) {
  if (const auto* number = std::get_if<float>(&value)) return fmt::format("{}", *number);
  if (const auto* list = std::get_if<std::vector<float>>(&value)) return fmt::format("[{}]", fmt::join(*list, ","));
  return attribute_text(value);
}

std::string constant_text(const std::string& name, const TensorView& ours, const TensorView& theirs) {
  if (ours.type != theirs.type) {
    return fmt::format("weight {} is {} here and {} there", in_quotes(name), type_text(ours.type),
                       type_text(theirs.type));
  }
  const Difference difference = compare(ours, theirs);
  if (difference.differing == 0) return fmt::format("weight {} has other bytes for the same numbers", in_quotes(name));
  // The first one, which is not always the largest.
  const std::vector<double> apart = distances(ours, theirs);
  const auto first = std::ranges::find_if(apart, [](double distance) { return distance != 0.0; }) - apart.begin();
  std::vector<std::int64_t> position(static_cast<std::size_t>(ours.type.shape.rank()));
  for (std::int64_t axis = ours.type.shape.rank() - 1, rest = first; axis >= 0; --axis) {
    const std::int64_t side = ours.type.shape[static_cast<int>(axis)];
    position[static_cast<std::size_t>(axis)] = rest % side;
    rest /= side;
  }
  return fmt::format("weight {} differs in {} of {} elements, first at [{}]: {:.9g} here and {:.9g} there",
                     in_quotes(name), difference.differing, difference.elements, fmt::join(position, ","),
                     read_numbers(ours, first, 1)[0], read_numbers(theirs, first, 1)[0]);
}

// Two nodes that make the value of one name.
class Pair {
 public:
  Pair(const Graph& ours, const Graph& theirs, NodeId our, NodeId their)
      : ours_(ours), theirs_(theirs), our_(ours.node(our)), their_(theirs.node(their)), name_(ours.describe(our)) {}

  std::vector<NodeDifference> differences() {
    if (our_.op_type != their_.op_type || our_.domain != their_.domain) {
      add(fmt::format("the operator is {} here and {} there", our_.op_type, their_.op_type));
      return std::move(found_);
    }
    if (our_.opset != their_.opset) {
      add(fmt::format("the opset is {} here and {} there", our_.opset, their_.opset));
    }
    compare_attributes();
    compare_inputs();
    return std::move(found_);
  }

 private:
  void add(std::string what) { found_.push_back({name_, std::move(what)}); }

  void compare_attributes() {
    for (const Attribute& attribute : our_.attributes.all()) {
      const Attribute* const theirs = their_.attributes.find(attribute.name);
      if (theirs == nullptr) {
        add(fmt::format("attribute {} is {} here and not stated there", in_quotes(attribute.name),
                        value_text(attribute.value)));
      } else if (!same_value(attribute.value, theirs->value)) {
        add(fmt::format("attribute {} is {} here and {} there", in_quotes(attribute.name), value_text(attribute.value),
                        value_text(theirs->value)));
      }
    }
    for (const Attribute& attribute : their_.attributes.all()) {
      if (our_.attributes.has(attribute.name)) continue;
      add(fmt::format("attribute {} is not stated here and {} there", in_quotes(attribute.name),
                      value_text(attribute.value)));
    }
  }

  void compare_inputs() {
    if (our_.inputs.size() != their_.inputs.size()) {
      add(fmt::format("it has {} inputs here and {} there", our_.inputs.size(), their_.inputs.size()));
      return;
    }
    for (std::size_t i = 0; i < our_.inputs.size(); ++i) compare_input(i, our_.inputs[i], their_.inputs[i]);
  }

  void compare_input(std::size_t i, ValueId our, ValueId their) {
    if (our == kNoValue || their == kNoValue) {
      if (our != their) add(fmt::format("input {} is left out on one side", i));
      return;
    }
    const Value& a = ours_.value(our);
    const Value& b = theirs_.value(their);
    if (a.constant && b.constant) {
      if (!same_bytes(*a.constant, *b.constant)) add(constant_text(a.name, *a.constant, *b.constant));
    } else if (a.constant || b.constant) {
      add(fmt::format("input {} is a constant on one side only", i));
    } else if (a.name != b.name) {
      add(fmt::format("input {} is {} here and {} there", i, in_quotes(a.name), in_quotes(b.name)));
    }
  }

  const Graph& ours_;
  const Graph& theirs_;
  const Node& our_;
  const Node& their_;
  std::string name_;
  std::vector<NodeDifference> found_;
};

}  // namespace

std::vector<NodeDifference> compare_nodes(const Graph& ours, const Graph& theirs, std::span<const NodeId> nodes) {
  std::unordered_map<std::string_view, NodeId> makers;
  for (const NodeId id : theirs.order()) {
    for (const ValueId output : theirs.node(id).outputs) {
      if (output != kNoValue) makers.emplace(theirs.value(output).name, id);
    }
  }
  std::vector<NodeDifference> all;
  for (const NodeId id : nodes) {
    const std::vector<ValueId>& outputs = ours.node(id).outputs;
    const auto named = std::ranges::find_if(outputs, [](ValueId output) { return output != kNoValue; });
    if (named == outputs.end()) continue;
    const auto maker = makers.find(ours.value(*named).name);
    if (maker == makers.end()) {
      all.push_back({ours.describe(id), fmt::format("no node there makes {}", in_quotes(ours.value(*named).name))});
      continue;
    }
    std::vector<NodeDifference> found = Pair(ours, theirs, id, maker->second).differences();
    std::ranges::move(found, std::back_inserter(all));
  }
  return all;
}

}  // namespace kite::cli
