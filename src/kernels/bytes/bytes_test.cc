// SPDX-License-Identifier: Apache-2.0
// Every elementwise kernel on bytes against the portable operator, bit by bit; shares, edges of memory, hostile params.
#include "kernels/bytes/bytes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <deque>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "kernels/oracle_testing.h"
#include "kernels/testing.h"

namespace kite {
namespace {

DType byte_type(std::int32_t is_signed) { return is_signed != 0 ? DType::kInt8 : DType::kUInt8; }

Tensor random_bytes(std::int32_t is_signed, const Shape& shape, std::mt19937& random) {
  Tensor tensor(byte_type(is_signed), shape);
  for (std::int64_t i = 0; i < shape.elements(); ++i)
    tensor.mutable_view().data[i] = static_cast<std::byte>(random() & 0xff);
  return tensor;
}

Tensor one_byte(std::int32_t is_signed, std::int32_t value) {
  Tensor tensor(byte_type(is_signed), Shape{});
  *tensor.mutable_view().data = static_cast<std::byte>(static_cast<std::uint8_t>(value));
  return tensor;
}

std::int32_t random_zero(std::int32_t is_signed, std::mt19937& random) {
  return static_cast<std::int32_t>(random() % 256) - (is_signed != 0 ? 128 : 0);
}

Tensor random_reals(std::int64_t count, float size, std::mt19937& random) {
  Tensor tensor(DType::kFloat32, Shape{count});
  for (std::int64_t i = 0; i < count; ++i) {
    tensor.as<float>()[i] = static_cast<float>(static_cast<std::int32_t>(random())) * 0x1p-31f * size;
  }
  return tensor;
}

// The outputs of a call whose operands end where memory ends.
std::vector<std::vector<std::uint8_t>> run(const Kernel& kernel, const BytesParams& p,
                                           std::vector<const Tensor*> inputs, const std::vector<std::size_t>& sizes,
                                           int shares) {
  std::deque<PageEndFloats> memory;
  std::vector<std::vector<float>> whole;
  std::vector<const void*> in;
  std::vector<std::size_t> in_bytes;
  for (const Tensor* tensor : inputs) {
    const auto bytes = static_cast<std::size_t>(tensor->view().type.size_bytes());
    std::vector<float> padded((bytes + 3) / 4);
    const std::size_t skip = padded.size() * 4 - bytes;
    std::memcpy(reinterpret_cast<char*>(padded.data()) + skip, tensor->view().data, bytes);
    memory.emplace_back(padded.data(), padded.size());
    in.push_back(reinterpret_cast<const char*>(memory.back().data()) + skip);
    in_bytes.push_back(bytes);
  }
  std::vector<std::vector<std::uint8_t>> results;
  std::vector<void*> out;
  for (const std::size_t size : sizes) results.emplace_back(size + 64, std::uint8_t{0xA5});
  for (auto& result : results) out.push_back(result.data());
  EXPECT_TRUE(kBytewise.fits({&p, sizeof p, in_bytes, sizes, 0}));
  for (int share = 0; share < shares; ++share)
    kernel.run({&p, in.data(), out.data(), nullptr, share, shares, nullptr, 0});
  for (std::size_t i = 0; i < results.size(); ++i) {
    for (std::size_t k = sizes[i]; k < results[i].size(); ++k) EXPECT_EQ(results[i][k], 0xA5) << "beyond the result";
    results[i].resize(sizes[i]);
  }
  return results;
}

std::vector<std::uint8_t> bytes_of(const Tensor& tensor) {
  const auto* from = reinterpret_cast<const std::uint8_t*>(tensor.view().data);
  return {from, from + tensor.view().type.size_bytes()};
}

std::vector<std::vector<std::uint8_t>> want(OpCase& op) {
  const auto outputs = op.run();
  std::vector<std::vector<std::uint8_t>> all;
  if (!outputs.ok()) ADD_FAILURE() << outputs.error().message();
  if (outputs.ok()) {
    for (const Tensor& tensor : *outputs) all.push_back(bytes_of(tensor));
  }
  return all;
}

BytesParams of_elements(ByteOp op, std::int64_t count) {
  BytesParams p{};
  p.op = op;
  p.rows = p.b_rows = p.b_columns = 1;
  p.columns = count;
  return p;
}

class BytesKernels : public testing::TestWithParam<const Kernel*> {
 protected:
  void SetUp() override { SKIP_WITHOUT(*GetParam()->target); }
};

TEST_P(BytesKernels, quantise_as_the_operator_does) {
  std::mt19937 random(1);
  for (std::int64_t count = 1; count < 200; count += 1 + static_cast<std::int64_t>(random() % 7)) {
    BytesParams p = of_elements(ByteOp::kQuantize, count);
    p.y_signed = static_cast<std::int32_t>(random() % 2);
    p.zero = random_zero(p.y_signed, random);
    p.scale = count % 3 == 0 ? 0.25f : 0.013f;  // with 0.25 there are ties
    Tensor x = random_reals(count, 3, random);
    for (std::int64_t i = 0; count % 3 == 0 && i < count; ++i) {
      x.as<float>()[i] = 0.125f * static_cast<float>(static_cast<std::int32_t>(random() % 801) - 400);
    }
    x.as<float>()[0] = count % 2 == 0 ? NAN : -INFINITY;
    OpCase op("QuantizeLinear", 13);
    op.input(Tensor::copy_of(x.view())).input(scalar(p.scale)).input(one_byte(p.y_signed, p.zero));
    EXPECT_EQ(run(*GetParam(), p, {&x}, {static_cast<std::size_t>(count)}, 1 + static_cast<int>(count % 3)), want(op));
  }
}

TEST_P(BytesKernels, find_the_scale_of_what_they_quantise) {
  std::mt19937 random(2);
  for (std::int64_t count = 1; count < 400; count += 1 + static_cast<std::int64_t>(random() % 17)) {
    const BytesParams p = of_elements(ByteOp::kQuantizeDynamic, count);
    Tensor x = random_reals(count, count % 5 == 0 ? 0 : 4, random);
    if (count % 4 == 0) x.as<float>()[count / 2] = NAN;
    for (std::int64_t i = 0; count % 3 == 0 && i < count; ++i) x.as<float>()[i] = std::fabs(x.as<float>()[i]);
    OpCase op("DynamicQuantizeLinear", 11);
    op.outputs(3).input(Tensor::copy_of(x.view()));
    EXPECT_EQ(run(*GetParam(), p, {&x}, {static_cast<std::size_t>(count), 4, 1}, 1 + static_cast<int>(count % 3)),
              want(op))
        << count;
  }
}

TEST_P(BytesKernels, quantise_with_ranges_that_were_found_before) {
  std::mt19937 random(5);
  for (std::int64_t count = 1; count < 4000; count += 1 + static_cast<std::int64_t>(random() % 170)) {
    Tensor x = random_reals(count, 4, random);
    if (count % 4 == 0) x.as<float>()[count / 2] = NAN;
    const int shares = 1 + static_cast<int>(count % 3);
    const auto found = run(*GetParam(), of_elements(ByteOp::kRanges, count), {&x}, {kByteRanges * 8}, shares);
    Tensor ranges(DType::kFloat32, Shape{kByteRanges, 2});
    ASSERT_EQ(found.size(), 1u);
    std::memcpy(ranges.as<float>(), found[0].data(), kByteRanges * 8);
    OpCase op("DynamicQuantizeLinear", 11);
    op.outputs(3).input(Tensor::copy_of(x.view()));
    EXPECT_EQ(run(*GetParam(), of_elements(ByteOp::kQuantizeRanges, count), {&x, &ranges},
                  {static_cast<std::size_t>(count), 4, 1}, shares),
              want(op))
        << count;
  }
}

TEST_P(BytesKernels, make_real_numbers_of_bytes) {
  std::mt19937 random(3);
  for (std::int64_t count = 1; count < 200; count += 13) {
    BytesParams p = of_elements(ByteOp::kDequantize, count);
    p.x_signed = static_cast<std::int32_t>(random() % 2);
    p.x_zero = random_zero(p.x_signed, random);
    p.scale = 0.013f;
    const Tensor x = random_bytes(p.x_signed, Shape{count}, random);
    OpCase op("DequantizeLinear", 13);
    op.input(Tensor::copy_of(x.view())).input(scalar(p.scale)).input(one_byte(p.x_signed, p.x_zero));
    EXPECT_EQ(run(*GetParam(), p, {&x}, {static_cast<std::size_t>(count) * 4}, 2), want(op));
  }
}

TEST_P(BytesKernels, add_and_multiply_with_every_repetition) {
  std::mt19937 random(4);
  for (int i = 0; i < 200; ++i) {
    BytesParams p{};
    p.op = i % 2 == 0 ? ByteOp::kAdd : ByteOp::kMul;
    p.rows = 1 + static_cast<std::int64_t>(random() % 9);
    p.columns = 1 + static_cast<std::int64_t>(random() % 90);
    p.b_rows = random() % 2 == 0 ? 1 : p.rows;
    p.b_columns = random() % 3 == 0 ? 1 : p.columns;
    p.x_signed = static_cast<std::int32_t>(random() % 2);
    p.b_signed = static_cast<std::int32_t>(random() % 2);
    p.y_signed = static_cast<std::int32_t>(random() % 2);
    p.x_zero = random_zero(p.x_signed, random);
    p.b_zero = random_zero(p.b_signed, random);
    p.zero = random_zero(p.y_signed, random);
    const float a_scale = 0.5f, b_scale = i % 3 == 0 ? 0.25f : 0.11f, y_scale = i % 3 == 0 ? 1.0f : 0.9f;
    const auto d = [](float f) { return static_cast<double>(f); };
    p.x_factor = p.op == ByteOp::kMul ? d(a_scale) * d(b_scale) / d(y_scale) : d(a_scale) / d(y_scale);
    p.b_factor = p.op == ByteOp::kMul ? 0 : d(b_scale) / d(y_scale);
    const Tensor a = random_bytes(p.x_signed, Shape{p.rows, p.columns}, random);
    const Tensor b = random_bytes(p.b_signed, Shape{p.b_rows, p.b_columns}, random);
    OpCase op(p.op == ByteOp::kMul ? "QLinearMul" : "QLinearAdd", 1, "com.microsoft");
    op.input(Tensor::copy_of(a.view())).input(scalar(a_scale)).input(one_byte(p.x_signed, p.x_zero));
    op.input(Tensor::copy_of(b.view())).input(scalar(b_scale)).input(one_byte(p.b_signed, p.b_zero));
    op.input(scalar(y_scale)).input(one_byte(p.y_signed, p.zero));
    const auto count = static_cast<std::size_t>(p.rows * p.columns);
    EXPECT_EQ(run(*GetParam(), p, {&a, &b}, {count}, 1 + i % 3), want(op)) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(bytes, BytesKernels, testing::ValuesIn(kernels_of(kBytewise)), kernel_test_name);

TEST(BytesFits, accepts_exact_operands_and_nothing_smaller) {
  const auto fits = [](const BytesParams& p, std::vector<std::size_t> in, std::vector<std::size_t> out) {
    return kBytewise.fits({&p, sizeof p, in, out, 0});
  };
  EXPECT_TRUE(fits(of_elements(ByteOp::kQuantize, 7), {28}, {7}));
  EXPECT_FALSE(fits(of_elements(ByteOp::kQuantize, 7), {27}, {7}));
  EXPECT_FALSE(fits(of_elements(ByteOp::kQuantize, 7), {28}, {6}));
  EXPECT_TRUE(fits(of_elements(ByteOp::kQuantizeDynamic, 7), {28}, {7, 4, 1}));
  EXPECT_FALSE(fits(of_elements(ByteOp::kQuantizeDynamic, 7), {28}, {7, 4, 0}));
  EXPECT_FALSE(fits(of_elements(ByteOp::kQuantizeDynamic, 7), {28}, {7}));
  EXPECT_TRUE(fits(of_elements(ByteOp::kRanges, 7), {28}, {kByteRanges * 8}));
  EXPECT_FALSE(fits(of_elements(ByteOp::kRanges, 7), {28}, {kByteRanges * 8 - 4}));
  EXPECT_TRUE(fits(of_elements(ByteOp::kQuantizeRanges, 7), {28, kByteRanges * 8}, {7, 4, 1}));
  EXPECT_FALSE(fits(of_elements(ByteOp::kQuantizeRanges, 7), {28, kByteRanges * 8 - 4}, {7, 4, 1}));
  EXPECT_TRUE(fits(of_elements(ByteOp::kDequantize, 7), {7}, {28}));
  EXPECT_FALSE(fits(of_elements(ByteOp::kDequantize, 7), {7}, {27}));
  BytesParams p = of_elements(ByteOp::kAdd, 7);
  p.rows = p.b_rows = 3;
  EXPECT_TRUE(fits(p, {21, 3}, {21}));
  EXPECT_FALSE(fits(p, {21, 2}, {21}));
  p.b_rows = 2;
  EXPECT_FALSE(fits(p, {21, 21}, {21}));
  EXPECT_FALSE(fits(of_elements(static_cast<ByteOp>(9), 7), {28}, {28}));
  EXPECT_FALSE(fits(of_elements(ByteOp::kDequantize, std::numeric_limits<std::int64_t>::max()), {7}, {28}));
  EXPECT_FALSE(fits(of_elements(ByteOp::kDequantize, 0), {7}, {28}));
  p = of_elements(ByteOp::kDequantize, 7);
  p.x_zero = std::numeric_limits<std::int32_t>::min();
  EXPECT_FALSE(fits(p, {7}, {28}));
}

}  // namespace
}  // namespace kite
