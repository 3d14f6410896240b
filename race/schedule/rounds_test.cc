// SPDX-License-Identifier: Apache-2.0
#include "race/schedule/rounds.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "base/test_folder.h"
#include "race/schedule/mock_runner.h"
#include "race/schedule/pilot.h"

namespace kite::race {
namespace {

class rounds : public testing::Test {
 protected:
  // Runs the race to its end (or interruption) and reads its journal back.
  Journal race(RaceSetup& setup, MockRunner& runner, RaceEnd expected = RaceEnd::kFinished) {
    auto opened = JournalWriter::resume(folder_ / "journal.jsonl", setup.plan);
    EXPECT_TRUE(opened.ok()) << opened.error().message();
    auto end = run_race(setup, std::move(opened->past), opened->writer, runner);
    EXPECT_TRUE(end.ok()) << end.error().message();
    if (end.ok()) {
      EXPECT_EQ(*end, expected);
    }
    return std::move(read_journal(folder_ / "journal.jsonl")).value();
  }

  TestFolder folder_;
};

std::vector<ProcessRecord> of(const Journal& journal, Purpose purpose) {
  std::vector<ProcessRecord> found;
  for (const ProcessRecord& record : journal.processes) {
    if (record.purpose == purpose) found.push_back(record);
  }
  return found;
}

bool has_note(const Journal& journal, NoteKind kind, const std::string& beginning) {
  return std::any_of(journal.notes.begin(), journal.notes.end(),
                     [&](const NoteRecord& note) { return note.kind == kind && note.text.starts_with(beginning); });
}

TEST_F(rounds, run_whole_programs_with_the_reference_between_in_a_balanced_order) {
  RaceSetup setup = mock_setup(folder_.path(), {"kite", "a", "b", "c"}, 1, 40);
  setup.plan.rounds = 8;  // two squares of three contestants and the control
  MockRunner runner;
  const Journal journal = race(setup, runner);
  const auto raced = of(journal, Purpose::kRound);
  ASSERT_EQ(raced.size(), 7u * 8);
  std::map<std::pair<int, int>, int> places;
  for (std::size_t i = 0; i < raced.size(); ++i) {
    EXPECT_EQ(raced[i].round, static_cast<int>(i / 7) + 1);
    EXPECT_EQ(raced[i].position, static_cast<int>(i % 7));
    EXPECT_EQ(setup.plan.cells[static_cast<std::size_t>(raced[i].cell)].mode, Mode::kOneshot);
    EXPECT_EQ(raced[i].cell == 0, i % 7 % 3 == 0);  // R C C R C C R
    EXPECT_EQ(raced[i].status, Outcome::kOk);
    if (raced[i].cell != 0) ++places[{raced[i].cell, raced[i].position}];
  }
  EXPECT_EQ(places.size(), 16u);
  for (const auto& [key, n] : places) EXPECT_EQ(n, 2);
  EXPECT_EQ(of(journal, Purpose::kPilot).size(), 7u * 5);
  EXPECT_EQ(of(journal, Purpose::kPass).size(), 8u);  // without the control
  EXPECT_EQ(of(journal, Purpose::kMemory).size(), 5u);
  EXPECT_EQ(journal.decision->heats.size(), 2u);
}

TEST_F(rounds, finish_one_model_before_the_next_within_a_round) {
  RaceSetup setup = mock_setup(folder_.path(), {"kite", "a"}, 3, 4);
  setup.plan.rounds = 2;
  MockRunner runner;
  const auto raced = of(race(setup, runner), Purpose::kRound);
  ASSERT_EQ(raced.size(), 2u * 3 * 4);
  for (std::size_t i = 0; i < raced.size(); ++i) {
    const auto model = [&](std::size_t at) { return setup.plan.cells[static_cast<std::size_t>(raced[at].cell)].model; };
    EXPECT_EQ(model(i), model(i / 4 * 4));
  }
}

TEST_F(rounds, who_fails_three_times_is_given_up_and_the_others_go_on) {
  RaceSetup setup = mock_setup(folder_.path(), {"kite", "late", "never"}, 1, 10);
  setup.plan.rounds = 6;
  MockRunner runner;
  runner.contestants["late"].fails_from = 2 + 5 + 2;  // after its passes, the pilot, and two rounds
  runner.contestants["never"].fails_from = 0;
  const Journal journal = race(setup, runner);
  std::map<std::string, int> failed, ok;
  for (const ProcessRecord& record : journal.processes) {
    if (record.position < 0) continue;  // nothing was run
    ++(record.status == Outcome::kOk ? ok : failed)[setup.plan.cells[static_cast<std::size_t>(record.cell)].contestant];
  }
  EXPECT_EQ(failed["never"], 3);
  EXPECT_EQ(ok["late"], 9);
  EXPECT_EQ(failed["late"], 3 * 3);  // as a whole program, and in both heats
  EXPECT_EQ(ok["control"], 5 + 6 + 1 + 6 + 6);
  EXPECT_TRUE(has_note(journal, NoteKind::kWarning, "given up: never,"));
  EXPECT_TRUE(has_note(journal, NoteKind::kWarning, "given up: late on m0 (no_pre)"));
  EXPECT_FALSE(has_note(journal, NoteKind::kUnranked, ""));
}

TEST_F(rounds, end_in_one_count_of_instructions_for_each_plain_variant) {
  RaceSetup setup = mock_setup(folder_.path(), {"kite", "kite:no-plan"}, 2, 40);
  setup.plan.rounds = 1;
  setup.count_instructions = true;
  MockRunner runner;
  const Journal journal = race(setup, runner);
  const auto counted = of(journal, Purpose::kInstructions);
  ASSERT_EQ(counted.size(), 1u);
  const CellRecord& cell = setup.plan.cells[static_cast<std::size_t>(counted.front().cell)];
  EXPECT_EQ(cell.contestant, setup.plan.contestants[0].id);
  EXPECT_EQ(cell.model, setup.plan.models[0].id);
  EXPECT_EQ(cell.mode, Mode::kOneshot);
  EXPECT_EQ(journal.processes.back().purpose, Purpose::kInstructions);
}

TEST_F(rounds, passes_come_first_and_are_judged) {
  RaceSetup setup = mock_setup(folder_.path(), {"kite", "ort", "bad"}, 1, 40);
  setup.plan.rounds = 1;
  setup.oracle_seconds = 5.5;
  MockRunner runner;
  runner.contestants["bad"].logit_error = 0.01;
  const Journal journal = race(setup, runner);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(journal.processes[i].purpose, Purpose::kPass);
  EXPECT_EQ(journal.processes[0].samples.size(), 40u);
  EXPECT_EQ(runner.unmeasured, 5);
  ASSERT_EQ(journal.parity.size(), 8u);  // 4 contestants, 2 modes
  for (const ParityRecord& parity : journal.parity) {
    EXPECT_EQ(parity.equal, parity.contestant != "bad" || parity.mode == Mode::kIncPre)
        << parity.contestant << parity.reason;
    EXPECT_EQ(parity.pictures, 40);
    EXPECT_NE(parity.judge.find("5 pictures"), std::string::npos) << parity.judge;
  }
  EXPECT_FALSE(has_note(journal, NoteKind::kUnranked, ""));
  EXPECT_TRUE(has_note(journal, NoteKind::kJudge, "judge of m0"));
  // An unequal contestant is still measured.
  const auto raced = of(journal, Purpose::kRound);
  EXPECT_EQ(std::count_if(raced.begin(), raced.end(),
                          [&](const ProcessRecord& record) {
                            return setup.plan.cells[static_cast<std::size_t>(record.cell)].contestant == "bad";
                          }),
            1);
}

TEST_F(rounds, two_runtimes_against_the_judge_make_the_race_invalid) {
  RaceSetup setup = mock_setup(folder_.path(), {"kite", "a", "b"}, 1, 10);
  setup.plan.rounds = 1;
  MockRunner runner;
  runner.contestants["a"].logit_error = runner.contestants["b"].logit_error = 0.01;
  EXPECT_TRUE(has_note(race(setup, runner), NoteKind::kUnranked,
                       "the judge of m0 disagrees with 2 independent runtimes (a, b)"));
}

TEST_F(rounds, a_reference_that_disagrees_with_the_oracle_does_not_judge) {
  RaceSetup setup = mock_setup(folder_.path(), {"kite", "a"}, 1, 10);
  setup.plan.rounds = 1;
  setup.oracle_seconds = 0;
  MockRunner runner;
  runner.contestants["kite"].logit_error = 0.01;
  const Journal journal = race(setup, runner);
  EXPECT_TRUE(has_note(journal, NoteKind::kUnranked, "the reference kite disagrees"));
  EXPECT_EQ(runner.unmeasured, 2);
  for (const ParityRecord& parity : journal.parity) EXPECT_EQ(parity.pictures, 2);
}

TEST_F(rounds, the_pilot_decides_on_rounds_and_samples) {
  RaceSetup setup = mock_setup(folder_.path(), {"kite", "ort"}, 1, 400);
  MockRunner runner;
  runner.contestants["ort"].process_sd = 0.06;
  const Journal journal = race(setup, runner);
  ASSERT_TRUE(journal.decision.has_value());
  EXPECT_GT(journal.decision->rounds, kMinRounds);
  EXPECT_LE(journal.decision->rounds, kMaxRounds);
  EXPECT_EQ(of(journal, Purpose::kRound).size(), 4u * static_cast<std::size_t>(journal.decision->rounds));
  EXPECT_NE(journal.decision->why.find("no budget"), std::string::npos);
}

TEST_F(rounds, the_budget_is_kept) {
  RaceSetup setup = mock_setup(folder_.path(), {"kite", "ort", "ort:slow"}, 1, 1000);
  setup.plan.budget_minutes = 3;
  MockRunner runner;
  for (const char* id : {"kite", "ort", "control"}) runner.contestants[id] = {800, 20};
  runner.contestants["ort:slow"] = {4000, 100};
  setup.oracle_seconds = 2;
  const std::int64_t begin_ns = runner.now_ns();
  const Journal journal = race(setup, runner);
  EXPECT_FALSE(journal.decision->cut.empty());
  EXPECT_FALSE(journal.decision->why.empty());
  EXPECT_TRUE(has_note(journal, NoteKind::kWarning, "parity on m0 is judged on the first"));
  EXPECT_TRUE(static_cast<double>(runner.now_ns() - begin_ns) * 1e-9 < 180 * 1.15 ||
              journal.decision->why.find("exceeds") != std::string::npos);
}

TEST_F(rounds, what_cannot_run_is_a_row) {
  RaceSetup setup = mock_setup(folder_.path(), {"kite", "ort"}, 1, 10);
  setup.plan.rounds = 2;
  for (std::size_t i = 0; i < setup.cells.size(); ++i) {
    if (setup.plan.cells[i].contestant == "ort") setup.cells[i].unready = "not set up: kite race setup ort";
  }
  MockRunner runner;
  const Journal journal = race(setup, runner);
  EXPECT_EQ(std::count_if(journal.processes.begin(), journal.processes.end(),
                          [](const ProcessRecord& r) { return r.status == Outcome::kMissing; }),
            3);
  for (const ProcessRequest& request : runner.requests) EXPECT_NE(request.cell.contestant, "ort");
}

TEST_F(rounds, who_is_given_up_before_the_first_round_is_a_row_as_well) {
  RaceSetup setup = mock_setup(folder_.path(), {"kite", "never"}, 1, 10);
  setup.plan.rounds = 2;
  MockRunner runner;
  runner.contestants["never"].fails_from = 0;
  const Journal journal = race(setup, runner);
  std::set<std::int32_t> cells;
  for (const ProcessRecord& record : of(journal, Purpose::kRound)) {
    if (setup.plan.cells[static_cast<std::size_t>(record.cell)].contestant != "never") continue;
    EXPECT_EQ(record.status, Outcome::kFailed);
    EXPECT_EQ(record.reason, "given up before its first round: exit code 1");
    EXPECT_EQ(record.position, -1);
    EXPECT_TRUE(cells.insert(record.cell).second);
  }
  EXPECT_EQ(cells.size(), 3u);
}

TEST_F(rounds, answers_that_change_after_the_pass_are_unequal) {
  RaceSetup setup = mock_setup(folder_.path(), {"kite", "cheat"}, 1, 50);
  setup.plan.rounds = 2;
  MockRunner runner;
  runner.meddle = [](const ProcessRequest& request, ProcessRecord& record) {
    if (request.cell.contestant != "cheat" || request.purpose != Purpose::kRound) return;
    for (Sample& sample : record.samples) sample.index = 1;
    if (request.cell.mode == Mode::kOneshot) record.answer_index = 3;
  };
  for (const ProcessRecord& record : of(race(setup, runner), Purpose::kRound)) {
    const bool cheat = setup.plan.cells[static_cast<std::size_t>(record.cell)].contestant == "cheat";
    EXPECT_EQ(record.status, cheat ? Outcome::kUnequal : Outcome::kOk) << record.reason;
  }
}

TEST_F(rounds, any_program_gets_the_labels_that_its_answer_is_looked_for_with) {
  RaceSetup setup = mock_setup(folder_.path(), {"kite", "ort"}, 1, 10);
  setup.plan.rounds = 1;
  setup.plan.contestants[1].peer.clear();
  setup.models[0].labels = {"cat", "dog"};
  MockRunner runner;
  race(setup, runner);
  for (const ProcessRequest& request : runner.requests) {
    // Its inference is timed by the protocol as well.
    const bool speaks = request.cell.contestant != "ort" || request.cell.mode != Mode::kOneshot;
    EXPECT_EQ(request.speaks_protocol, speaks);
    EXPECT_EQ(request.labels.size(), speaks ? 0u : 2u);
  }
}

struct Seen : ProgressSink {
  void starts(const Progress& progress) override { all.push_back(progress); }
  void ended(const ProcessRecord&) override { ++done; }
  void noted(const NoteRecord& note) override { notes.push_back(note.text); }
  std::vector<Progress> all;
  std::vector<std::string> notes;
  int done = 0;
};

TEST_F(rounds, progress_counts_to_its_total) {
  RaceSetup setup = mock_setup(folder_.path(), {"kite", "ort"}, 1, 10);
  setup.plan.rounds = 10;
  MockRunner runner;
  Seen seen;
  auto opened = JournalWriter::resume(folder_ / "journal.jsonl", setup.plan);
  ASSERT_TRUE(run_race(setup, opened->past, opened->writer, runner, &seen).ok());
  ASSERT_FALSE(seen.all.empty());
  EXPECT_EQ(seen.all.back().done + 1, seen.all.back().total);
  EXPECT_EQ(seen.done, seen.all.back().total);
  for (std::size_t i = 1; i < seen.all.size(); ++i) EXPECT_EQ(seen.all[i].done, seen.all[i - 1].done + 1);
  const Progress& late = seen.all[seen.all.size() - 30];
  EXPECT_GT(late.seconds_left, 0);
  EXPECT_EQ(late.rounds, 10);
  EXPECT_FALSE(seen.notes.empty());
}

}  // namespace
}  // namespace kite::race
