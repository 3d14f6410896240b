// SPDX-License-Identifier: Apache-2.0
// What a race has done so far, in this run and before an interruption, so that nothing is run twice.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "race/journal/journal.h"

namespace kite::race {

class Ledger {
 public:
  explicit Ledger(Journal past);

  [[nodiscard]] const Journal& journal() const { return journal_; }
  [[nodiscard]] const PlanRecord& plan() const { return journal_.plan; }
  [[nodiscard]] bool has(std::int32_t cell, std::int32_t round, Purpose purpose) const;
  [[nodiscard]] bool has_at(std::int32_t cell, std::int32_t round, Purpose purpose, std::int32_t position) const;
  // How many sets of a heat are complete, and how many seconds they took.
  [[nodiscard]] std::int32_t sets_run(std::int32_t heat) const;
  [[nodiscard]] double heat_seconds(std::int32_t heat) const;
  [[nodiscard]] bool has_note(const std::string& text) const;
  [[nodiscard]] const ParityRecord* parity(const std::string& contestant, const std::string& model, Mode mode) const;
  // The first ok process of the cell for that purpose; null: none.
  [[nodiscard]] const ProcessRecord* find_ok(std::int32_t cell, Purpose purpose) const;
  // Median wall seconds of the cell's ok processes for that purpose; 0: none.
  [[nodiscard]] double usual_seconds(std::int32_t cell, Purpose purpose) const;
  // Seconds that all processes took. Processes that were alive at once count together, with the time of their set.
  [[nodiscard]] double spent_seconds() const { return spent_seconds_; }

  // A cell is given up after kPatience failures in a row. A contestant is given up as a whole if it failed kPatience
  // times and none of its processes was ever ok.
  static constexpr int kPatience = 3;
  [[nodiscard]] bool given_up(std::int32_t cell) const;
  [[nodiscard]] bool given_up(const std::string& contestant) const;  // as a whole

  void add(const Record& record);

 private:
  void count(const ProcessRecord& record);
  void count(const SetRecord& set);
  [[nodiscard]] const std::string& contestant_of(std::int32_t cell) const;

  Journal journal_;
  std::set<std::tuple<std::int32_t, std::int32_t, Purpose, std::int32_t>> done_;  // with the position
  struct Sets {
    std::int32_t count = 0;
    double seconds = 0;
  };
  std::map<std::int32_t, Sets> heats_;
  std::map<std::int32_t, int> failures_;  // of a cell, in a row
  struct Fate {
    int failures = 0;
    bool ever_ok = false;
  };
  std::map<std::string, Fate> contestants_;
  double spent_seconds_ = 0;
};

}  // namespace kite::race
