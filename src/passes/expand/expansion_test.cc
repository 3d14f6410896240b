// SPDX-License-Identifier: Apache-2.0
// Which standard operators stand in the place of an expanded one, and what is refused. That the values are right is
// tested against ONNX Runtime (tests/cli/test_fused_operators.py).
#include "passes/expand/expansion.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "passes/graph_case.h"
#include "passes/match.h"

namespace kite::expansion_cases {

struct Input {
  Shape shape;
  DType dtype = DType::kFloat32;
  Ints values = {};          // int64, a constant where there are any
  bool is_constant = false;  // of ones
};

// One node between graph inputs and outputs, inferred.
struct Expanded {
  Graph graph;
  Status status;
};

constexpr int kLeftOut = -1;

Expanded expanded(const std::string& name, const std::vector<Input>& inputs, std::vector<Attribute> attributes,
                  const std::vector<int>& outputs, std::string domain) {
  Graph graph;
  Node node;
  node.name = "n";
  node.op_type = name;
  node.domain = std::move(domain);
  node.opset = node.domain.empty() ? 17 : 1;
  for (const Attribute& attribute : attributes) node.attributes.set(attribute.name, attribute.value);
  for (const Input& input : inputs) {
    const std::string label = "x" + std::to_string(node.inputs.size());
    if (input.shape.rank() == 0 && input.values.empty()) {
      node.inputs.push_back(kNoValue);
    } else if (input.is_constant) {
      Tensor tensor(input.dtype, input.shape);
      for (std::int64_t i = 0; i < input.shape.elements(); ++i) {
        if (input.dtype == DType::kUInt8) tensor.as<std::uint8_t>()[i] = 1;
        if (input.dtype == DType::kFloat32) tensor.as<float>()[i] = 1;
      }
      node.inputs.push_back(graph.add_constant(label, std::move(tensor)));
    } else if (!input.values.empty()) {
      Tensor tensor(DType::kInt64, input.shape);
      std::ranges::copy(input.values, tensor.as<std::int64_t>());
      node.inputs.push_back(graph.add_constant(label, std::move(tensor)));
    } else {
      const ValueId id = graph.add_value(label);
      GraphInput declared{id, input.dtype, {}};
      for (const std::int64_t dim : input.shape.dims()) declared.dims.push_back({dim, ""});
      graph.inputs.push_back(std::move(declared));
      node.inputs.push_back(id);
    }
  }
  for (const int output : outputs) {
    node.outputs.push_back(output == kLeftOut ? kNoValue : graph.add_value("y" + std::to_string(output)));
    if (output != kLeftOut) graph.outputs.push_back(node.outputs.back());
  }
  graph.add_node(std::move(node));
  EXPECT_TRUE(bind_inputs(graph, {}).ok());
  Status status = infer_types(graph);
  return {std::move(graph), std::move(status)};
}

const Input kNone{};
const Input kByte{Shape{1}, DType::kUInt8};
const Input kScale{Shape{1}};
const Input kPicture{Shape{2, 8, 6, 5}};
const Input kLastPicture{Shape{2, 6, 5, 8}};
const Input kWords{Shape{2, 7, 16}};
const Input kChannels{Shape{16}};

struct Row {
  std::string name;
  std::vector<Input> inputs;
  std::vector<Attribute> attributes;
  std::string operators;  // as histogram() lists them, without Identity
  std::vector<int> outputs = {0};
  std::string domain = "com.microsoft";
};

Input bytes(const Shape& shape) { return {shape, DType::kUInt8}; }
Input integers(const Shape& shape) { return {shape, DType::kInt32}; }
Input packed(const Shape& shape) { return {shape, DType::kUInt8, {}, true}; }
Input constant_floats(const Shape& shape) { return {shape, DType::kFloat32, {}, true}; }

std::vector<Row> rows() {
  const Input image_weights{Shape{4, 8, 3, 3}};
  const Input zero = kByte;
  return {
      {"Affine", {kPicture}, {attr("alpha", 2.0F), attr("beta", 1.0F)}, "1 Add, 1 Mul", {0}, ""},
      {"Crop", {kPicture}, {attr("border", Ints{1, 2, 1, 1})}, "1 Slice", {0}, ""},
      {"ImageScaler",
       {{Shape{1, 1, 2, 2}}},
       {attr("scale", 0.5F), {"bias", std::vector<float>{1}}},
       "1 Add, 1 Mul",
       {0},
       ""},
      {"ParametricSoftplus", {kPicture}, {attr("alpha", 2.0F), attr("beta", 3.0F)}, "2 Mul, 1 Softplus", {0}, ""},
      {"Scale", {kPicture}, {attr("scale", 2.0F)}, "1 Mul", {0}, ""},
      {"ScaledTanh", {kPicture}, {attr("alpha", 2.0F), attr("beta", 3.0F)}, "2 Mul, 1 Tanh", {0}, ""},
      {"Attention",
       {kWords, {Shape{16, 48}}, {Shape{48}}},
       {attr("num_heads", 4)},
       "1 Add, 3 MatMul, 1 Mul, 4 Reshape, 1 Softmax, 1 Split, 5 Transpose"},
      {"BiasAdd", {kWords, kChannels, kWords}, {}, "2 Add"},
      {"BiasDropout", {kWords, kChannels, kWords}, {}, "2 Add"},
      {"BiasGelu", {kWords, kChannels}, {}, "1 Add, 1 Gelu"},
      {"BiasSoftmax", {kWords, kWords}, {attr("axis", 2)}, "1 Add, 1 Softmax"},
      {"BiasSplitGelu", {kWords, kChannels}, {}, "1 Add, 1 Gelu, 1 Mul, 1 Split"},
      {"EmbedLayerNormalization",
       {integers({2, 7}), kNone, {Shape{9, 16}}, {Shape{9, 16}}, kNone, kChannels, kChannels},
       {},
       "1 Add, 2 Gather, 1 LayerNormalization"},
      {"ExpandDims", {kWords, {Shape{1}, DType::kInt64, {1}}}, {}, "1 Unsqueeze"},
      {"FastGelu", {kWords, kChannels}, {}, "2 Add, 4 Mul, 1 Sigmoid"},
      {"FusedConv",
       {kPicture, image_weights, {Shape{4}}, {Shape{2, 4, 4, 3}}},
       {attr("activation", "Tanh")},
       "1 Add, 1 Conv, 1 Tanh"},
      {"FusedGemm",
       {{Shape{3, 4}}, {Shape{4, 5}}},
       {attr("activation", "LeakyRelu"), attr("activation_alpha", 0.1F)},
       "1 Gemm, 1 LeakyRelu"},
      {"FusedMatMul", {kWords, kWords}, {attr("transB", 1), attr("alpha", 0.5F)}, "1 MatMul, 1 Mul, 1 Transpose"},
      {"GatherND", {kWords, {Shape{1, 1}, DType::kInt64, {1}}}, {}, "1 GatherND"},
      {"Gelu", {kWords}, {}, "1 Gelu"},
      {"GemmFastGelu", {kWords, {Shape{16, 4}}, {Shape{4}}}, {}, "2 Add, 1 MatMul, 4 Mul, 1 Sigmoid"},
      {"GroupNorm",
       {kLastPicture, {Shape{8}}, {Shape{8}}},
       {attr("groups", 4), attr("activation", 1)},
       "1 GroupNormalization, 1 Mul, 1 Sigmoid, 2 Transpose"},
      {"MatMulNBits",
       {{Shape{7, 32}}, packed({4, 2, 8}), constant_floats({4, 2})},
       {attr("N", 4), attr("K", 32), attr("bits", 4), attr("block_size", 16)},
       "1 DequantizeLinear, 1 MatMul, 1 Transpose"},
      {"MultiHeadAttention",
       {kWords, kWords, kWords},
       {attr("num_heads", 4)},
       "2 MatMul, 1 Mul, 4 Reshape, 1 Softmax, 5 Transpose"},
      {"NhwcConv", {kLastPicture, {Shape{4, 3, 3, 8}}}, {}, "1 Conv, 3 Transpose"},
      {"NhwcFusedConv", {kLastPicture, image_weights}, {attr("activation", "Relu")}, "1 Conv, 1 Relu, 2 Transpose"},
      {"NhwcMaxPool", {bytes({1, 6, 5, 8})}, {attr("kernel_shape", Ints{2, 2})}, "1 MaxPool, 2 Transpose"},
      {"Pad", {kWords, {Shape{6}, DType::kInt64, {0, 1, 0, 0, 0, 2}}}, {}, "1 Pad"},
      {"QAttention",
       {bytes({2, 7, 16}), bytes({16, 48}), {Shape{48}}, kScale, kScale, kNone, zero, zero},
       {attr("num_heads", 4)},
       "2 MatMul, 1 Mul, 4 Reshape, 1 Softmax, 1 Split, 5 Transpose, 1 com.microsoft.MatMulIntegerToFloat"},
      {"QLinearConv",
       {bytes({2, 6, 5, 8}), kScale, zero, bytes({4, 8, 3, 3}), kScale, zero, kScale, zero},
       {attr("channels_last", 1)},
       "1 QLinearConv, 2 Transpose"},
      {"QLinearReduceMean",
       {bytes({2, 8, 5, 6}), kScale, zero, kScale, zero},
       {attr("axes", Ints{2, 3})},
       "1 DequantizeLinear, 1 QuantizeLinear, 1 ReduceMean"},
      {"QLinearWhere",
       {{Shape{7}, DType::kBool}, bytes({7}), kScale, zero, bytes({7}), kScale, zero, kScale, zero},
       {},
       "2 DequantizeLinear, 1 QuantizeLinear, 1 Where"},
      {"QuickGelu", {kWords}, {}, "2 Mul, 1 Sigmoid"},
      {"Range", {{Shape{}, DType::kInt64, {0}}, {Shape{}, DType::kInt64, {4}}}, {}, ""},
      {"SkipGroupNorm",
       {kLastPicture, {Shape{8}}, {Shape{8}}, {Shape{2, 8}}, {Shape{8}}},
       {attr("groups", 4), attr("activation", 0)},
       "2 Add, 1 GroupNormalization, 1 Reshape, 2 Transpose"},
      {"SkipLayerNormalization",
       {kWords, kWords, kChannels, kChannels, kChannels},
       {},
       "2 Add, 1 LayerNormalization",
       {0, kLeftOut, kLeftOut, 3}},
      {"TransposeMatMul", {kWords, kWords}, {attr("transA", 1)}, "1 MatMul, 1 Transpose"},
      {"Trilu", {kWords}, {}, "1 Trilu"},
  };
}

TEST(Expansion, puts_standard_operators_in_the_place_of_each) {
  for (const Row& row : rows()) {
    Expanded made = expanded(row.name, row.inputs, row.attributes, row.outputs, row.domain);
    ASSERT_TRUE(made.status.ok()) << row.name << ": " << made.status.error().message();
    EXPECT_TRUE(verify(made.graph).ok()) << row.name;
    std::string found = histogram(made.graph);
    if (const auto at = found.find(" Identity"); at != std::string::npos) {
      const auto begin = found.rfind(' ', at - 1) == std::string::npos ? 0 : found.rfind(' ', at - 1) + 1;
      found.erase(begin, at + 9 - begin + (found.substr(at + 9).starts_with(", ") ? 2 : 0));
      if (found.ends_with(", ")) found.resize(found.size() - 2);
    }
    EXPECT_EQ(found, row.operators) << row.name;
  }
}

// Those need operators of the standard that have tests of their own.
TEST(Expansion, has_a_row_for_each_operator) {
  std::set<std::string> tested = {"ConvTransposeWithDynamicPads", "GridSample", "SimplifiedLayerNormalization",
                                  "SkipSimplifiedLayerNormalization"};
  for (const Row& row : rows()) tested.insert(row.name);
  for (const ExpandedOperator& op : expanded_operators()) {
    EXPECT_TRUE(tested.contains(std::string(op.name))) << op.name;
    EXPECT_EQ(find_operator(op.domain, op.name), nullptr) << op.name << " is computed, and should not be expanded";
    EXPECT_EQ(find_expanded(op.domain, op.name), &op);
  }
}

// A file of a few bytes can ask for a mask of any size.
TEST(Expansion, takes_its_constants_from_the_budget) {
  const Input many{Shape{1, 100'000, 16}};
  const Expanded made = expanded("Attention", {many, {Shape{16, 48}}},
                                 {attr("num_heads", 4), attr("unidirectional", 1)}, {0}, "com.microsoft");
  ASSERT_FALSE(made.status.ok());
  EXPECT_EQ(made.status.error().code, ErrorCode::kLimit) << made.status.error().message();
  EXPECT_NE(made.status.error().message().find("node \"n\""), std::string::npos);
}

TEST(Expansion, refuses_what_it_does_not_know_and_names_the_node) {
  struct Refusal {
    std::string name;
    std::vector<Input> inputs;
    std::vector<Attribute> attributes;
    std::string clue;
    std::vector<int> outputs = {0};
  };
  const Refusal refusals[] = {
      {"FusedConv", {kPicture, {Shape{4, 8, 3, 3}}}, {attr("activation", "Softmax")}, "the activation \"Softmax\""},
      {"FusedConv", {kPicture, {Shape{4, 8, 3, 3}}}, {attr("activation", "LeakyRelu")}, "has no alpha"},
      {"FusedConv", {kPicture, {Shape{4, 7, 3, 3}}}, {}, "channels"},
      {"SkipLayerNormalization", {kWords, kWords, kChannels}, {}, "output 1 is not computed", {0, 1}},
      {"Attention", {kWords, {Shape{16, 48}}}, {attr("num_heads", 5)}, "5 heads"},
      {"Attention", {kWords, {Shape{16, 48}}}, {attr("num_heads", 4), attr("do_rotary", 1)}, "do_rotary"},
      {"Attention", {kWords, {Shape{16, 48}}, kNone, integers({8})}, {attr("num_heads", 4)}, "mask of shape [8]"},
      {"MultiHeadAttention", {kWords}, {attr("num_heads", 4)}, "key or value is missing"},
      {"Attention", {{Shape{16}}, {Shape{16}}}, {attr("num_heads", 4)}, "expected [batch,length,all heads]"},
      {"NhwcConv", {kLastPicture, {Shape{4}}}, {}, "the weights have shape [4]"},
      {"NhwcMaxPool", {{Shape{4}}}, {attr("kernel_shape", Ints{2, 2})}, "expected [N,...,C]"},
      {"MatMulNBits",
       {kWords, bytes({4, 1, 8}), {Shape{4, 1}}},
       {attr("N", 4), attr("K", 16), attr("block_size", 16)},
       "run time"},
      {"MatMulNBits",
       {kWords, packed({4, 1, 8}), {Shape{4, 1}}},
       {attr("N", 4), attr("K", 16), attr("block_size", 15)},
       "'block_size'"},
      {"MatMulNBits",
       {kWords, packed({4, 1, 6}), {Shape{4, 1}}},
       {attr("N", 4), attr("K", 16), attr("block_size", 16), attr("bits", 3)},
       "3 bits"},
      {"ExpandDims", {kWords, integers({1})}, {}, "only known at run time"},
      {"QLinearConv",
       {bytes({2, 8}), kScale, kByte, bytes({4, 8, 3, 3}), kScale, kByte, kScale, kByte},
       {attr("channels_last", 1)},
       "expected [N,...,C]"},
  };
  for (const Refusal& refusal : refusals) {
    const Expanded made = expanded(refusal.name, refusal.inputs, refusal.attributes, refusal.outputs, "com.microsoft");
    ASSERT_FALSE(made.status.ok()) << refusal.name << " is accepted";
    const std::string message = made.status.error().message();
    EXPECT_NE(message.find(refusal.clue), std::string::npos) << message;
    EXPECT_NE(message.find("node \"n\""), std::string::npos) << message;
  }
}

TEST(Expansion, is_a_known_operator_in_its_own_opset_only) {
  Node node;
  node.domain = "com.microsoft";
  node.op_type = "FusedConv";
  node.opset = 1;
  EXPECT_TRUE(is_known(node));
  node.opset = 0;  // the domain is not imported
  EXPECT_FALSE(is_known(node));
}

}  // namespace kite::expansion_cases
