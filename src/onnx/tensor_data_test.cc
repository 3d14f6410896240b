// SPDX-License-Identifier: Apache-2.0
// Elements against declared types and shapes.
#include "onnx/tensor_data.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "onnx/message_builder.h"
#include "onnx/parse.h"

namespace kite::onnx {
namespace {

using test::Message;
using test::tensor_head;

// The tensor with the bytes it borrows from.
struct Read {
  explicit Read(Message message) : file(std::move(message)), proto(*parse_tensor(file.span(), "t.pb")) {
    ExternalFiles none;
    result = read_tensor(proto, none);
  }
  std::string problem() const { return result->ok() ? "ok" : result->error().message(); }
  const TensorData& data() const { return **result; }

  Message file;
  TensorProto proto;
  std::optional<Result<TensorData>> result;
};

std::string read_problem(Message message) { return Read(std::move(message)).problem(); }

TEST(TensorData, raw_bytes_stay_where_they_are) {
  const Read read(test::float_tensor("w", {2, 2}, {1.F, 2.F, 3.F, 4.F}));
  ASSERT_EQ(read.problem(), "ok");
  EXPECT_FALSE(read.data().owned.has_value());
  EXPECT_EQ(read.data().view.data, read.proto.raw_data->data());
  EXPECT_EQ(read.data().view.type, (TensorType{DType::kFloat32, Shape{2, 2}}));
}

TEST(TensorData, typed_fields_are_decoded) {
  const Read floats(tensor_head("t", kFloat, {3}).packed_floats(4, {1.5F, -2.F}).real(4, 3.F));
  ASSERT_EQ(floats.problem(), "ok");
  EXPECT_EQ(floats.data().view.as<float>()[0], 1.5F);
  EXPECT_EQ(floats.data().view.as<float>()[2], 3.F);
  const Read doubles(tensor_head("t", kDouble, {2}).packed_doubles(10, {0.1, -7.0}));
  ASSERT_EQ(doubles.problem(), "ok");
  EXPECT_EQ(doubles.data().view.as<double>()[0], 0.1);
  constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
  const Read longs(tensor_head("t", kInt64, {3}).packed(7, {kLeast, 5}).integer(7, -1));
  ASSERT_EQ(longs.problem(), "ok");
  EXPECT_EQ(longs.data().view.as<std::int64_t>()[0], kLeast);
  EXPECT_EQ(longs.data().view.as<std::int64_t>()[2], -1);
  const Read ints(tensor_head("t", kInt32, {2}).packed(5, {-2147483648LL, 2147483647}));
  ASSERT_EQ(ints.problem(), "ok");
  EXPECT_EQ(ints.data().view.as<std::int32_t>()[0], std::numeric_limits<std::int32_t>::min());
  const Read bytes(tensor_head("t", kUint8, {2}).packed(5, {0, 255}));
  ASSERT_EQ(bytes.problem(), "ok");
  EXPECT_EQ(bytes.data().view.as<std::uint8_t>()[1], 255);
  const Read small(tensor_head("t", kInt8, {2}).packed(5, {-128, 127}));
  ASSERT_EQ(small.problem(), "ok");
  EXPECT_EQ(small.data().view.as<std::int8_t>()[0], -128);
  const Read flags(tensor_head("t", kBool, {2}).packed(5, {1, 0}));
  ASSERT_EQ(flags.problem(), "ok");
  EXPECT_TRUE(flags.data().view.as<bool>()[0]);
  EXPECT_FALSE(flags.data().view.as<bool>()[1]);
}

TEST(TensorData, scalars_and_empty_tensors_are_read) {
  EXPECT_EQ(read_problem(test::float_tensor("t", {}, {1.F})), "ok");
  const Read empty(tensor_head("t", kInt64, {0}));
  ASSERT_EQ(empty.problem(), "ok");
  EXPECT_NE(empty.data().view.data, nullptr) << "null would mean absent";
  const Read empty_raw(tensor_head("t", kFloat, {3, 0}).text(9, ""));
  ASSERT_EQ(empty_raw.problem(), "ok");
  EXPECT_NE(empty_raw.data().view.data, nullptr);
  EXPECT_EQ(read_problem(tensor_head("t", kFloat, {1}).text(9, "").packed_floats(4, {1.F})), "ok")
      << "an empty raw_data beside typed data is no second source";
}

TEST(TensorData, sizes_must_match_the_shape) {
  EXPECT_EQ(read_problem(tensor_head("t", kFloat, {2}).text(9, "abcdefg")),
            "shape [2] of float32 takes 8 bytes, raw_data has 7; tensor \"t\"");
  EXPECT_EQ(read_problem(tensor_head("t", kFloat, {2}).text(9, "abcdefghi")),
            "shape [2] of float32 takes 8 bytes, raw_data has 9; tensor \"t\"");
  EXPECT_EQ(read_problem(tensor_head("t", kFloat, {3}).packed_floats(4, {1.F, 2.F})),
            "shape [3] of float32 holds 3 elements, float_data has 2; tensor \"t\"");
  EXPECT_EQ(read_problem(tensor_head("t", kInt64, {1}).packed(7, {1, 2})),
            "shape [1] of int64 holds 1 elements, int64_data has 2; tensor \"t\"");
  EXPECT_EQ(read_problem(tensor_head("t", kFloat, {128})),
            "shape [128] of float32 is declared, but there is no data; tensor \"t\"; if the weights were saved apart "
            "from the graph, export the model as a single file");
  EXPECT_EQ(read_problem(tensor_head("t", kFloat, {}).packed_floats(4, {1.F, 2.F})),
            "shape [] of float32 holds 1 elements, float_data has 2; tensor \"t\"");
  EXPECT_EQ(read_problem(tensor_head("t", kFloat, {0}).text(9, "abcd")),
            "shape [0] of float32 takes 0 bytes, raw_data has 4; tensor \"t\"");
  EXPECT_EQ(read_problem(tensor_head("t", kFloat, {1}).text(4, "abcdef")),
            "shape [1] of float32 holds 1 elements, float_data ends inside one; tensor \"t\"");
}

TEST(TensorData, impossible_shapes_are_refused) {
  const std::int64_t large = std::int64_t{1} << 32;
  EXPECT_EQ(read_problem(tensor_head("t", kFloat, {large, large})),
            "shape [4294967296,4294967296] holds more than 2^40 elements; tensor \"t\"");
  EXPECT_EQ(read_problem(tensor_head("t", kFloat, {2, -3})), "negative dimension in shape [2,-3]; tensor \"t\"");
  EXPECT_EQ(read_problem(tensor_head("t", kFloat, std::vector<std::int64_t>(70, 1))),
            "a tensor of rank 70 exceeds the supported rank 8; tensor \"t\"");
}

TEST(TensorData, two_places_for_data_are_refused) {
  EXPECT_EQ(read_problem(test::float_tensor("t", {1}, {1.F}).packed_floats(4, {2.F})),
            "the tensor holds data in 2 places (raw_data, float_data), expected one; tensor \"t\"; export the model "
            "again");
  EXPECT_EQ(read_problem(test::float_tensor("t", {1}, {1.F}).integer(14, 1)),
            "the tensor holds data in 2 places (raw_data, external data), expected one; tensor \"t\"; export the "
            "model again");
  EXPECT_EQ(read_problem(tensor_head("t", kInt32, {1}).packed(5, {1}).packed(7, {1}).text(6, "s")),
            "the tensor holds data in 3 places (int32_data, int64_data, string_data), expected one; tensor \"t\"; "
            "export the model again");
}

TEST(TensorData, data_in_the_field_of_another_type_is_refused) {
  const std::string text =
      "data of type float32 is expected in float_data or raw_data, but is in another field; "
      "tensor \"t\"; export the model again";
  EXPECT_EQ(read_problem(tensor_head("t", kFloat, {1}).packed(7, {1})), text);
  EXPECT_EQ(read_problem(tensor_head("t", kFloat, {0}).packed(7, {1})), text) << "also where the shape wants none";
  EXPECT_EQ(read_problem(tensor_head("t", kFloat, {1}).text(6, "s")), text);
  EXPECT_EQ(read_problem(tensor_head("t", kFloat, {1}).integer(11, 1)), text);
}

TEST(TensorData, elements_outside_their_type_are_refused) {
  EXPECT_EQ(read_problem(tensor_head("t", kUint8, {1}).packed(5, {256})),
            "element 256 of int32_data does not fit the tensor's type uint8; tensor \"t\"");
  EXPECT_EQ(read_problem(tensor_head("t", kInt8, {1}).packed(5, {-129})),
            "element -129 of int32_data does not fit the tensor's type int8; tensor \"t\"");
  EXPECT_EQ(read_problem(tensor_head("t", kBool, {1}).packed(5, {2})),
            "element 2 of int32_data does not fit the tensor's type bool; tensor \"t\"");
  EXPECT_EQ(read_problem(tensor_head("t", kInt32, {1}).packed(5, {4294967296})),
            "element 4294967296 of int32_data does not fit the tensor's type int32; tensor \"t\"");
  EXPECT_EQ(read_problem(tensor_head("t", kBool, {2}).text(9, "\x01\x02")),
            "a bool tensor holds bytes other than 0 and 1; tensor \"t\"");
}

TEST(TensorData, halves_are_read_from_raw_data_and_from_int32_data) {
  for (const auto& [type, dtype] : {std::pair{kFloat16, DType::kFloat16}, std::pair{kBfloat16, DType::kBFloat16}}) {
    const Read raw(tensor_head("t", type, {2}).text(9, "abcd"));
    const Read listed(tensor_head("t", type, {2}).packed(5, {0x6261, 0x6463}));
    for (const Read* read : {&raw, &listed}) {
      ASSERT_TRUE((*read->result).ok()) << read->problem();
      const TensorView& view = (**read->result).view;
      EXPECT_EQ(view.type.dtype, dtype);
      EXPECT_EQ(std::memcmp(view.data, "abcd", 4), 0);
    }
  }
  EXPECT_EQ(read_problem(tensor_head("t", kFloat16, {1}).packed(5, {65536})),
            "element 65536 of int32_data does not fit the tensor's type float16; tensor \"t\"");
}

TEST(TensorData, the_integers_of_16_bits_and_the_unsigned_ones_are_read) {
  const Read shorts(tensor_head("t", kInt16, {2}).packed(5, {-32768, 32767}));
  ASSERT_EQ(shorts.problem(), "ok");
  EXPECT_EQ(shorts.data().view.as<std::int16_t>()[0], -32768);
  EXPECT_EQ(shorts.data().view.as<std::int16_t>()[1], 32767);
  const Read words(tensor_head("t", kUint16, {1}).packed(5, {65535}));
  ASSERT_EQ(words.problem(), "ok");
  EXPECT_EQ(words.data().view.as<std::uint16_t>()[0], 65535);
  const Read ints(tensor_head("t", kUint32, {1}).packed(11, {4294967295}));
  ASSERT_EQ(ints.problem(), "ok");
  EXPECT_EQ(ints.data().view.as<std::uint32_t>()[0], 4294967295U);
  const Read longs(tensor_head("t", kUint64, {2}).packed(11, {-1}).integer(11, 7));  // -1 has the bits of 2^64 - 1
  ASSERT_EQ(longs.problem(), "ok");
  EXPECT_EQ(longs.data().view.as<std::uint64_t>()[0], std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(longs.data().view.as<std::uint64_t>()[1], 7U);
  EXPECT_EQ(read_problem(tensor_head("t", kInt16, {1}).packed(5, {32768})),
            "element 32768 of int32_data does not fit the tensor's type int16; tensor \"t\"");
  EXPECT_EQ(read_problem(tensor_head("t", kUint16, {1}).packed(5, {-1})),
            "element -1 of int32_data does not fit the tensor's type uint16; tensor \"t\"");
  EXPECT_EQ(read_problem(tensor_head("t", kUint32, {1}).packed(11, {4294967296})),
            "element 4294967296 of uint64_data does not fit the tensor's type uint32; tensor \"t\"");
  EXPECT_EQ(read_problem(tensor_head("t", kUint32, {1}).packed(5, {1})),
            "data of type uint32 is expected in uint64_data or raw_data, but is in another field; tensor \"t\"; export "
            "the model again");
}

TEST(TensorData, packed_integers_take_a_byte_each_the_first_from_the_lowest_bits) {
  struct Row {
    std::int32_t type;
    std::int64_t elements;
    std::vector<std::int64_t> packed;
    std::vector<int> expected;
  };
  const Row rows[] = {{kUint4, 3, {0x21, 0x0f}, {1, 2, 15}},
                      {kInt4, 4, {0x87, 0xf0}, {7, -8, 0, -1}},
                      {kUint2, 5, {0b11100100, 0b10}, {0, 1, 2, 3, 2}},
                      {kInt2, 4, {0b11100100}, {0, 1, -2, -1}}};
  for (const Row& row : rows) {
    std::string bytes;
    for (const std::int64_t byte : row.packed) bytes += static_cast<char>(byte);
    const Read raw(tensor_head("t", row.type, {row.elements}).text(9, bytes));
    const Read listed(tensor_head("t", row.type, {row.elements}).packed(5, row.packed));
    for (const Read* read : {&raw, &listed}) {
      ASSERT_EQ(read->problem(), "ok") << row.type;
      const TensorView& view = read->data().view;
      EXPECT_TRUE(read->data().owned.has_value());
      for (std::size_t i = 0; i < row.expected.size(); ++i) {
        EXPECT_EQ(view.data[i], static_cast<std::byte>(row.expected[i])) << row.type << ' ' << i;
      }
    }
  }
  EXPECT_EQ(read_problem(tensor_head("t", kInt4, {3}).text(9, "abc")),
            "shape [3] of int4 takes 2 bytes, raw_data has 3; tensor \"t\"");
  EXPECT_EQ(read_problem(tensor_head("t", kUint2, {5}).packed(5, {1})),
            "shape [5] of uint2 holds 2 packed numbers, int32_data has 1; tensor \"t\"");
  EXPECT_EQ(read_problem(tensor_head("t", kInt4, {2}).packed(5, {256})),
            "element 256 of int32_data does not fit the tensor's type uint8; tensor \"t\"");
  EXPECT_EQ(read_problem(tensor_head("t", kUint4, {0})), "ok");
}

TEST(TensorData, other_element_types_are_unsupported_by_name) {
  const std::pair<std::int32_t, std::string> cases[] = {{8, "STRING"},      {14, "COMPLEX64"}, {17, "FLOAT8E4M3FN"},
                                                        {23, "FLOAT4E2M1"}, {99, "99"},        {-5, "-5"}};
  for (const auto& [type, name] : cases) {
    const Read read(tensor_head("t", type, {1}).text(9, "abcd"));
    EXPECT_EQ(read.problem(), "element type " + name +
                                  " is not supported; tensor \"t\"; supported are FLOAT, DOUBLE, "
                                  "FLOAT16, BFLOAT16, BOOL, and INT and UINT of 2 to 64 bits");
    EXPECT_EQ((*read.result).error().code, ErrorCode::kUnsupportedModel);
  }
  EXPECT_EQ(read_problem(tensor_head("t", 0, {1}).text(9, "ab")), "the element type is missing; tensor \"t\"");
  EXPECT_EQ(read_problem(test::float_tensor("t", {1}, {1.F}).message(3, Message())),
            "tensors in segments are not supported; tensor \"t\"");
}

}  // namespace
}  // namespace kite::onnx
