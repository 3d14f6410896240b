// SPDX-License-Identifier: Apache-2.0
// Cases, guarded runs and the oracle for the tests of the families that take ConvParams.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "kernels/conv/conv_family.h"
#include "kernels/oracle_testing.h"
#include "kernels/testing.h"
#include "tensor/activation_names.h"

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

// A call as tests state it: pads on all four sides, the outputs that fit, a bias.
struct ConvShape {
  int batch = 1;
  HeightWidth picture = 1;
  int in = 1, out = 1;  // channels
  HeightWidth kernel = 1, stride = 1, pad = 0;
  int groups = 1;
  bool planar = false;
};

inline ConvCase make_case(const ConvShape& shape) {
  const auto fitting = [](int size, int pad, int kernel, int stride) { return (size + 2 * pad - kernel) / stride + 1; };
  return {.params = {.batch = shape.batch,
                     .in_h = shape.picture.h,
                     .in_w = shape.picture.w,
                     .in_c = shape.in,
                     .out_h = fitting(shape.picture.h, shape.pad.h, shape.kernel.h, shape.stride.h),
                     .out_w = fitting(shape.picture.w, shape.pad.w, shape.kernel.w, shape.stride.w),
                     .out_c = shape.out,
                     .kernel_h = shape.kernel.h,
                     .kernel_w = shape.kernel.w,
                     .stride_h = shape.stride.h,
                     .stride_w = shape.stride.w,
                     .pad_top = shape.pad.h,
                     .pad_left = shape.pad.w,
                     .groups = shape.groups,
                     .input_planar = shape.planar ? 1 : 0},
          .bias = true,
          .residual = false};
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
                                     const ConvData& d, int shares) {
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
  for (int share = 0; share < shares; ++share) {
    GuardedFloats scratch(scratch_bytes / 4);
    run_prepared(family, kernel, {&p, in, out, scratch.data(), share, shares, w.data(), packed.size() * 4});
    EXPECT_TRUE(scratch.intact()) << kernel.name << " wrote outside its scratch: " << describe(c);
  }
  EXPECT_TRUE(y.intact()) << kernel.name << " wrote outside its result: " << describe(c);
  return y.values();
}

// The call as a node of the portable operator. Params leave the padding behind the last
// row and column to be understood: as far as a tap reaches.
inline std::vector<double> conv_oracle(const ConvCase& c, const ConvData& d) {
  const ConvParams& p = c.params;
  const auto pad_end = [](int in, int out, int kernel, int stride, int dilation, int pad) {
    return std::int64_t{std::max(0, (out - 1) * stride + (kernel - 1) * dilation + 1 - pad - in)};
  };
  const std::int64_t bottom = pad_end(p.in_h, p.out_h, p.kernel_h, p.stride_h, p.dilation_h, p.pad_top);
  const std::int64_t right = pad_end(p.in_w, p.out_w, p.kernel_w, p.stride_w, p.dilation_w, p.pad_left);
  const bool planar = p.input_planar != 0;
  OpCase node("Conv", 1, "paperkite");
  node.attr("strides", Ints{p.stride_h, p.stride_w})
      .attr("dilations", Ints{p.dilation_h, p.dilation_w})
      .attr("pads", Ints{p.pad_top, p.pad_left, bottom, right})
      .attr("group", p.groups)
      .attr("input_layout", planar ? "nchw" : "nhwc")
      .attr("activation", std::string(activation_spelling(p.activation.kind)).c_str())
      .attr("activation_a", p.activation.a)
      .attr("activation_b", p.activation.b)
      .input(in_double(planar ? Shape{p.batch, p.in_c, p.in_h, p.in_w} : Shape{p.batch, p.in_h, p.in_w, p.in_c}, d.x))
      .input(in_double({p.out_c, p.in_c / p.groups, p.kernel_h, p.kernel_w}, d.w));
  d.bias.empty() ? node.no_input() : node.input(in_double({p.out_c}, d.bias));
  if (!d.residual.empty()) node.input(in_double({p.batch, p.out_h, p.out_w, p.out_c}, d.residual));
  return oracle(node);
}

inline ConvData magnitudes(const ConvData& d) {
  return {magnitudes(d.x), magnitudes(d.w), magnitudes(d.bias), magnitudes(d.residual)};
}

// The sum of the magnitudes that each output is a sum of.
inline std::vector<double> conv_magnitude(ConvCase c, const ConvData& d) {
  c.params.activation = {};
  return conv_oracle(c, magnitudes(d));
}

// y against the oracle, to `roundings` units of the magnitudes before the activation.
inline void expect_within(const Kernel& kernel, const ConvCase& c, const ConvData& d, int shares,
                          const std::vector<float>& y, const std::vector<double>& magnitude, double roundings) {
  const std::vector<double> want = conv_oracle(c, d);
  ASSERT_EQ(want.size(), magnitude.size()) << describe(c);
  expect_close(y, want, std::string(kernel.name) + " " + describe(c) + "shares=" + std::to_string(shares),
               [&](std::size_t i) {
                 return activation_bound(roundings * 0x1p-24 * magnitude[i], want[i], c.params.activation.kind);
               });
}

inline void expect_same_bits_for_any_parts(const ConvFamily& family, const Kernel& kernel, ConvCase c,
                                           std::mt19937& random) {
  c.residual = true;
  c.params.activation.kind = Activation::kSilu;
  const ConvData d = make_data(c, random);
  const std::vector<float> want = run_packed(family, kernel, c, d, 1);
  for (const int shares : {2, 3, 4, 5, 16, 64}) {
    EXPECT_TRUE(same_bits(want, run_packed(family, kernel, c, d, shares))) << describe(c) << "shares=" << shares;
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
  run_prepared(family, kernel, {&c.params, in, out, scratch.data(), 0, 1, nullptr, 0});
  EXPECT_TRUE(same_bits(want, y)) << describe(c);
}

}  // namespace kite
