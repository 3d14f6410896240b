// SPDX-License-Identifier: Apache-2.0
// An ONNX file as plain structs that borrow every name and every byte of data from the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace kite::onnx {

using Bytes = std::span<const std::byte>;

// TensorProto.DataType: only the values that this code names.
enum DataType : std::int32_t {
  kUndefined = 0,
  kFloat = 1,
  kUint8 = 2,
  kInt8 = 3,
  kUint16 = 4,
  kInt16 = 5,
  kInt32 = 6,
  kInt64 = 7,
  kBool = 9,
  kFloat16 = 10,
  kDouble = 11,
  kUint32 = 12,
  kUint64 = 13,
  kBfloat16 = 16,
  kUint4 = 21,
  kInt4 = 22,
  kUint2 = 25,
  kInt2 = 26,
};

using StringPair = std::pair<std::string_view, std::string_view>;

// A repeated scalar field, undecoded: packed runs and single values, one span each.
using Runs = std::vector<Bytes>;

struct TensorProto {
  std::string_view name;
  std::vector<std::int64_t> dims;
  std::int32_t data_type = kUndefined;
  std::optional<Bytes> raw_data;
  Runs float_data;   // fixed32
  Runs double_data;  // fixed64
  Runs int32_data;   // varint
  Runs int64_data;   // varint
  Runs uint64_data;  // varint
  bool has_string_data = false;
  bool is_segment = false;   // one part of a tensor; a field that no exporter writes
  bool is_external = false;  // data_location is EXTERNAL
  std::vector<StringPair> external_data;
};

// AttributeProto.AttributeType.
enum class AttributeType : std::int32_t {
  kUndefined = 0,
  kFloat = 1,
  kInt = 2,
  kString = 3,
  kTensor = 4,
  kGraph = 5,
  kFloats = 6,
  kInts = 7,
  kStrings = 8,
  kSparseTensor = 11,
};

// A tensor of zeros except at some places. The name of an initializer in this form is that of `values`.
struct SparseTensorProto {
  TensorProto values;   // [n]
  TensorProto indices;  // int64 [n], into the elements in their order, or [n, rank]; ascending
  std::vector<std::int64_t> dims;
};

struct Graph;

struct Attribute {
  std::string_view name;
  std::string_view ref_attr_name;  // only meaningful inside functions
  std::int32_t type = 0;           // as the file states it; 0 where it states none
  // Which of the value fields the file holds, one bit for each AttributeType. Bit 31: a field that is not read here
  // (lists of tensors, of sparse tensors and of graphs, which no operator has, and types).
  std::uint32_t present = 0;
  float f = 0.F;
  std::int64_t i = 0;
  std::string_view s;
  std::unique_ptr<TensorProto> t;
  std::unique_ptr<SparseTensorProto> sparse;
  std::unique_ptr<Graph> g;
  std::vector<float> floats;
  std::vector<std::int64_t> ints;
  std::vector<std::string_view> strings;
};
inline constexpr std::uint32_t kPresentOther = std::uint32_t{1} << 31;
[[nodiscard]] constexpr std::uint32_t present_bit(AttributeType type) noexcept {
  return std::uint32_t{1} << static_cast<int>(type);
}

struct Node {
  std::string_view name;
  std::string_view op_type;
  std::string_view domain;
  std::string_view overload;             // which of several functions of one name is called
  std::vector<std::string_view> inputs;  // "" where an optional one is left out
  std::vector<std::string_view> outputs;
  std::vector<Attribute> attributes;
};

struct Dimension {
  std::optional<std::int64_t> value;
  std::string_view param;
};

struct ValueInfo {
  std::string_view name;
  bool is_tensor = false;  // false for sequences, maps, optionals, sparse tensors and missing types
  std::int32_t element_type = kUndefined;
  bool has_shape = false;  // an empty shape is that of a scalar; a missing one may be any shape
  std::vector<Dimension> shape;
  std::string_view denotation;  // of the type: "IMAGE" where the exporter states it
};

struct Graph {
  std::string_view name;
  std::vector<Node> nodes;
  std::vector<TensorProto> initializers;
  std::vector<ValueInfo> inputs;
  std::vector<ValueInfo> outputs;
  std::vector<SparseTensorProto> sparse_initializers;
  std::string_view doc_string;
};

struct OpsetImport {
  std::string_view domain;
  std::int64_t version = 0;
};

// An operator that the model itself defines, by nodes.
struct Function {
  std::string_view domain;
  std::string_view name;
  std::string_view overload;
  std::vector<std::string_view> inputs;
  std::vector<std::string_view> outputs;
  std::vector<std::string_view> attributes;  // the names of those without a default
  std::vector<Attribute> defaults;           // the others, with the value that a call without them has
  std::vector<Node> nodes;
  std::vector<OpsetImport> opset_imports;
};

struct Model {
  std::int64_t ir_version = 0;
  std::string_view producer_name;
  std::string_view producer_version;
  std::string_view domain;
  std::int64_t model_version = 0;
  std::string_view doc_string;
  std::vector<OpsetImport> opset_imports;
  std::vector<StringPair> metadata;
  std::vector<Function> functions;
  Graph graph;
};

}  // namespace kite::onnx
