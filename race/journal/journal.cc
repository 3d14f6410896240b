// SPDX-License-Identifier: Apache-2.0
// Reading is strict except at the end of the file. Writing leaves only whole lines.
#include "race/journal/journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>
#include <variant>

#include "paperkite/try.h"
#include "race/journal/json.h"
#include "race/journal/older_notes.h"

namespace kite::race {

namespace {

constexpr std::int32_t kFormat = 1;

Error io_error(const std::string& path, std::string what, std::string remedy = {}) {
  return Error{ErrorCode::kIo, std::move(what) + ": " + std::strerror(errno), path, std::move(remedy)};
}

Error bad_line(const std::string& name, std::size_t number, std::string what) {
  return Error{ErrorCode::kInvalidInput, std::move(what), name + ", line " + std::to_string(number),
               "only `kite race` writes a journal; remove the line to read the rest"};
}

kite::Status check_plan(const PlanRecord& plan) {
  if (plan.format != kFormat) {
    return Error{ErrorCode::kInvalidInput, "has format " + std::to_string(plan.format) + ", not 1", {}, {}};
  }
  for (std::size_t i = 0; i < plan.cells.size(); ++i) {
    if (std::cmp_not_equal(plan.cells[i].id, i)) {
      return Error{ErrorCode::kInvalidInput, "cell " + std::to_string(i) + " has another number", {}, {}};
    }
  }
  return {};
}

bool has_cell(const PlanRecord& plan, std::int32_t cell) { return cell >= 0 && std::cmp_less(cell, plan.cells.size()); }

// Adds a record to the journal, or returns why it does not belong there.
struct Take {
  Journal& journal;

