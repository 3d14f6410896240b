// SPDX-License-Identifier: Apache-2.0
// Shape invariants and tensor storage.
#include "paperkite/tensor.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace kite {
namespace {

std::string problem(const std::vector<std::int64_t>& dims) {
  const auto shape = Shape::make(dims);
  return shape.ok() ? shape->to_string() : std::string(error_code_name(shape.error().code));
}

TEST(Shape, holds_up_to_eight_dimensions_and_their_product) {
  const Shape shape{2, 3, 4};
  EXPECT_EQ(shape.rank(), 3);
  EXPECT_EQ(shape.elements(), 24);
  EXPECT_EQ(shape.elements(1, 3), 12);
  EXPECT_EQ(shape.elements(1, 1), 1);
  EXPECT_EQ(shape.to_string(), "[2,3,4]");
  EXPECT_EQ(Shape{}.elements(), 1) << "a scalar";
  EXPECT_EQ((Shape{3, 0, 5}.elements()), 0);
  EXPECT_EQ(problem({1, 1, 1, 1, 1, 1, 1, 1}), "[1,1,1,1,1,1,1,1]");
}

TEST(Shape, differs_by_rank_and_by_dimension) {
  EXPECT_EQ((Shape{2, 3}), (Shape{2, 3}));
  EXPECT_NE((Shape{2, 3}), (Shape{3, 2}));
  EXPECT_NE((Shape{2, 3}), (Shape{2, 3, 1}));
  EXPECT_NE(Shape{}, Shape{1});
}

TEST(Shape, refuses_negative_too_many_and_too_large) {
  EXPECT_EQ(problem({2, -1}), "invalid-model");
  EXPECT_EQ(problem(std::vector<std::int64_t>(9, 1)), "limit");
  EXPECT_EQ(problem(std::vector<std::int64_t>(70, 1)), "limit");
  EXPECT_EQ(problem({std::int64_t{1} << 20, std::int64_t{1} << 20}), "[1048576,1048576]");
  EXPECT_EQ(problem({std::int64_t{1} << 20, (std::int64_t{1} << 20) + 1}), "limit");
  EXPECT_EQ(problem({std::int64_t{1} << 32, std::int64_t{1} << 32}), "limit");
  EXPECT_EQ(problem({std::numeric_limits<std::int64_t>::max(), 2}), "limit");
}

TEST(Shape, with_a_zero_is_still_bounded_in_every_order) {
  const std::int64_t huge = std::int64_t{1} << 62;
  EXPECT_EQ(problem({0, huge, huge}), "limit");
  EXPECT_EQ(problem({huge, huge, 0}), "limit");
  EXPECT_EQ(problem({0, 7}), "[0,7]");
}

TEST(DTypes, have_sizes_and_names) {
  EXPECT_EQ(dtype_size(DType::kFloat64), 8U);
  EXPECT_EQ(dtype_size(DType::kInt32), 4U);
  EXPECT_EQ(dtype_size(DType::kBool), 1U);
  EXPECT_EQ(dtype_name(DType::kFloat32), "float32");
  EXPECT_EQ(dtype_name(DType::kBool), "bool");
  EXPECT_EQ(kDTypeOf<std::int64_t>, DType::kInt64);
}

TEST(Tensors, are_zeroed_and_aligned_to_64_bytes) {
  for (const std::int64_t n : {0, 1, 17, 1000}) {
    const Tensor tensor(DType::kFloat32, Shape{n});
    ASSERT_NE(tensor.view().data, nullptr);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.view().data) % 64, 0U);
    for (std::int64_t i = 0; i < n; ++i) EXPECT_EQ(tensor.as<float>()[i], 0.F);
  }
}

TEST(Tensors, copy_views_that_may_be_unaligned) {
  std::vector<std::byte> bytes(9);
  const float values[] = {1.5F, -2.F};
  std::memcpy(bytes.data() + 1, values, sizeof values);
  const Tensor copy = Tensor::copy_of({TensorType{DType::kFloat32, Shape{2}}, bytes.data() + 1});
  EXPECT_EQ(copy.as<float>()[0], 1.5F);
  EXPECT_EQ(copy.as<float>()[1], -2.F);
}

TEST(Tensors, copy_views_of_nothing) {
  const Tensor copy = Tensor::copy_of({TensorType{DType::kFloat32, Shape{0, 3}}, nullptr});
  EXPECT_NE(copy.view().data, nullptr);
}

TEST(Tensors, keep_their_elements_when_they_move) {
  Tensor first = Tensor::of<std::int64_t>(Shape{3}, {1, 2, 3});
  const Tensor second = std::move(first);
  EXPECT_EQ(second.as<std::int64_t>()[2], 3);
  EXPECT_EQ(second.dtype(), DType::kInt64);
}

}  // namespace
}  // namespace kite
