// SPDX-License-Identifier: Apache-2.0
// For tests: writes ONNX messages, well-formed or deliberately odd, with protozero.
#pragma once

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <protozero/pbf_writer.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "onnx/model.h"

namespace kite::onnx::test {

// Field numbers are those of onnx.proto. Every call appends, so that messages can be split, repeated and mixed.
class Message {
 public:
  Message& integer(std::uint32_t field, std::int64_t value) {
    protozero::pbf_writer(bytes_).add_int64(field, value);
    return *this;
  }
  Message& real(std::uint32_t field, float value) {
    protozero::pbf_writer(bytes_).add_float(field, value);
    return *this;
  }
  Message& text(std::uint32_t field, std::string_view value) {
    protozero::pbf_writer(bytes_).add_bytes(field, value.data(), value.size());
    return *this;
  }
  Message& message(std::uint32_t field, const Message& value) { return text(field, value.bytes_); }
  Message& packed(std::uint32_t field, const std::vector<std::int64_t>& values) {
    protozero::pbf_writer(bytes_).add_packed_int64(field, values.begin(), values.end());
    return *this;
  }
  Message& packed_floats(std::uint32_t field, const std::vector<float>& values) {
    protozero::pbf_writer(bytes_).add_packed_float(field, values.begin(), values.end());
    return *this;
  }
  Message& packed_doubles(std::uint32_t field, const std::vector<double>& values) {
    protozero::pbf_writer(bytes_).add_packed_double(field, values.begin(), values.end());
    return *this;
  }
  // Appends bytes without change, for messages that a correct writer refuses to write; also joins two
  // halves of a message.
  Message& raw(std::string_view value) {
    bytes_ += value;
    return *this;
  }
  Message& append(const Message& other) { return raw(other.bytes_); }

  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  [[nodiscard]] Bytes span() const { return std::as_bytes(std::span(bytes_)); }

 private:
  std::string bytes_;
};

template <typename T>
std::string raw_bytes(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

inline Message tensor_head(std::string_view name, std::int32_t data_type, const std::vector<std::int64_t>& dims) {
  Message message;
  for (const std::int64_t dim : dims) message.integer(1, dim);
  return message.integer(2, data_type).text(8, name);
}

inline Message float_tensor(std::string_view name, const std::vector<std::int64_t>& dims,
                            const std::vector<float>& values) {
  return tensor_head(name, kFloat, dims).text(9, raw_bytes(values));
}

inline Message int_attribute(std::string_view name, std::int64_t value) {
  return Message().text(1, name).integer(3, value).integer(20, 2);
}

inline Message ints_attribute(std::string_view name, const std::vector<std::int64_t>& values) {
  Message message;
  message.text(1, name);
  for (const std::int64_t value : values) message.integer(8, value);
  return message.integer(20, 7);
}

inline Message tensor_attribute(std::string_view name, const Message& tensor) {
  return Message().text(1, name).message(5, tensor).integer(20, 4);
}

inline Message node(std::string_view op_type, const std::vector<std::string>& inputs,
                    const std::vector<std::string>& outputs, const std::vector<Message>& attributes = {},
                    std::string_view name = {}, std::string_view domain = {}) {
  Message message;
  for (const std::string& input : inputs) message.text(1, input);
  for (const std::string& output : outputs) message.text(2, output);
  if (!name.empty()) message.text(3, name);
  message.text(4, op_type);
  for (const Message& attribute : attributes) message.message(5, attribute);
  if (!domain.empty()) message.text(7, domain);
  return message;
}

// A negative dimension is written as the name "d<index>".
inline Message value_info(std::string_view name, std::int32_t data_type, const std::vector<std::int64_t>& dims) {
  Message shape;
  for (std::size_t i = 0; i < dims.size(); ++i) {
    shape.message(1, dims[i] >= 0 ? Message().integer(1, dims[i]) : Message().text(2, "d" + std::to_string(i)));
  }
  return Message().text(1, name).message(2, Message().message(1, Message().integer(1, data_type).message(2, shape)));
}

struct GraphParts {
  std::vector<Message> nodes;
  std::vector<Message> initializers;
  std::vector<Message> inputs;
  std::vector<Message> outputs;
};

inline Message graph(const GraphParts& parts) {
  Message message;
  for (const Message& part : parts.nodes) message.message(1, part);
  message.text(2, "test");
  for (const Message& part : parts.initializers) message.message(5, part);
  for (const Message& part : parts.inputs) message.message(11, part);
  for (const Message& part : parts.outputs) message.message(12, part);
  return message;
}

inline Message opset_import(std::string_view domain, std::int64_t version) {
  return Message().text(1, domain).integer(2, version);
}

inline Message model(const Message& graph_message, std::int64_t opset = 17, std::int64_t ir_version = 8) {
  return Message().integer(1, ir_version).message(7, graph_message).message(8, opset_import("", opset));
}

// x[d0,3,4,4] -> Conv (weights [2,3,3,3], bias) -> Relu -> Flatten -> Gemm ([5,32], bias) -> y.
inline Message small_network() {
  std::vector<float> weights(54);
  std::vector<float> head(160);
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = 0.01F * static_cast<float>(i);
  for (std::size_t i = 0; i < head.size(); ++i) head[i] = -0.02F * static_cast<float>(i);
  GraphParts parts;
  parts.nodes = {node("Conv", {"x", "w", "b"}, {"c"},
                      {ints_attribute("pads", {1, 1, 1, 1}), ints_attribute("kernel_shape", {3, 3})}, "conv1"),
                 node("Relu", {"c"}, {"r"}, {}, "relu1"), node("Flatten", {"r"}, {"f"}, {int_attribute("axis", 1)}),
                 node("Gemm", {"f", "hw", "hb"}, {"y"}, {int_attribute("transB", 1)}, "head")};
  parts.initializers = {float_tensor("w", {2, 3, 3, 3}, weights), float_tensor("b", {2}, {0.5F, -0.5F}),
                        float_tensor("hw", {5, 32}, head),
                        tensor_head("hb", kFloat, {5}).packed_floats(4, {1, 2, 3, 4, 5})};
  parts.inputs = {value_info("x", kFloat, {-1, 3, 4, 4})};
  parts.outputs = {value_info("y", kFloat, {-1, 5})};
  return model(graph(parts));
}

}  // namespace kite::onnx::test
