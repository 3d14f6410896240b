// SPDX-License-Identifier: Apache-2.0
// One profiled process: which functions use its processor time, and how its memory grows. A profiled process is slower,
// so its times are never compared.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "paperkite/error.h"
#include "race/journal/record.h"
#include "race/spawn/spawner.h"

namespace kite::race {

// The cells that are profiled, for each contestant and model:
//   1. the first cell in no_pre, which shows start, loading and inference; without one, the first oneshot, or else the
//      first cell;
//   2. for a contestant in Python also its first oneshot, where imports take most of the time.
// The control is left out, since it is the reference once more.
[[nodiscard]] std::vector<std::int32_t> cells_to_profile(const PlanRecord& plan);

// "onnxruntime-python.saved-model-regnet_x_400mf", with "-oneshot" at the end for that mode. It contains only
// characters that are safe in a file name.
[[nodiscard]] std::string profile_name(const CellRecord& cell);

struct ProfileRequest {
  CellRecord cell;
  std::vector<std::string> argv;
  std::string folder;  // of the race
  double timeout_s = 120;
  const std::atomic<bool>* cancelled = nullptr;
};

// Runs the cell's command under the best sampler that works, and writes profiles/NAME.folded and
// profiles/NAME.memory.csv. If there are no samples, the status of the record is missing or failed, with the reason;
// the memory is written even then, if the command runs at all. profile_info.h describes what else the record holds. An
// Error: files cannot be written, or the race was cancelled.
[[nodiscard]] Result<ProcessRecord> profile_process(Spawner& spawner, const ProfileRequest& request);

}  // namespace kite::race
