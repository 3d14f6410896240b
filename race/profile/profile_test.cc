// SPDX-License-Identifier: Apache-2.0
// The order of samplers. Instead of perf and py-spy, programs run that print what the test needs.
#include "race/profile/profile.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/test_folder.h"
#include "race/journal/profile_info.h"
#include "race/spawn/spawner.h"

namespace kite::race {
namespace {

namespace fs = std::filesystem;

class ProfileTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(folder_ / "bin");
    path_ = std::getenv("PATH") != nullptr ? std::getenv("PATH") : "";
    ::setenv("PATH", (folder_ / "bin").c_str(), 1);  // so that only the test's own tools are found
    auto started = Spawner::start();
    ASSERT_TRUE(started.ok()) << started.error().message();
    spawner_.emplace(std::move(*started));
  }
  void TearDown() override { ::setenv("PATH", path_.c_str(), 1); }

  void tool(const std::string& name, const std::string& script) {
    const std::string file = folder_ / "bin/" + name;
    std::ofstream(file) << "#!/bin/sh\nPATH=/bin:/usr/bin\n" << script;
    ::chmod(file.c_str(), 0755);
  }
  // Records by running the command behind "--"; prints one stack for a dwarf profile and another for frame pointers.
  void fake_perf(const std::string& dwarf_frame, const std::string& pointer_frame) {
    tool("perf",
         "if [ $1 = script ]; then cat ${0%/*}/printed; exit; fi\n"
         "frame='" +
             pointer_frame + "'; for word in \"$@\"; do [ $word = dwarf,16384 ] && frame='" + dwarf_frame +
             "'; done\n"
             "printf 'program \\n\\t 12 %s\\n\\n' \"$frame\" > ${0%/*}/printed\n"
             "while [ $1 != -- ]; do [ $1 = -o ] && : > $2; shift; done; shift; exec \"$@\"\n");
  }

  ProcessRecord profile(std::vector<std::string> argv) {
    ProfileRequest request;
    request.cell.id = 3;
    request.cell.contestant = "peer:variant@default";
    request.cell.model = "../model";
    request.cell.mode = Mode::kNoPre;
    request.argv = std::move(argv);
    request.folder = folder_.path();
    request.timeout_s = 20;
    auto record = profile_process(*spawner_, request);
    if (record.ok()) return std::move(*record);
    ADD_FAILURE() << record.error().message();
    return {};
  }
  std::string contents(const std::string& name) {
    std::ostringstream text;
    text << std::ifstream(folder_ / name).rdbuf();
    return std::move(text).str();
  }

  TestFolder folder_;
  std::string path_;
  std::optional<Spawner> spawner_;
};

const std::vector<std::string> kSleep = {"/bin/sleep", "0.1"};

TEST_F(ProfileTest, without_a_sampler_the_memory_is_watched_and_the_reason_given) {
  const ProcessRecord record = profile(kSleep);
  EXPECT_EQ(record.status, Outcome::kMissing);
  EXPECT_NE(record.reason.find("perf is not installed"), std::string::npos) << record.reason;
  EXPECT_EQ(record.purpose, Purpose::kProfile);
  EXPECT_EQ(record.cell, 3);
  EXPECT_FALSE(record.info.contains(kProfileStacks));
  ASSERT_EQ(record.info.at(kProfileMemory), "profiles/peer.variant_default-.._model.memory.csv");
  EXPECT_GT(contents(record.info.at(kProfileMemory)).size(), 60u);
}

TEST_F(ProfileTest, stacks_with_names_are_kept_at_once) {
  fake_perf("by_dwarf (/bin/a)", "by_pointer (/bin/a)");
  const ProcessRecord record = profile(kSleep);
  EXPECT_EQ(record.status, Outcome::kOk) << record.reason;
  EXPECT_EQ(record.argv, kSleep);
  EXPECT_EQ(contents(record.info.at(kProfileStacks)), "by_dwarf 1\n");
  EXPECT_EQ(record.info.at(kProfileSamples), "1");
  EXPECT_FALSE(record.info.contains(kProfileLacks));
  EXPECT_FALSE(fs::exists(folder_ / "profiles/peer.variant_default-.._model.samples"));
}

