// SPDX-License-Identifier: Apache-2.0
// Every attention kernel against the kernels of its parts, to the bit; layouts, shares, edges of memory, proofs.
#include "kernels/attention/attention.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "kernels/attention/geometry.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/matmul/matmul.h"
#include "kernels/softmax/softmax.h"
#include "kernels/testing.h"

namespace kite {
namespace {

using Floats = std::vector<float>;

// [outer, heads, rows, columns] in this order in memory.
AttentionView dense(const AttentionParams& p, std::int64_t rows, std::int64_t columns) {
  return {0, p.heads * rows * columns, rows * columns, columns, 1};
}
// [outer, rows, part of `parts`, heads, columns], which a product that makes several operands at once gives.
AttentionView interleaved(const AttentionParams& p, std::int64_t rows, std::int64_t columns, std::int64_t part,
                          std::int64_t parts) {
  const std::int64_t row = parts * p.heads * columns;
  return {part * p.heads * columns, rows * row, columns, row, 1};
}
// [outer, heads, columns, rows]
AttentionView turned(const AttentionParams& p, std::int64_t rows, std::int64_t columns) {
  return {0, p.heads * rows * columns, rows * columns, 1, rows};
}

AttentionParams shape(std::int32_t outer, std::int32_t heads, std::int32_t queries, std::int32_t keys,
                      std::int32_t depth, std::int32_t values) {
  AttentionParams p{};
  p.outer = outer;
  p.heads = heads;
  p.queries = queries;
  p.keys = keys;
  p.depth = depth;
  p.values = values;
  p.q_scale = p.score_scale = 1.0f;
  p.q = dense(p, queries, depth);
  p.k = dense(p, keys, depth);
  p.v = dense(p, keys, values);
  p.y = dense(p, queries, values);
  return p;
}

std::string describe(const AttentionParams& p) {
  std::string text;
  for (const std::int32_t n : {p.outer, p.heads, p.queries, p.keys, p.depth, p.values}) text += std::to_string(n) + " ";
  return text + "addends " + std::to_string(p.addends);
}

std::int64_t floats_of(const AttentionParams& p, const AttentionView& view, std::int64_t rows, std::int64_t columns) {
  return view.first + (p.outer - 1) * view.outer + (p.heads - 1) * view.head + (rows - 1) * view.row +
         (columns - 1) * view.column + 1;
}

struct Operands {
  Floats q, k, v, addend[2];

