// SPDX-License-Identifier: Apache-2.0
// Page 1: what was found, in words and in one table, and how far it may be trusted.
#include <fmt/format.h>

#include "race/journal/machine_facts.h"
#include "race/journal/words.h"
#include "race/report/analysis/wording.h"
#include "race/report/plots/escape.h"
#include "race/report/render/html/cell_text.h"
#include "race/report/render/html/sections.h"

namespace kite::race {
namespace {

constexpr std::size_t kMostHeadlines = 8;  // as many as fit on a screen; the rest unfolds

std::string banner(const Analysis& analysis) {
  std::string out;
  if (!analysis.control.valid) {
    out += fmt::format(
        "<div class=\"banner bad\" role=\"alert\"><b>This race is not valid.</b> {} Nothing below may be quoted as a "
        "result.</div>\n",
        escaped(analysis.control.reason));
  } else if (analysis.control.floor) {
    out += fmt::format(
        "<div class=\"banner good\"><b>Valid race.</b> The reference, run twice under two names, differs from itself "
        "by "
        "{} at most: smaller differences than that are noise here.</div>\n",
        escaped(percent_text(*analysis.control.floor)));
  } else {
    out +=
        fmt::format("<div class=\"banner open\"><b>No noise floor.</b> {}</div>\n", escaped(analysis.control.reason));
  }
  if (!analysis.coverage.complete) {
    out += fmt::format("<div class=\"banner open\"><b>Not complete.</b> {}</div>\n", escaped(analysis.coverage.state));
  }
  return out;
}

// Of one contestant in one place; "" where it did not take part.
std::string verdict_of(const Analysis& analysis, const Comparison& row) {
  if (row.verdict.empty()) {
    return fmt::format("<span class=\"unranked\">{}{}</span>",
                       row.ratio ? escaped(ratio_of(row.ratio, row.interval)) + "<br/>" : "",
                       escaped(not_ranked_text(row.why_not)));
  }
  return fmt::format("<span class=\"ratio\">{}</span><br/>{} <span class=\"fine\">n&#160;{} &#183; parity {}</span>",
                     escaped(ratio_of(row.ratio, row.interval)), verdict_html(row.verdict), row.n,
                     parity_word(analysis, row));
}

std::string group_of(const Comparison& row) {
  const std::string what = fmt::format("{}: {}", mode_title(row.mode), measure_title(row.measure));
  return row.track == Track::kDefault ? what + ", as installed" : what + ", " + threads_text(row.threads);
}

// Contestants downwards, models across; only the measure that a mode is about.
HtmlTable verdict_matrix(const Analysis& analysis, const Journal& journal, Track track) {
  std::vector<Column> columns = {{"contestant", Kind::kText}};
  for (const auto& model : journal.plan.models) columns.push_back({model.id, Kind::kText});
  HtmlTable table(fmt::format("Verdicts, track {}", word_of(track)), std::move(columns));
  std::vector<const Comparison*> open;
  for (const auto& row : analysis.comparisons) {
    if (row.track == track && row.measure == main_measure(row.mode)) open.push_back(&row);
  }
  for (const Mode mode : {Mode::kOneshot, Mode::kNoPre, Mode::kIncPre}) {
    std::vector<std::string> done;
    for (const auto* first : open) {
      const std::string name = fmt::format("{}\n{}", first->threads, first->label);
      if (first->mode != mode || std::find(done.begin(), done.end(), name) != done.end()) continue;
      done.push_back(name);
      std::vector<Cell> cells = {first->label};
      std::vector<std::int32_t> from;
      for (const auto& model : journal.plan.models) {
        std::string html = "<span class=\"unranked\">did not run</span>";
        for (const auto* row : open) {
          if (row->mode != mode || row->threads != first->threads || row->label != first->label) continue;
          if (row->model != model.id) continue;
          html = verdict_of(analysis, *row);
          for (const std::int32_t cell : journal_cells(analysis, *row)) from.push_back(cell);
        }
        cells.push_back(Cell::markup(std::move(html)));
      }
      table.group(group_of(*first));
      table.row(cells, from);
    }
  }
  return table;
}

std::string box(std::string_view id, std::string_view title, std::string_view html) {
  return fmt::format("<div class=\"box\" id=\"{}\"><h3>{}</h3>\n{}</div>\n", id, escaped(title), html);
}

std::string facts(const MachineRecord& machine) {
  std::string rows;
  for (const MachineFact& fact : kMachineFacts) {
    const std::string& value = machine.*fact.value;
    if (!value.empty()) rows += fmt::format("<dt>{}</dt><dd>{}</dd>\n", fact.name, escaped(value));
  }
  if (rows.empty()) return paragraph("The journal does not describe it.", "nothing");
  return "<dl>\n" + rows + "</dl>\n";
}

}  // namespace

std::string masthead(const Analysis& analysis, const Journal& journal) {
  const auto& plan = journal.plan;
  std::size_t rivals = 0;
  for (const auto& contestant : plan.contestants) {
    if (!contestant.control && contestant.id != plan.reference) ++rivals;
  }
  std::string out = "<header>\n<button type=\"button\" id=\"theme\" hidden=\"hidden\">Dark</button>\n";
  out +=
      fmt::format("<p class=\"kicker\">paperkite race, preset {}</p>\n<h1>{} against {}</h1>\n",
                  escaped(plan.preset.empty() ? "of its own" : plan.preset),
                  escaped(plural(static_cast<std::int64_t>(rivals), "contestant")), escaped(analysis.reference_label));
  out += fmt::format("<p class=\"meta\">{} &#183; {} of {} &#183; {} &#183; seed {}</p>\n",
                     escaped(plan.created.empty() ? "unknown date" : plan.created), analysis.coverage.complete_rounds,
                     analysis.coverage.planned_rounds == 0 ? "an undecided number of rounds"
                                                           : plural(analysis.coverage.planned_rounds, "round"),
                     escaped(plural(static_cast<std::int64_t>(plan.models.size()), "model")), plan.seed);
  out += banner(analysis);
  std::string first, rest;
  std::size_t judged = 0;
  for (const auto& line : analysis.headline) {
    const bool open = line.verdict.empty() || judged++ < kMostHeadlines;
    (open ? first : rest) +=
        fmt::format("<li class=\"{}\">{}</li>\n", line.verdict.empty() ? "v-none" : verdict_class(line.verdict),
                    escaped(line.text));
  }
  if (!first.empty()) out += "<ol class=\"headline\">\n" + first + "</ol>\n";
  if (!rest.empty()) {
    out += folded(plural(static_cast<std::int64_t>(judged - kMostHeadlines), "more finding") +
                      ", all of them in the table of verdicts",
                  "<ol class=\"headline\">\n" + rest + "</ol>\n");
  }
  if (!analysis.study.empty()) out += paragraph(analysis.study, "study");
  return out + "</header>\n";
}

Section verdict_section(const Analysis& analysis, const Journal& journal) {
  Section section{"verdicts", "Verdicts", ""};
  section.html =
      paragraph(fmt::format("Ratio = contestant / reference ({}): below 1 is less time. In brackets the 95 % interval, "
                            "widened for the number "
                            "of contestants; n counts rounds, one process of each a round. Faster and slower: the "
                            "interval lies wholly beyond "
                            "the margin of {}; equivalent: wholly within; undecided: neither.",
                            analysis.reference_label, percent_text(analysis.margin)));
  for (const Track track : {Track::kMatched, Track::kDefault}) {
    const auto table = verdict_matrix(analysis, journal, track);
    if (table.empty()) continue;
    section.html += track == Track::kMatched ? "<h3>Equal conditions (track matched)</h3>\n"
                                             : "<h3>As installed, nothing set (track default)</h3>\n";
    section.html += table.html("");
  }
  if (analysis.comparisons.empty()) {
    section.html += paragraph("No contestant could be compared with the reference.", "nothing");
  }
  HtmlTable best("Best form against best form", {{"contestant's best form"},
                                                 {"reference's best form"},
                                                 {"measure"},
                                                 {"ratio (95 % interval)", Kind::kNumber},
                                                 {"n", Kind::kNumber},
                                                 {"verdict"}});
  for (const auto& row : analysis.best) {
    best.group(place_text(row.model, row.mode, row.threads, row.track));
    best.row({row.label, row.reference_label, measure_title(row.measure), ratio_of(row.ratio, row.interval),
              fmt::format("{}", row.n), verdict_cell(row)},
             journal_cells(analysis, row));
  }
  section.html += "<h3 id=\"best\">Best form against best form</h3>\n" + best.html("No contestant has a second form.");
  return section;
}

Section noise_section(const Analysis& analysis, const Journal& journal) {
  Section section{"noise", "Noise floor and machine", ""};
  HtmlTable table("The reference against itself", {{"where"},
                                                   {"measure"},
                                                   {"ratio (95 % interval)", Kind::kNumber},
                                                   {"floor", Kind::kNumber},
                                                   {"n", Kind::kNumber},
                                                   {"sound"}});
  for (const auto& row : analysis.control.rows) {
    if (row.measure != main_measure(row.mode)) continue;
    table.row({place_text(row.model, row.mode, row.threads, row.track), measure_title(row.measure),
               ratio_of(row.ratio, row.interval), row.floor ? percent_text(*row.floor) : "n/a",
               fmt::format("{}", row.n), row.sound && row.reason.empty() ? "yes" : row.reason});
  }
  const auto& coverage = analysis.coverage;
  std::vector<std::string> covered = {
      coverage.state, fmt::format("{}: {} compared, {} re-run, {} failed", plural(coverage.processes, "process"),
                                  coverage.counted, coverage.reruns, coverage.failed)};
  for (const auto& flag : coverage.flags)
    covered.push_back(fmt::format("{} flagged \"{}\"", plural(flag.n, "process"), flag.flag));
  for (const auto& line : coverage.missing) covered.push_back(line);
  section.html = paragraph(
      "The reference runs twice in every round, once under another name. What differs between the two is noise; a "
      "difference below this floor is not a finding.");
  section.html +=
      table.html(analysis.control.reason.empty() ? "The reference did not run twice." : analysis.control.reason);
  section.html += "<div class=\"boxes\">\n" + box("machine", "Machine", facts(journal.plan.machine)) +
                  box("covered", "What was covered", bullets(covered)) + "</div>\n";
  return section;
}

Section warning_section(const Analysis& analysis) {
  Section section{"warnings", "Warnings", ""};
  if (analysis.warnings.empty()) {
    section.html = paragraph("None.", "nothing");
    return section;
  }
  section.html = "<ul class=\"warnings\">\n";
  for (const auto& warning : analysis.warnings) {
    section.html += fmt::format(
        "<li>{}{}</li>\n", escaped(warning.text),
        warning.remedy.empty() ? "" : "<br/><span class=\"remedy\">Remedy: " + escaped(warning.remedy) + "</span>");
  }
  section.html += "</ul>\n";
  return section;
}

}  // namespace kite::race
