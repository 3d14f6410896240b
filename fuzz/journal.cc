// SPDX-License-Identifier: Apache-2.0
// Any bytes as the journal of a race. A record that is read is written again as a line that reads as the same line.
#include "race/journal/journal.h"

#include <string>

#include "driver.h"
#include "race/journal/json.h"

namespace kite::fuzz {

void journal(Bytes bytes) {
  const std::string_view text = text_of(bytes);
  const auto read = race::parse_journal(text, "journal.jsonl");
  if (!read.ok()) {
    check_error(read.error(), {ErrorCode::kInvalidInput});
  } else {
    KITE_CHECK(read->whole_bytes <= text.size());
  }
  const auto record = race::record_from_json(text.substr(0, text.find('\n')));
  if (!record.ok()) return check_error(record.error(), {ErrorCode::kInvalidInput});
  const std::string line = race::to_json(*record);
  KITE_CHECK(line.find('\n') == std::string::npos);
  const auto again = race::record_from_json(line);
  KITE_CHECK(again.ok() && race::to_json(*again) == line);
}

}  // namespace kite::fuzz
