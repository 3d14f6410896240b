// SPDX-License-Identifier: Apache-2.0
// Errors on their way to Python: objects of the class Failure, which the Python side makes exceptions of.
#pragma once

#include <nanobind/nanobind.h>

#include <string_view>

#include "paperkite/error.h"

namespace kite::python {

namespace nb = nanobind;

[[nodiscard]] nb::object failure(Error error);
// The interpreter is ending: see RunningCall.
[[nodiscard]] nb::object ending_failure();

// Text of the engine, in which paths may have bytes that are not UTF-8; these become surrogates, as os.fsdecode() does.
[[nodiscard]] nb::object text(std::string_view utf8);

void bind_failure(nb::module_& module);

}  // namespace kite::python
