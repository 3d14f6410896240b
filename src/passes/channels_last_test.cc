// SPDX-License-Identifier: Apache-2.0
// Spatial operators between Transposes, with every attribute stated.
#include <gtest/gtest.h>

#include "passes/graph_case.h"

namespace kite {
namespace {

auto spatial(const std::string& op_type, Shape x_shape, Shape weights, std::vector<Attribute> attributes,
             bool behind_relu = true) {
  return [=] {
    GraphCase g;
    ValueId x = g.input("x", x_shape);
    if (behind_relu) x = g.n("r", "Relu", {x});
    std::vector<ValueId> inputs = {x};
    if (op_type == "Conv") inputs.insert(inputs.end(), {g.random("w", weights), g.random("b", Shape{weights[0]})});
    const ValueId y = g.n("y", op_type, std::move(inputs));
    for (const Attribute& attribute : attributes) {
      g.graph().node(g.graph().value(y).producer).attributes.set(attribute.name, attribute.value);
    }
    g.returns(y);
    return g.take();
  };
}

TEST(ChannelsLast, puts_a_convolution_between_transposes) {
  const auto build = spatial("Conv", Shape{2, 6, 5, 7}, Shape{4, 3, 3, 3},
                             {attr("group", 2), attr("strides", Ints{2, 1}), attr("pads", Ints{1, 0, 2, 1})});
  EXPECT_EQ(body(rewritten(build, channels_last).graph),
            "%r: float64[2,6,5,7] = Relu-17(%x)\n"
            "%r_nhwc: float64[2,5,7,6] = Transpose-13(%r) {perm=[0,2,3,1]}\n"
            "%y_nhwc: float64[2,3,6,4] = paperkite.Conv-1(%r_nhwc, w, b) {dilations=[1,1] group=2 pads=[1,0,2,1] "
            "strides=[2,1]}\n"
            "%y: float64[2,4,3,6] = Transpose-13(%y_nhwc) {perm=[0,3,1,2]}\n"
            "return %y\n");
}

TEST(ChannelsLast, states_automatic_pads) {
  for (const char* automatic : {"SAME_UPPER", "SAME_LOWER", "VALID"}) {
    const auto conv = spatial("Conv", Shape{1, 2, 6, 7}, Shape{3, 2, 3, 3},
                              {attr("auto_pad", automatic), attr("strides", Ints{2, 2})});
    EXPECT_EQ(rewritten(conv, channels_last).rewrites, 1) << automatic;
    const auto pool = spatial("MaxPool", Shape{1, 2, 6, 7}, Shape{},
                              {attr("auto_pad", automatic), attr("strides", Ints{2, 2}),
                               attr("kernel_shape", Ints{1, 1}), attr("ceil_mode", 1)});
    EXPECT_EQ(rewritten(pool, channels_last).rewrites, 1) << automatic;
  }
}

TEST(ChannelsLast, reads_a_picture_in_place) {
  const std::vector<Attribute> none;
  const Rewritten stem = rewritten(spatial("Conv", Shape{1, 3, 6, 6}, Shape{4, 3, 3, 3}, none, false), channels_last);
  EXPECT_EQ(body(stem.graph),
            "%y_nhwc: float64[1,4,4,4] = paperkite.Conv-1(%x, w, b) {dilations=[1,1] group=1 input_layout=\"nchw\" "
            "pads=[0,0,0,0] strides=[1,1]}\n"
            "%y: float64[1,4,4,4] = Transpose-13(%y_nhwc) {perm=[0,3,1,2]}\nreturn %y\n");
  // Five channels are no picture; three behind a Relu are not the input.
  const auto transposes = [](const Rewritten& r) { return histogram(r.graph).substr(0, 11); };
  EXPECT_EQ(transposes(rewritten(spatial("Conv", Shape{1, 5, 6, 6}, Shape{4, 5, 3, 3}, none, false), channels_last)),
            "2 Transpose");
  EXPECT_EQ(histogram(rewritten(spatial("Conv", Shape{1, 3, 6, 6}, Shape{4, 3, 3, 3}, none), channels_last).graph),
            "1 Relu, 2 Transpose, 1 paperkite.Conv");
  // The input is still recognised when the model normalises it first.
  const auto normalised = [] {
    GraphCase g;
    const ValueId x = g.n("n", "Div",
                          {g.n("m", "Sub", {g.input("x", Shape{1, 3, 6, 6}), g.random("mean", Shape{3, 1, 1})}),
                           g.random("deviation", Shape{3, 1, 1})});
    g.returns(g.n("y", "Conv", {x, g.random("w", Shape{4, 3, 3, 3})}));
    return g.take();
  };
  EXPECT_EQ(histogram(rewritten(normalised, channels_last).graph), "1 Div, 1 Sub, 1 Transpose, 1 paperkite.Conv");
}

TEST(ChannelsLast, converts_pools) {
  for (const int ceil_mode : {0, 1}) {
    for (const int counted : {0, 1}) {
      const std::vector<Attribute> attributes = {attr("kernel_shape", Ints{3, 2}), attr("strides", Ints{2, 2}),
                                                 attr("pads", Ints{1, 1, 1, 0}), attr("ceil_mode", ceil_mode)};
      std::vector<Attribute> average = attributes;
      average.push_back(attr("count_include_pad", counted));
      EXPECT_EQ(histogram(rewritten(spatial("AveragePool", Shape{2, 3, 6, 7}, Shape{}, average), channels_last).graph),
                "1 Relu, 2 Transpose, 1 paperkite.AveragePool");
      EXPECT_EQ(histogram(rewritten(spatial("MaxPool", Shape{2, 3, 6, 7}, Shape{}, attributes), channels_last).graph),
                "1 Relu, 2 Transpose, 1 paperkite.MaxPool");
    }
  }
}

TEST(ChannelsLast, keeps_the_size_that_auto_pad_and_ceil_mode_give) {
  for (const char* const auto_pad : {"", "NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"}) {
    for (const int ceil_mode : {0, 1}) {
      const std::vector<Attribute> attributes = {attr("kernel_shape", Ints{2, 3}),
                                                 attr("strides", Ints{2, 2}),
                                                 {"auto_pad", std::string(auto_pad)},
                                                 attr("ceil_mode", ceil_mode)};
      for (const char* const pool : {"AveragePool", "MaxPool"}) {
        EXPECT_EQ(histogram(rewritten(spatial(pool, Shape{1, 3, 7, 8}, Shape{}, attributes), channels_last).graph),
                  "1 Relu, 2 Transpose, 1 paperkite." + std::string(pool))
            << auto_pad << ' ' << ceil_mode;
      }
    }
  }
}

TEST(ChannelsLast, leaves_other_ranks_and_computed_weights) {
  const std::vector<Attribute> none;
  expect_untouched(spatial("Conv", Shape{1, 6, 9}, Shape{4, 6, 3}, none), channels_last);
  expect_untouched(spatial("Conv", Shape{1, 2, 3, 4, 5}, Shape{4, 2, 1, 2, 3}, none), channels_last);
  expect_untouched(spatial("MaxPool", Shape{1, 6, 9}, Shape{}, {attr("kernel_shape", Ints{3})}), channels_last);
  expect_untouched(
      [] {
        GraphCase g;
        g.returns(g.n("y", "Conv", {g.input("x", Shape{1, 3, 6, 6}), g.input("w", Shape{4, 3, 3, 3})}));
        return g.take();
      },
      channels_last);
}

}  // namespace
}  // namespace kite
