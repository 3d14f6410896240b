// SPDX-License-Identifier: Apache-2.0
// The files of a report are deterministic and complete, and contain no NaN.
#include <gtest/gtest.h>

#include <algorithm>
#include <clocale>
#include <filesystem>
#include <limits>
#include <sstream>

#include "base/json.h"
#include "base/test_folder.h"
#include "race/report/analysis/planted_journal.h"
#include "race/report/exports/csv.h"
#include "race/report/exports/exports.h"
#include "race/report/exports/summary.h"
#include "race/report/write.h"

namespace kite::race {
namespace {

ReportFiles files_of(const Journal& journal) {
  auto files = report_files(journal);
  EXPECT_TRUE(files.ok()) << files.error().message();
  return files.ok() ? *files : ReportFiles{};
}

std::string file(const ReportFiles& files, const std::string& name) {
  for (const auto& [found, contents] : files) {
    if (found == name) return contents;
  }
  ADD_FAILURE() << "no file " << name;
  return "";
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// Commas outside quotes.
std::size_t fields_of(const std::string& line) {
  std::size_t fields = 1;
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') quoted = !quoted;
    if (c == ',' && !quoted) ++fields;
  }
  return fields;
}

TEST(report, has_the_same_bytes_each_time_and_in_every_locale) {
  const Journal journal = planted_journal({.rounds = 6, .planned_rounds = 6});
  const ReportFiles once = files_of(journal);
  std::setlocale(LC_ALL, "de_DE.UTF-8");
  const ReportFiles again = files_of(journal);
  std::setlocale(LC_ALL, "C");
  EXPECT_EQ(once, again);
}

TEST(report, csv_files_begin_with_their_contract) {
  const ReportFiles files = files_of(planted_journal({.rounds = 2, .planned_rounds = 2}));
  EXPECT_EQ(
      lines_of(file(files, "results.csv")).front(),
      "round,contestant,variant,model,track,mode,threads,status,wall_ms,label_ms,user_ms,system_ms,load_ms,first_ms,"
      "p50_ms,peak_rss_bytes,peak_anon_bytes");
  EXPECT_EQ(lines_of(file(files, "samples.csv")).front(),
            "round,contestant,variant,model,mode,picture,index,label,confidence,ms");
  for (const char* name : {"results.csv", "samples.csv", "counters.csv"}) {
    const auto lines = lines_of(file(files, name));
    ASSERT_GT(lines.size(), 1u);
    for (const auto& line : lines) EXPECT_EQ(fields_of(line), fields_of(lines.front())) << name << ": " << line;
  }
}

TEST(report, results_have_one_row_a_process_with_its_status) {
  const Journal journal = planted_journal({.rounds = 3, .planned_rounds = 3});
  const auto lines = lines_of(file(files_of(journal), "results.csv"));
  const auto processes = std::count_if(journal.processes.begin(), journal.processes.end(), [](const auto& process) {
    return process.purpose == Purpose::kRound || process.purpose == Purpose::kRerun;
  });
  EXPECT_EQ(lines.size(), static_cast<std::size_t>(processes) + 1);
  const auto with = [&](const std::string& part) {
    return std::count_if(lines.begin(), lines.end(),
                         [&](const auto& line) { return line.find(part) != std::string::npos; });
  };
  EXPECT_EQ(with(",failed,"), 3 * 3);       // crashy, three modes of the second model
  EXPECT_EQ(with(",unequal,"), 3 * 2 * 3);  // blurry everywhere
  EXPECT_GT(with(",ok,"), 0);
}

TEST(report, quotes_what_a_contestant_printed) {
  const auto text = file(files_of(planted_journal({.rounds = 1, .planned_rounds = 1})), "samples.csv");
  EXPECT_NE(text.find("\"Paper Kite, \"\"the\"\" one\""), std::string::npos);
}

TEST(report, json_files_parse_and_hold_no_number_that_is_none) {
  Journal journal = planted_journal({.rounds = 2, .planned_rounds = 2});
  // What a broken contestant may print: a NaN, an infinity, bytes that are no UTF-8.
  const double nan = std::numeric_limits<double>::quiet_NaN();
  auto& samples = std::find_if(journal.processes.begin(), journal.processes.end(), [](const auto& process) {
                    return process.purpose == Purpose::kRound && process.samples.size() > 3;
                  })->samples;
  samples[2].ms = nan;
  samples[3].ms = std::numeric_limits<double>::infinity();
  journal.plan.contestants[2].title = "bad \xff bytes";
  for (const auto& [name, contents] : files_of(journal)) {
    if (name.ends_with(".json")) {
      EXPECT_FALSE(nlohmann::json::parse(contents, nullptr, false).is_discarded()) << name;
    }
    for (const char* word : {"nan", "inf,", "-inf", "NaN", "Infinity"}) {
      EXPECT_EQ(contents.find(std::string(",") + word), std::string::npos) << name;
      EXPECT_EQ(contents.find(std::string(" ") + word + " "), std::string::npos) << name;
    }
  }
}

TEST(report, summary_has_the_keys_of_the_contract) {
  const auto summary = nlohmann::json::parse(file(files_of(planted_journal()), "summary.json"));
  EXPECT_EQ(summary["valid"], true);
  EXPECT_LT(summary["aa_floor"], 0.02);
  ASSERT_FALSE(summary["verdicts"].empty());
  bool reference_variant = false;
  for (const auto& row : summary["verdicts"]) {
    for (const char* key : {"model", "track", "mode", "measure", "threads", "contestant", "variant", "reference",
                            "reference_variant", "ratio", "ci", "n", "verdict", "resolution"}) {
      EXPECT_TRUE(row.contains(key)) << key;
    }
    EXPECT_EQ(row["ci"].size(), 2u);
    EXPECT_LE(row["ci"][0], row["ci"][1]);
    EXPECT_NE(row["contestant"], "blurry");
    EXPECT_NE(row["contestant"], "absent");
    reference_variant |= row["reference_variant"] != "";
  }
  EXPECT_FALSE(reference_variant);  // the reference has no other variant in this race
}

TEST(report, exports_count_a_process_as_one_run) {
  const ReportFiles files = files_of(planted_journal({.rounds = 5, .planned_rounds = 5}));
  const auto hyperfine = nlohmann::json::parse(file(files, "exports/hyperfine.json"));
  ASSERT_FALSE(hyperfine["results"].empty());
  for (const auto& result : hyperfine["results"]) {
    EXPECT_EQ(result["times"].size(), 5u);
    EXPECT_EQ(result["exit_codes"].size(), 5u);
    EXPECT_EQ(result["memory_usage_byte"].size(), 5u);
  }
  const auto google = nlohmann::json::parse(file(files, "exports/google-benchmark.json"));
  EXPECT_EQ(google["context"]["json_schema_version"], 1);
  for (const auto& entry : google["benchmarks"]) EXPECT_EQ(entry["repetitions"], 5);
  const auto pyperf = nlohmann::json::parse(file(files, "exports/pyperf.json"));
  for (const auto& benchmark : pyperf["benchmarks"]) EXPECT_EQ(benchmark["runs"].size(), 5u);
}

TEST(report, of_an_empty_journal_says_what_is_missing) {
  const ReportFiles files = files_of(Journal{});
  EXPECT_NE(file(files, "report.md").find("nothing was raced"), std::string::npos);
  const auto summary = nlohmann::json::parse(file(files, "summary.json"));
  EXPECT_EQ(summary["valid"], true) << "no workload is biased";
  EXPECT_TRUE(summary["aa_floor"].is_null());
  EXPECT_TRUE(summary["verdicts"].empty());
}

TEST(report, of_a_race_that_stopped_in_its_pilot_says_so) {
  const ReportFiles files = files_of(planted_journal({.stops_in_pilot = true}));
  const std::string text = file(files, "report.md");
  EXPECT_NE(text.find("stopped in its pilot"), std::string::npos);
  EXPECT_NE(text.find("Missing: every table"), std::string::npos);
  EXPECT_NE(text.find("--resume"), std::string::npos);
  EXPECT_EQ(lines_of(file(files, "results.csv")).size(), 1u);
}

TEST(report, is_written_whole_or_not_at_all) {
  const TestFolder folder;
  const Journal journal = planted_journal({.rounds = 1, .planned_rounds = 1});
  ASSERT_TRUE(write_report(journal, folder.path()).ok());
  std::size_t found = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path())) {
    if (!entry.is_regular_file()) continue;
    ++found;
    EXPECT_EQ(entry.path().extension() == ".part", false);
  }
  EXPECT_EQ(found, files_of(journal).size());
  const auto refused = write_report(journal, "/proc/no_such_folder");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kIo);
}

