// SPDX-License-Identifier: Apache-2.0
// Writes what has changed, by how much, and what follows from it.
#include "race/report/document/changes.h"

#include <fmt/format.h>

#include <algorithm>

#include "race/report/analysis/text.h"
#include "race/report/document/rows.h"
#include "race/report/plots/plots.h"

namespace kite::race {
namespace {

constexpr const char* kRule =
    "Rule: failed (exit code 1) if a whole interval lies beyond its limit. Cannot tell (exit code 7) if none does, but "
    "unchanged contestants moved by more than the limit, or there is no result. An undecided row does not fail.";

std::string value_text(const RaceChange& row, const std::optional<double>& value) {
  if (!value) return "n/a";
  return is_memory(row.measure) ? mib_text(*value) : ms_text(*value);
}

struct RowWord {
  std::string word;
  Verdict verdict = Verdict::kUndecided;  // its mark and colour
};

RowWord word_of(const RaceChange& row) {
  if (!row.limit) return {std::string(verdict_name(row.verdict)), row.verdict};
  switch (row.word) {
    case LimitWord::kBroken: return {std::string(verdict_word(row.measure, Verdict::kSlower)), Verdict::kSlower};
    case LimitWord::kCannotTell: return {"cannot tell", Verdict::kUndecided};
    case LimitWord::kUndecided: return {"undecided", Verdict::kUndecided};
    case LimitWord::kHolds: break;
  }
  // The interval must be as far below 1 as the limit is above it: a change of a per mille must not be called faster.
  if (row.interval && row.interval->high < 1 / (1 + *row.limit)) {
    return {std::string(verdict_word(row.measure, Verdict::kFaster)), Verdict::kFaster};
  }
  return {"holds", Verdict::kEquivalent};
}

Text verdict_cell(const RaceChange& row) {
  if (row.limit && row.bridge) {
    return row.ratio ? "moved " + percent_text(distance_from_one(*row.ratio)) : std::string("n/a");
  }
  const RowWord word = word_of(row);
  return verdict_mark(word.word, word.verdict);
}

std::string group_of(const RaceChange& row) {
  const std::string workload = workload_text(row.model, row.mode, row.threads, row.track);
  return row.limit ? fmt::format("{}: {}", workload, measure_title(row.measure)) : workload;
}

std::string label_of(const RaceChange& row, const RaceChanges& changes) {
  // The control's label says what it is.
  return row.label + (row.bridge && !changes.one_race ? " (unchanged)" : "");
}

std::string count_of(const RaceChange& row, const RaceChanges& changes) {
  return changes.one_race ? fmt::format("{}", row.n_after) : fmt::format("{} and {}", row.n_before, row.n_after);
}

Table table_of(const RaceChanges& changes) {
  const bool limited = !changes.limits.empty();
  const std::string unit = limited ? "" : ", ms";  // with limits, memory is shown beside times
  std::vector<Column> columns = {
      {"contestant"},
      {changes.before_name + unit, Kind::kNumber},
      {changes.after_name + unit, Kind::kNumber},
      {limited ? "ratio (95 % interval)"
               : fmt::format("{} / {} (95 % interval)", changes.after_name, changes.before_name),
       Kind::kNumber},
      {changes.one_race ? "n" : "processes", Kind::kNumber}};
  if (limited) columns.push_back({"limit", Kind::kNumber});
  columns.push_back({"verdict"});
  Table table("Changes", std::move(columns), "The races have no cell in common.");
  for (const auto& row : changes.rows) {
    table.group(group_of(row));
    const auto value = [&](const std::optional<double>& of) {
      return limited ? value_text(row, of) : value_number(row.measure, of);
    };
    std::vector<Text> cells = {label_of(row, changes), value(row.before), value(row.after),
                               ratio_number(row.ratio, row.interval), count_of(row, changes)};
    if (limited) cells.emplace_back(row.bridge ? "" : "+" + percent_text(*row.limit));
    cells.push_back(verdict_cell(row));
    table.row(std::move(cells));
  }
  return table;
}

std::string limits_text(const RaceChanges& changes) {
  std::vector<std::string> parts;
  for (const Limit& limit : changes.limits) {
    parts.push_back(fmt::format("{} {}", limit.of.name, percent_text(limit.share)));
  }
  return joined(parts, ", ");
}

std::string against_text(const RaceChanges& changes) {
  const std::string pair = fmt::format("{} against {}", changes.after_name, changes.before_name);
  return changes.limits.empty() ? pair : fmt::format("{}, at most {} more", pair, limits_text(changes));
}

std::string undecided_text(const RaceChanges& changes) {
  const auto undecided = std::count_if(changes.rows.begin(), changes.rows.end(), [](const RaceChange& row) {
    return !row.bridge && row.limit && row.word == LimitWord::kUndecided;
  });
  if (undecided == 0) return {};
  return fmt::format(
      "Undecided: {}. An interval reaches across its limit, so it is not known whether the limit holds; more rounds or "
      "a quieter machine would decide it.",
      plural(undecided, "row"));
}

// A reason may be the whole error output of a program, which is too long for a table.
void add_reasons(const RaceChanges& changes, Blocks& blocks) {
  std::vector<std::string> lines;
  for (const RaceChange& row : changes.rows) {
    if (row.why.empty()) continue;
    lines.push_back(fmt::format("{}, {}: {}: {}", row.label, group_of(row), word_of(row).word, row.why));
  }
  if (!lines.empty()) blocks << bullets(lines);
}

void add_limits(const RaceChanges& changes, Blocks& blocks) {
  if (const std::string undecided = undecided_text(changes); !undecided.empty()) blocks << Paragraph{undecided};
  blocks << Paragraph{kRule};
  if (!changes.one_race) {
    blocks << Paragraph{
        "Intervals are moved outward by as much as the unchanged contestants of the workload moved, since the rounds "
        "of two races cannot be paired."};
  }
}

void add_margin(const RaceChanges& changes, Blocks& blocks) {
  if (changes.one_race) {
    blocks << Paragraph{
        fmt::format("Margin {}: an interval wholly beyond it is faster or slower.", percent_text(changes.margin))};
  } else {
    blocks << Paragraph{fmt::format(
        "Margin {}: the larger of the margin that was asked for and the change of unchanged contestants ({}).",
        percent_text(changes.margin), changes.drift ? percent_text(*changes.drift) : "none")};
  }
  if (changes.slower) {
    blocks << Paragraph{"Before you believe \"slower\", race once more: one race alone is only a suspicion."};
  }
}

}  // namespace

Blocks change_blocks(const RaceChanges& changes) {
  Blocks blocks;
  if (!changes.limits.empty()) {
    blocks << Paragraph{strong(outcome_word(changes)) + (": " + against_text(changes) + ".")};
  }
  blocks << table_of(changes);
  add_reasons(changes, blocks);
  if (changes.limits.empty()) {
    add_margin(changes, blocks);
  } else {
    add_limits(changes, blocks);
  }
  for (const auto& program : changes.programs) blocks << Paragraph{program + "."};
  for (const auto& warning : changes.warnings) blocks << Paragraph{"Note: " + warning + "."};
  return blocks;
}

Plot change_plot(const RaceChanges& changes) {
  ForestData data;
  data.margin = changes.margin;
  const bool limited = !changes.limits.empty();
  const std::string pair = fmt::format("{} against {}", changes.after_name, changes.before_name);
  data.heading = {fmt::format("{}: {}", outcome_word(changes), pair)};
  if (limited) data.heading.push_back("at most " + limits_text(changes) + " more");
  data.words = {"changes", data.heading.front(),
                "Ratios with 95 % intervals, one row for each contestant and measure."};
  data.less = "less than " + changes.before_name;
  data.axis = fmt::format("{} / {}", changes.after_name, changes.before_name);
  data.foot = limited ? std::vector<std::string>{"Band: the limit. Darker: how far unchanged contestants moved. An "
                                                 "interval wholly right of the dashed line fails."}
                      : std::vector<std::string>{fmt::format("Band: the margin, {}.", percent_text(changes.margin))};
  for (const auto& program : changes.programs) data.foot.push_back(program);
  for (const auto& row : changes.rows) {
    ForestRow drawn;
    drawn.group = group_of(row);
    drawn.label = label_of(row, changes);
    drawn.ratio = row.ratio;
    if (row.interval) {
      drawn.low = row.interval->low;
      drawn.high = row.interval->high;
    }
    const RowWord word = word_of(row);
    drawn.n = row.n_after;
    drawn.why_not = row.why;
    if (row.ratio) drawn.verdict = row.bridge && limited ? Verdict::kUndecided : word.verdict;
    drawn.word = row.bridge && limited ? "unchanged" : word.word;
    drawn.limit = row.bridge ? std::nullopt : row.limit;
    drawn.moved = row.bridge ? std::nullopt : row.moved;
    data.rows.push_back(std::move(drawn));
  }
  return forest_plot(data);
}

}  // namespace kite::race
