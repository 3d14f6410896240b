// SPDX-License-Identifier: Apache-2.0
// journal.jsonl: everything that a race measured, one record a line, only ever appended to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "paperkite/error.h"
#include "race/journal/record.h"

namespace kite::race {

// Records of one kind stand in the order in which they were written.
struct Journal {
  PlanRecord plan;
  std::vector<ProcessRecord> processes;
  std::vector<SetRecord> sets;  // without their processes, which stand above
  std::vector<ParityRecord> parity;
  std::optional<DecisionRecord> decision;
  std::vector<NoteRecord> notes;
  std::uint64_t whole_bytes = 0;  // length of the file up to its last newline
  bool torn = false;              // text without a newline follows them: the writer was killed there
};

// kIo: the file cannot be read. kInvalidInput, with the number of the line: it holds no plan, a line is no record, or a
// record speaks of a cell that the plan does not have. Text after the last newline is left out, and `torn` says so.
[[nodiscard]] Result<Journal> read_journal(const std::string& path);

// The same for the file's text; `name` stands in errors.
[[nodiscard]] Result<Journal> parse_journal(std::string_view text, const std::string& name);

// Appends records. One writer a file: another one is refused while this one lives.
class JournalWriter {
 public:
  struct Opened;
  // A new journal that begins with `plan`. kUsage: there is one already.
  [[nodiscard]] static Result<JournalWriter> create(const std::string& path, const PlanRecord& plan);
  // Goes on behind the last whole line; what a killed writer left behind it is cut off. A file that does not exist or
  // holds no whole line is begun. kUsage: it belongs to a plan with another hash or environment.
  [[nodiscard]] static Result<Opened> resume(const std::string& path, const PlanRecord& plan);

  JournalWriter(JournalWriter&& other) noexcept;
  JournalWriter& operator=(JournalWriter&& other) noexcept;
  JournalWriter(const JournalWriter&) = delete;
  JournalWriter& operator=(const JournalWriter&) = delete;
  ~JournalWriter();

  // The line is on the disk when this returns without an Error. kIo: a full disk, say; what was
  // written of the line is taken back.
  [[nodiscard]] kite::Status append(const Record& record);

 private:
  JournalWriter(int descriptor, std::string path, std::uint64_t length_bytes);
  [[nodiscard]] static Result<JournalWriter> open(const std::string& path, int flags);

  int descriptor_ = -1;
  std::string path_;
  std::uint64_t length_bytes_ = 0;
};

struct JournalWriter::Opened {
  JournalWriter writer;
  Journal past;  // what the file held
};

}  // namespace kite::race
