// SPDX-License-Identifier: Apache-2.0
// Operators written as others: the values stay, and what is left has kernels.
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "passes/graph_case.h"

namespace kite {
namespace {

constexpr double kHidden = -std::numeric_limits<double>::infinity();

struct AttentionCase {
  std::vector<Attribute> attributes = {};
  bool packed = false;  // heads in the last axis
  std::int64_t heads = 4;
  std::int64_t kv_heads = 4;
  bool runtime_mask = false;
  std::vector<double> mask = {};  // [3 queries, 5 keys]
};

// Three queries, five keys, heads of six elements.
auto attention(const AttentionCase& c) {
  return [c] {
    GraphCase g(23);
    const auto shape = [&](std::int64_t heads, std::int64_t rows, std::int64_t size) {
      return c.packed ? Shape{2, rows, heads * size} : Shape{2, heads, rows, size};
    };
    std::vector<ValueId> inputs{g.input("q", shape(c.heads, 3, 6)), g.input("k", shape(c.kv_heads, 5, 6)),
                                g.input("v", shape(c.kv_heads, 5, 2))};
    if (c.runtime_mask) inputs.push_back(g.input("mask", Shape{2, 1, 3, 5}));
    if (!c.mask.empty()) {
      Tensor mask(DType::kFloat64, Shape{3, 5});
      std::ranges::copy(c.mask, mask.as<double>());
      inputs.push_back(g.constant("mask", std::move(mask)));
    }
    const ValueId y = g.n("y", "Attention", std::move(inputs));
    Node& node = g.graph().node(g.graph().value(y).producer);
    for (const Attribute& attribute : c.attributes) node.attributes.set(attribute.name, attribute.value);
    if (c.packed) node.attributes.set("q_num_heads", c.heads);
    if (c.packed) node.attributes.set("kv_num_heads", c.kv_heads);
    g.returns(y);
    return g.take();
  };
}

TEST(Decompose, writes_attention_as_products) {
  const auto left = [](const AttentionCase& c) { return histogram(rewritten(attention(c), decompose).graph); };
  EXPECT_EQ(left({}), "2 MatMul, 1 Mul, 1 Softmax, 1 Transpose");
  EXPECT_EQ(left({.attributes = {attr("scale", 1.0F)}, .packed = true}), "2 MatMul, 4 Reshape, 1 Softmax, 4 Transpose");
  EXPECT_EQ(left({.attributes = {attr("softcap", 2.0F)}}), "2 MatMul, 3 Mul, 1 Softmax, 1 Tanh, 1 Transpose");
  EXPECT_EQ(left({.kv_heads = 2}), "2 MatMul, 1 Mul, 4 Reshape, 1 Softmax, 1 Transpose");
  EXPECT_EQ(left({.attributes = {attr("is_causal", 1)}}), "1 Add, 2 MatMul, 1 Mul, 1 Softmax, 1 Transpose");
  const std::vector<double> mask{0, 1, kHidden, 0, 0, 0, kHidden, 0, 1, 0, 0, 0, 0, 0, 0};
  EXPECT_EQ(left({.attributes = {attr("is_causal", 1)}, .mask = mask}),
            "1 Add, 2 MatMul, 1 Mul, 1 Softmax, 1 Transpose");
  // Softmax has no answer for a query that sees no key, which Attention answers with zeros.
  EXPECT_EQ(left({.runtime_mask = true}),
            "1 Add, 1 Equal, 2 MatMul, 1 Mul, 1 ReduceMax, 1 Softmax, 1 Transpose, 1 Where");
}

TEST(Decompose, leaves_attention_whose_query_sees_no_key) {
  std::vector<double> mask(15, 0.0);
  std::fill_n(mask.begin() + 5, 5, kHidden);
  expect_untouched(attention({.mask = mask}), decompose);
}

auto einsum(const std::string& equation, const Shape& a, const Shape& b) {
  return [=] {
    GraphCase g(12);
    g.returns(g.n("y", "Einsum", {g.input("a", a), g.input("b", b)}, {attr("equation", equation.c_str())}));
    return g.take();
  };
}

TEST(Decompose, writes_einsum_as_one_product) {
  struct Case {
    const char* equation;
    Shape a, b;
    const char* left;
  };
  for (const Case& c : {
           Case{"bhij,bhjd->bhid", Shape{2, 3, 4, 5}, Shape{2, 3, 5, 6}, "1 MatMul"},
           Case{"b h i d, b h j d -> b h i j", Shape{2, 3, 4, 5}, Shape{2, 3, 6, 5}, "1 MatMul, 1 Transpose"},
           Case{"...ij,...jk->...ik", Shape{2, 3, 4}, Shape{2, 4, 5}, "1 MatMul"},
           Case{"bchw,oc->bohw", Shape{2, 3, 4, 5}, Shape{6, 3}, "1 MatMul, 2 Reshape, 3 Transpose"},
           Case{"ij,jk", Shape{3, 4}, Shape{4, 5}, "1 MatMul"},
           Case{"ij,ij->", Shape{3, 4}, Shape{3, 4}, "1 MatMul, 3 Reshape"},
           Case{"bi,bj->bij", Shape{2, 3}, Shape{2, 4}, "1 Mul, 2 Reshape"},
           Case{"ij,ji->ij", Shape{3, 4}, Shape{4, 3}, "1 Mul, 1 Transpose"},
       }) {
    EXPECT_EQ(histogram(rewritten(einsum(c.equation, c.a, c.b), decompose).graph), c.left) << c.equation;
  }
}

TEST(Decompose, leaves_an_einsum_that_is_no_product) {
  for (const auto& build : {einsum("ii,ij->j", Shape{3, 3}, Shape{3, 4}), einsum("ij,k->jk", Shape{3, 4}, Shape{5}),
                            einsum("ij,jk->ik", Shape{3, 1}, Shape{4, 5})}) {
    expect_untouched(build, decompose);
  }
}

TEST(Decompose, moves_an_axis_without_a_kernel_into_the_batch) {
  const auto build = [](Ints kernel, Ints pads) {
    return [=] {
      GraphCase g;
      const Shape w{4, 3, kernel[0], kernel[1], kernel[2]};
      g.returns(g.n("y", "Conv", {g.input("x", Shape{2, 3, 5, 6, 4}), g.random("w", w), g.random("b", Shape{4})},
                    {attr("pads", pads)}));
      return g.take();
    };
  };
  EXPECT_EQ(histogram(rewritten(build({3, 3, 1}, {1, 1, 0, 1, 1, 0}), decompose).graph),
            "1 Conv, 2 Reshape, 2 Transpose");
  EXPECT_EQ(histogram(rewritten(build({1, 3, 2}, {0, 1, 1, 0, 1, 0}), decompose).graph),
            "1 Conv, 2 Reshape, 2 Transpose");
  expect_untouched(build({3, 3, 1}, {1, 1, 1, 1, 1, 0}), decompose);
}

TEST(Decompose, writes_transposed_convolutions_as_convolutions) {
  struct Case {
    std::vector<Attribute> attributes;
    Shape w;
    const char* left;
  };
  const auto build = [](const Case& c, bool has_bias) {
    return [=] {
      GraphCase g;
      std::vector<ValueId> inputs{g.input("x", Shape{2, 4, 5, 3}), g.random("w", c.w)};
      const std::int64_t group = c.w[1] == 1 ? 4 : c.w[1] == 3 ? 2 : 1;
      if (has_bias) inputs.push_back(g.random("b", Shape{c.w[1] * group}));
      const ValueId y = g.n("y", "ConvTranspose", std::move(inputs), {attr("group", group)});
      Node& node = g.graph().node(g.graph().value(y).producer);
      for (const Attribute& attribute : c.attributes) node.attributes.set(attribute.name, attribute.value);
      g.returns(y);
      return g.take();
    };
  };
  for (const bool has_bias : {false, true}) {
    for (const Case& c : {
             Case{{}, Shape{4, 5, 3, 3}, "1 Conv"},
             Case{{attr("pads", Ints{1, 1, 1, 1})}, Shape{4, 1, 3, 3}, "1 Conv"},
             Case{{attr("strides", Ints{2, 2})}, Shape{4, 5, 2, 2}, "1 Conv, 2 Reshape, 1 Transpose"},
             Case{{attr("strides", Ints{2, 2}), attr("pads", Ints{1, 1, 1, 1})},
                  Shape{4, 1, 4, 4},
                  "1 Concat, 4 Conv, 2 Reshape, 1 Slice, 1 Transpose"},
             Case{{attr("strides", Ints{2, 3}), attr("pads", Ints{0, 1, 2, 0}), attr("output_padding", Ints{0, 1})},
                  Shape{4, 3, 3, 4},
                  "1 Concat, 6 Conv, 2 Reshape, 1 Slice, 1 Transpose"},
             Case{{attr("strides", Ints{3, 1}), attr("pads", Ints{2, 1, 0, 0})},
                  Shape{4, 5, 5, 2},
                  "1 Conv, 2 Reshape, 1 Slice, 1 Transpose"},
             Case{{attr("strides", Ints{2, 2}), attr("auto_pad", "SAME_UPPER")},
                  Shape{4, 5, 3, 3},
                  "1 Conv, 2 Reshape, 1 Slice, 1 Transpose"},
             Case{{attr("strides", Ints{3, 3})}, Shape{4, 5, 2, 1}, "1 Conv, 2 Reshape, 1 Slice, 1 Transpose"},
         }) {
      EXPECT_EQ(histogram(rewritten(build(c, has_bias), decompose).graph), c.left);
    }
  }
  // Pads beyond the kernel, dilated taps, outputs that no input reaches.
  expect_untouched(build({{attr("pads", Ints{3, 0, 0, 0})}, Shape{4, 5, 3, 3}, ""}, true), decompose);
  expect_untouched(build({{attr("dilations", Ints{2, 1})}, Shape{4, 5, 3, 3}, ""}, true), decompose);
  expect_untouched(
      build({{attr("strides", Ints{2, 2}), attr("output_padding", Ints{1, 1})}, Shape{4, 5, 2, 2}, ""}, true),
      decompose);
}

// x[2,3,8,9] takes updates of [2,2,4,5]; `first` and `step` make the indices of each axis.
struct BlockCase {
  Ints first = {0, 1, 2, 4};
  Ints step = {1, 1, 1, 1};
  Shape size = Shape{2, 2, 4, 5};
  bool is_whole = false;  // one constant of all indices
  const char* reduction = "none";
};

auto scattered(const BlockCase& c) {
  return [c] {
    GraphCase g(18);
    const ValueId x = g.input("x", Shape{2, 3, 8, 9}), updates = g.input("u", c.size);
    const Ints sizes(c.size.dims().begin(), c.size.dims().end());
    ValueId indices = kNoValue;
    if (c.is_whole) {
      Tensor all(DType::kInt64, Shape{sizes[0], sizes[1], sizes[2], sizes[3], 4});
      for (std::int64_t i = 0; i < c.size.elements(); ++i) {
        for (int a = 0; a < 4; ++a) {
          const auto at = static_cast<std::size_t>(a);
          all.as<std::int64_t>()[i * 4 + a] = c.first[at] + i / c.size.elements(a + 1, 4) % sizes[at] * c.step[at];
        }
      }
      indices = g.constant("indices", std::move(all));
    } else {
      std::vector<ValueId> columns;
      for (int a = 0; a < 4; ++a) {
        const auto at = static_cast<std::size_t>(a);
        const std::string name(1, static_cast<char>('a' + a));
        Ints dims(4 - at, 1);
        dims[0] = sizes[at];
        Tensor counted(DType::kInt64, *Shape::make(dims));
        for (std::int64_t i = 0; i < sizes[at]; ++i) counted.as<std::int64_t>()[i] = c.first[at] + i * c.step[at];
        const ValueId spread =
            g.n(name + "_e", "Expand", {g.constant(name, std::move(counted)), g.ints(name + "_s", sizes)});
        columns.push_back(g.n(name + "_u", "Unsqueeze", {spread, g.ints(name + "_l", {-1})}));
      }
      indices = g.n("indices", "Concat", columns, {attr("axis", -1)});
    }
    g.returns(g.n("y", "ScatterND", {x, indices, updates}, {attr("reduction", c.reduction)}));
    return g.take();
  };
}

TEST(Decompose, writes_a_scattered_block_as_pieces_around_it) {
  const auto left = [](const BlockCase& c) { return histogram(rewritten(scattered(c), decompose).graph); };
  for (const bool is_whole : {false, true}) {
    EXPECT_EQ(left({.is_whole = is_whole}), "3 Concat, 4 Slice");
    EXPECT_EQ(left({.first = {-2, -2, -4, -5}, .is_whole = is_whole}), "3 Concat, 3 Slice");
    EXPECT_EQ(left({.first = {1, 0, 0, 0}, .size = Shape{1, 3, 8, 9}, .is_whole = is_whole}), "1 Concat, 1 Slice");
    EXPECT_EQ(left({.first = {1, 2, 7, 8}, .size = Shape{1, 1, 1, 1}, .is_whole = is_whole}), "4 Concat, 4 Slice");
  }
  EXPECT_EQ(left({.first = {0, 0, 0, 0}, .size = Shape{2, 3, 8, 9}}), "1 Identity");
}

TEST(Decompose, leaves_scattered_updates_that_are_no_block) {
  for (const bool is_whole : {false, true}) {
    expect_untouched(scattered({.step = {1, 1, 1, 0}, .is_whole = is_whole}), decompose);
    expect_untouched(scattered({.first = {0, 1, 0, 0}, .step = {1, 1, 2, 1}, .is_whole = is_whole}), decompose);
    expect_untouched(scattered({.first = {0, 1, 3, 4}, .step = {1, 1, -1, 1}, .is_whole = is_whole}), decompose);
    expect_untouched(scattered({.first = {0, 1, -2, 4}, .is_whole = is_whole}), decompose);  // the end, then the start
    expect_untouched(scattered({.is_whole = is_whole, .reduction = "add"}), decompose);
  }
}

TEST(Decompose, takes_the_products_of_the_input_out_of_recurrent_networks) {
  for (const auto& [op_type, gates] : {std::pair("RNN", 1), std::pair("GRU", 3), std::pair("LSTM", 4)}) {
    const auto build = [op_type = std::string(op_type), gates = std::int64_t{gates}] {
      GraphCase g;
      const ValueId x = g.input("x", Shape{3, 2, 5});
      const ValueId w = g.random("w", Shape{2, gates * 4, 5}), r = g.random("r", Shape{2, gates * 4, 4});
      g.returns(g.n("y", op_type, {x, w, r, g.random("b", Shape{2, gates * 8})}, {attr("direction", "bidirectional")}));
      return g.take();
    };
    EXPECT_EQ(histogram(rewritten(build, decompose).graph),
              "1 MatMul, 1 Transpose, 1 paperkite." + std::string(op_type));
  }
}

TEST(Decompose, writes_gates_and_root_mean_squares) {
  const auto gated = [](const char* op_type, int opset, float alpha) {
    return [=] {
      GraphCase g(opset);
      std::vector<ValueId> inputs{g.input("a", Shape{2, 3})};
      if (opset == 28) inputs.push_back(g.input("b", Shape{2, 3}));
      g.returns(g.n("y", op_type, std::move(inputs), {attr("alpha", alpha)}));
      return g.take();
    };
  };
  EXPECT_EQ(histogram(rewritten(gated("Swish", 24, 1), decompose).graph), "1 paperkite.Silu");
  EXPECT_EQ(histogram(rewritten(gated("Swish", 24, 0.5F), decompose).graph), "2 Mul, 1 Sigmoid");
  EXPECT_EQ(histogram(rewritten(gated("SwiGLU", 28, 1), decompose).graph), "1 Mul, 1 paperkite.Silu");
  const auto norm = [] {
    GraphCase g(23);
    g.returns(g.n("y", "RMSNormalization", {g.input("x", Shape{2, 3, 4}), g.random("scale", Shape{1, 1, 3, 4})},
                  {attr("axis", 1)}));
    return g.take();
  };
  EXPECT_EQ(histogram(rewritten(norm, decompose).graph), "1 Add, 3 Mul, 1 Reciprocal, 1 ReduceMean, 1 Sqrt");
}

}  // namespace
}  // namespace kite
