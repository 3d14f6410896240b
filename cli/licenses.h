// SPDX-License-Identifier: Apache-2.0
// What a program has to bring along that has the code of others in it.
#pragma once

#include <span>

#include "command.h"

namespace kite::cli {

// LICENSE and THIRD-PARTY-NOTICES, compressed by gzip; cmake/embed_compressed.cmake makes them.
extern const std::span<const unsigned char> kLicenses;

// Prints them.
[[nodiscard]] ExitCode print_licenses();

// --licenses, for the help and for command lines that hold more than it; `given` is set then.
[[nodiscard]] Option licenses_option(bool& given);

}  // namespace kite::cli
