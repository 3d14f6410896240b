// SPDX-License-Identifier: Apache-2.0
// Every kernel of 8-bit convolution against the portable operator, to the bit; shares, both ways to sum products, edges
// of memory, hostile params.
#include "kernels/qconv/qconv.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "base/cpu.h"
#include "kernels/oracle_testing.h"
#include "kernels/testing.h"

namespace kite {
namespace {

using Bytes = std::vector<std::uint8_t>;

// Any bytes; some calls get the extremes alone, where sums are the largest.
Bytes random_bytes(std::size_t count, std::mt19937& random) {
  Bytes bytes(count);
  const bool extreme = random() % 4 == 0;
  for (std::uint8_t& byte : bytes) {
    constexpr std::uint8_t kExtremes[] = {0, 0x7f, 0x80, 0xff};
    byte = extreme ? kExtremes[random() % 4] : static_cast<std::uint8_t>(random() & 0xff);
  }
  return bytes;
}

Tensor tensor_of(DType dtype, const Shape& shape, const void* from) {
  Tensor tensor(dtype, shape);
  std::memcpy(tensor.mutable_view().data, from, static_cast<std::size_t>(tensor.view().type.size_bytes()));
  return tensor;
}

// One call with all of its numbers.
struct Case {
  QConvParams p{};
  bool w_signed = true, zero_per_channel = false, with_zeros = true;
  Bytes x, w, w_zeros;
  std::uint8_t x_zero = 0;
  float x_scale = 1;
  std::vector<std::int32_t> bias;
  std::vector<float> w_scales, factors, addends;

  Case(const ConvParams& c, std::mt19937& random) {
    p.conv = c;
    p.x_signed = random() % 2;
    w_signed = random() % 2 == 0;
    with_zeros = random() % 2 == 0;
    zero_per_channel = random() % 2 == 0;
    p.result = static_cast<QResult>(random() % 2);
    x = random_bytes(static_cast<std::size_t>(c.batch) * c.in_h * c.in_w * c.in_c, random);
    w = random_bytes(static_cast<std::size_t>(c.out_c) * (c.in_c / c.groups) * c.kernel_h * c.kernel_w, random);
    w_zeros = random_bytes(zero_per_channel ? static_cast<std::size_t>(c.out_c) : 1, random);
    p.has_w_zeros = with_zeros || !w_signed;
    x_zero = random_bytes(1, random)[0];
    x_scale = 0.013f;
    const auto channels = static_cast<std::size_t>(c.out_c);
    for (std::size_t k = 0; k < channels; ++k) {
      bias.push_back(static_cast<std::int32_t>(random() % 20001) - 10000);
      w_scales.push_back(0.001f * static_cast<float>(1 + random() % 100));
      addends.push_back(static_cast<float>(random() % 100));
    }
    if (p.result == QResult::kBytes) {
      p.zero = static_cast<std::int32_t>(random() % 256);
      p.least = static_cast<float>(-p.zero + (random() % 2 == 0 ? 0 : 100));
      p.most = static_cast<float>(255 - p.zero);
      for (const float scale : w_scales) factors.push_back(x_scale * scale / 3.0f);
    } else {
      factors = w_scales;
    }
    p.has_addend = random() % 2;
  }

  [[nodiscard]] QWeights weights() const {
    const bool bytes = p.result == QResult::kBytes;
    return {.w = w.data(),
            .zeros = with_zeros ? w_zeros.data() : nullptr,
            .bias = bytes && p.has_addend == 0 ? bias.data() : nullptr,
            .factors = factors.data(),
            .addends = p.has_addend != 0 ? addends.data() : nullptr,
            .is_signed = w_signed,
            .zero_per_channel = zero_per_channel,
            .input_first = false};
  }

  // Bytes of y.
  [[nodiscard]] std::size_t size() const {
    const ConvParams& c = p.conv;
    return static_cast<std::size_t>(c.batch) * c.out_h * c.out_w * c.out_c * (p.result == QResult::kBytes ? 1 : 4);
  }

