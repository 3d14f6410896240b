// SPDX-License-Identifier: Apache-2.0
// Decides who may be ranked.
#include "race/report/eligibility.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "race/journal/words.h"
#include "race/report/cells.h"
#include "race/report/text.h"

namespace kite::race {
namespace {

using ParityKey = std::tuple<std::string, std::string, Mode>;  // contestant, model, mode
using Checks = std::map<ParityKey, const ParityRecord*>;       // the last one counts: a resumed race checks anew

Checks checks_of(const Journal& journal) {
  Checks checks;
  for (const auto& row : journal.parity) checks[{row.contestant, row.model, row.mode}] = &row;
  return checks;
}

const ParityRecord* check(const Checks& checks, const CellSummary& cell, Mode mode) {
  const auto found = checks.find({cell.id, cell.model, mode});
  return found == checks.end() ? nullptr : found->second;
}

// The index that most of a cell's processes printed.
std::optional<std::int32_t> answer_of(const CellSummary& cell, const Journal& journal) {
  std::map<std::int32_t, int> votes;
  for (const auto& values : cell.processes) {
    if (values.counted) ++votes[journal.processes[values.process].answer_index];
  }
  votes.erase(-1);
  if (votes.empty()) return std::nullopt;
  return std::max_element(votes.begin(), votes.end(), [](const auto& a, const auto& b) { return a.second < b.second; })
      ->first;
}

struct Ruling {
  Status status = Status::kOk;
  std::string reason;
};

// A round whose process failed and whose re-run did not is forgiven.
Ruling ruling_on_failures(const CellSummary& cell, const Journal& journal) {
  std::set<std::int32_t> good;
  for (const auto& values : cell.processes) {
    if (values.counted) good.insert(journal.processes[values.process].round);
  }
  std::int32_t bad = 0;
  const ProcessRecord* first = nullptr;
  for (const auto& values : cell.processes) {
    const auto& process = journal.processes[values.process];
    if (process.status == Status::kOk || process.purpose == Purpose::kMemory || good.contains(process.round)) continue;
    ++bad;
    if (first == nullptr) first = &process;
  }
  if (first == nullptr) return {};
  const std::string reason = first->reason.empty() ? std::string(word_of(first->status)) : first->reason;
  return {first->status, fmt::format("{} without a result: {}", plural(bad, "round"), reason)};
}

Ruling ruling_on_parity(const CellSummary& cell, const CellSummary* reference, const Checks& checks,
                        const Journal& journal) {
  // A program that a person named on the command line answers what it likes; the warnings say so.
  if (cell.control || journal.plan.contestants[cell.contestant].peer.empty()) return {};
  const ParityRecord* record = check(checks, cell, cell.mode == Mode::kOneshot ? Mode::kIncPre : cell.mode);
  if (record == nullptr && cell.mode == Mode::kOneshot) record = check(checks, cell, Mode::kNoPre);
  if (record != nullptr) {
    if (record->equal) return {};
    return {Status::kUnequal, record->reason.empty() ? "its outputs differ from the judge's" : record->reason};
  }
  if (cell.mode == Mode::kOneshot && reference != nullptr) {
    const auto own = answer_of(cell, journal), theirs = answer_of(*reference, journal);
    if (own && theirs && *own == *theirs) return {};
    if (own && theirs) {
      return {Status::kUnequal, fmt::format("it answers class {}, the reference {}", *own, *theirs)};
    }
  }
  return {Status::kUnequal, "its outputs were not checked against the judge's"};
}

}  // namespace

Eligibility::Eligibility(const Journal& journal, const std::vector<CellSummary>& cells) {
  const auto& plan = journal.plan;
  const Checks checks = checks_of(journal);
  for (const auto& model : plan.models) {
    std::set<std::string> disagreeing;
    for (const auto& contestant : plan.contestants) {
      const auto found = checks.find({contestant.id, model.id, Mode::kNoPre});
      if (found != checks.end() && !found->second->equal) disagreeing.insert(contestant.runtime);
    }
    if (disagreeing.size() > 1) doubted_.push_back(model.id);
  }
  const auto labels = contestant_labels(plan);
  std::set<std::size_t> absent;
  for (std::size_t i = 0; i < plan.contestants.size(); ++i) {
    if (plan.contestants[i].ready) continue;
    absent.insert(i);
    listed_.push_back({labels[i], "", Mode::kOneshot, true, Status::kMissing, plan.contestants[i].reason});
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
    const bool ran = spread(cell, Measure::kWall).has_value();
    if (ruling.reason.empty() && ran) {
      ruling = ruling_on_parity(cell, reference == cells.end() ? nullptr : &*reference, checks, journal);
    }
    if (!ruling.reason.empty()) {
      listed_.push_back(
          {cell.label, cell.model, cell.mode, false, ruling.status, threads_text(cell.threads) + ": " + ruling.reason});
    } else if (std::find(doubted_.begin(), doubted_.end(), cell.model) != doubted_.end()) {
      ruling.reason = "the judge disagrees with more than one runtime on this model";
    } else if (!ran) {
      ruling.reason = "no process of a round has ended";
    }
    reasons_[cell.cell] = ruling.reason;
  }
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
