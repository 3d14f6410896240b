// SPDX-License-Identifier: Apache-2.0
// The last nodes of classifiers, as exporters and people write them, and what each output then holds.
#include "analysis/scores.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace kite {
namespace {

using Ints = std::vector<std::int64_t>;
using Attrs = std::vector<Attribute>;

Attribute attr(std::string name, std::int64_t value) { return {std::move(name), value}; }
Attribute attr(std::string name, Ints value) { return {std::move(name), std::move(value)}; }

// A graph whose types are given, not inferred: the analysis uses only the names of operators, which may be unknown.
class Ending {
 public:
  explicit Ending(std::int64_t batch = 1, std::int64_t classes = 5) {
    picture_ = graph_.add_value("x");
    graph_.value(picture_).type = TensorType{DType::kFloat32, {batch, 3, 8, 8}};
    graph_.inputs.push_back({picture_, DType::kFloat32, {}});
    logits = fresh({batch, classes});
  }

  int opset = 17;
  ValueId logits;

  // Numbers of unknown range, as a layer computes them.
  ValueId fresh(const Shape& shape) { return n("MatMul", {picture_, number(2)}, shape); }
  ValueId number(float value) { return graph_.add_constant("c", Tensor::of<float>({}, {value})); }
  ValueId numbers(std::initializer_list<float> values) {
    return graph_.add_constant("c", Tensor::of<float>({static_cast<std::int64_t>(values.size())}, values));
  }
  ValueId matrix(const Shape& shape, std::initializer_list<float> values) {
    return graph_.add_constant("c", Tensor::of<float>(shape, values));
  }
  ValueId ints(std::initializer_list<std::int64_t> values) {
    return graph_.add_constant("c", Tensor::of<std::int64_t>({static_cast<std::int64_t>(values.size())}, values));
  }
  const Shape& shape(ValueId id) { return graph_.value(id).type->shape; }

  // A node of one output; its shape is that of input 0 unless given.
  ValueId n(const char* op, std::vector<ValueId> inputs, const Attrs& attributes = {}) {
    const Shape same = shape(inputs[0]);
    return n(op, std::move(inputs), same, attributes);
  }
  ValueId n(const char* op, std::vector<ValueId> inputs, const Shape& shape, const Attrs& attributes = {},
            DType dtype = DType::kFloat32) {
    return nodes(op, std::move(inputs), {{dtype, shape}}, attributes).front();
  }
  std::vector<ValueId> nodes(const char* op, std::vector<ValueId> inputs, const std::vector<TensorType>& types,
                             const Attrs& attributes = {}) {
    Node node;
    node.op_type = op;
    node.name = op;
    node.opset = opset;
    node.inputs = std::move(inputs);
    for (const TensorType& type : types) {
      node.outputs.push_back(graph_.add_value("v"));
      graph_.value(node.outputs.back()).type = type;
    }
    for (const Attribute& attribute : attributes) node.attributes.set(attribute.name, attribute.value);
    auto outputs = node.outputs;
    graph_.add_node(std::move(node));
    return outputs;
  }

  ValueId softmax(ValueId x, std::int64_t axis = 1) { return n("Softmax", {x}, {attr("axis", axis)}); }
  ValueId softmax() { return softmax(logits); }
  ValueId sigmoid(ValueId x) { return n("Sigmoid", {x}); }

  std::vector<OutputScores> outputs(std::vector<ValueId> ids) {
    graph_.outputs = std::move(ids);
    return find_scores(graph_);
  }

