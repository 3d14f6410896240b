// SPDX-License-Identifier: Apache-2.0
// Every pooling kernel of 8-bit numbers against the portable operators, bit by bit; shares, edges of memory.
#include "kernels/qpool/qpool.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "kernels/oracle_testing.h"
#include "kernels/testing.h"

namespace kite {
namespace {

using Bytes = std::vector<std::uint8_t>;

DType byte_type(std::int32_t is_signed) { return is_signed != 0 ? DType::kInt8 : DType::kUInt8; }

Tensor one_byte(std::int32_t is_signed, std::int32_t value) {
  Tensor tensor(byte_type(is_signed), Shape{});
  *tensor.mutable_view().data = static_cast<std::byte>(static_cast<std::uint8_t>(value));
  return tensor;
}

QPoolParams random_pool(std::mt19937& random) {
  const auto one_to = [&](unsigned most) { return static_cast<std::int32_t>(1 + random() % most); };
  QPoolParams params{};
  PoolParams& p = params.pool;
  p.batch = one_to(2);
  p.in_h = one_to(9) + 2;
  p.in_w = one_to(9) + 2;
  p.channels = one_to(random() % 6 == 0 ? 600 : 40);
  p.kernel_h = one_to(3);
  p.kernel_w = one_to(3);
  p.stride_h = one_to(2);
  p.stride_w = one_to(2);
  p.dilation_h = p.dilation_w = 1;
  p.pad_top = static_cast<std::int32_t>(random() % static_cast<unsigned>(p.kernel_h));
  p.pad_left = static_cast<std::int32_t>(random() % static_cast<unsigned>(p.kernel_w));
  p.pad_bottom = static_cast<std::int32_t>(random() % static_cast<unsigned>(p.kernel_h));
  p.pad_right = static_cast<std::int32_t>(random() % static_cast<unsigned>(p.kernel_w));
  p.out_h = (p.in_h + p.pad_top + p.pad_bottom - p.kernel_h) / p.stride_h + 1;
  p.out_w = (p.in_w + p.pad_left + p.pad_right - p.kernel_w) / p.stride_w + 1;
  p.kind = static_cast<PoolKind>(random() % 3);
  params.x_signed = static_cast<std::int32_t>(random() % 2);
  params.y_signed = p.kind == PoolKind::kMax ? params.x_signed : static_cast<std::int32_t>(random() % 2);
  params.x_zero = static_cast<std::int32_t>(random() % 256) - 128 * params.x_signed;
  params.zero = static_cast<std::int32_t>(random() % 256) - 128 * params.y_signed;
  params.x_scale = static_cast<double>(0.31f);
  params.y_scale = static_cast<double>(0.5f);
  return params;
}

Bytes want(const QPoolParams& params, const Bytes& x) {
  const PoolParams& p = params.pool;
  const bool is_max = p.kind == PoolKind::kMax;
  OpCase op(is_max ? "MaxPool" : "QLinearAveragePool", 1, is_max ? "paperkite" : "com.microsoft");
  op.attr("kernel_shape", Ints{p.kernel_h, p.kernel_w}).attr("strides", Ints{p.stride_h, p.stride_w});
  op.attr("pads", Ints{p.pad_top, p.pad_left, p.pad_bottom, p.pad_right});
  Tensor tensor(byte_type(params.x_signed), Shape{p.batch, p.in_h, p.in_w, p.channels});
  std::memcpy(tensor.mutable_view().data, x.data(), x.size());
  op.input(std::move(tensor));
  if (!is_max) {
    op.attr("channels_last", 1).attr("count_include_pad", p.kind == PoolKind::kAverageIncludePad ? 1 : 0);
    op.input(scalar(static_cast<float>(params.x_scale))).input(one_byte(params.x_signed, params.x_zero));
    op.input(scalar(static_cast<float>(params.y_scale))).input(one_byte(params.y_signed, params.zero));
  }
  const auto outputs = op.run();
  if (!outputs.ok()) {
    ADD_FAILURE() << outputs.error().message();
    return {};
  }
  const auto* from = reinterpret_cast<const std::uint8_t*>(outputs->front().view().data);
  return {from, from + outputs->front().shape().elements()};
}

class QPoolKernels : public testing::TestWithParam<const Kernel*> {
 protected:
  void SetUp() override { SKIP_WITHOUT(*GetParam()->target); }
};

TEST_P(QPoolKernels, equal_the_oracle_for_random_windows) {
  std::mt19937 random(5);
  for (int i = 0; i < 200; ++i) {
    const QPoolParams params = random_pool(random);
    const PoolParams& p = params.pool;
    const auto pixels = static_cast<std::size_t>(p.batch) * static_cast<std::size_t>(p.channels);
    Bytes x(pixels * static_cast<std::size_t>(p.in_h * p.in_w));
    for (std::uint8_t& byte : x) byte = static_cast<std::uint8_t>(random() & 0xff);
    std::vector<float> padded((x.size() + 3) / 4);
    const std::size_t skip = padded.size() * 4 - x.size();
    std::memcpy(reinterpret_cast<char*>(padded.data()) + skip, x.data(), x.size());
    const PageEndFloats memory(padded);
    Bytes y(pixels * static_cast<std::size_t>(p.out_h * p.out_w) + 64, 0xA5);
    const std::size_t ins[] = {x.size()}, outs[] = {y.size() - 64};
    ASSERT_TRUE(kQPool.fits({&params, sizeof params, ins, outs, 0}));
    const void* in[] = {reinterpret_cast<const char*>(memory.data()) + skip};
    void* out[] = {y.data()};
    const int shares = 1 + i % 3;
    for (int share = 0; share < shares; ++share)
      GetParam()->run({&params, in, out, nullptr, share, shares, nullptr, 0});
    const Bytes expected = want(params, x);
    ASSERT_EQ(Bytes(y.begin(), y.end() - 64), expected) << i;
    ASSERT_EQ(Bytes(y.end() - 64, y.end()), Bytes(64, 0xA5)) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(qpool, QPoolKernels, testing::ValuesIn(kernels_of(kQPool)), kernel_test_name);

TEST(QPoolFits, accepts_exact_operands_and_nothing_smaller) {
  std::mt19937 random(6);
  const QPoolParams p = random_pool(random);
  const auto planes = static_cast<std::size_t>(p.pool.batch * p.pool.channels);
  const std::size_t x = planes * static_cast<std::size_t>(p.pool.in_h * p.pool.in_w);
  const std::size_t y = planes * static_cast<std::size_t>(p.pool.out_h * p.pool.out_w);
  const auto fits = [](const QPoolParams& params, std::size_t in, std::size_t out) {
    return kQPool.fits({&params, sizeof params, {&in, 1}, {&out, 1}, 0});
  };
  EXPECT_TRUE(fits(p, x, y));
  EXPECT_FALSE(fits(p, x - 1, y));
  EXPECT_FALSE(fits(p, x, y - 1));
  for (const auto change : std::initializer_list<void (*)(QPoolParams&)>{
           [](QPoolParams& q) { q.pool.channels = 0; }, [](QPoolParams& q) { q.pool.pad_left = -1; },
           [](QPoolParams& q) { q.x_signed = 2; }, [](QPoolParams& q) { q.zero = 256; },
           [](QPoolParams& q) { q.pool.in_h = q.pool.in_w = q.pool.kernel_h = q.pool.kernel_w = 1 << 20; }}) {
    QPoolParams bad = p;
    change(bad);
    EXPECT_FALSE(fits(bad, x, y));
  }
}

}  // namespace
}  // namespace kite
