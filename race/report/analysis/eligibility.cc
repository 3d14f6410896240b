// SPDX-License-Identifier: Apache-2.0
// Decides which contestants can be ranked.
#include "race/report/analysis/eligibility.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "race/journal/words.h"
#include "race/report/analysis/cells.h"
#include "race/report/analysis/text.h"

namespace kite::race {
namespace {

using ParityKey = std::tuple<std::string, std::string, Mode>;  // contestant, model, mode
using Checks = std::map<ParityKey, const ParityRecord*>;       // the last check counts: a resumed race may repeat it

Checks checks_of(const Journal& journal) {
  Checks checks;
  for (const auto& row : journal.parity) checks[{row.contestant, row.model, row.mode}] = &row;
  return checks;
}

const ParityRecord* check(const Checks& checks, const CellSummary& cell, Mode mode) {
  const auto found = checks.find({cell.id, cell.model, mode});
  return found == checks.end() ? nullptr : found->second;
}

// What the counted processes of a cell printed: the class that most of them name, and how many name it, another class,
// or no class.
struct Answers {
  std::optional<std::int32_t> index;
  std::int32_t same = 0, other = 0, unknown = 0;
  std::string why_unknown;  // of the first one
};

Answers answers_of(const CellSummary& cell, const Journal& journal) {
  Answers answers;
  std::map<std::int32_t, std::int32_t> votes;
  for (const auto& values : cell.processes) {
    if (!values.counted) continue;
    const ProcessRecord& process = journal.processes[values.process];
    if (process.answer_index >= 0) {
      ++votes[process.answer_index];
      continue;
    }
    if (answers.unknown++ > 0) continue;
    const auto why = process.info.find(std::string(kNoAnswer));
    answers.why_unknown = why == process.info.end() ? "no answer was searched in its output" : why->second;
  }
  for (const auto& [index, n] : votes) {
    answers.other += n;
    if (n <= answers.same) continue;
    answers.index = index;
    answers.same = n;
  }
  answers.other -= answers.same;
  return answers;
}

struct Ruling {
  Outcome status = Outcome::kOk;
  std::string reason;
  Answered answered = Answered::kNotChecked;
};

// Judges a whole program only by its answers.
Ruling ruling_on_answers(const CellSummary& cell, const CellSummary* reference, const Journal& journal) {
  const Answers own = answers_of(cell, journal);
  const Answers theirs = reference == nullptr ? Answers{} : answers_of(*reference, journal);
  // If the reference is a program without a known answer, no answer is checked, and all are ranked by time alone.
  if (!theirs.index && reference != nullptr && journal.plan.contestants[reference->contestant].peer.empty()) return {};
  if (own.unknown > 0) {
    const std::string some = own.index ? fmt::format(" in {}", plural(own.unknown, "process")) : "";
    return {Outcome::kUnequal, fmt::format("its answer is not known{}: {}", some, own.why_unknown),
            own.index ? Answered::kNotChecked : Answered::kNothing};
  }
  if (!own.index || !theirs.index) return {Outcome::kUnequal, "its outputs were not checked against the judge's"};
  if (*own.index != *theirs.index) {
    return {Outcome::kUnequal, fmt::format("it answers class {}, the reference {}", *own.index, *theirs.index),
            Answered::kOther};
  }
  if (own.other > 0) {
    return {Outcome::kUnequal, fmt::format("it answers another class in {}", plural(own.other, "process")),
            Answered::kOther};
  }
  return {Outcome::kOk, "", Answered::kSame};
}

// A failed process does not count if the re-run of its round was ok.
Ruling ruling_on_failures(const CellSummary& cell, const Journal& journal) {
  std::set<std::int32_t> good;
  for (const auto& values : cell.processes) {
    if (values.counted) good.insert(journal.processes[values.process].round);
  }
  std::int32_t bad = 0;
  const ProcessRecord* first = nullptr;
  for (const auto& values : cell.processes) {
    const auto& process = journal.processes[values.process];
    if (process.status == Outcome::kOk || process.purpose == Purpose::kMemory || good.contains(process.round)) continue;
    ++bad;
    if (first == nullptr) first = &process;
  }
  if (first == nullptr) return {};
  const std::string reason = first->reason.empty() ? std::string(word_of(first->status)) : first->reason;
  return {first->status, fmt::format("{} without a result: {}", plural(bad, "round"), reason)};
}

Ruling ruling_on_parity(const CellSummary& cell, const CellSummary* reference, const Checks& checks,
                        const Journal& journal) {
  if (cell.control) return {};
  const ParityRecord* record = check(checks, cell, cell.mode == Mode::kOneshot ? Mode::kIncPre : cell.mode);
  if (record == nullptr && cell.mode == Mode::kOneshot) record = check(checks, cell, Mode::kNoPre);
  // A contestant of command lines has another program for each mode: if one is equal, the other need not be.
  const bool whole_command = cell.mode == Mode::kOneshot && journal.plan.contestants[cell.contestant].peer.empty();
  if (whole_command) record = nullptr;
  if (record != nullptr) {
    if (record->equal) return {};
    return {Outcome::kUnequal, record->reason.empty() ? "its outputs differ from the judge's" : record->reason};
  }
  if (cell.mode == Mode::kOneshot) return ruling_on_answers(cell, reference, journal);
  return {Outcome::kUnequal, "its outputs were not checked against the judge's"};
}

// If a judge disagrees with more than one runtime, it may itself be wrong.
std::map<std::string, std::string> unranked_models_of(const Journal& journal, const Checks& checks) {
  std::map<std::string, std::string> unranked;
  for (const auto& note : journal.notes) {
    if (note.kind != NoteKind::kUnranked) continue;
    for (const auto& model : journal.plan.models) {
      if (note.model.empty() || note.model == model.id) unranked.try_emplace(model.id, note.text);
    }
  }
  for (const auto& model : journal.plan.models) {
    std::set<std::string> disagreeing;
    for (const auto& contestant : journal.plan.contestants) {
      const auto found = checks.find({contestant.id, model.id, Mode::kNoPre});
      if (found != checks.end() && !found->second->equal) disagreeing.insert(contestant.runtime);
    }
    if (disagreeing.size() > 1) {
      unranked.try_emplace(model.id, "the judge disagrees with more than one runtime on this model");
    }
  }
  return unranked;
}

}  // namespace

Eligibility::Eligibility(const Journal& journal, const std::vector<CellSummary>& cells) {
  const auto& plan = journal.plan;
  const Checks checks = checks_of(journal);
  unranked_ = unranked_models_of(journal, checks);
  const auto labels = contestant_labels(plan);
  std::set<std::size_t> absent;
  for (std::size_t i = 0; i < plan.contestants.size(); ++i) {
    if (plan.contestants[i].ready) continue;
    absent.insert(i);
    listed_.push_back({labels[i], "", Mode::kOneshot, true, Outcome::kMissing, plan.contestants[i].reason});
  }
  for (const auto& cell : cells) {
    if (absent.contains(cell.contestant)) {
      reasons_[cell.cell] = plan.contestants[cell.contestant].reason + " (not ready)";
      continue;
    }
    const auto is_reference = [&](const CellSummary& other) {
      return other.id == plan.reference && other.model == cell.model && other.mode == cell.mode;
    };
    const auto reference = std::find_if(cells.begin(), cells.end(), is_reference);
    Ruling ruling = ruling_on_failures(cell, journal);
    if (cell.mode == Mode::kOneshot && ruling.status == Outcome::kUnequal) ruling.answered = Answered::kOther;
    const bool ran = spread(cell, Measure::kWall).has_value();
    if (ruling.reason.empty() && ran) {
      ruling = ruling_on_parity(cell, reference == cells.end() ? nullptr : &*reference, checks, journal);
    }
    if (!ruling.reason.empty()) {
      listed_.push_back(
          {cell.label, cell.model, cell.mode, false, ruling.status, threads_text(cell.threads) + ": " + ruling.reason});
    } else if (const auto unranked = unranked_.find(cell.model); unranked != unranked_.end()) {
      ruling.reason = unranked->second;
    } else if (!ran) {
      ruling.reason = "no process of a round has ended";
    }
    reasons_[cell.cell] = ruling.reason;
    answered_[cell.cell] = ruling.answered;
  }
}

Answered Eligibility::answered(const CellSummary& cell) const {
  const auto found = answered_.find(cell.cell);
  return found == answered_.end() ? Answered::kNotChecked : found->second;
}

const std::string& Eligibility::reason(const CellSummary& cell) const { return reasons_.at(cell.cell); }

std::vector<ParityRow> parity_rows(const Journal& journal) {
  const auto labels = contestant_labels(journal.plan);
  std::vector<ParityRow> rows;
  for (std::size_t i = 0; i < journal.parity.size(); ++i) {
    const auto& record = journal.parity[i];
    ParityRow row;
    row.record = i;
    row.label = record.contestant;
    for (std::size_t c = 0; c < labels.size(); ++c) {
      if (journal.plan.contestants[c].id == record.contestant) row.label = labels[c];
    }
    row.model = record.model;
    row.mode = record.mode;
    row.equal = record.equal;
    row.text = record.equal
                   ? fmt::format("agrees with {}: top-1 on {}", record.judge.empty() ? "the judge" : record.judge,
                                 percent_text(record.top1_agreement))
                   : record.reason;
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace kite::race
