// SPDX-License-Identifier: Apache-2.0
// Each way in which graphs begin with their preprocessing, and first nodes that are not preprocessing.
#include "analysis/front.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace kite {
namespace {

constexpr std::array<float, 3> kMean{0.485F, 0.456F, 0.406F};
constexpr std::array<float, 3> kStd{0.229F, 0.224F, 0.225F};

// A graph under construction that ends in a convolution; each node reads what the last one made.
class FrontCase {
 public:
  explicit FrontCase(std::vector<std::int64_t> dims = {1, 3, 8, 8}, DType dtype = DType::kFloat32) {
    last_ = graph_.add_value("x");
    GraphInput input{last_, dtype, {}};
    for (const std::int64_t dim : dims) input.dims.push_back({dim, ""});
    graph_.inputs.push_back(std::move(input));
  }
  ValueId number(float value) { return graph_.add_constant("k", Tensor::of<float>(Shape{}, {value})); }
  ValueId three(std::array<float, 3> v, const Shape& shape = {1, 3, 1, 1}) {
    return graph_.add_constant("c", Tensor::of<float>(shape, {v[0], v[1], v[2]}));
  }
  ValueId ints(std::vector<std::int64_t> values, bool is_scalar = false) {
    Tensor tensor(DType::kInt64, is_scalar ? Shape{} : Shape{static_cast<std::int64_t>(values.size())});
    std::ranges::copy(values, tensor.as<std::int64_t>());
    return graph_.add_constant("i", std::move(tensor));
  }
  ValueId node(const std::string& op, std::vector<ValueId> inputs, std::vector<Attribute> attributes = {},
               std::size_t outputs = 1) {
    Node node;
    node.op_type = op;
    node.inputs = std::move(inputs);
    for (Attribute& attribute : attributes) node.attributes.set(attribute.name, attribute.value);
    for (std::size_t i = 0; i < outputs; ++i) node.outputs.push_back(graph_.add_value(op));
    const ValueId first = node.outputs[0];
    (void)graph_.add_node(std::move(node));
    return first;
  }
  FrontCase& then(const std::string& op, std::vector<ValueId> more = {}, std::vector<Attribute> attributes = {}) {
    more.insert(more.begin(), last_);
    last_ = node(op, std::move(more), std::move(attributes));
    return *this;
  }
  FrontCase& batch_norm(std::array<float, 3> mean, std::array<float, 3> variance) {
    const Shape shape{3};
    return then("BatchNormalization",
                {three({1, 1, 1}, shape), three({0, 0, 0}, shape), three(mean, shape), three(variance, shape)});
  }
  ValueId last() const { return last_; }
  void set_last(ValueId id) { last_ = id; }
  Graph& graph() { return graph_; }
  std::string range() {
    graph_.outputs.push_back(node("Conv", {last_, number(0)}));
    const auto front = find_front(graph_);
    return front ? front->range : "none";
  }

