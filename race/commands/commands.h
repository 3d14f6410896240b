// SPDX-License-Identifier: Apache-2.0
// The verbs of `kite race`, each in a file of its own. Only they print; the functions that they call do not. Each returns
// the exit code.
#pragma once

#include "race/job/install_paths.h"
#include "race/job/options.h"

namespace kite::race {

enum ExitCode : int { kOk = 0, kSomeFailed = 1, kUsageError = 2, kCannotTell = 7, kInterrupted = 130 };

// `kite: error[CODE]: what; where; what to do` on standard error, and the exit code that belongs to it (kite's own).
int report_error(const Error& error);

int race(const Options& options, const InstallPaths& paths);
int list_peers(const Options& options, const InstallPaths& paths);
int set_up(const Options& options, const InstallPaths& paths);
int remake_report(const Options& options);
int compare(const Options& options);
int noise(const Options& options);

}  // namespace kite::race
