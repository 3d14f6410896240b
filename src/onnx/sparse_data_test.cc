// SPDX-License-Identifier: Apache-2.0
// Sparse tensors become dense ones, within the budget.
#include "onnx/sparse_data.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "onnx/message_builder.h"
#include "onnx/parse.h"

namespace kite::onnx {
namespace {

using test::Message;
using test::tensor_head;

Message indices(const std::vector<std::int64_t>& dims, const std::vector<std::int64_t>& values) {
  return tensor_head("", kInt64, dims).packed(7, values);
}

Message sparse(const Message& values, const Message& places, const std::vector<std::int64_t>& dims) {
  Message message = Message().message(1, values).message(2, places);
  for (const std::int64_t dim : dims) message.integer(3, dim);
  return message;
}

// The dense elements, or the error.
std::string dense(const Message& message, Budget budget = {}) {
  test::GraphParts parts;
  const Message file = test::model(test::graph(parts).message(15, message));
  const auto model = parse_model(file.span(), "m.onnx");
  if (!model.ok()) return model.error().message();
  ExternalFiles none;
  const auto tensor = read_sparse(model->graph.sparse_initializers.at(0), none, budget);
  if (!tensor.ok()) return tensor.error().message();
  std::string text = tensor->shape().to_string();
  for (std::int64_t i = 0; i < tensor->shape().elements(); ++i) {
    text += ' ' + std::to_string(static_cast<int>(tensor->as<float>()[i]));
  }
  return text;
}

const Message kTwo = test::float_tensor("w", {2}, {5.F, 7.F});

TEST(SparseData, values_go_to_their_places_and_the_rest_is_zero) {
  EXPECT_EQ(dense(sparse(kTwo, indices({2}, {1, 4}), {2, 3})), "[2,3] 0 5 0 0 7 0");
  EXPECT_EQ(dense(sparse(kTwo, indices({2, 2}, {0, 2, 1, 0}), {2, 3})), "[2,3] 0 0 5 7 0 0");
  EXPECT_EQ(dense(sparse(test::float_tensor("w", {0}, {}), indices({0}, {}), {2})), "[2] 0 0");
}

TEST(SparseData, contradictions_are_refused) {
  const std::string at = "; sparse tensor \"w\"";
  const std::string order = "the indices of value 1 lie outside the tensor or do not ascend" + at;
  EXPECT_EQ(dense(sparse(kTwo, indices({2}, {4, 4}), {6})), order);
  EXPECT_EQ(dense(sparse(kTwo, indices({2}, {1, 6}), {6})), order);
  EXPECT_EQ(dense(sparse(kTwo, indices({2, 2}, {0, 0, 0, 3}), {2, 3})), order);
  EXPECT_EQ(dense(sparse(kTwo, indices({2}, {-1, 1}), {6})),
            "the indices of value 0 lie outside the tensor or do not ascend" + at);
  EXPECT_EQ(dense(sparse(kTwo, indices({2, 1}, {0, 1}), {2, 3})),
            "indices of shape [2,1] do not fit 2 values of a tensor of shape [2,3]" + at);
  EXPECT_EQ(dense(sparse(kTwo, test::float_tensor("", {2}, {0.F, 1.F}), {6})),
            "the indices must be int64, found float32" + at);
  EXPECT_EQ(dense(sparse(test::float_tensor("w", {2, 1}, {5.F, 7.F}), indices({2}, {0, 1}), {6})),
            "the values must have rank 1, found [2,1]" + at);
}

TEST(SparseData, a_few_bytes_cannot_ask_for_a_large_tensor) {
  EXPECT_EQ(dense(sparse(kTwo, indices({2}, {0, 1}), {1 << 20, 1 << 18})),
            "with a sparse tensor that becomes one of shape [1048576,262144], the model has more than 67108864 bytes "
            "of made constants; "
            "sparse tensor \"w\"; export the model with dense weights, or raise the limit with --limit "
            "constant-bytes=NUMBER where the file is to be trusted");
  Budget little;
  little.set_left(Limit::kConstantBytes, 23);
  EXPECT_TRUE(dense(sparse(kTwo, indices({2}, {0, 1}), {6}), little).starts_with("with a sparse tensor that becomes "));
}

}  // namespace
}  // namespace kite::onnx
