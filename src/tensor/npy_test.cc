// SPDX-License-Identifier: Apache-2.0
// The files that numpy writes, and files that are not valid.
#include "paperkite/npy.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/test_folder.h"
#include "tensor/packed.h"

namespace kite {
namespace {

using namespace std::string_literals;

// With exactly `text` as the header.
std::string npy(const std::string& text, const std::string& elements, char major = 1) {
  std::string length = {static_cast<char>(text.size() & 0xff), static_cast<char>(text.size() >> 8)};
  if (major > 1) length += "\0\0"s;
  return "\x93NUMPY" + std::string{major, '\0'} + length + text + elements;
}

std::string dict(const std::string& descr, const std::string& shape, const std::string& order = "False") {
  return "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }";
}

template <typename T>
std::string raw(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

Result<Tensor> read(const std::string& file) { return read_npy(std::as_bytes(std::span(file)), "x.npy"); }

std::string described(const Result<Tensor>& tensor) {
  if (!tensor.ok()) return tensor.error().message();
  return std::string(dtype_name(tensor->dtype())) + tensor->shape().to_string();
}

TEST(Npy, every_version_type_and_spelling_of_a_header_is_read) {
  const std::string eight(8, '\0');
  const std::pair<std::string, std::string> rows[] = {
      {npy(dict("<f4", "(2, 1)"), eight), "float32[2,1]"},
      {npy(dict("<f8", "(1,)"), eight), "float64[1]"},
      {npy(dict("<f8", "()"), eight), "float64[]"},
      {npy(dict("<i4", "(1,2,)"), eight), "int32[1,2]"},
      {npy(dict("<i8", "(1L, 1L)"), eight), "int64[1,1]"},
      {npy(dict("|u1", "(8,)"), eight), "uint8[8]"},
      {npy(dict("<i1", "(8,)"), eight), "int8[8]"},
      {npy(dict(">b1", "(8,)"), eight), "bool[8]"},
      {npy(dict("<f2", "(2, 2)"), eight), "float16[2,2]"},
      {npy(dict("<V2", "(4,)"), eight), "bfloat16[4]"},
      {npy(dict("<f4", "(2,)"), eight, 2), "float32[2]"},
      {npy(dict("<f4", "(2,)"), eight, 3), "float32[2]"},
      {npy(dict("<f4", "(3, 0, 5)"), ""), "float32[3,0,5]"},
      {npy(dict("<f4", "(1, 1, 1, 1, 1, 1, 1, 2)"), eight), "float32[1,1,1,1,1,1,1,2]"},
      {npy(" {\"shape\":(2,),\"descr\":\"<f4\" , 'fortran_order':True}\t\n", eight), "float32[2]"},
  };
  for (const auto& [file, expected] : rows) EXPECT_EQ(described(read(file)), expected) << file;
}

TEST(Npy, hostile_files_are_errors_that_say_what_was_found) {
  const std::string eight(8, '\0');
  const std::string good = dict("<f4", "(2, 1)");
  const std::string no_dict = "the .npy header is no {";
  struct Row {
    std::string file;
    std::string_view says;
  };
  const Row rows[] = {
      {"", "not a .npy file"},
      {"\x93NUMP", "not a .npy file"},
      {"PK\x03\x04 and more of it", "not a .npy file"},
      {"\x93NUMPY\x01\0\x10\0"s, "the .npy header is cut off"},
      {npy(good, "", 1).substr(0, 60), "the .npy header is cut off"},
      {npy(good, eight, 0), "version 0.0 of .npy is not known"},
      {npy(good, eight, 4), "version 4.0 of .npy is not known"},
      {"\x93NUMPY\x01\x01\x10\0 {                "s, "version 1.1 of .npy is not known"},
      {"\x93NUMPY\x02\0\xff\xff\xff\xff{'descr'"s, "the .npy header is longer than 64 KiB"},
      {npy(good, eight.substr(1)), "the file holds fewer elements than its shape [2,1]"},
      {npy(good, eight + "x"), "the file goes on for 1 bytes behind its array"},
      {npy(good, eight) + npy(good, eight), "bytes behind its array; x.npy; save one array a file"},
      {npy(dict("<f4", "(3, 1)"), eight), "fewer elements"},
      {npy(dict(">f4", "(2, 1)"), eight), "the elements are big-endian (>f4)"},
      {npy(dict("=f4", "(2, 1)"), eight), "element type =f4 is not supported"},
      {npy(dict("<f16", "(1,)"), eight), "element type <f16 is not supported"},
      {npy(dict("<c16", "(1,)"), eight + eight), "element type <c16 is not supported"},
      {npy(dict("<c8", "(1,)"), eight), "element type <c8 is not supported"},
      {npy(dict("<U2", "(1,)"), eight), "element type <U2 is not supported"},
      {npy(dict("|O", "(1,)"), eight), "element type |O is not supported"},
      {npy(dict("", "(1,)"), eight), "element type  is not supported"},
      {npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}", eight), no_dict},
      {npy("{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}", eight), no_dict},
      {npy("{'descr': '<f4', 'shape': (2,)}", eight), no_dict},
      {npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'more': 1}", eight), no_dict},
      {npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'shape': (2,)}", eight), no_dict},
      {npy("{'descr': '<f4' 'fortran_order': False, 'shape': (2,)}", eight), no_dict},
      {npy("{'descr: '<f4', 'fortran_order': False, 'shape': (2,)}", eight), no_dict},
      {npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)", eight), no_dict},
      {npy(good + "}", eight), no_dict},
      {npy("[" + good + "]", eight), no_dict},
      {npy("", eight), no_dict},
      {npy("{", eight), no_dict},
      {npy("{'", eight), no_dict},
      {npy(dict("<f4", "(2"), eight), no_dict},
      {npy(dict("<f4", "2"), eight), no_dict},
      {npy(dict("<f4", "(2)"), eight), no_dict},
      {npy(dict("<f4", "(,)"), eight), no_dict},
      {npy(dict("<f4", "(2,,1)"), eight), no_dict},
      {npy(dict("<f4", "(-2, 1)"), eight), no_dict},
      {npy(dict("<f4", "(2.0, 1)"), eight), no_dict},
      {npy(dict("<f4", "(0x2, 1)"), eight), no_dict},
      {npy(dict("<f4", "(99999999999999999999, 1)"), eight), no_dict},
      {npy(dict("<f4", "(4294967296, 4294967296)"), eight), "holds more than 2^40 elements"},
      {npy(dict("<f4", "(0, 9223372036854775807, 9223372036854775807)"), eight), "holds more than 2^40 elements"},
      {npy(dict("<f8", "(1099511627776,)"), eight), "fewer elements"},
      {npy(dict("<f4", "(1, 1, 1, 1, 1, 1, 1, 1, 2)"), eight), "a tensor of rank 9"},
      {npy(dict("|b1", "(2,)"), "\1\2"), "a bool is neither 0 nor 1 but 2"},
  };
  const TestFolder folder;
  for (const Row& row : rows) {
    const Result<Tensor> from_memory = read(row.file);
    ASSERT_FALSE(from_memory.ok()) << row.file;
    EXPECT_NE(from_memory.error().message().find(row.says), std::string::npos) << from_memory.error().message();
    EXPECT_NE(from_memory.error().code, ErrorCode::kInvalidModel);
    const std::string path = folder.write("x.npy", row.file);
    const Result<Tensor> from_file = read_npy(path);
    ASSERT_FALSE(from_file.ok()) << row.file;
    EXPECT_EQ(from_file.error().what, from_memory.error().what);
    EXPECT_EQ(from_file.error().where, path);
  }
}

TEST(Npy, cut_anywhere_or_with_a_bit_flipped_it_is_read_or_refused) {
  const std::string whole = npy(dict("<f4", "(2, 1)"), std::string(8, '\0'));
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(read(whole.substr(0, size)).ok()) << size;
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    const auto tensor = read(flipped);
    EXPECT_TRUE(!tensor.ok() || tensor->type().size_bytes() == 8) << bit;
  }
}

TEST(Npy, fortran_order_is_put_into_c_order) {
  // numpy.asfortranarray(numpy.arange(24).reshape(2, 3, 4)) as it lies in memory.
  std::vector<std::int32_t> fortran;
  for (int k = 0; k < 4; ++k) {
    for (int j = 0; j < 3; ++j) {
      for (int i = 0; i < 2; ++i) fortran.push_back(12 * i + 4 * j + k);
    }
  }
  const std::string file = npy(dict("<i4", "(2, 3, 4)", "True"), raw(fortran));
  const TestFolder folder;
  for (const auto& tensor : {read(file), read_npy(folder.write("f.npy", file))}) {
    ASSERT_TRUE(tensor.ok()) << tensor.error().message();
    for (std::int32_t i = 0; i < 24; ++i) EXPECT_EQ(tensor->as<std::int32_t>()[i], i);
  }
  const auto items = NpyReader::open(folder / "f.npy");
  ASSERT_FALSE(items.ok());
  EXPECT_EQ(items.error().what, "the array is in Fortran order");
}

TEST(Npy, what_is_written_is_read_again_with_its_elements_on_a_multiple_of_64) {
  const TestFolder folder;
  const std::string path = folder / "x.npy";
  for (int dtype = 0; dtype <= static_cast<int>(kLastDType); ++dtype) {
    for (const Shape& shape : {Shape{}, Shape{3}, Shape{0, 2}, Shape{2, 1, 3, 1, 2, 1, 1, 2}}) {
      Tensor tensor(static_cast<DType>(dtype), shape);
      for (std::int64_t i = 0; i < tensor.type().size_bytes(); ++i) {
        tensor.mutable_view().data[i] = static_cast<std::byte>(tensor.dtype() == DType::kBool ? i % 2 : i);
      }
      ASSERT_TRUE(write_npy(path, tensor.view()).ok());
      const auto again = read_npy(path);
      ASSERT_TRUE(again.ok()) << again.error().message();
      const bool is_signed = tensor.dtype() == DType::kInt4 || tensor.dtype() == DType::kInt2;
      const DType whole = !is_packed(tensor.dtype()) ? tensor.dtype() : is_signed ? DType::kInt8 : DType::kUInt8;
      EXPECT_EQ(again->type(), (TensorType{whole, shape}));
      EXPECT_EQ(std::memcmp(again->view().data, tensor.view().data, tensor.view().bytes().size()), 0);
      EXPECT_EQ((std::filesystem::file_size(path) - tensor.view().bytes().size()) % 64, 0U);
    }
  }
  EXPECT_EQ(
      npy_header({DType::kFloat32, Shape{1, 3}}).find("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), } "),
      10U);
  EXPECT_EQ(npy_header({DType::kUInt8, Shape{7}}).find("{'descr': '|u1', 'fortran_order': False, 'shape': (7,), } "),
            10U);
}

TEST(Npy, bytes_become_the_narrow_integers_that_a_model_declares_where_they_fit) {
  struct Row {
    DType declared;
    DType given;
    int number;
    DType found;  // of the result; the given type where it is left as it is
    bool fits;
  };
  const Row rows[] = {
      {DType::kInt4, DType::kInt8, -8, DType::kInt4, true},     {DType::kInt4, DType::kInt8, 8, DType::kInt4, false},
      {DType::kInt4, DType::kInt8, -9, DType::kInt4, false},    {DType::kUInt4, DType::kUInt8, 15, DType::kUInt4, true},
      {DType::kUInt4, DType::kUInt8, 16, DType::kUInt4, false}, {DType::kInt2, DType::kInt8, -2, DType::kInt2, true},
      {DType::kInt2, DType::kInt8, 2, DType::kInt2, false},     {DType::kUInt2, DType::kUInt8, 3, DType::kUInt2, true},
      {DType::kUInt2, DType::kUInt8, 4, DType::kUInt2, false},  {DType::kInt4, DType::kUInt8, 1, DType::kUInt8, true},
      {DType::kUInt8, DType::kUInt8, 200, DType::kUInt8, true}};
  for (const Row& row : rows) {
    Tensor tensor(row.given, Shape{2});
    tensor.mutable_view().data[1] = static_cast<std::byte>(row.number);
    const auto narrow = as_declared(std::move(tensor), row.declared);
    ASSERT_EQ(narrow.ok(), row.fits) << dtype_name(row.declared) << ' ' << row.number;
    if (!narrow.ok()) continue;
    EXPECT_EQ(narrow->type(), (TensorType{row.found, Shape{2}}));
    EXPECT_EQ(narrow->view().data[1], static_cast<std::byte>(row.number));
  }
  const auto wrong = as_declared(Tensor::of<std::int8_t>({1}, {-9}), DType::kInt4);
  EXPECT_EQ(wrong.error().what, "an element is -9, which int4 cannot hold");
}

TEST(Npy, items_are_written_and_read_one_by_one) {
  const TestFolder folder;
  const std::string path = folder / "x.npy";
  auto writer = NpyWriter::create(path, {DType::kFloat32, Shape{2}});
  ASSERT_TRUE(writer.ok()) << writer.error().message();
  for (const std::vector<float>& item : {std::vector<float>{1, 2}, {3, 4}, {5, 6}}) {
    ASSERT_TRUE(writer->append(std::as_bytes(std::span(item))).ok());
  }
  const float one = 1;
  EXPECT_FALSE(writer->append(std::as_bytes(std::span(&one, 1))).ok());
  EXPECT_FALSE(NpyReader::open(path).ok()) << "without its header it is no .npy";
  ASSERT_TRUE(writer->finish().ok());
  const auto reader = NpyReader::open(path);
  ASSERT_TRUE(reader.ok()) << reader.error().message();
  EXPECT_EQ(reader->items(), 3);
  EXPECT_EQ(reader->item_elements(), 2);
  EXPECT_EQ(*reader->read_floats(1, 2), (std::vector<float>{3, 4, 5, 6}));
  EXPECT_TRUE(reader->read_floats(3, 0)->empty());
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  for (const auto& [first, count] :
       std::vector<std::pair<std::int64_t, std::int64_t>>{{2, 2}, {-1, 1}, {0, -1}, {4, 0}, {1, kMost}, {kMost, 1}}) {
    EXPECT_FALSE(reader->read_floats(first, count).ok()) << first << ", " << count;
  }
  std::vector<float> room(3);
  EXPECT_FALSE(reader->read(0, 2, std::as_writable_bytes(std::span(room))).ok());
  EXPECT_FALSE(NpyWriter::create(folder / "none/x.npy", {DType::kFloat32, Shape{2}}).ok());
  EXPECT_FALSE(NpyWriter::create(path, {DType::kFloat32, Shape{1, 1, 1, 1, 1, 1, 1, 1}}).ok());
}

TEST(Npy, floats_are_read_of_doubles_and_of_nothing_else) {
  const TestFolder folder;
  const auto doubles = NpyReader::open(folder.write("d.npy", npy(dict("<f8", "(2, 1)"), raw<double>({0.1, 1e300}))));
  ASSERT_TRUE(doubles.ok()) << doubles.error().message();
  EXPECT_EQ(*doubles->read_floats(0, 2), (std::vector<float>{0.1F, std::numeric_limits<float>::infinity()}));
  const auto ints = NpyReader::open(folder.write("i.npy", npy(dict("<i4", "(2,)"), std::string(8, '\0'))));
  ASSERT_TRUE(ints.ok());
  EXPECT_NE(ints->read_floats(0, 1).error().message().find("int32"), std::string::npos);
  const auto scalar = NpyReader::open(folder.write("s.npy", npy(dict("<f4", "()"), raw<float>({7}))));
  ASSERT_TRUE(scalar.ok());
  EXPECT_EQ(*scalar->read_floats(0, 1), (std::vector<float>{7}));
}

TEST(Npy, a_file_that_shrinks_behind_the_reader_is_an_error) {
  const TestFolder folder;
  const std::string path = folder.write("x.npy", npy(dict("<f4", "(2, 1)"), std::string(8, '\0')));
  const auto reader = NpyReader::open(path);
  ASSERT_TRUE(reader.ok());
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 4);
  EXPECT_TRUE(reader->read_floats(0, 1).ok());
  const auto cut = reader->read_floats(0, 2);
  ASSERT_FALSE(cut.ok());
  EXPECT_EQ(cut.error().code, ErrorCode::kIo);
  EXPECT_FALSE(NpyReader::open(folder.path()).ok());
  EXPECT_FALSE(read_npy(folder / "none.npy").ok());
}

}  // namespace
}  // namespace kite
