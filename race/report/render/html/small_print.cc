// SPDX-License-Identifier: Apache-2.0
// How the race was run, what failed, what is not claimed, and where everything can be looked up.
#include <fmt/format.h>

#include <iterator>

#include "race/journal/words.h"
#include "race/report/document/figures.h"
#include "race/report/plots/escape.h"
#include "race/report/render/html/cell_text.h"
#include "race/report/render/html/sections.h"

namespace kite::race {
namespace {

std::string code(std::string_view text) { return fmt::format("<code>{}</code>", escaped(text)); }

// A file of the race's folder, as journals name it: never a place elsewhere.
Cell log_link(const std::string& log) {
  if (log.empty()) return "none";
  const bool inside = log.front() != '/' && log.find(':') == std::string::npos && log.find("..") == std::string::npos;
  if (!inside) return log;
  return Cell::markup(fmt::format("<a href=\"{0}\">{0}</a>", escaped(log)));
}

}  // namespace

Section drift_section(const Analysis& analysis) {
  Section section{"drift", "Drift of the machine", ""};
  const auto& drift = analysis.drift;
  if (drift.last_third_over_first) {
    section.html +=
        paragraph(fmt::format("The last third of the rounds against the first: {}{} (median over processes).",
                              *drift.last_third_over_first > 0 ? "+" : "", percent_text(*drift.last_third_over_first)));
  }
  if (drift.steal_share) {
    section.html +=
        paragraph(fmt::format("Time stolen by the host: {} of the processes' time.", percent_text(*drift.steal_share)));
  }
  const auto plots = drift_plots(analysis);
  section.html += plots.empty() ? paragraph("No process of a round was measured.", "nothing") : figures(plots);
  return section;
}

Section failure_section(const Analysis& analysis, const Journal& journal) {
  Section section{"failures", "Failures, and who is not ranked", ""};
  HtmlTable listed("Listed, not ranked", {{"contestant"}, {"model"}, {"mode"}, {"status"}, {"reason"}});
  for (const auto& row : analysis.not_ranked) {
    listed.row({row.label, row.model.empty() ? "every model" : row.model,
                row.every_mode ? std::string("every mode") : std::string(mode_title(row.mode)), word_of(row.status),
                row.reason});
  }
  section.html = listed.html("Every contestant could be ranked.");
  HtmlTable failures("Failed processes", {{"contestant"},
                                          {"status"},
                                          {"processes", Kind::kNumber},
                                          {"reason of the first one"},
                                          {"its output"},
                                          {"journal", Kind::kNumber}});
  for (const auto& cell : analysis.cells) {
    for (const auto& failure : cell.failures) {
      failures.group(place_of(cell));
      failures.row({cell.label, word_of(failure.status), fmt::format("{}", failure.n), failure.reason,
                    log_link(failure.log), fmt::format("cell {}", cell.cell)},
                   {cell.cell});
    }
  }
  section.html += "<h3>Failed processes</h3>\n" + failures.html("No process failed.");
  if (!journal.notes.empty()) {
    std::vector<std::string> notes;
    for (const auto& note : journal.notes) notes.push_back(note_text(note));
    section.html += "<h3>Notes of the race</h3>\n" + bullets(notes);
  }
  return section;
}

Section method_section(const Analysis& analysis, const Journal& journal) {
  Section section{"method", "Method and limits", bullets(analysis.method)};
  if (journal.decision && !journal.decision->why.empty()) {
    section.html += paragraph(fmt::format("What the pilot decided: {}, because {}.",
                                          plural(journal.decision->rounds, "round"), journal.decision->why));
  }
  section.html += "<h3 id=\"limits\">Limits</h3>\n" + bullets(analysis.limits, "None are known.");
  return section;
}

Section refusal_section(const Analysis& analysis) {
  Section section{"not-claimed", "Claims that this report does not make", ""};
  if (analysis.refused.empty()) {
    section.html = paragraph("None was refused.", "nothing");
    return section;
  }
  section.html = "<dl class=\"refused\">\n";
  for (const auto& refusal : analysis.refused) {
    section.html += fmt::format("<dt>{}</dt><dd>{}</dd>\n", escaped(refusal.claim), escaped(refusal.why));
  }
  section.html += "</dl>\n";
  return section;
}

Section contestant_section(const Journal& journal) {
  Section section{"contestants", "Contestants and models", ""};
  HtmlTable table("Contestants",
                  {{"contestant"}, {"name"}, {"runtime"}, {"language"}, {"track"}, {"settings"}, {"versions"}});
  for (const auto& contestant : journal.plan.contestants) {
    std::vector<std::string> versions;
    for (const auto& [name, version] : contestant.versions) versions.push_back(fmt::format("{} {}", name, version));
    table.row({Cell::markup(code(contestant.id)), contestant.title, contestant.runtime, contestant.language,
               word_of(contestant.track), contestant.ready ? contestant.settings : "not ready: " + contestant.reason,
               joined(versions, ", ")});
  }
  HtmlTable models("Models", {{"model"},
                              {"parameters", Kind::kNumber},
                              {"multiply-adds", Kind::kNumber},
                              {"bytes", Kind::kNumber},
                              {"SHA-256"}});
  for (const auto& model : journal.plan.models) {
    models.row({model.id, fmt::format("{}", model.parameters), fmt::format("{}", model.macs),
                fmt::format("{}", model.bytes), Cell::markup(code(model.sha256))});
  }
  section.html = table.html("None.") + "<h3 id=\"models\">Models</h3>\n" + models.html("None.");
  return section;
}

Section command_section(const Analysis& analysis) {
  Section section{"commands", "Exact commands", ""};
  std::string text;
  for (const auto& row : analysis.commands) {
    fmt::format_to(std::back_inserter(text), "# {}: {}\n{}\n", row.label,
                   place_text(row.model, row.mode, row.threads, Track::kMatched), row.command);
  }
  section.html =
      text.empty() ? paragraph("None.", "nothing") : "<pre tabindex=\"0\"><code>" + escaped(text) + "</code></pre>\n";
  return section;
}

Section file_section() {
  struct File {
    const char *path, *what;
  };
  static constexpr File kFiles[] = {
      {"journal.jsonl", "the truth: one record a line; everything else is made from it"},
      {"report.md", "this report as Markdown"},
      {"results.csv", "one row a process"},
      {"samples.csv", "one row a picture"},
      {"counters.csv", "one row a counter"},
      {"summary.json", "validity, floor and verdicts, for programs"},
      {"exports/hyperfine.json", "for hyperfine's scripts; one time is one process"},
      {"exports/google-benchmark.json", "for Google Benchmark's compare.py; one repetition is one process"},
      {"exports/pyperf.json", "for pyperf; processes with their values"}};
  Section section{"files", "Files beside this page", "<ul class=\"files\">\n"};
  for (const auto& file : kFiles) {
    section.html +=
        fmt::format("<li><a href=\"{0}\" download=\"download\">{0}</a> {1}</li>\n", file.path, escaped(file.what));
  }
  section.html += "</ul>\n";
  section.html +=
      "<p>Rows of the tables name the journal's cell that they are made from (also as <code>data-cells</code>). The "
      "lines "
      "of cell 3: <code>grep '\"cell\":3,' journal.jsonl</code>. The page itself is made by "
      "<code>kite race report</code> and holds nothing that is not in the journal.</p>\n";
  return section;
}

}  // namespace kite::race
