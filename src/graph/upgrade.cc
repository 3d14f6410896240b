// SPDX-License-Identifier: Apache-2.0
// One table: which operators changed so that nothing else should have to know, and what to rewrite. Shapes are not
// known yet, so what depends on a rank is written as shape arithmetic, which type inference computes.
#include "graph/upgrade.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "onnx/tensor_data.h"
#include "paperkite/try.h"
#include "tensor/widen.h"

namespace kite {

namespace {

Error invalid_node(std::string what) { return Error{ErrorCode::kInvalidModel, std::move(what), {}, {}}; }
Error not_upgradable(std::string what, std::string remedy = {}) {
  return Error{ErrorCode::kUnsupportedModel, std::move(what), {}, std::move(remedy)};
}

std::vector<double> numbers_of(const TensorView& view) {
  std::vector<double> numbers(static_cast<std::size_t>(view.type.shape.elements()));
  widen(view.type.dtype, view.data, numbers);
  return numbers;
}

// Adds the nodes and constants that stand before an upgraded node.
class Prelude {
 public:
  Prelude(Graph& owner, Body& body, const Node& node) : owner_(owner), body_(body), node_(node) {}

  template <typename T = std::int64_t>
  ValueId constant(const std::vector<T>& values) {
    Tensor tensor(kDTypeOf<T>, Shape{static_cast<std::int64_t>(values.size())});
    std::ranges::copy(values, tensor.as<T>());
    return body_.add_constant(name(), owner_.own(std::move(tensor)));
  }
  ValueId add(std::string_view op_type, std::vector<ValueId> inputs, Attributes attributes = {}) {
    constexpr int kOpset = 13;  // all of them are unchanged from here on
    Node node;
    node.name = node_.name;
    node.op_type = op_type;
    node.opset = kOpset;
    node.attributes = std::move(attributes);
    node.inputs = std::move(inputs);
    node.outputs = {body_.add_value(name())};
    const ValueId output = node.outputs[0];
    (void)owner_.budget().take(Limit::kNodes);
    body_.nodes.push_back(std::move(node));
    return output;
  }
  // The elements of a value that is a constant of the file.
  Result<TensorView> known(ValueId value, std::string_view input) const {
    if (value != kNoValue && value_of(value).constant) return *value_of(value).constant;
    return not_upgradable("input '" + std::string(input) + "' is only known at run time");
  }

