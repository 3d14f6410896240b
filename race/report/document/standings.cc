// SPDX-License-Identifier: Apache-2.0
// Makes bars and the rows of a table from the standings.
#include "race/report/document/standings.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "race/journal/words.h"
#include "race/report/analysis/standings.h"
#include "race/report/analysis/text.h"
#include "race/report/plots/plots.h"

namespace kite::race {
namespace {

// The text of a verdict beside its mark.
std::string word_of_time(const Standing::Time& time, bool reference, const char* less, const char* more) {
  if (reference) return "reference";
  if (!time.ms) return "";
  if (!time.verdict) return "not ranked";
  const bool differs = time.verdict == Verdict::kFaster || time.verdict == Verdict::kSlower;
  if (!time.ratio || !differs) return std::string(verdict_name(*time.verdict));
  return fmt::format("{} {}", factor_text(*time.ratio), time.verdict == Verdict::kFaster ? less : more);
}

StandingBar bar_of(const Standing::Time& time, bool reference, const char* less, const char* more) {
  StandingBar bar;
  bar.value = time.ms;
  if (time.ms) bar.text = ms_text(*time.ms);
  if (!reference) bar.verdict = time.verdict;
  bar.judged = !reference;
  bar.word = word_of_time(time, reference, less, more);
  if (!reference && time.ms && time.ratio && time.interval && *time.ratio > 0) {
    bar.low = *time.ms * time.interval->low / *time.ratio;
    bar.high = *time.ms * time.interval->high / *time.ratio;
  }
  return bar;
}

// Memory is only shown: it has no interval and no verdict.
StandingBar memory_bar(const Standing& row, const std::optional<double>& smallest) {
  StandingBar bar;
  bar.judged = false;
  if (!row.peak_bytes) return bar;
  bar.value = *row.peak_bytes / kBytesPerMib;
  bar.text = mib_text(*row.peak_bytes);
  if (row.peak_bytes == smallest) bar.word = "smallest";
  return bar;
}

// The smallest peak of the ranked contestants; absent: none is known.
std::optional<double> smallest_peak(const Standings& standings) {
  std::optional<double> smallest;
  for (const auto& row : standings.rows) {
    if (row.peak_bytes && is_ranked(row)) smallest = std::min(smallest.value_or(*row.peak_bytes), *row.peak_bytes);
  }
  return smallest;
}

std::string installed_words(const Standing& row) {
  return row.installed_bytes ? mib_text(*row.installed_bytes) + " installed" : "";
}

std::string workload_of(const Standings& standings) {
  return standings.model + ", " +
         (standings.track == Track::kDefault ? "as installed" : threads_text(standings.threads));
}

// The variant is after the comma: "ONNX Runtime (Python), saved model".
std::pair<std::string, std::string> name_and_variant(const std::string& label) {
  const auto comma = label.find(", ");
  if (comma == std::string::npos) return {label, ""};
  return {label.substr(0, comma), label.substr(comma + 2)};
}

StandingGroup group_of(const Standings& standings) {
  const bool pre = standings.steady_mode == Mode::kIncPre;
  const auto smallest = smallest_peak(standings);
  StandingPanel start{"start to answer, ms", {}, standings.start_resolution};
  StandingPanel steady{
      pre ? "steady, with preprocessing, ms" : "steady inference, ms", {}, standings.steady_resolution};
  const auto has = [&](const Standing::Time Standing::* time) {
    return std::any_of(standings.rows.begin(), standings.rows.end(),
                       [&](const Standing& row) { return (row.*time).ms.has_value(); });
  };
  const bool starts = has(&Standing::start), steadies = has(&Standing::steady);
  StandingGroup group{workload_of(standings), {}, {}};
  for (const auto& row : standings.rows) {
    if (row.reference) {
      start.reference = row.start.ms;
      steady.reference = row.steady.ms;
    }
    const auto [name, variant] = name_and_variant(row.label);
    StandingRow line{name, variant, installed_words(row), {}};
    if (starts) line.bars.push_back(bar_of(row.start, row.reference, "sooner", "later"));
    if (steadies) line.bars.push_back(bar_of(row.steady, row.reference, "faster", "slower"));
    if (smallest) line.bars.push_back(memory_bar(row, smallest));
    group.rows.push_back(std::move(line));
  }
  if (starts) group.panels.push_back(std::move(start));
  if (steadies) group.panels.push_back(std::move(steady));
  if (smallest) group.panels.push_back({"peak memory, MiB", {}, {}, true});
  return group;
}

Text cell_of(const StandingBar& bar) {
  if (!bar.value) return "n/a";
  Text text = bar.text;
  if (bar.word.empty()) return text;
  if (!bar.verdict) return text + (", " + bar.word);
  return text + " " + verdict_mark(bar.word, *bar.verdict);
}

}  // namespace

Picture standings_picture(const Analysis& analysis) {
  StandingData data;
  data.words = {
      "summary", "The race in one look.",
      fmt::format(
          "Bars from 0: the median of {0}, times the ratio of the contestant to it; thin lines are 95 % intervals "
          "of the ratio. Dashed: {0}. Differences within the band cannot be seen here. Hollow: undecided or not "
          "ranked.",
          analysis.reference_label)};
  for (const auto& standings : analysis.standings) data.groups.push_back(group_of(standings));
  const auto sized = [](const StandingGroup& group) {
    return std::any_of(group.rows.begin(), group.rows.end(), [](const StandingRow& row) { return !row.size.empty(); });
  };
  const bool has_sizes = std::any_of(data.groups.begin(), data.groups.end(), sized);
  if (has_sizes) {
    data.words.description +=
        " Installed: the files that a deployment copies, without the packages of the system and the language.";
  }
  std::vector<Column> columns = {{"contestant"}};
  for (const auto& group : data.groups) {
    for (const auto& panel : group.panels) {
      const std::string title = panel.title.substr(0, panel.title.rfind(", "));  // each value has its unit
      const auto same = [&](const Column& column) { return column.title == title; };
      if (std::none_of(columns.begin(), columns.end(), same)) columns.push_back({title});
    }
  }
  if (has_sizes) columns.push_back({"installed"});
  Table table("The race in one look", std::move(columns), "No contestant was measured.");
  for (std::size_t i = 0; i < data.groups.size(); ++i) {
    const auto& group = data.groups[i];
    table.group(group.title);
    for (std::size_t r = 0; r < group.rows.size(); ++r) {
      std::vector<Text> cells(table.columns.size(), Text("n/a"));
      cells[0] = analysis.standings[i].rows[r].label;
      for (std::size_t panel = 0; panel < group.panels.size(); ++panel) {
        for (std::size_t column = 1; column < cells.size(); ++column) {
          if (group.panels[panel].title.starts_with(table.columns[column].title + ", ")) {
            cells[column] = cell_of(group.rows[r].bars[panel]);
          }
        }
      }
      if (const auto& bytes = analysis.standings[i].rows[r].installed_bytes; bytes) cells.back() = mib_text(*bytes);
      table.row(std::move(cells));
    }
  }
  return {standings_plot(data), std::move(table)};
}

}  // namespace kite::race
