// SPDX-License-Identifier: Apache-2.0
// Real processes, each a few lines of shell, that obey or misbehave.
#include "race/schedule/live_run.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <optional>
#include <string>

#include "base/test_folder.h"
#include "race/spawn/spawner.h"

namespace kite::race {
namespace {

// Ready after `before`; each block is `block`, with K the first input and n the number of the block.
std::string script(const std::string& block, const std::string& before = "") {
  return before + R"(
echo '{"phase": "runtime", "t_ns": '$(now)'}'
echo '{"phase": "loaded", "t_ns": '$(now)'}'
echo '{"phase": "first", "t_ns": '$(now)'}'
echo '{"sample": 0, "input": 0, "ms": 0.001, "index": 1, "score": 0.9}'
echo '{"ready": true}'
n=0
while read -r go K; do
)" + block +
         R"(
n=$((n + 1))
done
echo '{"info": {"threads": 1}}'
echo '{"phase": "done", "t_ns": '$(now)'}'
)";
}

// Sleeps for 200 ms and says so; long beside what a busy machine adds.
const std::string kHonest = R"(sleep 0.2; echo "{\"block\": $n, \"samples\": [[$K, 199, 1, 0.9]]}")";

class live_run : public testing::Test {
 protected:
  void SetUp() override {
    auto started = Spawner::start();
    ASSERT_TRUE(started.ok()) << started.error().message();
    spawner_.emplace(std::move(*started));
  }
  // Gives it `turns` turns; how it ended.
  ProcessRecord run(const std::string& text, int turns = 4, double timeout_s = 20) {
    SpawnRequest spawn;
    // CLOCK_MONOTONIC as /proc tells it, in whole hundredths of a second: the first is read when one has passed.
    spawn.argv = {"sh", "-c", "now() { awk '{printf \"%d0000000\", $1 * 100}' /proc/uptime; }\nsleep 0.02\n" + text};
    spawn.timeout_ns = static_cast<std::int64_t>(timeout_s * 1e9);
    ProcessRequest request;
    request.cell.mode = Mode::kNoPre;
    request.purpose = Purpose::kHeat;
    request.inputs = 8;
    request.classes = 5;
    request.blocks = turns;
    request.timeout_s = timeout_s;
    auto started = LiveRun::start(*spawner_, spawn, request, folder_.path());
    EXPECT_TRUE(started.ok()) << started.error().message();
    taken_ = stopped_ = 0;
    for (int i = 0; i < turns; ++i) {
      auto turn = (*started)->turn(i);
      EXPECT_TRUE(turn.ok());
      if (!turn.ok() || !*turn) continue;
      ++taken_;
      stopped_ += (*turn)->stopped ? 1 : 0;
      usleep(100'000);  // another's turn
    }
    auto ended = (*started)->end();
    EXPECT_TRUE(ended.ok()) << ended.error().message();
    return ended.ok() ? *ended : ProcessRecord();
  }
  void expect_failed(const std::string& text, const std::string& reason, Outcome status = Outcome::kFailed,
                     int turns = 8) {
    const ProcessRecord record = run(text, turns, 3);
    EXPECT_EQ(record.status, status) << text;
    EXPECT_NE(record.reason.find(reason), std::string::npos) << record.reason;
  }

  TestFolder folder_;
  std::optional<Spawner> spawner_;
  int taken_ = 0, stopped_ = 0;
};

TEST_F(live_run, who_obeys_has_its_samples_and_marks) {
  const ProcessRecord record = run(script(kHonest));
  EXPECT_EQ(record.status, Outcome::kOk) << record.reason;
  EXPECT_EQ(taken_, 4);
  ASSERT_EQ(record.samples.size(), 5u);
  EXPECT_EQ(record.samples[4].input, 3);
  EXPECT_EQ(record.samples[4].ms, 199);
  EXPECT_EQ(record.phases.size(), 4u);
}

TEST_F(live_run, who_spins_a_while_after_its_answer_is_stopped_until_its_turn) {
  const std::string spins = kHonest + "; (i=0; while [ $i -lt 400000 ]; do i=$((i + 1)); done) &";
  const ProcessRecord record = run(script(spins));
  EXPECT_EQ(record.status, Outcome::kOk) << record.reason;
  EXPECT_EQ(taken_, 4);
  EXPECT_EQ(stopped_, 4);
}

TEST_F(live_run, who_works_while_another_has_the_turn_is_named) {
  const std::string worker = "setsid sh -c 'while :; do :; done' & ";
  expect_failed(script(kHonest, worker), "while others had the turn", Outcome::kFailed, 40);
}

TEST_F(live_run, who_speaks_without_a_turn_is_named) {
  expect_failed(script(kHonest + "; echo '{\"note\": 1}'"), "spoke without having the turn");
}

TEST_F(live_run, who_answers_another_block_or_inputs_or_classes_is_named) {
  expect_failed(script(R"(echo '{"block": 3, "samples": [[0, 1, 1, 0.9]]}')"), "expected block 0");
  expect_failed(script(R"(echo '{"block": 0, "samples": [[5, 1, 1, 0.9]]}')"), "expected input 0");
  expect_failed(script(R"(echo '{"block": 0, "samples": [[0, 1, 7, 0.9]]}')"), "7 is not a class");
  expect_failed(script(R"(echo '{"block": 0, "samples": []}')"), "without a sample");
  expect_failed(script("echo hello"), "no answer of a block");
}

TEST_F(live_run, who_lies_about_its_times_is_not_believed) {
  const std::string more = R"(echo "{\"block\": $n, \"samples\": [[$K, 900, 1, 0.9]]}")";
  expect_failed(script(more), "its samples of a block take 900.0 ms");
  const std::string less = R"(sleep 0.2; echo "{\"block\": $n, \"samples\": [[$K, 0.001, 1, 0.9]]}")";
  expect_failed(script(less), "lie outside its samples, 3 times in a row");
}

TEST_F(live_run, who_hangs_or_dies_is_named) {
  expect_failed(script("sleep 9"), "no answer within 3 s, in its block 0", Outcome::kTimeout);
  expect_failed(script("echo out of luck >&2; exit 3"), "ended in its block 0: exit code 3: out of luck");
  expect_failed(script("kill -SEGV $$"), "SIGSEGV");
  expect_failed("sleep 9", "no answer within 3 s, before it was ready", Outcome::kTimeout);
  expect_failed("exit 4", "ended before it was ready: exit code 4");
  expect_failed("no-such-program", "ended before it was ready");
}

TEST_F(live_run, an_end_without_its_last_lines_is_a_failure) {
  const ProcessRecord record = run(script(kHonest + "; [ $n -lt 3 ] || exit 0"));
  EXPECT_EQ(record.status, Outcome::kFailed);
  EXPECT_NE(record.reason.find("without phase \"done\""), std::string::npos) << record.reason;
}

}  // namespace
}  // namespace kite::race
