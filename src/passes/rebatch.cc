// SPDX-License-Identifier: Apache-2.0
// One rule for each group of operators says which axis of its results counts pictures. The proof fails at an operator
// without a rule.
#include "passes/rebatch.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "graph/training.h"
#include "paperkite/try.h"
#include "passes/match.h"

namespace kite {

namespace {

constexpr int kNone = -1;

// What a rule gets: the node, and the axis of each input that counts pictures.
struct BatchNode {
  const Graph& graph;
  const Node& node;
  const std::vector<int>& axis_of;
  std::vector<std::string>& reshape_targets;

  [[nodiscard]] bool has(std::size_t i) const { return input_of(node, i) != kNoValue; }
  [[nodiscard]] int axis(std::size_t i) const {
    const ValueId id = input_of(node, i);
    return id == kNoValue ? kNone : axis_of[static_cast<std::size_t>(id)];
  }
  [[nodiscard]] const Shape& shape(std::size_t i) const { return shape_of(graph, node.inputs[i]); }
  [[nodiscard]] int rank(std::size_t i) const { return shape(i).rank(); }
  [[nodiscard]] const Shape& result() const { return shape_of(graph, node.outputs[0]); }
  // Only the first input counts pictures.
  [[nodiscard]] bool only_first() const {
    for (std::size_t i = 1; i < node.inputs.size(); ++i) {
      if (axis(i) != kNone) return false;
    }
    return axis(0) != kNone;
  }
  [[nodiscard]] int positive(std::int64_t axis, int rank) const {
    return static_cast<int>(axis < 0 ? axis + rank : axis);
  }
  // Axes from the attribute, or from input `i` where it is a constant; nullopt where they are not known.
  [[nodiscard]] std::optional<std::vector<int>> axes(std::size_t i, int rank) const {
    std::vector<std::int64_t> stated;
    if (has(i)) {
      const auto constant = int_constant(graph, node.inputs[i]);
      if (!constant) return std::nullopt;
      stated = *constant;
    } else {
      const auto attribute = node.attributes.get_ints("axes");
      stated.assign(attribute.begin(), attribute.end());
    }
    std::vector<int> axes;
    for (const std::int64_t axis : stated) axes.push_back(positive(axis, rank));
    return axes;
  }
};

// The axis of the results; nullopt where the operator may mix pictures.
using Rule = std::optional<int> (*)(const BatchNode& node);

// Broadcasting aligns shapes at their last axes: an input without pictures must not reach the batch axis.
std::optional<int> elementwise(const BatchNode& node) {
  const int rank = node.result().rank();
  int found = kNone;
  for (std::size_t i = 0; i < node.node.inputs.size(); ++i) {
    if (!node.has(i) || node.axis(i) == kNone) continue;
    const int here = node.axis(i) + rank - node.rank(i);
    if (found != kNone && found != here) return std::nullopt;
    found = here;
  }
  for (std::size_t i = 0; i < node.node.inputs.size(); ++i) {
    if (!node.has(i) || node.axis(i) != kNone) continue;
    const int own = found - (rank - node.rank(i));
    if (own >= 0 && node.shape(i)[own] != 1) return std::nullopt;
  }
  return found;
}

std::optional<int> pictures_first(const BatchNode& node) {
  if (!node.only_first() || node.axis(0) != 0) return std::nullopt;
  return 0;
}

std::optional<int> along_last_axes(const BatchNode& node) {
  const int axis = node.positive(node.node.attributes.get_int("axis", -1), node.rank(0));
  if (!node.only_first() || axis <= node.axis(0)) return std::nullopt;
  return node.axis(0);
}

std::optional<int> softmax(const BatchNode& node) {
  const bool is_old = node.node.opset < 13;  // normalises all axes from `axis` on together
  const int axis = node.positive(node.node.attributes.get_int("axis", is_old ? 1 : -1), node.rank(0));
  if (axis == node.axis(0) || (is_old && axis < node.axis(0))) return std::nullopt;
  return node.axis(0);
}

std::optional<int> flatten(const BatchNode& node) {
  const int axis = node.positive(node.node.attributes.get_int("axis", 1), node.rank(0));
  if (node.axis(0) != 0 || axis != 1) return std::nullopt;
  return 0;
}

std::optional<int> gemm(const BatchNode& node) {
  if (!node.only_first() || node.axis(0) != 0 || node.node.attributes.get_int("transA", 0) != 0) return std::nullopt;
  if (node.has(2) && node.rank(2) == 2 && node.shape(2)[0] != 1) return std::nullopt;
  return 0;
}

std::optional<int> matmul(const BatchNode& node) {
  const int rank = node.result().rank();
  const int a = node.axis(0);
  const int b = node.axis(1);
  const int rank_a = node.rank(0);
  const int rank_b = node.rank(1);
  if (a != kNone && b == kNone) {
    if (a >= rank_a - 1) return std::nullopt;  // the axis that is summed over
    const int here = a + rank - rank_a;
    const int other = here - (rank - rank_b);
    const bool meets = a < rank_a - 2 && other >= 0 && node.shape(1)[other] != 1;
    return meets ? std::nullopt : std::optional(here);
  }
  const bool both_lead = a >= 0 && b >= 0 && a < rank_a - 2 && b < rank_b - 2 && a - rank_a == b - rank_b;
  if (!both_lead) return std::nullopt;
  return a + rank - rank_a;
}

std::optional<int> transpose(const BatchNode& node) {
  const auto perm = node.node.attributes.get_ints("perm");
  if (perm.empty()) return node.rank(0) - 1 - node.axis(0);
  const auto found = std::ranges::find(perm, node.axis(0));
  return found == perm.end() ? std::nullopt : std::optional(static_cast<int>(found - perm.begin()));
}

std::optional<int> concat(const BatchNode& node) {
  const int axis = node.positive(node.node.attributes.get_int("axis", 0), node.rank(0));
  for (std::size_t i = 0; i < node.node.inputs.size(); ++i) {
    if (node.axis(i) != node.axis(0)) return std::nullopt;
  }
  return axis == node.axis(0) ? std::nullopt : std::optional(node.axis(0));
}

std::optional<int> split(const BatchNode& node) {
  const int axis = node.positive(node.node.attributes.get_int("axis", 0), node.rank(0));
  return axis == node.axis(0) ? std::nullopt : std::optional(node.axis(0));
}

std::optional<int> slice(const BatchNode& node) {
  const bool is_old = node.node.opset < 10;
  auto axes = is_old ? node.axes(node.node.inputs.size(), node.rank(0)) : node.axes(3, node.rank(0));
  if (!axes || axes->empty() || !node.only_first()) return std::nullopt;  // without axes the batch is cut, too
  return std::ranges::find(*axes, node.axis(0)) != axes->end() ? std::nullopt : std::optional(node.axis(0));
}

std::optional<int> gather(const BatchNode& node) {
  const int axis = node.positive(node.node.attributes.get_int("axis", 0), node.rank(0));
  if (!node.only_first() || axis == node.axis(0)) return std::nullopt;
  return node.axis(0) < axis ? node.axis(0) : node.axis(0) + node.rank(1) - 1;
}

std::optional<int> reduce(const BatchNode& node) {
  const auto axes = node.axes(1, node.rank(0));
  if (!axes || axes->empty() || !node.only_first()) return std::nullopt;  // without axes it sums over all
  if (std::ranges::find(*axes, node.axis(0)) != axes->end()) return std::nullopt;
  if (node.node.attributes.get_int("keepdims", 1) != 0) return node.axis(0);
  const auto before = std::ranges::count_if(*axes, [&](int axis) { return axis < node.axis(0); });
  return node.axis(0) - static_cast<int>(before);
}

std::optional<int> squeeze(const BatchNode& node) {
  const auto axes = node.axes(1, node.rank(0));
  if (!axes || axes->empty()) return std::nullopt;  // all axes of length 1: the batch is one of them
  if (std::ranges::find(*axes, node.axis(0)) != axes->end()) return std::nullopt;
  const auto before = std::ranges::count_if(*axes, [&](int axis) { return axis < node.axis(0); });
  return node.axis(0) - static_cast<int>(before);
}

std::optional<int> unsqueeze(const BatchNode& node) {
  auto axes = node.axes(1, node.result().rank());
  if (!axes) return std::nullopt;
  std::ranges::sort(*axes);
  int axis = node.axis(0);
  for (const int inserted : *axes) axis += inserted <= axis ? 1 : 0;
  return axis;
}

// Rows stay rows where the first axis counts pictures before and after.
std::optional<int> reshape(const BatchNode& node) {
  if (node.axis(0) != 0 || node.result().rank() < 1 || node.result()[0] != 1) return std::nullopt;
  const auto target = int_constant(node.graph, input_of(node.node, 1));
  if (!target || target->empty()) return std::nullopt;
  if (target->front() == 1) node.reshape_targets.push_back(node.graph.value(node.node.inputs[1]).name);
  return 0;
}

std::optional<int> pad(const BatchNode& node) {
  std::vector<std::int64_t> pads;
  if (node.has(1)) {
    const auto constant = int_constant(node.graph, node.node.inputs[1]);
    if (!constant) return std::nullopt;
    pads = *constant;
  } else {
    const auto stated = node.node.attributes.get_ints("pads");
    pads.assign(stated.begin(), stated.end());
  }
  const auto rank = static_cast<std::size_t>(node.rank(0));
  const auto axis = static_cast<std::size_t>(node.axis(0));
  if (!node.only_first() || node.has(3) || pads.size() != 2 * rank) return std::nullopt;
  return pads[axis] != 0 || pads[axis + rank] != 0 ? std::nullopt : std::optional(node.axis(0));
}

Rule rule_of(const Node& node) {
  static const std::map<std::string_view, Rule> kRules = [] {
    std::map<std::string_view, Rule> rules;
    for (const char* name : {"Abs",
                             "Add",
                             "And",
                             "Cast",
                             "Ceil",
                             "Celu",
                             "Clip",
                             "Div",
                             "Dropout",
                             "Elu",
                             "Equal",
                             "Erf",
                             "Exp",
                             "Floor",
                             "Gelu",
                             "Greater",
                             "GreaterOrEqual",
                             "HardSigmoid",
                             "HardSwish",
                             "Identity",
                             "LeakyRelu",
                             "Less",
                             "LessOrEqual",
                             "Log",
                             "Max",
                             "Mean",
                             "Min",
                             "Mish",
                             "Mul",
                             "Neg",
                             "Not",
                             "Or",
                             "PRelu",
                             "Pow",
                             "Reciprocal",
                             "Relu",
                             "Round",
                             "Selu",
                             "Sigmoid",
                             "Sign",
                             "Softplus",
                             "Softsign",
                             "Sqrt",
                             "Sub",
                             "Sum",
                             "Tanh",
                             "ThresholdedRelu",
                             "Where",
                             "Xor"}) {
      rules[name] = elementwise;
    }
    for (const char* name :
         {"AveragePool", "BatchNormalization", "Conv", "ConvTranspose", "DepthToSpace", "GlobalAveragePool",
          "GlobalMaxPool", "GroupNormalization", "InstanceNormalization", "LRN", "LpPool", "MaxPool", "SpaceToDepth"}) {
      rules[name] = pictures_first;
    }
    for (const char* name : {"ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean",
                             "ReduceMin", "ReduceProd", "ReduceSum", "ReduceSumSquare"}) {
      rules[name] = reduce;
    }
    for (const char* name : {"Softmax", "LogSoftmax"}) rules[name] = softmax;
    for (const char* name : {"LayerNormalization", "RMSNormalization"}) rules[name] = along_last_axes;
    rules.insert({{"Concat", concat},
                  {"Flatten", flatten},
                  {"Gather", gather},
                  {"Gemm", gemm},
                  {"MatMul", matmul},
                  {"Pad", pad},
                  {"Reshape", reshape},
                  {"Slice", slice},
                  {"Split", split},
                  {"Squeeze", squeeze},
                  {"Transpose", transpose},
                  {"Unsqueeze", unsqueeze}});
    return rules;
  }();
  if (uses_batch_statistics(node)) return nullptr;
  const auto found = node.domain.empty() ? kRules.find(node.op_type) : kRules.end();
  return found == kRules.end() ? nullptr : found->second;
}

Error no_proof(std::string why, std::string where) {
  return {ErrorCode::kUnsupportedModel, "the model is for one picture, and " + std::move(why), std::move(where),
          "leave --batch out, or export the model with a dynamic batch"};
}

}  // namespace

Result<BatchEdits> prove_batch(const Graph& graph) {
  BatchEdits edits;
  edits.axis_of.assign(graph.value_count(), kNone);
  for (const GraphInput& input : graph.inputs) edits.axis_of[static_cast<std::size_t>(input.value)] = 0;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    const BatchNode seen{graph, node, edits.axis_of, edits.reshape_targets};
    bool has_pictures = false;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) has_pictures = has_pictures || seen.axis(i) != kNone;
    if (!has_pictures) continue;
    const Rule rule = rule_of(node);
    const auto axis = rule == nullptr ? std::nullopt : rule(seen);
    if (!axis) return no_proof("this node may mix the pictures of a batch", graph.describe(id));
    for (const ValueId output : node.outputs) {
      if (output != kNoValue) edits.axis_of[static_cast<std::size_t>(output)] = *axis;
    }
  }
  for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
    if (edits.axis_of[static_cast<std::size_t>(graph.outputs[i])] == 0) continue;
    return no_proof("this output does not begin with the batch", "output " + std::string(graph.output_name(i)));
  }
  return edits;
}

