// SPDX-License-Identifier: Apache-2.0
// Moves the nodes that follow a Conv or Linear into it: a scale and a bias for each channel go into its weights, and a
// residual sum and an activation become its epilogue.
#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "paperkite/try.h"
#include "passes/constants.h"
#include "passes/forms.h"
#include "passes/match.h"
#include "passes/passes.h"
#include "passes/rewrite.h"
#include "tensor/activation_names.h"

namespace kite {

namespace {

constexpr std::size_t kWeights = 1;
constexpr std::size_t kBias = 2;
constexpr std::size_t kResidual = 3;

// Scaled weights are a copy. Up to this size the copy is made, once while planning, and saves a pass over the
// activations in every run. ConvNeXt-L's largest layer has 9 MB.
constexpr std::int64_t kScaledWeightsBytes = std::int64_t{1} << 26;

bool is_producer(const Node& node) {
  return is_op(node, "Conv", kInternalDomain) || is_op(node, "Linear", kInternalDomain);
}

bool has_activation(const Node& node) { return node.attributes.get_string("activation", "none") != "none"; }

// The state of a Conv or Linear while it is fused with its readers: the new node, and the node whose
// output it then makes.
struct Fusion {
  Node node;
  NodeId last = kNoNode;
};

std::int64_t channels_of(const Graph& graph, const Fusion& fusion) {
  const Shape& y = shape_of(graph, graph.node(fusion.last).outputs[0]);
  return y[y.rank() - 1];
}

void set_input(Node& node, std::size_t i, ValueId id) {
  if (node.inputs.size() <= i) node.inputs.resize(i + 1, kNoValue);
  node.inputs[i] = id;
}

// y * scale[k] scales rows of a Conv's weights [K, ...] and of transposed Linear weights [N,K], and
// columns of weights [K,N].
bool take_scale(Graph& graph, Fusion& fusion, const Node& mul, ValueId y) {
  const ValueId scale = other_input(mul, y);
  const std::int64_t channels = channels_of(graph, fusion);
  const ValueId weights = fusion.node.inputs[kWeights];
  if (scale == kNoValue || input_of(fusion.node, kResidual) != kNoValue || !graph.is_constant(weights) ||
      !is_per_channel(graph, scale, channels, shape_of(graph, y).rank()) ||
      !constant_or_absent(graph, input_of(fusion.node, kBias)) ||
      graph.value(weights).constant->type.size_bytes() > kScaledWeightsBytes ||
      !may_copy(graph, graph.value(weights).constant->type.size_bytes())) {
    return false;
  }
  const std::vector<double> factors = read_doubles(*graph.value(scale).constant);
  const TensorView& view = *graph.value(weights).constant;
  const bool by_row =
      is_op(fusion.node, "Conv", kInternalDomain) || fusion.node.attributes.get_int("transposed", 0) != 0;
  const std::string name = graph.value(weights).name + "_scaled";
  fusion.node.inputs[kWeights] =
      add_scaled_constant(graph, name, weights, factors, by_row ? Factors::kOfRows : Factors::kOfColumns);
  if (const ValueId bias = input_of(fusion.node, kBias); bias != kNoValue) {
    std::vector<double> shifted = read_doubles(*graph.value(bias).constant);
    for (std::size_t k = 0; k < shifted.size(); ++k) shifted[k] *= factors[k];
    set_input(fusion.node, kBias, add_float_constant(graph, name + "_bias", view.type.dtype, Shape{channels}, shifted));
  }
  return true;
}

bool take_bias(Graph& graph, Fusion& fusion, ValueId y, ValueId addend) {
  const std::int64_t channels = channels_of(graph, fusion);
  const ValueId bias = input_of(fusion.node, kBias);
  if (!is_per_channel(graph, addend, channels, shape_of(graph, y).rank()) || !constant_or_absent(graph, bias)) {
    return false;
  }
  if (bias == kNoValue) {
    set_input(fusion.node, kBias, constant_as(graph, addend, Shape{channels}));
    return true;
  }
  std::vector<double> sum = read_doubles(*graph.value(bias).constant);
  const std::vector<double> more = read_doubles(*graph.value(addend).constant);
  for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += more[k];
  set_input(fusion.node, kBias,
            add_float_constant(graph, graph.value(bias).name + "_sum", dtype_of(graph, bias), Shape{channels}, sum));
  return true;
}

// Whether the value comes from a producer that could compute this sum in its epilogue and is later in the order.
bool later_producer_could(const Graph& graph, ValueId value, const std::vector<std::int64_t>& position, NodeId self) {
  const NodeId producer = graph.value(value).producer;
  if (producer == kNoNode || !is_producer(graph.node(producer)) || sole_reader(graph, value) == kNoNode) return false;
  const Node& node = graph.node(producer);
  const auto at = [&](NodeId id) {
    const auto i = static_cast<std::size_t>(id);
    return i < position.size() ? position[i] : std::int64_t{-1};  // -1: a fused node of this pass, so it is earlier
  };
  return !has_activation(node) && input_of(node, kResidual) == kNoValue && at(producer) > at(self);
}

bool take_sum(Graph& graph, Fusion& fusion, const Node& add, ValueId y, const std::vector<std::int64_t>& position,
              NodeId self) {
  const ValueId addend = other_input(add, y);
  if (addend == kNoValue) return false;
  if (input_of(fusion.node, kResidual) == kNoValue && take_bias(graph, fusion, y, addend)) return true;
  if (input_of(fusion.node, kResidual) != kNoValue || graph.is_constant(addend) ||
      graph.value(addend).type != graph.value(y).type || later_producer_could(graph, addend, position, self)) {
    return false;
  }
  set_input(fusion.node, kResidual, addend);
  return true;
}

bool take_activation(const Graph& graph, Fusion& fusion, const Node& node) {
  const auto form = activation_form(graph, node);
  if (!form) return false;
  Attributes& attributes = fusion.node.attributes;
  attributes.set("activation", std::string(activation_spelling(form->kind)));
  if (form->a == 0 && form->b == 0) return true;
  attributes.set("activation_a", form->a);
  attributes.set("activation_b", form->b);
  return true;
}

// Fuses the only reader of the value made so far; false when there is no such reader, or it cannot be fused.
bool take_reader(Graph& graph, Fusion& fusion, const std::vector<std::int64_t>& position, NodeId self) {
  const ValueId y = graph.node(fusion.last).outputs[0];
  const NodeId reader = sole_reader(graph, y);
  if (reader == kNoNode || has_activation(fusion.node)) return false;
  const Node& node = graph.node(reader);
  if (node.inputs[0] == kNoValue || graph.value(node.outputs[0]).type != graph.value(y).type) return false;
  const bool taken = is_op(node, "Mul")   ? take_scale(graph, fusion, node, y)
                     : is_op(node, "Add") ? take_sum(graph, fusion, node, y, position, self)
                                          : node.inputs[0] == y && take_activation(graph, fusion, node);
  if (taken) fusion.last = reader;
  return taken;
}

}  // namespace

Result<int> fuse_epilogue(Graph& graph) {
  const std::vector<NodeId> order = graph.order();
  std::vector<std::int64_t> position;  // by node
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto id = static_cast<std::size_t>(order[i]);
    if (position.size() <= id) position.resize(id + 1, -1);
    position[id] = static_cast<std::int64_t>(i);
  }
  int fused = 0;
  for (const NodeId id : order) {
    if (graph.node(id).removed || !is_producer(graph.node(id))) continue;
    Fusion fusion{graph.node(id), id};
    std::vector<NodeId> absorbed;
    while (take_reader(graph, fusion, position, id)) absorbed.push_back(fusion.last);
    if (absorbed.empty()) continue;
    fused += static_cast<int>(absorbed.size());
    KITE_TRY(replace_node(graph, fusion.last, std::move(fusion.node)));
    // The last fused node was replaced above; the others, and the producer, are no longer needed.
    absorbed.pop_back();
    std::ranges::for_each(absorbed, [&](NodeId gone) { graph.remove(gone); });
    graph.remove(id);
  }
  return fused;
}

}  // namespace kite
