// SPDX-License-Identifier: Apache-2.0
// Finds out how many channels each blocked tensor really has and which size the blocks have, then writes plain
// operators.
#include "graph/blocked_layout.h"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/cpu.h"
#include "graph/blocked_filters.h"
#include "paperkite/try.h"

namespace kite {

namespace {

constexpr std::string_view kDomain = "com.microsoft.nchwc";
constexpr std::size_t kWeights = 1, kBias = 2, kSum = 3;  // inputs of Conv

// Elementwise operators that ONNX Runtime computes on blocked tensors.
constexpr std::array<std::string_view, 12> kOfOne = {"Clip",      "Elu",      "Gelu",      "HardSigmoid",
                                                     "HardSwish", "Identity", "LeakyRelu", "Mish",
                                                     "QuickGelu", "Relu",     "Sigmoid",   "Tanh"};
constexpr std::array<std::string_view, 3> kOfSeveral = {"Add", "Mul", "Sum"};

// What is known about the channels of blocked tensors that have equally many.
struct Channels {
  std::int64_t total = 0;  // with those that fill the last block; 0: not known
  std::int64_t used = 0;   // the others are zeros before and have no influence behind
  bool is_whole = false;   // nothing is filled up
};

class Undoing {
 public:
  Undoing(Graph& graph, int opset) : graph_(graph), opset_(opset), parents_(graph.value_count()) {
    std::iota(parents_.begin(), parents_.end(), 0);
    is_blocked_.resize(graph.value_count());
  }

  Status run(std::vector<std::string>& warnings) {
    const std::vector<NodeId> order = graph_.order();
    std::vector<NodeId> found;
    for (const NodeId id : order) {
      if (graph_.node(id).domain == kDomain) found.push_back(id);
    }
    if (found.empty()) return {};
    for (const NodeId id : order) KITE_TRY(mark(id));
    for (const ValueId value : whole_) channels(value).is_whole = true;  // not before all sets are joined
    for (const ValueId output : graph_.outputs) {
      if (is_blocked(output))
        return refused(graph_.value(output).producer, "makes a graph output in blocks of channels");
    }
    for (const NodeId id : found) KITE_TRY(count_totals(id));
    KITE_TRY(choose_block(found, warnings));
    for (const NodeId id : found) KITE_TRY(count_used(id));
    for (const NodeId id : found) KITE_TRY(rewrite(id));
    return {};
  }

 private:
  [[nodiscard]] bool is_blocked(ValueId id) const {
    return id != kNoValue && static_cast<std::size_t>(id) < is_blocked_.size() &&
           is_blocked_[static_cast<std::size_t>(id)];
  }
  [[nodiscard]] ValueId input(NodeId id, std::size_t i) const {
    const std::vector<ValueId>& inputs = graph_.node(id).inputs;
    return i < inputs.size() ? inputs[i] : kNoValue;
  }
  [[nodiscard]] ValueId output(NodeId id) const {
    return graph_.node(id).outputs.empty() ? kNoValue : graph_.node(id).outputs[0];
  }
  [[nodiscard]] Error refused(NodeId id, std::string what) const {
    return {ErrorCode::kUnsupportedModel, std::move(what), graph_.describe(id),
            "save the model with ORT_ENABLE_EXTENDED, or use it from before that optimisation"};
  }
  [[nodiscard]] Error invalid(NodeId id, std::string what) const {
    return {ErrorCode::kInvalidModel, std::move(what), graph_.describe(id), {}};
  }

  // Tensors with equally many channels are one set.
  std::size_t find(ValueId id) {
    auto at = static_cast<std::size_t>(id);
    while (parents_[at] != at) at = parents_[at] = parents_[parents_[at]];
    return at;
  }
  void join(ValueId a, ValueId b) { parents_[find(a)] = find(b); }
  Channels& channels(ValueId id) { return channels_[find(id)]; }

