// SPDX-License-Identifier: Apache-2.0
// Values of paperkite.ort as DLPack hands them from library to library, without a copy.
#pragma once

#include <nanobind/nanobind.h>

namespace kite::python {

namespace nb = nanobind;

inline constexpr int kDlpackCpu = 1;  // DLDeviceType

// The capsule of a Value, of the version that `options` ask for, as Python's __dlpack__() has them.
[[nodiscard]] nb::object dlpack_of(nb::handle self, nb::kwargs options);

// A Value over the memory of an object with __dlpack__(), or of a capsule that was not used before; or a Failure.
[[nodiscard]] nb::object value_of_dlpack(nb::handle tensor);

}  // namespace kite::python
