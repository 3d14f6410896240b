// SPDX-License-Identifier: Apache-2.0
// The verbs of kite-race, each in a file of its own. They print; what they call does not. Each returns the exit code.
#pragma once

#include "race/job/options.h"
#include "race/job/places.h"

namespace kite::race {

enum ExitCode : int { kOk = 0, kSomeFailed = 1, kUsageError = 2, kCannotTell = 7, kInterrupted = 130 };

// `kite: error[CODE]: what; where; what to do` on standard error, and the exit code that belongs to it (kite's own).
int report_error(const Error& error);

int race(const Options& options, const Places& places);
int list_peers(const Options& options, const Places& places);
int set_up(const Options& options, const Places& places);
int remake_report(const Options& options);
int compare(const Options& options);
int noise(const Options& options);

}  // namespace kite::race
