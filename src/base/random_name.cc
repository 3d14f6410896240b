// SPDX-License-Identifier: Apache-2.0
#include "base/random_name.h"

#include <sys/random.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <ctime>

namespace kite {

namespace {

// For a system, or a sandbox, without getrandom(2). The callers create what they name only where it does not exist, so
// that this need not be a secret.
std::uint64_t digits_of_now() noexcept {
  static std::atomic<std::uint64_t> calls = 0;
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  std::uint64_t mixed =
      static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
  for (const std::uint64_t part : {static_cast<std::uint64_t>(::getpid()), calls.fetch_add(1)}) {
    mixed = (mixed ^ part) * 0x9e3779b97f4a7c15;  // 2^64 divided by the golden ratio, as in Fibonacci hashing
    mixed ^= mixed >> 29;
  }
  return mixed;
}

}  // namespace

std::string random_digits() {
  std::uint64_t random = 0;
  if (::getrandom(&random, sizeof random, 0) != sizeof random) random = digits_of_now();
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(random));
  return digits;
}

}  // namespace kite
