// SPDX-License-Identifier: Apache-2.0
// Which program a contestant is: the files that its commands run, known by their contents, so that two builds of one
// program cannot be mistaken for each other.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "race/job/command.h"
#include "race/job/selection.h"
#include "race/journal/record.h"

namespace kite::race {

// Of each command of `form`: the program (looked up in PATH as a shell would), and the first further word that is a
// file and no value of an option (--log FILE), which is what an interpreter runs. `values` are filled in; words with
// other placeholders are the race's, not the contestant's. Each file once. What cannot be read is left out: the race
// will say so.
[[nodiscard]] std::vector<ProgramRecord> programs_of(const Variant& form, const Values& values);

// A sentence for each command line that says the same as one before it, word for word and file for file: such a race
// shows what a program differs from itself by, which is seldom what two names are for.
[[nodiscard]] std::vector<std::string> same_programs(std::span<const Racer> racers);

}  // namespace kite::race
