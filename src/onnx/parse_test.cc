// SPDX-License-Identifier: Apache-2.0
// Wire format: what must load, what must be refused, and how files of other kinds are named.
#include "onnx/parse.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "onnx/message_builder.h"

namespace kite::onnx {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;
using test::Message;

Bytes span_of(std::string_view text) { return std::as_bytes(std::span(text)); }

std::string problem(std::string_view bytes) {
  const auto parsed = parse_model(span_of(bytes), "m.onnx");
  return parsed.ok() ? "ok" : parsed.error().message();
}

std::string problem(const Message& message) { return problem(message.bytes()); }

testing::AssertionResult starts_with(const std::string& text, const std::string& prefix) {
  if (text.starts_with(prefix)) return testing::AssertionSuccess();
  return testing::AssertionFailure() << '"' << text << "\" does not start with \"" << prefix << '"';
}

TEST(Parse, reads_a_small_network_without_copying_its_weights) {
  const Message file = test::small_network();
  const auto parsed = parse_model(file.span(), "m.onnx");
  ASSERT_TRUE(parsed.ok()) << parsed.error().message();
  EXPECT_EQ(parsed->ir_version, 8);
  ASSERT_EQ(parsed->opset_imports.size(), 1U);
  EXPECT_EQ(parsed->opset_imports[0].version, 17);
  ASSERT_EQ(parsed->graph.nodes.size(), 4U);
  const Node& conv = parsed->graph.nodes[0];
  EXPECT_EQ(conv.op_type, "Conv");
  EXPECT_EQ(conv.inputs, (std::vector<std::string_view>{"x", "w", "b"}));
  EXPECT_EQ(conv.attributes[0].name, "pads");
  EXPECT_EQ(conv.attributes[0].ints, (std::vector<std::int64_t>{1, 1, 1, 1}));
  ASSERT_EQ(parsed->graph.initializers.size(), 4U);
  const TensorProto& weights = parsed->graph.initializers[0];
  EXPECT_EQ(weights.dims, (std::vector<std::int64_t>{2, 3, 3, 3}));
  EXPECT_GT(weights.raw_data->data(), file.span().data());
  EXPECT_LT(weights.raw_data->data(), file.span().data() + file.span().size());
  const ValueInfo& input = parsed->graph.inputs[0];
  EXPECT_TRUE(input.is_tensor);
  EXPECT_EQ(input.shape[0].param, "d0");
  EXPECT_EQ(input.shape[1].value, 3);
}

TEST(Parse, skips_unknown_fields_of_every_wire_type_everywhere) {
  const auto odd = [](Message message) {
    return message.integer(200, 7)
        .text(201, "new")
        .raw(
            "\xd5\x0c"
            "abcd")
        .raw(
            "\xd9\x0c"
            "abcdefgh");
  };
  const Message attribute = odd(test::int_attribute("axis", 1));
  const Message tensor = odd(test::float_tensor("w", {1}, {1.F}));
  test::GraphParts parts;
  parts.nodes = {odd(test::node("Flatten", {"x"}, {"y"}, {attribute}))};
  parts.initializers = {tensor};
  parts.inputs = {odd(test::value_info("x", kFloat, {1}))};
  const Message file = odd(test::model(odd(test::graph(parts))));
  const auto parsed = parse_model(file.span(), "m.onnx");
  ASSERT_TRUE(parsed.ok()) << parsed.error().message();
  EXPECT_EQ(parsed->graph.nodes[0].attributes[0].i, 1);
  EXPECT_EQ(parsed->graph.initializers[0].raw_data->size(), 4U);
}

TEST(Parse, reads_repeated_scalars_packed_unpacked_and_mixed) {
  const Message ints = Message().text(1, "a").integer(8, 1).packed(8, {2, 300, -4}).integer(8, 5).integer(20, 7);
  const Message floats = Message().text(1, "b").real(7, 1.F).packed_floats(7, {2.F, 3.F}).real(7, 4.F).integer(20, 6);
  const Message dims = Message().packed(1, {2}).integer(1, 3).integer(2, kFloat).text(8, "w");
  test::GraphParts parts;
  parts.nodes = {test::node("Op", {}, {}, {ints, floats})};
  parts.initializers = {dims};
  const Message file = test::model(test::graph(parts));
  const auto parsed = parse_model(file.span(), "m.onnx");
  ASSERT_TRUE(parsed.ok()) << parsed.error().message();
  EXPECT_EQ(parsed->graph.nodes[0].attributes[0].ints, (std::vector<std::int64_t>{1, 2, 300, -4, 5}));
  EXPECT_EQ(parsed->graph.nodes[0].attributes[1].floats, (std::vector<float>{1.F, 2.F, 3.F, 4.F}));
  EXPECT_EQ(parsed->graph.initializers[0].dims, (std::vector<std::int64_t>{2, 3}));
}

TEST(Parse, merges_messages_that_come_in_pieces) {
  // The graph in two pieces; an input's type, its tensor type and its shape in two pieces each; an attribute's tensor.
  const Message first_dim = Message().message(2, Message().message(1, Message().integer(1, 3)));
  const Message second_dim = Message().message(2, Message().message(1, Message().text(2, "n")));
  const Message input = Message()
                            .text(1, "x")
                            .message(2, Message().message(1, Message().integer(1, kFloat)).message(1, first_dim))
                            .message(2, Message().message(1, second_dim));
  const Message value = Message()
                            .text(1, "value")
                            .integer(20, 4)
                            .message(5, Message().integer(1, 1).integer(2, kFloat))
                            .message(5, Message().text(9, "abcd"));
  const Message first = Message().message(1, test::node("Constant", {}, {"c"}, {value}));
  const Message second = Message().message(1, test::node("Relu", {"x"}, {"y"})).message(11, input);
  const Message file =
      Message().message(7, first).integer(1, 8).message(8, test::opset_import("", 17)).message(7, second);
  const auto parsed = parse_model(file.span(), "m.onnx");
  ASSERT_TRUE(parsed.ok()) << parsed.error().message();
  ASSERT_EQ(parsed->graph.nodes.size(), 2U);
  const TensorProto& tensor = *parsed->graph.nodes[0].attributes[0].t;
  EXPECT_EQ(tensor.dims, (std::vector<std::int64_t>{1}));
  EXPECT_EQ(tensor.raw_data->size(), 4U);
  const ValueInfo& x = parsed->graph.inputs[0];
  EXPECT_EQ(x.element_type, kFloat);
  ASSERT_EQ(x.shape.size(), 2U);
  EXPECT_EQ(x.shape[0].value, 3);
  EXPECT_EQ(x.shape[1].param, "n");
}

TEST(Parse, the_last_member_of_a_oneof_counts) {
  const Message dim = Message().integer(1, 5).text(2, "n");
  const Message type =
      Message().message(4, Message()).message(1, Message().integer(1, kFloat).message(2, Message().message(1, dim)));
  test::GraphParts parts;
  parts.inputs = {Message().text(1, "x").message(2, type)};
  const Message file = test::model(test::graph(parts));
  const auto parsed = parse_model(file.span(), "m.onnx");
  ASSERT_TRUE(parsed.ok());
  EXPECT_TRUE(parsed->graph.inputs[0].is_tensor);
  EXPECT_FALSE(parsed->graph.inputs[0].shape[0].value.has_value());
  EXPECT_EQ(parsed->graph.inputs[0].shape[0].param, "n");
}

TEST(Parse, names_what_a_file_of_another_kind_is) {
  const std::string padding(600, 'x');
  std::string tar = std::string(257, '\0') + "ustar" + padding;
  const std::pair<std::string, std::string> cases[] = {
      {"", "the file is empty (0 bytes)"},
      {"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "a Git LFS pointer"},
      {"<!DOCTYPE html><html>404</html>", "an HTML page"},
      {"\n  <HTML><body>", "an HTML page"},
      {std::string("PK\x03\x04\x00\x00", 6) + padding, "a zip archive, which may be a checkpoint of PyTorch"},
      {"\x80\x02}q\x01X\x05" + padding, "a Python pickle"},
      {"\x80\x02\x8a\x0al\xfc\x9c" + padding, "a Python pickle"},
      {std::string("\x1c\x00\x00\x00TFL3\x00", 9) + padding, "a TensorFlow Lite model"},
      {std::string("\x40\x00\x00\x00\x00\x00\x00\x00{\"a\":{}}", 16) + padding, "a safetensors file"},
      {"\x89HDF\r\n\x1a\n" + padding, "an HDF5 file"},
      {"\x93NUMPY\x01" + padding, "a NumPy array"},
      {"\x1f\x8b\x08" + padding, "a gzip archive"},
      {tar, "a tar archive"},
      {"\xff\xd8\xff\xe0" + padding, "a JPEG picture"},
      {"\x89PNG\r\n\x1a\n" + padding, "a PNG picture"},
      {"\x7f"
       "ELF" +
           padding,
       "a program"},
      {"Just some words.\n", "a text file"},
      {std::string(4096, '\0'), "it begins with nothing but zero bytes"},
  };
  for (const auto& [bytes, kind] : cases) {
    const auto parsed = parse_model(span_of(bytes), "m.onnx");
    ASSERT_FALSE(parsed.ok()) << kind;
    EXPECT_EQ(parsed.error().code, ErrorCode::kInvalidModel);
    EXPECT_TRUE(starts_with(parsed.error().message(), "not an ONNX model: " + kind));
    EXPECT_EQ(parsed.error().where, "m.onnx");
    EXPECT_FALSE(parsed.error().remedy.empty());
  }
}

TEST(Parse, refuses_random_bytes) {
  std::mt19937 random(20240229);
  for (int i = 0; i < 2000; ++i) {
    std::string bytes(4096, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    EXPECT_NE(problem(bytes), "ok") << "seed 20240229, file " << i;
  }
}

TEST(Parse, skips_unknown_groups_and_refuses_broken_ones) {
  const std::string whole = onnx::test::model(Message()).bytes();
  // Field 120: a number, eight bytes, a run, another group and four bytes.
  const std::string group =
      "\xc3\x07\x08\x05\x11"
      "12345678"
      "\x1a\x02"
      "ab"
      "\xcb\x07\xcc\x07\x25"
      "1234"
      "\xc4\x07"s;
  EXPECT_EQ(problem(group + whole), problem(whole));
  EXPECT_EQ(problem(whole + group), problem(whole));
  const auto nested = [](std::size_t depth) {
    std::string bytes;
    for (std::size_t i = 0; i < depth; ++i) bytes += "\xc3\x07";
    for (std::size_t i = 0; i < depth; ++i) bytes += "\xc4\x07";
    return bytes;
  };
  EXPECT_EQ(problem(nested(100) + whole), problem(whole));
  EXPECT_TRUE(problem(nested(101) + whole).find("more than 100 groups inside each other") != std::string::npos);
  EXPECT_TRUE(problem("\xc3\x07" + whole).find("the message ends inside a group") != std::string::npos);
  EXPECT_TRUE(problem("\xc4\x07" + whole).find("a group ends without a beginning") != std::string::npos);
  EXPECT_TRUE(problem("\xc3\x07\xcc\x07" + whole).find("a group ends without a beginning") != std::string::npos);
  EXPECT_TRUE(problem("\x0b\x0c" + whole).find("field 1 has wire type 3, expected 0") != std::string::npos);
}

TEST(Parse, refuses_malformed_fields_and_says_where) {
  const std::string head = Message().integer(1, 8).bytes();
  const std::pair<std::string_view, std::string> cases[] = {
      {"\x3a\xff\xff\xff\xff\xff\xff\xff\xff\x7f"sv, "field 7 claims 9223372036854775807 bytes where 0 are left"},
      {"\x3a\x80\x80\x80\x80\x10"sv, "field 7 claims 4294967296 bytes where 0 are left"},
      {"\x3a\x85\x80\x80\x80\x10"sv, "field 7 claims 4294967301 bytes where 0 are left"},
      {"\x3a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv, "field 7 claims 18446744073709551615 bytes where 0 are left"},
      {"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv, "a number of more than ten bytes"},
      {"\x08\xff\xff"sv, "the message ends inside a number"},
      {"\x00\x01"sv, "field number 0 does not exist"},
      {"\xf8\xff\xff\xff\xff\xff\xff\x01\x01"sv, "field number 140737488355327 does not exist"},
      {"\x0e\x01"sv, "wire type 6 does not exist"},
      {"\x0f\x01"sv, "wire type 7 does not exist"},
      {"\x0d\x01\x02\x03\x04"sv, "field 1 has wire type 5, expected 0"},
      {"\x38\x01"sv, "field 7 has wire type 0, expected 2"},
      {"\xd5\x0c"
       "ab"sv,
       "field 202 claims 4 bytes where 2 are left"},
  };
  for (const auto& [bytes, what] : cases) {
    const std::string text = problem(head + std::string(bytes));
    EXPECT_TRUE(starts_with(text, "not an ONNX model, or a damaged one: " + what + "; m.onnx: byte "));
  }
}

TEST(Parse, points_at_the_byte_inside_nested_messages) {
  // 2 bytes of ir_version, then graph (2), node (2), attribute (2) with a float list of 3 bytes.
  const Message attribute = Message().text(7, "abc");
  const Message file = Message().integer(1, 8).message(7, Message().message(1, Message().message(5, attribute)));
  EXPECT_TRUE(starts_with(problem(file),
                          "not an ONNX model, or a damaged one: a list of floats whose size is no "
                          "multiple of 4; m.onnx: byte 8"));
}

TEST(Parse, every_truncation_and_every_flipped_bit_is_an_error_or_a_model) {
  const std::string bytes = test::small_network().bytes();
  int refused = 0;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    // A copy of exactly that size, so that the address sanitizer sees a read past its end.
    const std::vector<char> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    refused += problem(std::string_view(cut.data(), cut.size())) == "ok" ? 0 : 1;
  }
  // Only cuts between two fields of the outermost message leave something well-formed.
  EXPECT_GE(refused, static_cast<int>(bytes.size()) - 3);
  for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
    std::string flipped = bytes;
    flipped[i / 8] = static_cast<char>(flipped[i / 8] ^ (1 << (i % 8)));
    (void)problem(flipped);
  }
}

TEST(Parse, the_budget_is_asked_before_anything_is_stored) {
  test::GraphParts parts;
  parts.nodes = std::vector<Message>(5, test::node("Relu", {"a", "b"}, {"c"}, {test::ints_attribute("l", {1, 2, 3})}));
  parts.initializers = std::vector<Message>(4, test::float_tensor("w", {1}, {1.F}));
  parts.inputs = std::vector<Message>(4, test::value_info("x", kFloat, {}));
  const Message file = test::model(test::graph(parts));
  const std::pair<Limit, std::string> records[] = {{Limit::kNodes, "nodes"},
                                                   {Limit::kInitializers, "initializers"},
                                                   {Limit::kAttributes, "attributes"},
                                                   {Limit::kNodeValues, "inputs and outputs of nodes"},
                                                   {Limit::kListElements, "elements of lists"},
                                                   {Limit::kEntries, "inputs, outputs, opsets and other entries"}};
  EXPECT_EQ(problem(file), "ok");
  for (const auto& [record, what] : records) {
    Limits three;
    three[record] = 3;
    Budget left(three);
    const auto parsed = parse_model(file.span(), "m.onnx", left);
    ASSERT_FALSE(parsed.ok()) << what;
    EXPECT_EQ(parsed.error().code, ErrorCode::kLimit);
    EXPECT_EQ(parsed.error().what, "the model has more than 3 " + what);
  }
}

TEST(Parse, functions_graphs_in_attributes_and_sparse_tensors_are_read_and_charged) {
  const Message body = test::graph({{test::node("Neg", {"a"}, {"b"})}, {}, {}, {test::value_info("b", kFloat, {})}});
  const Message branch = Message().text(1, "then_branch").message(6, body).integer(20, 5);
  const Message function = Message()
                               .text(1, "f")
                               .text(4, "a")
                               .text(5, "b")
                               .text(6, "alpha")
                               .message(7, test::node("If", {"a"}, {"b"}, {branch}))
                               .message(9, test::opset_import("", 18))
                               .text(10, "my")
                               .message(11, test::int_attribute("beta", 3))
                               .text(13, "second");
  const Message sparse = Message()
                             .message(1, test::float_tensor("w", {1}, {3.F}))
                             .message(2, test::tensor_head("", kInt64, {1}).packed(7, {1}))
                             .integer(3, 2);
  const Message file =
      test::model(Message().message(15, sparse).message(1, test::node("f", {"x"}, {"y"}).text(8, "second")))
          .message(25, function);
  const auto parsed = parse_model(file.span(), "m.onnx");
  ASSERT_TRUE(parsed.ok()) << parsed.error().message();
  ASSERT_EQ(parsed->functions.size(), 1U);
  const Function& f = parsed->functions[0];
  EXPECT_EQ(f.name, "f");
  EXPECT_EQ(f.domain, "my");
  EXPECT_EQ(f.overload, "second");
  EXPECT_EQ(f.inputs, std::vector<std::string_view>{"a"});
  EXPECT_EQ(f.outputs, std::vector<std::string_view>{"b"});
  EXPECT_EQ(f.attributes, std::vector<std::string_view>{"alpha"});
  ASSERT_EQ(f.defaults.size(), 1U);
  EXPECT_EQ(f.defaults[0].i, 3);
  ASSERT_EQ(f.opset_imports.size(), 1U);
  EXPECT_EQ(f.opset_imports[0].version, 18);
  ASSERT_EQ(f.nodes.size(), 1U);
  ASSERT_NE(f.nodes[0].attributes.at(0).g, nullptr);
  EXPECT_EQ(f.nodes[0].attributes[0].g->nodes.at(0).op_type, "Neg");
  EXPECT_EQ(parsed->graph.nodes.at(0).overload, "second");
  ASSERT_EQ(parsed->graph.sparse_initializers.size(), 1U);
  EXPECT_EQ(parsed->graph.sparse_initializers[0].dims, std::vector<std::int64_t>{2});
  Limits limits;
  limits[Limit::kNodes] = 2;
  Budget two_nodes(limits);
  EXPECT_EQ(parse_model(file.span(), "m.onnx", two_nodes).error().what, "the model has more than 2 nodes");
}

// Anonymous memory that costs only the pages written to.
class SparseBytes {
 public:
  explicit SparseBytes(std::size_t size) : size_(size) {
    void* address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    data_ = address == MAP_FAILED ? nullptr : static_cast<char*>(address);
  }
  ~SparseBytes() {
    if (data_ != nullptr) ::munmap(data_, size_);
  }
  SparseBytes(const SparseBytes&) = delete;
  SparseBytes& operator=(const SparseBytes&) = delete;
  char* data() { return data_; }
  Bytes span() const { return {reinterpret_cast<const std::byte*>(data_), size_}; }

 private:
  std::size_t size_;
  char* data_;
};

std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  return bytes + static_cast<char>(value);
}

TEST(Parse, lengths_beyond_four_gigabytes_are_not_cut_to_32_bits) {
  // An unknown field of 2^32 + 5 bytes stands before the graph; then an initializer of 2^32 + 8 bytes within it.
  constexpr std::uint64_t kSkipped = (std::uint64_t{1} << 32) + 5;
  constexpr std::uint64_t kRaw = (std::uint64_t{1} << 32) + 8;
  const std::string unknown = "\xca\x0c" + varint(kSkipped);  // field 201
  const std::string tensor_head =
      test::tensor_head("big", kFloat, {static_cast<std::int64_t>(kRaw / 4)}).bytes() + "\x4a" + varint(kRaw);
  const std::string graph_head = "\x2a" + varint(tensor_head.size() + kRaw);
  const std::string model_head = test::Message().integer(1, 8).message(8, test::opset_import("", 17)).bytes() + "\x3a" +
                                 varint(graph_head.size() + tensor_head.size() + kRaw);
  const std::string rest = model_head + graph_head + tensor_head;
  SparseBytes file(unknown.size() + kSkipped + rest.size() + kRaw);
  if (file.data() == nullptr) GTEST_SKIP() << "this machine does not reserve 8 GiB of address space";
  std::memcpy(file.data(), unknown.data(), unknown.size());
  std::memcpy(file.data() + unknown.size() + kSkipped, rest.data(), rest.size());

  const auto parsed = parse_model(file.span(), "m.onnx");
  ASSERT_TRUE(parsed.ok()) << parsed.error().message();
  ASSERT_EQ(parsed->graph.initializers.size(), 1U);
  EXPECT_EQ(parsed->graph.initializers[0].raw_data->size(), kRaw);
}

TEST(Parse, reads_tensor_messages_alone) {
  const Message tensor = test::float_tensor("t", {2}, {1.F, 2.F});
  const auto parsed = parse_tensor(tensor.span(), "input_0.pb");
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->name, "t");
  const auto cut = parse_tensor(tensor.span().first(5), "input_0.pb");
  ASSERT_FALSE(cut.ok());
  EXPECT_TRUE(starts_with(cut.error().where, "input_0.pb: byte "));
}

}  // namespace
}  // namespace kite::onnx