void open_batch(Graph& graph, const BatchEdits& edits, std::int64_t batch) {
  for (GraphInput& input : graph.inputs) {
    if (!input.dims.empty()) input.dims[0].size.reset();
  }
  for (std::size_t i = 0; i < graph.value_count(); ++i) {
    Value& value = graph.value(static_cast<ValueId>(i));
    if (!value.constant || std::ranges::find(edits.reshape_targets, value.name) == edits.reshape_targets.end())
      continue;
    Tensor target = Tensor::copy_of(*value.constant);
    if (target.dtype() == DType::kInt64) target.as<std::int64_t>()[0] = batch;
    value.constant = graph.own(std::move(target));
  }
}

Status check_batch(const Graph& graph, const Graph& proved, const BatchEdits& edits, std::int64_t batch) {
  std::unordered_map<std::string_view, ValueId> known;
  for (std::size_t i = 0; i < proved.value_count(); ++i) {
    known.emplace(proved.value(static_cast<ValueId>(i)).name, static_cast<ValueId>(i));
  }
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const ValueId input = node.inputs[i];
      if (!graph.is_constant(input)) continue;
      // A constant that was computed from the batch may only be the target of a Reshape, whose result is checked.
      const auto before = known.find(graph.value(input).name);
      const bool is_target = is_op(node, "Reshape") && i == 1;
      if (is_target || before == known.end() || !proved.is_constant(before->second)) continue;
      const TensorView& now = *graph.value(input).constant;
      const TensorView& then = *proved.value(before->second).constant;
      const bool is_same = now.type == then.type && (now.data == then.data || now.type.size_bytes() == 0 ||
                                                     std::memcmp(now.data, then.data, now.bytes().size()) == 0);
      if (!is_same) return no_proof("this node computes with the size of the batch", graph.describe(id));
    }
    for (const ValueId output : node.outputs) {
      if (output == kNoValue) continue;
      const auto before = known.find(graph.value(output).name);
      if (before == known.end()) return no_proof("this node changes with the batch", graph.describe(id));
      const Shape& then = shape_of(proved, before->second);
      std::vector<std::int64_t> dims(then.dims().begin(), then.dims().end());
      const int axis = edits.axis_of[static_cast<std::size_t>(before->second)];
      if (axis != kNone) dims[static_cast<std::size_t>(axis)] *= batch;
      if (std::ranges::equal(dims, shape_of(graph, output).dims())) continue;
      return no_proof("this node gives another shape than a batch of its results", graph.describe(id));
    }
  }
  return {};
}

}  // namespace kite
