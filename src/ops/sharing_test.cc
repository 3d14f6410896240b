// SPDX-License-Identifier: Apache-2.0
// Every operator that several threads may share gives the same bits, and the same error, for any number of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "ops/op_case.h"

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

using Build = std::function<void(OpCase&)>;

// Inputs that shares cut in the middle of rows, of runs that are moved, and of lines that are reduced. No number is a
// multiple of the 64 elements at which shares are cut.
const std::multimap<std::string, Build>& stated_cases() {
  // Two tensors of bytes, each with its scale and its zero point, and those of the result.
  const Build two_bytes = [](OpCase& op) {
    op.input(bytes({3, 11, 37}))
        .input(scales({1}))
        .input(byte(3))
        .input(bytes({11, 1}, 2))
        .input(scales({1}))
        .input(byte(5))
        .input(scales({1}))
        .input(byte(1));
  };
  static const std::multimap<std::string, Build> kCases = {
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
         op.input(bytes({9, 33}))
             .input(scales({1}))
             .input(byte(3))
             .input(bytes({33, 150}, 2))
             .input(scales({1}))
             .input(byte(5))
             .no_input()
             .input(scales({1}))
             .input(byte(1));
       }},
      {"QLinearAdd", two_bytes},
      {"QLinearMul", two_bytes},
      {"QLinearAveragePool",
       [](OpCase& op) {
         op.attr("kernel_shape", Ints{2, 2})
             .input(bytes({2, 5, 9, 8}))
             .input(scales({1}))
             .input(byte(3))
             .input(scales({1}))
             .input(byte(1));
       }},
      {"QLinearConcat",
       [](OpCase& op) {
         op.attr("axis", 1)
             .input(scales({1}))
             .input(byte(1))
             .input(bytes({3, 50, 7}))
             .input(scales({1}))
             .input(byte(3))
             .input(bytes({3, 20, 7}, 2))
             .input(scales({1}))
             .input(byte(5));
       }},
      {"QLinearConv",
       [](OpCase& op) {
         op.input(bytes({1, 3, 7, 9}))
             .input(scales({1}))
             .input(byte(3))
             .input(bytes({5, 3, 3, 3}, 2))
             .input(scales({1}))
             .input(byte(5))
             .input(scales({1}))
             .input(byte(1));
       }},
      {"QLinearGlobalAveragePool",
       [](OpCase& op) {
         op.input(bytes({3, 37, 5, 5})).input(scales({1})).input(byte(3)).input(scales({1})).input(byte(1));
       }},
      {"QLinearLeakyRelu",
       [](OpCase& op) {
         op.input(bytes({3, 333})).input(scales({1})).input(byte(3)).input(scales({1})).input(byte(1));
       }},
      {"QLinearMatMul",
       [](OpCase& op) {
         op.input(bytes({5, 9, 33}))
             .input(scales({1}))
             .input(byte(3))
             .input(bytes({33, 150}, 2))
             .input(scales({1}))
             .input(byte(5))
             .input(scales({1}))
             .input(byte(1));
       }},
      {"QLinearSigmoid",
       [](OpCase& op) {
         op.input(bytes({3, 333})).input(scales({1})).input(byte(3)).input(scales({1})).input(byte(1));
       }},
      {"QLinearSoftmax",
       [](OpCase& op) {
         op.input(bytes({9, 33})).input(scales({1})).input(byte(3)).input(scales({1})).input(byte(1));
       }},
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
std::vector<Build> generic_cases() {
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

// The bytes of all outputs, or the error's message.
std::string outcome(const Result<std::vector<Tensor>>& result) {
  if (!result.ok()) return "error: " + result.error().message();
  std::string bytes;
  for (const Tensor& tensor : *result) {
    const auto view = tensor.view().bytes();
    bytes.append(reinterpret_cast<const char*>(view.data()), view.size());
  }
  return bytes;
}

// False where the operator does not take such inputs.
bool gives_the_same_for_any_number_of_threads(const Operator& op, const Build& build) {
  const int opset = op.domain.empty() ? std::clamp(18, op.first_opset, op.last_opset) : op.first_opset;
  const auto make = [&] {
    auto call = std::make_unique<OpCase>(std::string(op.name), opset, std::string(op.domain));
    build(*call);
    return call;
  };
  const auto alone = make()->run();
  if (!alone.ok()) return false;
  const std::string wanted = outcome(alone);
  for (const int shares : {1, 2, 3}) {
    const bool same = outcome(make()->run_shared(shares)) == wanted;
    EXPECT_TRUE(same) << op.domain << ' ' << op.name << " with " << shares << " threads";
  }
  return true;
}

TEST(SharedOperators, give_the_same_bits_for_any_number_of_threads) {
  const std::vector<Build> generic = generic_cases();
  int shared = 0;
  for (const Operator* op : all_operators()) {
    if (op->sharing != Sharing::kShared) continue;
    ++shared;
    int cases = 0;
    const bool is_internal = op->domain == kInternalDomain;
    const auto [first, last] = stated_cases().equal_range((is_internal ? "paperkite." : "") + std::string(op->name));
    for (auto it = first; it != last; ++it) {
      EXPECT_TRUE(gives_the_same_for_any_number_of_threads(*op, it->second)) << op->name << " refuses its case";
      ++cases;
    }
    for (const Build& build : generic) cases += gives_the_same_for_any_number_of_threads(*op, build) ? 1 : 0;
    EXPECT_GT(cases, 0) << op->name << " takes none of the inputs here: state a case for it";
  }
  EXPECT_GT(shared, 120);
}

// The index that is out of range lies in one share or in two: the error is that of the first one.
TEST(SharedOperators, tell_the_same_error_for_any_number_of_threads) {
  const auto make = [](std::int64_t first_wrong, std::int64_t second_wrong) {
    Tensor indices(DType::kInt64, {300});
    std::ranges::fill_n(indices.as<std::int64_t>(), 300, 1);
    indices.as<std::int64_t>()[first_wrong] = 101;
    indices.as<std::int64_t>()[second_wrong] = 102;
    auto op = std::make_unique<OpCase>("Gather", 13);
    op->runtime_input(random_floats({4, 3})).runtime_input(std::move(indices));
    return op;
  };
  for (const auto& [a, b] : {std::pair<std::int64_t, std::int64_t>{10, 20}, {10, 290}, {290, 10}, {280, 290}}) {
    const std::string wanted = outcome(make(a, b)->run());
    EXPECT_NE(wanted.find("is outside"), std::string::npos) << wanted;
    for (const int shares : {2, 3, 5}) EXPECT_EQ(outcome(make(a, b)->run_shared(shares)), wanted);
  }
}

TEST(Share, cuts_everything_once_and_in_order) {
  for (const std::int64_t count : {0, 1, 63, 64, 65, 1000, 1 << 20}) {
    for (const int shares : {1, 2, 3, 64}) {
      std::int64_t at = 0;
      for (int index = 0; index < shares; ++index) {
        const ElementRange range = Share{index, shares}.of(count);
        EXPECT_EQ(range.first, at);
        EXPECT_GE(range.last, range.first);
        at = range.last;
      }
      EXPECT_EQ(at, count);
    }
  }
}

}  // namespace
}  // namespace kite
