// SPDX-License-Identifier: Apache-2.0
#include "race/journal/journal.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>

#include "base/test_folder.h"
#include "race/journal/json.h"

namespace kite::race {
namespace {

PlanRecord small_plan() {
  PlanRecord plan;
  plan.hash = "h1";
  plan.environment = "e1";
  plan.cells = {{0, "a", "m", Mode::kNoPre, 1, "a"}, {1, "b", "m", Mode::kNoPre, 1, "b"}};
  return plan;
}

ProcessRecord process(std::int32_t cell, std::int32_t round) {
  ProcessRecord record;
  record.cell = cell;
  record.round = round;
  record.samples = {{0, 1.5, 3, 0.5}};
  return record;
}

std::string slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void spill(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

class journal : public testing::Test {
 protected:
  TestFolder folder_;
  const std::string path_ = folder_ / "journal.jsonl";
};

TEST_F(journal, holds_what_was_appended) {
  {
    auto writer = JournalWriter::create(path_, small_plan());
    ASSERT_TRUE(writer.ok());
    ASSERT_TRUE(writer->append(process(1, 4)).ok());
    ASSERT_TRUE(writer->append(NoteRecord{NoteKind::kWarning, "m", "a note"}).ok());
    ASSERT_TRUE(writer->append(ParityRecord()).ok());
    ASSERT_TRUE(writer->append(DecisionRecord{12, {{1, 20}}, {}, "why", {}}).ok());
  }
  auto read = read_journal(path_);
  ASSERT_TRUE(read.ok()) << read.error().message();
  EXPECT_EQ(read->plan.hash, "h1");
  ASSERT_EQ(read->processes.size(), 1u);
  EXPECT_EQ(read->processes[0].round, 4);
  EXPECT_EQ(read->notes[0].text, "a note");
  EXPECT_EQ(read->parity.size(), 1u);
  EXPECT_EQ(read->decision->counts.at(1), 20);
  EXPECT_FALSE(read->torn);
}

TEST_F(journal, a_set_is_one_line_whose_processes_stand_among_the_others) {
  SetRecord set{1, 2, 0, {{0, 1, 0, 5, 4, 1, false}, {1, 1, 6, 5, 4, 1, false}}, {process(0, 2), process(1, 2)}};
  {
    auto writer = JournalWriter::create(path_, small_plan());
    ASSERT_TRUE(writer->append(process(1, 1)).ok());
    ASSERT_TRUE(writer->append(set).ok());
  }
  auto read = read_journal(path_);
  ASSERT_TRUE(read.ok()) << read.error().message();
  EXPECT_EQ(read->processes.size(), 3u);
  ASSERT_EQ(read->sets.size(), 1u);
  EXPECT_TRUE(read->sets[0].processes.empty());
  EXPECT_EQ(read->sets[0].blocks[1].begin_ns, 6);
  spill(path_, slurp(path_).substr(0, slurp(path_).size() - 3));  // an unfinished line of a set does not count
  EXPECT_EQ(read_journal(path_)->sets.size(), 0u);
  EXPECT_EQ(read_journal(path_)->processes.size(), 1u);
  set.blocks[0].cell = 9;
  EXPECT_FALSE(parse_journal(to_json(small_plan()) + '\n' + to_json(set) + '\n', "j").ok());
}

TEST_F(journal, resume_cuts_a_torn_line_wherever_it_was_torn) {
  {
    auto writer = JournalWriter::create(path_, small_plan());
    ASSERT_TRUE(writer->append(process(0, 1)).ok());
    ASSERT_TRUE(writer->append(process(1, 1)).ok());
  }
  const std::string whole = slurp(path_);
  std::size_t lines = 0;
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    if (length > 0 && whole[length - 1] == '\n') ++lines;
    spill(path_, whole.substr(0, length));
    if (lines > 0) {
      auto read = read_journal(path_);
      ASSERT_TRUE(read.ok()) << length;
      EXPECT_EQ(read->processes.size(), lines - 1);
      EXPECT_EQ(read->torn, whole[length - 1] != '\n');
    }
    auto opened = JournalWriter::resume(path_, small_plan());
    ASSERT_TRUE(opened.ok()) << length;
    EXPECT_EQ(opened->past.processes.size(), lines == 0 ? 0 : lines - 1);
    ASSERT_TRUE(opened->writer.append(process(1, 9)).ok());
    auto after = read_journal(path_);
    ASSERT_TRUE(after.ok()) << length;
    EXPECT_FALSE(after->torn);
    EXPECT_EQ(after->processes.size(), lines == 0 ? 1 : lines);
    EXPECT_EQ(after->processes.back().round, 9);
  }
}

TEST_F(journal, refuses_to_go_on_behind_another_plan) {
  {
    ASSERT_TRUE(JournalWriter::create(path_, small_plan()).ok());
  }
  const std::string before = slurp(path_);
  PlanRecord other = small_plan();
  other.hash = "h2";
  EXPECT_EQ(JournalWriter::resume(path_, other).error().code, ErrorCode::kUsage);
  other = small_plan();
  other.environment = "e2";
  EXPECT_EQ(JournalWriter::resume(path_, other).error().code, ErrorCode::kUsage);
  EXPECT_EQ(JournalWriter::create(path_, small_plan()).error().code, ErrorCode::kUsage);
  EXPECT_EQ(slurp(path_), before);
}

TEST_F(journal, two_writers_are_one_too_many) {
  auto first = JournalWriter::create(path_, small_plan());
  ASSERT_TRUE(first.ok());
  auto second = JournalWriter::resume(path_, small_plan());
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::kUsage);
}

TEST_F(journal, a_full_disk_is_an_error_and_leaves_whole_lines) {
  auto writer = JournalWriter::create(path_, small_plan());
  ASSERT_TRUE(writer->append(process(0, 1)).ok());
  const std::string before = slurp(path_);
  // A file size limit makes write() come back short, as a full disk does.
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit old_limit{};
  getrlimit(RLIMIT_FSIZE, &old_limit);
  const rlimit limit{before.size() + 10, old_limit.rlim_max};
  setrlimit(RLIMIT_FSIZE, &limit);
  const auto status = writer->append(process(1, 1));
  setrlimit(RLIMIT_FSIZE, &old_limit);
  std::signal(SIGXFSZ, old_handler);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kIo);
  EXPECT_EQ(slurp(path_), before);
  ASSERT_TRUE(writer->append(process(1, 1)).ok());
  EXPECT_EQ(read_journal(path_)->processes.size(), 2u);
}

