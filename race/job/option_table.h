// SPDX-License-Identifier: Apache-2.0
// The table of the command line of `kite race`.
#pragma once

#include <string>
#include <vector>

#include "cli/parser/verb.h"
#include "race/job/options.h"

namespace kite::race {

// Values of the command line that are converted after the parse.
struct Raw {
  std::vector<std::string> commands, modes, tracks;
  double margin_percent = 2;
  std::string old_folder, new_folder;
  std::string preset_help;
};

// The options are stored in `options` and `raw`; the run of a verb notes which verb it was.
[[nodiscard]] cli::Verb program_of(Options& options, Raw& raw);

}  // namespace kite::race