  // What the portable operator gives.
  [[nodiscard]] Bytes want() const {
    const ConvParams& c = p.conv;
    OpCase op("QLinearConv", 0, "paperkite");
    const std::int64_t bottom =
        std::max((c.out_h - 1) * c.stride_h + (c.kernel_h - 1) * c.dilation_h + 1 - c.in_h - c.pad_top, 0);
    const std::int64_t right =
        std::max((c.out_w - 1) * c.stride_w + (c.kernel_w - 1) * c.dilation_w + 1 - c.in_w - c.pad_left, 0);
    op.attr("pads", Ints{c.pad_top, c.pad_left, bottom, right}).attr("strides", Ints{c.stride_h, c.stride_w});
    op.attr("dilations", Ints{c.dilation_h, c.dilation_w}).attr("group", c.groups);
    if (c.input_planar != 0) op.attr("input_layout", "nchw");
    const DType x_type = p.x_signed != 0 ? DType::kInt8 : DType::kUInt8;
    const DType w_type = w_signed ? DType::kInt8 : DType::kUInt8;
    const Shape last{c.batch, c.in_h, c.in_w, c.in_c}, first{c.batch, c.in_c, c.in_h, c.in_w};
    op.input(tensor_of(x_type, c.input_planar != 0 ? first : last, x.data()));
    op.input(scalar(x_scale)).input(tensor_of(x_type, Shape{}, &x_zero));
    op.input(tensor_of(w_type, Shape{c.out_c, c.in_c / c.groups, c.kernel_h, c.kernel_w}, w.data()));
    op.input(tensor_of(DType::kFloat32, Shape{c.out_c}, w_scales.data()));
    if (with_zeros) {
      op.input(tensor_of(w_type, zero_per_channel ? Shape{c.out_c} : Shape{}, w_zeros.data()));
    } else {
      op.no_input();
    }
    if (p.result == QResult::kBytes) {
      op.attr("low", static_cast<int>(p.least) + p.zero);
      const auto zero = static_cast<std::uint8_t>(p.zero);
      op.input(scalar(3.0f)).input(tensor_of(DType::kUInt8, Shape{}, &zero));
    } else {
      op.no_input().no_input();
    }
    if (p.has_addend != 0) {
      std::vector<float> real = addends;  // a multiple of y's scale, so that dividing by it rounds nothing
      if (p.result == QResult::kBytes) std::ranges::transform(real, real.begin(), [](float a) { return 3.0f * a; });
      op.input(tensor_of(DType::kFloat32, Shape{c.out_c}, real.data()));
    } else if (p.result == QResult::kBytes) {
      op.input(tensor_of(DType::kInt32, Shape{c.out_c}, bias.data()));
    }
    const auto outputs = op.run();
    if (!outputs.ok()) {
      ADD_FAILURE() << outputs.error().message();
      return {};
    }
    const auto* from = reinterpret_cast<const std::uint8_t*>(outputs->front().view().data);
    EXPECT_EQ(static_cast<std::size_t>(outputs->front().view().type.size_bytes()), size());
    return {from, from + size()};
  }
};

// Operands that end where memory ends; y and the scratch are exactly as large as stated.
class Memory {
 public:
  explicit Memory(const void* from, std::size_t count)
      : padded_((count + 3) / 4), floats_(padding(from, count), padded_), skip_(padded_ * 4 - count) {}
  [[nodiscard]] const char* data() const { return reinterpret_cast<const char*>(floats_.data()) + skip_; }

