// SPDX-License-Identifier: Apache-2.0
// Pads that their reader can do itself, and pads that only look like it.
#include <gtest/gtest.h>

#include <limits>

#include "passes/graph_case.h"

namespace kite {
namespace {

struct PadCase {
  Ints pads = {0, 0, 1, 0, 0, 0, 2, 1};  // top 1, bottom 2, right 1
  double value = 0;
  const char* mode = "constant";
  bool relu = false;
  bool second_reader = false;
};

// x -> (Relu ->) Pad -> op.
auto padded(const std::string& op_type, std::vector<Attribute> attributes, PadCase c = {}) {
  return [=] {
    GraphCase g;
    ValueId x = g.input("x", Shape{1, 2, 6, 6});
    if (c.relu) x = g.n("r", "Relu", {x});
    const ValueId p = g.n("p", "Pad", {x, g.ints("pads", c.pads), g.number("value", c.value)}, {attr("mode", c.mode)});
    std::vector<ValueId> inputs = {p};
    if (op_type == "Conv") inputs.push_back(g.random("w", Shape{3, 2, 3, 3}));
    const ValueId y = g.n("y", op_type, std::move(inputs));
    for (const Attribute& attribute : attributes) {
      g.graph().node(g.graph().value(y).producer).attributes.set(attribute.name, attribute.value);
    }
    g.returns(y);
    if (c.second_reader) g.returns(g.n("z", "Tanh", {p}));
    return g.take();
  };
}

const Attribute kKernel = attr("kernel_shape", Ints{3, 3});

TEST(FoldPad, moves_zeros_into_a_convolution) {
  const Rewritten after = rewritten(padded("Conv", {attr("pads", Ints{1, 1, 1, 1})}), fold_pad);
  EXPECT_EQ(body(after.graph), "%y: float64[1,3,9,7] = Conv-17(%x, w) {pads=[2,1,3,2]}\nreturn %y\n");
}

TEST(FoldPad, moves_zeros_into_an_average_that_then_counts_them) {
  EXPECT_EQ(body(rewritten(padded("AveragePool", {kKernel}), fold_pad).graph),
            "%y: float64[1,2,7,5] = AveragePool-17(%x) {count_include_pad=1 kernel_shape=[3,3] pads=[1,0,2,1]}\n"
            "return %y\n");
  // The pool counted its own padding before, so it can count all of it.
  EXPECT_EQ(rewritten(padded("AveragePool", {kKernel, attr("pads", Ints{1, 1, 0, 1}), attr("count_include_pad", 1)}),
                      fold_pad)
                .rewrites,
            1);
  // The pool does not count its own padding, but would have to count the Pad's zeros.
  expect_untouched(padded("AveragePool", {kKernel, attr("pads", Ints{0, 1, 0, 1})}), fold_pad);
}

TEST(FoldPad, moves_what_never_wins_into_a_maximum) {
  // A zero is the maximum among negative numbers, but after a Relu no number is negative.
  EXPECT_EQ(rewritten(padded("MaxPool", {kKernel}, {.relu = true}), fold_pad).rewrites, 1);
  expect_untouched(padded("MaxPool", {kKernel}), fold_pad);
  const double lowest = std::numeric_limits<float>::lowest();
  EXPECT_EQ(rewritten(padded("MaxPool", {kKernel}, {.value = lowest}), fold_pad).rewrites, 1);
}

TEST(FoldPad, keeps_a_pad_that_its_reader_cannot_do) {
  expect_untouched(padded("Conv", {}, {.value = 1}), fold_pad);
  expect_untouched(padded("Conv", {}, {.mode = "reflect"}), fold_pad);
  expect_untouched(padded("Conv", {}, {.second_reader = true}), fold_pad);
  expect_untouched(padded("Conv", {}, {.pads = {0, 0, -1, 0, 0, 0, 0, 0}}), fold_pad);
  expect_untouched(padded("Conv", {}, {.pads = {1, 0, 0, 0, 0, 0, 0, 0}}), fold_pad);
  expect_untouched(padded("Conv", {attr("auto_pad", "SAME_UPPER")}), fold_pad);
  expect_untouched(padded("AveragePool", {kKernel, attr("ceil_mode", 1), attr("strides", Ints{2, 2})}), fold_pad);
  // Wider than the window: some windows would see padding only.
  expect_untouched(padded("AveragePool", {kKernel}, {.pads = {0, 0, 3, 0, 0, 0, 0, 0}}), fold_pad);
}

}  // namespace
}  // namespace kite
