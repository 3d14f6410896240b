// SPDX-License-Identifier: Apache-2.0
// raw_data and external data are not copied; typed fields are decoded into an owned tensor.
#include "onnx/tensor_data.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>

#include "base/printable.h"
#include "onnx/wire.h"
#include "paperkite/try.h"
#include "tensor/packed.h"

namespace kite::onnx {

namespace {

constexpr auto kDataTypeNames = std::to_array<std::string_view>(
    {"UNDEFINED",      "FLOAT",      "UINT8",          "INT8",       "UINT16",    "INT16",
     "INT32",          "INT64",      "STRING",         "BOOL",       "FLOAT16",   "DOUBLE",
     "UINT32",         "UINT64",     "COMPLEX64",      "COMPLEX128", "BFLOAT16",  "FLOAT8E4M3FN",
     "FLOAT8E4M3FNUZ", "FLOAT8E5M2", "FLOAT8E5M2FNUZ", "UINT4",      "INT4",      "FLOAT4E2M1",
     "FLOAT8E8M0",     "UINT2",      "INT2",           "FLOAT6E2M3", "FLOAT6E3M2"});

// Packed numbers take up to four times their bytes in memory, and an external file that has holes may state any size.
constexpr std::int64_t kMostUnpacked = std::int64_t{1} << 32;

Error invalid(std::string what, std::string remedy = {}) {
  return Error{ErrorCode::kInvalidModel, std::move(what), {}, std::move(remedy)};
}

// A field of typed data: its runs, the wire type of an element, and its name for messages.
struct TypedField {
  const Runs* runs = nullptr;
  WireType wire = WireType::kVarint;
  std::string_view name;
};

// The typed field in which the format puts elements of this type.
TypedField field_of(DType dtype, const TensorProto& tensor) {
  switch (dtype) {
    case DType::kFloat32: return {&tensor.float_data, WireType::kFixed32, "float_data"};
    case DType::kFloat64: return {&tensor.double_data, WireType::kFixed64, "double_data"};
    case DType::kInt64: return {&tensor.int64_data, WireType::kVarint, "int64_data"};
    case DType::kUInt32:
    case DType::kUInt64: return {&tensor.uint64_data, WireType::kVarint, "uint64_data"};
    case DType::kInt32:
    case DType::kInt16:
    case DType::kUInt16:
    case DType::kUInt8:
    case DType::kInt8:
    case DType::kInt4:  // packed as in raw_data, a byte a number
    case DType::kUInt4:
    case DType::kInt2:
    case DType::kUInt2:
    case DType::kBool:
    case DType::kFloat16:
    case DType::kBFloat16: return {&tensor.int32_data, WireType::kVarint, "int32_data"};
  }
  return {};
}

// At most one field may hold data: two readers that choose different fields would run different models.
Status check_single_source(const TensorProto& tensor) {
  std::string found;
  int count = 0;
  const auto note = [&](bool present, std::string_view name) {
    if (!present) return;
    found += (count++ == 0 ? "" : ", ") + std::string(name);
  };
  note(tensor.raw_data.has_value() && !tensor.raw_data->empty(), "raw_data");
  note(!tensor.float_data.empty(), "float_data");
  note(!tensor.double_data.empty(), "double_data");
  note(!tensor.int32_data.empty(), "int32_data");
  note(!tensor.int64_data.empty(), "int64_data");
  note(tensor.has_string_data, "string_data");
  note(!tensor.uint64_data.empty(), "uint64_data");
  note(tensor.is_external, "external data");
  if (count <= 1) return {};
  return invalid("the tensor holds data in " + std::to_string(count) + " places (" + found + "), expected one",
                 "export the model again");
}

std::int64_t count_elements(const TypedField& field) {
  std::int64_t count = 0;
  for (const Bytes run : *field.runs) {
    if (field.wire == WireType::kVarint) {
      count += count_varints(run);
    } else {
      const std::size_t size = field.wire == WireType::kFixed32 ? 4 : 8;
      if (run.size() % size != 0) return -1;
      count += static_cast<std::int64_t>(run.size() / size);
    }
  }
  return count;
}

template <typename T>
Status decode_varints(const TypedField& field, DType dtype, T* out) {
  for (Bytes run : *field.runs) {
    while (!run.empty()) {
      const auto raw = take_varint(run);
      if (!raw) return invalid("a malformed number in " + std::string(field.name));
      // int32 fields are written sign-extended to 64 bits; the limits of bool are 0 and 1. A field of uint64 holds
      // unsigned numbers.
      using Wire = std::conditional_t<std::is_same_v<T, std::uint64_t>, std::uint64_t, std::int64_t>;
      const auto value = static_cast<Wire>(*raw);
      if (value < static_cast<Wire>(std::numeric_limits<T>::min()) ||
          value > static_cast<Wire>(std::numeric_limits<T>::max())) {
        return invalid("element " + std::to_string(value) + " of " + std::string(field.name) +
                       " does not fit the tensor's type " + std::string(dtype_name(dtype)));
      }
      *out++ = static_cast<T>(value);
    }
  }
  return {};
}

void unpack(const TensorType& type, const std::byte* packed, std::byte* out) {
  for (std::int64_t i = 0; i < type.shape.elements(); ++i) out[i] = unpacked(type.dtype, packed, i);
}

Status decode_packed(const TypedField& field, const TensorType& type, Tensor& tensor) {
  Tensor packed(DType::kUInt8, Shape{packed_bytes(type.dtype, type.shape.elements())});
  KITE_TRY(decode_varints(field, DType::kUInt8, packed.as<std::uint8_t>()));
  unpack(type, packed.view().data, tensor.mutable_view().data);
  return {};
}

Result<Tensor> decode(const TensorType& type, const TypedField& field) {
  Tensor tensor(type);
  switch (type.dtype) {
    case DType::kFloat32:
    case DType::kFloat64: {
      std::byte* out = tensor.mutable_view().data;
      for (const Bytes run : *field.runs) {
        std::memcpy(out, run.data(), run.size());
        out += run.size();
      }
      break;
    }
    case DType::kInt64: KITE_TRY(decode_varints(field, type.dtype, tensor.as<std::int64_t>())); break;
    case DType::kInt32: KITE_TRY(decode_varints(field, type.dtype, tensor.as<std::int32_t>())); break;
    case DType::kUInt8: KITE_TRY(decode_varints(field, type.dtype, tensor.as<std::uint8_t>())); break;
    case DType::kInt8: KITE_TRY(decode_varints(field, type.dtype, tensor.as<std::int8_t>())); break;
    case DType::kBool: KITE_TRY(decode_varints(field, type.dtype, tensor.as<bool>())); break;
    case DType::kInt16: KITE_TRY(decode_varints(field, type.dtype, tensor.as<std::int16_t>())); break;
    case DType::kUInt32: KITE_TRY(decode_varints(field, type.dtype, tensor.as<std::uint32_t>())); break;
    case DType::kUInt64: KITE_TRY(decode_varints(field, type.dtype, tensor.as<std::uint64_t>())); break;
    case DType::kInt4:
    case DType::kUInt4:
    case DType::kInt2:
    case DType::kUInt2: KITE_TRY(decode_packed(field, type, tensor)); break;
    case DType::kUInt16:
    case DType::kFloat16:
    case DType::kBFloat16: KITE_TRY(decode_varints(field, type.dtype, tensor.as<std::uint16_t>())); break;
  }
  return tensor;
}

TensorData owning(Tensor tensor) {
  TensorData data{tensor.view(), std::nullopt};
  data.owned = std::move(tensor);
  return data;
}

// Bytes in the form of the file; only for bool are some values not allowed, and packed numbers do not stay there.
Result<TensorData> view_of(const TensorType& type, Bytes bytes) {
  if (is_packed(type.dtype)) {
    if (type.shape.elements() > kMostUnpacked) {
      return Error{ErrorCode::kLimit, "more than 2^32 numbers of " + std::string(dtype_name(type.dtype)), {}, {}};
    }
    Tensor tensor(type);
    unpack(type, bytes.data(), tensor.mutable_view().data);
    return owning(std::move(tensor));
  }
  if (type.dtype == DType::kBool) {
    const auto is_bool = [](std::byte b) { return b <= std::byte{1}; };
    if (!std::ranges::all_of(bytes, is_bool)) return invalid("a bool tensor holds bytes other than 0 and 1");
  }
  return TensorData{{type, bytes.data()}, std::nullopt};
}

Result<TensorData> read_checked(const TensorProto& tensor, const TensorType& type, ExternalFiles& files) {
  const std::string size_text = type.shape.to_string() + " of " + std::string(dtype_name(type.dtype));
  const std::int64_t stored =
      is_packed(type.dtype) ? packed_bytes(type.dtype, type.shape.elements()) : type.size_bytes();
  if (tensor.is_external && stored > 0) {
    KITE_TRY_ASSIGN(const Bytes bytes, files.read(tensor, stored));
    return view_of(type, bytes);
  }
  if (tensor.raw_data && !tensor.raw_data->empty()) {
    if (static_cast<std::int64_t>(tensor.raw_data->size()) != stored) {
      return invalid("shape " + size_text + " takes " + std::to_string(stored) + " bytes, raw_data has " +
                     std::to_string(tensor.raw_data->size()));
    }
    return view_of(type, *tensor.raw_data);
  }
  const TypedField field = field_of(type.dtype, tensor);
  const bool is_elsewhere = tensor.has_string_data || tensor.float_data.size() + tensor.double_data.size() +
                                                              tensor.int32_data.size() + tensor.int64_data.size() +
                                                              tensor.uint64_data.size() !=
                                                          field.runs->size();
  if (is_elsewhere) {
    return invalid("data of type " + std::string(dtype_name(type.dtype)) + " is expected in " +
                       std::string(field.name) + " or raw_data, but is in another field",
                   "export the model again");
  }
  const std::int64_t count = count_elements(field);
  const std::int64_t wanted = is_packed(type.dtype) ? stored : type.shape.elements();
  if (count == 0 && wanted > 0) {
    return invalid("shape " + size_text + " is declared, but there is no data",
                   "if the weights were saved apart from the graph, export the model as a single file");
  }
  if (count != wanted) {
    return invalid("shape " + size_text + " holds " + std::to_string(wanted) +
                   (is_packed(type.dtype) ? " packed numbers, " : " elements, ") + std::string(field.name) +
                   (count < 0 ? " ends inside one" : " has " + std::to_string(count)));
  }
  KITE_TRY_ASSIGN(Tensor decoded, decode(type, field));
  return owning(std::move(decoded));
}

}  // namespace

Result<DType> to_dtype(std::int32_t data_type) {
  switch (data_type) {
    case kFloat: return DType::kFloat32;
    case kDouble: return DType::kFloat64;
    case kInt32: return DType::kInt32;
    case kInt64: return DType::kInt64;
    case kUint8: return DType::kUInt8;
    case kInt8: return DType::kInt8;
    case kBool: return DType::kBool;
    case kFloat16: return DType::kFloat16;
    case kBfloat16: return DType::kBFloat16;
    case kInt16: return DType::kInt16;
    case kUint16: return DType::kUInt16;
    case kUint32: return DType::kUInt32;
    case kUint64: return DType::kUInt64;
    case kInt4: return DType::kInt4;
    case kUint4: return DType::kUInt4;
    case kInt2: return DType::kInt2;
    case kUint2: return DType::kUInt2;
    case kUndefined: return invalid("the element type is missing");
    default: break;
  }
  const bool is_known = data_type > 0 && static_cast<std::size_t>(data_type) < kDataTypeNames.size();
  const std::string name =
      is_known ? std::string(kDataTypeNames[static_cast<std::size_t>(data_type)]) : std::to_string(data_type);
  return Error{ErrorCode::kUnsupportedModel,
               "element type " + name + " is not supported",
               {},
               "supported are FLOAT, DOUBLE, FLOAT16, BFLOAT16, BOOL, and INT and UINT of 2 to 64 bits"};
}

std::optional<std::int32_t> data_type_named(std::string_view name) noexcept {
  const auto found = std::ranges::find(kDataTypeNames, name);
  if (found == kDataTypeNames.end() || found == kDataTypeNames.begin()) return std::nullopt;
  return static_cast<std::int32_t>(found - kDataTypeNames.begin());
}

Result<TensorData> read_tensor(const TensorProto& tensor, ExternalFiles& files) {
  const std::string where = "tensor " + in_quotes(tensor.name);
  const auto read = [&]() -> Result<TensorData> {
    KITE_TRY_ASSIGN(const DType dtype, to_dtype(tensor.data_type));
    KITE_TRY_ASSIGN(const Shape shape, Shape::make(tensor.dims));
    KITE_TRY(check_single_source(tensor));
    if (tensor.is_segment) return Error{ErrorCode::kUnsupportedModel, "tensors in segments are not supported", {}, {}};
    return read_checked(tensor, TensorType{dtype, shape}, files);
  };
  auto data = read();
  if (!data.ok()) return std::move(data).error().in(where);
  return data;
}

}  // namespace kite::onnx
