// SPDX-License-Identifier: Apache-2.0
// A record as one line of JSON, and back.
#pragma once

#include <string>
#include <string_view>

#include "paperkite/error.h"
#include "race/journal/record.h"

namespace kite::race {

// One line without its newline. Its first member is "kind" (plan, process, parity, decision, note, set).
//   1. Numbers come back bit for bit. Numbers that JSON cannot write are the strings "nan", "inf" and "-inf".
//   2. The samples of a process are one array for each field.
//   3. In text that is not UTF-8, invalid bytes are replaced.
[[nodiscard]] std::string to_json(const Record& record);

// Unknown keys are ignored; the members of absent keys keep their default. kInvalidInput, with the key: a wrong type, a
// number out of range, or a word that is not known.
[[nodiscard]] Result<Record> record_from_json(std::string_view line);

}  // namespace kite::race