TEST_F(journal, errors_name_the_line) {
  const std::string plan = to_json(small_plan()) + '\n';
  const std::string good = to_json(process(0, 1)) + '\n';
  const std::vector<std::pair<std::string, std::string>> cases = {
      {plan + good + "nonsense\n" + good, "line 3"},
      {plan + to_json(process(2, 1)) + '\n', "line 2"},
      {plan + to_json(process(-1, 1)) + '\n', "line 2"},
      {plan + plan, "line 2"},
      {good, "line 1"},
      {plan + "\n", "line 2"},
      {plan + to_json(DecisionRecord{1, {{7, 1}}, {}, {}, {}}) + '\n', "line 2"},
      {"{\"kind\":\"plan\",\"format\":2}\n", "line 1"},
      {"{\"kind\":\"plan\",\"cells\":[{\"id\":5}]}\n", "line 1"},
  };
  for (const auto& [text, where] : cases) {
    auto read = parse_journal(text, "journal.jsonl");
    ASSERT_FALSE(read.ok()) << text;
    EXPECT_NE(read.error().message().find(where), std::string::npos) << read.error().message();
  }
  EXPECT_FALSE(parse_journal("", "j").ok());
  EXPECT_FALSE(parse_journal(plan.substr(0, plan.size() - 1), "j").ok());
  EXPECT_EQ(read_journal(folder_ / "none").error().code, ErrorCode::kIo);
}

