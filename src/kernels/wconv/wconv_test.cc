// SPDX-License-Identifier: Apache-2.0
// Convolution with weights of 8 bits against the families in float32 with the same weights dequantised: the same bits,
// or of Winograd a bound; shares, blocks of scales, edges of memory, hostile params.
#include "kernels/wconv/wconv.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "kernels/conv/conv.h"
#include "kernels/conv/conv_testing.h"
#include "kernels/depthwise/depthwise.h"
#include "kernels/grouped/grouped.h"
#include "kernels/winograd/winograd.h"

namespace kite {
namespace {

constexpr const ConvFamily* kBases[] = {&kConv, &kDepthwise, &kGrouped, &kWinograd};

// A call with its codes, and what they stand for.
struct Call {
  WConvParams p{};
  ConvCase conv;
  ConvData data;  // w: the floats, output channels first
  CodedWeights weights{};
  std::vector<std::uint8_t> codes, zeros;
  std::vector<float> scales;

  Call(const ConvCase& c, WConvBase base, std::int32_t block, std::mt19937& random) : conv(c) {
    const ConvParams& v = c.params;
    p = {.conv = v, .base = base, .block = block, .has_zeros = static_cast<std::int32_t>(random() % 2), .reserved = 0};
    data = make_data(c, random);
    const std::size_t row = data.w.size() / static_cast<std::size_t>(v.out_c);
    const std::size_t rows =
        block == 0 ? 1 : (row + static_cast<std::size_t>(block) - 1) / static_cast<std::size_t>(block);
    const auto byte = [&] { return static_cast<std::uint8_t>(random() & 0xff); };
    codes.resize(data.w.size());
    std::ranges::generate(codes, byte);
    weights.is_signed = random() % 2 == 0;
    weights.one_scale = block == 0 && random() % 4 == 0;
    const bool is_matrix = v.groups == 1 && v.kernel_h * v.kernel_w == 1;
    weights.input_first = base == WConvBase::kOfConv && is_matrix && random() % 2 == 0;
    const std::size_t numbers = weights.one_scale ? 1 : rows * static_cast<std::size_t>(v.out_c);
    for (std::size_t i = 0; i < numbers; ++i) scales.push_back(0.0001f * static_cast<float>(1 + random() % 100));
    const bool states_zeros = random() % 3 != 0;
    zeros.resize(numbers);
    if (p.has_zeros != 0 && states_zeros) {
      std::ranges::generate(zeros, byte);
    } else {
      std::ranges::fill(zeros, p.has_zeros != 0 || weights.is_signed ? 0 : 128);
    }
    const auto number = [&](std::uint8_t code) { return weights.is_signed ? static_cast<std::int8_t>(code) : code; };
    for (std::size_t k = 0; k < static_cast<std::size_t>(v.out_c); ++k) {
      for (std::size_t i = 0; i < row; ++i) {
        const std::size_t part = block == 0 ? 0 : i / static_cast<std::size_t>(block);
        const std::size_t at = weights.one_scale     ? 0
                               : weights.input_first ? part * static_cast<std::size_t>(v.out_c) + k
                                                     : k * rows + part;
        const std::uint8_t code = codes[weights.input_first ? i * static_cast<std::size_t>(v.out_c) + k : k * row + i];
        data.w[k * row + i] = static_cast<float>(number(code) - number(zeros[at])) * scales[at];
      }
    }
    weights.codes = codes.data();
    weights.scales = scales.data();
    weights.zeros = p.has_zeros != 0 && states_zeros ? zeros.data() : nullptr;
  }
};

std::vector<float> run(const Kernel& kernel, const Call& call, int shares) {
  const WConvParams& p = call.p;
  const ConvData& d = call.data;
  AlignedFloats packed(kWConv.packed_bytes(p) / 4), table(kWConv.table_bytes(p) / 4);
  kWConv.pack(p, kernel, call.weights, reinterpret_cast<std::int8_t*>(packed.data()));
  kWConv.fill_table(p, call.weights, table.data());
  GuardedFloats y(static_cast<std::size_t>(p.conv.batch) * p.conv.out_h * p.conv.out_w * p.conv.out_c);
  const std::size_t in_bytes[] = {d.x.size() * 4, packed.size() * 4, d.bias.size() * 4, d.residual.size() * 4,
                                  table.size() * 4};
  const std::size_t out_bytes[] = {y.size() * 4};
  EXPECT_TRUE(kWConv.fits({&p, sizeof p, in_bytes, out_bytes, kWConv.scratch_bytes(p)})) << describe(call.conv);
  const PageEndFloats x(d.x), w(packed.data(), packed.size()), bias(d.bias), residual(d.residual),
      numbers(table.data(), table.size());
  const void* in[] = {x.data(), w.data(), d.bias.empty() ? nullptr : bias.data(),
                      d.residual.empty() ? nullptr : residual.data(), numbers.data()};
  void* out[] = {y.data()};
  for (int share = 0; share < shares; ++share) {
    GuardedFloats scratch(kWConv.scratch_bytes(p) / 4);
    run_prepared(kWConv, kernel, {&p, in, out, scratch.data(), share, shares, w.data(), packed.size() * 4});
    EXPECT_TRUE(scratch.intact()) << kernel.name << " wrote outside its scratch: " << describe(call.conv);
  }
  EXPECT_TRUE(y.intact()) << describe(call.conv);
  return y.values();
}

class WConvKernels : public testing::TestWithParam<const Kernel*> {
 protected:
  void SetUp() override { SKIP_WITHOUT(*GetParam()->target); }

