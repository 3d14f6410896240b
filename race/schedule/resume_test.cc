// SPDX-License-Identifier: Apache-2.0
// A race that is killed or interrupted at any point, and then resumed, has the same rows as one
// that was not interrupted.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "base/test_folder.h"
#include "race/schedule/mock_runner.h"
#include "race/schedule/rounds.h"

namespace kite::race {
namespace {

using Row = std::tuple<Purpose, std::int32_t, std::int32_t, std::int32_t, std::int64_t, std::size_t>;

std::vector<Row> rows_of(const Journal& journal) {
  std::vector<Row> rows;
  for (const ProcessRecord& r : journal.processes) {
    rows.emplace_back(r.purpose, r.round, r.cell, r.position, r.wall_ns, r.samples.size());
  }
  return rows;
}

std::string slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class resume : public testing::Test {
 protected:
  RaceSetup setup() {
    RaceSetup made = mock_setup(folder_.path(), {"kite", "never"}, 1, 12);
    made.plan.rounds = 3;
    made.pilot_rounds = 1;
    made.oracle_seconds = 0;
    return made;
  }

  static void script(MockRunner& runner) {
    runner.contestants["never"].fails_from = 0;
    runner.meddle = [](const ProcessRequest& request, ProcessRecord& record) {
      if (request.purpose == Purpose::kRound && request.round == 2 && request.cell.id == 1) record.flags = {"steal"};
    };
  }

  Journal run(RaceSetup& made, MockRunner& runner, RaceEnd expected) {
    auto opened = JournalWriter::resume(path_, made.plan);
    EXPECT_TRUE(opened.ok()) << opened.error().message();
    auto end = run_race(made, std::move(opened->past), opened->writer, runner);
    EXPECT_TRUE(end.ok()) << end.error().message();
    if (end.ok()) {
      EXPECT_EQ(*end, expected);
    }
    return std::move(read_journal(path_)).value();
  }

  TestFolder folder_;
  const std::string path_ = folder_ / "journal.jsonl";
};

TEST_F(resume, after_a_kill_at_any_line_or_in_it_leads_to_the_same_rows) {
  RaceSetup made = setup();
  MockRunner whole_runner;
  script(whole_runner);
  const Journal whole = run(made, whole_runner, RaceEnd::kFinished);
  const std::string text = slurp(path_);
  ASSERT_GT(whole.processes.size(), 25u);
  std::size_t lines = 0;
  for (std::size_t at = 0; at != std::string::npos && at < text.size(); ++lines) {
    const std::size_t end = text.find('\n', at) + 1;
    for (const std::size_t kept : {at, at + (end - at) / 2}) {  // at the boundary, and in mid-line
      if (kept != at && lines % 3 != 0) continue;
      std::ofstream(path_, std::ios::binary | std::ios::trunc) << text.substr(0, kept);
      if (lines % 7 == 0) std::filesystem::remove(made.work + "/pass-1-logits.npy");  // the reference's
      MockRunner runner;
      script(runner);
      const Journal resumed = run(made, runner, RaceEnd::kFinished);
      ASSERT_EQ(rows_of(resumed), rows_of(whole)) << "line " << lines;
      ASSERT_EQ(resumed.parity.size(), whole.parity.size()) << "line " << lines;
      ASSERT_EQ(resumed.decision->counts, whole.decision->counts);
      ASSERT_EQ(resumed.decision->rounds, whole.decision->rounds);
    }
    at = end;
  }
  EXPECT_GT(lines, 25u);
}

TEST_F(resume, of_a_finished_race_runs_nothing) {
  RaceSetup made = setup();
  MockRunner first;
  script(first);
  const Journal whole = run(made, first, RaceEnd::kFinished);
  MockRunner second;
  script(second);
  const Journal again = run(made, second, RaceEnd::kFinished);
  EXPECT_TRUE(second.requests.empty());
  EXPECT_EQ(rows_of(again), rows_of(whole));
}

TEST_F(resume, an_interrupted_race_ends_cleanly_and_loses_only_the_process_that_ran) {
  RaceSetup made = setup();
  MockRunner reference;
  script(reference);
  const auto expected = rows_of(run(made, reference, RaceEnd::kFinished));
  for (std::size_t after = 1; after <= 17; after += 4) {  // of sets: heats_test.cc
    std::filesystem::remove_all(folder_.path());
    RaceSetup again = setup();
    std::atomic<bool> stop = false;
    again.interrupted = &stop;
    MockRunner runner;
    script(runner);
    const auto meddle = runner.meddle;
    runner.meddle = [&](const ProcessRequest& request, ProcessRecord& record) {
      meddle(request, record);
      if (runner.requests.size() != after) return;
      stop = true;
      record.status = Outcome::kFailed;  // killed with us
    };
    const Journal partial = run(again, runner, RaceEnd::kInterrupted);
    EXPECT_EQ(partial.notes.back().kind, NoteKind::kInterrupted);
    EXPECT_EQ(std::count_if(partial.processes.begin(), partial.processes.end(),
                            [](const ProcessRecord& record) { return record.position >= 0; }),
              static_cast<std::ptrdiff_t>(after - 1));
    stop = false;
    MockRunner rest;
    script(rest);
    EXPECT_EQ(rows_of(run(again, rest, RaceEnd::kFinished)), expected) << after;
  }
}

}  // namespace
}  // namespace kite::race
