// SPDX-License-Identifier: Apache-2.0
// A trace as a file that trace viewers open (Perfetto, chrome://tracing).
#pragma once

#include <cstdint>
#include <string>

#include "paperkite/trace.h"

namespace kite::cli {

// The processor time that the process has used so far. At the start of main() it is the time of the system's exec and
// of the loader; a program has no other way to find out how long ago it was started.
[[nodiscard]] std::int64_t cpu_ns_so_far() noexcept;

// "Trace Event Format", complete events, microseconds.
[[nodiscard]] std::string trace_text(const Trace& trace);

}  // namespace kite::cli
