// SPDX-License-Identifier: Apache-2.0
// Plain weights are put into blocks here by the definition, and have to come back.
#include "graph/blocked_layout.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "graph/blocked_filters.h"
#include "graph/dump.h"
#include "graph/verify.h"

namespace kite {
namespace {

// How much the filters of one convolution differ in size.
enum class Sizes : std::uint8_t { kDiffer, kAlike };

Tensor random_weights(const Shape& shape, Sizes sizes, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal(0, 1);
  Tensor tensor(DType::kFloat32, shape);
  const std::int64_t filter = shape.elements(1, shape.rank());
  for (std::int64_t o = 0; o < shape[0]; ++o) {
    const float size = sizes == Sizes::kDiffer ? std::exp(normal(generator) / 2) : 1.0F;
    for (std::int64_t k = 0; k < filter; ++k) tensor.as<float>()[o * filter + k] = size * normal(generator);
  }
  return tensor;
}

std::int64_t rounded_up(std::int64_t n, std::int64_t block) { return (n + block - 1) / block * block; }

// [out,in,r,s] in blocks of outputs and, with `in_blocks`, of inputs, filled up with zeros.
Tensor blocked(const Tensor& plain, std::int64_t block, bool in_blocks) {
  const Shape& shape = plain.shape();
  const std::int64_t out = rounded_up(shape[0], block);
  const std::int64_t in = in_blocks ? rounded_up(shape[1], block) : shape[1];
  const std::int64_t taps = shape[2] * shape[3];
  const std::int64_t inner = in_blocks ? block : 1;
  Tensor tensor(DType::kFloat32, Shape{out, in, shape[2], shape[3]});
  std::fill_n(tensor.as<float>(), tensor.shape().elements(), 0.0F);
  for (std::int64_t o = 0; o < shape[0]; ++o) {
    for (std::int64_t i = 0; i < shape[1]; ++i) {
      for (std::int64_t t = 0; t < taps; ++t) {
        const std::int64_t at =
            ((((o / block) * (in / inner) + i / inner) * taps + t) * inner + i % inner) * block + o % block;
        tensor.as<float>()[at] = plain.as<float>()[(o * shape[1] + i) * taps + t];
      }
    }
  }
  return tensor;
}

struct Net {
  Graph graph;
  ValueId x = kNoValue;

