// SPDX-License-Identifier: Apache-2.0
// How the race was run, which claims are not made, and where to find the data.
#include <fmt/format.h>

#include <iterator>

#include "race/journal/words.h"
#include "race/report/analysis/text.h"
#include "race/report/document/rows.h"
#include "race/report/document/sections/sections.h"

namespace kite::race {

Section method_section(const Analysis& analysis, const Journal& journal) {
  Section section{"method", "Method and limits", {}};
  section.blocks << bullets(analysis.method);
  if (journal.decision && !journal.decision->why.empty()) {
    section.blocks << Paragraph{fmt::format("What the pilot decided: {}, because {}.",
                                            plural(journal.decision->rounds, "round"), journal.decision->why)};
  }
  section.blocks << Heading{"limits", "Limits"} << bullets(analysis.limits);
  return section;
}

Section refusal_section(const Analysis& analysis) {
  Section section{"not-claimed", "Claims that this report does not make", {}};
  Definitions claims;
  for (const auto& refusal : analysis.refused) claims.entries.emplace_back(refusal.claim, refusal.why);
  section.blocks << std::move(claims);
  return section;
}

Section contestant_section(const Journal& journal) {
  Section section{"contestants", "Contestants and models", {}};
  Table table("Contestants",
              {{"contestant"},
               {"name"},
               {"runtime"},
               {"language"},
               {"track"},
               {"installed", Kind::kNumber},
               {"settings"},
               {"versions"}},
              "None.");
  for (const auto& contestant : journal.plan.contestants) {
    std::vector<std::string> versions;
    for (const auto& [name, version] : contestant.versions) versions.push_back(fmt::format("{} {}", name, version));
    const std::string installed =
        contestant.installed_bytes > 0 ? mib_text(static_cast<double>(contestant.installed_bytes)) : "n/a";
    // For a contestant with a folder, the versions identify the program.
    if (contestant.peer.empty()) {
      for (const auto& program : contestant.programs) versions.push_back(program_text(program));
    }
    table.row({code(contestant.id), contestant.title, contestant.runtime, contestant.language,
               word_of(contestant.track), installed,
               contestant.ready ? contestant.settings : "not ready: " + contestant.reason, joined(versions, ", ")});
  }
  Table models("Models",
               {{"model"},
                {"parameters", Kind::kNumber},
                {"multiply-adds", Kind::kNumber},
                {"bytes", Kind::kNumber},
                {"SHA-256"}},
               "None.");
  for (const auto& model : journal.plan.models) {
    models.row({model.id, fmt::format("{}", model.parameters), fmt::format("{}", model.macs),
                fmt::format("{}", model.bytes), code(model.sha256)});
  }
  section.blocks << std::move(table) << Heading{"models", "Models"} << std::move(models);
  return section;
}

Section command_section(const Analysis& analysis) {
  Section section{"commands", "Exact commands", {}};
  std::string text;
  for (const auto& row : analysis.commands) {
    fmt::format_to(std::back_inserter(text), "# {}: {}\n{}\n", row.label,
                   workload_text(row.model, row.mode, row.threads, Track::kMatched), row.command);
  }
  if (text.empty()) {
    section.blocks << Paragraph{"None.", true};
  } else {
    section.blocks << Code{std::move(text)};
  }
  return section;
}

Section file_section(const Analysis& analysis) {
  struct File {
    const char *path, *what;
  };
  static constexpr File kFiles[] = {
      {"journal.jsonl", "the data: one record a line; all other files are made from it"},
      {"report.html", "this report as a page, with its plots"},
      {"report.md", "this report as Markdown"},
      {"summary.svg", "the first picture, for a README"},
      {"results.csv", "one row for each process"},
      {"samples.csv", "one row for each picture"},
      {"counters.csv", "one row for each counter"},
      {"summary.json", "the verdicts with their resolutions, for programs"},
      {"exports/hyperfine.json", "for hyperfine's scripts; one time is one process"},
      {"exports/google-benchmark.json", "for Google Benchmark's compare.py; one repetition is one process"},
      {"exports/pyperf.json", "for pyperf; processes with their values"}};
  Section section{"files", "Files of the race", {}};
  List list;
  for (const auto& file : kFiles) {
    if (std::string_view(file.path) == "summary.svg" && analysis.standings.empty()) continue;
    list.items.push_back({link(file.path, file.path) + fmt::format(" {}", file.what), {}});
  }
  section.blocks << std::move(list);
  section.blocks << Paragraph{
      Text("Rows of the tables name the cell of the journal from which they are made (on the page also as ") +
      code("data-cells") + "). The lines of cell 3: " + code("grep '\"cell\":3,' journal.jsonl") +
      ". The report is made by " + code("kite race report") + " and holds nothing that is not in the journal."};
  return section;
}

}  // namespace kite::race
