// SPDX-License-Identifier: Apache-2.0
#include "race/schedule/protocol.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "race/schedule/plausibility.h"

namespace kite::race {
namespace {

// Began at 1000 ms; stamps below are milliseconds of the clock. Lasts 500 ms.
Expectation expectation() { return {Mode::kNoPre, 3, 2, 75, 1'000'000'000, 500'000'000}; }

std::vector<std::string> good_lines() {
  return {R"({"phase": "runtime", "t_ns": 1100000000})",
          R"({"phase": "loaded", "t_ns": 1200000000})",
          R"({"mark": "loaded", "rss_anon_bytes": 10, "rss_file_bytes": 20, "pss_bytes": 25})",
          R"({"phase": "first", "t_ns": 1300000000})",
          R"({"sample": 0, "input": 0, "ms": 90.5, "index": 50, "score": 0.99})",
          R"({"sample": 1, "input": 1, "ms": 50.25, "index": 3, "score": 0.5})",
          R"({"sample": 2, "input": 0, "ms": 50.5, "index": 50, "score": 0.99, "unknown": [1]})",
          R"({"mark": "end", "rss_anon_bytes": 11, "rss_file_bytes": 21, "pss_bytes": 26, "vm_hwm_bytes": 40})",
          R"({"info": {"threads": 1, "versions": {"onnxruntime": "1.32.0"}, "settings": "all"}})",
          R"({"remark": "unknown lines are ignored"})",
          R"({"phase": "done", "t_ns": 1450000000})"};
}

std::string text_of(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

TEST(protocol, reads_what_a_contestant_says) {
  const Said said = parse_protocol(text_of(good_lines()), expectation());
  ASSERT_EQ(said.reason, "");
  ASSERT_EQ(said.phases.size(), 4u);
  EXPECT_EQ(said.phases[1].name, "loaded");
  EXPECT_EQ(said.phases[1].t_ns, 200'000'000);
  ASSERT_EQ(said.samples.size(), 3u);
  EXPECT_EQ(said.samples[1].ms, 50.25);
  EXPECT_EQ(said.samples[2].input, 0);
  EXPECT_EQ(said.marks[1].vm_hwm_bytes, 40u);
  EXPECT_EQ(said.info.at("threads"), "1");
  EXPECT_EQ(said.info.at("versions.onnxruntime"), "1.32.0");
}

TEST(protocol, names_the_line_that_cannot_be_right) {
  const std::vector<std::tuple<std::size_t, std::string, std::string>> cases = {
      {0, "Loading...", "line 1: not a JSON object"},
      {0, "[1, 2]", "line 1: not a JSON object"},
      {0, R"({"phase": "loaded", "t_ns": 1200000000})", "line 1: expected phase \"runtime\""},
      {0, R"({"phase": "runtime", "t_ns": 900000000})", "line 1: a time before the process began"},
      {0, R"({"phase": "runtime", "t_ns": 1.5})", "line 1: \"t_ns\""},
      {1, R"({"phase": "loaded", "t_ns": 1050000000})", "line 2: a time before that of the phase before"},
      {1, R"({"phase": "loaded", "t_ns": 18446744073709551615})", "line 2: a time after the process ended"},
      {10, R"({"phase": "done", "t_ns": 1600000000})", "line 11: a time after the process ended"},
      {10, "", "its output ends without phase \"done\""},
      {6, "", "2 samples instead of 3"},
      {5, R"({"sample": 2, "input": 1, "ms": 1, "index": 3, "score": 0.5})", "line 6: expected sample 1"},
      {5, R"({"sample": 1, "input": 0, "ms": 1, "index": 3, "score": 0.5})", "line 6: expected input 1"},
      {5, R"({"sample": 1, "input": 1, "ms": -1, "index": 3, "score": 0.5})", "line 6: \"ms\""},
      {5, R"({"sample": 1, "input": 1, "ms": 0, "index": 3, "score": 0.5})", "line 6: \"ms\""},
      {5, R"({"sample": 1, "input": 1, "ms": NaN, "index": 3, "score": 0.5})", "line 6: not a JSON object"},
      {5, R"({"sample": 1, "input": 1, "ms": 1e999, "index": 3, "score": 0.5})", "line 6:"},
      {5, R"({"sample": 1, "input": 1, "ms": "1", "index": 3, "score": 0.5})", "line 6: \"ms\""},
      {5, R"({"sample": 1, "input": 1, "ms": 1, "index": 75, "score": 0.5})", "line 6: \"index\""},
      {5, R"({"sample": 1, "input": 1, "ms": 1, "index": -1, "score": 0.5})", "line 6: \"index\""},
      {5, R"({"sample": 1, "input": 1, "ms": 1, "index": 3})", "line 6: \"score\""},
      {7, R"({"sample": 3, "input": 1, "ms": 1, "index": 3, "score": 0.5})", "line 8: more than the 3 samples"},
      {7, R"({"mark": "end", "rss_anon_bytes": -5})", "line 8: \"rss_anon_bytes\""},
      {7, R"({"mark": 3})", "line 8: a mark without a name"},
      {8, R"({"info": 3})", "line 9: \"info\""},
      {9, std::string(70000, ' ') + "{", "line 10: longer than 65536 bytes"},
      {9, std::string(60000, '['), "line 10: not a JSON object"},
  };
  for (const auto& [at, line, reason] : cases) {
    auto lines = good_lines();
    lines[at] = line;
    const Said said = parse_protocol(text_of(lines), expectation());
    EXPECT_EQ(said.reason.substr(0, reason.size()), reason) << line.substr(0, 100);
  }
  auto behind = good_lines();
  behind.push_back(R"({"sample": 3})");
  EXPECT_EQ(parse_protocol(text_of(behind), expectation()).reason.substr(0, 8), "line 12:");
  EXPECT_NE(parse_protocol("", expectation()).reason, "");
}

TEST(protocol, reads_the_answer_of_oneshot) {
  Expectation one;
  one.mode = Mode::kOneshot;
  one.classes = 75;
  const Said said = parse_protocol("50, Kite, Paper, 0.9957\n", one);
  EXPECT_EQ(said.reason, "");
  EXPECT_EQ(said.answer_index, 50);
  EXPECT_EQ(said.answer_label, "Kite, Paper");
  EXPECT_EQ(said.answer_score, 0.9957);
  const Said json = parse_protocol(R"({"top": [{"index": 7, "label": "Atala", "score": 0.5}, {}]})", one);
  EXPECT_EQ(json.reason, "");
  EXPECT_EQ(json.answer_index, 7);
  for (const char* bad : {"", "\n", "50, Paper Kite\n", "x, Paper Kite, 0.5\n", "75, Paper Kite, 0.5\n", "-1, a, 0.5\n",
                          "50, Paper Kite, 0.5\nand more\n", "50, Paper Kite, 7\n", "50, Paper Kite, nan\n",
                          R"({"top": []})", R"({"top": [{"index": "7"}]})", R"({"top": 1})", "50x, a, 0.5"}) {
    EXPECT_NE(parse_protocol(bad, one).reason, "") << bad;
  }
}

ProcessRecord record_of(const std::vector<std::string>& lines) {
  const Said said = parse_protocol(text_of(lines), expectation());
  EXPECT_EQ(said.reason, "");
  ProcessRecord record;
  record.begin_ns = expectation().begin_ns;
  record.wall_ns = expectation().wall_ns;
  record.phases = said.phases;
  record.marks = said.marks;
  record.samples = said.samples;
  record.info = said.info;
  record.peak_rss_bytes = 40;
  return record;
}

CellRecord one_thread() { return {0, "a", "m", Mode::kNoPre, 1, "a"}; }

TEST(plausibility, believes_what_can_be_true) {
  const Doubt doubt = doubts_about(record_of(good_lines()), one_thread(), Track::kMatched);
  EXPECT_EQ(doubt.impossible, "");
  EXPECT_TRUE(doubt.flags.empty());
}

TEST(plausibility, more_time_in_samples_than_passed_is_impossible) {
  for (const auto& [sample, ms] : std::vector<std::pair<std::size_t, double>>{{0, 130}, {1, 120}, {2, 900}}) {
    ProcessRecord record = record_of(good_lines());
    record.samples[sample].ms = ms;
    EXPECT_NE(doubts_about(record, one_thread(), Track::kMatched).impossible, "") << sample;
  }
}

TEST(plausibility, samples_much_faster_than_the_time_around_them_are_not_believed) {
  ProcessRecord record = record_of(good_lines());
  record.wall_ns = 3'000'000'000;
  record.phases[3].t_ns = 2'900'000'000;
  EXPECT_NE(doubts_about(record, one_thread(), Track::kMatched).impossible, "");
  record.phases[3].t_ns = 520'000'000;  // 220 ms, of which samples explain 100.75
  const Doubt odd = doubts_about(record, one_thread(), Track::kMatched);
  EXPECT_EQ(odd.impossible, "");
  EXPECT_EQ(odd.flags.size(), 1u);
}

TEST(plausibility, more_memory_than_the_kernel_counted_is_impossible) {
  ProcessRecord record = record_of(good_lines());
  record.marks[1].vm_hwm_bytes = 100u << 20;
  EXPECT_NE(doubts_about(record, one_thread(), Track::kMatched).impossible, "");
}

TEST(plausibility, other_threads_than_asked_are_flagged_on_the_matched_track) {
  CellRecord two = one_thread();
  two.threads = 2;
  EXPECT_EQ(doubts_about(record_of(good_lines()), two, Track::kMatched).flags.size(), 1u);
  EXPECT_TRUE(doubts_about(record_of(good_lines()), two, Track::kDefault).flags.empty());
}

TEST(protocol, a_block_holds_samples_of_inputs_in_a_row) {
  Expectation expected;
  expected.inputs = 3;
  expected.classes = 5;
  std::vector<Sample> samples;
  const auto wrong = [&](const std::string& text) {
    samples.clear();
    return parse_block(text, expected, 4, 2, samples);
  };
  EXPECT_EQ(wrong(R"({"block": 4, "samples": [[2, 1.5, 4, 0.5], [0, 2, 0, 0.25]]})"), "");
  ASSERT_EQ(samples.size(), 2u);
  EXPECT_EQ(samples[1].input, 0);
  EXPECT_EQ(samples[1].ms, 2);
  for (const char* bad :
       {"", "x", "[]", R"({"block": 4})", R"({"block": 4, "samples": 1})", R"({"block": 5, "samples": [[2, 1, 1, 1]]})",
        R"({"block": 4, "samples": []})", R"({"block": 4, "samples": [[1, 1, 1, 1]]})",
        R"({"block": 4, "samples": [[2, 0, 1, 1]]})", R"({"block": 4, "samples": [[2, 1, 5, 1]]})",
        R"({"block": 4, "samples": [[2, 1, -1, 1]]})", R"({"block": 4, "samples": [[2, 1, 1]]})",
        R"({"block": 4, "samples": [["2", 1, 1, 1]]})", R"({"block": 4, "samples": [[2, "1", 1, 1]]})"}) {
    EXPECT_NE(wrong(bad), "") << bad;
  }
}

TEST(protocol, only_the_line_that_says_ready_is_ready) {
  EXPECT_TRUE(says_ready(R"({"ready": true})"));
  for (const char* other : {"", "ready", R"({"ready": false})", R"({"phase": "ready"})"}) {
    EXPECT_FALSE(says_ready(other)) << other;
  }
}

TEST(protocol, mutated_output_never_crashes_and_never_yields_nonsense) {
  std::mt19937_64 random(3);
  const std::string whole = text_of(good_lines());
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  while (std::chrono::steady_clock::now() < until) {
    std::string text = whole;
    for (int edits = 1 + static_cast<int>(random() % 4); edits > 0; --edits) {
      const std::size_t at = random() % text.size();
      if (random() % 2 == 0) text[at] = static_cast<char>(random());
      if (random() % 4 == 0) text.erase(at, random() % 30);
      if (text.empty()) text = "x";
      if (random() % 8 == 0) text.insert(random() % text.size(), "-9e99");
    }
    Expectation expected = expectation();
    if (random() % 4 == 0) expected.mode = Mode::kOneshot;
    const Said said = parse_protocol(text, expected);
    ASSERT_LE(said.samples.size(), 3u);
    for (const Sample& sample : said.samples) ASSERT_TRUE(sample.ms > 0 && std::isfinite(sample.ms)) << text;
    for (const PhaseRecord& phase : said.phases) ASSERT_LE(phase.t_ns, 501'000'000) << text;
    if (said.reason.empty() && expected.mode == Mode::kNoPre) {
      ASSERT_EQ(said.samples.size(), 3u) << text;
    }
  }
}

}  // namespace
}  // namespace kite::race
