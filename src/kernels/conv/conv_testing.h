// SPDX-License-Identifier: Apache-2.0
// Cases and guarded runs for the tests of the families that take ConvParams.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "kernels/conv/conv_family.h"
#include "kernels/testing.h"

namespace kite {

struct ConvCase {
  ConvParams params;
  bool bias, residual;
};

inline std::string describe(const ConvCase& c) {
  const ConvParams& p = c.params;
  std::string text;
  const auto put = [&text](const char* name, std::int64_t value) {
    text += std::string(name) + "=" + std::to_string(value) + " ";
  };
  put("n", p.batch), put("h", p.in_h), put("w", p.in_w), put("c", p.in_c), put("p", p.out_h), put("q", p.out_w);
  put("k", p.out_c), put("r", p.kernel_h), put("s", p.kernel_w), put("sh", p.stride_h), put("sw", p.stride_w);
  put("dh", p.dilation_h), put("dw", p.dilation_w), put("pt", p.pad_top), put("pl", p.pad_left), put("g", p.groups);
  put("planar", p.input_planar), put("act", static_cast<int>(p.activation.kind)), put("bias", c.bias),
      put("res", c.residual);
  return text;
}

// in_h, in_w and pads on all four sides; out_h and out_w follow.
inline ConvCase make_case(int batch, int h, int w, int c, int k, int r, int s, int stride, int pad, int groups) {
  ConvCase out = {};
  out.params = {.batch = batch,
                .in_h = h,
                .in_w = w,
                .in_c = c,
                .out_h = (h + 2 * pad - r) / stride + 1,
                .out_w = (w + 2 * pad - s) / stride + 1,
                .out_c = k,
                .kernel_h = r,
                .kernel_w = s,
                .stride_h = stride,
                .stride_w = stride,
                .dilation_h = 1,
                .dilation_w = 1,
                .pad_top = pad,
                .pad_left = pad,
                .groups = groups};
  out.bias = true;
  return out;
}

struct ConvData {
  std::vector<float> x, w, bias, residual;
};

inline ConvData make_data(const ConvCase& c, std::mt19937& random) {
  const ConvParams& p = c.params;
  ConvData d;
  d.x = random_floats(static_cast<std::size_t>(p.batch) * p.in_h * p.in_w * p.in_c, random);
  d.w = random_floats(static_cast<std::size_t>(p.out_c) * (p.in_c / p.groups) * p.kernel_h * p.kernel_w, random);
  if (c.bias) d.bias = random_floats(static_cast<std::size_t>(p.out_c), random);
  if (c.residual) d.residual = random_floats(static_cast<std::size_t>(p.batch) * p.out_h * p.out_w * p.out_c, random);
  return d;
}

// Reads from buffers behind which a page fault waits, writes between canaries.
inline std::vector<float> run_packed(const ConvFamily& family, const Kernel& kernel, const ConvCase& c,
                                     const ConvData& d, int parts) {
  const ConvParams& p = c.params;
  AlignedFloats packed(family.packed_bytes(p) / 4);
  family.pack(p, kernel, d.w.data(), packed.data());
  GuardedFloats y(static_cast<std::size_t>(p.batch) * p.out_h * p.out_w * p.out_c);
  const std::size_t scratch_bytes = family.scratch_bytes(p);
  const std::size_t y_bytes = y.size() * 4;
  const std::size_t in_bytes[] = {d.x.size() * 4, family.packed_bytes(p), d.bias.size() * 4, d.residual.size() * 4};
  const std::size_t out_bytes[] = {y_bytes};
  EXPECT_TRUE(family.fits({&p, sizeof p, in_bytes, out_bytes, scratch_bytes})) << describe(c);
  const PageEndFloats x(d.x), w(packed.data(), packed.size()), bias(d.bias), residual(d.residual);
  const void* in[] = {x.data(), w.data(), d.bias.empty() ? nullptr : bias.data(),
                      d.residual.empty() ? nullptr : residual.data()};
  void* out[] = {y.data()};
  for (int part = 0; part < parts; ++part) {
    GuardedFloats scratch(scratch_bytes / 4);
    kernel.run({&p, in, out, scratch.data(), part, parts, w.data(), packed.size() * 4});
    EXPECT_TRUE(scratch.intact()) << kernel.name << " wrote outside its scratch: " << describe(c);
  }
  EXPECT_TRUE(y.intact()) << kernel.name << " wrote outside its result: " << describe(c);
  return y.values();
}

inline const float* data_or_null(const std::vector<float>& values) { return values.empty() ? nullptr : values.data(); }

// y against the values before the activation, to `roundings` units of their magnitudes.
inline void expect_within(const Kernel& kernel, const ConvCase& c, int parts, const std::vector<float>& y,
                          const std::vector<double>& values, const std::vector<double>& magnitudes, double roundings) {
  const ConvParams& p = c.params;
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double value = activated(p.activation, values[i]);
    const double bound = activation_bound(roundings * 0x1p-24 * magnitudes[i], value, p.activation.kind);
    ASSERT_LE(std::fabs(y[i] - value), bound)
        << kernel.name << " at " << i << ": " << y[i] << ", want " << value << "; " << describe(c) << "parts=" << parts;
  }
}

inline void expect_same_bits_for_any_parts(const ConvFamily& family, const Kernel& kernel, ConvCase c,
                                           std::mt19937& random) {
  c.residual = true;
  c.params.activation.kind = Activation::kSilu;
  const ConvData d = make_data(c, random);
  const std::vector<float> want = run_packed(family, kernel, c, d, 1);
  for (const int parts : {2, 3, 4, 5, 16, 64}) {
    EXPECT_TRUE(same_bits(want, run_packed(family, kernel, c, d, parts))) << describe(c) << "parts=" << parts;
  }
}

inline void expect_same_bits_at_any_place(const ConvFamily& family, const Kernel& kernel, const ConvCase& c,
                                          std::mt19937& random) {
  const ConvData one = make_data(c, random);
  const std::vector<float> want = run_packed(family, kernel, c, one, 1);
  for (int place = 0; place < 5; ++place) {
    ConvCase many = c;
    many.params.batch = 5;
    ConvData d = make_data(many, random);
    d.w = one.w;
    d.bias = one.bias;
    std::copy(one.x.begin(), one.x.end(), d.x.begin() + static_cast<std::ptrdiff_t>(one.x.size()) * place);
    const std::vector<float> all = run_packed(family, kernel, many, d, 2);
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(want.size()) * place;
    EXPECT_TRUE(same_bits(want, std::vector<float>(begin, begin + static_cast<std::ptrdiff_t>(want.size()))))
        << describe(c) << "place=" << place;
  }
}

// With the residual where the result goes.
inline void expect_same_bits_in_place(const ConvFamily& family, const Kernel& kernel, ConvCase c,
                                      std::mt19937& random) {
  c.residual = true;
  const ConvData d = make_data(c, random);
  const std::vector<float> want = run_packed(family, kernel, c, d, 1);
  AlignedFloats packed(family.packed_bytes(c.params) / 4);
  family.pack(c.params, kernel, d.w.data(), packed.data());
  std::vector<float> y = d.residual;
  AlignedFloats scratch(family.scratch_bytes(c.params) / 4);
  const void* in[] = {d.x.data(), packed.data(), d.bias.data(), y.data()};
  void* out[] = {y.data()};
  kernel.run({&c.params, in, out, scratch.data(), 0, 1, nullptr, 0});
  EXPECT_TRUE(same_bits(want, y)) << describe(c);
}

}  // namespace kite
