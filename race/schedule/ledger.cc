// SPDX-License-Identifier: Apache-2.0
// Everything here follows from the records alone, so a resumed race stands where the interrupted one stood.
#include "race/schedule/ledger.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>
#include <variant>

namespace kite::race {

namespace {

bool failed(const ProcessRecord& record) {
  return record.status == Outcome::kFailed || record.status == Outcome::kTimeout;
}

}  // namespace

Ledger::Ledger(Journal past) : journal_(std::move(past)) {
  for (const ProcessRecord& record : journal_.processes) count(record);
  for (const SetRecord& set : journal_.sets) count(set);
}

const std::string& Ledger::contestant_of(std::int32_t cell) const {
  return journal_.plan.cells[static_cast<std::size_t>(cell)].contestant;
}

bool Ledger::has(std::int32_t cell, std::int32_t round, Purpose purpose) const {
  const auto first = done_.lower_bound({cell, round, purpose, std::numeric_limits<std::int32_t>::min()});
  return first != done_.end() && std::get<0>(*first) == cell && std::get<1>(*first) == round &&
         std::get<2>(*first) == purpose;
}

bool Ledger::has_at(std::int32_t cell, std::int32_t round, Purpose purpose, std::int32_t position) const {
  return done_.contains({cell, round, purpose, position});
}

std::int32_t Ledger::sets_run(std::int32_t heat) const {
  const auto found = heats_.find(heat);
  return found == heats_.end() ? 0 : found->second.count;
}

double Ledger::heat_seconds(std::int32_t heat) const {
  const auto found = heats_.find(heat);
  return found == heats_.end() ? 0 : found->second.seconds;
}

bool Ledger::has_note(const std::string& text) const {
  return std::any_of(journal_.notes.begin(), journal_.notes.end(), [&](const NoteRecord& n) { return n.text == text; });
}

const ParityRecord* Ledger::parity(const std::string& contestant, const std::string& model, Mode mode) const {
  for (const ParityRecord& record : journal_.parity) {
    if (record.contestant == contestant && record.model == model && record.mode == mode) return &record;
  }
  return nullptr;
}

const ProcessRecord* Ledger::find_ok(std::int32_t cell, Purpose purpose) const {
  for (const ProcessRecord& record : journal_.processes) {
    if (record.cell == cell && record.purpose == purpose && record.status == Outcome::kOk) return &record;
  }
  return nullptr;
}

double Ledger::usual_seconds(std::int32_t cell, Purpose purpose) const {
  std::vector<std::int64_t> walls;
  for (const ProcessRecord& record : journal_.processes) {
    if (record.cell == cell && record.purpose == purpose && record.status == Outcome::kOk)
      walls.push_back(record.wall_ns);
  }
  if (walls.empty()) return 0;
  std::sort(walls.begin(), walls.end());
  return static_cast<double>(walls[walls.size() / 2]) * 1e-9;
}

bool Ledger::given_up(std::int32_t cell) const {
  const auto in_a_row = failures_.find(cell);
  if (in_a_row != failures_.end() && in_a_row->second >= kPatience) return true;
  return given_up(contestant_of(cell));
}

bool Ledger::given_up(const std::string& contestant) const {
  const auto fate = contestants_.find(contestant);
  return fate != contestants_.end() && !fate->second.ever_ok && fate->second.failures >= kPatience;
}

void Ledger::add(const Record& record) {
  if (const auto* process = std::get_if<ProcessRecord>(&record)) {
    journal_.processes.push_back(*process);
    count(*process);
  } else if (const auto* set = std::get_if<SetRecord>(&record)) {
    SetRecord own = *set;
    for (ProcessRecord& of_set : own.processes) {
      journal_.processes.push_back(std::move(of_set));
      count(journal_.processes.back());
    }
    own.processes.clear();
    journal_.sets.push_back(std::move(own));
    count(journal_.sets.back());
  } else if (const auto* parity = std::get_if<ParityRecord>(&record)) {
    journal_.parity.push_back(*parity);
  } else if (const auto* decision = std::get_if<DecisionRecord>(&record)) {
    journal_.decision = *decision;
  } else if (const auto* note = std::get_if<NoteRecord>(&record)) {
    journal_.notes.push_back(*note);
  }
}

void Ledger::count(const ProcessRecord& record) {
  if (record.purpose != Purpose::kHeat) {
    done_.insert({record.cell, record.round, record.purpose, record.position});
    spent_seconds_ += static_cast<double>(record.wall_ns) * 1e-9;
  }
  if (record.status == Outcome::kMissing) return;
  Fate& fate = contestants_[contestant_of(record.cell)];
  if (failed(record)) {
    ++failures_[record.cell];
    ++fate.failures;
  } else {
    failures_[record.cell] = 0;
    fate.ever_ok = true;
  }
}

// From the first process that began to the last that ended.
void Ledger::count(const SetRecord& set) {
  std::int64_t begin = std::numeric_limits<std::int64_t>::max(), end = 0;
  for (const ProcessRecord& process : journal_.processes) {
    if (process.purpose != Purpose::kHeat || process.heat != set.heat || process.round != set.set) continue;
    begin = std::min(begin, process.begin_ns);
    end = std::max(end, process.begin_ns + process.wall_ns);
  }
  const double seconds = end > begin ? static_cast<double>(end - begin) * 1e-9 : 0;
  spent_seconds_ += seconds;
  Sets& sets = heats_[set.heat];
  ++sets.count;
  sets.seconds += seconds;
}

}  // namespace kite::race
