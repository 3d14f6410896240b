// SPDX-License-Identifier: Apache-2.0
// Small text files that lie beside a model, as UTF-8.
#pragma once

#include <string>
#include <string_view>

#include "base/limits.h"
#include "paperkite/error.h"

namespace kite {

// Drops a byte order mark. Text that is marked as UTF-16 (in either byte order, as Windows' Notepad saves it) becomes
// UTF-8. kInvalidModel for UTF-16 with half of a surrogate pair.
[[nodiscard]] Result<std::string> to_utf8(std::string_view bytes);

// The text of a file. kIo where it cannot be read, kLimit above text-bytes: no carrier of labels or recipes is that
// large.
[[nodiscard]] Result<std::string> read_text_file(const std::string& path, const Limits& limits = {});

}  // namespace kite
