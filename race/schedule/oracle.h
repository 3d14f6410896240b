// SPDX-License-Identifier: Apache-2.0
// The oracle: it computes logits in double precision, slowly, in one process for each picture, and is never timed.
#pragma once

#include <cstdint>
#include <string>

#include "paperkite/error.h"
#include "race/schedule/conductor.h"
#include "race/schedule/parity.h"

namespace kite::race {

// Logits of the first pictures: as many as fit into setup.oracle_seconds, at least two and at most `most`. The names of
// its files begin with `prefix`; files of an earlier run are used again. An Error: the oracle
// failed or was interrupted.
[[nodiscard]] Result<Logits> run_oracle(Conductor& conductor, const RaceModel& model, const std::string& prefix,
                                        std::int64_t most);

}  // namespace kite::race