TEST_F(journal, mutated_files_never_crash_the_reader) {
  std::mt19937_64 random(7);
  const std::string whole =
      to_json(small_plan()) + '\n' + to_json(process(0, 1)) + '\n' + to_json(process(1, 1)) + '\n';
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  int read = 0;
  while (std::chrono::steady_clock::now() < until) {
    std::string text = whole;
    for (int edits = 1 + static_cast<int>(random() % 3); edits > 0; --edits) {
      text[random() % text.size()] = static_cast<char>(random());
      if (random() % 4 == 0) text.erase(random() % text.size(), random() % 20);
      if (text.empty()) text = " ";
    }
    auto parsed = parse_journal(text, "j");
    if (!parsed.ok()) continue;
    ++read;
    for (const ProcessRecord& record : parsed->processes) {
      ASSERT_LT(static_cast<std::size_t>(record.cell), parsed->plan.cells.size());
    }
  }
  EXPECT_GT(read, 0);
}

// Lines as races wrote them before notes had kinds and before the machine's facts were members.
constexpr std::string_view kOlderJournal =
    R"lines({"kind":"plan","format":1,"reference":"kite","machine":{"arguments":"--models m1 m10","huge pages":"madvise","kernel":"Linux 6.1","processor":"X","room":"cellar"},"models":[{"id":"m1"},{"id":"m10"}],"cells":[{"id":0,"contestant":"kite","model":"m1","mode":"oneshot","threads":1}]}
{"kind":"process","cell":0,"round":1,"purpose":"round","status":"timeout","reason":"ran longer than 120 s"}
{"kind":"note","text":"interrupted"}
{"kind":"note","text":"resumed"}
{"kind":"note","text":"judge of m10: kite on all 20 pictures"}
{"kind":"note","text":"invalid: the judge of m10 disagrees with 2 independent runtimes (a, b)"}
{"kind":"note","text":"invalid: the reference kite disagrees with the oracle on m1: a logit is off by 2"}
{"kind":"note","text":"invalid: the reference kite cannot run m1 in no_pre"}
{"kind":"note","text":"given up: slow, 3 failures in a row; the last one: interrupted"}
)lines";

TEST(older_journal, its_notes_get_a_kind_and_a_model_once) {
  const auto read = parse_journal(kOlderJournal, "older");
  ASSERT_TRUE(read.ok()) << read.error().message();
  const NoteRecord expected[] = {
      {NoteKind::kInterrupted, "", "interrupted"},
      {NoteKind::kResumed, "", "resumed"},
      {NoteKind::kJudge, "m10", "judge of m10: kite on all 20 pictures"},
      {NoteKind::kUnranked, "m10", "the judge of m10 disagrees with 2 independent runtimes (a, b)"},
      {NoteKind::kUnranked, "m1", "the reference kite disagrees with the oracle on m1: a logit is off by 2"},
      {NoteKind::kWarning, "", "the reference kite cannot run m1 in no_pre"},
      {NoteKind::kWarning, "", "given up: slow, 3 failures in a row; the last one: interrupted"},
  };
  ASSERT_EQ(read->notes.size(), std::size(expected));
  for (std::size_t i = 0; i < std::size(expected); ++i) {
    EXPECT_EQ(read->notes[i].kind, expected[i].kind) << expected[i].text;
    EXPECT_EQ(read->notes[i].model, expected[i].model) << expected[i].text;
    EXPECT_EQ(read->notes[i].text, expected[i].text);
  }
}

TEST(older_journal, its_machine_is_read_fact_by_fact) {
  const auto read = parse_journal(kOlderJournal, "older");
  ASSERT_TRUE(read.ok()) << read.error().message();
  EXPECT_EQ(read->plan.machine.processor, "X");
  EXPECT_EQ(read->plan.machine.huge_pages, "madvise");
  EXPECT_EQ(read->plan.machine.arguments, "--models m1 m10");
  EXPECT_EQ(read->plan.machine.governor, "");
  EXPECT_EQ(read->processes[0].status, Outcome::kTimeout);
}

}  // namespace
}  // namespace kite::race
