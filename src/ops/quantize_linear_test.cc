// SPDX-License-Identifier: Apache-2.0
// QuantizeLinear, DequantizeLinear and DynamicQuantizeLinear: ties, saturation, and what shares a scale.
#include <cstdint>
#include <utility>

#include "ops/op_case.h"
#include "tensor/widen.h"

namespace kite {
namespace {

Tensor bytes(const Shape& shape, std::initializer_list<std::uint8_t> values) {
  return Tensor::of<std::uint8_t>(shape, values);
}
Tensor signed_bytes(const Shape& shape, std::initializer_list<std::int8_t> values) {
  return Tensor::of<std::int8_t>(shape, values);
}

TEST(QuantizeLinear, rounds_ties_to_even_and_saturates) {
  const auto x = [] { return floats({9}, {-1, 0, 0.5F, 1, 1.5F, 5, 1000, -kInf, kNaN}); };
  expect_output<std::uint8_t>(OpCase("QuantizeLinear", 13).input(x()).input(scalar(1)).input(bytes({}, {2})), {9},
                              {1, 2, 2, 3, 4, 7, 255, 0, 0});
  expect_output<std::int8_t>(OpCase("QuantizeLinear", 10).input(x()).input(scalar(2)).input(signed_bytes({}, {-128})),
                             {9}, {-128, -128, -128, -128, -127, -126, 127, -128, -128});
  expect_output<std::uint8_t>(OpCase("QuantizeLinear", 13).input(x()).input(scalar(1)), {9},
                              {0, 0, 0, 1, 2, 5, 255, 0, 0});
  expect_output<std::int8_t>(OpCase("QuantizeLinear", 21).attr("output_dtype", 3).input(x()).input(scalar(1)), {9},
                             {-1, 0, 0, 1, 2, 5, 127, -128, -128});
}

TEST(QuantizeLinear, has_a_scale_for_each_index_of_an_axis_or_each_block) {
  const auto x = [] { return floats({2, 2}, {1, 2, 3, 4}); };
  expect_output<std::uint8_t>(
      OpCase("QuantizeLinear", 13).input(x()).input(floats({2}, {1, 0.5F})).input(bytes({2}, {0, 10})), {2, 2},
      {1, 14, 3, 18});
  expect_output<std::uint8_t>(
      OpCase("QuantizeLinear", 13).attr("axis", -2).input(x()).input(floats({2}, {1, 0.5F})).input(bytes({2}, {0, 10})),
      {2, 2}, {1, 2, 16, 18});
  expect_output<std::uint8_t>(OpCase("QuantizeLinear", 21)
                                  .attr("axis", 0)
                                  .attr("block_size", 2)
                                  .input(floats({3, 2}, {1, 2, 3, 4, 5, 6}))
                                  .input(floats({2, 2}, {1, 0.5F, 0.25F, 2})),
                              {3, 2}, {1, 4, 3, 8, 20, 3});
}

TEST(QuantizeLinear, refuses_what_does_not_fit) {
  const Tensor x = floats({2, 2}, {1, 2, 3, 4});
  const auto with = [&](Tensor scale) {
    OpCase op("QuantizeLinear", 13);
    op.input(Tensor::copy_of(x.view())).input(std::move(scale));
    return op;
  };
  auto three = with(floats({3}, {1, 1, 1}));
  expect_error(three, ErrorCode::kInvalidModel, "expected one, or 2 for axis 1");
  auto zeros = with(floats({2}, {1, 1}));
  zeros.input(bytes({1}, {0}));
  expect_error(zeros, ErrorCode::kInvalidModel, "zero points [1]");
  auto type = with(scalar(1));
  type.attr("output_dtype", 17);
  expect_error(type, ErrorCode::kUnsupportedModel, "element type FLOAT8E4M3FN is not supported");
  auto wide = with(scalar(1));
  wide.attr("output_dtype", 6);
  expect_error(wide, ErrorCode::kInvalidModel, "attribute 'output_dtype' is int32, expected uint8, int8");
  auto blocks = with(floats({2, 2}, {1, 1, 1, 1}));
  blocks.attr("block_size", 2);
  expect_error(blocks, ErrorCode::kInvalidModel, "into blocks of 2 along axis 1");
}

TEST(QuantizeLinear, gives_integers_of_2_to_16_bits) {
  struct Row {
    int onnx_type;
    DType dtype;
    std::vector<double> expected;
  };
  const Row rows[] = {{4, DType::kUInt16, {0, 0, 2, 65535, 0}}, {5, DType::kInt16, {-32768, -2, 2, 32767, -32768}},
                      {21, DType::kUInt4, {0, 0, 2, 15, 0}},    {22, DType::kInt4, {-8, -2, 2, 7, -8}},
                      {25, DType::kUInt2, {0, 0, 2, 3, 0}},     {26, DType::kInt2, {-2, -2, 1, 1, -2}}};
  for (const Row& row : rows) {
    const auto q = OpCase("QuantizeLinear", 25)
                       .attr("output_dtype", row.onnx_type)
                       .input(floats({5}, {-1e6F, -1.5F, 1.5F, 1e6F, kNaN}))
                       .input(scalar(1))
                       .run();
    ASSERT_TRUE(q.ok()) << q.error().message();
    ASSERT_EQ((*q)[0].dtype(), row.dtype);
    std::vector<double> found(5);
    widen(row.dtype, (*q)[0].view().data, found);
    EXPECT_EQ(found, row.expected) << dtype_name(row.dtype);
    // And back: the numbers that the type holds, times the scale.
    const auto x = OpCase("DequantizeLinear", 25)
                       .input(Tensor::copy_of((*q)[0].view()))
                       .input(scalar(0.5F))
                       .input(Tensor(row.dtype, Shape{}))
                       .run();
    ASSERT_TRUE(x.ok()) << x.error().message();
    for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ((*x)[0].as<float>()[i], static_cast<float>(row.expected[i] / 2));
  }
  expect_output<std::uint16_t>(OpCase("QuantizeLinear", 21)
                                   .attr("block_size", 2)
                                   .attr("axis", 0)
                                   .input(floats({2, 2}, {-3, 1, 100, 2}))
                                   .input(floats({1, 2}, {1, 0.5F}))
                                   .input(Tensor::of<std::uint16_t>({1, 2}, {5, 60000})),
                               {2, 2}, {2, 60002, 105, 60004});
}

TEST(DequantizeLinear, gives_the_type_of_the_scales) {
  auto named = OpCase("DequantizeLinear", 23);
  named.attr("output_dtype", 1).input(bytes({1}, {4})).input(scalar(0.5F));
  expect_output(named, {1}, {2});
  auto other = OpCase("DequantizeLinear", 23);
  other.attr("output_dtype", 11).input(bytes({1}, {4})).input(scalar(0.5F));
  expect_error(other, ErrorCode::kUnsupportedModel, "attribute 'output_dtype' is float64, the scales are float32");
}

TEST(DequantizeLinear, subtracts_the_zero_point_and_scales) {
  expect_output(
      OpCase("DequantizeLinear", 13).input(bytes({3}, {0, 128, 255})).input(scalar(0.5F)).input(bytes({}, {128})), {3},
      {-64, 0, 63.5F});
  expect_output(OpCase("DequantizeLinear", 19).input(signed_bytes({3}, {-128, 0, 127})).input(scalar(2)), {3},
                {-256, 0, 254});
  expect_output(OpCase("DequantizeLinear", 10).input(Tensor::of<std::int32_t>({2}, {-100'000, 7})).input(scalar(0.5F)),
                {2}, {-50'000, 3.5F});
  expect_output(OpCase("DequantizeLinear", 13)
                    .attr("axis", 0)
                    .input(signed_bytes({2, 2}, {1, 2, 3, 4}))
                    .input(floats({2}, {1, 10}))
                    .input(signed_bytes({2}, {0, 1})),
                {2, 2}, {1, 2, 20, 30});
  expect_output(OpCase("DequantizeLinear", 1, "com.microsoft")
                    .input(bytes({2}, {3, 4}))
                    .input(scalar(0.5F))
                    .input(bytes({}, {2})),
                {2}, {0.5F, 1});
}

TEST(DynamicQuantizeLinear, finds_the_range_that_holds_zero) {
  const auto outputs = OpCase("DynamicQuantizeLinear", 11).outputs(3).input(floats({3}, {-1, 0, 1.55F})).run();
  ASSERT_TRUE(outputs.ok()) << outputs.error().message();
  expect_elements<std::uint8_t>((*outputs)[0], {3}, {0, 100, 255});
  expect_elements<float>((*outputs)[1], {}, {2.55F / 255});
  expect_elements<std::uint8_t>((*outputs)[2], {}, {100});
  const auto nothing = OpCase("DynamicQuantizeLinear", 11).outputs(3).input(floats({2}, {0, 0})).run();
  ASSERT_TRUE(nothing.ok());
  expect_elements<std::uint8_t>((*nothing)[0], {2}, {0, 0});
  expect_elements<float>((*nothing)[1], {}, {1});
}

TEST(DynamicQuantizeLinear, divides_by_a_float32_scale_whatever_the_width_of_its_input) {
  // 5 / 255 is rounded up in float32, so that -2.5 lies just above the tie between 25 and 26; in float64 it is the tie.
  const auto expect_result = []<typename T>(std::initializer_list<T> x) {
    const auto outputs = OpCase("DynamicQuantizeLinear", 11).outputs(3).input(Tensor::of<T>({3}, x)).run();
    ASSERT_TRUE(outputs.ok()) << outputs.error().message();
    expect_elements<std::uint8_t>((*outputs)[0], {3}, {255, 0, 26});
    expect_elements<T>((*outputs)[1], {}, {5.0F / 255});
    expect_elements<std::uint8_t>((*outputs)[2], {}, {153});
  };
  expect_result({2.0F, -3.0F, -2.5F});
  expect_result({2.0, -3.0, -2.5});
}

}  // namespace
}  // namespace kite
