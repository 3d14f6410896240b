// SPDX-License-Identifier: Apache-2.0
// Nodes and weights are written as text, which takes a tenth of the program's bytes that calls for each of them take:
//
//   Conv x w b -> y strides=2,2 group:1      (a list has '=', a number ':')
//   w 16,3,3,3                               (a name, and dimensions)
#include "cli/selftest/small_models.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "base/number_text.h"
#include "onnx/message_builder.h"

namespace kite::cli {

namespace {

namespace t = onnx::test;

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

std::vector<std::int64_t> numbers(std::string_view text) {
  std::vector<std::int64_t> all;
  for (const std::string_view number : split(text, ',')) all.push_back(parse_integer(number).value_or(0));
  return all;
}

t::Message node_of(std::string_view line) {
  const std::vector<std::string_view> words = split(line, ' ');
  std::vector<std::string> inputs;
  std::size_t i = 1;
  for (; words[i] != "->"; ++i) inputs.emplace_back(words[i]);
  const std::string output(words[i + 1]);
  std::vector<t::Message> attributes;
  for (i += 2; i < words.size(); ++i) {
    const std::size_t at = words[i].find_first_of("=:");
    const std::vector<std::int64_t> values = numbers(words[i].substr(at + 1));
    const std::string_view name = words[i].substr(0, at);
    attributes.push_back(words[i][at] == '=' ? t::ints_attribute(name, values) : t::int_attribute(name, values[0]));
  }
  return t::node(words[0], inputs, {output}, attributes);
}

// `weights`: lines. Twice: the weights as they are, and their absolute values.
SmallModel small_model(Checks& checks, std::string_view nodes, std::string_view weights, std::vector<std::int64_t> dims,
                       std::int64_t terms, std::size_t rank_of_output) {
  t::GraphParts parts;
  for (const std::string_view line : split(nodes, '\n')) parts.nodes.push_back(node_of(line));
  parts.inputs = {t::value_info("x", onnx::kFloat, dims)};
  parts.outputs = {t::value_info("y", onnx::kFloat, std::vector<std::int64_t>(rank_of_output, -1))};
  t::GraphParts absolute = parts;
  for (const std::string_view line : split(weights, '\n')) {
    const std::vector<std::string_view> words = split(line, ' ');
    const std::vector<std::int64_t> shape = numbers(words[1]);
    std::int64_t count = 1;
    for (const std::int64_t dim : shape) count *= dim;
    std::vector<float> values = checks.reals(count);
    parts.initializers.push_back(t::float_tensor(words[0], shape, values));
    for (float& value : values) value = std::fabs(value);
    absolute.initializers.push_back(t::float_tensor(words[0], shape, values));
  }
  std::string name(nodes.substr(0, nodes.find('\n')));
  for (const std::int64_t dim : dims) name += fmt::format(" {}", dim);
  return {std::move(name), t::model(t::graph(parts)).bytes(), t::model(t::graph(absolute)).bytes(), std::move(dims),
          static_cast<double>(terms)};
}

struct ConvolutionShape {
  int channels, filters, groups, kernel, stride, dilation, side;
};

// Each is of a family of kernels: im2col, 1x1, depthwise, groups, Winograd; sides and channels with a rest.
constexpr ConvolutionShape kConvolutions[] = {
    {3, 16, 1, 3, 2, 1, 17},  {3, 8, 1, 7, 2, 1, 19},    {8, 8, 1, 1, 1, 1, 9},     {16, 33, 1, 1, 1, 1, 14},
    {33, 17, 1, 1, 2, 1, 15}, {16, 16, 1, 3, 1, 1, 14},  {32, 48, 1, 3, 1, 1, 13},  {64, 64, 1, 3, 1, 1, 16},
    {17, 5, 1, 5, 1, 1, 12},  {16, 16, 16, 3, 1, 1, 14}, {33, 33, 33, 3, 2, 1, 15}, {24, 24, 24, 5, 1, 1, 11},
    {16, 16, 4, 3, 1, 1, 12}, {32, 32, 2, 3, 1, 1, 13},  {48, 48, 3, 3, 2, 1, 14},  {16, 24, 1, 3, 1, 2, 15},
    {8, 8, 8, 3, 1, 2, 13},   {1, 1, 1, 3, 1, 1, 5},
};

struct ProductShape {
  int rows, depth, columns;
};
constexpr ProductShape kProducts[] = {{1, 7, 5}, {1, 512, 100}, {4, 33, 17}, {16, 64, 48}, {7, 300, 129}};

struct ChannelwiseNodes {
  std::string_view nodes;
  int terms;
};
// Over x of any number of channels {0}.
constexpr ChannelwiseNodes kChannelwise[] = {{"MaxPool x -> y kernel_shape=3,3 strides=2,2", 9},
                                             {"AveragePool x -> y kernel_shape=3,3 strides=2,2", 9},
                                             {"GlobalAveragePool x -> y", 143},
                                             {"Add x w -> s\nMul s v -> y", 2}};

}  // namespace

std::vector<float> Checks::reals(std::int64_t count) {
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = static_cast<float>(static_cast<std::int32_t>(random_())) * 0x1p-31F;
  return values;
}

std::vector<SmallModel> models_of_kernels(Checks& checks) {
  std::vector<SmallModel> models;
  for (const ConvolutionShape& c : kConvolutions) {
    const int pad = c.dilation * (c.kernel - 1) / 2;
    const int depth = c.channels / c.groups;
    const std::string weights = fmt::format("w {0},{1},{2},{2}\nb {0}", c.filters, depth, c.kernel);
    for (const std::string_view end : {" ", "\nRelu c -> y"}) {
      const std::string nodes = fmt::format(
          "Conv x w b -> {0} kernel_shape={1},{1} strides={2},{2} dilations={3},{3} pads={4},{4},{4},{4} group:{5}{6}",
          end.size() > 1 ? "c" : "y", c.kernel, c.stride, c.dilation, pad, c.groups, end);
      models.push_back(
          small_model(checks, nodes, weights, {1, c.channels, c.side, c.side}, depth * c.kernel * c.kernel, 4));
    }
  }
  for (const ProductShape& p : kProducts) {
    models.push_back(small_model(checks, "Gemm x w b -> y transB:1",
                                 fmt::format("w {0},{1}\nb {0}", p.columns, p.depth), {p.rows, p.depth}, p.depth, 2));
    models.push_back(small_model(checks, "MatMul x w -> y", fmt::format("w {},{}", p.depth, p.columns),
                                 {2, p.rows, p.depth}, p.depth, 3));
  }
  for (const int channels : {1, 16, 33}) {
    for (const auto& [nodes, terms] : kChannelwise) {
      const std::string weights = terms == 2 ? fmt::format("w {0},1,1\nv {0},1,1", channels) : std::string();
      models.push_back(small_model(checks, nodes, weights, {1, channels, 13, 11}, terms, 4));
    }
  }
  return models;
}

SmallModel small_network(Checks& checks, std::int64_t batch, std::int64_t side) {
  return small_model(checks,
                     "Conv x w1 -> c1 pads=1,1,1,1 strides=2,2\n"
                     "Relu c1 -> r1\n"
                     "Conv r1 w2 -> c2 pads=1,1,1,1\n"
                     "Add c2 r1 -> a\n"
                     "Relu a -> r2\n"
                     "Conv r2 w3 -> c3 pads=1,1,1,1 group:16\n"
                     "MaxPool c3 -> p kernel_shape=2,2 strides=2,2\n"
                     "GlobalAveragePool p -> g\n"
                     "Flatten g -> f\n"
                     "Gemm f w4 -> y transB:1",
                     "w1 16,3,3,3\nw2 16,16,3,3\nw3 16,1,3,3\nw4 10,16", {batch, 3, side, side}, 144, 2);
}

}  // namespace kite::cli
