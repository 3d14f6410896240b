// SPDX-License-Identifier: Apache-2.0
// Picks, for each model, the workload on which most contestants raced, and makes their rows.
#include "race/report/analysis/standings.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <tuple>

#include "race/report/analysis/cells.h"

namespace kite::race {
namespace {

constexpr std::size_t kMostRows = 12;  // that fit on a screen

struct Where {
  Track track = Track::kMatched;
  std::int32_t threads = 0;
};

Where meeting_place(const std::vector<CellSummary>& cells) {
  std::map<std::int32_t, std::size_t> matched;
  for (const auto& cell : cells) {
    if (cell.track == Track::kMatched) ++matched[cell.threads];
  }
  if (matched.empty()) return {Track::kDefault, cells.empty() ? 0 : cells.front().threads};
  Where best;
  std::size_t most = 0;
  for (const auto& [threads, count] : matched) {
    if (count < most) continue;
    most = count;
    best.threads = threads;
  }
  return best;
}

bool stands_at(const Where& where, Track track, std::int32_t threads) {
  return track == where.track && (track == Track::kDefault || threads == where.threads);
}

struct Maker {
  const Analysis& analysis;
  const Journal& journal;
  Where where;
  std::string model;

  [[nodiscard]] const CellSummary* cell(std::size_t contestant, Mode mode) const {
    for (const auto& cell : analysis.cells) {
      if (cell.contestant == contestant && cell.model == model && cell.mode == mode &&
          stands_at(where, cell.track, cell.threads)) {
        return &cell;
      }
    }
    return nullptr;
  }

  [[nodiscard]] bool was_raced(Mode mode) const {
    return std::any_of(analysis.cells.begin(), analysis.cells.end(), [&](const CellSummary& cell) {
      return cell.model == model && cell.mode == mode && spread(cell, main_measure(mode));
    });
  }

  [[nodiscard]] Standing::Time time(std::size_t contestant, Mode mode, Measure measure) const {
    Standing::Time time;
    const auto* own = cell(contestant, mode);
    if (own == nullptr) return time;
    if (const auto& found = spread(*own, measure)) time.ms = found->median;
    for (const auto& row : analysis.comparisons) {
      if (row.contestant != contestant || row.model != model || row.mode != mode || row.measure != measure) continue;
      if (!stands_at(where, row.track, row.threads)) continue;
      time.ratio = row.ratio;
      time.interval = row.interval;
      time.verdict = row.verdict;
      time.why_not = row.why_not;
    }
    // Contestants race in different heats, minutes apart. The reference's median is over all of these heats. Next to
    // it, a contestant's own median would show another ratio than that of the pairs.
    if (const auto reference = reference_ms(mode, measure); reference && time.ratio) time.ms = *reference * *time.ratio;
    return time;
  }

  [[nodiscard]] std::optional<double> reference_ms(Mode mode, Measure measure) const {
    for (std::size_t i = 0; i < journal.plan.contestants.size(); ++i) {
      if (journal.plan.contestants[i].id != journal.plan.reference) continue;
      const auto* own = cell(i, mode);
      const auto found = own == nullptr ? std::nullopt : spread(*own, measure);
      if (found) return found->median;
    }
    return std::nullopt;
  }

  [[nodiscard]] std::optional<double> resolution(Mode mode, Measure measure) const {
    for (const auto& row : analysis.control.rows) {
      if (row.model == model && row.mode == mode && row.measure == measure &&
          stands_at(where, row.track, row.threads)) {
        return row.resolution;
      }
    }
    return std::nullopt;
  }

  [[nodiscard]] Standings standings() const;
};

double or_last(const std::optional<double>& value) { return value.value_or(std::numeric_limits<double>::infinity()); }

// Keeps a variant unless another variant of the same peer beats it in both times. A variant that was not prepared is
// kept as well if others of its peer were, since they use something that was made before the race.
void keep_best_variants(Standings& standings, const PlanRecord& plan) {
  const auto of = [&](const Standing& row) -> const ContestantRecord& { return plan.contestants[row.contestant]; };
  const auto unprepared = [&](const Standing& row) {
    return !of(row).prepared && std::any_of(standings.rows.begin(), standings.rows.end(), [&](const Standing& other) {
      return of(other).peer == of(row).peer && of(other).prepared;
    });
  };
  const auto beaten = [&](const Standing& row) {
    return std::any_of(standings.rows.begin(), standings.rows.end(), [&](const Standing& other) {
      return &other != &row && of(other).peer == of(row).peer && or_last(other.start.ms) <= or_last(row.start.ms) &&
             or_last(other.steady.ms) <= or_last(row.steady.ms) &&
             (or_last(other.start.ms) < or_last(row.start.ms) || or_last(other.steady.ms) < or_last(row.steady.ms));
    });
  };
  std::set<std::size_t> gone;
  for (const auto& row : standings.rows) {
    if (!row.reference && beaten(row) && !unprepared(row)) gone.insert(row.contestant);
  }
  standings.left_out = static_cast<std::int32_t>(gone.size());
  std::erase_if(standings.rows, [&](const Standing& row) { return gone.contains(row.contestant); });
}

Standings Maker::standings() const {
  Standings made;
  made.model = model;
  made.track = where.track;
  made.threads = where.threads;
  made.steady_mode = was_raced(Mode::kNoPre) || !was_raced(Mode::kIncPre) ? Mode::kNoPre : Mode::kIncPre;
  made.reference_label = analysis.reference_label;
  made.start_resolution = resolution(Mode::kOneshot, Measure::kLabel);
  made.steady_resolution = resolution(made.steady_mode, Measure::kP50);
  const auto labels = contestant_labels(journal.plan);
  for (std::size_t i = 0; i < journal.plan.contestants.size(); ++i) {
    if (journal.plan.contestants[i].control) continue;
    Standing row;
    row.contestant = i;
    row.label = labels[i];
    row.reference = journal.plan.contestants[i].id == journal.plan.reference;
    row.start = time(i, Mode::kOneshot, Measure::kLabel);
    row.steady = time(i, made.steady_mode, Measure::kP50);
    for (const Mode mode : {made.steady_mode, Mode::kOneshot}) {
      const auto* own = cell(i, mode);
      if (own == nullptr || !spread(*own, Measure::kPeakRss)) continue;
      row.peak_bytes = spread(*own, Measure::kPeakRss)->median;
    }
    const std::uint64_t installed = journal.plan.contestants[i].installed_bytes;
    if (installed > 0) row.installed_bytes = static_cast<double>(installed);
    if (row.start.ms || row.steady.ms) made.rows.push_back(std::move(row));
  }
  if (made.rows.size() > kMostRows) keep_best_variants(made, journal.plan);
  std::stable_sort(made.rows.begin(), made.rows.end(), [](const Standing& a, const Standing& b) {
    return std::tuple(!is_ranked(a), or_last(a.start.ms), or_last(a.steady.ms)) <
           std::tuple(!is_ranked(b), or_last(b.start.ms), or_last(b.steady.ms));
  });
  return made;
}

}  // namespace

std::vector<Standings> standings_of(const Analysis& analysis, const Journal& journal) {
  const Where where = meeting_place(analysis.cells);
  std::vector<Standings> all;
  for (const auto& model : journal.plan.models) {
    auto standings = Maker{analysis, journal, where, model.id}.standings();
    if (!standings.rows.empty()) all.push_back(std::move(standings));
  }
  return all;
}

}  // namespace kite::race
