// SPDX-License-Identifier: Apache-2.0
// Makes the files and moves each to its final name.
#include "race/report/write.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

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
namespace {

Error io_error(const std::string& what, const std::string& path, int number) {
  return {ErrorCode::kIo, fmt::format("{}: {}", what, std::strerror(number)), path,
          "name a folder that can be written, on a disk with room"};
}

}  // namespace

kite::Status write_file(const std::string& path, const std::string& contents) {
  // A link such as /dev/stdout, a pipe and a device are written into: a rename would put a file in their place.
  struct stat info{};
  const bool is_replaced = ::lstat(path.c_str(), &info) != 0 || S_ISREG(info.st_mode);
  const std::string beside = is_replaced ? fmt::format("{}.{}.part", path, ::getpid()) : path;
  std::FILE* file = std::fopen(beside.c_str(), "wbe");
  if (file == nullptr) return io_error("cannot write", beside, errno);
  const bool written = std::fwrite(contents.data(), 1, contents.size(), file) == contents.size();
  int number = written ? 0 : errno;
  if (std::fclose(file) != 0 && number == 0) number = errno;
  if (number == 0 && is_replaced && std::rename(beside.c_str(), path.c_str()) != 0) number = errno;
  if (number == 0) return {};
  if (is_replaced) std::remove(beside.c_str());
  return io_error("cannot write", path, number);
}

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
  if (failed) return io_error("cannot make the folder", folder + "/exports", failed.value());
  for (const auto& [name, contents] : files) KITE_TRY(write_file(folder + "/" + name, contents));
  return {};
}

}  // namespace kite::race
