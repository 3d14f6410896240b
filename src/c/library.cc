// SPDX-License-Identifier: Apache-2.0
// The version, and how much of the machine the process computes on.
#include "c/boundary.h"

extern "C" {

const char* paperkite_version(void) { return PAPERKITE_VERSION; }

std::int32_t paperkite_compute_threads(void) {
  std::int32_t threads = 1;  // where there is no memory to ask with
  paperkite_error_free(kite::guarded([&threads]() -> kite::Status {
    threads = kite::compute_threads();
    return {};
  }));
  return threads;
}

paperkite_error* paperkite_set_compute_threads(std::int32_t threads) {
  return kite::guarded([threads] { return kite::set_compute_threads(threads); });
}

}  // extern "C"
