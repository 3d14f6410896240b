// SPDX-License-Identifier: Apache-2.0
// The page of profiles; the report's section on them is made from the journal alone (sections/sections.h).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "race/journal/journal.h"
#include "race/report/document/document.h"
#include "race/report/plots/stacks.h"

namespace kite::race {

// The contents of the files of one profiled process.
struct ProfileFigures {
  std::size_t process = 0;  // its index in Journal::processes
  std::vector<FunctionShare> functions;
  double samples = 0;
  std::optional<Plot> flame, memory;
  std::string stacks_file, svg_file, memory_file;  // relative to the race's folder; empty: none
  std::string missing;                             // a file that the journal names and that cannot be read
};

[[nodiscard]] Document profile_document(const Journal& journal, const std::vector<ProfileFigures>& profiles);

}  // namespace kite::race
