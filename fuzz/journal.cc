// SPDX-License-Identifier: Apache-2.0
// Any bytes as the journal of a race, in memory and on disk, where the race goes on. A record that is read is written
// again as a line that reads as the same line.
#include "race/journal/journal.h"

#include <string>

#include "base/test_folder.h"
#include "driver.h"
#include "race/journal/json.h"

namespace kite::fuzz {

namespace {

void resume(Bytes bytes, const Result<race::Journal>& read) {
  static const TestFolder folder;
  const std::string path = folder.write("journal.jsonl", bytes);
  KITE_CHECK(race::read_journal(path).ok() == read.ok());
  const race::PlanRecord plan = read.ok() ? read->plan : race::PlanRecord{};
  auto resumed = race::JournalWriter::resume(path, plan);
  if (!resumed.ok()) return check_error(resumed.error(), {ErrorCode::kInvalidInput, ErrorCode::kUsage});
  race::PlanRecord other = plan;
  other.environment += " of today";
  KITE_CHECK(!race::JournalWriter::resume(path, other).ok());  // a lock holds it, and the plan differs
  KITE_CHECK(!race::JournalWriter::create(path, plan).ok());
  KITE_CHECK(resumed->writer.append(race::NoteRecord{}).ok());
  const auto again = race::read_journal(path);
  KITE_CHECK(again.ok() && !again->torn && again->notes.size() == resumed->past.notes.size() + 1);
}

}  // namespace

void journal(Bytes bytes) {
  const std::string_view text = text_of(bytes);
  const auto read = race::parse_journal(text, "journal.jsonl");
  if (!read.ok()) {
    check_error(read.error(), {ErrorCode::kInvalidInput});
  } else {
    KITE_CHECK(read->whole_bytes <= text.size());
  }
  // Few of all inputs: a disk is slow.
  if (read.ok() || text.size() < 2) resume(bytes, read);
  const auto record = race::record_from_json(text.substr(0, text.find('\n')));
  if (!record.ok()) return check_error(record.error(), {ErrorCode::kInvalidInput});
  const std::string line = race::to_json(*record);
  KITE_CHECK(line.find('\n') == std::string::npos);
  const auto again = race::record_from_json(line);
  KITE_CHECK(again.ok() && race::to_json(*again) == line);
}

}  // namespace kite::fuzz
