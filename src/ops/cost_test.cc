// SPDX-License-Identifier: Apache-2.0
// Every operator charges what folding it costs: the elements that it reads and writes, and each result as often as it
// is made from others. An operator that is in none of the three lists fails.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "ops/operator_calls.h"

namespace kite {
namespace {

// The steps of the operator's first call in operator_calls.cc, counted by hand: results times what each is made from.
const std::map<std::string, std::int64_t> kProducts = {
    {"paperkite.GRU", 2 * 4 * 9 * 9 * 3},
    {"paperkite.LSTM", 4 * 9 * 20 * 5},
    {"paperkite.QLinearConv", 175 * 27},
    {"paperkite.RNN", 4 * 9 * 17 * 17},
    {"Attention", 2 * 4 * 7 * 9 * (5 + 3)},
    {"CausalConvWithState", 231 * 4},
    {"Col2Im", 432 * 4},
    {"ConvTranspose", 420 * 5 * 6},
    {"DeformConv", 288 * 8},
    {"FlexAttention", 2 * 4 * 7 * 9 * (5 + 3)},
    {"GRU", 4 * 9 * 15 * 7},
    {"LSTM", 2 * 4 * 9 * 20 * 7},
    {"LinearAttention", 60 * 3 * 7},
    {"LpPool", 588 * 6},
    {"RNN", 4 * 9 * 5 * 7},
    {"AffineGrid", 594 * 3},
    {"AveragePool", 720 * 6},
    {"Conv", 1260 * 27},
    {"ConvInteger", 175 * 27},
    {"DFT", 222 * 37},
    {"Det", 37 * 5 * 5 * 5 / 3},
    {"Einsum", 135 * 7},
    {"Gemm", 1350 * 33},
    {"GridSample", 594 * 4},
    {"LRN", 350 * 3},
    {"MatMul", 6750 * 33},
    {"MatMulInteger", 6750 * 33},
    {"MaxPool", 420 * 9},
    {"MaxRoiPool", 37 * 9 * (4 + 9)},
    {"NonMaxSuppression", 30 * 30},
    {"QLinearConv", 175 * 27},
    {"QLinearMatMul", 6750 * 33},
    {"Resize", 663 * 4},
    {"RoiAlign", 37 * 3 * (10 + 18) * 4},
    {"STFT", 462 * 13},
    {"TfIdfVectorizer", 2 * 50 * 4},
    {"TopK", 45 * 20 * 3},
    {"Unique", 1221 * 15},
    {"com.microsoft.DynamicQuantizeMatMul", 1800 * 33},
    {"com.microsoft.MatMulIntegerToFloat", 1350 * 33},
    {"com.microsoft.QGemm", 1350 * 33},
    {"com.microsoft.QLinearAveragePool", 560 * 4},
    {"paperkite.AveragePool", 3626 * 6},
    {"paperkite.Conv", 1260 * 54},
    {"paperkite.Linear", 4050 * 33},
    {"paperkite.MaxPool", 3108 * 9},
    {"paperkite.QLinearConv", 175 * 27},
};

// Each element is read and written a fixed number of times.
const std::set<std::string> kLinear = {"MeanVarianceNormalization",
                                       "Swish",
                                       "TensorScatter",
                                       "SwiGLU",
                                       "RotaryEmbedding",
                                       "RMSNormalization",
                                       "MaxUnpool",
                                       "GlobalLpPool",
                                       "Abs",
                                       "Acos",
                                       "Acosh",
                                       "Add",
                                       "And",
                                       "ArgMax",
                                       "ArgMin",
                                       "Asin",
                                       "Asinh",
                                       "Atan",
                                       "Atanh",
                                       "BatchNormalization",
                                       "BitCast",
                                       "BitShift",
                                       "BitwiseAnd",
                                       "BitwiseNot",
                                       "BitwiseOr",
                                       "BitwiseXor",
                                       "BlackmanWindow",
                                       "Cast",
                                       "CastLike",
                                       "Ceil",
                                       "Celu",
                                       "CenterCropPad",
                                       "Clip",
                                       "Compress",
                                       "Concat",
                                       "Constant",
                                       "ConstantOfShape",
                                       "Cos",
                                       "Cosh",
                                       "CumProd",
                                       "CumSum",
                                       "DepthToSpace",
                                       "DequantizeLinear",
                                       "Div",
                                       "Dropout",
                                       "DynamicQuantizeLinear",
                                       "Elu",
                                       "Equal",
                                       "Erf",
                                       "Exp",
                                       "Expand",
                                       "EyeLike",
                                       "Flatten",
                                       "Floor",
                                       "Gather",
                                       "GatherElements",
                                       "GatherND",
                                       "Gelu",
                                       "GlobalAveragePool",
                                       "GlobalMaxPool",
                                       "Greater",
                                       "GreaterOrEqual",
                                       "GroupNormalization",
                                       "HammingWindow",
                                       "HannWindow",
                                       "HardSigmoid",
                                       "HardSwish",
                                       "Hardmax",
                                       "Identity",
                                       "InstanceNormalization",
                                       "IsInf",
                                       "IsNaN",
                                       "LayerNormalization",
                                       "LeakyRelu",
                                       "Less",
                                       "LessOrEqual",
                                       "Log",
                                       "LogSoftmax",
                                       "LpNormalization",
                                       "Max",
                                       "Mean",
                                       "MelWeightMatrix",
                                       "Min",
                                       "Mish",
                                       "Mod",
                                       "Mul",
                                       "Neg",
                                       "NegativeLogLikelihoodLoss",
                                       "NonZero",
                                       "Not",
                                       "OneHot",
                                       "Or",
                                       "PRelu",
                                       "Pad",
                                       "Pow",
                                       "QuantizeLinear",
                                       "Range",
                                       "Reciprocal",
                                       "ReduceL1",
                                       "ReduceL2",
                                       "ReduceLogSum",
                                       "ReduceLogSumExp",
                                       "ReduceMax",
                                       "ReduceMean",
                                       "ReduceMin",
                                       "ReduceProd",
                                       "ReduceSum",
                                       "ReduceSumSquare",
                                       "Relu",
                                       "Reshape",
                                       "ReverseSequence",
                                       "Round",
                                       "ScatterElements",
                                       "ScatterND",
                                       "Selu",
                                       "Shape",
                                       "Shrink",
                                       "Sigmoid",
                                       "Sign",
                                       "Sin",
                                       "Sinh",
                                       "Size",
                                       "Slice",
                                       "Softmax",
                                       "SoftmaxCrossEntropyLoss",
                                       "Softplus",
                                       "Softsign",
                                       "SpaceToDepth",
                                       "Split",
                                       "Sqrt",
                                       "Squeeze",
                                       "Sub",
                                       "Sum",
                                       "Tan",
                                       "Tanh",
                                       "ThresholdedRelu",
                                       "Tile",
                                       "Transpose",
                                       "Trilu",
                                       "Unsqueeze",
                                       "Upsample",
                                       "Where",
                                       "Xor",
                                       "com.microsoft.DequantizeLinear",
                                       "com.microsoft.QLinearAdd",
                                       "com.microsoft.QLinearConcat",
                                       "com.microsoft.QLinearGlobalAveragePool",
                                       "com.microsoft.QLinearLeakyRelu",
                                       "com.microsoft.QLinearMul",
                                       "com.microsoft.QLinearSigmoid",
                                       "com.microsoft.QLinearSoftmax",
                                       "com.microsoft.QuantizeLinear",
                                       "paperkite.Silu"};

// Replaced by other nodes, or refused, while types are inferred: they are never computed.
const std::set<std::string> kResolved = {"ConcatFromSequence",
                                         "If",
                                         "Loop",
                                         "Optional",
                                         "OptionalGetElement",
                                         "OptionalHasElement",
                                         "Scan",
                                         "SequenceAt",
                                         "SequenceConstruct",
                                         "SequenceEmpty",
                                         "SequenceErase",
                                         "SequenceInsert",
                                         "SequenceLength",
                                         "SequenceMap",
                                         "SplitToSequence"};

std::string full_name(const Operator& op) {
  return (op.domain == "com.microsoft" ? "com.microsoft." : "") + call_name(op);
}

// The cost of the first call that the operator takes; nothing where it takes none.
std::optional<NodeCost> cost_of_first_call(const Operator& op) {
  const auto [first, last] = stated_calls().equal_range(call_name(op));
  for (auto it = first; it != last; ++it) {
    if (const auto cost = make_call(op, it->second)->cost(); cost.ok()) return *cost;
  }
  for (const Build& build : generic_calls()) {
    if (const auto cost = make_call(op, build)->cost(); cost.ok()) return *cost;
  }
  return std::nullopt;
}

TEST(CostOfEveryOperator, is_at_least_what_its_loops_do) {
  for (const Operator* op : all_operators()) {
    const std::string name = full_name(*op);
    const auto products = kProducts.find(name);
    const int lists =
        (products != kProducts.end() ? 1 : 0) + (kLinear.contains(name) ? 1 : 0) + (kResolved.contains(name) ? 1 : 0);
    EXPECT_EQ(lists, 1) << name << ": name it in one of the lists, with what its results are made from";
    if (kResolved.contains(name)) continue;
    const auto cost = cost_of_first_call(*op);
    EXPECT_TRUE(cost.has_value()) << name << " takes none of the calls: state one in operator_calls.cc";
    if (!cost.has_value()) continue;
    EXPECT_GE(cost->steps, products != kProducts.end() ? products->second : 1) << name;
  }
}

TEST(CostOfEveryOperator, is_stated_for_no_operator_that_is_gone) {
  std::set<std::string> names;
  for (const Operator* op : all_operators()) names.insert(full_name(*op));
  for (const auto& [name, steps] : kProducts) EXPECT_TRUE(names.contains(name)) << name;
  for (const std::string& name : kLinear) EXPECT_TRUE(names.contains(name)) << name;
  for (const std::string& name : kResolved) EXPECT_TRUE(names.contains(name)) << name;
}

}  // namespace
}  // namespace kite
