// SPDX-License-Identifier: Apache-2.0
// Tables and sentences.
#include "cli/verify/report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/printable.h"
#include "cli/verify/table.h"

namespace kite::cli {

namespace {

using Cells = std::vector<std::string>;

std::string share_text(const Difference& difference) {
  if (difference.differing == 0) return "none";
  const double percent = 100.0 * difference.share();
  return percent < 0.1 ? fmt::format("{} of {}", difference.differing, difference.elements)
                       : fmt::format("{:.1f} %", percent);
}

std::string position_text(const Difference& difference) {
  return difference.differing == 0 ? "" : fmt::format("[{}]", fmt::join(difference.position, ","));
}

// The columns that stages and values have in common.
void add_difference(Cells& cells, const Difference& difference, Agreement agreement, const TensorType& theirs) {
  if (agreement == Agreement::kOtherType) {
    cells.insert(cells.end(), {"-", "-", "-", "there " + type_text(theirs)});
    return;
  }
  cells.insert(cells.end(), {fmt::format("{:.3g}", difference.largest), fmt::format("{:.0f}", difference.ulps),
                             share_text(difference), position_text(difference)});
}

std::string_view mark(Agreement agreement) {
  switch (agreement) {
    case Agreement::kEqual: return "equal";
    case Agreement::kWithinBound: return "within the bound";
    case Agreement::kTies: return "rounding ties";
    case Agreement::kBeyond:
    case Agreement::kOtherType: break;
  }
  return "DIFFERS";
}

std::string stage_table(const Comparison& comparison) {
  std::vector<Cells> rows = {{"stage", "type", ">largest", ">ULPs", ">differ", "at", ""}};
  for (const StageRow& row : comparison.stages) {
    Cells cells = {std::string(stage_name(row.stage)), type_text(row.ours.type())};
    add_difference(cells, row.difference, row.agreement, row.theirs.type());
    cells.emplace_back(mark(row.agreement));
    rows.push_back(std::move(cells));
  }
  return aligned(rows, 2);
}

std::string value_mark(const ValueRow& row) {
  if (row.engine && row.engine->is_at_fault) return "DIFFERS: the engine's step";
  if (row.reference && row.reference->is_at_fault) return "DIFFERS: the other side's step";
  if (row.agreement == Agreement::kBeyond && (row.engine || row.reference)) return "differs, carried here";
  return std::string(mark(row.agreement));
}

// Which rows are worth a line where not all are shown: those around the first difference and the first fault, the worst
// one and the last one.
std::set<std::size_t> chosen_rows(const Comparison& comparison) {
  const std::vector<ValueRow>& rows = comparison.values;
  std::set<std::size_t> chosen;
  const auto take_around = [&](const ValueRow* row) {
    if (row == nullptr) return;
    const auto at = static_cast<std::size_t>(row - rows.data());
    for (std::size_t i = at == 0 ? 0 : at - 1; i < std::min(at + 2, rows.size()); ++i) chosen.insert(i);
  };
  take_around(comparison.first_value());
  take_around(comparison.first_fault());
  if (rows.empty()) return chosen;
  const auto worst = std::ranges::max_element(rows, {}, [](const ValueRow& row) { return row.difference.relative(); });
  chosen.insert(static_cast<std::size_t>(worst - rows.begin()));
  chosen.insert(rows.size() - 1);
  return chosen;
}

std::string value_table(const Comparison& comparison, bool all) {
  std::vector<Cells> rows = {{"value", "step", "type", ">largest", ">ULPs", ">differ", "at", ">of largest", ""}};
  const std::set<std::size_t> chosen = chosen_rows(comparison);
  std::size_t next = 0;
  for (std::size_t i = 0; i < comparison.values.size(); ++i) {
    if (!all && !chosen.contains(i)) continue;
    if (i > next) rows.push_back({fmt::format("({} more)", i - next)});
    next = i + 1;
    const ValueRow& row = comparison.values[i];
    Cells cells = {row.name, row.op, type_text(row.ours)};
    add_difference(cells, row.difference, row.agreement, row.theirs);
    cells.push_back(row.agreement == Agreement::kOtherType ? "" : fmt::format("{:.1e}", row.difference.relative()));
    cells.push_back(value_mark(row));
    rows.push_back(std::move(cells));
  }
  return aligned(rows, 2);
}

std::string counts_text(const Comparison& comparison) {
  std::string text = fmt::format("{} of the {} values that the file names are compared", comparison.values.size(),
                                 comparison.named_values);
  if (comparison.hidden_values > 0) {
    text += fmt::format("; {} stay inside steps of the engine, which are compared at their last output",
                        comparison.hidden_values);
  }
  if (comparison.absent_values > 0) text += fmt::format("; {} are not on the other side", comparison.absent_values);
  if (comparison.foreign_values > 0) {
    text += fmt::format("; {} of the other side are not in the model", comparison.foreign_values);
  }
  return text;
}

// Where on the picture it differs, in characters that are half as wide as high: each stands for the largest difference
// below it, in steps of a quarter of the largest of all.
std::string difference_map(const StageRow& row) {
  constexpr std::int64_t kColumns = 64;
  if (row.agreement != Agreement::kBeyond || row.stage == PictureStage::kNormalise) return {};
  const Shape& shape = row.ours.shape();
  const std::int64_t columns = std::min(kColumns, shape[1]);
  const std::int64_t lines = std::clamp<std::int64_t>(shape[0] * columns / (2 * shape[1]), 1, 40);
  std::vector<double> cells(static_cast<std::size_t>(columns * lines));
  const std::vector<double> apart = distances(row.ours.view(), row.theirs.view());
  for (std::size_t i = 0; i < apart.size(); ++i) {
    const std::int64_t pixel = static_cast<std::int64_t>(i) / shape[2];
    double& cell = cells[static_cast<std::size_t>(pixel / shape[1] * lines / shape[0] * columns +
                                                  pixel % shape[1] * columns / shape[1])];
    cell = std::max(cell, apart[i]);
  }
  constexpr std::string_view kShades[] = {" ", "░", "▒", "▓", "█"};
  std::string text;
  for (std::int64_t line = 0; line < lines; ++line) {
    text += "  |";
    for (std::int64_t column = 0; column < columns; ++column) {
      const double share = cells[static_cast<std::size_t>(line * columns + column)] / row.difference.largest;
      text += kShades[static_cast<std::size_t>(std::ceil(4.0 * share))];
    }
    text += "|\n";
  }
  return text;
}

std::string stage_verdict(const StageRow& row) {
  if (row.agreement == Agreement::kOtherType) {
    return fmt::format("the stage {} is {} here and {} there", stage_name(row.stage), type_text(row.ours.type()),
                       type_text(row.theirs.type()));
  }
  return fmt::format("first difference: the stage {}, in {} of its numbers, up to {:.3g}", stage_name(row.stage),
                     share_text(row.difference), row.difference.largest);
}

}  // namespace

std::string verdict(const Comparison& comparison) {
  if (const StageRow* stage = comparison.first_stage()) return stage_verdict(*stage);
  if (const ValueRow* value = comparison.first_value()) {
    if (value->agreement == Agreement::kOtherType) {
      return fmt::format("first difference: the value {} ({}) is {} here and {} there", in_quotes(value->name),
                         value->node_op, type_text(value->ours), type_text(value->theirs));
    }
    return fmt::format(
        "first difference: the value {} ({}), up to {:.3g}, {:.1e} of its largest number; the bound is "
        "{:.1e}",
        in_quotes(value->name), value->node_op, value->difference.largest, value->difference.relative(), value->bound);
  }
  double worst = 0.0;
  for (const ValueRow& row : comparison.values) worst = std::max(worst, row.difference.relative());
  if (std::ranges::find(comparison.values, Agreement::kTies, &ValueRow::agreement) != comparison.values.end()) {
    return "equal but for rounding ties: some quantised numbers are one step apart, because their real number lies "
           "between two";
  }
  return worst == 0.0 ? "equal"
                      : fmt::format("equal within the bound: at most {:.1e} of a value's largest number", worst);
}

std::string report_text(const ReportedPicture& picture, const ReportStyle& style) {
  const Comparison& comparison = picture.comparison;
  std::string text = comparison.image.empty() ? "" : comparison.image + '\n';
  if (!comparison.stages.empty()) text += stage_table(comparison);
  if (style.map && comparison.first_stage() != nullptr) text += difference_map(*comparison.first_stage());
  if (comparison.named_values > 0) {
    if (!comparison.values.empty()) text += value_table(comparison, style.all_values);
    text += "  " + counts_text(comparison) + '\n';
  }
  text += "  " + verdict(comparison) + '\n';
  for (const Finding& finding : picture.findings) {
    text += "  found: " + finding.what + '\n';
    if (!finding.remedy.empty()) text += "    what to do: " + finding.remedy + '\n';
  }
  if (!picture.drawing.empty()) text += "  drawn in " + picture.drawing + '\n';
  return text;
}

}  // namespace kite::cli