 private:
  const BodyValue& value_of(ValueId id) const { return body_.values[static_cast<std::size_t>(id)]; }
  std::string name() const {
    const bool is_named = !node_.outputs.empty() && node_.outputs[0] != kNoValue;
    return (is_named ? value_of(node_.outputs[0]).name : node_.op_type) + "_upgraded";
  }
  Graph& owner_;
  Body& body_;
  const Node& node_;
};

// One-element constants as an int64 [1].
ValueId as_list(Prelude& prelude, ValueId value) {
  Attributes to;
  to.set("to", std::int64_t{onnx::kInt64});
  return prelude.add("Reshape", {prelude.add("Cast", {value}, std::move(to)), prelude.constant({1})});
}

// Input 1 stands at axes `axis`, `axis` + 1, ... of input 0: axes of size 1 are added behind its own.
void align(Prelude& prelude, Node& node, std::int64_t axis) {
  constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();
  const ValueId shape = prelude.add("Shape", {node.inputs[1]});
  const ValueId behind = prelude.add("Add", {prelude.add("Shape", {shape}), prelude.constant({axis})});
  const ValueId rest = prelude.add("Slice", {prelude.add("Shape", {node.inputs[0]}), behind, prelude.constant({kEnd})});
  const ValueId ones = prelude.add("Expand", {prelude.constant({1}), prelude.add("Shape", {rest})});
  Attributes joined;
  joined.set("axis", std::int64_t{0});
  const ValueId wanted = prelude.add("Concat", {shape, ones}, std::move(joined));
  node.inputs[1] = prelude.add("Reshape", {node.inputs[1], wanted});
}

// Without `broadcast` the shapes are equal; without `axis` they broadcast as in opset 7.
Status upgrade_pair(Prelude& prelude, Node& node) {
  const bool has_axis = node.attributes.has("axis") && node.attributes.get_int("broadcast", 0) != 0;
  const std::int64_t axis = node.attributes.get_int("axis", 0);
  node.attributes.erase("axis");
  node.attributes.erase("broadcast");
  if (!has_axis || node.inputs.size() != 2) return {};
  if (axis < 0 || axis >= kMaxRank) return invalid_node("attribute 'axis' is " + std::to_string(axis));
  align(prelude, node, axis);
  return {};
}

// One slope for all elements, or one for each channel.
Status upgrade_prelu(Prelude& prelude, Node& node) {
  if (node.inputs.size() != 2) return {};
  KITE_TRY_ASSIGN(const TensorView slope, prelude.known(node.inputs[1], "slope"));
  if (slope.type.shape.elements() != 1) align(prelude, node, 1);
  return {};
}

Status drop_broadcast(Prelude&, Node& node) {
  node.attributes.erase("broadcast");
  return {};
}

Status drop_output_sequence(Prelude&, Node& node) {
  node.attributes.erase("output_sequence");
  return {};
}

Status require_test(Prelude&, Node& node) {
  const bool is_test = node.attributes.get_int("is_test", 0) != 0;
  node.attributes.erase("is_test");
  if (is_test) return {};
  return not_upgradable("attribute 'is_test' is 0: the node trains", "export the model for inference");
}

Status upgrade_cast(Prelude&, Node& node) {
  const std::string_view name = node.attributes.get_string("to", "");
  const auto data_type = onnx::data_type_named(name);
  if (!data_type) return invalid_node("attribute 'to' is \"" + std::string(name) + "\", which names no element type");
  node.attributes.set("to", std::int64_t{*data_type});
  return {};
}

Status upgrade_concat(Prelude&, Node& node) {
  if (!node.attributes.has("axis")) node.attributes.set("axis", std::int64_t{1});
  return {};
}

Status upgrade_pad(Prelude&, Node& node) {
  const auto pads = node.attributes.get_ints("paddings");
  node.attributes.set("pads", std::vector<std::int64_t>(pads.begin(), pads.end()));
  node.attributes.erase("paddings");
  return {};
}

Status upgrade_reshape(Prelude& prelude, Node& node) {
  const auto shape = node.attributes.get_ints("shape");
  if (node.inputs.size() != 1) return invalid_node("expected 1 input");
  node.inputs.push_back(prelude.constant({shape.begin(), shape.end()}));
  node.attributes.erase("shape");
  return {};
}

Status upgrade_selu(Prelude&, Node& node) {
  if (!node.attributes.has("alpha")) node.attributes.set("alpha", 1.6732F);
  if (!node.attributes.has("gamma")) node.attributes.set("gamma", 1.0507F);
  return {};
}

// The sizes may be an input of the type of the data.
Status upgrade_split(Prelude& prelude, Node& node) {
  if (node.inputs.size() != 2) return {};
  KITE_TRY_ASSIGN(const TensorView sizes, prelude.known(node.inputs[1], "split"));
  std::vector<std::int64_t> list;
  for (const double size : numbers_of(sizes)) list.push_back(static_cast<std::int64_t>(size));
  node.attributes.set("split", std::move(list));
  node.inputs.pop_back();
  return {};
}

// `tiles` copies along `axis`, both inputs, become one number for each axis.
Status upgrade_tile(Prelude& prelude, Node& node) {
  if (node.inputs.size() != 3) return invalid_node("expected 3 inputs");
  const ValueId rank = prelude.add("Size", {prelude.add("Shape", {node.inputs[0]})});
  Attributes joined;
  joined.set("axis", std::int64_t{0});
  const ValueId counts =
      prelude.add("Concat", {prelude.constant({1}), as_list(prelude, node.inputs[1])}, std::move(joined));
  const ValueId rows = prelude.add("OneHot", {as_list(prelude, node.inputs[2]), rank, counts});
  node.inputs = {node.inputs[0], prelude.add("Reshape", {rows, prelude.constant({-1})})};
  return {};
}

// The scales became an attribute, then an input.
Status upgrade_upsample(Prelude& prelude, Node& node) {
  const auto stated = node.attributes.get_floats("scales");
  std::vector<float> scales(stated.begin(), stated.end());
  if (!node.attributes.has("scales")) {
    scales = {1, 1, node.attributes.get_float("height_scale", 0), node.attributes.get_float("width_scale", 0)};
  }
  for (const char* name : {"scales", "height_scale", "width_scale"}) node.attributes.erase(name);
  if (node.attributes.get_string("mode", "") == "bilinear") node.attributes.set("mode", std::string("linear"));
  if (node.inputs.size() != 1) return malformed("expected 1 input");
  node.inputs.push_back(prelude.constant<float>(scales));
  node.opset = 9;
  return {};
}

Status upgrade_scatter(Prelude&, Node& node) {
  node.op_type = "ScatterElements";
  node.opset = 11;
  return {};
}

Status upgrade_norm(Prelude&, Node& node) {
  if (!node.attributes.has("p")) return {};
  const float p = node.attributes.get_float("p", 2);
  if (!(p >= 1) || p != std::floor(p) || p > 1e6F) return not_upgradable("attribute 'p' is not a positive integer");
  node.attributes.set("p", static_cast<std::int64_t>(p));
  return {};
}

struct Change {
  std::string_view op_type;
  int since;  // the opset from which on it is written as the rest of the engine reads it
  Status (*rewrite)(Prelude& prelude, Node& node);
};
// clang-format off
constexpr Change kChanges[] = {
    {"Add", 7, upgrade_pair},
    {"And", 7, upgrade_pair},
    {"BatchNormalization", 7, require_test},
    {"Cast", 6, upgrade_cast},
    {"Concat", 4, upgrade_concat},
    {"Div", 7, upgrade_pair},
    {"Dropout", 7, require_test},
    {"Equal", 7, upgrade_pair},
    {"Gemm", 7, drop_broadcast},
    {"GlobalLpPool", 2, upgrade_norm},
    {"Greater", 7, upgrade_pair},
    {"GRU", 7, drop_output_sequence},
    {"Less", 7, upgrade_pair},
    {"LpPool", 2, upgrade_norm},
    {"LSTM", 7, drop_output_sequence},
    {"Mul", 7, upgrade_pair},
    {"Or", 7, upgrade_pair},
    {"Pad", 2, upgrade_pad},
    {"Pow", 7, upgrade_pair},
    {"PRelu", 7, upgrade_prelu},
    {"Reshape", 5, upgrade_reshape},
    {"RNN", 7, drop_output_sequence},
    {"Scatter", 11, upgrade_scatter},
    {"Selu", 6, upgrade_selu},
    {"Split", 2, upgrade_split},
    {"Sub", 7, upgrade_pair},
    {"Tile", 6, upgrade_tile},
    {"Upsample", 9, upgrade_upsample},
    {"Xor", 7, upgrade_pair},
};
// clang-format on

}  // namespace

Status upgrade(Graph& owner, Body& body, Node& node) {
  if (!node.domain.empty() || node.opset < 1) return {};
  const int written = node.opset;
  if (written < kUpgradedOpset) {
    // Whether the result may lie over an input: of no meaning for the values.
    node.attributes.erase("consumed_inputs");
    node.opset = kUpgradedOpset;
  }
  for (const Change& change : kChanges) {
    if (change.op_type != node.op_type || written >= change.since) continue;
    Prelude prelude(owner, body, node);
    KITE_TRY(change.rewrite(prelude, node));
    return owner.budget().charge(Limit::kNodes, 0);  // what the prelude took
  }
  return {};
}

}  // namespace kite
