// SPDX-License-Identifier: Apache-2.0
// An error as a person gets to see it.
#pragma once

#include "paperkite/error.h"

// What program and library say where the system refuses memory. Literals that can be joined, since nothing can be made
// then.
#define KITE_OUT_OF_MEMORY "out of memory"
#define KITE_THIS_PROCESS "this process"
#define KITE_MORE_MEMORY "use smaller inputs or fewer threads, or allow more memory"
// The same of a thread that cannot be started.
#define KITE_MORE_PROCESSES "use fewer threads, or allow more processes and memory"

namespace kite {

// The same error, with what usually helps against errors of its code where it has no remedy of its own, and without the
// middle of texts that a hostile file has made long. Whoever shows an error to a person or hands it to another language
// does this first.
[[nodiscard]] Error presentable(Error error);

}  // namespace kite
