// SPDX-License-Identifier: Apache-2.0
// A record as one line of JSON, and back.
#pragma once

#include <string>
#include <string_view>

#include "paperkite/error.h"
#include "race/journal/record.h"

namespace kite::race {

// One line without its newline, "kind" (plan, process, parity, decision, note, set) first. Numbers come back bit for
// bit;
// numbers that JSON cannot write are the strings "nan", "inf" and "-inf". Samples are one array a field. Text that is
// not UTF-8 has its stray bytes replaced.
[[nodiscard]] std::string to_json(const Record& record);

// Unknown keys are ignored, absent ones keep their default. kInvalidInput names the key that has the wrong type, a
// number out of range, or a word that means nothing.
[[nodiscard]] Result<Record> record_from_json(std::string_view line);

}  // namespace kite::race