 private:
  Graph graph_;
  ValueId last_ = kNoValue;
};

std::vector<std::int64_t> pixels() { return {1, 8, 8, 3}; }
Attribute perm(std::vector<std::int64_t> axes) { return {"perm", std::move(axes)}; }

TEST(Front, follows_a_long_chain_to_a_number) {
  FrontCase c;
  ValueId number = c.number(255);
  for (int i = 0; i < 200'000; ++i) number = c.node("Identity", {number});
  EXPECT_EQ(c.then("Cast").then("Div", {number}).range(), "0-255");
}

TEST(Front, scales_and_shifts_say_which_numbers_they_expect) {
  struct Row {
    const char* name;
    const char* range;
    std::function<void(FrontCase&)> build;
  };
  const std::vector<Row> rows = {
      {"nothing", "none", [](FrontCase&) {}},
      {"only a cast", "none", [](FrontCase& c) { c.then("Cast"); }},
      {"x / 255", "0-255", [](FrontCase& c) { c.then("Cast").then("Div", {c.number(255)}); }},
      {"x * (1 / 255)", "0-255", [](FrontCase& c) { c.then("Mul", {c.number(1 / 255.0F)}); }},
      {"x / 127.5 - 1", "0-255", [](FrontCase& c) { c.then("Div", {c.number(127.5F)}).then("Sub", {c.number(1)}); }},
      {"(x - 127.5) / 127.5", "0-255",
       [](FrontCase& c) { c.then("Sub", {c.number(127.5F)}).then("Div", {c.number(127.5F)}); }},
      {"(x / 255 - mean) / std", "0-255",
       [](FrontCase& c) { c.then("Div", {c.number(255)}).then("Sub", {c.three(kMean)}).then("Div", {c.three(kStd)}); }},
      {"(x - mean) / std", "0-1", [](FrontCase& c) { c.then("Sub", {c.three(kMean)}).then("Div", {c.three(kStd)}); }},
      {"2 x - 1", "0-1", [](FrontCase& c) { c.then("Mul", {c.number(2)}).then("Sub", {c.number(1)}); }},
      {"x - 0.5", "0-1", [](FrontCase& c) { c.then("Sub", {c.number(0.5F)}); }},
      {"255 x", "0-1", [](FrontCase& c) { c.then("Mul", {c.number(255)}); }},
      {"(x + 1) / 2", "-1-1", [](FrontCase& c) { c.then("Add", {c.number(1)}).then("Div", {c.number(2)}); }},
      {"x - caffe's means", "0-255", [](FrontCase& c) { c.then("Sub", {c.three({103.939F, 116.779F, 123.68F})}); }},
      {"statistics of bytes in a BatchNormalization", "0-255",
       [](FrontCase& c) { c.batch_norm({123, 117, 104}, {3400, 3260, 3290}); }},
      {"statistics of normalised numbers in a BatchNormalization", "none",
       [](FrontCase& c) { c.batch_norm({0.02F, 0.01F, 0.03F}, {1.1F, 1, 1.2F}); }},
      {"a learned scale", "unknown", [](FrontCase& c) { c.then("Mul", {c.three({7.1F, -3, 0.2F})}); }},
      {"the picture by itself", "unknown", [](FrontCase& c) { c.then("Mul", {c.last()}); }},
      {"a constant for each pixel", "unknown",
       [](FrontCase& c) { c.then("Add", {c.graph().add_constant("p", Tensor(DType::kFloat32, Shape{1, 3, 8, 8}))}); }},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    FrontCase c;
    row.build(c);
    EXPECT_EQ(c.range(), row.range);
  }
}

TEST(Front, channels_are_followed_through_transposes_and_reversals) {
  FrontCase keras(pixels());
  keras.then("Div", {keras.number(255)}).then("Transpose", {}, {perm({0, 3, 1, 2})});
  keras.then("Sub", {keras.three(kMean)}).then("Div", {keras.three(kStd)});
  EXPECT_EQ(keras.range(), "0-255");

  FrontCase last(pixels());
  last.then("Sub", {last.three({103.939F, 116.779F, 123.68F}, {3})}).then("Transpose", {}, {perm({0, 3, 1, 2})});
  EXPECT_EQ(last.range(), "0-255");

  FrontCase reversed;
  reversed.then("Gather", {reversed.ints({2, 1, 0})}, {{"axis", std::int64_t{1}}}).then("Div", {reversed.number(255)});
  EXPECT_EQ(reversed.range(), "0-255");

  FrontCase sliced;
  sliced.then("Slice", {sliced.ints({-1}), sliced.ints({-100}), sliced.ints({1}), sliced.ints({-1})});
  EXPECT_EQ(sliced.then("Div", {sliced.number(255)}).range(), "0-255");

  FrontCase split;
  const ValueId red = split.node("Split", {split.last()}, {{"axis", std::int64_t{1}}}, 3);
  split.set_last(split.node("Concat", {red + 2, red + 1, red}, {{"axis", std::int64_t{1}}}));
  EXPECT_EQ(split.then("Div", {split.number(255)}).range(), "0-255");
}

// torchvision's Inception brings ImageNet's numbers to -1..1, channel by channel.
TEST(Front, numbers_that_were_normalised_may_be_brought_to_another_range) {
  FrontCase c;
  std::vector<ValueId> planes;
  for (std::int64_t i = 0; i < 3; ++i) {
    const auto at = static_cast<std::size_t>(i);
    ValueId plane = c.node("Gather", {c.last(), c.ints({i}, true)}, {{"axis", std::int64_t{1}}});
    plane = c.node("Unsqueeze", {plane, c.ints({1})});
    plane = c.node("Mul", {plane, c.number(kStd[at] / 0.5F)});
    planes.push_back(c.node("Add", {plane, c.number((kMean[at] - 0.5F) / 0.5F)}));
  }
  c.set_last(c.node("Concat", planes, {{"axis", std::int64_t{1}}}));
  EXPECT_EQ(c.range(), "imagenet");
}

TEST(Front, two_ways_into_the_network_that_differ_are_unknown) {
  FrontCase c;
  const ValueId direct = c.node("Conv", {c.last(), c.number(0)});
  c.graph().outputs.push_back(direct);
  EXPECT_EQ(c.then("Div", {c.number(255)}).range(), "unknown");
}

TEST(Front, what_is_no_picture_has_none) {
  FrontCase row({1, 784});
  EXPECT_NE(row.then("Div", {row.number(255)}).range(), "0-1");
  FrontCase features({1, 12, 8, 8});
  EXPECT_EQ(features.then("Div", {features.number(255)}).range(), "none");
}

TEST(Front, text_reads_back) {
  const Front front{"0-255", "Div 255, Sub [0.485, 0.456, 0.406]"};
  EXPECT_EQ(parse_front(front_text(front)), front);
  EXPECT_EQ(parse_front("").range, "unknown");
}

}  // namespace
}  // namespace kite
