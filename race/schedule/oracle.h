// SPDX-License-Identifier: Apache-2.0
// The reference computation: slow, in double precision, one process a picture, never measured.
#pragma once

#include <cstdint>
#include <string>

#include "paperkite/error.h"
#include "race/schedule/conductor.h"
#include "race/schedule/parity.h"

namespace kite::race {

// Logits of the first pictures: as many as fit into setup.oracle_seconds, two at least, `most` at most. `prefix` begins
// the names of its files; those of an earlier run are used again. An Error where the oracle fails or is interrupted.
[[nodiscard]] Result<Logits> run_oracle(Conductor& conductor, const RaceModel& model, const std::string& prefix,
                                        std::int64_t most);

}  // namespace kite::race
