// SPDX-License-Identifier: Apache-2.0
// Notes of journals that were written before notes had kinds: the text alone said what a note was about.
#pragma once

#include "race/journal/record.h"

namespace kite::race {

// Gives a note its kind and its model; one that has a kind stays as it is.
[[nodiscard]] NoteRecord classified(NoteRecord note, const PlanRecord& plan);

}  // namespace kite::race
