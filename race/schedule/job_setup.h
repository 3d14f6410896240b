// SPDX-License-Identifier: Apache-2.0
// From a Job to what the scheduler needs of it.
#pragma once

#include <atomic>
#include <string>

#include "race/job/job.h"
#include "race/schedule/race_setup.h"

namespace kite::race {

// `job` must outlive the setup. `kite` is the program that computes the oracle's logits; empty: the reference alone is
// the judge, as it should be where the user chose it.
[[nodiscard]] RaceSetup setup_of(const Job& job, const std::string& kite, const std::atomic<bool>* interrupted);

}  // namespace kite::race