TEST(report, names_the_librarys_own_threads_in_words) {
  Journal journal = planted_journal({.rounds = 2, .planned_rounds = 2, .second_thread_count = true});
  for (CellRecord& cell : journal.plan.cells) {
    if (cell.threads == 1) cell.threads = 0;
  }
  const std::string text = file(files_of(journal), "report.md");
  EXPECT_EQ(text.find("0 thread"), std::string::npos);
  EXPECT_NE(text.find("the library's own"), std::string::npos);
}

TEST(report, has_a_picture_that_needs_no_page) {
  const ReportFiles files = files_of(planted_journal({.rounds = 2, .planned_rounds = 2}));
  const std::string svg = file(files, "summary.svg");
  EXPECT_TRUE(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
  for (const char* piece : {"<style>", "class=\"paper\"", "v-reference bar", "paperkite", "regnet_y_16gf, 2 threads"}) {
    EXPECT_NE(svg.find(piece), std::string::npos) << piece;
  }
  EXPECT_EQ(svg.find("<script"), std::string::npos);
  const ReportFiles none = files_of(Journal{});
  EXPECT_TRUE(std::none_of(none.begin(), none.end(), [](const auto& entry) { return entry.first == "summary.svg"; }));
}

TEST(report, rejects_a_journal_that_contradicts_itself) {
  Journal journal = planted_journal({.rounds = 1, .planned_rounds = 1});
  journal.processes.back().cell = 9999;
  EXPECT_FALSE(report_files(journal).ok());
  journal = planted_journal({.rounds = 1, .planned_rounds = 1});
  journal.plan.cells[0].contestant = "unknown";
  EXPECT_FALSE(report_files(journal).ok());
}

}  // namespace
}  // namespace kite::race
