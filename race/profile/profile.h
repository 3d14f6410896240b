// SPDX-License-Identifier: Apache-2.0
// One profiled process: where its processor time goes, by function, and how its memory grows. It is slower than life,
// so nothing of it is ever compared.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "paperkite/error.h"
#include "race/journal/record.h"
#include "race/spawn/spawner.h"

namespace kite::race {

// Cells worth a profile. For each contestant and model the first cell in no_pre, which shows start, loading and
// inference; for one in Python its first oneshot as well, where imports are most of the time; for one that has no
// no_pre its first oneshot, else its first cell. The control is the reference once more, and is left out.
[[nodiscard]] std::vector<std::int32_t> cells_to_profile(const PlanRecord& plan);

// "onnxruntime-python.saved-model-regnet_x_400mf", with "-oneshot" behind it for that mode: plain characters only.
[[nodiscard]] std::string profile_name(const CellRecord& cell);

struct ProfileRequest {
  CellRecord cell;
  std::vector<std::string> argv;
  std::string folder;  // of the race
  double timeout_s = 120;
  const std::atomic<bool>* cancelled = nullptr;
};

// Runs the cell's command under the best sampler that works, and writes profiles/NAME.folded and
// profiles/NAME.memory.csv. A record of status missing or failed, with the reason, where there are no samples; the
// memory is written even then, if the command runs at all. profile_info.h has what else the record says. An Error is
// ours: files cannot be written, cancelled.
[[nodiscard]] Result<ProcessRecord> profile_process(Spawner& spawner, const ProfileRequest& request);

}  // namespace kite::race
