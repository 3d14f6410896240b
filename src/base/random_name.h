// SPDX-License-Identifier: Apache-2.0
// Names that no other process chooses.
#pragma once

#include <string>

namespace kite {

// 16 hexadecimal digits. The process id would tell processes apart, but not two threads of one process, and not
// containers, in each of which a process may have the same id.
[[nodiscard]] std::string random_digits();

}  // namespace kite
