// SPDX-License-Identifier: Apache-2.0
// Makes the files and moves each to its final name.
#include "race/report/write.h"

#include <filesystem>
#include <system_error>

#include "cli/output/output_file.h"
#include "paperkite/try.h"
#include "race/report/document/report.h"
#include "race/report/document/standings.h"
#include "race/report/exports/csv.h"
#include "race/report/exports/exports.h"
#include "race/report/exports/summary.h"
#include "race/report/profiles.h"
#include "race/report/render/html.h"
#include "race/report/render/markdown.h"
#include "race/report/render/svg_file.h"

namespace kite::race {

Result<ReportFiles> report_files(const Journal& journal) {
  KITE_TRY_ASSIGN(const Analysis analysis, analyse(journal));
  const Document document = report_document(analysis, journal);
  ReportFiles files = {{"report.html", html_page(document)},
                       {"report.md", markdown(document)},
                       {"results.csv", results_csv(analysis, journal)},
                       {"samples.csv", samples_csv(analysis, journal)},
                       {"blocks.csv", blocks_csv(analysis, journal)},
                       {"counters.csv", counters_csv(analysis)},
                       {"summary.json", summary_json(analysis)},
                       {"exports/hyperfine.json", hyperfine_json(analysis, journal)},
                       {"exports/google-benchmark.json", google_benchmark_json(analysis, journal)},
                       {"exports/pyperf.json", pyperf_json(analysis, journal)}};
  if (!analysis.standings.empty()) {
    files.emplace_back("summary.svg", standalone_svg(standings_picture(analysis).plot));
  }
  return files;
}

kite::Status write_report(const Journal& journal, const std::string& folder) {
  KITE_TRY_ASSIGN(ReportFiles files, report_files(journal));
  for (auto& file : profile_files(journal, folder)) files.push_back(std::move(file));
  std::error_code failed;
  std::filesystem::create_directories(std::filesystem::path(folder) / "exports", failed);
  if (failed) return cli::cannot_write(failed.value(), folder + "/exports");
  for (const auto& [name, contents] : files) KITE_TRY(cli::write_file(folder + "/" + name, contents));
  return {};
}

}  // namespace kite::race