  Operands(const AttentionParams& p, std::mt19937& random)
      : q(make(floats_of(p, p.q, p.queries, p.depth), random)),
        k(make(floats_of(p, p.k, p.keys, p.depth), random)),
        v(make(floats_of(p, p.v, p.keys, p.values), random)) {
    for (int i = 0; i < p.addends; ++i) addend[i] = make(floats_of(p, p.addend[i], p.queries, p.keys), random);
  }
  static Floats make(std::int64_t count, std::mt19937& random) {
    Floats values = random_floats(static_cast<std::size_t>(count), random);
    for (float& value : values) value *= 3;
    return values;
  }
};

Floats run_attention(const Kernel& kernel, const AttentionParams& p, const Operands& from, int shares) {
  const PageEndFloats q(from.q), k(from.k), v(from.v), first(from.addend[0]), second(from.addend[1]);
  GuardedFloats y(static_cast<std::size_t>(floats_of(p, p.y, p.queries, p.values)));
  const std::size_t in_bytes[] = {from.q.size() * 4, from.k.size() * 4, from.v.size() * 4, from.addend[0].size() * 4,
                                  from.addend[1].size() * 4};
  const std::size_t out_bytes[] = {y.size() * 4};
  GuardedFloats scratch(kAttention.scratch_bytes(p) / 4);
  EXPECT_TRUE(kAttention.fits({&p, sizeof p, in_bytes, out_bytes, scratch.size() * 4})) << describe(p);
  const void* in[] = {q.data(), k.data(), v.data(), first.data(), second.data()};
  void* out[] = {y.data()};
  for (int share = 0; share < shares; ++share) kernel.run({&p, in, out, scratch.data(), share, shares, nullptr, 0});
  EXPECT_TRUE(y.intact() && scratch.intact()) << describe(p);
  return y.values();
}

// A view as a dense [outer, heads, rows, columns], or with the last two axes exchanged.
Floats gathered(const AttentionParams& p, const AttentionView& view, const Floats& from, std::int64_t rows,
                std::int64_t columns, bool exchanged) {
  Floats to;
  for (std::int64_t matrix = 0; matrix < p.outer * p.heads; ++matrix) {
    const std::int64_t first = view.first + matrix / p.heads * view.outer + matrix % p.heads * view.head;
    for (std::int64_t i = 0; i < rows * columns; ++i) {
      const std::int64_t row = exchanged ? i % rows : i / columns, column = exchanged ? i / rows : i % columns;
      to.push_back(from[static_cast<std::size_t>(first + row * view.row + column * view.column)]);
    }
  }
  return to;
}

template <typename Params>
Floats run(const FamilyOf<Params>& family, const Target& target, const Params& p, const Floats& a, const Floats& b,
           std::size_t count) {
  GuardedFloats y(count);
  AlignedFloats scratch(family.scratch_bytes(p) / 4 + 16);
  const void* in[] = {a.data(), b.data()};
  void* out[] = {y.data()};
  run_prepared(family, family.best_kernel(target), {&p, in, out, scratch.data(), 0, 1, nullptr, 0});
  return y.values();
}

Floats product(const Target& target, const AttentionParams& p, const Floats& a, const Floats& b, std::int32_t n,
               std::int32_t k) {
  const MatmulParams params{std::int64_t{p.queries} * k, std::int64_t{k} * n, p.outer * p.heads, p.queries, n, k, 0, 0};
  return run(kMatmul, target, params, a, b, static_cast<std::size_t>(p.outer) * p.heads * p.queries * n);
}

Floats elementwise(const Target& target, ElementwiseOp op, const Floats& a, const Floats& b) {
  ElementwiseParams params{};
  params.op = op;
  const std::int64_t count[] = {static_cast<std::int64_t>(a.size())}, other[] = {static_cast<std::int64_t>(b.size())};
  EXPECT_TRUE(collapse_broadcast(count, count, other, params));
  return run(kElementwise, target, params, a, b, a.size());
}

// One step after the other. The result has the layout of params.y.
Floats separate_steps(const Target& target, const AttentionParams& p, const Operands& from) {
  Floats q = gathered(p, p.q, from.q, p.queries, p.depth, false);
  if (p.q_scale != 1.0f) q = elementwise(target, ElementwiseOp::kMul, q, {p.q_scale});
  Floats s = product(target, p, q, gathered(p, p.k, from.k, p.keys, p.depth, true), p.keys, p.depth);
  if (p.score_scale != 1.0f) s = elementwise(target, ElementwiseOp::kMul, s, {p.score_scale});
  for (int i = 0; i < p.addends; ++i) {
    s = elementwise(target, ElementwiseOp::kAdd, s, gathered(p, p.addend[i], from.addend[i], p.queries, p.keys, false));
  }
  s = run(kSoftmax, target, SoftmaxParams{std::int64_t{p.outer} * p.heads * p.queries, p.keys}, s, {}, s.size());
  const Floats dense_y = product(target, p, s, gathered(p, p.v, from.v, p.keys, p.values, false), p.values, p.keys);
  Floats y(static_cast<std::size_t>(floats_of(p, p.y, p.queries, p.values)), NAN);
  for (std::size_t i = 0; i < dense_y.size(); ++i) {
    const auto at = static_cast<std::int64_t>(i);
    const std::int64_t column = at % p.values, row = at / p.values % p.queries, matrix = at / p.values / p.queries;
    y[static_cast<std::size_t>(p.y.first + matrix / p.heads * p.y.outer + matrix % p.heads * p.y.head + row * p.y.row +
                               column)] = dense_y[i];
  }
  return y;
}

class AttentionKernels : public testing::TestWithParam<const Kernel*> {
 protected:
  void SetUp() override { SKIP_WITHOUT(*GetParam()->target); }

