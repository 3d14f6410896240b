// SPDX-License-Identifier: Apache-2.0
#include "race/journal/json.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <variant>
#include <vector>

namespace kite::race {
namespace {

ProcessRecord full_process() {
  ProcessRecord p;
  p.cell = 3;
  p.round = 7;
  p.position = 2;
  p.purpose = Purpose::kRerun;
  p.status = Outcome::kTimeout;
  p.reason = "ran longer than 120 s";
  p.exit_code = 1;
  p.signal = 9;
  p.argv = {"python", "-c", "print(\"a\nb\")"};
  p.environment_padding = 1234;
  p.begin_ns = std::numeric_limits<std::int64_t>::max();
  p.wall_ns = 123456789;
  p.label_ns = 5;
  p.user_ns = 6;
  p.system_ns = 7;
  p.peak_rss_bytes = std::numeric_limits<std::uint64_t>::max();
  p.peak_rss_floor_bytes = 1024;
  p.minor_faults = 8;
  p.major_faults = 9;
  p.voluntary_switches = 10;
  p.involuntary_switches = 11;
  p.counters = {{"task-clock", 0.1, "scaled"}, {"cycles", std::nullopt, "no such event"}};
  p.phases = {{"runtime", 1}, {"loaded", 2}};
  p.marks = {{"end", 1, 2, 3, 4}};
  p.samples = {{0, 1.0 / 3.0, 50, 0.99}, {1, 5e-324, -1, -0.0}};
  p.answer_index = 50;
  p.answer_label = "Paper Kite";
  p.answer_score = 0.9957;
  p.info = {{"threads", "2"}, {"versions.onnxruntime", "1.32.0"}};
  p.noise = {5.01, 5.02, 0.5, 0.25, 1.75};
  p.flags = {"steal", "frequency"};
  p.log = "logs/7-3.txt";
  return p;
}

PlanRecord full_plan() {
  PlanRecord plan;
  plan.created = "2026-01-02T03:04:05Z";
  plan.preset = "study";
  plan.hash = "abc";
  plan.environment = "def";
  plan.seed = 18446744073709551615u;
  plan.budget_minutes = 60.5;
  plan.rounds = 20;
  plan.margin = 0.03;
  plan.reference = "kite";
  plan.pictures_folder = "/pictures";
  plan.picture = "/pictures/1.jpg";
  plan.pictures = 2786;
  plan.machine.processor = "x";
  plan.machine.huge_pages = "madvise";
  plan.machine.arguments = "--models a b";
  plan.models = {{"m", "/m.onnx", "00ff", 1, 2, 3, {1, 3, 224, 224}, 75, R"({"resize": 256})"}};
  plan.contestants = {{"o:saved@default",
                       "o",
                       "saved",
                       "O",
                       "ORT",
                       "Python",
                       "all",
                       Track::kDefault,
                       true,
                       true,
                       false,
                       "not set up",
                       {{"v", "1"}},
                       34,
                       {{"/opt/o", "00000000000000ff", 12}}}};
  plan.cells = {{0, "o:saved@default", "m", Mode::kIncPre, 4, "python x.py"}};
  return plan;
}

template <typename T>
T round_trip(const T& record) {
  auto back = record_from_json(to_json(record));
  EXPECT_TRUE(back.ok()) << back.error().message();
  return std::get<T>(std::move(back).value());
}

TEST(json, every_record_comes_back_as_the_same_line) {
  ParityRecord parity{"o", "m", "oracle", Mode::kIncPre, 4, 1e-4, 12.5, 0.995, 0.25, 0.5, false, "why", {0.1F, 3e-45F}};
  DecisionRecord decision{12, {{0, 1}, {3, 120}}, {"o:saved on m"}, "the budget", {{1, {0, 3}, 20, 12, 60.5}}};
  SetRecord set{1, 2, 0.5, {{3, 1, 5, 6, 7, 8, true}}, {full_process(), ProcessRecord()}};
  for (const Record& record :
       {Record(full_process()), Record(full_plan()), Record(parity), Record(decision), Record(set),
        Record(NoteRecord{NoteKind::kUnranked, "m", "no judge"}), Record(ProcessRecord()), Record(PlanRecord())}) {
    const std::string line = to_json(record);
    auto back = record_from_json(line);
    ASSERT_TRUE(back.ok()) << back.error().message();
    EXPECT_EQ(to_json(*back), line);
    EXPECT_EQ(back->index(), record.index());
    EXPECT_EQ(line.find('\n'), std::string::npos);
    EXPECT_EQ(line.rfind("{\"kind\":", 0), 0u);
  }
}

TEST(json, members_come_back_where_they_were) {
  const ProcessRecord p = full_process();
  const ProcessRecord back = round_trip(p);
  EXPECT_EQ(back.argv, p.argv);
  EXPECT_EQ(back.begin_ns, p.begin_ns);
  EXPECT_EQ(back.peak_rss_bytes, p.peak_rss_bytes);
  EXPECT_EQ(back.purpose, Purpose::kRerun);
  EXPECT_EQ(back.status, Outcome::kTimeout);
  EXPECT_EQ(back.counters[0].value, 0.1);
  EXPECT_FALSE(back.counters[1].value.has_value());
  EXPECT_EQ(back.marks[0].vm_hwm_bytes, 4u);
  EXPECT_EQ(back.samples[0].ms, 1.0 / 3.0);
  EXPECT_EQ(back.samples[1].ms, 5e-324);
  EXPECT_EQ(back.samples[1].input, 1);
  EXPECT_EQ(back.samples[0].index, 50);
  EXPECT_EQ(back.samples[0].score, 0.99);
  EXPECT_EQ(back.noise.load, 1.75);
  const PlanRecord plan = round_trip(full_plan());
  EXPECT_EQ(plan.seed, 18446744073709551615u);
  EXPECT_EQ(plan.contestants[0].track, Track::kDefault);
  EXPECT_EQ(plan.cells[0].mode, Mode::kIncPre);
  EXPECT_EQ(plan.models[0].input_shape, (std::vector<std::int64_t>{1, 3, 224, 224}));
}

TEST(json, numbers_come_back_bit_for_bit) {
  std::mt19937_64 random(1);
  ProcessRecord p;
  ParityRecord parity;
  for (int i = 0; i < 20000; ++i) {
    const std::uint64_t bits = random();
    double wide = 0;
    float narrow = 0;
    std::memcpy(&wide, &bits, sizeof wide);
    std::memcpy(&narrow, &bits, sizeof narrow);
    if (std::isnan(wide) || std::isnan(narrow)) continue;
    p.samples.push_back({i, wide, i, -wide});
    parity.differences.push_back(narrow);
  }
  const ProcessRecord back = round_trip(p);
  ASSERT_EQ(back.samples.size(), p.samples.size());
  for (std::size_t i = 0; i < p.samples.size(); ++i) EXPECT_EQ(back.samples[i].ms, p.samples[i].ms);
  EXPECT_EQ(round_trip(parity).differences, parity.differences);
}

TEST(json, numbers_that_json_lacks_come_back_as_well) {
  ParityRecord parity;
  parity.max_logit_difference = std::numeric_limits<double>::quiet_NaN();
  parity.largest_logit = -std::numeric_limits<double>::infinity();
  parity.differences = {std::numeric_limits<float>::infinity()};
  const ParityRecord back = round_trip(parity);
  EXPECT_TRUE(std::isnan(back.max_logit_difference));
  EXPECT_EQ(back.largest_logit, -std::numeric_limits<double>::infinity());
  EXPECT_EQ(back.differences, parity.differences);
}

TEST(json, the_samples_of_the_long_pass_stay_small) {
  ProcessRecord p;
  for (int i = 0; i < 2786; ++i) p.samples.push_back({i, 3.0 + i * 0.0001, i % 75, 0.5});
  EXPECT_LT(to_json(p).size(), 2786u * 24);
}

TEST(json, stray_bytes_in_text_are_replaced) {
  ProcessRecord p;
  p.reason = "bad \xff byte";
  EXPECT_EQ(round_trip(p).reason, "bad \xEF\xBF\xBD byte");
}

TEST(json, unknown_keys_are_ignored_and_absent_ones_keep_their_default) {
  auto record = record_from_json(R"({"kind":"process","cell":2,"future":{"x":[1]}})");
  ASSERT_TRUE(record.ok());
  EXPECT_EQ(std::get<ProcessRecord>(*record).cell, 2);
  EXPECT_EQ(std::get<ProcessRecord>(*record).answer_index, -1);
}

TEST(json, wrong_members_are_named) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"kind":"process","cell":"2"})", "\"cell\""},
      {R"({"kind":"process","cell":4294967296})", "\"cell\" is out of range"},
      {R"({"kind":"process","cell":1.5})", "\"cell\" is not a whole number"},
      {R"({"kind":"process","peak_rss_bytes":-1})", "\"peak_rss_bytes\" is out of range"},
      {R"({"kind":"process","status":"great"})", "\"status\""},
      {R"({"kind":"process","samples":{"ms":[1],"input":[],"index":[1],"score":[1]}})", "unequal lengths"},
      {R"({"kind":"process","noise":[]})", "\"noise\" is not an object"},
      {R"({"kind":"process","argv":[1]})", "\"argv\" is not text"},
      {R"({"kind":"decision","counts":{"1x":2}})", "\"counts\""},
      {R"({"kind":"elephant"})", "\"kind\""},
      {R"({"cell":1})", "\"kind\""},
      {R"([1])", "not a JSON object"},
      {"", "not a JSON object"},
      {R"({"kind":"note")", "not a JSON object"},
      {std::string(100000, '['), "not a JSON object"},
  };
  for (const auto& [line, clause] : cases) {
    auto record = record_from_json(line);
    ASSERT_FALSE(record.ok()) << line;
    EXPECT_NE(record.error().what.find(clause), std::string::npos) << record.error().what;
  }
}

TEST(json, mutated_lines_never_crash_the_reader) {
  std::mt19937_64 random(20261125);
  const std::vector<std::string> seeds = {to_json(full_process()), to_json(full_plan())};
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  int accepted = 0;
  while (std::chrono::steady_clock::now() < until) {
    std::string line = seeds[random() % seeds.size()];
    for (int edits = 1 + static_cast<int>(random() % 4); edits > 0; --edits) {
      const std::size_t at = random() % line.size();
      const std::size_t length = std::min<std::size_t>(random() % 8, line.size() - at - 1);
      if (random() % 2 == 0) line[at] = static_cast<char>(random());
      if (random() % 4 == 0) line.erase(at, length);
      if (random() % 4 == 0) line.insert(at, line.substr(at, length));
    }
    auto record = record_from_json(line);
    if (!record.ok()) continue;
    ++accepted;
    // What is accepted is written and read again without loss.
    auto back = record_from_json(to_json(*record));
    ASSERT_TRUE(back.ok()) << line;
    ASSERT_EQ(to_json(*back), to_json(*record)) << line;
  }
  EXPECT_GT(accepted, 0);
}

}  // namespace
}  // namespace kite::race
