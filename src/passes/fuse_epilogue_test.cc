// SPDX-License-Identifier: Apache-2.0
// What a Conv or Linear is fused with, in which order, and what must stay a node.
#include <gtest/gtest.h>

#include "passes/graph_case.h"

namespace kite {
namespace {

const Shape kPicture{2, 4, 5, 3};

// A 1x1 convolution from 3 to `channels` channels.
ValueId conv(GraphCase& g, const std::string& name, ValueId x, std::int64_t channels = 6) {
  const std::int64_t in = 3;
  return g.internal(
      name, "Conv", {x, g.random(name + "_w", Shape{channels, in, 1, 1})},
      {attr("strides", Ints{1, 1}), attr("pads", Ints{0, 0, 0, 0}), attr("dilations", Ints{1, 1}), attr("group", 1)});
}

ValueId linear(GraphCase& g, const std::string& name, ValueId x, int transposed) {
  return g.internal(name, "Linear", {x, g.random(name + "_w", transposed ? Shape{6, 3} : Shape{3, 6})},
                    {attr("transposed", transposed)});
}

// x -> Conv c -> what `make` adds.
auto after_conv(std::function<ValueId(GraphCase&, ValueId c)> make) {
  return [=] {
    GraphCase g;
    g.returns(make(g, conv(g, "c", g.input("x", kPicture))));
    return g.take();
  };
}

std::string fused(const std::function<Graph()>& build) { return histogram(rewritten(build, fuse_epilogue).graph); }

TEST(FuseEpilogue, takes_every_activation) {
  struct Case {
    std::string op_type;
    int opset;
    std::vector<Attribute> attributes;
    std::string expected;
  };
  const std::vector<Case> cases = {
      {"Relu", 17, {}, "activation=\"relu\""},
      {"Sigmoid", 17, {}, "activation=\"sigmoid\""},
      {"Tanh", 17, {}, "activation=\"tanh\""},
      {"HardSwish", 17, {}, "activation=\"hard_swish\""},
      {"HardSigmoid", 17, {attr("alpha", 0.25F)}, "activation=\"hard_sigmoid\" activation_a=0.25 activation_b=0.5"},
      {"Gelu", 20, {}, "activation=\"gelu\""},
      {"LeakyRelu", 16, {attr("alpha", 0.25F)}, "activation=\"leaky_relu\" activation_a=0.25 activation_b=0"},
      {"Mish", 18, {}, "activation=\"mish\""},
      {"Elu", 17, {attr("alpha", 0.25F)}, "activation=\"elu\" activation_a=0.25 activation_b=0"},
      {"Selu", 17, {attr("gamma", 2.0F), attr("alpha", 0.25F)}, "activation=\"selu\" activation_a=0.25 activation_b=2"},
      {"Celu", 17, {attr("alpha", 0.25F)}, "activation=\"celu\" activation_a=0.25 activation_b=0"},
      {"Softplus", 17, {}, "activation=\"softplus\""},
      {"Softsign", 17, {}, "activation=\"softsign\""},
      {"ThresholdedRelu", 17, {}, "activation=\"thresholded_relu\" activation_a=1 activation_b=0"},
  };
  for (const Case& c : cases) {
    const auto build = [&] {
      GraphCase g(c.opset);
      const ValueId y = g.n("y", c.op_type, {conv(g, "c", g.input("x", kPicture))});
      for (const Attribute& a : c.attributes)
        g.graph().node(g.graph().value(y).producer).attributes.set(a.name, a.value);
      g.returns(y);
      return g.take();
    };
    // hard_swish and hard_sigmoid state 1/6 and their slope as float32.
    const Rewritten after = rewritten(build, fuse_epilogue, 0x1p-24);
    EXPECT_EQ(body(after.graph), "%y: float64[2,4,5,6] = paperkite.Conv-1(%x, c_w) {" + c.expected +
                                     " dilations=[1,1] group=1 pads=[0,0,0,0] strides=[1,1]}\nreturn %y\n");
  }
  EXPECT_EQ(fused(after_conv([](GraphCase& g, ValueId c) { return g.internal("y", "Silu", {c}); })),
            "1 paperkite.Conv");
}

TEST(FuseEpilogue, takes_a_clip_with_constant_limits) {
  const auto clip = [](bool has_low, bool constant) {
    return after_conv([=](GraphCase& g, ValueId c) {
      const ValueId low = !has_low ? kNoValue : constant ? g.number("low", -0.5) : g.input("low", Shape{});
      return g.n("y", "Clip", {c, low, g.number("high", 6)});
    });
  };
  EXPECT_NE(body(rewritten(clip(true, true), fuse_epilogue).graph)
                .find("activation=\"clip\" activation_a=-0.5 activation_b=6"),
            std::string::npos);
  EXPECT_EQ(fused(clip(false, true)), "1 paperkite.Conv");
  // A limit that is left out is the largest or lowest finite number, not infinity.
  EXPECT_NE(body(rewritten(clip(false, true), fuse_epilogue).graph).find("activation_a=-3.40282"), std::string::npos)
      << body(rewritten(clip(false, true), fuse_epilogue).graph);
  expect_untouched(clip(true, false), fuse_epilogue);
}

TEST(FuseEpilogue, takes_scale_and_bias_per_channel) {
  for (const bool is_linear : {false, true}) {
    for (const int transposed : {0, 1}) {
      const auto build = [=] {
        GraphCase g;
        const ValueId x = g.input("x", kPicture);
        ValueId y = is_linear ? linear(g, "c", x, transposed) : conv(g, "c", x);
        y = g.n("s1", "Mul", {g.random("scale", Shape{6}), y});
        y = g.n("b1", "Add", {y, g.random("bias", Shape{1, 1, 1, 6})});
        y = g.n("s2", "Mul", {y, g.random("scale2", Shape{1, 6})});
        y = g.n("b2", "Add", {g.random("bias2", Shape{6}), y});
        g.returns(g.n("y", "Relu", {y}));
        return g.take();
      };
      const Rewritten after = rewritten(build, fuse_epilogue);
      EXPECT_EQ(after.rewrites, 5);
      EXPECT_EQ(histogram(after.graph), is_linear ? "1 paperkite.Linear" : "1 paperkite.Conv");
    }
  }
}

TEST(FuseEpilogue, takes_a_residual_and_then_an_activation) {
  const auto build = after_conv([](GraphCase& g, ValueId c) {
    return g.n("y", "Relu", {g.n("s", "Add", {g.input("u", Shape{2, 4, 5, 6}), c})});
  });
  EXPECT_EQ(body(rewritten(build, fuse_epilogue).graph),
            "%y: float64[2,4,5,6] = paperkite.Conv-1(%x, c_w, -, %u) {activation=\"relu\" dilations=[1,1] group=1 "
            "pads=[0,0,0,0] strides=[1,1]}\nreturn %y\n");
}

TEST(FuseEpilogue, gives_the_sum_of_two_convolutions_to_the_later_one) {
  const auto build = [](bool swapped) {
    return [=] {
      GraphCase g;
      const ValueId x = g.input("x", kPicture);
      const ValueId a = conv(g, "a", x);
      const ValueId b = conv(g, "b", x);
      g.returns(g.n("y", "Relu", {swapped ? g.n("s", "Add", {b, a}) : g.n("s", "Add", {a, b})}));
      return g.take();
    };
  };
  for (const bool swapped : {false, true}) {
    const std::string text = body(rewritten(build(swapped), fuse_epilogue).graph);
    EXPECT_EQ(text.find("%a: float64[2,4,5,6] = paperkite.Conv-1(%x, a_w) {dilations"), 0U) << text;
    EXPECT_NE(text.find("%y: float64[2,4,5,6] = paperkite.Conv-1(%x, b_w, -, %a) {activation=\"relu\""),
              std::string::npos)
        << text;
  }
}

TEST(FuseEpilogue, takes_a_residual_that_is_made_after_it) {
  const auto build = [] {
    GraphCase g;
    const ValueId x = g.input("x", kPicture);
    const ValueId c = conv(g, "c", x);
    const ValueId other = g.n("other", "Tanh", {g.input("u", Shape{2, 4, 5, 6})});
    g.returns(g.n("y", "Add", {c, other}));
    return g.take();
  };
  EXPECT_EQ(fused(build), "1 Tanh, 1 paperkite.Conv");
}

TEST(FuseEpilogue, leaves_what_another_reader_needs) {
  expect_untouched(
      [] {
        GraphCase g;
        const ValueId c = conv(g, "c", g.input("x", kPicture));
        g.returns(g.n("y", "Relu", {c}));
        g.returns(c);
        return g.take();
      },
      fuse_epilogue);
  // Added to itself: two reads by one node.
  expect_untouched(after_conv([](GraphCase& g, ValueId c) { return g.n("y", "Add", {c, c}); }), fuse_epilogue);
}

TEST(FuseEpilogue, leaves_what_is_no_bias_no_residual_and_no_scale) {
  expect_untouched(after_conv([](GraphCase& g, ValueId c) { return g.n("y", "Add", {c, g.random("b", Shape{5, 1})}); }),
                   fuse_epilogue);
  expect_untouched(
      after_conv([](GraphCase& g, ValueId c) { return g.n("y", "Mul", {c, g.input("u", Shape{2, 1, 1, 6})}); }),
      fuse_epilogue);
  expect_untouched(
      after_conv([](GraphCase& g, ValueId c) { return g.n("y", "Add", {c, g.input("u", Shape{1, 4, 5, 6})}); }),
      fuse_epilogue);
  expect_untouched(after_conv([](GraphCase& g, ValueId c) { return g.n("y", "Sub", {c, g.random("b", Shape{6})}); }),
                   fuse_epilogue);
}

TEST(FuseEpilogue, keeps_the_order_of_activation_and_sum) {
  const auto build = after_conv([](GraphCase& g, ValueId c) {
    const ValueId r = g.n("r", "Relu", {c});
    return g.n("y", "Add", {r, g.input("u", Shape{2, 4, 5, 6})});
  });
  EXPECT_EQ(fused(build), "1 Add, 1 paperkite.Conv");
  // (conv + residual) * scale is not (conv * scale) + residual.
  const auto scaled = after_conv([](GraphCase& g, ValueId c) {
    const ValueId s = g.n("s", "Add", {c, g.input("u", Shape{2, 4, 5, 6})});
    return g.n("y", "Mul", {s, g.random("scale", Shape{6})});
  });
  EXPECT_EQ(fused(scaled), "1 Mul, 1 paperkite.Conv");
}

}  // namespace
}  // namespace kite