  kite::Status operator()(PlanRecord&&) const { return refuse("is a second plan"); }
  kite::Status operator()(ProcessRecord&& record) const {
    if (!has_cell(journal.plan, record.cell)) return refuse("is of a cell that the plan does not have");
    journal.processes.push_back(std::move(record));
    return {};
  }
  kite::Status operator()(ParityRecord&& record) const {
    journal.parity.push_back(std::move(record));
    return {};
  }
  kite::Status operator()(DecisionRecord&& record) const {
    if (journal.decision) return refuse("is a second decision");
    for (const auto& [cell, count] : record.counts) {
      if (!has_cell(journal.plan, cell)) return refuse("decides on a cell that the plan does not have");
    }
    for (const HeatRecord& heat : record.heats) {
      for (const std::int32_t cell : heat.cells) {
        if (!has_cell(journal.plan, cell)) return refuse("has a heat with a cell that the plan does not have");
      }
    }
    journal.decision = std::move(record);
    return {};
  }
  kite::Status operator()(SetRecord&& record) const {
    for (const BlockRecord& block : record.blocks) {
      if (!has_cell(journal.plan, block.cell)) return refuse("is of a cell that the plan does not have");
    }
    for (ProcessRecord& process : std::exchange(record.processes, {})) {
      KITE_TRY((*this)(std::move(process)));
    }
    journal.sets.push_back(std::move(record));
    return {};
  }
  kite::Status operator()(NoteRecord&& record) const {
    journal.notes.push_back(classified(std::move(record), journal.plan));
    return {};
  }
  static Error refuse(std::string what) { return Error{ErrorCode::kInvalidInput, std::move(what), {}, {}}; }
};

Result<std::string> read_text(int descriptor, const std::string& path) {
  std::string text;
  std::string block(std::size_t{1} << 16, '\0');
  for (;;) {
    const ssize_t got = pread(descriptor, block.data(), block.size(), static_cast<off_t>(text.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_error(path, "cannot read the journal");
    if (got == 0) return text;
    text.append(block, 0, static_cast<std::size_t>(got));
  }
}

}  // namespace

Result<Journal> parse_journal(std::string_view text, const std::string& name) {
  Journal journal;
  const std::size_t last_newline = text.rfind('\n');
  journal.whole_bytes = last_newline == std::string_view::npos ? 0 : last_newline + 1;
  journal.torn = journal.whole_bytes != text.size();
  text = text.substr(0, journal.whole_bytes);
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t length = text.find('\n');
    auto record = record_from_json(text.substr(0, length));
    text.remove_prefix(length + 1);
    ++number;
    if (!record.ok()) return bad_line(name, number, record.error().what);
    kite::Status taken;
    if (number == 1) {
      if (!std::holds_alternative<PlanRecord>(*record))
        return bad_line(name, number, "the journal begins without a plan");
      journal.plan = std::get<PlanRecord>(std::move(*record));
      taken = check_plan(journal.plan);
    } else {
      taken = std::visit(Take{journal}, std::move(*record));
    }
    if (!taken.ok()) return bad_line(name, number, "the record " + taken.error().what);
  }
  if (number == 0) {
    return Error{ErrorCode::kInvalidInput, "the journal holds no whole line", name, "start the race again"};
  }
  return journal;
}

Result<Journal> read_journal(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return io_error(path, "cannot open the journal", "name the folder of a race");
  auto text = read_text(descriptor, path);
  close(descriptor);
  if (!text.ok()) return std::move(text).error();
  return parse_journal(*text, path);
}

JournalWriter::JournalWriter(int descriptor, std::string path, std::uint64_t length_bytes)
    : descriptor_(descriptor), path_(std::move(path)), length_bytes_(length_bytes) {}

JournalWriter::JournalWriter(JournalWriter&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      path_(std::move(other.path_)),
      length_bytes_(other.length_bytes_) {}

JournalWriter& JournalWriter::operator=(JournalWriter&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(path_, other.path_);
  std::swap(length_bytes_, other.length_bytes_);
  return *this;
}

JournalWriter::~JournalWriter() {
  if (descriptor_ >= 0) close(descriptor_);
}

Result<JournalWriter> JournalWriter::open(const std::string& path, int flags) {
  const int descriptor = ::open(path.c_str(), flags | O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor < 0 && errno == EEXIST) {
    return Error{ErrorCode::kUsage, "there is a race already", path,
                 "add --resume to continue it, or name another --out"};
  }
  if (descriptor < 0) return io_error(path, "cannot write the journal", "name a folder that can be written");
  JournalWriter writer(descriptor, path, 0);
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    return Error{ErrorCode::kUsage, "another race is writing here", path, "wait for it, or name another --out"};
  }
  return writer;
}

Result<JournalWriter> JournalWriter::create(const std::string& path, const PlanRecord& plan) {
  KITE_TRY_ASSIGN(JournalWriter writer, open(path, O_EXCL));
  if (auto begun = writer.append(plan); !begun.ok()) {
    unlink(path.c_str());
    return std::move(begun).error();
  }
  return writer;
}

Result<JournalWriter::Opened> JournalWriter::resume(const std::string& path, const PlanRecord& plan) {
  KITE_TRY_ASSIGN(JournalWriter writer, open(path, 0));
  KITE_TRY_ASSIGN(const std::string text, read_text(writer.descriptor_, path));
  Journal past;
  if (text.find('\n') != std::string::npos) {
    KITE_TRY_ASSIGN(past, parse_journal(text, path));
    if (past.plan.hash != plan.hash) {
      return Error{ErrorCode::kUsage, "the race here has another plan (other models, pictures, contestants or flags)",
                   path, "repeat the command line with which it was started, or name another --out"};
    }
    if (past.plan.environment != plan.environment) {
      return Error{ErrorCode::kUsage, "the race here was begun on another machine or with other versions", path,
                   "start a new one with another --out: times before and after would not be comparable"};
    }
  }
  if (past.whole_bytes != text.size() && ftruncate(writer.descriptor_, static_cast<off_t>(past.whole_bytes)) != 0) {
    return io_error(path, "cannot cut off the torn last line");
  }
  writer.length_bytes_ = past.whole_bytes;
  if (past.whole_bytes == 0) {
    KITE_TRY(writer.append(plan));
    past.plan = plan;
    past.whole_bytes = writer.length_bytes_;
  }
  return Opened{std::move(writer), std::move(past)};
}

kite::Status JournalWriter::append(const Record& record) {
  const std::string line = to_json(record) + '\n';
  ssize_t written = 0;
  do {
    written = write(descriptor_, line.data(), line.size());
  } while (written < 0 && errno == EINTR);
  if (std::cmp_not_equal(written, line.size())) {
    if (written >= 0) errno = ENOSPC;  // a short write to a file: the next write would give this error
    const Error error = io_error(path_, "cannot append to the journal", "free some space and continue with --resume");
    // If this fails too, the next resume cuts off the unfinished line.
    if (written > 0) [[maybe_unused]]
      const int cut = ftruncate(descriptor_, static_cast<off_t>(length_bytes_));
    return error;
  }
  length_bytes_ += line.size();
  if (fdatasync(descriptor_) != 0 && errno != EINVAL && errno != EROFS) {  // EINVAL: a file that has no disk behind it
    return io_error(path_, "cannot bring the journal to the disk", "free some space and continue with --resume");
  }
  return {};
}

}  // namespace kite::race
