// SPDX-License-Identifier: Apache-2.0
// Every elementwise kernel against the portable operator in double: all operators, activations and broadcasts, shares,
// NaN.
#include "kernels/elementwise/elementwise.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "kernels/oracle_testing.h"
#include "kernels/testing.h"
#include "tensor/activation_names.h"

namespace kite {
namespace {

using Dims = std::vector<std::int64_t>;

bool is_binary(ElementwiseOp op) { return operands_of(op) == 2; }

std::size_t elements(const ElementwiseParams& p) {
  return static_cast<std::size_t>(p.size[0] * p.size[1] * p.size[2] * p.size[3]);
}

std::size_t elements(const Dims& dims) {
  std::size_t product = 1;
  for (const std::int64_t dim : dims) product *= static_cast<std::size_t>(dim);
  return product;
}

std::string describe(const ElementwiseParams& p) {
  std::string text =
      "op " + std::to_string(static_cast<int>(p.op)) + " act " + std::to_string(static_cast<int>(p.activation.kind));
  for (int d = 0; d < kElementwiseDims; ++d) {
    text += " [" + std::to_string(p.size[d]) + " " + std::to_string(p.a_stride[d]) + " " +
            std::to_string(p.b_stride[d]) + "]";
  }
  return text;
}

struct ElementwiseCase {
  ElementwiseOp op;
  Activation activation;
  Dims y, a, b;
};

ElementwiseParams make_params(const ElementwiseCase& c) {
  ElementwiseParams p = {};
  EXPECT_TRUE(collapse_broadcast(c.y, c.a, c.b, p));
  p.op = c.op;
  p.activation = activation_case(static_cast<std::int64_t>(c.activation), -0.25f, 0.75f);
  return p;
}

std::vector<float> run_elementwise(const Kernel& kernel, const ElementwiseParams& p, const std::vector<float>& a,
                                   const std::vector<float>& b, int shares) {
  GuardedFloats y(elements(p));
  const std::size_t in_bytes[] = {a.size() * 4, b.size() * 4};
  const std::size_t out_bytes[] = {y.size() * 4};
  const std::span<const std::size_t> ins(in_bytes, is_binary(p.op) ? 2 : 1);
  EXPECT_TRUE(kElementwise.fits({&p, sizeof p, ins, out_bytes, 0})) << describe(p);
  const void* in[] = {a.data(), b.data()};
  void* out[] = {y.data()};
  for (int share = 0; share < shares; ++share) kernel.run({&p, in, out, nullptr, share, shares, nullptr, 0});
  EXPECT_TRUE(y.intact()) << kernel.name << " wrote outside its result: " << describe(p);
  return y.values();
}

const char* operator_name(ElementwiseOp op) {
  switch (op) {
    case ElementwiseOp::kActivate: return "Identity";
#define KITE_ELEMENTWISE(constant, name, operands, vector) \
  case ElementwiseOp::constant: return name;
#include "kernels/elementwise/elementwise_ops.inc"
#undef KITE_ELEMENTWISE
  }
  return "";
}

// Before the activation.
std::vector<double> elementwise_oracle(const ElementwiseCase& c, const std::vector<float>& a,
                                       const std::vector<float>& b) {
  const auto shape = [](const Dims& dims) { return Shape::make(dims).value(); };
  OpCase node(operator_name(c.op));
  node.input(in_double(shape(c.a), a));
  if (is_binary(c.op)) node.input(in_double(shape(c.b), b));
  return oracle(node);
}

// One rounding of the operator, then the activation; erf has an error of its own (simd/activation.inl: 4 ULP).
void expect_right(const Kernel& kernel, const ElementwiseCase& c, const std::vector<float>& a,
                  const std::vector<float>& b, int shares) {
  const ElementwiseParams p = make_params(c);
  const std::vector<double> before = elementwise_oracle(c, a, b);
  std::vector<double> want;
  for (const double value : before) {
    want.push_back(activation_formula(c.activation)(value, p.activation.a, p.activation.b));
  }
  const double ulps = c.op == ElementwiseOp::kErf ? 5 : c.op == ElementwiseOp::kActivate ? 0 : 1;
  expect_close(run_elementwise(kernel, p, a, b, shares), want,
               std::string(kernel.name) + " " + describe(p) + " shares=" + std::to_string(shares), [&](std::size_t i) {
                 return activation_bound(ulps * 0x1p-23 * std::fabs(before[i]), want[i], c.activation);
               });
}

class ElementwiseKernels : public testing::TestWithParam<const Kernel*> {
 protected:
  void SetUp() override { SKIP_WITHOUT(*GetParam()->target); }
};

constexpr ElementwiseOp kBinaryOps[] = {ElementwiseOp::kAdd, ElementwiseOp::kSub, ElementwiseOp::kMul,
                                        ElementwiseOp::kDiv, ElementwiseOp::kMax, ElementwiseOp::kMin};

// Away from 0, so that quotients stay bounded.
std::vector<float> divisors(std::size_t count, std::mt19937& random) {
  std::vector<float> values = random_floats(count, random);
  for (float& value : values) value += value < 0 ? -0.5f : 0.5f;
  return values;
}

TEST_P(ElementwiseKernels, agree_with_the_reference_in_every_broadcast_around_every_width) {
  std::mt19937 random(1);
  for (std::int64_t c = 1; c <= 40; ++c) {
    const Dims y = {2, 3, 2, c};
    for (const Dims& b :
         {y, Dims{}, Dims{c}, Dims{2, 1, 1, c}, Dims{2, 3, 2, 1}, Dims{2, 1, 2, 1}, Dims{3, 1, 1}, Dims{1, 3, 1, c}}) {
      for (const ElementwiseOp op : kBinaryOps) {
        const auto activation = static_cast<Activation>((c + static_cast<int>(op)) % kActivationCount);
        const int shares = 1 + static_cast<int>(c % 5);
        expect_right(*GetParam(), {.op = op, .activation = activation, .y = y, .a = y, .b = b},
                     random_floats(elements(y), random), divisors(elements(b), random), shares);
        expect_right(*GetParam(), {.op = op, .activation = activation, .y = y, .a = b, .b = y},
                     random_floats(elements(b), random), divisors(elements(y), random), shares);
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST_P(ElementwiseKernels, broadcast_both_operands_at_once) {
  std::mt19937 random(2);
  for (const ElementwiseOp op : kBinaryOps) {
    const Dims a = {5, 1, 7, 1}, b = {1, 6, 1, 9}, y = {5, 6, 7, 9};
    expect_right(*GetParam(), {.op = op, .activation = Activation::kNone, .y = y, .a = a, .b = b},
                 random_floats(35, random), divisors(54, random), 3);
  }
}

TEST_P(ElementwiseKernels, agree_with_the_reference_on_every_operator_of_one_operand) {
  std::mt19937 random(3);
  for (std::int64_t count = 1; count <= 70; ++count) {
    std::vector<float> x = random_floats(static_cast<std::size_t>(count), random);
    for (float& value : x) value *= 8;
    for (int activation = 0; activation < kActivationCount; ++activation) {
      expect_right(*GetParam(),
                   {.op = ElementwiseOp::kActivate,
                    .activation = static_cast<Activation>(activation),
                    .y = {count},
                    .a = {count},
                    .b = {}},
                   x, {}, 1 + activation % 4);
    }
    expect_right(*GetParam(),
                 {.op = ElementwiseOp::kErf, .activation = Activation::kNone, .y = {count}, .a = {count}, .b = {}}, x,
                 {}, 2);
    for (float& value : x) value = std::fabs(value);
    expect_right(*GetParam(),
                 {.op = ElementwiseOp::kSqrt, .activation = Activation::kNone, .y = {count}, .a = {count}, .b = {}}, x,
                 {}, 2);
    if (HasFatalFailure()) return;
  }
}

TEST_P(ElementwiseKernels, agree_with_the_reference_on_random_shapes) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(700);
  for (unsigned seed = 100; std::chrono::steady_clock::now() < end; ++seed) {
    std::mt19937 random(seed);
    const auto pick = [&random](int low, int high) { return static_cast<int>(low + random() % (high - low + 1)); };
    Dims y, a, b;
    for (int rank = pick(0, 4); rank > 0; --rank) {
      y.push_back(pick(1, 2) == 1 ? pick(1, 4) : pick(1, 40));
      const int broadcast = pick(0, 3);  // a, b, neither
      a.push_back(broadcast == 0 ? 1 : y.back());
      b.push_back(broadcast == 1 ? 1 : y.back());
    }
    const auto op = kBinaryOps[pick(0, std::size(kBinaryOps) - 1)];
    const auto activation = static_cast<Activation>(pick(0, kActivationCount - 1));
    expect_right(*GetParam(), {.op = op, .activation = activation, .y = y, .a = a, .b = b},
                 random_floats(elements(a), random), divisors(elements(b), random), pick(1, 5));
    if (HasFatalFailure()) {
      ADD_FAILURE() << "seed " << seed;
      return;
    }
  }
}

TEST_P(ElementwiseKernels, give_the_same_bits_for_any_number_of_parts) {
  std::mt19937 random(4);
  for (const Activation activation : {Activation::kNone, Activation::kSilu}) {
    const ElementwiseParams p = make_params(
        {.op = ElementwiseOp::kMul, .activation = activation, .y = {3, 50, 37}, .a = {3, 50, 37}, .b = {3, 1, 37}});
    const std::vector<float> a = random_floats(3 * 50 * 37, random), b = random_floats(3 * 37, random);
    const std::vector<float> want = run_elementwise(*GetParam(), p, a, b, 1);
    for (const int shares : {2, 3, 4, 5, 64, 1000})
      EXPECT_TRUE(same_bits(want, run_elementwise(*GetParam(), p, a, b, shares))) << shares;
  }
}

// Rows longer than what a smooth activation takes in one bite.
TEST_P(ElementwiseKernels, activate_long_rows_once) {
  std::mt19937 random(5);
  const std::vector<float> a = random_floats(9001, random), b = random_floats(9001, random);
  expect_right(*GetParam(),
               {.op = ElementwiseOp::kAdd, .activation = Activation::kTanh, .y = {9001}, .a = {9001}, .b = {9001}}, a,
               b, 1);
  expect_right(*GetParam(),
               {.op = ElementwiseOp::kAdd, .activation = Activation::kGelu, .y = {9001}, .a = {9001}, .b = {}}, a,
               {0.25f}, 3);
}

// Some forty floats of every sign and exponent, and what lies on both sides of a rounding.
std::vector<float> floats_of_every_size() {
  std::vector<float> values = {0.0f,  -0.0f,          0.5f,    -0.5f,           1.5f,           -1.5f, 2.5f,
                               -2.5f, 0x1.fffffep-2f, 0x1p23f, -0x1.fffffep22f, 0x1.fffffep22f, NAN};
  for (std::uint64_t bits = 0; bits <= 0xFFFFFFFF; bits += 208'003) {
    values.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
  }
  return values;
}

TEST_P(ElementwiseKernels, have_the_bits_of_the_portable_operator_in_float) {
  const std::vector<float> x = floats_of_every_size();
  const auto count = static_cast<std::int64_t>(x.size());
  std::mt19937 random(6);
  std::vector<float> other = x;
  std::shuffle(other.begin(), other.end(), random);
  const auto tensor = [&](const std::vector<float>& values) {
    Tensor made(DType::kFloat32, Shape{count});
    std::ranges::copy(values, made.as<float>());
    return made;
  };
  for (std::int32_t number = 1; number < kElementwiseOpCount; ++number) {
    const auto op = static_cast<ElementwiseOp>(number);
    if (op == ElementwiseOp::kErf) continue;  // 4 ULP
    OpCase node(operator_name(op), 13);
    node.input(tensor(x));
    if (is_binary(op)) node.input(tensor(other));
    const auto wanted = node.run();
    ASSERT_TRUE(wanted.ok()) << wanted.error().message();
    const ElementwiseParams p =
        make_params({.op = op, .activation = Activation::kNone, .y = {count}, .a = {count}, .b = {count}});
    const std::vector<float> found = run_elementwise(*GetParam(), p, x, other, 2);
    int differ = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const float want = wanted->front().as<float>()[i];
      const bool same = std::bit_cast<std::uint32_t>(want) == std::bit_cast<std::uint32_t>(found[i]);
      if (same || (std::isnan(want) && std::isnan(found[i]))) continue;
      if (++differ == 1)
        ADD_FAILURE() << operator_name(op) << " of " << x[i] << ", " << other[i] << ": " << found[i] << ", want "
                      << want;
    }
    EXPECT_EQ(differ, 0) << operator_name(op);
  }
}

TEST_P(ElementwiseKernels, keep_nan_and_infinities) {
  const std::vector<float> x = {NAN, INFINITY, -INFINITY, 0.0f, 1.0f};
  const auto run = [&](ElementwiseOp op, Activation activation) {
    return run_elementwise(*GetParam(), make_params({.op = op, .activation = activation, .y = {5}, .a = {5}, .b = {}}),
                           x, {2.0f}, 1);
  };
  for (int activation = 0; activation < kActivationCount; ++activation) {
    EXPECT_TRUE(std::isnan(run(ElementwiseOp::kActivate, static_cast<Activation>(activation))[0])) << activation;
    EXPECT_TRUE(std::isnan(run(ElementwiseOp::kAdd, static_cast<Activation>(activation))[0])) << activation;
  }
  EXPECT_EQ(run(ElementwiseOp::kActivate, Activation::kClip)[1], 0.75f);
  EXPECT_EQ(run(ElementwiseOp::kActivate, Activation::kSigmoid)[2], 0.0f);
  EXPECT_EQ(run(ElementwiseOp::kDiv, Activation::kNone)[1], INFINITY);
  EXPECT_TRUE(std::isnan(run(ElementwiseOp::kSqrt, Activation::kNone)[2]));
  const std::vector<float> quotient = run_elementwise(
      *GetParam(),
      make_params({.op = ElementwiseOp::kDiv, .activation = Activation::kNone, .y = {5}, .a = {}, .b = {5}}), {1.0f}, x,
      1);
  EXPECT_EQ(quotient[3], INFINITY);
  EXPECT_EQ(quotient[1], 0.0f);
}

INSTANTIATE_TEST_SUITE_P(elementwise, ElementwiseKernels, testing::ValuesIn(kernels_of(kElementwise)),
                         kernel_test_name);

TEST(ElementwiseBroadcast, is_cut_into_as_few_dimensions_as_possible) {
  const auto collapsed = [](const Dims& y, const Dims& a, const Dims& b) {
    ElementwiseParams p = {};
    if (!collapse_broadcast(y, a, b, p)) return std::string("none");
    std::string text;
    for (int d = 0; d < kElementwiseDims; ++d) {
      if (p.size[d] == 1) continue;
      text +=
          std::to_string(p.size[d]) + ":" + std::to_string(p.a_stride[d]) + "," + std::to_string(p.b_stride[d]) + " ";
    }
    return text;
  };
  EXPECT_EQ(collapsed({1, 7, 7, 64}, {1, 7, 7, 64}, {1, 7, 7, 64}), "3136:1,1 ");
  EXPECT_EQ(collapsed({1, 7, 7, 64}, {1, 7, 7, 64}, {64}), "49:64,0 64:1,1 ");
  EXPECT_EQ(collapsed({4, 7, 7, 64}, {4, 7, 7, 64}, {4, 1, 1, 64}), "4:3136,64 49:64,0 64:1,1 ");
  EXPECT_EQ(collapsed({4, 7, 7, 64}, {4, 7, 7, 64}, {}), "12544:1,0 ");
  EXPECT_EQ(collapsed({4, 64, 7, 7}, {4, 64, 7, 7}, {64, 1, 1}), "4:3136,0 64:49,1 49:1,0 ");
  EXPECT_EQ(collapsed({}, {}, {}), "");
  EXPECT_EQ(collapsed({2, 3, 2, 3, 2}, {2, 1, 2, 1, 2}, {1, 3, 1, 3, 1}), "none");
  EXPECT_EQ(collapsed({2, 0}, {2, 0}, {1}), "none");
}

TEST(ElementwiseFits, accepts_exact_operands_and_nothing_smaller) {
  const ElementwiseParams p = make_params({.op = ElementwiseOp::kMul,
                                           .activation = Activation::kNone,
                                           .y = {2, 49, 24},
                                           .a = {2, 49, 24},
                                           .b = {2, 1, 24}});
  const auto fits = [](const ElementwiseParams& q, std::vector<std::size_t> in, std::size_t out) {
    const std::size_t outs[] = {out};
    return kElementwise.fits({&q, sizeof q, in, outs, 0});
  };
  const std::size_t y = 2 * 49 * 24 * 4, b = 2 * 24 * 4;
  EXPECT_TRUE(fits(p, {y, b}, y));
  EXPECT_FALSE(fits(p, {y - 1, b}, y));
  EXPECT_FALSE(fits(p, {y, b - 1}, y));
  EXPECT_FALSE(fits(p, {y, b}, y - 1));
  EXPECT_FALSE(fits(p, {y}, y));
  ElementwiseParams broken = p;
  broken.op = static_cast<ElementwiseOp>(kElementwiseOpCount);
  EXPECT_FALSE(fits(broken, {y, b}, y));
  for (const std::int32_t wild : {-1, kActivationCount, INT32_MAX}) {
    broken = p;
    broken.activation.kind = static_cast<Activation>(wild);
    EXPECT_FALSE(fits(broken, {y, b}, y)) << wild;
  }
  for (int d = 0; d < kElementwiseDims; ++d) {
    for (const std::int64_t bad : {std::int64_t{-1}, INT64_MAX, INT64_MIN, std::int64_t{1} << 41}) {
      broken = p;
      broken.size[d] = bad;
      EXPECT_FALSE(fits(broken, {y, b}, y));
      broken = p;
      broken.a_stride[d] = bad;
      EXPECT_FALSE(fits(broken, {y, b}, y));
      broken = p;
      broken.b_stride[d] = bad;
      EXPECT_FALSE(fits(broken, {y, b}, y));
    }
  }
}

}  // namespace
}  // namespace kite