  Status mark(NodeId id);
  Status mark_blocked_operator(NodeId id);
  [[nodiscard]] std::int64_t group(NodeId conv) const { return graph_.node(conv).attributes.get_int("group", 1); }
  // Each filter reads the channel of its own number.
  [[nodiscard]] bool is_depthwise(NodeId conv) const {
    const Shape& shape = graph_.value(input(conv, kWeights)).constant->type.shape;
    return group(conv) > 1 && shape[1] == 1 && shape[0] == group(conv);
  }
  [[nodiscard]] BlockedFilters filters(NodeId conv) const {
    return {*graph_.value(input(conv, kWeights)).constant, is_blocked(input(conv, 0)) && !is_depthwise(conv)};
  }
  Status set_total(NodeId id, ValueId value, std::int64_t total);
  Status count_totals(NodeId id);
  Status count_used(NodeId id);
  Status choose_block(const std::vector<NodeId>& found, std::vector<std::string>& warnings);
  [[nodiscard]] bool is_possible(NodeId id, std::int64_t block);

  ValueId insert(NodeId anchor, std::string_view op_type, int opset, std::vector<ValueId> inputs,
                 std::vector<Attribute> attributes = {});
  ValueId integers(std::string_view name, const std::vector<std::int64_t>& values);
  void become(NodeId id, std::string_view op_type, int opset, std::string_view domain = {});
  Status rewrite(NodeId id);
  Status rewrite_conv(NodeId id);
  void rewrite_input(NodeId id);
  void rewrite_output(NodeId id);
  void rewrite_upsample(NodeId id);

