// SPDX-License-Identifier: Apache-2.0
// Inputs that shares cut in the middle of rows, of runs that are moved, and of lines that are reduced. No number is a
// multiple of the 64 elements at which shares are cut.
#include "ops/operator_calls.h"

#include <algorithm>
#include <cstdint>
#include <random>
#include <utility>

namespace kite {
namespace {

// Small whole numbers, halves among floats, negative ones where the type has them.
Tensor random_tensor(DType dtype, const Shape& shape, unsigned seed = 1) {
  std::mt19937 random(seed);
  Tensor tensor(dtype, shape);
  for (std::int64_t i = 0; i < shape.elements(); ++i) {
    const int value = static_cast<int>(random() % 15);
    switch (dtype) {
      case DType::kFloat32: tensor.as<float>()[i] = static_cast<float>(value - 7) / 2; break;
      case DType::kFloat64: tensor.as<double>()[i] = static_cast<double>(value - 7) / 2; break;
      case DType::kInt32: tensor.as<std::int32_t>()[i] = value - 7; break;
      case DType::kInt64: tensor.as<std::int64_t>()[i] = value - 7; break;
      case DType::kBool: tensor.as<bool>()[i] = value > 7; break;
      default: tensor.as<std::int8_t>()[i] = static_cast<std::int8_t>(value); break;
    }
  }
  return tensor;
}

Tensor random_floats(const Shape& shape, unsigned seed = 1) { return random_tensor(DType::kFloat32, shape, seed); }

Tensor bytes(const Shape& shape, unsigned seed = 1) { return random_tensor(DType::kUInt8, shape, seed); }
Tensor byte(std::uint8_t value) { return Tensor::of<std::uint8_t>({}, {value}); }
Tensor scales(const Shape& shape) { return shape.elements() == 1 ? scalar(0.25F) : iota(shape, 0.125, 0.125); }

// The next inputs: one scale and zero point, as of a result; or such numbers with them.
OpCase& scaled(OpCase& op, std::uint8_t zero) { return op.input(scales({1})).input(byte(zero)); }
OpCase& quantised(OpCase& op, Tensor numbers, std::uint8_t zero) { return scaled(op.input(std::move(numbers)), zero); }

// x, w or b, and the scale and zero point of y.
Build product(const Shape& x, const Shape& w) {
  return [x, w](OpCase& op) {
    quantised(op, bytes(x), 3);
    quantised(op, bytes(w, 2), 5);
    scaled(op, 1);
  };
}

// x, and the scale and zero point of y.
Build map_of_bytes(const Shape& x) {
  return [x](OpCase& op) {
    quantised(op, bytes(x), 3);
    scaled(op, 1);
  };
}

}  // namespace

const std::multimap<std::string, Build>& stated_calls() {
  static const std::multimap<std::string, Build> kCases = {
      {"paperkite.GRU",
       [](OpCase& op) {
         op.attr("direction", "bidirectional").input(random_floats({4, 9, 18})).no_input();
         op.input(random_floats({2, 9, 3}, 2));
       }},
      {"paperkite.LSTM",
       [](OpCase& op) { op.input(random_floats({4, 9, 20})).no_input().input(random_floats({1, 20, 5}, 2)); }},
      {"paperkite.RNN",
       [](OpCase& op) { op.input(random_floats({4, 9, 17})).no_input().input(random_floats({1, 17, 17}, 2)); }},
      {"paperkite.AveragePool",
       [](OpCase& op) { op.attr("kernel_shape", Ints{3, 2}).input(random_floats({2, 9, 8, 37})); }},
      {"paperkite.Conv",
       [](OpCase& op) {
         op.attr("pads", Ints{1, 1, 1, 1})
             .attr("activation", "silu")
             .input(random_floats({2, 7, 9, 6}))
             .input(random_floats({10, 6, 3, 3}, 2))
             .input(random_floats({10}, 3));
       }},
      {"paperkite.Linear",
       [](OpCase& op) {
         op.attr("activation", "gelu")
             .input(random_floats({3, 9, 33}))
             .input(random_floats({33, 150}, 2))
             .input(random_floats({150}, 3));
       }},
      {"paperkite.MaxPool",
       [](OpCase& op) { op.attr("kernel_shape", Ints{3, 3}).input(random_floats({2, 9, 8, 37})); }},
      {"CenterCropPad", [](OpCase& op) { op.input(random_floats({7, 11})).input(ints({2}, {9, 5})); }},
      {"Compress", [](OpCase& op) { op.input(random_floats({7, 11})).input(random_tensor(DType::kBool, {70})); }},
      {"Constant", [](OpCase& op) { op.attr("value_int", 3); }},
      {"NegativeLogLikelihoodLoss",
       [](OpCase& op) { op.input(random_floats({1, 7, 3})).input(ints({1, 3}, {0, 6, 3})); }},
      {"NonMaxSuppression",
       [](OpCase& op) {
         op.input(random_floats({1, 30, 4})).input(random_floats({1, 1, 30}, 2)).input(ints({1}, {30}));
       }},
      {"Pad", [](OpCase& op) { op.input(random_floats({7, 11})).input(ints({4}, {1, 2, 3, 4})); }},
      {"Range", [](OpCase& op) { op.input(ints({}, {0})).input(ints({}, {333})).input(ints({}, {1})); }},
      {"ScatterElements",
       [](OpCase& op) {
         op.input(random_floats({7, 11})).input(ints({1, 3}, {5, 0, 6})).input(random_floats({1, 3}));
       }},
      {"ScatterND",
       [](OpCase& op) { op.input(random_floats({7, 11})).input(ints({2, 1}, {5, 0})).input(random_floats({2, 11})); }},
      {"SoftmaxCrossEntropyLoss",
       [](OpCase& op) { op.input(random_floats({1, 7, 3})).input(ints({1, 3}, {0, 6, 3})); }},
      {"TfIdfVectorizer",
       [](OpCase& op) {
         op.attr("mode", "TF").attr("min_gram_length", 1).attr("max_gram_length", 2).attr("max_skip_count", 0);
         op.attr("ngram_counts", Ints{0, 2}).attr("ngram_indexes", Ints{0, 1, 2}).attr("pool_int64s", Ints{3, 4, 3, 4});
         op.input(random_tensor(DType::kInt64, {2, 50}));
       }},
      {"AffineGrid", [](OpCase& op) { op.input(random_floats({3, 2, 3})).input(ints({4}, {3, 1, 9, 11})); }},
      {"BitShift", [](OpCase& op) { op.attr("direction", "LEFT").input(bytes({3, 333})).input(bytes({333}, 2)); }},
      {"BitCast", [](OpCase& op) { op.attr("to", 6).input(random_floats({3, 333})); }},
      {"CumProd", [](OpCase& op) { op.input(random_floats({7, 11, 5})).input(ints({1}, {1})); }},
      {"Det", [](OpCase& op) { op.input(random_floats({37, 5, 5})); }},
      {"DFT", [](OpCase& op) { op.input(random_floats({3, 37, 2})); }},
      {"EyeLike", [](OpCase& op) { op.attr("k", 3).input(random_floats({33, 37})); }},
      {"GridSample", [](OpCase& op) { op.input(random_floats({2, 3, 9, 7})).input(random_floats({2, 9, 11, 2})); }},
      {"BlackmanWindow", [](OpCase& op) { op.input(ints({}, {333})); }},
      {"HammingWindow", [](OpCase& op) { op.input(ints({}, {333})); }},
      {"HannWindow", [](OpCase& op) { op.input(ints({}, {333})); }},
      {"MaxRoiPool",
       [](OpCase& op) {
         op.attr("pooled_shape", Ints{3, 3})
             .input(random_floats({1, 37, 9, 8}))
             .input(floats({2, 5}, {0, 0, 0, 5, 5, 0, 1, 1, 7, 8}));
       }},
      {"MelWeightMatrix",
       [](OpCase& op) {
         op.input(ints({}, {7})).input(ints({}, {64})).input(ints({}, {8192})).input(scalar(0)).input(scalar(4000));
       }},
      {"ReverseSequence", [](OpCase& op) { op.input(random_floats({9, 3, 37})).input(ints({3}, {9, 5, 1})); }},
      {"RoiAlign",
       [](OpCase& op) {
         op.attr("output_height", 3)
             .input(random_floats({1, 37, 9, 8}))
             .input(floats({2, 4}, {0, 0, 5, 5, 1, 1, 7, 8}))
             .input(ints({2}, {0, 0}));
       }},
      {"STFT",
       [](OpCase& op) { op.input(random_floats({3, 67, 1})).input(ints({}, {5})).no_input().input(ints({}, {13})); }},
      {"Attention",
       [](OpCase& op) {
         op.attr("is_causal", 1).outputs(3).input(random_floats({2, 4, 7, 5}));
         op.input(random_floats({2, 2, 9, 5}, 2)).input(random_floats({2, 2, 9, 3}, 3));
       }},
      {"CausalConvWithState",
       [](OpCase& op) { op.outputs(2).input(random_floats({3, 11, 7})).input(random_floats({11, 1, 4}, 2)); }},
      {"Col2Im",
       [](OpCase& op) { op.input(random_floats({3, 12, 35})).input(ints({2}, {6, 8})).input(ints({2}, {2, 2})); }},
      {"ConvTranspose",
       [](OpCase& op) {
         op.attr("strides", Ints{2, 3}).attr("group", 3).input(random_floats({2, 6, 5, 7}));
         op.input(random_floats({6, 5, 3, 2}, 2));
       }},
      {"DeformConv",
       [](OpCase& op) {
         op.input(random_floats({2, 2, 7, 9}))
             .input(random_floats({3, 2, 2, 2}, 2))
             .input(random_floats({2, 8, 6, 8}, 3));
       }},
      {"FlexAttention",
       [](OpCase& op) {
         op.input(random_floats({2, 4, 7, 5})).input(random_floats({2, 2, 9, 5}, 2));
         op.input(random_floats({2, 2, 9, 3}, 3));
       }},
      {"GRU",
       [](OpCase& op) {
         op.input(random_floats({4, 9, 2})).input(random_floats({1, 15, 2}, 2)).input(random_floats({1, 15, 5}, 3));
       }},
      {"LSTM",
       [](OpCase& op) {
         op.attr("direction", "bidirectional").outputs(3).input(random_floats({4, 9, 2}));
         op.input(random_floats({2, 20, 2}, 2)).input(random_floats({2, 20, 5}, 3));
       }},
      {"LinearAttention",
       [](OpCase& op) {
         op.attr("q_num_heads", 4).attr("kv_num_heads", 2).attr("update_rule", "linear").outputs(2);
         op.input(random_floats({3, 5, 12})).input(random_floats({3, 5, 6}, 2)).input(random_floats({3, 5, 14}, 3));
       }},
      {"LpPool", [](OpCase& op) { op.attr("kernel_shape", Ints{3, 2}).input(random_floats({3, 7, 9, 5})); }},
      {"MaxUnpool",
       [](OpCase& op) {
         op.attr("kernel_shape", Ints{2, 2}).attr("strides", Ints{2, 2}).input(random_floats({1, 1, 2, 2}));
         op.input(ints({1, 1, 2, 2}, {5, 7, 13, 15}));
       }},
      {"RMSNormalization", [](OpCase& op) { op.input(random_floats({3, 11, 37})).input(random_floats({37}, 2)); }},
      {"RNN",
       [](OpCase& op) {
         op.input(random_floats({4, 9, 2})).input(random_floats({1, 5, 2}, 2)).input(random_floats({1, 5, 5}, 3));
       }},
      {"RotaryEmbedding",
       [](OpCase& op) {
         op.input(random_floats({2, 3, 7, 6})).input(random_floats({2, 7, 3}, 2)).input(random_floats({2, 7, 3}, 3));
       }},
      {"SwiGLU", [](OpCase& op) { op.input(random_floats({3, 11, 37})).input(random_floats({3, 11, 37}, 2)); }},
      {"TensorScatter",
       [](OpCase& op) { op.input(random_floats({5, 3, 7, 2})).input(random_floats({5, 3, 4, 2}, 2)); }},
      {"AveragePool",
       [](OpCase& op) {
         op.attr("kernel_shape", Ints{3, 2}).attr("pads", Ints{1, 0, 1, 1}).input(random_floats({2, 5, 9, 8}));
       }},
      {"BatchNormalization",
       [](OpCase& op) {
         op.input(random_floats({3, 7, 5}))
             .input(random_floats({7}, 2))
             .input(random_floats({7}, 3))
             .input(random_floats({7}, 4))
             .input(random_tensor(DType::kFloat32, {7}, 5));
       }},
      {"Conv",
       [](OpCase& op) {
         op.attr("group", 2)
             .attr("pads", Ints{1, 1, 1, 1})
             .input(random_floats({2, 6, 7, 9}))
             .input(random_floats({10, 3, 3, 3}, 2))
             .input(random_floats({10}, 3));
       }},
      {"ConvInteger", [](OpCase& op) { op.input(bytes({1, 3, 7, 9})).input(bytes({5, 3, 3, 3}, 2)).input(byte(3)); }},
      {"CumSum", [](OpCase& op) { op.input(random_floats({7, 11, 5})).input(ints({1}, {1})); }},
      {"DequantizeLinear",
       [](OpCase& op) { op.attr("axis", 1).input(bytes({3, 5, 67})).input(scales({5})).input(bytes({5}, 2)); }},
      {"DynamicQuantizeMatMul",
       [](OpCase& op) { op.input(random_floats({9, 33})).input(bytes({33, 200})).input(scales({1})); }},
      {"Einsum",
       [](OpCase& op) {
         op.attr("equation", "bij,bjk->bik").input(random_floats({3, 5, 7})).input(random_floats({3, 7, 9}, 2));
       }},
      {"Gemm",
       [](OpCase& op) {
         op.attr("transB", 1)
             .input(random_floats({9, 33}))
             .input(random_floats({150, 33}, 2))
             .input(random_floats({150}, 3));
       }},
      {"GlobalAveragePool", [](OpCase& op) { op.input(random_floats({3, 37, 5, 5})); }},
      {"GlobalMaxPool", [](OpCase& op) { op.input(random_floats({3, 37, 5, 5})); }},
      {"GroupNormalization",
       [](OpCase& op) {
         op.attr("num_groups", 5)
             .input(random_floats({3, 10, 7}))
             .input(random_floats({5}, 2))
             .input(random_floats({5}, 3));
       }},
      {"InstanceNormalization",
       [](OpCase& op) {
         op.input(random_floats({3, 5, 7})).input(random_floats({5}, 2)).input(random_floats({5}, 3));
       }},
      {"LRN", [](OpCase& op) { op.attr("size", 3).input(random_floats({2, 7, 5, 5})); }},
      {"LayerNormalization",
       [](OpCase& op) { op.outputs(3).input(random_floats({3, 7, 37})).input(random_floats({37}, 2)); }},
      {"MatMul", [](OpCase& op) { op.input(random_floats({5, 9, 33})).input(random_floats({33, 150}, 2)); }},
      {"MatMul", [](OpCase& op) { op.input(random_floats({3, 1, 2, 33})).input(random_floats({5, 33, 2}, 2)); }},
      {"MatMulInteger", [](OpCase& op) { op.input(bytes({5, 9, 33})).input(bytes({33, 150}, 2)).input(byte(7)); }},
      {"MatMulIntegerToFloat",
       [](OpCase& op) { op.input(bytes({9, 33})).input(bytes({33, 150}, 2)).input(scales({1})).input(scales({1})); }},
      {"MaxPool",
       [](OpCase& op) { op.attr("kernel_shape", Ints{3, 3}).outputs(2).input(random_floats({2, 5, 9, 8})); }},
      {"OneHot",
       [](OpCase& op) {
         op.attr("axis", 1)
             .input(random_tensor(DType::kInt64, {9, 37}))
             .input(ints({1}, {5}))
             .input(floats({2}, {-1, 1}));
       }},
      {"QGemm",
       [](OpCase& op) {
         quantised(op, bytes({9, 33}), 3);
         quantised(op, bytes({33, 150}, 2), 5).no_input();
         scaled(op, 1);
       }},
      {"QLinearAdd", product({3, 11, 37}, {11, 1})},
      {"QLinearMul", product({3, 11, 37}, {11, 1})},
      {"QLinearAveragePool", [](OpCase& op) { map_of_bytes({2, 5, 9, 8})(op.attr("kernel_shape", Ints{2, 2})); }},
      {"QLinearConcat",
       [](OpCase& op) {
         scaled(op.attr("axis", 1), 1);
         quantised(op, bytes({3, 50, 7}), 3);
         quantised(op, bytes({3, 20, 7}, 2), 5);
       }},
      {"QLinearConv", product({1, 3, 7, 9}, {5, 3, 3, 3})},
      {"paperkite.QLinearConv", product({1, 7, 9, 3}, {5, 3, 3, 3})},
      {"QLinearGlobalAveragePool", map_of_bytes({3, 37, 5, 5})},
      {"QLinearLeakyRelu", map_of_bytes({3, 333})},
      {"QLinearMatMul", product({5, 9, 33}, {33, 150})},
      {"QLinearSigmoid", map_of_bytes({3, 333})},
      {"QLinearSoftmax", map_of_bytes({9, 33})},
      {"QuantizeLinear",
       [](OpCase& op) { op.attr("axis", 1).input(random_floats({3, 5, 67})).input(scales({5})).input(bytes({5}, 2)); }},
      {"Resize",
       [](OpCase& op) {
         op.attr("mode", "linear")
             .input(random_floats({1, 3, 9, 7}))
             .no_input()
             .no_input()
             .input(ints({4}, {1, 3, 13, 17}));
       }},
      {"TopK",
       [](OpCase& op) { op.outputs(2).attr("axis", 1).input(random_floats({9, 20, 5})).input(ints({1}, {3})); }},
      {"Upsample", [](OpCase& op) { op.input(random_floats({1, 3, 9, 7})).input(floats({4}, {1, 1, 2, 3})); }},
      {"ArgMax", [](OpCase& op) { op.attr("axis", 1).input(random_floats({3, 5, 37})); }},
      {"ArgMin", [](OpCase& op) { op.attr("axis", 2).input(random_floats({7, 11, 5})); }},
      {"Cast", [](OpCase& op) { op.attr("to", 7).input(random_floats({3, 333})); }},
      {"Cast", [](OpCase& op) { op.attr("to", 1).input(random_floats({3, 333})); }},
      {"Concat",
       [](OpCase& op) {
         op.attr("axis", 1)
             .input(random_floats({3, 50, 7}))
             .input(random_floats({3, 1, 7}))
             .input(random_floats({3, 90, 7}));
       }},
      {"Concat",
       [](OpCase& op) { op.attr("axis", 2).input(random_floats({9, 50, 1})).input(random_floats({9, 50, 2})); }},
      {"ConstantOfShape", [](OpCase& op) { op.input(ints({2}, {3, 333})); }},
      {"DepthToSpace", [](OpCase& op) { op.attr("blocksize", 2).input(random_floats({1, 12, 9, 7})); }},
      {"Expand", [](OpCase& op) { op.input(random_floats({7, 1, 5})).input(ints({4}, {3, 7, 11, 5})); }},
      {"Gather",
       [](OpCase& op) { op.attr("axis", 1).input(random_floats({5, 8, 33})).input(ints({2, 2}, {7, 0, -8, 3})); }},
      {"Gather", [](OpCase& op) { op.attr("axis", 2).input(random_floats({5, 31, 8})).input(ints({3}, {7, 0, -1})); }},
      {"GatherElements",
       [](OpCase& op) {
         op.attr("axis", 1).input(random_floats({9, 15, 30})).input(random_tensor(DType::kInt64, {9, 7, 30}));
       }},
      {"GatherND",
       [](OpCase& op) { op.input(random_floats({15, 15, 33})).input(random_tensor(DType::kInt64, {11, 2})); }},
      {"Reshape", [](OpCase& op) { op.input(random_floats({3, 333})).input(ints({1}, {999})); }},
      {"SpaceToDepth", [](OpCase& op) { op.attr("blocksize", 2).input(random_floats({1, 3, 18, 14})); }},
      {"Slice",
       [](OpCase& op) {
         op.input(random_floats({3, 40, 33}))
             .input(ints({2}, {1, 32}))
             .input(ints({2}, {39, -40}))
             .input(ints({2}, {1, 2}))
             .input(ints({2}, {3, -2}));
       }},
      {"Split",
       [](OpCase& op) { op.attr("axis", 1).outputs(3).input(random_floats({3, 10, 37})).input(ints({3}, {1, 7, 2})); }},
      {"Tile", [](OpCase& op) { op.input(random_floats({7, 5, 11})).input(ints({3}, {2, 3, 2})); }},
      {"Transpose", [](OpCase& op) { op.attr("perm", Ints{0, 2, 1}).input(random_floats({2, 37, 41})); }},
      {"Transpose", [](OpCase& op) { op.attr("perm", Ints{2, 0, 1}).input(random_tensor(DType::kInt8, {3, 129, 5})); }},
      {"Trilu", [](OpCase& op) { op.input(random_floats({3, 23, 29})); }},
      {"Where",
       [](OpCase& op) {
         op.input(random_tensor(DType::kBool, {3, 1, 37}))
             .input(random_floats({1, 11, 37}, 1))
             .input(random_floats({3, 11, 1}, 2));
       }},
  };
  return kCases;
}

// For operators of formulas: as many inputs of one type as they take, which broadcast.
std::vector<Build> generic_calls() {
  std::vector<Build> builds;
  for (const DType dtype : {DType::kFloat32, DType::kFloat64, DType::kInt64, DType::kInt8, DType::kBool}) {
    builds.emplace_back([dtype](OpCase& op) { op.runtime_input(random_tensor(dtype, {3, 11, 37})); });
    builds.emplace_back([dtype](OpCase& op) {
      op.runtime_input(random_tensor(dtype, {3, 11, 37}, 1)).runtime_input(random_tensor(dtype, {11, 1}, 2));
    });
    builds.emplace_back([dtype](OpCase& op) {
      op.runtime_input(random_tensor(dtype, {37}, 3)).runtime_input(random_tensor(dtype, {3, 11, 37}, 4));
    });
  }
  // Reductions along the first, the middle and the last axis, and along two of them.
  for (const Ints& axes : {Ints{0}, Ints{1}, Ints{2}, Ints{0, 2}}) {
    builds.emplace_back([axes](OpCase& op) { op.attr("axes", axes).input(random_floats({5, 7, 101})); });
    builds.emplace_back([axes](OpCase& op) {
      Tensor list(DType::kInt64, {static_cast<std::int64_t>(axes.size())});
      std::ranges::copy(axes, list.as<std::int64_t>());
      op.input(random_floats({5, 7, 101})).input(std::move(list));
    });
  }
  return builds;
}

std::string call_name(const Operator& op) {
  return (op.domain == kInternalDomain ? "paperkite." : "") + std::string(op.name);
}

std::unique_ptr<OpCase> make_call(const Operator& op, const Build& build) {
  const int opset = op.domain.empty() ? std::clamp(18, op.first_opset, op.last_opset) : op.first_opset;
  auto call = std::make_unique<OpCase>(std::string(op.name), opset, std::string(op.domain));
  build(*call);
  return call;
}

}  // namespace kite