  Net() {
    x = graph.add_value("x");
    graph.inputs.push_back({x, DType::kFloat32, {{1, ""}, {3, ""}, {8, ""}, {8, ""}}});
  }
  ValueId node(const std::string& op, std::vector<ValueId> inputs, std::vector<Attribute> attributes = {},
               std::string domain = "com.microsoft.nchwc") {
    Node made;
    made.name = op;
    made.op_type = op;
    made.domain = std::move(domain);
    made.opset = 1;
    made.inputs = std::move(inputs);
    for (Attribute& attribute : attributes) made.attributes.set(attribute.name, std::move(attribute.value));
    const ValueId id = graph.add_value(op + "_y");
    made.outputs = {id};
    graph.add_node(std::move(made));
    return id;
  }
  ValueId returned(ValueId y, std::int64_t channels) {
    const ValueId plain = node("ReorderOutput", {y}, {{"channels", channels}});
    graph.outputs.push_back(plain);
    return plain;
  }
  Status undone() { return undo_blocked_layout(graph, 17, warnings); }
  std::vector<std::string> warnings;
};

// The weights of the k-th FusedConv.
Tensor weights_of(const Graph& graph, int k) {
  for (const NodeId id : graph.order()) {
    if (graph.node(id).op_type == "FusedConv" && k-- == 0) {
      return Tensor::copy_of(*graph.value(graph.node(id).inputs[1]).constant);
    }
  }
  return {};
}

void expect_equal(const Tensor& found, const Tensor& expected) {
  ASSERT_EQ(found.shape().to_string(), expected.shape().to_string());
  for (std::int64_t i = 0; i < expected.shape().elements(); ++i) {
    ASSERT_EQ(found.as<float>()[i], expected.as<float>()[i]) << i;
  }
}

TEST(BlockedLayout, gives_back_plain_weights_of_either_block_size_without_what_fills_up) {
  for (const std::int64_t block : {8, 16}) {
    const Tensor stem = random_weights({20, 3, 3, 3}, Sizes::kAlike, 1);
    const Tensor depth = random_weights({20, 1, 3, 3}, Sizes::kAlike, 2);
    const Tensor head = random_weights({36, 20, 1, 1}, Sizes::kAlike, 3);
    Net net;
    auto add = [&](Tensor tensor) { return net.graph.add_constant("w", std::move(tensor)); };
    const std::int64_t wide = rounded_up(20, block);
    ValueId y = net.node("Conv", {net.x, add(blocked(stem, block, false))}, {{"activation", std::string("Relu")}});
    y = net.node("Conv", {y, add(blocked(depth, block, false))}, {{"group", wide}});
    y = net.node("Relu", {y}, {}, "");
    y = net.node("Conv", {y, add(blocked(head, block, true))});
    (void)net.returned(y, 36);
    const Status status = net.undone();
    ASSERT_TRUE(status.ok()) << status.error().message();
    EXPECT_TRUE(verify(net.graph).ok());
    EXPECT_TRUE(net.warnings.empty());
    expect_equal(weights_of(net.graph, 0), stem);
    expect_equal(weights_of(net.graph, 1), depth);
    expect_equal(weights_of(net.graph, 2), head);
    for (const NodeId id : net.graph.order()) {
      const Node& node = net.graph.node(id);
      EXPECT_NE(node.domain, "com.microsoft.nchwc");
      EXPECT_EQ(node.attributes.get_int("group", 20), 20);
    }
  }
}

TEST(BlockedLayout, finds_the_block_size_in_weights_where_the_channels_do_not_tell) {
  for (const std::int64_t block : {8, 16}) {
    const Tensor stem = random_weights({32, 3, 3, 3}, Sizes::kDiffer, 1);
    const Tensor head = random_weights({32, 32, 3, 3}, Sizes::kDiffer, 2);
    Net net;
    const ValueId first = net.graph.add_constant("w", blocked(stem, block, false));
    const ValueId second = net.graph.add_constant("w", blocked(head, block, true));
    (void)net.returned(net.node("Conv", {net.node("Conv", {net.x, first}), second}), 32);
    ASSERT_TRUE(net.undone().ok());
    EXPECT_TRUE(net.warnings.empty());
    expect_equal(weights_of(net.graph, 0), stem);
    expect_equal(weights_of(net.graph, 1), head);
  }
}

TEST(BlockedLayout, says_so_where_it_takes_the_block_size_of_this_processor) {
  Net net;
  const Tensor stem = random_weights({32, 3, 3, 3}, Sizes::kAlike, 1);
  (void)net.returned(net.node("Conv", {net.x, net.graph.add_constant("w", blocked(stem, 16, false))}), 32);
  ASSERT_TRUE(net.undone().ok());
  ASSERT_EQ(net.warnings.size(), 1U);
  EXPECT_NE(net.warnings[0].find("channels"), std::string::npos);
}

// Random weights of one size differ from each other by chance, and more where large ones are frequent.
TEST(BlockedLayout, is_not_sure_of_weights_that_show_nothing) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    Tensor plain = random_weights({32, 32, 3, 3}, Sizes::kAlike, seed);
    EXPECT_EQ(likely_block({BlockedFilters(plain.view(), true)}), 0) << "seed " << seed;
    for (std::int64_t i = 0; i < plain.shape().elements(); ++i) plain.as<float>()[i] *= std::fabs(plain.as<float>()[i]);
    EXPECT_EQ(likely_block({BlockedFilters(plain.view(), true)}), 0) << "seed " << seed;
  }
}

