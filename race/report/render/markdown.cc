// SPDX-License-Identifier: Apache-2.0
// The order of the report: what was found, how far it may be trusted, then the tables.
#include "race/report/render/markdown.h"

#include <fmt/format.h>

#include <iterator>

#include "race/journal/machine_facts.h"
#include "race/journal/words.h"
#include "race/report/analysis/text.h"
#include "race/report/render/markdown_table.h"
#include "race/report/render/markdown_tables.h"

namespace kite::race {
namespace {

void list(std::string& out, const std::vector<std::string>& lines) {
  for (const auto& line : lines) out += "- " + markdown_safe(line) + '\n';
  out += '\n';
}

std::string front(const Analysis& analysis, const Journal& journal) {
  const auto& plan = journal.plan;
  std::string out = fmt::format("# Race of {}\n\n", plan.created.empty() ? "an unknown date" : plan.created);
  if (!analysis.control.valid) {
    out += fmt::format("**This race is not valid:** {}. Nothing below may be quoted as a result.\n\n",
                       markdown_safe(analysis.control.reason));
  }
  if (!analysis.coverage.complete)
    out += fmt::format("**Not complete:** {}\n\n", markdown_safe(analysis.coverage.state));
  std::vector<std::string> lines;
  for (const auto& line : analysis.headline) lines.push_back(line.text);
  if (!analysis.study.empty()) lines.push_back(analysis.study);
  list(out, lines);
  out += "## Verdicts\n\n";
  out += fmt::format(
      "Ratio = contestant / reference ({}); below 1 is faster. Whole programs: start to exit; else the steady time of "
      "an inference. The interval is 95 %, n counts rounds "
      "(a process of each in every round). Differences within the margin count as equivalent.\n\n",
      markdown_safe(analysis.reference_label));
  out += verdict_table(analysis);
  out += "### Best form against best form\n\n";
  out += best_table(analysis.best);
  out += "### Noise floor: the reference against itself\n\n";
  out += control_table(analysis.control);
  out += "## Machine\n\n";
  MarkdownTable machine({"", ""});
  for (const MachineFact& fact : kMachineFacts) {
    const std::string& value = plan.machine.*fact.value;
    if (!value.empty()) machine.add({fact.name, value});
  }
  out += machine.text("The journal does not describe the machine.");
  return out;
}

std::string trust(const Analysis& analysis) {
  std::string out = "## Warnings\n\n";
  std::vector<std::string> lines;
  for (const auto& warning : analysis.warnings) {
    lines.push_back(warning.remedy.empty() ? warning.text : warning.text + ". Remedy: " + warning.remedy);
  }
  if (lines.empty()) lines.push_back("None.");
  list(out, lines);
  const auto& coverage = analysis.coverage;
  out += "## What was covered\n\n";
  lines = {coverage.state,
           fmt::format("{} of {} complete, {}, {} compared, {} re-run, {} failed.", coverage.complete_rounds,
                       coverage.planned_rounds == 0 ? "an undecided number of rounds"
                                                    : plural(coverage.planned_rounds, "round"),
                       plural(coverage.processes, "process"), coverage.counted, coverage.reruns, coverage.failed)};
  for (const auto& flag : coverage.flags)
    lines.push_back(fmt::format("Flagged \"{}\": {}", flag.flag, plural(flag.n, "process")));
  lines.insert(lines.end(), coverage.missing.begin(), coverage.missing.end());
  list(out, lines);
  out += "### Listed, not ranked\n\n";
  MarkdownTable table({"contestant", "model", "mode", "status", "reason"});
  for (const auto& row : analysis.not_ranked) {
    table.add({row.label, row.model.empty() ? "every model" : row.model,
               row.every_mode ? "every mode" : std::string(mode_title(row.mode)), std::string(word_of(row.status)),
               row.reason});
  }
  return out + table.text("Every contestant could be ranked.");
}

std::string tables(const Analysis& analysis, const Journal& journal) {
  std::string out = "## Whole program, one picture\n\n" + whole_process_table(analysis);
  out += "### Where the time goes\n\n" + phase_table(analysis);
  out += "### Cost of a launcher\n\n" + launcher_table(analysis);
  out += "## Inference alone\n\n" + isolated_table(analysis, Mode::kNoPre);
  out += "## Inference with preprocessing\n\n" + isolated_table(analysis, Mode::kIncPre);
  out +=
      "### Slow samples\n\nPer process first, then the median over processes; a percentile is shown only where a "
      "process has "
      "samples enough for it.\n\n" +
      percentile_table(analysis);
  out += "## Memory\n\n" + memory_table(analysis);
  out += "## CPU counters\n\n" + counter_tables(analysis);
  out += "## Variants\n\n" + variant_table(analysis);
  out += "## Threads\n\n" + scaling_table(analysis);
  out += "## Language or runtime?\n\n";
  list(out, analysis.language_caveats);
  out += language_table(analysis);
  out += "## Parity\n\n" + parity_table(analysis, journal);
  out += "## Every verdict\n\n" + every_verdict_table(analysis);
  return out;
}

std::string small_print(const Analysis& analysis, const Journal& journal) {
  std::string out = "## Method\n\n";
  list(out, analysis.method);
  out += "## Limits\n\n";
  list(out, analysis.limits);
  out += "## Claims that this report does not make\n\n";
  std::vector<std::string> lines;
  for (const auto& refusal : analysis.refused) lines.push_back(fmt::format("{}: {}", refusal.claim, refusal.why));
  list(out, lines);
  out += "## Contestants\n\n";
  MarkdownTable contestants({"contestant", "runtime", "language", "track", "settings", "versions"});
  for (const auto& contestant : journal.plan.contestants) {
    std::vector<std::string> versions;
    for (const auto& [name, version] : contestant.versions) versions.push_back(fmt::format("{} {}", name, version));
    contestants.add({contestant.id, contestant.runtime, contestant.language, std::string(word_of(contestant.track)),
                     contestant.ready ? contestant.settings : contestant.reason, joined(versions, ", ")});
  }
  out += contestants.text("None.");
  out += "## Commands\n\n```\n";
  for (const auto& row : analysis.commands) {
    std::string command = row.command;
    for (std::size_t at = 0; (at = command.find("```", at)) != std::string::npos;) command.replace(at, 3, "'''");
    fmt::format_to(std::back_inserter(out), "# {}: {}\n{}\n", row.label,
                   place_text(row.model, row.mode, row.threads, Track::kMatched), command);
  }
  out += "```\n\n## Models\n\n";
  MarkdownTable models({"model", "parameters", "MACs", "bytes", "SHA-256"});
  for (const auto& model : journal.plan.models) {
    models.add({model.id, fmt::format("{}", model.parameters), fmt::format("{}", model.macs),
                fmt::format("{}", model.bytes), model.sha256});
  }
  return out + models.text("None.");
}

}  // namespace

std::string report_markdown(const Analysis& analysis, const Journal& journal) {
  std::string out =
      front(analysis, journal) + trust(analysis) + tables(analysis, journal) + small_print(analysis, journal);
  while (out.ends_with("\n\n")) out.pop_back();
  return out;
}

}  // namespace kite::race
