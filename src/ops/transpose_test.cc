// SPDX-License-Identifier: Apache-2.0
// Transpose, and the strided copy below it and every other operator that moves elements.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <random>
#include <vector>

#include "ops/op_case.h"
#include "ops/strided_copy.h"

namespace kite {
namespace {

TEST(Transpose, reverses_without_perm) {
  expect_output(OpCase("Transpose").runtime_input(iota({2, 3})), {3, 2}, {0, 3, 1, 4, 2, 5});
}

TEST(Transpose, of_a_scalar_is_the_scalar) { expect_output(OpCase("Transpose").runtime_input(scalar(4)), {}, {4}); }

TEST(Transpose, rejects_a_perm_that_is_none) {
  const auto with_perm = [](std::vector<std::int64_t> perm) {
    return OpCase("Transpose").attr("perm", std::move(perm)).runtime_input(iota({2, 3})).run();
  };
  for (const auto& perm : {std::vector<std::int64_t>{0, 0}, {0, 2}, {-1, 0}, {0}, {}, {0, 1, 2}}) {
    const auto result = with_perm(perm);
    ASSERT_FALSE(result.ok()) << perm.size();
    EXPECT_EQ(result.error().code, ErrorCode::kInvalidModel);
    EXPECT_NE(result.error().what.find("'perm'"), std::string::npos);
  }
}

// Against the definition, element by element, over ranks 1 to 5 and sizes around the tile.
TEST(Transpose, agrees_with_its_definition_on_random_shapes) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    const int rank = 1 + static_cast<int>(random() % 5);
    std::vector<std::int64_t> dims;
    for (int axis = 0; axis < rank; ++axis) {
      const std::int64_t sizes[] = {1, 2, 3, 7, rank < 4 ? 33 : 5};
      dims.push_back(sizes[random() % 5]);
    }
    std::vector<std::int64_t> perm(static_cast<std::size_t>(rank));
    std::iota(perm.begin(), perm.end(), 0);
    std::ranges::shuffle(perm, random);
    const Shape shape = *Shape::make(dims);
    const auto in_strides = dense_strides(shape);
    const auto result = OpCase("Transpose").attr("perm", perm).runtime_input(iota<std::int32_t>(shape)).run();
    ASSERT_TRUE(result.ok()) << result.error().message();
    const Tensor& y = (*result)[0];
    const auto out_strides = dense_strides(y.shape());
    for (std::int64_t i = 0; i < y.shape().elements(); ++i) {
      std::int64_t from = 0;
      for (int axis = 0; axis < rank; ++axis) {
        const auto a = static_cast<std::size_t>(axis);
        from += i / out_strides[a] % y.shape()[axis] * in_strides[static_cast<std::size_t>(perm[a])];
      }
      ASSERT_EQ(y.as<std::int32_t>()[i], from) << "round " << round << " shape " << shape.to_string() << " at " << i;
    }
  }
}

TEST(StridedCopy, moves_every_element_size_with_repeats_and_reversals) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{4}, std::size_t{8}}) {
    // 40 x 35 read backwards along the first axis, each element twice, and transposed.
    const std::int64_t rows = 40;
    const std::int64_t columns = 35;
    std::vector<std::byte> in(static_cast<std::size_t>(rows * columns) * size);
    for (std::size_t i = 0; i < in.size(); ++i) in[i] = static_cast<std::byte>(i * 31 % 251);
    std::vector<std::byte> out(2 * in.size());
    StridedCopy copy;
    copy.add_axis(columns, rows * 2, 1);
    copy.add_axis(rows, 2, -columns);
    copy.add_axis(2, 1, 0);
    strided_copy(copy, size, in.data() + static_cast<std::size_t>((rows - 1) * columns) * size, out.data());
    for (std::int64_t c = 0; c < columns; ++c) {
      for (std::int64_t r = 0; r < rows; ++r) {
        for (std::int64_t k = 0; k < 2; ++k) {
          const std::size_t to = static_cast<std::size_t>(c * rows * 2 + r * 2 + k) * size;
          const std::size_t from = static_cast<std::size_t>((rows - 1 - r) * columns + c) * size;
          ASSERT_EQ(std::memcmp(out.data() + to, in.data() + from, size), 0) << size << ' ' << c << ' ' << r;
        }
      }
    }
  }
}

}  // namespace
}  // namespace kite
