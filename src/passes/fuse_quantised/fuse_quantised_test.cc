// SPDX-License-Identifier: Apache-2.0
// What becomes of quantised nodes in each form. Scales are powers of two, so that sums of real numbers are exact and
// both forms give the same integers also at ties.
#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "passes/graph_case.h"

namespace kite {
namespace {

// A graph of float32 numbers with 8-bit constants.
struct QuantisedCase : GraphCase {
  using GraphCase::GraphCase;

  ValueId scale(float value) { return constant("s", Tensor::of<float>(Shape{}, {value})); }
  ValueId u8(std::uint8_t value) { return constant("z", Tensor::of<std::uint8_t>(Shape{}, {value})); }
  ValueId s8(std::int8_t value) { return constant("z", Tensor::of<std::int8_t>(Shape{}, {value})); }
  ValueId weights(const Shape& shape) {
    Tensor tensor(DType::kInt8, shape);
    for (std::int64_t i = 0; i < shape.elements(); ++i)
      tensor.as<std::int8_t>()[i] = static_cast<std::int8_t>(random_() % 256);
    return constant("w", std::move(tensor));
  }
  ValueId whole(const Shape& shape) {
    Tensor tensor(DType::kInt32, shape);
    for (std::int64_t i = 0; i < shape.elements(); ++i)
      tensor.as<std::int32_t>()[i] = static_cast<std::int32_t>(random_() % 999);
    return constant("b", std::move(tensor));
  }
  // 2^-6, 2^-7, 2^-8 ...
  ValueId scales(std::int64_t channels) {
    Tensor tensor(DType::kFloat32, Shape{channels});
    for (std::int64_t k = 0; k < channels; ++k) tensor.as<float>()[k] = 1.0F / static_cast<float>(64 << (k % 3));
    return constant("s", std::move(tensor));
  }
  ValueId zeros(std::int64_t channels, DType dtype = DType::kInt8) {
    Tensor tensor(dtype, Shape{channels});
    std::memset(tensor.mutable_view().data, 0, static_cast<std::size_t>(tensor.view().type.size_bytes()));
    return constant("z", std::move(tensor));
  }
  ValueId quantised(ValueId x, float size = 0.25F, std::uint8_t zero = 120) {
    return n("q" + std::to_string(count_++), "QuantizeLinear", {x, scale(size), u8(zero)});
  }
  ValueId real(ValueId q, float size = 0.25F, std::uint8_t zero = 120) {
    return n("r" + std::to_string(count_++), "DequantizeLinear", {q, scale(size), u8(zero)});
  }
  // An input in 8 bits, as real numbers again.
  ValueId qdq_input(const std::string& name, const Shape& shape) {
    return real(quantised(input(name, shape, DType::kFloat32)));
  }
  ValueId real_weights(const Shape& shape, int axis = 0) {
    return n("w" + std::to_string(count_++), "DequantizeLinear",
             {weights(shape), scales(shape[axis]), zeros(shape[axis])}, {attr("axis", axis)});
  }

