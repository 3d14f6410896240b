// SPDX-License-Identifier: Apache-2.0
#include "race/report/profiles.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/test_folder.h"
#include "race/journal/profile_info.h"
#include "race/report/analysis/planted_journal.h"
#include "race/report/document/report.h"
#include "race/report/render/html.h"

namespace kite::race {
namespace {

namespace fs = std::filesystem;

class ProfileFilesTest : public testing::Test {
 protected:
  void SetUp() override {
    write("profiles/a.folded", "main;<b>\"conv\" 3\nmain;gemm 1\n");
    write("profiles/a.memory.csv", "ms,rss_anon_bytes,rss_file_bytes\n0,1048576,0\n10,2097152,0\n");
  }
  void write(const std::string& name, const std::string& text) { folder_.write(name, text); }

  static Journal journal_with(const std::string& stacks, const std::string& memory) {
    Journal journal = planted_journal();
    ProcessRecord record;
    record.purpose = Purpose::kProfile;
    record.info = {{kProfileStacks, stacks}, {kProfileMemory, memory}, {kProfileSampler, "perf"}};
    journal.processes.push_back(record);
    return journal;
  }

  TestFolder folder_;
};

TEST_F(ProfileFilesTest, a_flame_graph_of_its_own_and_a_page_are_made_from_the_data) {
  const ReportFiles files = profile_files(journal_with("profiles/a.folded", "profiles/a.memory.csv"), folder_.path());
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(files[0].first, "profiles/a.svg");
  for (const char* piece : {"data-name=\"&lt;b&gt;&quot;conv&quot;\"", "<style>", "Find a function", "</svg>"}) {
    EXPECT_NE(files[0].second.find(piece), std::string::npos) << piece;
  }
  EXPECT_EQ(files[1].first, "profiles.html");
  for (const char* piece : {"75.0", "profiles/a.svg", "Memory over time", "&lt;b&gt;&quot;conv&quot;"}) {
    EXPECT_NE(files[1].second.find(piece), std::string::npos) << piece;
  }
  EXPECT_EQ(files[1].second.find("<b>\"conv\""), std::string::npos);
}

TEST_F(ProfileFilesTest, only_files_below_profiles_are_read_and_what_cannot_be_is_named) {
  write("outside.folded", "secret 1\n");
  for (const char* name : {"profiles/../outside.folded", "outside.folded", "/etc/passwd", "profiles/",
                           "profiles/.folded", "profiles/absent.folded", "profiles/a.memory.csv", ""}) {
    const ReportFiles files = profile_files(journal_with(name, "profiles/absent.memory.csv"), folder_.path());
    ASSERT_EQ(files.size(), 1u) << name;
    EXPECT_EQ(files[0].second.find("secret"), std::string::npos) << name;
    EXPECT_NE(files[0].second.find("cannot be read"), std::string::npos) << name;
  }
}

TEST_F(ProfileFilesTest, a_race_without_profiles_has_neither_page_nor_section) {
  const Journal plain = planted_journal();
  EXPECT_TRUE(profile_files(plain, folder_.path()).empty());
  const auto page = [](const Journal& journal) {
    const auto analysis = analyse(journal);
    return analysis.ok() ? html_page(report_document(*analysis, journal)) : std::string();
  };
  EXPECT_EQ(page(plain).find("profiles.html"), std::string::npos);
  EXPECT_NE(page(journal_with("profiles/a.folded", "")).find("profiles.html"), std::string::npos);
}

TEST_F(ProfileFilesTest, a_profiled_process_changes_no_number_of_the_report) {
  Journal profiled = journal_with("profiles/a.folded", "");
  profiled.processes.back().wall_ns = 1;
  profiled.processes.back().status = Outcome::kFailed;
  const auto with = report_files(profiled), without = report_files(planted_journal());
  ASSERT_TRUE(with.ok() && without.ok());
  for (std::size_t i = 0; i < with->size(); ++i) {
    if ((*with)[i].first == "report.html" || (*with)[i].first == "report.md") continue;
    EXPECT_EQ((*with)[i].second, (*without)[i].second) << (*with)[i].first;
  }
}

}  // namespace
}  // namespace kite::race
