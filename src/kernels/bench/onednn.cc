// SPDX-License-Identifier: Apache-2.0
// A convolution through oneDNN 2.
#include "kernels/bench/onednn.h"

#include <algorithm>
#include <chrono>
#include <unordered_map>

#include <dnnl.hpp>

extern "C" void omp_set_num_threads(int);

namespace kite {

namespace {

using dnnl::memory;

struct Shape {
  memory::dim in, out, groups, in_h, in_w, out_h, out_w, kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left;
  bool activated;
};

Shape shape_of(const ConvParams& p) {
  return {
      p.in_c,     p.out_c,    p.groups,   p.in_h,     p.in_w,    p.out_h,    p.out_w,
      p.kernel_h, p.kernel_w, p.stride_h, p.stride_w, p.pad_top, p.pad_left, p.activation.kind != Activation::kNone};
}

double least_seconds(const Shape& s, int repeats) {
  omp_set_num_threads(1);
  static dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  static dnnl::stream stream(engine);
  const auto any = [](const memory::dims& dims) {
    return memory::desc(dims, memory::data_type::f32, memory::format_tag::any);
  };
  const memory::dim pad_bottom = (s.out_h - 1) * s.stride_h + s.kernel_h - s.in_h - s.pad_top;
  const memory::dim pad_right = (s.out_w - 1) * s.stride_w + s.kernel_w - s.in_w - s.pad_left;
  const memory::dims weights = s.groups == 1
                                   ? memory::dims{s.out, s.in, s.kernel_h, s.kernel_w}
                                   : memory::dims{s.groups, s.out / s.groups, s.in / s.groups, s.kernel_h, s.kernel_w};
  const dnnl::convolution_forward::desc wanted(dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct,
                                               any({1, s.in, s.in_h, s.in_w}), any(weights), any({s.out}),
                                               any({1, s.out, s.out_h, s.out_w}), {s.stride_h, s.stride_w}, {0, 0},
                                               {s.pad_top, s.pad_left}, {pad_bottom, pad_right});
  dnnl::primitive_attr attributes;
  if (s.activated) {
    dnnl::post_ops after;
    after.append_eltwise(1.0f, dnnl::algorithm::eltwise_relu, 0.0f, 0.0f);
    attributes.set_post_ops(after);
  }
  const dnnl::convolution_forward::primitive_desc chosen(wanted, attributes, engine);
  const dnnl::convolution_forward convolution(chosen);
  std::unordered_map<int, memory> operands;
  const auto add = [&](int argument, const memory::desc& desc) {
    memory operand(desc, engine);
    auto* const values = static_cast<float*>(operand.get_data_handle());
    std::fill(values, values + desc.get_size() / sizeof(float), 0.01f);
    operands.emplace(argument, operand);
  };
  add(DNNL_ARG_SRC, chosen.src_desc());
  add(DNNL_ARG_WEIGHTS, chosen.weights_desc());
  add(DNNL_ARG_BIAS, chosen.bias_desc());
  add(DNNL_ARG_DST, chosen.dst_desc());
  double least = 1e9;
  for (int i = 0; i < repeats; ++i) {
    const auto start = std::chrono::steady_clock::now();
    convolution.execute(stream, operands);
    stream.wait();
    least = std::min(least, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return least;
}

}  // namespace

std::optional<double> onednn_seconds(const LayerShape& layer, int repeats) {
  try {
    return least_seconds(shape_of(layer), repeats);
  } catch (const dnnl::error&) {
    return std::nullopt;
  }
}

}  // namespace kite
