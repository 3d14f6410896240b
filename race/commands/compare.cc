// SPDX-License-Identifier: Apache-2.0
// kite race compare: the gate. Its exit code says whether something has become slower, or that this cannot be decided.
#include "race/report/analysis/compare.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/output/output.h"
#include "cli/output/output_file.h"
#include "paperkite/try.h"
#include "race/commands/commands.h"
#include "race/commands/terminal.h"
#include "race/report/document/changes.h"
#include "race/report/exports/changes.h"
#include "race/report/render/markdown.h"
#include "race/report/render/svg_file.h"
#include "race/report/render/terminal.h"
#include "race/report/write.h"

namespace kite::race {

namespace {

Result<RaceChanges> compared(const Options& options) {
  KITE_TRY_ASSIGN(const std::vector<Limit> limits, parse_limits(options.fail_if));
  std::vector<Journal> journals;
  for (const std::string& folder : options.folders) {
    KITE_TRY_ASSIGN(Journal journal, read_journal(folder + "/journal.jsonl"));
    // A margin that is wider than the race's own makes the gate less strict, but the user asked for it.
    journal.plan.margin = std::max(journal.plan.margin, options.margin);
    journals.push_back(std::move(journal));
  }
  if (journals.size() == 1) return compare_builds(journals[0], options.base, options.newer, limits);
  return compare_journals(journals[0], journals[1], limits);
}

std::vector<std::string> outputs_of(const Options& options) {
  std::vector<std::string> outputs = {options.svg_path};
  if (options.markdown_path != "-") outputs.push_back(options.markdown_path);
  return outputs;
}

// The files are written first, so that they exist even if a pipeline stops reading standard output.
kite::Status write_files(const Options& options, const RaceChanges& changes) {
  if (!options.svg_path.empty()) KITE_TRY(cli::write_file(options.svg_path, standalone_svg(change_plot(changes))));
  if (options.markdown_path.empty() || options.markdown_path == "-") return {};
  return cli::write_file(options.markdown_path, markdown(change_blocks(changes)));
}

std::string printed(const Options& options, const RaceChanges& changes) {
  const Blocks blocks = change_blocks(changes);
  // The comparison of two races without limits is printed as Markdown, as it was before there were limits.
  const bool as_markdown = options.markdown_path == "-" || (changes.limits.empty() && !changes.one_race);
  return as_markdown ? markdown(blocks) : terminal_text(blocks, Terminal().columns());
}

int exit_code_of(const RaceChanges& changes) {
  if (changes.limits.empty()) return changes.slower ? kSomeFailed : kOk;
  switch (changes.outcome) {
    case LimitWord::kBroken: return kSomeFailed;
    case LimitWord::kCannotTell: return kCannotTell;
    case LimitWord::kUndecided:
    case LimitWord::kHolds: break;
  }
  return kOk;
}

}  // namespace

int compare(const Options& options) {
  const kite::Status files = cli::check_outputs(outputs_of(options), [&] {
    std::vector<std::string> inputs;
    for (const std::string& folder : options.folders) inputs.push_back(folder + "/journal.jsonl");
    return inputs;
  });
  if (!files.ok()) return print_error(files.error());
  const auto changes = compared(options);
  if (!changes.ok()) return print_error(changes.error());
  if (const kite::Status written = write_files(options, *changes); !written.ok()) return print_error(written.error());
  if (options.json) {
    cli::standard_output().write(changes_json(*changes));
  } else {
    cli::print("{}", printed(options, *changes));
  }
  return exit_code_of(*changes);
}

}  // namespace kite::race