TEST(BlockedLayout, lets_elementwise_operators_and_concat_be_and_refuses_others) {
  const auto net_with = [](const std::string& op, std::vector<Attribute> attributes) {
    Net net;
    const Tensor stem = random_weights({24, 3, 3, 3}, Sizes::kAlike, 1);
    const ValueId w = net.graph.add_constant("w", blocked(stem, 8, false));
    const ValueId y = net.node("Conv", {net.x, w});
    const ValueId z = op == "Softmax" ? net.node(op, {y}, std::move(attributes), "")
                                      : net.node(op, {y, y}, std::move(attributes), "");
    (void)net.returned(z, op == "Concat" ? 48 : 24);
    return net;
  };
  Net sum = net_with("Add", {});
  EXPECT_TRUE(sum.undone().ok());
  Net joined = net_with("Concat", {{"axis", std::int64_t{1}}});
  EXPECT_TRUE(joined.undone().ok());
  EXPECT_EQ(weights_of(joined.graph, 0).shape()[0], 24);
  for (const std::string& op : {std::string("Softmax"), std::string("Concat")}) {
    Net net = net_with(op, {{"axis", std::int64_t{2}}});
    const Status status = net.undone();
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::kUnsupportedModel);
    EXPECT_NE(status.error().message().find("lie in blocks"), std::string::npos) << status.error().message();
  }
}

// Its operand is later found to have the channels of other tensors, none of which needs the last ones.
TEST(BlockedLayout, keeps_all_channels_of_what_a_concat_joins) {
  Tensor stem = random_weights({16, 3, 3, 3}, Sizes::kAlike, 1);
  std::fill_n(stem.as<float>() + 10 * 27, 6 * 27, 0.0F);  // six filters that really are zero
  const Tensor head = random_weights({16, 10, 1, 1}, Sizes::kAlike, 2);
  Net net;
  const ValueId y = net.node("Conv", {net.x, net.graph.add_constant("w", blocked(stem, 16, false))});
  (void)net.returned(net.node("Concat", {y, y}, {{"axis", std::int64_t{1}}}, ""), 32);
  const ValueId z = net.node("Relu", {y}, {}, "");
  (void)net.returned(net.node("Conv", {z, net.graph.add_constant("w", blocked(head, 16, true))}), 16);
  ASSERT_TRUE(net.undone().ok());
  expect_equal(weights_of(net.graph, 0), stem);
}

TEST(BlockedLayout, refuses_broken_files) {
  const auto broken = [](auto&& build) {
    Net net;
    build(net);
    const Status status = net.undone();
    return status.ok() ? std::string("accepted") : status.error().message();
  };
  const auto weights = [](Net& net, const Shape& shape) {
    return net.graph.add_constant("w", random_weights(shape, Sizes::kAlike, 1));
  };
  EXPECT_NE(broken([&](Net& net) {
              (void)net.returned(net.node("Conv", {net.x, weights(net, {12, 3, 3, 3})}), 12);
            }).find("neither 8 nor 16"),
            std::string::npos);
  EXPECT_NE(broken([&](Net& net) {
              const ValueId y = net.node("Conv", {net.x, weights(net, {16, 3, 3, 3})});
              (void)net.returned(net.node("Conv", {y, weights(net, {16, 32, 3, 3})}), 16);
            }).find("channels meet"),
            std::string::npos);
  EXPECT_NE(broken([&](Net& net) {
              net.graph.outputs = {net.node("Conv", {net.x, weights(net, {16, 3, 3, 3})})};
            }).find("makes a graph output"),
            std::string::npos);
  EXPECT_NE(broken([&](Net& net) { net.graph.outputs = {net.node("ReorderOutput", {net.x})}; }).find("should do so"),
            std::string::npos);
  EXPECT_NE(broken([&](Net& net) { (void)net.returned(net.node("Conv", {net.x, net.x}), 3); }).find("run time"),
            std::string::npos);
  EXPECT_NE(broken([&](Net& net) {
              (void)net.returned(net.node("Conv", {net.x, weights(net, {16, 3, 3, 3})}), std::int64_t{1} << 60);
            }).find("'channels'"),
            std::string::npos);
  EXPECT_NE(broken([&](Net& net) {
              const ValueId y = net.node("Conv", {net.x, weights(net, {16, 3, 3, 3})});
              (void)net.returned(net.node("Conv", {y, weights(net, {16, 8, 3, 3})}, {{"group", std::int64_t{1} << 62}}),
                                 16);
            }).find("the weights are"),
            std::string::npos);
  EXPECT_NE(broken([&](Net& net) { (void)net.returned(net.node("Winograd", {net.x}), 3); }).find("not supported"),
            std::string::npos);
}

}  // namespace
}  // namespace kite
