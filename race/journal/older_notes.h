// SPDX-License-Identifier: Apache-2.0
// Notes of journals that were written before notes had kinds: only the text said what a note was about.
#pragma once

#include "race/journal/record.h"

namespace kite::race {

// Gives a note its kind and its model. A note that has a kind is not changed.
[[nodiscard]] NoteRecord classified(NoteRecord note, const PlanRecord& plan);

}  // namespace kite::race