 private:
  Graph graph_;
  ValueId picture_ = kNoValue;
};

struct Row {
  const char* what;
  OutputKind kind;
  std::function<ValueId(Ending&)> build;
  bool sums_to_one = false;
  double total = 1;
};

std::string text_of(const OutputScores& scores) { return scores_text({scores}); }

void expect_rows(const std::vector<Row>& rows, std::int64_t batch = 1) {
  for (const Row& row : rows) {
    Ending ending(batch);
    const ValueId output = row.build(ending);
    const OutputScores scores = ending.outputs({output}).front();
    EXPECT_EQ(output_kind_name(scores.kind), output_kind_name(row.kind)) << row.what << ": " << text_of(scores);
    EXPECT_EQ(scores.sums_to_one, row.sums_to_one) << row.what << ": " << text_of(scores);
    EXPECT_NEAR(scores.total, row.total, 1e-6) << row.what << ": " << text_of(scores);
    EXPECT_EQ(scores.kind == OutputKind::kUnclear, !scores.reason.empty()) << row.what << ": " << text_of(scores);
  }
}

constexpr OutputKind kLogits = OutputKind::kLogits;
constexpr OutputKind kProbabilities = OutputKind::kProbabilities;
constexpr OutputKind kIndependent = OutputKind::kIndependent;
constexpr OutputKind kUnclear = OutputKind::kUnclear;
constexpr OutputKind kLogs = OutputKind::kLogProbabilities;

TEST(Scores, what_does_not_touch_a_distribution_leaves_it_one) {
  expect_rows({
      {"Softmax", kProbabilities, [](Ending& e) { return e.softmax(); }, true},
      {"Softmax, Identity", kProbabilities, [](Ending& e) { return e.n("Identity", {e.softmax()}); }, true},
      {"Softmax, Cast to float64", kProbabilities,
       [](Ending& e) { return e.n("Cast", {e.softmax()}, {1, 5}, {}, DType::kFloat64); }, true},
      {"Softmax, Reshape [5]", kProbabilities,
       [](Ending& e) { return e.n("Reshape", {e.softmax(), e.ints({5})}, Shape{5}); }, true},
      {"Softmax of [1,5,1,1] over axis 1, Flatten", kProbabilities,
       [](Ending& e) { return e.n("Flatten", {e.softmax(e.fresh({1, 5, 1, 1}))}, {1, 5}); }, true},
      {"Softmax of [1,1,1,5] over axis 3, Squeeze", kProbabilities,
       [](Ending& e) { return e.n("Squeeze", {e.softmax(e.fresh({1, 1, 1, 5}), 3)}, {1, 5}); }, true},
      {"Softmax of [1,5,1,1], Transpose to channels last", kProbabilities,
       [](Ending& e) {
         return e.n("Transpose", {e.softmax(e.fresh({1, 5, 1, 1}))}, {1, 1, 1, 5}, {attr("perm", Ints{0, 2, 3, 1})});
       },
       true},
      {"Softmax of [5,1] over axis 0, Transpose", kProbabilities,
       [](Ending& e) { return e.n("Transpose", {e.softmax(e.fresh({5, 1}), 0)}, {1, 5}); }, true},
      {"Softmax, Dropout", kProbabilities, [](Ending& e) { return e.n("Dropout", {e.softmax()}); }, true},
      {"Softmax, Clip 0..1", kProbabilities,
       [](Ending& e) { return e.n("Clip", {e.softmax(), e.number(0), e.number(1)}); }, true},
      {"Softmax, Clip 1e-7..1-1e-7", kProbabilities,
       [](Ending& e) { return e.n("Clip", {e.softmax(), e.number(1e-7F), e.number(1 - 1e-7F)}); }, true},
      {"Softmax, Max with 0", kProbabilities, [](Ending& e) { return e.n("Max", {e.softmax(), e.number(0)}); }, true},
      {"Softmax, Min with 1", kProbabilities, [](Ending& e) { return e.n("Min", {e.softmax(), e.number(1)}); }, true},
      {"Softmax, Relu", kProbabilities, [](Ending& e) { return e.n("Relu", {e.softmax()}); }, true},
      {"Softmax, Add 0", kProbabilities, [](Ending& e) { return e.n("Add", {e.softmax(), e.number(0)}); }, true},
      {"Softmax, Add 1e-8", kProbabilities, [](Ending& e) { return e.n("Add", {e.softmax(), e.number(1e-8F)}); }, true},
      {"Softmax, Sub 0", kProbabilities, [](Ending& e) { return e.n("Sub", {e.softmax(), e.number(0)}); }, true},
      {"1 times Softmax", kProbabilities, [](Ending& e) { return e.n("Mul", {e.number(1), e.softmax()}, Shape{1, 5}); },
       true},
      {"Softmax, Div by 1", kProbabilities, [](Ending& e) { return e.n("Div", {e.softmax(), e.number(1)}); }, true},
      {"Softmax, Pow 1", kProbabilities, [](Ending& e) { return e.n("Pow", {e.softmax(), e.number(1)}); }, true},
      {"Softmax, all classes gathered in another order", kProbabilities,
       [](Ending& e) { return e.n("Gather", {e.softmax(), e.ints({4, 3, 2, 1, 0})}, {attr("axis", 1)}); }, true},
      {"Softmax, quantised and back", kProbabilities,
       [](Ending& e) {
         const ValueId q = e.n("QuantizeLinear", {e.softmax(), e.number(1 / 256.F)}, {1, 5}, {}, DType::kUInt8);
         return e.n("DequantizeLinear", {q, e.number(1 / 256.F)}, {1, 5});
       },
       true},
      {"temperature, Softmax", kProbabilities,
       [](Ending& e) { return e.softmax(e.n("Div", {e.logits, e.number(1.5F)})); }, true},
      {"Hardmax", kProbabilities, [](Ending& e) { return e.n("Hardmax", {e.logits}, {attr("axis", 1)}); }, true},
      {"ArgMax, OneHot", kProbabilities,
       [](Ending& e) {
         const ValueId best =
             e.n("ArgMax", {e.logits}, Shape{1}, {attr("axis", 1), attr("keepdims", 0)}, DType::kInt64);
         return e.n("OneHot", {best, e.ints({5}), e.numbers({0, 1})}, {1, 5});
       },
       true},
  });
}

TEST(Scores, means_and_scales_of_distributions_are_known) {
  const auto other = [](Ending& e) { return e.softmax(e.fresh({1, 5})); };
  expect_rows({
      {"(p + q) / 2", kProbabilities,
       [&](Ending& e) { return e.n("Div", {e.n("Add", {e.softmax(), other(e)}), e.number(2)}); }, true},
      {"(p + q) * 0.5", kProbabilities,
       [&](Ending& e) { return e.n("Mul", {e.n("Add", {e.softmax(), other(e)}), e.number(0.5F)}); }, true},
      {"0.3 p + 0.7 q", kProbabilities,
       [&](Ending& e) {
         return e.n("Add", {e.n("Mul", {e.softmax(), e.number(0.25F)}), e.n("Mul", {other(e), e.number(0.75F)})});
       },
       true},
      {"Mean of three", kProbabilities, [&](Ending& e) { return e.n("Mean", {e.softmax(), other(e), other(e)}); },
       true},
      {"Sum of two", kProbabilities, [&](Ending& e) { return e.n("Sum", {e.softmax(), other(e)}); }, true, 2},
      {"per cent", kProbabilities, [](Ending& e) { return e.n("Mul", {e.softmax(), e.number(100)}); }, true, 100},
      {"ten crops, Softmax, ReduceMean", kProbabilities,
       [](Ending& e) { return e.n("ReduceMean", {e.softmax(e.fresh({10, 5}))}, {1, 5}, {attr("axes", Ints{0})}); },
       true},
      {"[1,10,5], Softmax over the last axis, ReduceSum over the views", kProbabilities,
       [](Ending& e) { return e.n("ReduceSum", {e.softmax(e.fresh({1, 10, 5}), 2), e.ints({1})}, {1, 5}); }, true, 10},
      {"two heads stacked, Softmax, ReduceMean over the heads", kProbabilities,
       [&](Ending& e) {
         const ValueId both = e.n("Concat", {e.softmax(), other(e)}, {2, 5}, {attr("axis", 0)});
         return e.n("ReduceMean", {both}, {1, 5}, {attr("axes", Ints{0})});
       },
       true},
      {"Softmax over channels at each position, GlobalAveragePool", kProbabilities,
       [](Ending& e) { return e.n("GlobalAveragePool", {e.softmax(e.fresh({1, 5, 7, 7}))}, {1, 5, 1, 1}); }, true},
      {"smoothed", kProbabilities,
       [](Ending& e) { return e.n("Add", {e.n("Mul", {e.softmax(), e.number(0.5F)}), e.number(0.1F)}); }, true},
      {"groups of classes by ReduceSum", kProbabilities,
       [](Ending& e) {
         const ValueId p = e.n("Reshape", {e.softmax(e.fresh({1, 10})), e.ints({1, 5, 2})}, {1, 5, 2});
         return e.n("ReduceSum", {p, e.ints({2})}, {1, 5});
       },
       true},
      {"groups of classes by a table", kProbabilities,
       [](Ending& e) { return e.n("MatMul", {e.softmax(), e.matrix({5, 2}, {1, 0, 1, 0, 1, 0, 0, 1, 0, 1})}, {1, 2}); },
       true},
      {"mean of the logits", kLogits,
       [](Ending& e) { return e.n("Mul", {e.n("Add", {e.logits, e.fresh({1, 5})}), e.number(0.5F)}); }},
      {"a mean that a gate weights", kUnclear,
       [&](Ending& e) {
         const ValueId gate = e.sigmoid(e.fresh({1, 1}));
         return e.n("Add",
                    {e.n("Mul", {e.softmax(), gate}), e.n("Mul", {other(e), e.n("Sub", {e.number(1), gate}, {1, 1})})});
       }},
  });
}

TEST(Scores, some_classes_of_a_distribution_need_not_sum_to_one) {
  expect_rows({
      {"Softmax, Slice without the background", kProbabilities,
       [](Ending& e) { return e.n("Slice", {e.softmax(), e.ints({1}), e.ints({5}), e.ints({1})}, {1, 4}); }},
      {"Softmax, Gather of three", kProbabilities,
       [](Ending& e) { return e.n("Gather", {e.softmax(), e.ints({0, 2, 4})}, {1, 3}, {attr("axis", 1)}); }},
      {"Softmax of two, the second alone", kProbabilities,
       [](Ending& e) { return e.n("Gather", {e.softmax(e.fresh({1, 2})), e.ints({1})}, {1, 1}, {attr("axis", 1)}); }},
      {"two heads joined", kProbabilities,
       [](Ending& e) { return e.n("Concat", {e.softmax(), e.softmax(e.fresh({1, 3}))}, {1, 8}, {attr("axis", 1)}); }},
      {"the larger of two", kProbabilities,
       [](Ending& e) { return e.n("Max", {e.softmax(), e.softmax(e.fresh({1, 5}))}); }},
      {"ReduceMax over views", kProbabilities,
       [](Ending& e) { return e.n("ReduceMax", {e.softmax(e.fresh({10, 5}))}, {1, 5}, {attr("axes", Ints{0})}); }},
      {"yes and no for each label, yes is kept", kIndependent,
       [](Ending& e) {
         const ValueId p = e.softmax(e.fresh({1, 5, 2}), 2);
         return e.n("Gather", {p, e.ints({1})}, {1, 5, 1}, {attr("axis", 2)});
       }},
      {"masked", kProbabilities, [](Ending& e) { return e.n("Mul", {e.softmax(), e.numbers({1, 1, 0, 1, 1})}); }},
      {"those below a half are zero", kProbabilities,
       [](Ending& e) {
         const ValueId p = e.softmax();
         const ValueId large = e.n("Greater", {p, e.number(0.5F)}, {1, 5}, {}, DType::kBool);
         return e.n("Where", {large, p, e.number(0)}, {1, 5});
       }},
  });
  Ending split;
  const auto parts = split.nodes("Split", {split.softmax(), split.ints({1, 4})},
                                 {{DType::kFloat32, {1, 1}}, {DType::kFloat32, {1, 4}}}, {attr("axis", 1)});
  EXPECT_EQ(split.outputs({parts[1]}).front().kind, kProbabilities);
}

TEST(Scores, softmax_is_known_however_it_is_spelled) {
  const auto shares = [](Ending& e, ValueId x, const char* sum = "ReduceSum") {
    return e.n("Div", {x, e.n(sum, {x, e.ints({1})}, {1, 1}, {attr("keepdims", 1)})});
  };
  expect_rows({
      {"exp(x) / sum", kProbabilities, [&](Ending& e) { return shares(e, e.n("Exp", {e.logits})); }, true},
      {"exp(x - max) / sum", kProbabilities,
       [&](Ending& e) {
         const ValueId most = e.n("ReduceMax", {e.logits}, {1, 1}, {attr("axes", Ints{1})});
         return shares(e, e.n("Exp", {e.n("Sub", {e.logits, most})}));
       },
       true},
      {"exp computed twice", kProbabilities,
       [](Ending& e) {
         const ValueId sum = e.n("ReduceSum", {e.n("Exp", {e.logits}), e.ints({1})}, {1, 1});
         return e.n("Div", {e.n("Exp", {e.logits}), sum});
       },
       true},
      {"the sum without its axis, unsqueezed, and an epsilon", kProbabilities,
       [](Ending& e) {
         const ValueId x = e.n("Exp", {e.logits});
         const ValueId sum = e.n("Unsqueeze", {e.n("ReduceSum", {x, e.ints({1})}, Shape{1}), e.ints({1})}, {1, 1});
         return e.n("Div", {x, e.n("Add", {sum, e.number(1e-6F)})});
       },
       true},
      {"times the reciprocal", kProbabilities,
       [](Ending& e) {
         const ValueId x = e.n("Exp", {e.logits});
         return e.n("Mul", {x, e.n("Reciprocal", {e.n("ReduceSum", {x, e.ints({1})}, {1, 1})})});
       },
       true},
      {"times 1 / sum", kProbabilities,
       [](Ending& e) {
         const ValueId x = e.n("Exp", {e.logits});
         const ValueId one = e.n("Div", {e.number(1), e.n("ReduceSum", {x, e.ints({-1})}, {1, 1})}, {1, 1});
         return e.n("Mul", {x, one});
       },
       true},
      {"softplus shares", kProbabilities, [&](Ending& e) { return shares(e, e.n("Softplus", {e.logits})); }, true},
      {"sigmoids normalised", kProbabilities, [&](Ending& e) { return shares(e, e.sigmoid(e.logits)); }, true},
      {"ReduceL1", kProbabilities, [&](Ending& e) { return shares(e, e.n("Exp", {e.logits}), "ReduceL1"); }, true},
      {"LpNormalization of order 1", kProbabilities,
       [](Ending& e) { return e.n("LpNormalization", {e.n("Exp", {e.logits})}, {attr("axis", 1), attr("p", 1)}); },
       true},
      {"sharpened softmax, normalised again", kProbabilities,
       [&](Ending& e) { return shares(e, e.n("Pow", {e.softmax(), e.number(2)})); }, true},
      {"exp(LogSoftmax)", kProbabilities,
       [](Ending& e) { return e.n("Exp", {e.n("LogSoftmax", {e.logits}, {attr("axis", 1)})}); }, true},
      {"exp alone", kUnclear, [](Ending& e) { return e.n("Exp", {e.logits}); }},
      {"shares of numbers that may be negative", kLogits, [&](Ending& e) { return shares(e, e.logits); }},
  });
}

TEST(Scores, logarithms_of_probabilities_are_known) {
  const auto log_sum = [](Ending& e, ValueId x) {
    return e.n("Log", {e.n("ReduceSum", {e.n("Exp", {x}), e.ints({1})}, {1, 1})});
  };
  expect_rows({
      {"LogSoftmax", kLogs, [](Ending& e) { return e.n("LogSoftmax", {e.logits}, {attr("axis", 1)}); }, true},
      {"log(Softmax)", kLogs, [](Ending& e) { return e.n("Log", {e.softmax()}); }, true},
      {"log(Softmax + epsilon)", kLogs,
       [](Ending& e) { return e.n("Log", {e.n("Add", {e.softmax(), e.number(1e-7F)})}); }, true},
      {"x - log(sum(exp(x)))", kLogs, [&](Ending& e) { return e.n("Sub", {e.logits, log_sum(e, e.logits)}); }, true},
      {"x - ReduceLogSumExp(x)", kLogs,
       [](Ending& e) { return e.n("Sub", {e.logits, e.n("ReduceLogSumExp", {e.logits, e.ints({1})}, {1, 1})}); }, true},
      {"x - m - log(sum(exp(x - m)))", kLogs,
       [&](Ending& e) {
         const ValueId x = e.n("Sub", {e.logits, e.n("ReduceMax", {e.logits}, {1, 1}, {attr("axes", Ints{1})})});
         return e.n("Sub", {x, log_sum(e, x)});
       },
       true},
      {"x - (m + log(sum(exp(x - m))))", kLogs,
       [&](Ending& e) {
         const ValueId m = e.n("ReduceMax", {e.logits}, {1, 1}, {attr("axes", Ints{1})});
         const ValueId rest = log_sum(e, e.n("Sub", {e.logits, m}));
         return e.n("Sub", {e.logits, e.n("Add", {m, rest})});
       },
       true},
      {"log(Sigmoid)", OutputKind::kLogIndependent, [](Ending& e) { return e.n("Log", {e.sigmoid(e.logits)}); }},
      {"-softplus(-x)", OutputKind::kLogIndependent,
       [](Ending& e) { return e.n("Neg", {e.n("Softplus", {e.n("Neg", {e.logits})})}); }},
      {"-LogSoftmax", kUnclear,
       [](Ending& e) { return e.n("Neg", {e.n("LogSoftmax", {e.logits}, {attr("axis", 1)})}); }},
      {"sum of two LogSoftmax: logits of a product", kLogits,
       [](Ending& e) {
         const ValueId p = e.n("LogSoftmax", {e.logits}, {attr("axis", 1)});
         return e.n("Add", {p, e.n("LogSoftmax", {e.fresh({1, 5})}, {attr("axis", 1)})});
       }},
  });
}

TEST(Scores, sigmoids_are_known_however_they_are_spelled) {
  expect_rows({
      {"Sigmoid", kIndependent, [](Ending& e) { return e.sigmoid(e.logits); }},
      {"HardSigmoid", kIndependent, [](Ending& e) { return e.n("HardSigmoid", {e.logits}); }},
      {"1 / (1 + exp(-x))", kIndependent,
       [](Ending& e) {
         const ValueId x = e.n("Add", {e.n("Exp", {e.n("Neg", {e.logits})}), e.number(1)});
         return e.n("Div", {e.number(1), x}, {1, 5});
       }},
      {"Reciprocal(1 + exp(-x))", kIndependent,
       [](Ending& e) {
         return e.n("Reciprocal", {e.n("Add", {e.number(1), e.n("Exp", {e.n("Neg", {e.logits})})}, {1, 5})});
       }},
      {"exp(x) / (1 + exp(x))", kIndependent,
       [](Ending& e) {
         const ValueId x = e.n("Exp", {e.logits});
         return e.n("Div", {x, e.n("Add", {x, e.number(1)})});
       }},
      {"(tanh(x) + 1) / 2", kIndependent,
       [](Ending& e) { return e.n("Div", {e.n("Add", {e.n("Tanh", {e.logits}), e.number(1)}), e.number(2)}); }},
      {"tanh(x) * 0.5 + 0.5", kIndependent,
       [](Ending& e) { return e.n("Add", {e.n("Mul", {e.n("Tanh", {e.logits}), e.number(0.5F)}), e.number(0.5F)}); }},
      {"clip(x + 3, 0, 6) / 6", kIndependent,
       [](Ending& e) {
         const ValueId x = e.n("Clip", {e.n("Add", {e.logits, e.number(3)}), e.number(0), e.number(6)});
         return e.n("Div", {x, e.number(6)});
       }},
      {"the mean of two", kIndependent,
       [](Ending& e) { return e.n("Mean", {e.sigmoid(e.logits), e.sigmoid(e.fresh({1, 5}))}); }},
      {"per cent", kIndependent, [](Ending& e) { return e.n("Mul", {e.sigmoid(e.logits), e.number(100)}); }, false,
       100},
      {"an object's times a class's", kIndependent,
       [](Ending& e) { return e.n("Mul", {e.sigmoid(e.logits), e.sigmoid(e.fresh({1, 1}))}); }},
      {"the largest over positions", kIndependent,
       [](Ending& e) { return e.n("GlobalMaxPool", {e.sigmoid(e.fresh({1, 5, 7, 7}))}, {1, 5, 1, 1}); }},
      {"Greater than 0.5 as float", kIndependent,
       [](Ending& e) {
         const ValueId large = e.n("Greater", {e.sigmoid(e.logits), e.number(0.5F)}, {1, 5}, {}, DType::kBool);
         return e.n("Cast", {large}, {1, 5});
       }},
      {"1 - p and p joined", kProbabilities,
       [](Ending& e) {
         const ValueId p = e.sigmoid(e.fresh({1, 1}));
         return e.n("Concat", {e.n("Sub", {e.number(1), p}, {1, 1}), p}, {1, 2}, {attr("axis", 1)});
       },
       true},
      {"Sigmoid cut to whole numbers", kUnclear,
       [](Ending& e) { return e.n("Cast", {e.sigmoid(e.logits)}, {1, 5}, {}, DType::kInt32); }},
  });
}

TEST(Scores, other_endings_are_logits) {
  expect_rows({
      {"a layer", kLogits, [](Ending& e) { return e.logits; }},
      {"Relu", kLogits, [](Ending& e) { return e.n("Relu", {e.logits}); }},
      {"Relu6", kLogits, [](Ending& e) { return e.n("Clip", {e.logits, e.number(0), e.number(6)}); }},
      {"Tanh", kLogits, [](Ending& e) { return e.n("Tanh", {e.logits}); }},
      {"an operator of another domain", kLogits, [](Ending& e) { return e.n("FancyActivation", {e.logits}); }},
      {"temperature", kLogits, [](Ending& e) { return e.n("Div", {e.logits, e.number(0.07F)}); }},
      {"a gate", kLogits, [](Ending& e) { return e.n("Mul", {e.logits, e.sigmoid(e.fresh({1, 5}))}); }},
      {"attention over positions, which is no softmax over classes", kLogits,
       [](Ending& e) {
         const ValueId map = e.softmax(e.fresh({1, 5, 49}), 2);
         return e.n("ReduceSum", {e.n("Mul", {map, e.fresh({1, 5, 49})}), e.ints({2})}, {1, 5});
       }},
      {"attention, then a layer", kLogits,
       [](Ending& e) { return e.n("MatMul", {e.softmax(e.fresh({1, 5}), 1), e.fresh({5, 7})}, {1, 7}); }},
      {"a layer that was learned over probabilities", kLogits,
       [](Ending& e) {
         return e.n("MatMul", {e.softmax(), e.matrix({5, 2}, {1, 0, -1, 0, 1, 0, 0, 1, 0, 1})}, {1, 2});
       }},
      {"LogSumExp pooling", kLogits,
       [](Ending& e) {
         const ValueId x = e.n("Exp", {e.fresh({1, 5, 49})});
         return e.n("Log", {e.n("ReduceMean", {x}, {1, 5}, {attr("axes", Ints{2})})});
       }},
      {"a bias for each class", kLogits, [](Ending& e) { return e.n("Add", {e.logits, e.numbers({1, 2, 3, 4, 5})}); }},
  });
}

TEST(Scores, arithmetic_that_leaves_no_kind_of_score_is_unclear_with_a_reason) {
  expect_rows({
      {"-Softmax", kUnclear, [](Ending& e) { return e.n("Neg", {e.softmax()}); }},
      {"an operator without a rule", kUnclear, [](Ending& e) { return e.n("FancyActivation", {e.softmax()}); }},
      {"Softmax times something of the picture", kUnclear,
       [](Ending& e) { return e.n("Mul", {e.softmax(), e.fresh({1, 1})}); }},
      {"weights above 1", kUnclear, [](Ending& e) { return e.n("Mul", {e.softmax(), e.numbers({1, 2, 3, 4, 5})}); },
       false},
      {"unit length", kUnclear,
       [](Ending& e) { return e.n("Div", {e.logits, e.n("ReduceL2", {e.logits}, {1, 1}, {attr("axes", Ints{1})})}); }},
      {"the class plus one", kUnclear,
       [](Ending& e) {
         const ValueId best = e.n("ArgMax", {e.logits}, {1, 1}, {attr("axis", 1)}, DType::kInt64);
         return e.n("Add", {best, e.ints({1})}, {1, 1}, {}, DType::kInt64);
       }},
      {"quantised", kUnclear,
       [](Ending& e) { return e.n("QuantizeLinear", {e.softmax(), e.number(1 / 256.F)}, {1, 5}, {}, DType::kUInt8); }},
      {"whole numbers", kUnclear, [](Ending& e) { return e.n("Cast", {e.logits}, {1, 5}, {}, DType::kInt32); }},
  });
}

TEST(Scores, before_opset_13_softmax_goes_over_all_axes_behind_its_own) {
  for (const bool is_old : {false, true}) {
    Ending e;
    e.opset = is_old ? 11 : 13;
    // Over axis 1 of [1,1,5]: five numbers as one group, or five groups of one.
    const OutputScores scores = e.outputs({e.softmax(e.fresh({1, 1, 5}))}).front();
    EXPECT_EQ(scores.sums_to_one, is_old) << text_of(scores);
    EXPECT_EQ(scores.kind, is_old ? kProbabilities : kIndependent);
    EXPECT_EQ(scores.reason.empty(), is_old) << "every probability is 1, which is worth a word";
  }
}

TEST(Scores, a_batch_is_no_class_axis) {
  expect_rows({{"Softmax", kProbabilities, [](Ending& e) { return e.softmax(); }, true},
               {"logits", kLogits, [](Ending& e) { return e.logits; }},
               {"Softmax over the pictures", kUnclear, [](Ending& e) { return e.softmax(e.logits, 0); }}},
              4);
  Ending four(4);
  EXPECT_EQ(four.outputs({four.softmax()}).front().class_axis, 1);
  // One probability a picture, squeezed.
  const OutputScores binary = four.outputs({four.n("Squeeze", {four.sigmoid(four.fresh({4, 1}))}, Shape{4})}).front();
  EXPECT_EQ(binary.classes, 1);
  EXPECT_EQ(binary.kind, kIndependent);
  EXPECT_EQ(four.outputs({four.fresh({1, 5})}).front().kind, OutputKind::kNoVector);
}

TEST(Scores, the_class_axis_is_found_in_every_layout) {
  struct Layout {
    Shape shape;
    int axis;
    std::int64_t classes;
  };
  for (const Layout& layout : {Layout{{1, 5}, 1, 5}, Layout{{5}, 0, 5}, Layout{{1, 5, 1, 1}, 1, 5},
                               Layout{{1, 1, 1, 5}, 3, 5}, Layout{{}, 0, 1}, Layout{{1, 1}, 1, 1}}) {
    Ending e;
    const OutputScores scores = e.outputs({e.fresh(layout.shape)}).front();
    EXPECT_EQ(scores.class_axis, layout.axis) << layout.shape.to_string();
    EXPECT_EQ(scores.classes, layout.classes) << layout.shape.to_string();
  }
  Ending e;
  for (const Shape& shape : {Shape{1, 5, 7, 7}, Shape{1, 50, 768}, Shape{0, 5}}) {
    EXPECT_EQ(e.outputs({e.fresh(shape)}).front().kind, OutputKind::kNoVector) << shape.to_string();
  }
}

TEST(Scores, the_best_classes_are_paired_with_their_scores) {
  const TensorType values{DType::kFloat32, {1, 3}};
  const TensorType indices{DType::kInt64, {1, 3}};
  Ending top;
  const auto best = top.nodes("TopK", {top.softmax(), top.ints({3})}, {values, indices});
  const auto found = top.outputs({best[0], best[1]});
  EXPECT_EQ(found[0].kind, kProbabilities);
  EXPECT_EQ(found[0].ranked, 3);
  EXPECT_EQ(found[0].partner, 1);
  EXPECT_EQ(found[1].kind, OutputKind::kClassIndex);
  EXPECT_EQ(found[1].classes, 5);
  EXPECT_EQ(found[1].partner, 0);

  Ending late;  // the softmax of the best three only
  const auto raw = late.nodes("TopK", {late.logits, late.ints({3})}, {values, indices});
  const auto outputs = late.outputs({raw[1], late.softmax(raw[0])});
  EXPECT_EQ(outputs[0].partner, 1);
  EXPECT_EQ(outputs[1].kind, kProbabilities);
  EXPECT_EQ(outputs[1].ranked, 3);

  Ending single;
  const ValueId index = single.n("ArgMax", {single.logits}, Shape{1}, {attr("axis", 1)}, DType::kInt64);
  const ValueId p = single.n("ReduceMax", {single.softmax()}, Shape{1}, {attr("axes", Ints{1})});
  const auto pair = single.outputs({index, p});
  EXPECT_EQ(pair[0].kind, OutputKind::kClassIndex);
  EXPECT_EQ(pair[0].partner, 1);
  EXPECT_EQ(pair[1].kind, kProbabilities);

  Ending cut;  // ranked scores are no vector of classes any more
  const auto ranked = cut.nodes("TopK", {cut.softmax(), cut.ints({3})}, {values, indices});
  EXPECT_EQ(cut.outputs({cut.n("Mul", {ranked[0], cut.number(2)})}).front().ranked, 3);
  EXPECT_EQ(
      cut.outputs({cut.n("Slice", {ranked[0], cut.ints({0}), cut.ints({1}), cut.ints({1})}, {1, 1})}).front().ranked,
      1);

  Ending map;
  EXPECT_EQ(map.outputs({map.n("ArgMax", {map.fresh({1, 5, 7, 7})}, {1, 7, 7}, {attr("axis", 1)}, DType::kInt64)})
                .front()
                .kind,
            OutputKind::kNoVector);
}

TEST(Scores, logits_are_paired_with_the_probabilities_that_the_graph_makes_of_them) {
  Ending e;
  const ValueId halved = e.n("Mul", {e.logits, e.number(0.5F)});
  const ValueId other = e.fresh({1, 5});
  const auto found = e.outputs({e.logits, other, e.sigmoid(halved), e.sigmoid(e.fresh({1, 4}))});
  EXPECT_EQ(found[0].partner, 2);
  EXPECT_EQ(found[1].partner, -1);
  EXPECT_EQ(found[2].partner, -1);

  Ending hierarchy;  // the second head has classes of its own
  const ValueId second = hierarchy.n("MatMul", {hierarchy.logits, hierarchy.number(2)}, {1, 4});
  EXPECT_EQ(hierarchy.outputs({hierarchy.logits, hierarchy.softmax(second)})[0].partner, -1);
}

TEST(Scores, are_written_and_read_back) {
  std::vector<OutputScores> outputs(3);
  outputs[0] = {kProbabilities, 1000, 1, true, 1, 0, -1, ""};
  outputs[1] = {kUnclear, 5, 3, false, 1.0 / 3, 0, -1, "node \"a b\" (Neg) changes the sign"};
  outputs[2] = {OutputKind::kClassIndex, 1000, 1, false, 1, 5, 0, ""};
  EXPECT_EQ(parse_scores(scores_text(outputs)), outputs);
  EXPECT_TRUE(parse_scores("").value().empty());
  for (const char* text : {"logits", "logits 5 1 0 1 0 -1 ", "odd 5 1 0 1 0 -1 \n", "logits 5 9 0 1 0 -1 \n",
                           "logits -5 1 0 1 0 -1 \n", "logits 5 1 0 nan 0 -1 \n", "logits 5 1 0 1 0 1 \n", "\n"}) {
    EXPECT_FALSE(parse_scores(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace kite