  Graph& graph_;
  int opset_;
  std::int64_t block_ = 0;
  std::vector<std::size_t> parents_;
  std::vector<char> is_blocked_;
  std::vector<ValueId> whole_;  // by Concat, which only takes whole blocks
  std::map<std::size_t, Channels> channels_;
  std::map<std::tuple<ValueId, bool, std::int64_t, std::int64_t>, ValueId> plain_;
};

// Which values lie in blocks. Every node that reads one either belongs to the domain or works element by element.
Status Undoing::mark(NodeId id) {
  const Node& node = graph_.node(id);
  if (node.domain == kDomain) return mark_blocked_operator(id);
  const auto reads = [&](ValueId value) { return is_blocked(value); };
  if (std::ranges::none_of(node.inputs, reads)) return {};
  const bool is_of_one = std::ranges::find(kOfOne, node.op_type) != kOfOne.end() && is_blocked(node.inputs[0]) &&
                         std::ranges::all_of(node.inputs.begin() + 1, node.inputs.end(), [&](ValueId other) {
                           return other == kNoValue || graph_.is_constant(other);
                         });
  const bool joins = node.op_type == "Concat" && node.attributes.get_int("axis", 0) == 1;
  const bool is_of_several = (joins || std::ranges::find(kOfSeveral, node.op_type) != kOfSeveral.end()) &&
                             std::ranges::all_of(node.inputs, reads);
  if ((!is_of_one && !is_of_several) || node.outputs.size() != 1 || node.outputs[0] == kNoValue) {
    return refused(id, "reads a tensor whose channels lie in blocks of ONNX Runtime");
  }
  is_blocked_[static_cast<std::size_t>(node.outputs[0])] = 1;
  for (const ValueId value : node.inputs) {
    if (!is_blocked(value)) continue;
    if (joins) {
      whole_.push_back(value);
    } else {
      join(value, node.outputs[0]);
    }
  }
  if (joins) whole_.push_back(node.outputs[0]);
  return {};
}

Status Undoing::mark_blocked_operator(NodeId id) {
  const Node& node = graph_.node(id);
  constexpr std::array<std::string_view, 8> kKnown = {"AveragePool",   "Conv",    "GlobalAveragePool",
                                                      "GlobalMaxPool", "MaxPool", "ReorderInput",
                                                      "ReorderOutput", "Upsample"};
  if (std::ranges::find(kKnown, node.op_type) == kKnown.end()) return refused(id, "this operator is not supported");
  if (input(id, 0) == kNoValue || output(id) == kNoValue || node.outputs.size() != 1) {
    return invalid(id, "input 0 or the output is missing");
  }
  const bool is_conv = node.op_type == "Conv";
  if (is_blocked(input(id, 0)) == (node.op_type == "ReorderInput") && !is_conv) {
    return invalid(id, "the channels of the input lie in blocks, or should do so");
  }
  if (node.op_type == "ReorderOutput") return {};
  is_blocked_[static_cast<std::size_t>(output(id))] = 1;
  if (!is_conv) {
    if (node.op_type != "ReorderInput") join(input(id, 0), output(id));
    return {};
  }
  const ValueId weights = input(id, kWeights);
  const ValueId bias = input(id, kBias);
  if (!graph_.is_constant(weights) || (bias != kNoValue && !graph_.is_constant(bias))) {
    return refused(id, "the weights are only known at run time");
  }
  const TensorType& type = graph_.value(weights).constant->type;
  if (type.dtype != DType::kFloat32 || type.shape.rank() != 4 || type.shape.elements() == 0 || group(id) < 1 ||
      group(id) > type.shape[0]) {
    return invalid(id, "the weights are " + std::string(dtype_name(type.dtype)) + type.shape.to_string());
  }
  if (bias != kNoValue && graph_.value(bias).constant->type != TensorType{DType::kFloat32, Shape{type.shape[0]}}) {
    return invalid(id, "the bias has shape " + graph_.value(bias).constant->type.shape.to_string());
  }
  if (group(id) > 1 && !is_blocked(input(id, 0))) return invalid(id, "the input's channels should lie in blocks");
  if (is_depthwise(id)) join(input(id, 0), output(id));
  if (const ValueId sum = input(id, kSum); sum != kNoValue) {
    if (!is_blocked(sum)) return invalid(id, "the channels of the sum should lie in blocks");
    join(sum, output(id));
  }
  return {};
}

Status Undoing::set_total(NodeId id, ValueId value, std::int64_t total) {
  Channels& known = channels(value);
  if (known.total != 0 && known.total != total) {
    return invalid(id, std::to_string(total) + " channels meet " + std::to_string(known.total));
  }
  known.total = total;
  return {};
}

Status Undoing::count_totals(NodeId id) {
  if (graph_.node(id).op_type != "Conv") return {};
  const Shape& shape = graph_.value(input(id, kWeights)).constant->type.shape;
  KITE_TRY(set_total(id, output(id), shape[0]));
  if (!is_blocked(input(id, 0)) || is_depthwise(id)) return {};
  if (group(id) > 1) channels(input(id, 0)).is_whole = channels(output(id)).is_whole = true;
  return set_total(id, input(id, 0), shape[1] * group(id));
}

bool Undoing::is_possible(NodeId id, std::int64_t block) {
  if (graph_.node(id).op_type == "ReorderOutput") {
    const std::int64_t total = channels(input(id, 0)).total;
    return total == 0 || total - graph_.node(id).attributes.get_int("channels", 0) < block;
  }
  if (graph_.node(id).op_type != "Conv") return true;
  const BlockedFilters weights = filters(id);
  return weights.fits(block) && (is_blocked(input(id, 0)) || weights.in() < block);
}

Status Undoing::choose_block(const std::vector<NodeId>& found, std::vector<std::string>& warnings) {
  const auto fits = [&](std::int64_t block) {
    return std::ranges::all_of(found, [&](NodeId id) { return is_possible(id, block); });
  };
  const bool fits_8 = fits(8);
  const bool fits_16 = fits(16);
  if (!fits_8 && !fits_16) return refused(found.front(), "the channels of the model lie in blocks of neither 8 nor 16");
  if (fits_8 != fits_16) return block_ = fits_16 ? 16 : 8, Status{};
  std::vector<BlockedFilters> all;
  for (const NodeId id : found) {
    if (graph_.node(id).op_type == "Conv") all.push_back(filters(id));
  }
  block_ = likely_block(all);
  if (block_ != 0) return {};
  const Features mine = processor_features();
  block_ = mine.contain(kAvx512F) || mine.contain(kAdvancedSimd) ? 16 : 8;
  if (!all.empty()) {
    warnings.push_back(
        "ONNX Runtime saved the model for one kind of processor, and its weights do not show which; it is "
        "read as saved on one like this, with blocks of " +
        std::to_string(block_) + " channels");
  }
  return {};
}

// A channel is used where a filter or bias makes it, where a weight reads it, or where a ReorderOutput says so.
Status Undoing::count_used(NodeId id) {
  const Node& node = graph_.node(id);
  const auto use = [&](ValueId value, std::int64_t count) {
    channels(value).used = std::max(channels(value).used, count);
  };
  if (node.op_type == "ReorderOutput") {
    const std::int64_t stated = node.attributes.get_int("channels", 0);
    const std::int64_t total = channels(input(id, 0)).total;
    if (stated < 1 || (total != 0 && stated > total)) {
      return invalid(id,
                     "attribute 'channels' is " + std::to_string(stated) + ", the input has " + std::to_string(total));
    }
    use(input(id, 0), stated);
  }
  if (node.op_type != "Conv") return {};
  const BlockedFilters weights = filters(id);
  std::int64_t made = 0;
  std::int64_t read = 0;
  weights.for_each(block_, [&](std::int64_t o, std::int64_t i, std::int64_t, float weight) {
    if (weight == 0) return;
    made = std::max(made, o + 1);
    read = std::max(read, i + 1);
  });
  if (const ValueId bias = input(id, kBias); bias != kNoValue) {
    const TensorView& numbers = *graph_.value(bias).constant;
    for (std::int64_t k = made; k < weights.out(); ++k) {
      float number = 0;
      std::memcpy(&number, numbers.data + k * static_cast<std::int64_t>(sizeof number), sizeof number);
      if (number != 0) made = k + 1;
    }
  }
  use(output(id), std::max<std::int64_t>(made, 1));
  if (weights.in_blocks() && group(id) == 1) use(input(id, 0), std::max<std::int64_t>(read, 1));
  return {};
}

ValueId Undoing::insert(NodeId anchor, std::string_view op_type, int opset, std::vector<ValueId> inputs,
                        std::vector<Attribute> attributes) {
  Node node;
  node.name = graph_.node(anchor).name;
  node.op_type = op_type;
  node.opset = opset;
  node.inputs = std::move(inputs);
  for (Attribute& attribute : attributes) node.attributes.set(std::move(attribute.name), std::move(attribute.value));
  const ValueId made = graph_.add_value(graph_.value(output(anchor)).name + "_" + std::string(op_type));
  node.outputs = {made};
  graph_.insert_before(anchor, std::move(node));
  return made;
}

ValueId Undoing::integers(std::string_view name, const std::vector<std::int64_t>& values) {
  Tensor tensor(DType::kInt64, Shape{static_cast<std::int64_t>(values.size())});
  std::ranges::copy(values, tensor.as<std::int64_t>());
  return graph_.add_constant(std::string(name), std::move(tensor));
}

void Undoing::become(NodeId id, std::string_view op_type, int opset, std::string_view domain) {
  Node& node = graph_.node(id);
  node.op_type = op_type;
  node.opset = opset;
  node.domain = domain;
}

Status Undoing::rewrite(NodeId id) {
  const Node& node = graph_.node(id);
  if (node.op_type == "Conv") return rewrite_conv(id);
  if (node.op_type == "ReorderInput") {
    rewrite_input(id);
  } else if (node.op_type == "ReorderOutput") {
    rewrite_output(id);
  } else if (node.op_type == "Upsample") {
    rewrite_upsample(id);
  } else {
    become(id, std::string(node.op_type), opset_);
  }
  return {};
}

Status Undoing::rewrite_conv(NodeId id) {
  const BlockedFilters weights = filters(id);
  const auto count = [&](ValueId value) {
    return channels(value).is_whole ? channels(value).total : channels(value).used;
  };
  const std::int64_t out = count(output(id));
  const std::int64_t in = weights.in_blocks() && group(id) == 1 ? count(input(id, 0)) : weights.in();
  const bool depthwise = is_depthwise(id);
  const ValueId blocked = input(id, kWeights);
  ValueId& plain = plain_.try_emplace({blocked, weights.in_blocks(), out, in}, kNoValue).first->second;
  if (plain == kNoValue) {
    const Shape& shape = graph_.value(blocked).constant->type.shape;
    const Shape wanted{out, in, shape[2], shape[3]};
    if (wanted.elements() * static_cast<std::int64_t>(sizeof(float)) > graph_.budget().left(Limit::kConstantBytes)) {
      return graph_.budget().limits().over(Limit::kConstantBytes, "with the weights in blocks of channels, the model",
                                           graph_.describe(id));
    }
    plain = graph_.add_constant(graph_.value(blocked).name, weights.plain(block_, wanted));
  }
  graph_.set_input(id, kWeights, plain);
  if (const ValueId bias = input(id, kBias); bias != kNoValue) {
    TensorView first = *graph_.value(bias).constant;
    first.type.shape = Shape{out};
    graph_.set_input(id, kBias, graph_.add_constant_view(graph_.value(bias).name, first));
  }
  if (depthwise) graph_.node(id).attributes.set("group", out);
  become(id, "FusedConv", 1, "com.microsoft");
  return {};
}

// Zeros for the channels that later weights read beyond the tensor's own: how many follows from its shape.
void Undoing::rewrite_input(NodeId id) {
  const Channels& known = channels(output(id));
  const std::int64_t wanted = known.is_whole ? known.total : known.used;
  ValueId x = input(id, 0);
  if (graph_.node(id).attributes.get_int("channels_last", 0) != 0) {
    x = insert(id, "Transpose", 13, {x}, {{"perm", std::vector<std::int64_t>{0, 3, 1, 2}}});
  }
  graph_.node(id).attributes = {};
  if (wanted == 0) {
    graph_.set_inputs(id, {x});
    return become(id, "Identity", 13);
  }
  const ValueId own = insert(id, "Shape", 15, {x}, {{"start", std::int64_t{1}}, {"end", std::int64_t{2}}});
  const ValueId missing = insert(id, "Sub", 13, {integers("channels", {wanted}), own});
  const ValueId pads =
      insert(id, "Concat", 13, {integers("before", {0, 0, 0, 0, 0}), missing, integers("after", {0, 0})},
             {{"axis", std::int64_t{0}}});
  graph_.set_inputs(id, {x, pads});
  become(id, "Pad", 13);
}

void Undoing::rewrite_output(NodeId id) {
  const std::int64_t wanted = graph_.node(id).attributes.get_int("channels", 0);
  const bool channels_last = graph_.node(id).attributes.get_int("channels_last", 0) != 0;
  std::vector<ValueId> sliced = {input(id, 0), integers("first", {0}), integers("last", {wanted}),
                                 integers("axis", {1})};
  graph_.node(id).attributes = {};
  if (!channels_last) {
    graph_.set_inputs(id, std::move(sliced));
    return become(id, "Slice", 13);
  }
  const ValueId plain = insert(id, "Slice", 13, std::move(sliced));
  graph_.set_inputs(id, {plain});
  graph_.node(id).attributes.set("perm", std::vector<std::int64_t>{0, 2, 3, 1});
  become(id, "Transpose", 13);
}

void Undoing::rewrite_upsample(NodeId id) {
  const auto stated = graph_.node(id).attributes.get_ints("scales");
  Tensor scales(DType::kFloat32, Shape{static_cast<std::int64_t>(stated.size())});
  std::ranges::transform(stated, scales.as<float>(), [](std::int64_t scale) { return static_cast<float>(scale); });
  const ValueId factors = graph_.add_constant("scales", std::move(scales));
  graph_.set_inputs(id, {input(id, 0), kNoValue, factors});
  Attributes& attributes = graph_.node(id).attributes;
  attributes.erase("scales");
  if (!attributes.has("mode")) attributes.set("mode", std::string("nearest"));
  if (!attributes.has("coordinate_transformation_mode")) {
    attributes.set("coordinate_transformation_mode", std::string("asymmetric"));
  }
  attributes.set("nearest_mode", std::string("floor"));
  become(id, "Resize", 13);
}

}  // namespace

Status undo_blocked_layout(Graph& graph, int opset, std::vector<std::string>& warnings) {
  return Undoing(graph, opset).run(warnings);
}

}  // namespace kite
