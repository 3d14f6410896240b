// SPDX-License-Identifier: Apache-2.0
// Which program a contestant is: the files that its commands run, identified by a hash of their contents, so that two
// builds of one program cannot be mistaken for each other.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "race/job/command.h"
#include "race/job/selection.h"
#include "race/journal/record.h"

namespace kite::race {

// The files of each command of `variant`, each file once:
//   1. the program, looked up in PATH as a shell does it;
//   2. the first further word that is a file and not the value of an option (--log FILE): an interpreter runs it.
// Placeholders are replaced with `values`. Words with other placeholders name files of the race, not of the contestant,
// and are skipped. A file that cannot be read is left out: the race will report it.
[[nodiscard]] std::vector<ProgramRecord> programs_of(const Variant& variant, const Values& values);

// One sentence for each command line whose words and files all equal those of an earlier one. Such a race compares a
// program with itself, which is rarely what its user wants.
[[nodiscard]] std::vector<std::string> same_programs(std::span<const Contestant> contestants);

}  // namespace kite::race
