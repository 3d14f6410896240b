// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nanobind/nanobind.h>

namespace kite::python {

namespace nb = nanobind;

void bind_session(nb::module_& module);

}  // namespace kite::python
