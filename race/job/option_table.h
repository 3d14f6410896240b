// SPDX-License-Identifier: Apache-2.0
// The table of kite-race's command line.
#pragma once

#include <string>
#include <vector>

#include "cli/parser/verb.h"
#include "race/job/options.h"

namespace kite::race {

// What is not yet an Options.
struct Raw {
  std::vector<std::string> commands, modes, tracks;
  double margin_percent = 2;
  std::string old_folder, new_folder;
  std::string preset_help;
};

// Its options go into `options` and `raw`; running a verb writes down that it was this one.
[[nodiscard]] cli::Verb program_of(Options& options, Raw& raw);

}  // namespace kite::race
