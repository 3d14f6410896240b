// SPDX-License-Identifier: Apache-2.0
// The public limit over the slots of base/.
#include "pool/limit.h"

#include <algorithm>
#include <string>

#include "base/compute_slots.h"
#include "paperkite/pool.h"
#include "paperkite/try.h"

namespace kite {

namespace {

constexpr int kMaxThreads = 1024;

Status check_threads(int threads) {
  if (threads >= 0 && threads <= kMaxThreads) return {};
  return Error{ErrorCode::kUsage,
               std::to_string(threads) + " threads",
               {},
               "use 1 to " + std::to_string(kMaxThreads) + ", or 0 for the machine's own number"};
}

}  // namespace

int compute_threads() { return compute_limit(); }

Status set_compute_threads(int threads) {
  KITE_TRY(check_threads(threads));
  state_compute_limit(threads);
  return {};
}

Status check_stated_threads(const SessionOptions& options) { return check_threads(options.threads); }

int most_threads(const SessionOptions& options) {
  const int limit = compute_limit();
  return options.threads == 0 ? limit : std::min(options.threads, limit);
}

}  // namespace kite
