// SPDX-License-Identifier: Apache-2.0
// The verbs of `kite race`, each in a file of its own. Only they print; the functions that they call do not. Each
// returns the exit code.
#pragma once

#include "cli/output/program.h"
#include "race/job/install_paths.h"
#include "race/job/options.h"

namespace kite::race {

// kite's own exit codes, and one more.
using cli::kInterrupted, cli::kOk, cli::kSomeFailed, cli::print_error;
enum ExitCode : int { kCannotTell = 7 };

int race(const Options& options, const InstallPaths& paths);
int list_peers(const Options& options, const InstallPaths& paths);
int set_up(const Options& options, const InstallPaths& paths);
int remake_report(const Options& options);
int compare(const Options& options);
int noise(const Options& options);

}  // namespace kite::race