  void expect_same_as_separate_steps(const AttentionParams& p, std::mt19937& random, int shares) {
    const Operands from(p, random);
    EXPECT_TRUE(same_bits(run_attention(*GetParam(), p, from, shares), separate_steps(*GetParam()->target, p, from)))
        << describe(p) << " shares " << shares;
  }
};

TEST_P(AttentionKernels, give_the_bits_of_separate_steps_around_every_width) {
  std::mt19937 random(1);
  for (std::int32_t n = 1; n <= 70; ++n) {
    expect_same_as_separate_steps(shape(1, 2, 1 + n % 19, n, 1 + n % 23, 1 + n % 37), random, 1 + n % 3);
    expect_same_as_separate_steps(shape(2, 1, n, 1 + n % 9, 1 + n % 5, n), random, 1);
  }
  expect_same_as_separate_steps(shape(1, 2, 197, 197, 64, 64), random, 3);
  expect_same_as_separate_steps(shape(1, 1, 85, 500, 40, 33), random, 2);
}

TEST_P(AttentionKernels, read_and_write_operands_where_they_lie) {
  std::mt19937 random(2);
  for (const std::int32_t keys : {5, 16, 49, 67}) {
    AttentionParams p = shape(2, 3, keys, keys, 12, 12);
    p.q = interleaved(p, p.queries, p.depth, 0, 3);
    p.k = interleaved(p, p.keys, p.depth, 1, 3);
    p.v = interleaved(p, p.keys, p.values, 2, 3);
    p.y = interleaved(p, p.queries, p.values, 0, 1);
    expect_same_as_separate_steps(p, random, 4);
    p.k = turned(p, p.keys, p.depth);
    expect_same_as_separate_steps(p, random, 1);
  }
}

TEST_P(AttentionKernels, scale_and_add_in_the_order_of_separate_steps) {
  std::mt19937 random(3);
  AttentionParams p = shape(3, 2, 49, 50, 9, 20);
  p.q_scale = 0.3f;
  expect_same_as_separate_steps(p, random, 2);
  p.score_scale = 0.7f;
  expect_same_as_separate_steps(p, random, 2);
  p.addends = 1;
  p.addend[0] = {0, 0, 49 * 50, 50, 1};  // for each head
  expect_same_as_separate_steps(p, random, 2);
  p.addends = 2;
  p.addend[1] = {0, 49 * 50, 0, 50, 1};  // for each item
  expect_same_as_separate_steps(p, random, 2);
  p.addend[1] = {0, 0, 0, 0, 1};  // the same for all queries
  expect_same_as_separate_steps(p, random, 5);
}

TEST_P(AttentionKernels, give_the_same_bits_for_any_number_of_shares) {
  std::mt19937 random(4);
  const AttentionParams p = shape(2, 3, 100, 30, 8, 24);
  const Operands from(p, random);
  const Floats want = run_attention(*GetParam(), p, from, 1);
  for (const int shares : {2, 3, 7, 64}) EXPECT_TRUE(same_bits(want, run_attention(*GetParam(), p, from, shares)));
}

INSTANTIATE_TEST_SUITE_P(attention, AttentionKernels, testing::ValuesIn(kernels_of(kAttention)), kernel_test_name);

TEST(AttentionFits, accepts_exact_operands_and_nothing_smaller) {
  AttentionParams p = shape(2, 3, 10, 20, 8, 6);
  p.addends = 1;
  p.addend[0] = {0, 0, 200, 20, 1};
  const std::size_t exact[] = {2 * 3 * 10 * 8 * 4, 2 * 3 * 20 * 8 * 4, 2 * 3 * 20 * 6 * 4, 3 * 200 * 4, 0};
  const std::size_t out[] = {2 * 3 * 10 * 6 * 4}, less[] = {out[0] - 1};
  const std::size_t scratch = kAttention.scratch_bytes(p);
  EXPECT_TRUE(kAttention.fits({&p, sizeof p, exact, out, scratch}));
  EXPECT_FALSE(kAttention.fits({&p, sizeof p, exact, less, scratch}));
  EXPECT_FALSE(kAttention.fits({&p, sizeof p, exact, out, scratch - 1}));
  for (std::size_t i = 0; i < 4; ++i) {
    std::size_t smaller[] = {exact[0], exact[1], exact[2], exact[3], exact[4]};
    --smaller[i];
    EXPECT_FALSE(kAttention.fits({&p, sizeof p, smaller, out, scratch})) << i;
  }
  const std::size_t all[] = {SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX}, any[] = {SIZE_MAX};
  for (std::int32_t AttentionParams::* const size :
       {&AttentionParams::outer, &AttentionParams::heads, &AttentionParams::queries, &AttentionParams::keys,
        &AttentionParams::depth, &AttentionParams::values}) {
    for (const std::int32_t bad : {0, -1, INT32_MIN}) {
      AttentionParams wrong = p;
      wrong.*size = bad;
      EXPECT_FALSE(kAttention.fits({&wrong, sizeof wrong, all, any, SIZE_MAX}));
    }
  }
  for (AttentionView AttentionParams::* const view :
       {&AttentionParams::q, &AttentionParams::k, &AttentionParams::v, &AttentionParams::y}) {
    for (std::int64_t AttentionView::* const stride :
         {&AttentionView::first, &AttentionView::outer, &AttentionView::head, &AttentionView::row,
          &AttentionView::column}) {
      for (const std::int64_t bad : {std::int64_t{-1}, INT64_MAX, INT64_MIN}) {
        AttentionParams wrong = p;
        wrong.*view.*stride = bad;
        EXPECT_FALSE(kAttention.fits({&wrong, sizeof wrong, exact, out, scratch}));
      }
    }
  }
  AttentionParams repeated = p;  // more work and scratch than the operands have numbers for
  repeated.k = repeated.v = {0, 0, 0, 0, 1};
  repeated.keys = INT32_MAX;
  EXPECT_FALSE(kAttention.fits({&repeated, sizeof repeated, exact, out, SIZE_MAX}));
  repeated = p;
  repeated.addends = 3;
  EXPECT_FALSE(kAttention.fits({&repeated, sizeof repeated, all, any, SIZE_MAX}));
}

TEST(AttentionShares, are_no_more_than_there_is_work_for) {
  EXPECT_EQ(kAttention.max_shares(shape(1, 1, 10, 10, 16, 16)), 1);
  EXPECT_EQ(kAttention.max_shares(shape(1, 12, 197, 197, 64, 64)), 238);
}

}  // namespace
}  // namespace kite
