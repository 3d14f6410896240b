// SPDX-License-Identifier: Apache-2.0
// How the calling thread treats numbers below the smallest normal one.
#pragma once

#include <cstdint>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace kite {

// Flush-to-zero and denormals-are-zero while kernels run: a single denormal costs as much as a hundred normal sums.
class DenormalsOff {
 public:
  DenormalsOff() : saved_(control()) { set_control(saved_ | kFlush); }
  ~DenormalsOff() { set_control(saved_); }
  DenormalsOff(const DenormalsOff&) = delete;
  DenormalsOff& operator=(const DenormalsOff&) = delete;

 private:
#if defined(__x86_64__)
  using Control = unsigned;
  static constexpr Control kFlush = 0x8040;  // FTZ and DAZ of MXCSR
  static Control control() noexcept { return _mm_getcsr(); }
  static void set_control(Control control) noexcept { _mm_setcsr(control); }
#elif defined(__aarch64__)
  using Control = std::uint64_t;
  static constexpr Control kFlush = std::uint64_t{1} << 24;  // FZ of FPCR: operands and results
  static Control control() noexcept {
    Control control;
    asm volatile("mrs %0, fpcr" : "=r"(control));
    return control;
  }
  static void set_control(Control control) noexcept { asm volatile("msr fpcr, %0" : : "r"(control)); }
#else
  using Control = unsigned;  // not changed
  static constexpr Control kFlush = 0;
  static Control control() noexcept { return 0; }
  static void set_control(Control /*control*/) noexcept {}
#endif
  Control saved_;
};

}  // namespace kite
