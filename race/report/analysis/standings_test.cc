// SPDX-License-Identifier: Apache-2.0
#include "race/report/analysis/standings.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "race/report/analysis/planted_journal.h"

namespace kite::race {
namespace {

Analysis analysed(const Journal& journal) {
  auto found = analyse(journal);
  EXPECT_TRUE(found.ok());
  return found.ok() ? *found : Analysis{};
}

std::vector<std::string> labels_of(const Standings& standings) {
  std::vector<std::string> labels;
  for (const auto& row : standings.rows) labels.push_back(row.label);
  return labels;
}

TEST(standings, soonest_stands_first_and_who_is_not_ranked_last) {
  const Analysis analysis = analysed(planted_journal());
  ASSERT_EQ(analysis.standings.size(), 2u);
  EXPECT_EQ(labels_of(analysis.standings[0]),
            (std::vector<std::string>{"ONNX Runtime (Rust)", "paperkite, its plan", "paperkite",
                                      "ONNX Runtime (Python)", "Crashy", "PyTorch", "Blurry"}));
  for (const auto& standings : analysis.standings) {
    EXPECT_EQ(standings.threads, 2);
    ASSERT_TRUE(standings.start_resolution && standings.steady_resolution);
    EXPECT_LT(*standings.start_resolution, 0.03);
    EXPECT_FALSE(is_ranked(standings.rows.back()));
    EXPECT_FALSE(standings.rows.back().start.why_not.empty());
  }
}

// A contestant raced while the machine was slow, and so did the reference beside it: the ratio counts,
// not its own median.
TEST(standings, give_the_time_that_the_ratio_says) {
  for (const auto& standings : analysed(planted_journal()).standings) {
    const auto reference = std::ranges::find_if(standings.rows, &Standing::reference);
    ASSERT_NE(reference, standings.rows.end());
    for (const auto& row : standings.rows) {
      for (const auto& [time, base] : {std::pair{row.start, reference->start}, {row.steady, reference->steady}}) {
        if (!time.ratio) continue;
        EXPECT_DOUBLE_EQ(time.ms.value_or(0), base.ms.value_or(0) * *time.ratio) << row.label;
      }
    }
  }
}

TEST(standings, say_how_much_is_installed_where_the_race_could_count_it) {
  Journal journal = planted_journal();
  journal.plan.contestants[0].installed_bytes = 0;
  const auto standings = analysed(journal).standings;
  for (const auto& row : standings.at(0).rows) {
    EXPECT_EQ(row.installed_bytes.has_value(), row.label != "ONNX Runtime (Python)") << row.label;
  }
}

TEST(standings, are_of_the_threads_where_most_meet) {
  const Journal journal = planted_journal();
  Analysis analysis = analysed(journal);
  CellSummary corner = analysis.cells.front();
  corner.threads = 8;
  analysis.cells.push_back(corner);
  for (const auto& standings : standings_of(analysis, journal)) {
    EXPECT_EQ(standings.threads, 2);
    EXPECT_GT(standings.rows.size(), 5u);
  }
}

TEST(standings, of_many_variants_keep_the_best_and_the_one_that_nothing_was_made_for) {
  Journal journal = planted_journal({.rounds = 10, .planned_rounds = 10});
  Analysis analysis = analysed(journal);
  // Ten more variants of PyTorch, each slower than the one before.
  const auto cells = analysis.cells;
  for (int variant = 1; variant <= 10; ++variant) {
    ContestantRecord more = journal.plan.contestants[5];
    more.id = more.peer + ":variant" + std::to_string(variant);
    more.variant = "variant" + std::to_string(variant);
    more.prepared = variant < 10;
    for (auto cell : cells) {
      if (cell.contestant != 5) continue;
      cell.contestant = journal.plan.contestants.size();
      for (auto& measure : cell.measures) {
        if (measure) measure->median *= 1 + variant;
      }
      analysis.cells.push_back(cell);
    }
    journal.plan.contestants.push_back(more);
  }
  const auto standings = standings_of(analysis, journal);
  EXPECT_EQ(standings[0].left_out, 10);  // nine of PyTorch's, and paperkite without its plan
  EXPECT_EQ(standings[0].rows.size(), 7u);
}

TEST(standings, a_sentence_says_when_it_answers_and_how_fast_it_infers) {
  std::vector<std::string> lines;
  for (const auto& line : contestant_sentences(analysed(planted_journal({.rounds = 20})).standings)) {
    lines.push_back(line.text);
  }
  ASSERT_EQ(lines.size(), 5u);  // Blurry is not ranked, the reference is itself
  EXPECT_EQ(lines[0], "ONNX Runtime (Rust) answers 2.5 times sooner than ONNX Runtime (Python), and infers as fast.");
  EXPECT_TRUE(
      lines[1].starts_with("paperkite, its plan answers 1.7 times sooner than ONNX Runtime (Python), and "
                           "infers 2"))
      << lines[1];
  EXPECT_EQ(lines[4], "PyTorch answers 3.0 times later than ONNX Runtime (Python), and infers 3.0 times slower.");
}

Standings planted(const char* model, Standing::Time start, Standing::Time steady) {
  Standings standings;
  standings.model = model;
  standings.reference_label = "R";
  standings.rows = {{0, "R", true, {}, {}, {}}, {1, "X", false, std::move(start), std::move(steady), {}}};
  return standings;
}

Standing::Time time(double ratio, Verdict verdict) { return {10, ratio, std::nullopt, verdict, ""}; }

TEST(standings, sentences_join_models_and_leave_open_what_is) {
  const auto say = [](std::vector<Standings> all) {
    const auto lines = contestant_sentences(all);
    return lines.empty() ? std::string() : lines[0].text;
  };
  EXPECT_EQ(say({planted("a", time(1 / 28.0, Verdict::kFaster), time(1, Verdict::kEquivalent))}),
            "X answers 28 times sooner than R, and infers as fast.");
  EXPECT_EQ(say({planted("a", time(1 / 28.0, Verdict::kFaster), time(0.9, Verdict::kUndecided))}),
            "X answers 28 times sooner than R; which infers faster is undecided.");
  EXPECT_EQ(say({planted("a", time(0.9, Verdict::kUndecided), time(0.9, Verdict::kUndecided))}),
            "Of X and R, which answers sooner is undecided, and which infers faster is undecided.");
  EXPECT_EQ(say({planted("a", time(0.9, Verdict::kUndecided), time(1.25, Verdict::kSlower))}),
            "X infers 25 % slower than R; which answers sooner is undecided.");
  EXPECT_EQ(
      say({planted("a", time(1 / 28.0, Verdict::kFaster), {}), planted("b", time(1 / 5.3, Verdict::kFaster), {})}),
      "X answers 5.3 to 28 times sooner than R.");
  EXPECT_EQ(say({planted("a", time(1 / 28.0, Verdict::kFaster), {}), planted("b", time(1, Verdict::kEquivalent), {})}),
            "X answers 28 times sooner on a and as soon on b, against R.");
  EXPECT_EQ(say({planted("a", time(0.5, Verdict::kFaster), {}), planted("b", time(1, Verdict::kUndecided), {})}),
            "X answers 2.0 times sooner than R; which answers sooner is undecided on b.");
  EXPECT_EQ(say({planted("a", {}, {})}), "");
}

}  // namespace
}  // namespace kite::race
