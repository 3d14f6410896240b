// SPDX-License-Identifier: Apache-2.0
// How libFuzzer changes an ONNX file: one field of one message in it, with the lengths of all messages around it put
// right, so that what comes out is still a file of well-formed fields. One change in eight is libFuzzer's own, of any
// bytes.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

namespace kite::fuzz {

namespace {

// A field of a message. What is in `children` is a message of its own, which stands in the place of `bytes`.
struct Field {
  std::uint32_t number = 0;
  std::uint8_t type = 0;  // 0 varint, 1 eight bytes, 2 bytes, 5 four bytes
  std::uint64_t value = 0;
  std::string bytes;
  std::vector<Field> children;
};
using Message = std::vector<Field>;

constexpr std::size_t kMostFields = 4096;
constexpr int kMostDepth = 12;

std::optional<std::uint64_t> take_varint(std::string_view& text) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (text.empty()) return std::nullopt;
    const auto byte = static_cast<std::uint8_t>(text[0]);
    text.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

// nullopt where the text is no sequence of fields, or has a field whose number no message of ONNX has.
std::optional<Message> parse(std::string_view text, int depth, std::size_t& count) {
  Message message;
  while (!text.empty()) {
    const auto tag = take_varint(text);
    if (!tag || *tag >> 3 == 0 || *tag >> 3 > 50 || ++count > kMostFields) return std::nullopt;
    Field field{static_cast<std::uint32_t>(*tag >> 3), static_cast<std::uint8_t>(*tag & 7), 0, {}, {}};
    if (field.type == 0) {
      const auto value = take_varint(text);
      if (!value) return std::nullopt;
      field.value = *value;
    } else {
      std::uint64_t size = field.type == 1 ? 8 : field.type == 5 ? 4 : 0;
      if (field.type == 2) {
        const auto stated = take_varint(text);
        if (!stated) return std::nullopt;
        size = *stated;
      } else if (size == 0) {
        return std::nullopt;
      }
      if (size > text.size()) return std::nullopt;
      field.bytes = text.substr(0, size);
      text.remove_prefix(size);
      if (field.type == 2 && depth < kMostDepth && size >= 2) {
        if (auto inner = parse(field.bytes, depth + 1, count)) field.children = std::move(*inner);
      }
    }
    message.push_back(std::move(field));
  }
  return message;
}

void put_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

void write(const Message& message, std::string& out) {
  for (const Field& field : message) {
    put_varint(out, static_cast<std::uint64_t>(field.number) << 3 | field.type);
    if (field.type == 0) {
      put_varint(out, field.value);
      continue;
    }
    std::string inner;
    if (!field.children.empty()) write(field.children, inner);
    const std::string& bytes = field.children.empty() ? field.bytes : inner;
    if (field.type == 2) put_varint(out, bytes.size());
    out += bytes;
  }
}

// Every message, the outermost first.
void collect(Message& message, std::vector<Message*>& all) {
  all.push_back(&message);
  for (Field& field : message) {
    if (!field.children.empty()) collect(field.children, all);
  }
}

// Names that an importer takes for something.
constexpr auto kWords = std::to_array<std::string_view>({"Add",
                                                         "Mul",
                                                         "Sub",
                                                         "Div",
                                                         "Relu",
                                                         "Conv",
                                                         "ConvTranspose",
                                                         "Gemm",
                                                         "MatMul",
                                                         "Reshape",
                                                         "Transpose",
                                                         "Concat",
                                                         "Split",
                                                         "Slice",
                                                         "Gather",
                                                         "Softmax",
                                                         "Pad",
                                                         "Resize",
                                                         "Upsample",
                                                         "Expand",
                                                         "Tile",
                                                         "Flatten",
                                                         "Squeeze",
                                                         "Unsqueeze",
                                                         "Constant",
                                                         "Identity",
                                                         "Cast",
                                                         "Clip",
                                                         "MaxPool",
                                                         "AveragePool",
                                                         "GlobalAveragePool",
                                                         "LpPool",
                                                         "ReduceMean",
                                                         "ReduceSum",
                                                         "ReduceMax",
                                                         "ArgMax",
                                                         "TopK",
                                                         "Where",
                                                         "Equal",
                                                         "NonZero",
                                                         "If",
                                                         "Loop",
                                                         "Scan",
                                                         "LSTM",
                                                         "GRU",
                                                         "RNN",
                                                         "Einsum",
                                                         "QLinearConv",
                                                         "QuantizeLinear",
                                                         "DequantizeLinear",
                                                         "DynamicQuantizeLinear",
                                                         "MatMulInteger",
                                                         "ConvInteger",
                                                         "BatchNormalization",
                                                         "LayerNormalization",
                                                         "InstanceNormalization",
                                                         "GroupNormalization",
                                                         "LRN",
                                                         "Range",
                                                         "ConstantOfShape",
                                                         "Shape",
                                                         "Size",
                                                         "OneHot",
                                                         "CumSum",
                                                         "ScatterND",
                                                         "GatherND",
                                                         "GatherElements",
                                                         "ScatterElements",
                                                         "Compress",
                                                         "Unique",
                                                         "Hardmax",
                                                         "LogSoftmax",
                                                         "Gelu",
                                                         "HardSwish",
                                                         "Mish",
                                                         "PRelu",
                                                         "Dropout",
                                                         "DepthToSpace",
                                                         "SpaceToDepth",
                                                         "SequenceConstruct",
                                                         "SequenceAt",
                                                         "SplitToSequence",
                                                         "ConcatFromSequence",
                                                         "Optional",
                                                         "OptionalGetElement",
                                                         "ZipMap",
                                                         "FusedConv",
                                                         "Attention",
                                                         "axis",
                                                         "axes",
                                                         "perm",
                                                         "pads",
                                                         "strides",
                                                         "dilations",
                                                         "kernel_shape",
                                                         "group",
                                                         "auto_pad",
                                                         "SAME_UPPER",
                                                         "SAME_LOWER",
                                                         "VALID",
                                                         "to",
                                                         "value",
                                                         "keepdims",
                                                         "mode",
                                                         "ceil_mode",
                                                         "count_include_pad",
                                                         "transA",
                                                         "transB",
                                                         "epsilon",
                                                         "com.microsoft",
                                                         "ai.onnx.ml",
                                                         "x",
                                                         "y",
                                                         ""});
constexpr auto kNumbers = std::to_array<std::uint64_t>({0,
                                                        1,
                                                        2,
                                                        3,
                                                        4,
                                                        5,
                                                        7,
                                                        8,
                                                        16,
                                                        17,
                                                        127,
                                                        128,
                                                        255,
                                                        256,
                                                        65535,
                                                        1U << 20,
                                                        0x7fffffff,
                                                        0x80000000,
                                                        0xffffffff,
                                                        1ULL << 40,
                                                        0x7fffffffffffffff,
                                                        0x8000000000000000,
                                                        0xffffffffffffffff,
                                                        0xfffffffffffffffe});

class Mutator {
 public:
  explicit Mutator(unsigned seed) : random_(seed) {}

