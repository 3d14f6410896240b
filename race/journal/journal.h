// SPDX-License-Identifier: Apache-2.0
// journal.jsonl: everything that a race measured, one record a line. Lines are only appended.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "paperkite/error.h"
#include "race/journal/record.h"

namespace kite::race {

// Records of one kind are in the order in which they were written.
struct Journal {
  PlanRecord plan;
  std::vector<ProcessRecord> processes;
  std::vector<SetRecord> sets;  // without their processes, which are in `processes`
  std::vector<ParityRecord> parity;
  std::optional<DecisionRecord> decision;
  std::vector<NoteRecord> notes;
  std::uint64_t whole_bytes = 0;  // length of the file up to its last newline
  bool torn = false;              // text without a newline follows: the writer was killed while it wrote a line
};

// kIo: the file cannot be read. kInvalidInput, with the number of the line: there is no plan, a line is not a record,
// or a record names a cell that the plan does not have. Text after the last newline is left out, and `torn` is set.
[[nodiscard]] Result<Journal> read_journal(const std::string& path);

// The same for the text of the file; errors contain `name`.
[[nodiscard]] Result<Journal> parse_journal(std::string_view text, const std::string& name);

// Appends records. A file has one writer: a second one is refused while the first exists.
class JournalWriter {
 public:
  struct Opened;
  // Begins a new journal with `plan`. kUsage: there is a journal already.
  [[nodiscard]] static Result<JournalWriter> create(const std::string& path, const PlanRecord& plan);
  // Continues after the last whole line; an unfinished line of a killed writer is cut off. If the file does not exist
  // or holds no whole line, it is begun. kUsage: the journal belongs to a plan with another hash or environment.
  [[nodiscard]] static Result<Opened> resume(const std::string& path, const PlanRecord& plan);

  JournalWriter(JournalWriter&& other) noexcept;
  JournalWriter& operator=(JournalWriter&& other) noexcept;
  JournalWriter(const JournalWriter&) = delete;
  JournalWriter& operator=(const JournalWriter&) = delete;
  ~JournalWriter();

  // When this returns without an Error, the line is on the disk. kIo: for example, the disk is full; the part of the
  // line that was written is removed again.
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
