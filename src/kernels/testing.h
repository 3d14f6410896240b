// SPDX-License-Identifier: Apache-2.0
// What the kernel tests share: buffers with guarded ends, random values, what bounds the error of an activation.
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/family.h"
#include "kernels/targets.h"
#include "tensor/activation.h"

namespace kite {

// 64-byte aligned floats, freed with their owner.
class AlignedFloats {
 public:
  explicit AlignedFloats(std::size_t count)
      : count_(count), data_(static_cast<float*>(std::aligned_alloc(64, (count * 4 + 127) / 64 * 64))) {
    std::memset(data_, 0, count * 4);
  }
  AlignedFloats(const AlignedFloats&) = delete;
  AlignedFloats& operator=(const AlignedFloats&) = delete;
  ~AlignedFloats() { std::free(data_); }
  [[nodiscard]] float* data() noexcept { return data_; }
  [[nodiscard]] const float* data() const noexcept { return data_; }
  [[nodiscard]] std::size_t size() const noexcept { return count_; }

 private:
  std::size_t count_;
  float* data_;
};

// Aligned floats, NaN at first, between two rows of canaries.
class GuardedFloats {
 public:
  explicit GuardedFloats(std::size_t count) : count_(count), all_(count + 2 * kGuard) {
    for (std::size_t i = 0; i < count + 2 * kGuard; ++i)
      all_.data()[i] = i < kGuard || i >= kGuard + count ? kCanary : NAN;
  }
  [[nodiscard]] float* data() noexcept { return all_.data() + kGuard; }
  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  [[nodiscard]] std::vector<float> values() { return {data(), data() + count_}; }
  [[nodiscard]] bool intact() const noexcept {
    for (std::size_t i = 0; i < kGuard; ++i) {
      if (all_.data()[i] != kCanary || all_.data()[kGuard + count_ + i] != kCanary) return false;
    }
    return true;
  }

 private:
  static constexpr std::size_t kGuard = 64;
  static constexpr float kCanary = 1234.5f;
  std::size_t count_;
  AlignedFloats all_;
};

// A copy of some floats that ends where readable memory ends: one float too many is a fault, in every build.
class PageEndFloats {
 public:
  explicit PageEndFloats(const float* values, std::size_t count) : bytes_((count * 4 + kPage - 1) / kPage * kPage) {
    base_ =
        static_cast<char*>(mmap(nullptr, bytes_ + kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(base_ + bytes_, kPage, PROT_NONE);
    data_ = reinterpret_cast<float*>(base_ + bytes_ - count * 4);
    if (count > 0) std::memcpy(data_, values, count * 4);
  }
  explicit PageEndFloats(const std::vector<float>& values) : PageEndFloats(values.data(), values.size()) {}
  PageEndFloats(const PageEndFloats&) = delete;
  PageEndFloats& operator=(const PageEndFloats&) = delete;
  ~PageEndFloats() { munmap(base_, bytes_ + kPage); }
  [[nodiscard]] const float* data() const noexcept { return data_; }

 private:
  static constexpr std::size_t kPage = 4096;
  std::size_t bytes_;
  char* base_;
  float* data_;
};

// Height and width; one number says both.
struct HeightWidth {
  int h, w;
  constexpr HeightWidth(int both) : HeightWidth(both, both) {}  // NOLINT(google-explicit-constructor)
  constexpr HeightWidth(int height, int width) : h(height), w(width) {}
};

inline std::vector<float> random_floats(std::size_t count, std::mt19937& random) {
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(static_cast<std::int32_t>(random())) * 0x1p-31f;
  return values;
}

inline bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * 4) == 0);
}

// Activation `number` of all in turn, with parameters at which it has no step and is no steeper than 1.5. a <= 0.
inline ActivationForm activation_case(std::int64_t number, float a, float b) {
  const auto kind = static_cast<Activation>(number % kActivationCount);
  if (kind == Activation::kThresholdedRelu) return {kind, 0, b};
  if (kind == Activation::kCelu) return {kind, -a, b};
  return {kind, a, b};
}

// An activation stretches an error of its argument by its steepest slope, and adds its own: nothing for a clamp; at
// most 4.6 ULP of the result for the smooth ones (simd/activation.inl); a few roundings of values about 1 for the hard
// ones.
inline double activation_bound(double error, double value, Activation activation) {
  if (is_clamp(activation)) return error;
  return 1.5 * error + 5 * 0x1p-23 * std::fabs(value) + 4 * 0x1p-24;
}

// One share of a call, prepared as a session prepares it.
inline void run_prepared(const Family& family, const Kernel& kernel, KernelCall call) {
  std::vector<std::uint64_t> prepared(family.prepared_bytes() / sizeof(std::uint64_t));
  family.prepare(call.params, *kernel.target, call.shares, prepared.data());
  call.prepared = prepared.data();
  kernel.run(call);
}

// In SetUp() or a test: a kernel that this processor cannot run counts as skipped.
#define SKIP_WITHOUT(target) \
  if (!native_target().includes(target)) GTEST_SKIP() << "this processor lacks " << (target).name

inline std::vector<const Kernel*> kernels_of(const Family& family) {
  std::vector<const Kernel*> kernels;
  for (const Kernel& kernel : family.kernels()) kernels.push_back(&kernel);
  return kernels;
}

inline std::string kernel_test_name(const testing::TestParamInfo<const Kernel*>& info) {
  return std::string(info.param->name);
}

}  // namespace kite
