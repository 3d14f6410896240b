// SPDX-License-Identifier: Apache-2.0
// Products by weights of 2, 4 or 8 bits that lie packed in bytes: they become a DequantizeLinear with blocks, which the
// passes for quantised models know, and a MatMul.
#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "paperkite/try.h"
#include "passes/expand/rules.h"

namespace kite {

namespace {

// The first `used` of `count` numbers of `bits` bits for each of `rows` rows, which begin at whole bytes; the lowest
// bits come first.
Tensor unpacked(const TensorView& packed, std::int64_t rows, std::int64_t count, std::int64_t used, std::int64_t bits) {
  Tensor tensor(DType::kUInt8, Shape{rows, used});
  const std::int64_t row_bytes = (count * bits + 7) / 8;
  const auto mask = static_cast<unsigned>((1 << bits) - 1);
  auto* numbers = tensor.as<std::uint8_t>();
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t i = 0; i < used; ++i) {
      const auto byte = static_cast<unsigned>(packed.data[row * row_bytes + i * bits / 8]);
      numbers[row * used + i] = static_cast<std::uint8_t>(byte >> (i * bits % 8) & mask);
    }
  }
  return tensor;
}

struct Packing {
  std::int64_t columns = 0;  // N
  std::int64_t depth = 0;    // K
  std::int64_t bits = 0;
  std::int64_t block = 0;
  [[nodiscard]] std::int64_t blocks() const { return (depth + block - 1) / block; }
};

Result<Packing> read_packing(const Expansion& node) {
  Packing packing;
  KITE_TRY_ASSIGN(packing.columns, node.get_int("N", 0));
  KITE_TRY_ASSIGN(packing.depth, node.get_int("K", 0));
  KITE_TRY_ASSIGN(packing.bits, node.get_int("bits", 4));
  KITE_TRY_ASSIGN(packing.block, node.get_int("block_size", 0));
  KITE_TRY_ASSIGN(const std::int64_t prepacked, node.get_int("weight_prepacked", 0));
  constexpr std::int64_t kMost = std::int64_t{1} << 31;
  const bool is_sound = packing.columns > 0 && packing.columns < kMost && packing.depth > 0 && packing.depth < kMost &&
                        packing.block >= 16 && packing.block < kMost && (packing.block & (packing.block - 1)) == 0;
  if (!is_sound) return node.invalid("attributes 'N', 'K' and 'block_size' state no weights in blocks");
  if (packing.bits != 2 && packing.bits != 4 && packing.bits != 8) {
    return node.unsupported(std::to_string(packing.bits) + " bits, supported are 2, 4 and 8");
  }
  if (prepacked != 0)
    return node.unsupported("weights in the order of one processor", "save the model without prepacking");
  return packing;
}

// A constant of as many elements as the packing asks for.
Result<TensorView> numbers(const Expansion& node, int i, const char* name, std::int64_t elements) {
  const TensorView* view = node.constant(i);
  if (view == nullptr) return node.unsupported(std::string("the ") + name + " are only known at run time");
  if (view->type.shape.elements() == elements) return *view;
  return node.invalid(std::string("the ") + name + " have shape " + view->type.shape.to_string() + ", expected " +
                      std::to_string(elements) + " elements");
}

}  // namespace

// Inputs: x, weights [N][blocks][bytes of a block], scales [N][blocks], zero points (packed like the weights, or
// floats), group index, bias. The weights are (number - zero point) * scale; without zero points these are half of the
// range.
Status expand_matmul_n_bits(Expansion& node) {
  KITE_TRY(node.require_inputs(3, 6));
  KITE_TRY(node.require_float(0));
  KITE_TRY_ASSIGN(const Packing packing, read_packing(node));
  if (node.has_input(4)) return node.unsupported("a group index");
  const std::int64_t blocks = packing.blocks();
  const std::int64_t padded = blocks * packing.block;
  const bool has_real_zeros = node.has_input(3) && node.input(3).dtype != DType::kUInt8;
  KITE_TRY_ASSIGN(const TensorView packed,
                  numbers(node, 1, "weights", packing.columns * blocks * (packing.block * packing.bits / 8)));
  KITE_TRY(numbers(node, 2, "scales", packing.columns * blocks));
  if (packed.type.dtype != DType::kUInt8) return node.invalid("the weights are no bytes");
  if (!node.may_copy(packing.columns * padded)) return node.over_limit("its unpacked weights");
  const std::int64_t used = has_real_zeros ? padded : packing.depth;  // of a row
  const ValueId codes = node.add_constant("codes", unpacked(packed, packing.columns, padded, used, packing.bits));
  const ValueId scales = node.reshaped(node.in(2), {packing.columns, blocks});
  ValueId zeros = kNoValue;
  ValueId real_zeros = kNoValue;
  if (node.has_input(3) && !has_real_zeros) {
    KITE_TRY_ASSIGN(const TensorView view,
                    numbers(node, 3, "zero points", packing.columns * ((blocks * packing.bits + 7) / 8)));
    zeros = node.add_constant("zeros", unpacked(view, packing.columns, blocks, blocks, packing.bits));
  } else if (has_real_zeros) {
    KITE_TRY(numbers(node, 3, "zero points", packing.columns * blocks));
    real_zeros = node.in(3);
  } else {
    Tensor half(DType::kUInt8, Shape{packing.columns, blocks});
    std::fill_n(half.as<std::uint8_t>(), half.shape().elements(), static_cast<std::uint8_t>(1 << (packing.bits - 1)));
    zeros = node.add_constant("zeros", std::move(half));
  }
  ValueId weights = kNoValue;
  if (real_zeros == kNoValue) {
    weights = node.add("DequantizeLinear", 21, {codes, scales, zeros},
                       {{"axis", std::int64_t{1}}, {"block_size", packing.block}});
  } else {
    const ValueId apart =
        node.reshaped(node.add("CastLike", 15, {codes, scales}), {packing.columns, blocks, packing.block});
    const ValueId centred = node.add("Sub", 14, {apart, node.reshaped(real_zeros, {packing.columns, blocks, 1})});
    const ValueId scaled = node.add("Mul", 14, {centred, node.reshaped(scales, {packing.columns, blocks, 1})});
    weights = node.reshaped(scaled, {packing.columns, padded});
  }
  if (used != packing.depth) {
    weights = node.add("Slice", 13, {weights, node.integers({0}), node.integers({packing.depth}), node.integers({1})});
  }
  const ValueId product = node.add("MatMul", 13, {node.in(0), node.transposed(weights, {1, 0})});
  node.give(0, node.plus(product, node.in(5)));
  return {};
}

}  // namespace kite