TEST_F(ProfileTest, frame_pointers_are_tried_where_dwarf_gives_no_names) {
  fake_perf("[unknown] (/bin/a)", "by_pointer (/bin/a)");
  const ProcessRecord record = profile(kSleep);
  EXPECT_EQ(contents(record.info.at(kProfileStacks)), "by_pointer 1\n");
  EXPECT_NE(record.info.at(kProfileSampler).find("frame pointers"), std::string::npos);
}

TEST_F(ProfileTest, the_library_is_named_where_nothing_gives_names) {
  fake_perf("[unknown] (/bin/a)", "[unknown] ([unknown])");
  EXPECT_EQ(contents(profile(kSleep).info.at(kProfileStacks)), "[a] 1\n");
}

TEST_F(ProfileTest, perf_takes_over_where_py_spy_is_refused_and_the_record_says_so) {
  fake_perf("by_dwarf (/bin/a)", "by_pointer (/bin/a)");
  tool("py-spy", "echo 'Permission Denied: Try running again with elevated permissions' >&2; exit 1\n");
  tool("python3", "exec sleep 0.1\n");
  const ProcessRecord record = profile({folder_ / "bin/python3", "contestant.py"});
  EXPECT_EQ(record.status, Outcome::kOk) << record.reason;
  EXPECT_EQ(contents(record.info.at(kProfileStacks)), "by_dwarf 1\n");
  EXPECT_NE(record.info.at(kProfileLacks).find("Permission Denied"), std::string::npos)
      << record.info.at(kProfileLacks);
}

TEST_F(ProfileTest, a_sampler_that_takes_nothing_is_a_failure_with_its_reason) {
  tool("perf", "[ $1 = script ] || exit 0\n");
  const ProcessRecord record = profile(kSleep);
  EXPECT_EQ(record.status, Outcome::kFailed);
  EXPECT_NE(record.reason.find("no sample was taken"), std::string::npos) << record.reason;
}

TEST_F(ProfileTest, a_contestant_that_fails_is_a_failure) {
  fake_perf("f (/bin/a)", "f (/bin/a)");
  const ProcessRecord record = profile({"/bin/sh", "-c", "echo no model >&2; exit 3"});
  EXPECT_EQ(record.status, Outcome::kFailed);
  EXPECT_EQ(record.exit_code, 3);
  EXPECT_FALSE(record.info.contains(kProfileStacks));
}

TEST(CellsToProfile, are_no_pre_and_where_imports_matter_oneshot_and_never_the_control) {
  PlanRecord plan;
  for (const auto& [id, language, control] :
       {std::tuple("a", "Python", false), std::tuple("control", "Python", true), std::tuple("k", "C++", false),
        std::tuple("line", "", false), std::tuple("inc", "C++", false)}) {
    ContestantRecord contestant;
    contestant.id = id;
    contestant.language = language;
    contestant.control = control;
    plan.contestants.push_back(contestant);
  }
  const auto cell = [&plan](const char* contestant, Mode mode) {
    plan.cells.push_back({static_cast<std::int32_t>(plan.cells.size()), contestant, "m", mode, 1, ""});
  };
  cell("a", Mode::kOneshot);      // 0
  cell("a", Mode::kNoPre);        // 1
  cell("a", Mode::kNoPre);        // 2
  cell("control", Mode::kNoPre);  // 3
  cell("k", Mode::kOneshot);      // 4
  cell("k", Mode::kNoPre);        // 5
  cell("line", Mode::kOneshot);   // 6
  cell("inc", Mode::kIncPre);     // 7
  EXPECT_EQ(cells_to_profile(plan), (std::vector<std::int32_t>{1, 0, 5, 6, 7}));
  EXPECT_EQ(profile_name(plan.cells[0]), "a-m-oneshot");
  EXPECT_EQ(profile_name(plan.cells[1]), "a-m");
}

}  // namespace
}  // namespace kite::race