  // Of Winograd the transform is rounded elsewhere: within the bound of either from the other.
  void expect_as_in_float32(const Call& call, int shares) {
    const ConvFamily& base = *kBases[static_cast<int>(call.p.base)];
    const Kernel& kernel = base.best_kernel(*GetParam()->target);
    if (!GetParam()->target->includes(*kernel.target)) return;
    const std::vector<float> want = run_packed(base, kernel, call.conv, call.data, 1);
    const std::vector<float> y = run(*GetParam(), call, shares);
    if (call.p.base != WConvBase::kOfWinograd) {
      EXPECT_TRUE(same_bits(want, y)) << describe(call.conv) << "shares=" << shares << " block=" << call.p.block;
      return;
    }
    const std::vector<double> magnitude = conv_magnitude(call.conv, call.data);
    const double roundings = 4.0 * (call.conv.params.in_c / call.conv.params.groups + 14);
    expect_close(y, {want.begin(), want.end()}, describe(call.conv), [&](std::size_t i) {
      return activation_bound(roundings * 0x1p-24 * magnitude[i], want[i], call.conv.params.activation.kind);
    });
    EXPECT_TRUE(same_bits(y, run(*GetParam(), call, shares + 1))) << describe(call.conv);
  }
};

TEST_P(WConvKernels, give_the_bits_of_dequantised_weights) {
  std::mt19937 random(21);
  const auto one_to = [&](unsigned most) { return 1 + static_cast<int>(random() % most); };
  for (int i = 0; i < 300; ++i) {
    ConvShape shape{.batch = one_to(2), .picture = {one_to(9), one_to(20)}, .in = one_to(40), .out = one_to(150)};
    auto base = WConvBase::kOfConv;
    switch (random() % 5) {
      case 0:  // a matrix, also a long one
        shape.in = one_to(1000);
        break;
      case 1:
        base = WConvBase::kOfDepthwise;
        shape.groups = shape.in = shape.out = 1 + one_to(70);
        shape.kernel = {3, one_to(2) * 2 + 1};
        shape.pad = 1;
        break;
      case 2:
        base = WConvBase::kOfGrouped;
        shape.groups = one_to(5);
        shape.in = shape.groups * one_to(40);
        shape.out = shape.groups * one_to(40);
        shape.kernel = 3;
        shape.pad = 1;
        shape.stride = {1, one_to(2)};
        break;
      default:
        shape.groups = one_to(3);
        shape.in = shape.groups * one_to(random() % 4 == 0 ? 200 : 20);
        shape.out = shape.groups * one_to(60);
        shape.kernel = {one_to(3), one_to(3)};
        shape.pad = 1;
        shape.stride = {one_to(2), one_to(2)};
        shape.planar = shape.groups == 1 && random() % 3 == 0;
    }
    if (shape.picture.h + 2 * shape.pad.h < shape.kernel.h || shape.picture.w + 2 * shape.pad.w < shape.kernel.w)
      continue;
    ConvCase c = make_case(shape);
    if (base == WConvBase::kOfGrouped && !kGrouped.supports(c.params)) continue;
    c.bias = random() % 2 == 0;
    c.residual = random() % 2 == 0;
    c.params.activation = activation_case(i, -0.25f, 0.75f);
    const bool is_matrix = base == WConvBase::kOfConv && shape.groups == 1 && shape.kernel.h * shape.kernel.w == 1;
    const std::int32_t block = is_matrix && random() % 2 == 0 ? one_to(70) : 0;
    expect_as_in_float32(Call(c, base, block, random), one_to(4));
    if (HasFailure()) return;
  }
}

// More rows than a band holds, sums of several pieces, pictures of several bands.
TEST_P(WConvKernels, give_the_bits_of_dequantised_weights_in_large_calls) {
  std::mt19937 random(22);
  const ConvShape shapes[] = {{.picture = {1, 300}, .in = 1600, .out = 100},
                              {.picture = {1, 1}, .in = 2048, .out = 1000},
                              {.picture = {1, 3}, .in = 900, .out = 400},
                              {.picture = 60, .in = 96, .out = 100, .kernel = 3, .stride = 2, .pad = 1},
                              {.picture = 40, .in = 3, .out = 64, .kernel = 7, .stride = 2, .pad = 3, .planar = true}};
  for (const ConvShape& shape : shapes) {
    for (const int shares : {1, 2, 5}) {
      const bool is_matrix = shape.kernel.h == 1;
      expect_as_in_float32(Call(make_case(shape), WConvBase::kOfConv, is_matrix ? 128 : 0, random), shares);
    }
  }
}

TEST_P(WConvKernels, transform_codes_for_winograd) {
  std::mt19937 random(23);
  // The last two have more transformed weights than are in use at a time: by panels, and by parts of a panel.
  const ConvShape shapes[] = {{.picture = {5, 6}, .in = 7, .out = 9, .kernel = 3, .pad = 1},
                              {.picture = 30, .in = 48, .out = 64, .kernel = 3, .pad = 1},
                              {.batch = 2, .picture = 14, .in = 96, .out = 120, .kernel = 3, .pad = 1, .groups = 2},
                              {.picture = 14, .in = 200, .out = 150, .kernel = 3, .pad = 1},
                              {.picture = {3, 30}, .in = 600, .out = 64, .kernel = 3, .pad = 1}};
  for (const ConvShape& shape : shapes) {
    for (const int shares : {1, 2, 3}) {
      ConvCase c = make_case(shape);
      c.residual = shares == 2;
      expect_as_in_float32(Call(c, WConvBase::kOfWinograd, 0, random), shares);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(wconv, WConvKernels, testing::ValuesIn(kernels_of(kWConv)), kernel_test_name);

TEST(WConvFits, accepts_exact_operands_and_nothing_smaller) {
  WConvParams p{};
  p.conv = {.in_h = 5, .in_w = 6, .in_c = 40, .out_h = 5, .out_w = 6, .out_c = 9};
  p.block = 16;
  p.has_zeros = 1;
  const std::size_t good[] = {4800, kWConv.packed_bytes(p), 36, 0, kWConv.table_bytes(p),
                              1080, kWConv.scratch_bytes(p)};
  const auto fits = [&](const WConvParams& params, std::size_t which, std::size_t less) {
    std::size_t sizes[7];
    std::copy(std::begin(good), std::end(good), sizes);
    sizes[which] -= less;
    return kWConv.fits({&params, sizeof params, {sizes, 5}, {sizes + 5, 1}, sizes[6]});
  };
  EXPECT_TRUE(fits(p, 0, 0));
  for (const std::size_t which : {0, 1, 2, 4, 5, 6}) EXPECT_FALSE(fits(p, which, 1)) << which;
  for (const auto change : std::initializer_list<void (*)(WConvParams&)>{
           [](WConvParams& q) { q.conv.in_c = 0; }, [](WConvParams& q) { q.conv.pad_left = -1; },
           [](WConvParams& q) { q.has_zeros = 2; }, [](WConvParams& q) { q.base = static_cast<WConvBase>(4); },
           [](WConvParams& q) { q.base = static_cast<WConvBase>(-1); }, [](WConvParams& q) { q.block = -1; },
           [](WConvParams& q) { q.block = 1; },  // more scales than there are
           [](WConvParams& q) { q.base = WConvBase::kOfWinograd; },
           [](WConvParams& q) { q.base = WConvBase::kOfDepthwise; },
           [](WConvParams& q) { q.conv.kernel_w = 2, q.conv.out_w = 5; },  // blocks are of matrices
           [](WConvParams& q) { q.conv.in_c = std::numeric_limits<std::int32_t>::max(); }}) {
    WConvParams bad = p;
    change(bad);
    EXPECT_FALSE(fits(bad, 0, 0));
  }
}

}  // namespace
}  // namespace kite
