// SPDX-License-Identifier: Apache-2.0
#include "race/spawn/live_process.h"

#include <unistd.h>

#include <string>
#include <vector>

#include "race/spawn/spawner_fixture.h"

namespace kite::race {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
using Heard = LiveProcess::Heard;

class live_process : public SpawnerFixture {
 protected:
  std::unique_ptr<LiveProcess> start(SpawnRequest request) {
    auto started = LiveProcess::start(*spawner_, std::move(request));
    if (started.ok()) return std::move(started).value();
    ADD_FAILURE() << started.error().message();
    return nullptr;
  }
  static std::string answer(LiveProcess& process, const std::string& line) {
    std::string heard;
    if (!process.write_line(line) || process.read_line(10 * kSecond, heard) != Heard::kLine) return "no answer";
    return heard;
  }
  static SpawnOutcome end_of(LiveProcess& process) {
    auto outcome = process.wait();
    if (outcome.ok()) return std::move(*outcome);
    ADD_FAILURE() << outcome.error().message();
    return {};
  }
};

TEST_F(live_process, several_talk_in_turn_and_end_when_their_input_does) {
  std::vector<std::unique_ptr<LiveProcess>> all;
  for (int i = 0; i < 4; ++i) all.push_back(start(subject({"echo", "0"})));
  for (int turn = 0; turn < 20; ++turn) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      const std::string line = "turn " + std::to_string(turn) + " of " + std::to_string(i);
      EXPECT_EQ(answer(*all[i], line), line);
    }
  }
  for (const auto& process : all) {
    EXPECT_TRUE(process->alive());
    const SpawnOutcome outcome = end_of(*process);
    EXPECT_EQ(outcome.status, Outcome::kOk) << outcome.reason;
    EXPECT_GT(outcome.wall_ns, 0);
    EXPECT_GT(outcome.peak_rss_bytes, 0u);
    EXPECT_FALSE(process->alive());
  }
}

TEST_F(live_process, the_death_of_one_touches_no_other) {
  const auto dies = start(subject({"echo", "2"}));
  const auto killed = start(subject({"echo", "0"}));
  const auto stays = start(subject({"echo", "0"}));
  EXPECT_EQ(answer(*dies, "a"), "a");
  EXPECT_EQ(answer(*dies, "b"), "b");
  EXPECT_EQ(answer(*dies, "c"), "no answer");
  killed->kill();
  EXPECT_EQ(answer(*stays, "still here"), "still here");
  const SpawnOutcome first = end_of(*dies), second = end_of(*killed), third = end_of(*stays);
  EXPECT_EQ(first.exit_code, 9);
  EXPECT_EQ(second.signal, SIGKILL);
  EXPECT_EQ(third.status, Outcome::kOk);
}

TEST_F(live_process, what_does_not_answer_in_time_is_seen_and_can_be_ended) {
  const auto process = start(subject({"hang"}));
  std::string line;
  EXPECT_EQ(process->read_line(kSecond / 20, line), Heard::kTimeout);
  process->kill();
  EXPECT_EQ(process->read_line(10 * kSecond, line), Heard::kEnd);
  EXPECT_EQ(end_of(*process).signal, SIGKILL);
}

TEST_F(live_process, the_limit_of_its_life_ends_it_even_when_it_is_stopped) {
  SpawnRequest request = subject({"echo", "0"});
  request.timeout_ns = kSecond / 5;
  request.termination_grace_ns = kSecond / 10;
  const auto process = start(request);
  process->stop();
  EXPECT_EQ(end_of(*process).status, Outcome::kTimeout);
}

TEST_F(live_process, processor_time_counts_children_and_stands_still_while_stopped) {
  const auto process = start(subject({"spin"}));
  std::string line;
  ASSERT_EQ(process->read_line(10 * kSecond, line), Heard::kLine);
  const auto works_on = [&process](std::int64_t from) {
    for (int i = 0; i < 100 && process->cpu_ns() < from + 20'000'000; ++i) usleep(50'000);  // on a busy machine
    return process->cpu_ns() >= from + 20'000'000;
  };
  EXPECT_TRUE(works_on(process->cpu_ns()));
  EXPECT_TRUE(process->wants_processor());
  process->stop();
  usleep(20'000);
  // The child left the group, so it goes on, and is seen.
  const std::int64_t stopped = process->cpu_ns();
  EXPECT_TRUE(works_on(stopped));
  process->kill();
  EXPECT_FALSE(end_of(*process).left_behind.empty());
}

TEST_F(live_process, a_stopped_process_goes_on_where_it_was) {
  const auto process = start(subject({"echo", "0"}));
  EXPECT_EQ(answer(*process, "a"), "a");
  usleep(20'000);
  EXPECT_FALSE(process->wants_processor());
  process->stop();
  ASSERT_TRUE(process->write_line("b"));
  std::string line;
  EXPECT_EQ(process->read_line(kSecond / 20, line), Heard::kTimeout);
  EXPECT_FALSE(process->has_spoken());
  process->resume();
  EXPECT_EQ(process->read_line(10 * kSecond, line), Heard::kLine);
  EXPECT_EQ(line, "b");
}

TEST_F(live_process, who_prints_without_end_is_stopped_at_its_limit) {
  SpawnRequest request = subject({"flood"});
  request.standard_output = {1024, 1 << 20};
  const auto process = start(request);
  std::string line;
  EXPECT_EQ(process->read_line(10 * kSecond, line), Heard::kTooMuch);
}

TEST_F(live_process, what_does_not_start_says_so) {
  const auto missing = start(command({"no-such-program-anywhere"}));
  EXPECT_FALSE(missing->alive());
  EXPECT_FALSE(missing->write_line("go"));
  EXPECT_EQ(end_of(*missing).status, Outcome::kMissing);
  const auto folder = start(command({"/"}));
  std::string line;
  EXPECT_EQ(folder->read_line(10 * kSecond, line), Heard::kEnd);
  EXPECT_EQ(end_of(*folder).status, Outcome::kFailed);
}

}  // namespace
}  // namespace kite::race
