// SPDX-License-Identifier: Apache-2.0
// From the options of C to those of a pool.
#pragma once

#include "c/handles.h"

namespace kite {

// `options` may be null. kUsage where an option was set that only the other kind has; `function` is named then.
[[nodiscard]] Result<ClassifierOptions> classifier_options(const paperkite_options* options, const char* function);
[[nodiscard]] Result<SessionPoolOptions> session_options(const paperkite_options* options, const char* function);

}  // namespace kite