  void change(Message& model) {
    std::vector<Message*> all;
    collect(model, all);
    Message& message = *all[below(all.size())];
    if (message.empty()) return;
    const std::size_t at = below(message.size());
    switch (below(8)) {
      case 0: message.erase(message.begin() + static_cast<std::ptrdiff_t>(at)); break;
      case 1:
        message.insert(message.begin() + static_cast<std::ptrdiff_t>(below(message.size() + 1)), Field(message[at]));
        break;
      case 2: std::swap(message[at], message[below(message.size())]); break;
      case 3: take_over(message, *all[below(all.size())]); break;
      default: change_value(message[at]); break;
    }
  }
  // A field of the one file, in a message of the other.
  void cross(Message& model, Message& other) {
    std::vector<Message*> here, there;
    collect(model, here);
    collect(other, there);
    take_over(*here[below(here.size())], *there[below(there.size())]);
  }

 private:
  std::size_t below(std::size_t end) { return end == 0 ? 0 : random_() % end; }

  // In the place of a field with the same number, or besides the others.
  void take_over(Message& message, const Message& from) {
    if (from.empty()) return;
    const Field taken = from[below(from.size())];
    for (Field& field : message) {
      if (field.number == taken.number && field.type == taken.type && below(2) == 0) {
        field = taken;
        return;
      }
    }
    message.push_back(taken);
  }
  void change_value(Field& field) {
    if (field.type == 0) {
      field.value = below(2) == 0 ? kNumbers[below(kNumbers.size())] : field.value + below(9) - 4;
    } else if (field.children.empty() && field.type == 2 && below(3) != 0) {
      field.bytes = kWords[below(kWords.size())];
    } else if (!field.children.empty() && below(4) != 0) {
      change(field.children);
    } else {
      std::string whole = field.bytes;
      if (field.type == 2) whole.resize(whole.size() + 16);
      const std::size_t size =
          LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(whole.data()), field.bytes.size(), whole.size());
      if (field.type == 2) whole.resize(size);
      field.bytes = whole;
      field.children.clear();
    }
  }

  std::minstd_rand random_;
};

std::optional<Message> parsed(const std::uint8_t* data, std::size_t size) {
  std::size_t count = 0;
  return parse({reinterpret_cast<const char*>(data), size}, 0, count);
}

// The message's size; 0 where it is too large.
std::size_t put(const Message& message, std::uint8_t* data, std::size_t most) {
  std::string out;
  write(message, out);
  if (out.size() > most) return 0;
  std::memcpy(data, out.data(), out.size());
  return out.size();
}

}  // namespace

}  // namespace kite::fuzz

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed) {
  auto message = seed % 8 == 0 ? std::nullopt : kite::fuzz::parsed(data, size);
  if (!message) return LLVMFuzzerMutate(data, size, most);
  kite::fuzz::Mutator mutator(seed);
  for (unsigned i = 0; i <= seed / 8 % 3; ++i) mutator.change(*message);
  const std::size_t written = kite::fuzz::put(*message, data, most);
  return written > 0 ? written : LLVMFuzzerMutate(data, size, most);
}

extern "C" std::size_t LLVMFuzzerCustomCrossOver(const std::uint8_t* first, std::size_t first_size,
                                                 const std::uint8_t* second, std::size_t second_size, std::uint8_t* out,
                                                 std::size_t most, unsigned seed) {
  auto message = kite::fuzz::parsed(first, first_size);
  auto other = kite::fuzz::parsed(second, second_size);
  if (!message || !other) return 0;
  kite::fuzz::Mutator(seed).cross(*message, *other);
  return kite::fuzz::put(*message, out, most);
}