 private:
  // The bytes at the end of whole floats.
  const float* padding(const void* from, std::size_t count) {
    whole_.assign(padded_ * 4, 0);
    if (count > 0) std::memcpy(whole_.data() + padded_ * 4 - count, from, count);
    return reinterpret_cast<const float*>(whole_.data());
  }
  std::size_t padded_;
  Bytes whole_;
  PageEndFloats floats_;
  std::size_t skip_;
};

Bytes run(const Kernel& kernel, const Case& call, int shares, bool fused_dot) {
  const QConvParams& p = call.p;
  const AlignedFloats packed(kQConv.packed_bytes(p) / 4), table(kQConv.table_bytes(p) / 4);
  kQConv.pack(p, kernel, call.weights(), reinterpret_cast<std::int8_t*>(const_cast<float*>(packed.data())));
  kQConv.fill_table(p, call.weights(), reinterpret_cast<std::int32_t*>(const_cast<float*>(table.data())));
  const bool real = p.result == QResult::kFloat;
  const std::size_t ins[] = {call.x.size(), packed.size() * 4, table.size() * 4, 1, real ? 4u : 0u},
                    outs[] = {call.size()};
  EXPECT_TRUE(kQConv.fits({&p, sizeof p, ins, outs, kQConv.scratch_bytes(p)}));
  const Memory x(call.x.data(), call.x.size()), w(packed.data(), packed.size() * 4),
      numbers(table.data(), table.size() * 4);
  const Memory zero(&call.x_zero, 1);
  GuardedFloats y((call.size() + 3) / 4), scratch(kQConv.scratch_bytes(p) / 4);
  std::memset(y.data(), 0xA5, y.size() * 4);
  const void* in[] = {x.data(), w.data(), numbers.data(), zero.data(), real ? &call.x_scale : nullptr};
  void* out[] = {y.data()};
  for (int share = 0; share < shares; ++share) {
    KernelCall one{&p, in, out, scratch.data(), share, shares, nullptr, 0};
    alignas(8) QConvWalk walk;
    kQConv.prepare(&p, *kernel.target, shares, &walk);
    walk.fused_dot = fused_dot;
    one.prepared = &walk;
    kernel.run(one);
  }
  EXPECT_TRUE(y.intact() && scratch.intact()) << kernel.name;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(y.data());
  for (std::size_t i = call.size(); i < y.size() * 4; ++i) EXPECT_EQ(bytes[i], 0xA5) << "beyond y";
  return {bytes, bytes + call.size()};
}

ConvParams random_conv(std::mt19937& random) {
  const auto one_to = [&](unsigned most) { return static_cast<std::int32_t>(1 + random() % most); };
  ConvParams c;
  c.batch = one_to(2);
  switch (random() % 4) {
    case 0:  // a channel has a filter
      c.groups = c.in_c = c.out_c = 1 + one_to(70);
      break;
    case 1:
      c.groups = one_to(4);
      c.in_c = c.groups * one_to(9);
      c.out_c = c.groups * one_to(20);
      break;
    default: c.in_c = one_to(random() % 8 == 0 ? 600 : 40); c.out_c = one_to(150);
  }
  c.in_h = one_to(9);
  c.in_w = one_to(20);
  if (random() % 3 != 0) {
    c.kernel_h = one_to(4);
    c.kernel_w = one_to(4);
    c.stride_h = one_to(2);
    c.stride_w = one_to(3);
    c.dilation_h = one_to(2);
    c.dilation_w = one_to(2);
    c.pad_top = static_cast<std::int32_t>(random() % 3);
    c.pad_left = static_cast<std::int32_t>(random() % 3);
    c.input_planar = random() % 4 == 0;
  }
  const auto out = [&](std::int32_t in, std::int32_t pad, std::int32_t kernel, std::int32_t dilation,
                       std::int32_t stride) {
    const std::int32_t room = in + pad + static_cast<std::int32_t>(random() % 2) - (kernel - 1) * dilation - 1;
    return room < 0 ? 1 : room / stride + 1;
  };
  c.out_h = out(c.in_h, c.pad_top, c.kernel_h, c.dilation_h, c.stride_h);
  c.out_w = out(c.in_w, c.pad_left, c.kernel_w, c.dilation_w, c.stride_w);
  if (c.kernel_h * c.kernel_w == 1)
    c.out_h = c.in_h, c.out_w = c.in_w, c.stride_h = c.stride_w = 1, c.pad_top = c.pad_left = 0;
  return c;
}

class QConvKernels : public testing::TestWithParam<const Kernel*> {
 protected:
  void SetUp() override { SKIP_WITHOUT(*GetParam()->target); }
  // Both ways to sum products, where there are two.
  static std::vector<bool> ways() {
    return processor_features().contain(kAvx512Vnni) ? std::vector<bool>{false, true} : std::vector<bool>{false};
  }
};

TEST_P(QConvKernels, equal_the_oracle_for_random_shapes) {
  std::mt19937 random(17);
  for (int i = 0; i < 400; ++i) {
    const ConvParams conv = random_conv(random);
    const Case call(conv, random);
    const Bytes want = call.want();
    for (const bool fused_dot : ways()) {
      for (const int shares : {1, 3}) {
        ASSERT_EQ(run(*GetParam(), call, shares, fused_dot), want) << "call " << i << ", " << shares << " shares";
      }
    }
  }
}

TEST_P(QConvKernels, sum_the_largest_products_without_an_error) {
  for (const std::int32_t depth : {511, 512, 513, 4608, 32768}) {
    std::mt19937 random(3);
    Case call({.in_w = 7, .in_c = depth, .out_w = 7, .out_c = 18}, random);
    call.p.result = QResult::kFloat;
    call.p.has_addend = 0;
    call.p.x_signed = 0;
    call.w_signed = true;
    call.with_zeros = call.zero_per_channel = true;
    call.p.has_w_zeros = 1;
    call.factors = call.w_scales;
    call.x.assign(call.x.size(), 255);
    call.x_zero = 0;
    call.w.assign(call.w.size(), 0x80);
    call.w_zeros.assign(18, 0x7f);
    for (const bool fused_dot : ways()) EXPECT_EQ(run(*GetParam(), call, 1, fused_dot), call.want()) << depth;
  }
}

TEST_P(QConvKernels, cut_large_pictures_into_bands) {
  std::mt19937 random(9);
  for (const ConvParams& conv :
       {ConvParams{.in_h = 60,
                   .in_w = 200,
                   .in_c = 40,
                   .out_h = 60,
                   .out_w = 200,
                   .out_c = 20,
                   .kernel_h = 3,
                   .kernel_w = 3,
                   .pad_top = 1,
                   .pad_left = 1},
        ConvParams{.in_h = 30, .in_w = 100, .in_c = 130, .out_h = 30, .out_w = 100, .out_c = 70},
        ConvParams{.in_h = 60,
                   .in_w = 130,
                   .in_c = 96,
                   .out_h = 60,
                   .out_w = 130,
                   .out_c = 96,
                   .kernel_h = 3,
                   .kernel_w = 3,
                   .pad_top = 1,
                   .pad_left = 1,
                   .groups = 96}}) {
    const Case call(conv, random);
    const Bytes want = call.want();
    for (const int shares : {1, 2, 5}) EXPECT_EQ(run(*GetParam(), call, shares, ways().back()), want) << shares;
  }
}

INSTANTIATE_TEST_SUITE_P(qconv, QConvKernels, testing::ValuesIn(kernels_of(kQConv)), kernel_test_name);

TEST(QConvFits, accepts_exact_operands_and_nothing_smaller) {
  QConvParams p{};
  p.conv = {.in_h = 5,
            .in_w = 6,
            .in_c = 7,
            .out_h = 5,
            .out_w = 6,
            .out_c = 9,
            .kernel_h = 3,
            .kernel_w = 3,
            .pad_top = 1,
            .pad_left = 1};
  const std::size_t good[] = {210, kQConv.packed_bytes(p), kQConv.table_bytes(p), 0, 4, 270, kQConv.scratch_bytes(p)};
  const auto fits = [&](const QConvParams& params, std::size_t which, std::size_t less) {
    std::size_t sizes[7];
    std::copy(std::begin(good), std::end(good), sizes);
    sizes[which] -= less;
    return kQConv.fits({&params, sizeof params, {sizes, 5}, {sizes + 5, 1}, sizes[6]});
  };
  EXPECT_TRUE(fits(p, 0, 0));
  for (const std::size_t which : {0, 1, 2, 4, 5, 6}) EXPECT_FALSE(fits(p, which, 1)) << which;
  for (const auto change : std::initializer_list<void (*)(QConvParams&)>{
           [](QConvParams& q) { q.conv.in_c = 0; }, [](QConvParams& q) { q.conv.pad_left = -1; },
           [](QConvParams& q) { q.x_signed = 2; }, [](QConvParams& q) { q.result = static_cast<QResult>(7); },
           [](QConvParams& q) { q.conv.in_c = std::numeric_limits<std::int32_t>::max(); },
           [](QConvParams& q) { q.conv.kernel_h = q.conv.dilation_h = 40000; },
           [](QConvParams& q) { q.conv.groups = 2; }}) {
    QConvParams bad = p;
    change(bad);
    EXPECT_FALSE(fits(bad, 0, 0));
  }
}

}  // namespace
}  // namespace kite
