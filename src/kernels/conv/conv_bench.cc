// SPDX-License-Identifier: Apache-2.0
// How near convolution comes to the machine's multiply-add peak, on the layers of real networks.
//
// conv_bench [--isa generic|avx2|avx512] [--repeats N] [--layers] [--no-next]
// [regnet_x_400mf|regnet_y_16gf|resnet50]... Each network's convolutions run in order, one thread, own weights for each
// (so that they come from where they would in a run: L3 or memory), with the next layer's weights named (unless
// --no-next). The least time of N rounds counts, layer by layer; --layers prints each distinct shape, and its time warm
// (the same layer again and again) beside it.
#include <immintrin.h>
#include <sys/mman.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kernels/conv/conv.h"

namespace kite {
namespace {

// Processor time of this thread: others may have the processor in between.
double now_seconds() {
  timespec t = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

// Ten independent chains of multiply-adds, 2 FLOP a lane. The asm hides the values, not the instruction.
#define KITE_PEAK(name, isa, vector, lanes)                                                                      \
  __attribute__((target(isa))) double name() {                                                                   \
    vector a0 = {}, a1 = {}, a2 = {}, a3 = {}, a4 = {}, a5 = {}, a6 = {}, a7 = {}, a8 = {}, a9 = {};             \
    const vector x = vector{} + 0.5f;                                                                            \
    double best = 0;                                                                                             \
    for (int round = 0; round < 30; ++round) {                                                                   \
      constexpr int kTurns = 200000;                                                                             \
      const double begin = now_seconds();                                                                        \
      for (int i = 0; i < kTurns; ++i) {                                                                         \
        asm volatile(                                                                                            \
            "vfmadd231ps %10, %10, %0\n vfmadd231ps %10, %10, %1\n vfmadd231ps %10, %10, %2\n"                   \
            "vfmadd231ps %10, %10, %3\n vfmadd231ps %10, %10, %4\n vfmadd231ps %10, %10, %5\n"                   \
            "vfmadd231ps %10, %10, %6\n vfmadd231ps %10, %10, %7\n vfmadd231ps %10, %10, %8\n"                   \
            "vfmadd231ps %10, %10, %9\n"                                                                         \
            : "+v"(a0), "+v"(a1), "+v"(a2), "+v"(a3), "+v"(a4), "+v"(a5), "+v"(a6), "+v"(a7), "+v"(a8), "+v"(a9) \
            : "v"(x));                                                                                           \
      }                                                                                                          \
      best = std::max(best, 20.0 * (lanes) * kTurns / (now_seconds() - begin));                                  \
    }                                                                                                            \
    return best;                                                                                                 \
  }
KITE_PEAK(peak_avx512, "avx512f", __m512, 16)
KITE_PEAK(peak_avx2, "avx2,fma", __m256, 8)
#undef KITE_PEAK

// On huge pages where the system grants them, as a mapped plan and an arena are.
struct Buffer {
  static constexpr std::size_t kPage = std::size_t{1} << 21;
  explicit Buffer(std::size_t bytes)
      : data(static_cast<float*>(std::aligned_alloc(kPage, (bytes + kPage) / kPage * kPage)), &std::free), size(bytes) {
    madvise(data.get(), (bytes + kPage) / kPage * kPage, MADV_HUGEPAGE);
    for (std::size_t i = 0; i < bytes / 4; ++i) data.get()[i] = static_cast<float>(i % 31) * 0.01f;
  }
  std::unique_ptr<float, void (*)(void*)> data;
  std::size_t size;
};

struct Layer {
  ConvParams params;
  const KernelInfo* kernel;
  std::unique_ptr<Buffer> weights;
  double best = 1e9;  // seconds
};

double flops(const ConvParams& p) {
  return 2.0 * p.batch * p.out_h * p.out_w * p.out_c * p.kernel_h * p.kernel_w * (p.in_c / p.groups);
}

ConvParams square(int size, int in, int out, int kernel, int stride, int pad, int groups) {
  const int out_size = (size + 2 * pad - kernel) / stride + 1;
  return {1, size, size, in,     out_size, out_size,          out,  kernel, kernel, stride, stride, 1,
          1, pad,  pad,  groups, 0,        Activation::kRelu, 0.0f, 0.0f};
}

struct RegnetStage {
  int depth, width;
};

std::vector<ConvParams> regnet(std::vector<RegnetStage> stages, int group_width) {
  std::vector<ConvParams> layers = {square(224, 3, 32, 3, 2, 1, 1)};
  layers.back().input_planar = 1;
  int size = 112, in = 32;
  for (const RegnetStage& stage : stages) {
    for (int block = 0; block < stage.depth; ++block) {
      const int stride = block == 0 ? 2 : 1;
      const int w = stage.width;
      if (block == 0) layers.push_back(square(size, in, w, 1, 2, 0, 1));
      layers.push_back(square(size, in, w, 1, 1, 0, 1));
      layers.push_back(square(size, w, w, 3, stride, 1, w / group_width));
      size /= stride;
      layers.push_back(square(size, w, w, 1, 1, 0, 1));
      in = w;
    }
  }
  return layers;
}

std::vector<ConvParams> resnet50() {
  std::vector<ConvParams> layers = {square(224, 3, 64, 7, 2, 3, 1)};
  layers.back().input_planar = 1;
  int size = 56, in = 64;
  const int depths[] = {3, 4, 6, 3};
  for (int stage = 0; stage < 4; ++stage) {
    const int w = 64 << stage;
    for (int block = 0; block < depths[stage]; ++block) {
      const int stride = block == 0 && stage > 0 ? 2 : 1;
      if (block == 0) layers.push_back(square(size, in, 4 * w, 1, stride, 0, 1));
      layers.push_back(square(size, in, w, 1, 1, 0, 1));
      layers.push_back(square(size, w, w, 3, stride, 1, 1));
      size /= stride;
      layers.push_back(square(size, w, 4 * w, 1, 1, 0, 1));
      in = 4 * w;
    }
  }
  return layers;
}

void run(const Layer& layer, const Buffer& x, Buffer& y, Buffer& scratch, const Buffer* next) {
  static const std::vector<float> bias(8192, 0.1f);
  const void* in[] = {x.data.get(), layer.weights->data.get(), bias.data(), nullptr};
  void* out[] = {y.data.get()};
  layer.kernel->run({&layer.params, in, out, scratch.data.get(), 0, 1, next == nullptr ? nullptr : next->data.get(),
                     next == nullptr ? 0 : next->size});
}

void bench(const char* name, const std::vector<ConvParams>& shapes, Isa isa, double peak, int repeats, bool list,
           bool name_next) {
  std::vector<Layer> layers;
  std::size_t largest = 64, scratch_bytes = 64;
  double work = 0;
  for (const ConvParams& p : shapes) {
    Layer layer = {p, &select_conv(p, isa), nullptr};
    layer.weights = std::make_unique<Buffer>(conv_packed_bytes(p, *layer.kernel));
    scratch_bytes = std::max(scratch_bytes, conv_scratch_bytes(p, *layer.kernel));
    largest =
        std::max({largest, std::size_t{4} * p.in_h * p.in_w * p.in_c, std::size_t{4} * p.out_h * p.out_w * p.out_c});
    work += flops(p);
    layers.push_back(std::move(layer));
  }
  Buffer a(largest), b(largest), scratch(scratch_bytes);
  std::vector<double> rounds;
  for (int round = 0; round < repeats; ++round) {
    const double begin = now_seconds();
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const double start = now_seconds();
      run(layers[i], i % 2 == 0 ? a : b, i % 2 == 0 ? b : a, scratch,
          name_next && i + 1 < layers.size() ? layers[i + 1].weights.get() : nullptr);
      layers[i].best = std::min(layers[i].best, now_seconds() - start);
    }
    rounds.push_back(now_seconds() - begin);
  }
  std::sort(rounds.begin(), rounds.end());
  const double whole = rounds.front();
  double sum = 0;
  for (const Layer& layer : layers) sum += layer.best;
  std::printf(
      "%-16s %7.2f ms  %6.1f GFLOP/s  %5.1f %% of peak   (median %.2f ms; sum of best layers %.2f ms, %.1f %%)\n", name,
      whole * 1e3, work / whole * 1e-9, 100 * work / whole / peak, rounds[rounds.size() / 2] * 1e3, sum * 1e3,
      100 * work / sum / peak);
  if (!list) return;
  std::map<std::string, std::vector<Layer*>> shapes_seen;
  for (Layer& layer : layers) {
    const ConvParams& p = layer.params;
    char text[80];
    std::snprintf(text, sizeof text, "%dx%d/%d g%-3d %4d->%-4d @%d", p.kernel_h, p.kernel_w, p.stride_h, p.groups,
                  p.in_c, p.out_c, p.in_h);
    shapes_seen[text].push_back(&layer);
  }
  for (const auto& [text, same] : shapes_seen) {
    double chain = 0, warm = 1e9;
    for (const Layer* layer : same) chain += layer->best;
    for (int round = 0; round < repeats; ++round) {
      const double start = now_seconds();
      run(*same.front(), a, b, scratch, nullptr);
      warm = std::min(warm, now_seconds() - start);
    }
    const double one = flops(same.front()->params);
    std::printf("  %-28s x%-2zu %5.1f %% of time  in the chain %5.1f %%  warm %5.1f %%\n", text.c_str(), same.size(),
                100 * chain / sum, 100 * one * static_cast<double>(same.size()) / chain / peak,
                100 * one / warm / peak);
  }
}

int bench_main(int argc, char** argv) {
  Isa isa = native_isa();
  int repeats = 30;
  bool list = false;
  bool name_next = true;
  std::vector<std::string> names;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--isa") == 0 && i + 1 < argc) {
      const auto parsed = parse_isa(argv[++i]);
      if (!parsed) return std::fprintf(stderr, "conv_bench: unknown or missing instruction set\n"), 2;
      isa = *parsed;
    } else if (std::strcmp(argv[i], "--repeats") == 0 && i + 1 < argc) {
      repeats = std::atoi(argv[++i]);
    } else if (std::strcmp(argv[i], "--layers") == 0) {
      list = true;
    } else if (std::strcmp(argv[i], "--no-next") == 0) {
      name_next = false;
    } else {
      names.emplace_back(argv[i]);
    }
  }
  if (names.empty()) names = {"regnet_x_400mf", "resnet50", "regnet_y_16gf"};
  // SSE2 multiplies and adds apart: half of what AVX would do on half of the lanes. No peak is measured for it.
  const double peak = isa == Isa::kAvx512 ? peak_avx512() : native_isa() >= Isa::kAvx2 ? peak_avx2() : 1e11;
  std::printf("%s, peak %.1f GFLOP/s%s\n", std::string(isa_name(isa)).c_str(), peak * 1e-9,
              isa == Isa::kGeneric ? " (of AVX2)" : "");
  for (const std::string& name : names) {
    if (name == "regnet_x_400mf")
      bench(name.c_str(), regnet({{1, 32}, {2, 64}, {7, 160}, {12, 400}}, 16), isa, peak, repeats, list, name_next);
    if (name == "regnet_y_16gf") {
      bench(name.c_str(), regnet({{2, 224}, {4, 448}, {11, 1232}, {1, 3024}}, 112), isa, peak, std::max(1, repeats / 5),
            list, name_next);
    }
    if (name == "resnet50") bench(name.c_str(), resnet50(), isa, peak, std::max(1, repeats / 2), list, name_next);
  }
  return 0;
}

}  // namespace
}  // namespace kite

int main(int argc, char** argv) { return kite::bench_main(argc, argv); }
