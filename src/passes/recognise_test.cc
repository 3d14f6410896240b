// SPDX-License-Identifier: Apache-2.0
// Patterns that exporters write as several nodes, in all orders that occur, and graphs that only look like them.
#include <gtest/gtest.h>

#include <numbers>

#include "passes/graph_case.h"

namespace kite {
namespace {

const Shape kShape{2, 3, 8};

// How a gelu is written; every choice has been seen in an export or follows from commuting one.
struct GeluCase {
  bool by_division = true;  // x / sqrt 2, else x * (1 / sqrt 2)
  bool one_first = false;   // 1 + erf
  int product = 0;          // which products follow
  double root = std::numbers::sqrt2;
  double half = 0.5;
  int second_reader = -1;  // of: 0 the sum, 1 the inner product
};

Graph gelu(const GeluCase& c) {
  GraphCase g;
  const ValueId x = g.input("x", kShape);
  const ValueId scaled = c.by_division ? g.n("scaled", "Div", {x, g.number("root", c.root)})
                                       : g.n("scaled", "Mul", {g.number("inverse", 1 / c.root), x});
  const ValueId erf = g.n("erf", "Erf", {scaled});
  const ValueId one = g.number("one", 1);
  const ValueId half = g.number("half", c.half);
  const ValueId sum = c.one_first ? g.n("sum", "Add", {one, erf}) : g.n("sum", "Add", {erf, one});
  ValueId inner = kNoValue;
  ValueId y = kNoValue;
  if (c.product == 0) {  // (x * sum) * half
    inner = g.n("inner", "Mul", {x, sum});
    y = g.n("y", "Mul", {inner, half});
  } else if (c.product == 1) {  // x * (half * sum)
    inner = g.n("inner", "Mul", {half, sum});
    y = g.n("y", "Mul", {x, inner});
  } else if (c.product == 2) {  // (x * half) * sum
    inner = g.n("inner", "Mul", {x, half});
    y = g.n("y", "Mul", {inner, sum});
  } else {  // (sum * x) / 2
    inner = g.n("inner", "Mul", {sum, x});
    y = g.n("y", "Div", {inner, g.number("two", 1 / c.half)});
  }
  g.returns(y);
  if (c.second_reader == 0) g.returns(g.n("z", "Tanh", {sum}));
  if (c.second_reader == 1) g.returns(g.n("z", "Tanh", {inner}));
  return g.take();
}

TEST(RecogniseGelu, finds_it_in_any_order_of_its_products) {
  for (int product = 0; product < 4; ++product) {
    for (const bool flag : {false, true}) {
      const Rewritten after =
          rewritten([&] { return gelu({.by_division = flag, .one_first = flag, .product = product}); }, recognise_gelu);
      EXPECT_EQ(body(after.graph), "%y: float64[2,3,8] = Gelu-20(%x)\nreturn %y\n") << product;
    }
  }
}

TEST(RecogniseGelu, leaves_look_alikes) {
  expect_untouched([] { return gelu({.root = 1.5}); }, recognise_gelu);
  expect_untouched([] { return gelu({.half = 0.25}); }, recognise_gelu);
  expect_untouched([] { return gelu({.second_reader = 0}); }, recognise_gelu);
  expect_untouched([] { return gelu({.product = 0, .second_reader = 1}); }, recognise_gelu);
  expect_untouched([] { return gelu({.product = 1, .second_reader = 1}); }, recognise_gelu);
  // Another factor than x.
  expect_untouched(
      [] {
        GraphCase g;
        const ValueId x = g.input("x", kShape);
        const ValueId erf = g.n("erf", "Erf", {g.n("s", "Div", {x, g.number("root", std::numbers::sqrt2)})});
        const ValueId sum = g.n("sum", "Add", {erf, g.number("one", 1)});
        const ValueId product = g.n("p", "Mul", {g.input("u", kShape), sum});
        g.returns(g.n("y", "Mul", {product, g.number("half", 0.5)}));
        return g.take();
      },
      recognise_gelu);
}

struct NormCase {
  Ints axes = {-1};
  Ints variance_axes = {-1};
  bool by_pow = true;
  bool one_sub = true;  // the deviation and the result share x - mean
  bool scale = true;
  bool bias = true;
  Shape scale_shape = {8};
  bool second_reader = false;
};

Graph layer_norm(const NormCase& c) {
  GraphCase g;
  const ValueId x = g.input("x", kShape);
  const ValueId mean = g.n("mean", "ReduceMean", {x}, {attr("axes", c.axes)});
  const ValueId d = g.n("d", "Sub", {x, mean});
  const ValueId squared = c.by_pow ? g.n("squared", "Pow", {d, g.number("two", 2)}) : g.n("squared", "Mul", {d, d});
  const ValueId variance = g.n("variance", "ReduceMean", {squared}, {attr("axes", c.variance_axes)});
  const ValueId root = g.n("root", "Sqrt", {g.n("shifted", "Add", {variance, g.number("epsilon", 0x1p-10)})});
  const ValueId again = c.one_sub ? d : g.n("again", "Sub", {x, mean});
  ValueId y = g.n("q", "Div", {again, root});
  if (c.second_reader) g.returns(y);
  if (c.scale) y = g.n("scaled", "Mul", {y, g.random("w", c.scale_shape)});
  if (c.bias) y = g.n("y", "Add", {g.random("b", c.scale_shape), y});
  g.returns(y);
  return g.take();
}

TEST(RecogniseLayerNorm, finds_it_in_pieces) {
  EXPECT_EQ(body(rewritten([] { return layer_norm({}); }, recognise_layer_norm).graph),
            "%y: float64[2,3,8] = LayerNormalization-17(%x, w, b) {axis=2 epsilon=0.0009765625}\nreturn %y\n");
  for (const NormCase& c :
       {NormCase{.by_pow = false}, NormCase{.one_sub = false}, NormCase{.scale = false}, NormCase{.bias = false},
        NormCase{.scale = false, .bias = false}, NormCase{.scale_shape = {1, 8}},
        NormCase{.axes = {1, 2}, .variance_axes = {2, -2}, .scale_shape = {3, 8}}}) {
    const Rewritten after = rewritten([&] { return layer_norm(c); }, recognise_layer_norm);
    EXPECT_EQ(histogram(after.graph), "1 LayerNormalization");
  }
}

TEST(RecogniseLayerNorm, leaves_outside_what_is_not_of_the_normalised_shape) {
  const Rewritten wide = rewritten([] { return layer_norm({.scale_shape = {3, 8}}); }, recognise_layer_norm);
  EXPECT_EQ(histogram(wide.graph), "1 Add, 1 LayerNormalization, 1 Mul");
  const Rewritten shared = rewritten([] { return layer_norm({.second_reader = true}); }, recognise_layer_norm);
  EXPECT_EQ(histogram(shared.graph), "1 Add, 1 LayerNormalization, 1 Mul");
}

TEST(RecogniseLayerNorm, leaves_look_alikes) {
  expect_untouched([] { return layer_norm({.axes = {1}, .variance_axes = {1}, .scale = false, .bias = false}); },
                   recognise_layer_norm);
  expect_untouched([] { return layer_norm({.axes = {-1}, .variance_axes = {1, 2}}); }, recognise_layer_norm);
}

TEST(RecogniseLayerNorm, makes_no_scale_for_which_the_budget_has_no_room) {
  expect_untouched(
      [] {
        Graph graph = layer_norm({.scale = false, .bias = false});
        graph.budget().set_left(Limit::kConstantBytes, 8 * 8 - 1);
        return graph;
      },
      recognise_layer_norm);
}

struct SwishCase {
  int form = 0;
  double three = 3;
  double six = 6;
  bool second_reader = false;
};

Graph hard_swish(const SwishCase& c) {
  GraphCase g;
  const ValueId x = g.input("x", kShape);
  const ValueId shifted = g.n("shifted", "Add", {x, g.number("three", c.three)});
  const ValueId clipped = g.n("clipped", "Clip", {shifted, g.number("zero", 0), g.number("six", c.six)});
  const ValueId six = g.number("divisor", 6);
  ValueId inner = kNoValue;
  if (c.form == 0) {
    inner = g.n("inner", "Mul", {x, clipped});
    g.returns(g.n("y", "Div", {inner, six}));
  } else if (c.form == 1) {
    inner = g.n("inner", "Div", {clipped, six});
    g.returns(g.n("y", "Mul", {inner, x}));
  } else {
    inner = g.n("inner", "Mul", {clipped, g.number("sixth", 1.0 / 6)});
    g.returns(g.n("y", "Sub", {inner, x}));
  }
  if (c.second_reader) g.returns(g.n("z", "Tanh", {inner}));
  return g.take();
}

// The operators state 1/6 as a float32.
constexpr double kSixthRounding = 0x1p-24;

TEST(RecogniseHardSwish, finds_it_in_pieces) {
  for (const int form : {0, 1}) {
    const Rewritten after = rewritten([&] { return hard_swish({.form = form}); }, recognise_hard_swish, kSixthRounding);
    EXPECT_EQ(body(after.graph), "%y: float64[2,3,8] = HardSwish-14(%x)\nreturn %y\n");
  }
  EXPECT_EQ(histogram(rewritten([] { return hard_swish({.form = 2}); }, recognise_hard_swish, kSixthRounding).graph),
            "1 HardSigmoid, 1 Sub");
  EXPECT_EQ(histogram(rewritten([] { return hard_swish({.form = 1, .second_reader = true}); }, recognise_hard_swish,
                                kSixthRounding)
                          .graph),
            "1 HardSigmoid, 1 Mul, 1 Tanh");
}

TEST(RecogniseHardSwish, finds_it_around_a_hard_sigmoid) {
  const auto build = [](float alpha, bool other) {
    return [=] {
      GraphCase g;
      const ValueId x = g.input("x", kShape);
      const ValueId gate = g.n("gate", "HardSigmoid", {x}, {attr("alpha", alpha)});
      g.returns(g.n("y", "Mul", {other ? g.input("u", kShape) : x, gate}));
      return g.take();
    };
  };
  const Rewritten after = rewritten(build(1.0F / 6, false), recognise_hard_swish, kSixthRounding);
  EXPECT_EQ(body(after.graph), "%y: float64[2,3,8] = HardSwish-14(%x)\nreturn %y\n");
  expect_untouched(build(0.2F, false), recognise_hard_swish);
  expect_untouched(build(1.0F / 6, true), recognise_hard_swish);
}

TEST(RecogniseHardSwish, leaves_look_alikes) {
  expect_untouched([] { return hard_swish({.three = 2.5}); }, recognise_hard_swish);
  expect_untouched([] { return hard_swish({.six = 5}); }, recognise_hard_swish);
  expect_untouched([] { return hard_swish({.form = 0, .second_reader = true}); }, recognise_hard_swish);
}

TEST(RecogniseSilu, finds_x_times_its_sigmoid) {
  const auto build = [](bool other, bool second_reader) {
    return [=] {
      GraphCase g;
      const ValueId x = g.input("x", kShape);
      const ValueId gate = g.n("gate", "Sigmoid", {x});
      g.returns(g.n("y", "Mul", {gate, other ? g.input("u", kShape) : x}));
      if (second_reader) g.returns(g.n("z", "Tanh", {gate}));
      return g.take();
    };
  };
  EXPECT_EQ(body(rewritten(build(false, false), recognise_silu).graph),
            "%y: float64[2,3,8] = paperkite.Silu-1(%x)\nreturn %y\n");
  expect_untouched(build(true, false), recognise_silu);
  expect_untouched(build(false, true), recognise_silu);
}

TEST(RecogniseGlobalPool, writes_all_averages_over_pictures_as_one) {
  const auto build = [](const std::string& op_type, std::vector<Attribute> attributes, Shape shape) {
    return [=] {
      GraphCase g;
      const ValueId y = g.n("y", op_type, {g.input("x", shape)});
      for (const Attribute& attribute : attributes) {
        g.graph().node(g.graph().value(y).producer).attributes.set(attribute.name, attribute.value);
      }
      g.returns(y);
      return g.take();
    };
  };
  const Shape picture{2, 3, 4, 5};
  const std::string expected = "%y: float64[2,3,1,1] = ReduceMean-13(%x) {axes=[2,3] keepdims=1}\nreturn %y\n";
  EXPECT_EQ(body(rewritten(build("GlobalAveragePool", {}, picture), recognise_global_pool).graph), expected);
  const Attribute whole = attr("kernel_shape", Ints{4, 5});
  EXPECT_EQ(
      body(rewritten(build("AveragePool", {whole, attr("strides", Ints{4, 5})}, picture), recognise_global_pool).graph),
      expected);
  EXPECT_EQ(histogram(rewritten(build("GlobalAveragePool", {}, Shape{2, 3, 7}), recognise_global_pool).graph),
            "1 ReduceMean");
  expect_untouched(build("AveragePool", {attr("kernel_shape", Ints{4, 4})}, picture), recognise_global_pool);
  expect_untouched(build("AveragePool", {whole, attr("pads", Ints{0, 1, 0, 1})}, picture), recognise_global_pool);
  expect_untouched(build("MaxPool", {whole}, picture), recognise_global_pool);
}

}  // namespace
}  // namespace kite
