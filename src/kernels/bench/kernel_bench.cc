// SPDX-License-Identifier: Apache-2.0
// How near the kernels come to the machine's multiply-add peak on the layers of real networks, and to oneDNN where this
// program was built with it.
//
// kite_kernel_bench [--isa generic|avx2|avx512] [--repeats N] [--layers] [--no-next] [NETWORK]...
// Each network's layers run in order, one thread, own weights for each (so that they come from where they would in a
// run: L3 or memory), with the next layer's weights named (unless --no-next). The least time of N rounds counts, layer
// by layer; --layers prints each distinct shape, its kernel, and its time warm (the same layer again and again) beside
// it.
#include <sys/mman.h>
#include <time.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kernels/bench/networks.h"
#include "kernels/bench/onednn.h"
#include "kernels/conv_choice.h"
#include "kernels/peak/peak.h"
#include "kernels/targets.h"

namespace kite {

#ifndef KITE_HAS_ONEDNN
std::optional<double> onednn_seconds(const LayerShape& /*layer*/, int /*repeats*/) { return std::nullopt; }
#endif

namespace {

// Processor time of this thread: others may have the processor in between.
double now_seconds() {
  timespec t = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

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
  const LayerShape* shape;
  const Kernel* kernel;
  std::unique_ptr<Buffer> weights;
  std::vector<std::uint64_t> prepared;
  std::size_t scratch_bytes, in_bytes, out_bytes;
  double flops;
  std::string text;
  double best = 1e9;  // seconds
};

std::string text_of(const ConvParams& p) {
  char text[64];
  std::snprintf(text, sizeof text, "%dx%d/%d g%-3d %4d->%-4d @%d", p.kernel_h, p.kernel_w, p.stride_h, p.groups, p.in_c,
                p.out_c, p.in_h);
  return text;
}

std::size_t bytes(std::int64_t h, std::int64_t w, std::int64_t c) { return static_cast<std::size_t>(4 * h * w * c); }

Layer make_layer(const LayerShape& p, const Target& target) {
  const ConvFamily& family = conv_family(p, target);
  const Kernel& kernel = family.best_kernel(target);
  std::vector<std::uint64_t> prepared(family.prepared_bytes() / sizeof(std::uint64_t));
  family.prepare(&p, *kernel.target, 1, prepared.data());
  return {.shape = &p,
          .kernel = &kernel,
          .weights = std::make_unique<Buffer>(family.packed_bytes(p)),
          .prepared = std::move(prepared),
          .scratch_bytes = family.scratch_bytes(p),
          .in_bytes = bytes(p.in_h, p.in_w, p.in_c),
          .out_bytes = bytes(p.out_h, p.out_w, p.out_c),
          .flops = 2.0 * p.out_h * p.out_w * p.out_c * p.kernel_h * p.kernel_w * (p.in_c / p.groups),
          .text = text_of(p)};
}

void run(const Layer& layer, const Buffer& x, Buffer& y, Buffer& scratch, const Buffer* next) {
  static const std::vector<float> bias(8192, 0.1f);
  const void* in[] = {x.data.get(), layer.weights->data.get(), bias.data(), nullptr};
  void* out[] = {y.data.get()};
  layer.kernel->run({layer.shape, in, out, scratch.data.get(), 0, 1, next == nullptr ? nullptr : next->data.get(),
                     next == nullptr ? 0 : next->size, layer.prepared.data()});
}

struct Options {
  const Target* target = &native_target();
  double peak = 0;  // FLOP/s
  int repeats = 15;
  bool layers = false, name_next = true;
};

void print_layers(std::vector<Layer>& layers, const Options& options, Buffer& a, Buffer& b, Buffer& scratch,
                  double sum) {
  std::map<std::string, std::vector<Layer*>> distinct;
  for (Layer& layer : layers) distinct[layer.text].push_back(&layer);
  for (const auto& [text, same] : distinct) {
    const Layer& first = *same.front();
    double chain = 0, warm = 1e9;
    for (const Layer* layer : same) chain += layer->best;
    for (int round = 0; round < options.repeats; ++round) {
      const double start = now_seconds();
      run(first, a, b, scratch, nullptr);
      warm = std::min(warm, now_seconds() - start);
    }
    const auto share = [&](double seconds) { return 100 * first.flops / seconds / options.peak; };
    std::printf("  %-26s x%-2zu %-24s %5.1f %% of time  in the chain %5.1f %%  warm %5.1f %%", text.c_str(),
                same.size(), std::string(first.kernel->name).c_str(), 100 * chain / sum,
                share(chain / static_cast<double>(same.size())), share(warm));
    if (const auto oracle = onednn_seconds(*first.shape, options.repeats)) {
      std::printf("  oneDNN, warm %5.1f %%", share(*oracle));
    }
    std::printf("\n");
  }
}

void bench(std::string_view name, const Options& options) {
  const std::vector<LayerShape> shapes = network_layers(name);
  std::vector<Layer> layers;
  std::size_t largest = 64, scratch_bytes = 64;
  double work = 0;
  for (const LayerShape& shape : shapes) {
    layers.push_back(make_layer(shape, *options.target));
    const Layer& layer = layers.back();
    scratch_bytes = std::max(scratch_bytes, layer.scratch_bytes);
    largest = std::max({largest, layer.in_bytes, layer.out_bytes});
    work += layer.flops;
  }
  Buffer a(largest), b(largest), scratch(scratch_bytes);
  std::vector<double> rounds;
  for (int round = 0; round < options.repeats; ++round) {
    const double begin = now_seconds();
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const double start = now_seconds();
      run(layers[i], i % 2 == 0 ? a : b, i % 2 == 0 ? b : a, scratch,
          options.name_next && i + 1 < layers.size() ? layers[i + 1].weights.get() : nullptr);
      layers[i].best = std::min(layers[i].best, now_seconds() - start);
    }
    rounds.push_back(now_seconds() - begin);
  }
  std::sort(rounds.begin(), rounds.end());
  const double whole = rounds.front();
  double sum = 0;
  for (const Layer& layer : layers) sum += layer.best;
  std::printf(
      "%-18s %7.2f ms  %6.1f GFLOP/s  %5.1f %% of peak  (median %.2f ms; sum of best layers %.2f ms, %.1f %%)\n",
      std::string(name).c_str(), whole * 1e3, work / whole * 1e-9, 100 * work / whole / options.peak,
      rounds[rounds.size() / 2] * 1e3, sum * 1e3, 100 * work / sum / options.peak);
  if (options.layers) print_layers(layers, options, a, b, scratch, sum);
}

int fail(const char* what, const char* argument) {
  std::fprintf(stderr, "kite_kernel_bench: %s: %s\n", what, argument);
  return 2;
}

int bench_main(int argc, char** argv) {
  Options options;
  std::vector<std::string_view> names;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--isa" && i + 1 < argc) {
      const auto parsed = parse_target(argv[++i]);
      if (!parsed.ok()) return fail("unknown or missing instruction set", argv[i]);
      options.target = *parsed;
    } else if (argument == "--repeats" && i + 1 < argc) {
      options.repeats = std::max(1, std::atoi(argv[++i]));
    } else if (argument == "--layers") {
      options.layers = true;
    } else if (argument == "--no-next") {
      options.name_next = false;
    } else if (network_layers(argument).empty()) {
      return fail("neither an option nor a network that is known", argv[i]);
    } else {
      names.push_back(argument);
    }
  }
  if (names.empty()) names.assign(network_names().begin(), network_names().end());
  options.peak = measure_peak_gflops(*options.target) * 1e9;
  std::printf("%s, peak %.1f GFLOP/s\n", std::string(options.target->name).c_str(), options.peak * 1e-9);
  for (const std::string_view name : names) bench(name, options);
  return 0;
}

}  // namespace
}  // namespace kite

int main(int argc, char** argv) { return kite::bench_main(argc, argv); }