 private:
  std::mt19937 random_{7};
  int count_ = 0;
};

std::vector<std::byte> outputs_of(const Graph& graph) {
  std::mt19937 generator(1);
  std::vector<Tensor> inputs;
  std::vector<TensorView> views;
  for (const GraphInput& input : graph.inputs) {
    Tensor tensor(*graph.value(input.value).type);
    for (std::int64_t i = 0; i < tensor.shape().elements(); ++i) {
      tensor.as<float>()[i] = static_cast<float>(static_cast<std::int32_t>(generator())) * 0x1p-27F;
    }
    inputs.push_back(std::move(tensor));
  }
  for (const Tensor& tensor : inputs) views.push_back(tensor.view());
  const auto outputs = interpret(graph, views);
  EXPECT_TRUE(outputs.ok()) << outputs.error().message();
  std::vector<std::byte> bytes;
  if (!outputs.ok()) return bytes;
  for (const Tensor& tensor : *outputs) {
    const auto view = tensor.view().bytes();
    bytes.insert(bytes.end(), view.begin(), view.end());
  }
  return bytes;
}

// The operators after the pass and the moves of Transposes; the outputs must be the same, bit by bit.
std::string fused(const std::function<ValueId(QuantisedCase&)>& build) {
  const auto graph_of = [&] {
    QuantisedCase g;
    g.returns(build(g));
    return g.take();
  };
  const std::vector<std::byte> expected = outputs_of(graph_of());
  Graph graph = graph_of();
  for (const auto pass : {fold_constants, fuse_quantised, channels_last, move_transposes}) {
    const auto rewrites = pass(graph);
    EXPECT_TRUE(rewrites.ok()) << rewrites.error().message();
    expect_sound(graph);
  }
  EXPECT_EQ(expected, outputs_of(graph));
  return histogram(graph);
}

TEST(FuseQuantised, a_convolution_between_numbers_of_8_bits) {
  for (const bool limited : {false, true}) {
    const std::string operators = fused([&](QuantisedCase& g) {
      const ValueId bias = g.n("b", "DequantizeLinear",
                               {g.whole(Shape{6}),
                                g.constant("bs",
                                           [] {
                                             Tensor t(DType::kFloat32, Shape{6});
                                             for (std::int64_t k = 0; k < 6; ++k)
                                               t.as<float>()[k] = 0.25F / static_cast<float>(64 << (k % 3));
                                             return t;
                                           }()),
                                g.zeros(6, DType::kInt32)},
                               {attr("axis", 0)});
      ValueId y = g.n("c", "Conv", {g.qdq_input("x", Shape{1, 8, 9, 9}), g.real_weights(Shape{6, 8, 3, 3}), bias},
                      {attr("pads", Ints{1, 1, 1, 1})});
      if (limited) y = g.n("relu", "Relu", {y});
      return g.quantised(y, 2.0F, 10);
    });
    EXPECT_EQ(operators, "1 QuantizeLinear, 2 Transpose, 1 paperkite.QLinearConv") << limited;
  }
}

TEST(FuseQuantised, a_convolution_with_a_bias_of_real_numbers_and_one_whose_result_stays_real) {
  EXPECT_EQ(fused([](QuantisedCase& g) {
              const ValueId bias = g.constant("b", Tensor::of<float>(Shape{2}, {0.5F, -3.0F}));
              const ValueId y =
                  g.n("c", "Conv", {g.qdq_input("x", Shape{1, 3, 9, 9}), g.real_weights(Shape{2, 3, 3, 3}), bias});
              return g.n("s", "Sigmoid", {y});
            }),
            "1 QuantizeLinear, 1 Sigmoid, 1 Transpose, 1 paperkite.QLinearConv");
}

TEST(FuseQuantised, a_block_with_a_sum_and_pools_has_no_transposes_inside) {
  EXPECT_EQ(fused([](QuantisedCase& g) {
              const auto branch = [&, x = g.qdq_input("x", Shape{1, 8, 8, 8})](const char* name) {
                const ValueId y = g.n(name, "Conv", {x, g.real_weights(Shape{8, 8, 1, 1})});
                return g.real(g.quantised(y, 4.0F), 4.0F);
              };
              const ValueId sum = g.real(g.quantised(g.n("sum", "Add", {branch("a"), branch("b")}), 8.0F), 8.0F);
              const ValueId pooled = g.n("p", "MaxPool", {sum}, {attr("kernel_shape", Ints{2, 2})});
              const ValueId real = g.real(g.quantised(pooled, 8.0F), 8.0F);
              const ValueId joined = g.n("j", "Concat", {real, real}, {attr("axis", 1)});
              return g.quantised(g.n("g", "GlobalAveragePool", {g.real(g.quantised(joined, 16.0F), 16.0F)}), 16.0F);
            }),
            "1 QuantizeLinear, 3 Transpose, 1 com.microsoft.QLinearAdd, 1 com.microsoft.QLinearConcat, "
            "1 com.microsoft.QLinearGlobalAveragePool, 1 paperkite.MaxPool, 2 paperkite.QLinearConv");
}

TEST(FuseQuantised, products_of_matrices) {
  EXPECT_EQ(fused([](QuantisedCase& g) {
              const ValueId y =
                  g.n("m", "MatMul", {g.qdq_input("x", Shape{2, 5, 12}), g.real_weights(Shape{12, 7}, 1)});
              return g.quantised(g.n("relu", "Relu", {y}), 4.0F, 3);
            }),
            "1 QLinearMatMul, 1 QuantizeLinear, 1 com.microsoft.QLinearLeakyRelu");
  EXPECT_EQ(fused([](QuantisedCase& g) {
              return g.n("m", "MatMul", {g.qdq_input("x", Shape{2, 5, 12}), g.real_weights(Shape{12, 7}, 1)});
            }),
            "1 QuantizeLinear, 1 com.microsoft.MatMulIntegerToFloat");
  EXPECT_EQ(fused([](QuantisedCase& g) {
              const ValueId y = g.n("m", "Gemm", {g.qdq_input("x", Shape{5, 12}), g.real_weights(Shape{7, 12}, 0)},
                                    {attr("transB", 1)});
              return g.quantised(y, 4.0F);
            }),
            "1 QuantizeLinear, 1 com.microsoft.QGemm");
}

TEST(FuseQuantised, what_would_not_be_the_same_stays_as_it_is) {
  // Scales along the axis that is summed over.
  EXPECT_EQ(fused([](QuantisedCase& g) {
              return g.quantised(g.n("m", "MatMul", {g.qdq_input("x", Shape{5, 12}), g.real_weights(Shape{12, 7}, 0)}),
                                 4.0F);
            }),
            "1 DequantizeLinear, 1 MatMul, 2 QuantizeLinear");
  // Another reader of the real numbers.
  EXPECT_EQ(fused([](QuantisedCase& g) {
              const ValueId y = g.n("s", "Add", {g.qdq_input("x", Shape{5, 12}), g.qdq_input("x2", Shape{5, 12})});
              g.returns(g.n("t", "Tanh", {y}));
              return g.quantised(y);
            }),
            "1 Add, 2 DequantizeLinear, 3 QuantizeLinear, 1 Tanh");
  // A pool between numbers of two scales.
  EXPECT_EQ(fused([](QuantisedCase& g) {
              return g.quantised(g.n("p", "Reshape", {g.qdq_input("x", Shape{5, 12}), g.ints("to", {60})}), 0.5F);
            }),
            "1 DequantizeLinear, 2 QuantizeLinear, 1 Reshape");
}

TEST(FuseQuantised, dynamic_products_and_convolutions) {
  const auto scaled = [](QuantisedCase& g, Graph& graph, const char* op, ValueId x, ValueId w, const Shape& bias) {
    Node node;
    node.op_type = "DynamicQuantizeLinear";
    node.opset = 11;
    node.inputs = {x};
    for (const char* name : {"dq", "ds", "dz"}) node.outputs.push_back(graph.add_value(name));
    const std::vector<ValueId> made = node.outputs;
    graph.add_node(std::move(node));
    const ValueId sums = g.n("sums", op, {made[0], w, made[2], g.s8(0)});
    const ValueId cast = g.n("cast", "Cast", {sums}, {attr("to", 1)});
    const ValueId both = g.n("both", "Mul", {made[1], g.scale(0.125F)});
    Tensor addend(DType::kFloat32, bias);
    for (std::int64_t i = 0; i < bias.elements(); ++i) addend.as<float>()[i] = static_cast<float>(i);
    return g.n("y", "Add", {g.n("m", "Mul", {cast, both}), g.constant("bias", std::move(addend))});
  };
  EXPECT_EQ(fused([&](QuantisedCase& g) {
              return scaled(g, g.graph(), "MatMulInteger", g.input("x", Shape{2, 5, 12}, DType::kFloat32),
                            g.weights(Shape{12, 7}), Shape{7});
            }),
            "1 DynamicQuantizeLinear, 1 com.microsoft.MatMulIntegerToFloat");
  EXPECT_EQ(fused([&](QuantisedCase& g) {
              const ValueId x = g.n("t", "Transpose", {g.input("x", Shape{1, 6, 6, 8}, DType::kFloat32)},
                                    {attr("perm", Ints{0, 3, 1, 2})});
              return scaled(g, g.graph(), "ConvInteger", x, g.weights(Shape{7, 8, 3, 3}), Shape{1, 7, 1, 1});
            }),
            "1 DynamicQuantizeLinear, 1 Transpose, 1 paperkite.QLinearConv");
}

TEST(FuseQuantised, attention_and_softmax_in_real_numbers) {
  EXPECT_EQ(fused([](QuantisedCase& g) {
              const ValueId a = g.quantised(g.input("a", Shape{2, 5, 12}, DType::kFloat32));
              const ValueId b = g.quantised(g.input("b", Shape{2, 12, 9}, DType::kFloat32));
              return g.n("y", "QLinearMatMul",
                         {a, g.scale(0.25F), g.u8(120), b, g.scale(0.25F), g.u8(120), g.scale(16.0F), g.u8(100)});
            }),
            "2 DequantizeLinear, 1 MatMul, 3 QuantizeLinear");
}

}  // namespace
}  // namespace kite
