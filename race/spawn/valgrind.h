// SPDX-License-Identifier: Apache-2.0
// Counts that need no hardware counter, under valgrind: instructions (callgrind) and the heap's peak (massif). A
// program runs fifty times slower there, so its times are not used.
#pragma once

#include <string>
#include <vector>

#include "paperkite/error.h"
#include "race/journal/record.h"
#include "race/spawn/spawner.h"

namespace kite::race {

enum class ValgrindTool : std::uint8_t { kCallgrind, kMassif };

// The command line that runs argv under the tool, which writes its result to `result_file`.
std::vector<std::string> under_valgrind(ValgrindTool tool, const std::vector<std::string>& argv,
                                        const std::string& result_file);

// The number of instructions that the process itself executed in user mode. `text` is callgrind's result file.
Result<double> parse_callgrind(const std::string& text);

// The largest snapshot of massif's result file: heap and its administration, in bytes.
Result<double> parse_massif(const std::string& text);

// Runs the request under the tool. Returns "instructions (valgrind, no AVX-512)" or "peak heap (massif)", with a value
// or a reason (valgrind is not installed, it does not know an instruction of the program, the program failed under it).
// The timeout of the request holds, so it must be longer than usual.
CounterRecord run_under_valgrind(Spawner& spawner, ValgrindTool tool, const SpawnRequest& request,
                                 const std::string& result_file);

}  // namespace kite::race
