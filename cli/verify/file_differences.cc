// SPDX-License-Identifier: Apache-2.0
// Compares attributes by name and constants by content, so that renamed weights are no difference.
#include "cli/verify/file_differences.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>
#include <variant>

#include "base/printable.h"
#include "cli/verify/difference.h"
#include "graph/body.h"
#include "graph/dump.h"

namespace kite::cli {

namespace {

bool same_bytes(const TensorView& a, const TensorView& b) {
  return a.type == b.type &&
         (a.type.size_bytes() == 0 || std::memcmp(a.data, b.data, static_cast<std::size_t>(a.type.size_bytes())) == 0);
}

bool same_value(const Attribute::Value& a, const Attribute::Value& b);

// The same nodes over the same positions; names of values mean nothing.
bool same_body(const Body& a, const Body& b) {
  const auto same_attribute = [](const Attribute& x, const Attribute& y) {
    return x.name == y.name && same_value(x.value, y.value);
  };
  const auto same_node = [&](const Node& x, const Node& y) {
    return x.op_type == y.op_type && x.domain == y.domain && x.opset == y.opset && x.inputs == y.inputs &&
           x.outputs == y.outputs && std::ranges::equal(x.attributes.all(), y.attributes.all(), same_attribute);
  };
  const auto same_constant = [](const BodyValue& x, const BodyValue& y) {
    return x.constant.has_value() == y.constant.has_value() && (!x.constant || same_bytes(*x.constant, *y.constant));
  };
  return a.inputs == b.inputs && a.outputs == b.outputs && std::ranges::equal(a.nodes, b.nodes, same_node) &&
         std::ranges::equal(a.values, b.values, same_constant);
}

bool same_value(const Attribute::Value& a, const Attribute::Value& b) {
  if (a.index() != b.index()) return false;
  const auto* const body = std::get_if<std::shared_ptr<const Body>>(&a);
  if (body != nullptr) return same_body(**body, *std::get<std::shared_ptr<const Body>>(b));
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

// The attributes that mean the same for every operator that has them. Lists stand for any number of axes.
struct AttributeDefault {
  std::string_view attribute;
  std::string_view op;  // empty: all
  std::variant<std::int64_t, double, std::string_view> value;
};
constexpr AttributeDefault kAttributeDefaults[] = {
    {"auto_pad", "", "NOTSET"},
    {"group", "", std::int64_t{1}},
    {"strides", "", std::int64_t{1}},
    {"dilations", "", std::int64_t{1}},
    {"pads", "", std::int64_t{0}},
    {"output_padding", "", std::int64_t{0}},
    {"ceil_mode", "", std::int64_t{0}},
    {"count_include_pad", "", std::int64_t{0}},
    {"storage_order", "", std::int64_t{0}},
    {"training_mode", "", std::int64_t{0}},
    {"momentum", "", 0.9},
    {"epsilon", "", 1e-5},
    {"transA", "", std::int64_t{0}},
    {"transB", "", std::int64_t{0}},
    {"keepdims", "", std::int64_t{1}},
    {"select_last_index", "", std::int64_t{0}},
    {"allowzero", "", std::int64_t{0}},
    {"noop_with_empty_axes", "", std::int64_t{0}},
    {"saturate", "", std::int64_t{1}},
    {"stash_type", "LayerNormalization", std::int64_t{1}},
    {"alpha", "Gemm", 1.0},
    {"beta", "Gemm", 1.0},
    {"alpha", "LeakyRelu", 0.01},
    {"alpha", "Elu", 1.0},
    {"alpha", "HardSigmoid", 0.2},
    {"beta", "HardSigmoid", 0.5},
    {"axis", "Flatten", std::int64_t{1}},
    {"axis", "Gather", std::int64_t{0}},
    {"axis", "QuantizeLinear", std::int64_t{1}},
    {"axis", "DequantizeLinear", std::int64_t{1}},
    {"axis", "LayerNormalization", std::int64_t{-1}},
    {"approximate", "Gelu", "none"},
};

// Whether `attribute` says what a node without it means, too.
bool is_default(const Node& node, const Attribute& attribute) {
  // Where it is stated, it is the shape of the weights.
  if (attribute.name == "kernel_shape" && node.op_type.find("Conv") != std::string::npos) return true;
  return std::ranges::any_of(kAttributeDefaults, [&](const AttributeDefault& known) {
    if (known.attribute != attribute.name || (!known.op.empty() && known.op != node.op_type)) return false;
    if (const auto* const integer = std::get_if<std::int64_t>(&known.value)) {
      if (const auto* const list = std::get_if<std::vector<std::int64_t>>(&attribute.value)) {
        return std::ranges::all_of(*list, [&](std::int64_t number) { return number == *integer; });
      }
      const auto* const stated = std::get_if<std::int64_t>(&attribute.value);
      return stated != nullptr && *stated == *integer;
    }
    if (const auto* const number = std::get_if<double>(&known.value)) {
      const auto* const stated = std::get_if<float>(&attribute.value);
      return stated != nullptr && *stated == static_cast<float>(*number);
    }
    const auto* const stated = std::get_if<std::string>(&attribute.value);
    return stated != nullptr && *stated == std::get<std::string_view>(known.value);
  });
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
  Pair(const Graph& ours, const Graph& theirs, const ValuePairs& pairs, NodeId our, NodeId their)
      : ours_(ours),
        theirs_(theirs),
        pairs_(pairs),
        our_(ours.node(our)),
        their_(theirs.node(their)),
        name_(ours.describe(our)) {}

  std::vector<NodeDifference> differences() {
    if (our_.op_type != their_.op_type || our_.domain != their_.domain) {
      add(fmt::format("the operator is {} here and {} there", our_.op_type, their_.op_type));
      return std::move(found_);
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
        if (is_default(our_, attribute)) continue;
        add(fmt::format("attribute {} is {} here and not stated there", in_quotes(attribute.name),
                        value_text(attribute.value)));
      } else if (!same_value(attribute.value, theirs->value)) {
        add(fmt::format("attribute {} is {} here and {} there", in_quotes(attribute.name), value_text(attribute.value),
                        value_text(theirs->value)));
      }
    }
    for (const Attribute& attribute : their_.attributes.all()) {
      if (our_.attributes.has(attribute.name) || is_default(their_, attribute)) continue;
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
    } else if (pairs_.theirs(our) != their) {
      add(fmt::format("input {} is {} here and {} there", i, in_quotes(a.name), in_quotes(b.name)));
    }
  }

  const Graph& ours_;
  const Graph& theirs_;
  const ValuePairs& pairs_;
  const Node& our_;
  const Node& their_;
  std::string name_;
  std::vector<NodeDifference> found_;
};

}  // namespace

std::vector<NodeDifference> compare_nodes(const Graph& ours, const Graph& theirs, const ValuePairs& pairs,
                                          std::span<const NodeId> nodes) {
  std::vector<NodeDifference> all;
  bool is_opset_told = false;
  for (const NodeId id : nodes) {
    const std::vector<ValueId>& outputs = ours.node(id).outputs;
    const auto named = std::ranges::find_if(outputs, [](ValueId output) { return output != kNoValue; });
    if (named == outputs.end()) continue;
    const ValueId partner = pairs.theirs(*named);
    const NodeId maker = partner == kNoValue ? kNoNode : theirs.value(partner).producer;
    if (maker == kNoNode) {
      all.push_back({ours.describe(id), fmt::format("no node there makes {}", in_quotes(ours.value(*named).name))});
      continue;
    }
    // Opsets are stated for the whole file, so the first node with another one tells it for all.
    if (ours.node(id).opset != theirs.node(maker).opset && !std::exchange(is_opset_told, true)) {
      all.push_back({ours.describe(id),
                     fmt::format("the opset is {} here and {} there", ours.node(id).opset, theirs.node(maker).opset)});
    }
    std::vector<NodeDifference> found = Pair(ours, theirs, pairs, id, maker).differences();
    std::ranges::move(found, std::back_inserter(all));
  }
  return all;
}

}  // namespace kite::cli
