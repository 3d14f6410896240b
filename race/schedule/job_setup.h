// SPDX-License-Identifier: Apache-2.0
// Makes a RaceSetup, which the scheduler needs, from a Job.
#pragma once

#include <atomic>
#include <string>

#include "race/job/job.h"
#include "race/schedule/race_setup.h"

namespace kite::race {

// `job` must outlive the setup. `kite` is the program that computes the oracle's logits. If it is empty, the reference
// alone is the judge: that is what a user wants who chose the reference.
[[nodiscard]] RaceSetup setup_of(const Job& job, const std::string& kite, const std::atomic<bool>* interrupted);

}  // namespace kite::race
