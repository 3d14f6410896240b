// SPDX-License-Identifier: Apache-2.0
// What an analysis finds in journals whose truth is planted.
#include "race/report/analysis/analysis.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>

#include "race/report/analysis/planted_journal.h"
#include "race/report/analysis/wording.h"

namespace kite::race {
namespace {

Analysis analysis_of(const Journal& journal) {
  auto found = analyse(journal);
  EXPECT_TRUE(found.ok()) << found.error().message();
  return found.ok() ? *found : Analysis{};
}

const Comparison* row_of(const std::vector<Comparison>& rows, std::string_view peer, std::string_view variant,
                         Mode mode, Measure measure, std::string_view model = "regnet_x_400mf") {
  for (const auto& row : rows) {
    if (row.peer == peer && row.variant == variant && row.mode == mode && row.measure == measure &&
        row.model == model) {
      return &row;
    }
  }
  ADD_FAILURE() << "no row for " << peer << " " << variant;
  static const Comparison kNone;
  return &kNone;
}

TEST(analysis, finds_the_planted_ratios_inside_its_intervals) {
  const Analysis analysis = analysis_of(planted_journal({.rounds = 20, .planned_rounds = 20}));
  for (const auto& [id, truth] : planted_truths()) {
    if (id == "onnxruntime-python" || id == "blurry") continue;
    const auto colon = id.find(':');
    const std::string peer = id.substr(0, colon), variant = colon == std::string::npos ? "" : id.substr(colon + 1);
    const auto* whole = row_of(analysis.comparisons, peer, variant, Mode::kOneshot, Measure::kWall);
    const auto* steady = row_of(analysis.comparisons, peer, variant, Mode::kNoPre, Measure::kP50);
    for (const auto& [row, expected] : {std::pair{whole, truth.whole}, {steady, truth.steady}}) {
      ASSERT_TRUE(row->interval) << id;
      EXPECT_LE(row->interval->low, expected * 1.003) << id;
      EXPECT_GE(row->interval->high, expected * 0.997) << id;
      EXPECT_LT(row->interval->high / row->interval->low, 1.04) << id;
      EXPECT_EQ(row->n, 20) << id;
      EXPECT_EQ(row->verdict, expected < 0.98   ? Verdict::kFaster
                              : expected > 1.02 ? Verdict::kSlower
                                                : Verdict::kEquivalent)
          << id;
    }
  }
}

TEST(analysis, never_ranks_who_is_unequal_failed_or_absent) {
  const Analysis analysis = analysis_of(planted_journal());
  for (const auto& row : analysis.comparisons) {
    if (row.peer == "blurry") {
      EXPECT_FALSE(row.ranked);
      EXPECT_FALSE(row.verdict);
    }
    if (row.peer == "crashy" && row.model == "regnet_y_16gf") {
      EXPECT_FALSE(row.ranked);
      EXPECT_FALSE(row.why_not.empty());
    }
    EXPECT_NE(row.peer, "absent");
  }
  std::map<Outcome, int> listed;
  for (const auto& row : analysis.not_ranked) ++listed[row.status];
  EXPECT_EQ(listed[Outcome::kMissing], 1);
  EXPECT_EQ(listed[Outcome::kUnequal], 6);
  EXPECT_EQ(listed[Outcome::kFailed], 3);
}

TEST(analysis, ranks_nobody_without_a_parity_check) {
  Journal journal = planted_journal();
  journal.parity.clear();
  const Analysis analysis = analysis_of(journal);
  for (const auto& row : analysis.comparisons) EXPECT_TRUE(row.mode == Mode::kOneshot || !row.ranked);
}

TEST(analysis, ranks_nobody_where_the_judge_disagrees_with_two_runtimes) {
  Journal journal = planted_journal();
  for (auto& row : journal.parity) {
    if (row.contestant == "pytorch" && row.model == "regnet_x_400mf") row.equal = false;
  }
  for (const auto& row : analysis_of(journal).comparisons) EXPECT_TRUE(row.model != "regnet_x_400mf" || !row.ranked);
}

template <typename Line>  // Headline or Warning
std::size_t lines_with(const std::vector<Line>& lines, std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      lines.begin(), lines.end(), [&](const Line& line) { return line.text.find(text) != std::string::npos; }));
}

TEST(analysis, ranks_nobody_on_a_model_that_a_note_says_has_no_judge) {
  Journal journal = planted_journal();
  journal.notes.push_back({NoteKind::kUnranked, "regnet_x_400mf", "there is no judge of it"});
  const Analysis analysis = analysis_of(journal);
  for (const auto& row : analysis.comparisons) {
    EXPECT_TRUE(row.model == "regnet_y_16gf" || !row.ranked) << row.label;
  }
  EXPECT_TRUE(row_of(analysis.comparisons, "paperkite", "", Mode::kNoPre, Measure::kP50, "regnet_y_16gf")->ranked);
  EXPECT_TRUE(analysis.control.valid);
  EXPECT_EQ(lines_with(analysis.warnings, "No contestant is ranked on regnet_x_400mf: there is no judge of it"), 1u);
}

TEST(analysis, does_not_rank_in_a_workload_whose_reference_differs_from_itself) {
  for (const auto& options : {PlantedOptions{.control_factor = 1.08},
                              PlantedOptions{.rounds = 24, .planned_rounds = 24, .control_factor = 1.03}}) {
    const Analysis analysis = analysis_of(planted_journal(options));
    EXPECT_FALSE(analysis.control.valid);
    EXPECT_EQ(lines_with(analysis.warnings, "the reference differs from itself there"), 1u);
    for (const auto& row : analysis.comparisons) {
      const ControlRow* control = nullptr;
      for (const auto& found : analysis.control.rows) {
        if (found.model == row.model && found.mode == row.mode && found.measure == row.measure) control = &found;
      }
      ASSERT_NE(control, nullptr);
      EXPECT_FALSE(control->biased && row.ranked);
      // One first inference a process is too noisy a measure for so few rounds.
      if (row.measure != Measure::kFirst) {
        EXPECT_EQ(control->biased, !is_memory(row.measure)) << measure_name(row.measure);
      }
    }
    // The planted bias is of times: memory is judged as ever.
    EXPECT_EQ(row_of(analysis.comparisons, "pytorch", "", Mode::kOneshot, Measure::kPeakRss)->verdict,
              Verdict::kSlower);
    EXPECT_NE(row_of(analysis.comparisons, "pytorch", "", Mode::kOneshot, Measure::kWall)->why_not.find("in each half"),
              std::string::npos);
  }
  EXPECT_TRUE(analysis_of(planted_journal()).control.valid);
}

TEST(analysis, a_noisy_race_still_finds_what_is_far_apart_and_calls_nothing_equal) {
  const Analysis analysis = analysis_of(planted_journal({.process_noise = 0.1}));
  EXPECT_TRUE(analysis.control.valid);
  EXPECT_EQ(lines_with(analysis.headline, "cannot be seen here"), 1u);
  const auto* far = row_of(analysis.comparisons, "pytorch", "", Mode::kOneshot, Measure::kWall);
  EXPECT_EQ(far->verdict, Verdict::kSlower);
  EXPECT_EQ(far->margin, 0.02);
  EXPECT_GT(far->resolution.value_or(0), 0.02);
  for (const auto& row : analysis.comparisons) {
    EXPECT_TRUE(is_memory(row.measure) || row.verdict != Verdict::kEquivalent) << row.label;
  }
}

TEST(analysis, calls_nothing_equal_without_a_control) {
  Journal journal = planted_journal();
  std::erase_if(journal.processes, [&](const ProcessRecord& process) {
    return journal.plan.cells[static_cast<std::size_t>(process.cell)].contestant == "control";
  });
  const Analysis analysis = analysis_of(journal);
  for (const auto& row : analysis.control.rows) EXPECT_FALSE(row.resolution);
  const auto* same = row_of(analysis.comparisons, "onnxruntime-rust", "", Mode::kNoPre, Measure::kP50);
  EXPECT_EQ(same->verdict, Verdict::kUndecided);
  EXPECT_NE(same->why_not.find("nothing is called equivalent"), std::string::npos) << same->why_not;
  EXPECT_EQ(row_of(analysis.comparisons, "pytorch", "", Mode::kNoPre, Measure::kP50)->verdict, Verdict::kSlower);
  EXPECT_EQ(lines_with(analysis.headline, "How small a difference can be seen here is not known"), 1u);
}

TEST(analysis, rounds_are_complete_without_those_who_were_lost_or_left_out) {
  Journal journal = planted_journal();
  const auto cell_of = [&](const std::string& contestant) {
    return std::find_if(journal.plan.cells.begin(), journal.plan.cells.end(),
                        [&](const CellRecord& cell) { return cell.contestant == contestant; })
        ->id;
  };
  const std::int32_t lost = cell_of("pytorch"), left_out = cell_of("paperkite:plan");
  journal.decision->counts.erase(left_out);
  std::erase_if(journal.processes, [&](const ProcessRecord& process) {
    return process.cell == left_out || (process.cell == lost && process.round > 3);
  });
  EXPECT_LT(analysis_of(journal).coverage.complete_rounds, 12);
  for (ProcessRecord& process : journal.processes) {
    if (process.cell == lost && process.round == 3) process.status = Outcome::kFailed;
  }
  const Analysis analysis = analysis_of(journal);
  EXPECT_EQ(analysis.coverage.complete_rounds, 12);
  EXPECT_TRUE(analysis.coverage.complete);
  for (const CellSummary& cell : analysis.cells) EXPECT_NE(cell.cell, left_out);
}

TEST(analysis, takes_the_rerun_and_keeps_both) {
  const Journal journal = planted_journal();
  const Analysis analysis = analysis_of(journal);
  EXPECT_EQ(analysis.coverage.reruns, 1);
  for (const auto& cell : analysis.cells) {
    for (const auto& values : cell.processes) {
      const auto& process = journal.processes[values.process];
      EXPECT_TRUE(process.purpose != Purpose::kRerun || values.counted || process.status != Outcome::kOk);
      EXPECT_TRUE(process.flags.empty() || !values.counted);
    }
  }
}

TEST(analysis, races_best_variant_against_best_variant) {
  const Analysis analysis = analysis_of(planted_journal());
  const auto* whole = row_of(analysis.best, "paperkite", "plan", Mode::kOneshot, Measure::kWall);
  EXPECT_EQ(whole->verdict, Verdict::kFaster);
  EXPECT_NEAR(whole->ratio.value_or(0), 0.6, 0.02);
}

TEST(analysis, headlines_name_what_was_prepared) {
  Journal journal = planted_journal();
  EXPECT_EQ(lines_with(analysis_of(journal).headline, "Made before the race"), 0u);
  for (ContestantRecord& contestant : journal.plan.contestants) contestant.prepared = contestant.id == "paperkite";
  EXPECT_EQ(lines_with(analysis_of(journal).headline, "for paperkite."), 1u);
}

TEST(analysis, a_whole_programs_parity_is_that_of_the_check_that_decides) {
  Journal journal = planted_journal();
  const auto word = [&] {
    const Analysis analysis = analysis_of(journal);
    return parity_word(analysis, *row_of(analysis.comparisons, "paperkite", "", Mode::kOneshot, Measure::kWall));
  };
  EXPECT_EQ(word(), "equal");
  std::erase_if(journal.parity, [](const ParityRecord& record) { return record.mode == Mode::kIncPre; });
  EXPECT_EQ(word(), "equal");
  journal.parity.clear();
  EXPECT_EQ(word(), "same answer");
}

// "paperkite" as any program that a person named, in whole programs only.
Journal journal_with_a_program() {
  Journal journal = planted_journal();
  for (ContestantRecord& contestant : journal.plan.contestants) {
    if (contestant.id == "paperkite") contestant.peer.clear();
  }
  std::erase_if(journal.parity, [](const ParityRecord& record) { return record.contestant == "paperkite"; });
  return journal;
}

TEST(analysis, a_program_is_ranked_only_where_its_answer_is_known_and_the_references) {
  const auto of_program = [](ProcessRecord& process, const Journal& journal) {
    const CellRecord& cell = journal.plan.cells[static_cast<std::size_t>(process.cell)];
    return cell.contestant == "paperkite" && cell.mode == Mode::kOneshot && cell.model == "regnet_x_400mf";
  };
  const struct {
    const char* word;
    bool ranked;
    std::function<void(ProcessRecord&, std::size_t)> change;
    const char* reason;
  } rows[] = {
      {"same answer", true, [](ProcessRecord&, std::size_t) {}, ""},
      {"another answer", false, [](ProcessRecord& p, std::size_t) { p.answer_index = 3; }, "it answers class 3"},
      {"another answer", false, [](ProcessRecord& p, std::size_t n) { p.answer_index = n == 2 ? 3 : p.answer_index; },
       "it answers another class in 1 process"},
      {"no answer", false,
       [](ProcessRecord& p, std::size_t) {
         p.answer_index = -1;
         p.info[std::string(kNoAnswer)] = "it names no class of this model: zebra";
       },
       "its answer is not known: it names no class of this model: zebra"},
      {"not checked", false, [](ProcessRecord& p, std::size_t n) { p.answer_index = n == 2 ? -1 : p.answer_index; },
       "its answer is not known in 1 process"},
      // As older journals are.
      {"no answer", false, [](ProcessRecord& p, std::size_t) { p.answer_index = -1; }, "no answer was searched"},
  };
  for (const auto& row : rows) {
    Journal journal = journal_with_a_program();
    std::size_t n = 0;
    for (ProcessRecord& process : journal.processes) {
      if (of_program(process, journal)) row.change(process, n++);
    }
    const Analysis analysis = analysis_of(journal);
    const Comparison& found = *row_of(analysis.comparisons, "paperkite", "", Mode::kOneshot, Measure::kWall);
    EXPECT_EQ(parity_word(analysis, found), row.word) << row.reason;
    EXPECT_EQ(found.ranked, row.ranked) << row.reason;
    EXPECT_EQ(found.verdict.has_value(), row.ranked) << row.reason;
    EXPECT_NE(found.why_not.find(row.reason), std::string::npos) << found.why_not;
    EXPECT_EQ(lines_with(analysis.warnings, "The answers of paperkite are not checked"), 0u) << row.reason;
  }
}

TEST(analysis, programs_are_ranked_by_time_alone_where_the_reference_has_no_known_answer) {
  Journal journal = journal_with_a_program();
  std::erase_if(journal.parity, [](const ParityRecord&) { return true; });
  for (ContestantRecord& contestant : journal.plan.contestants) {
    if (contestant.id == journal.plan.reference || contestant.control) contestant.peer.clear();
  }
  for (ProcessRecord& process : journal.processes) process.answer_index = -1;
  const Analysis analysis = analysis_of(journal);
  const Comparison& found = *row_of(analysis.comparisons, "paperkite", "", Mode::kOneshot, Measure::kWall);
  EXPECT_TRUE(found.ranked) << found.why_not;
  EXPECT_EQ(parity_word(analysis, found), "not checked");
  EXPECT_EQ(lines_with(analysis.warnings, "The answers of paperkite are not checked"), 1u);
}

TEST(analysis, separates_the_language_from_the_runtime) {
  const Analysis analysis = analysis_of(planted_journal({.rounds = 24, .planned_rounds = 24}));
  std::map<std::string, Verdict> verdicts;
  for (const auto& row : analysis.languages) {
    EXPECT_EQ(row.runtime, "ONNX Runtime");
    EXPECT_EQ(row.language, "Rust");
    EXPECT_TRUE(row.same_version);
    if (row.model == "regnet_x_400mf") verdicts[row.phase] = row.verdict.value();
  }
  // One first inference a process: its interval may be too wide for a word, but must not find a difference.
  EXPECT_TRUE(verdicts["first"] == Verdict::kEquivalent || verdicts["first"] == Verdict::kUndecided);
  verdicts.erase("first");
  EXPECT_EQ(verdicts, (std::map<std::string, Verdict>{{"whole", Verdict::kFaster},
                                                      {"start", Verdict::kFaster},
                                                      {"load", Verdict::kEquivalent},
                                                      {"steady", Verdict::kEquivalent}}));
}

// Planted: Rust starts sooner and needs less memory, and infers as fast; PyTorch is three times slower.
TEST(analysis, judges_the_published_study_s_sentences) {
  const Analysis analysis = analysis_of(planted_journal({.rounds = 24, .planned_rounds = 24}));
  std::vector<Truth> found;
  for (const auto& row : analysis.study) {
    found.push_back(row.truth);
    EXPECT_NE(row.figures.find("regnet_x_400mf, 2 threads: "), std::string::npos) << row.sentence;
  }
  EXPECT_EQ(found, (std::vector<Truth>{Truth::kTrue, Truth::kTrue, Truth::kTrue, Truth::kTrue, Truth::kFalse,
                                       Truth::kFalse, Truth::kTrue}));
}

TEST(analysis, does_not_judge_the_study_where_its_contestants_did_not_race) {
  Journal journal = planted_journal();
  for (auto& contestant : journal.plan.contestants) contestant.runtime = "another";
  for (auto& contestant : journal.plan.contestants) contestant.language = contestant.id;
  EXPECT_TRUE(analysis_of(journal).study.empty());
}

TEST(analysis, gives_counters_a_value_or_a_reason) {
  const Analysis analysis = analysis_of(planted_journal());
  for (const auto& cell : analysis.cells) {
    ASSERT_FALSE(cell.counters.empty());
    for (const auto& counter : cell.counters) EXPECT_TRUE(counter.value || !counter.reason.empty()) << counter.name;
  }
}

TEST(analysis, says_how_many_samples_a_percentile_needs) {
  const Analysis analysis = analysis_of(planted_journal({.rounds = 2, .planned_rounds = 2, .samples = 120}));
  for (const auto& cell : analysis.cells) {
    if (cell.percentiles.empty()) continue;
    ASSERT_EQ(cell.percentiles.size(), 4u);
    EXPECT_TRUE(cell.percentiles[0].ms);
    EXPECT_FALSE(cell.percentiles[2].ms);
    EXPECT_GT(cell.percentiles[2].needs, 400);
  }
}

TEST(analysis, splits_a_process_into_spans_that_add_up) {
  const Journal journal = planted_journal({.rounds = 1, .planned_rounds = 1});
  for (const auto& cell : analysis_of(journal).cells) {
    if (cell.phases.empty()) continue;
    double sum = 0;
    for (const auto& span : cell.phases) sum += span.ms;
    EXPECT_NEAR(sum, cell.measures[0]->median, 1e-3);
  }
}

TEST(analysis, shows_how_threads_scale) {
  const Analysis analysis =
      analysis_of(planted_journal({.rounds = 3, .planned_rounds = 3, .second_thread_count = true}));
  ASSERT_FALSE(analysis.scaling.empty());
  for (const auto& row : analysis.scaling) {
    ASSERT_EQ(row.points.size(), 2u);
    EXPECT_NEAR(row.points[1].speedup, 1.8, 0.15);
  }
}

TEST(analysis, takes_the_librarys_own_threads_for_no_number) {
  Journal journal = planted_journal({.rounds = 6, .planned_rounds = 6, .second_thread_count = true});
  for (CellRecord& cell : journal.plan.cells) {
    if (cell.threads == 1) cell.threads = 0;
  }
  const Analysis analysis = analysis_of(journal);
  EXPECT_TRUE(analysis.scaling.empty());
  for (const Warning& warning : analysis.warnings) {
    EXPECT_EQ(warning.text.find("used more processors than it was given"), std::string::npos) << warning.text;
  }
}

TEST(analysis, says_what_it_refuses_and_why) {
  const Analysis analysis = analysis_of(planted_journal());
  const auto refuses = [&](std::string_view part) {
    return std::any_of(analysis.refused.begin(), analysis.refused.end(),
                       [&](const Refusal& refusal) { return refusal.claim.find(part) != std::string::npos; });
  };
  EXPECT_TRUE(refuses("language"));
  EXPECT_TRUE(refuses("Energy"));
  EXPECT_TRUE(refuses("Instructions"));
  EXPECT_TRUE(refuses("Blurry"));
  for (const auto& refusal : analysis.refused) EXPECT_FALSE(refusal.why.empty()) << refusal.claim;
}

TEST(analysis, tells_the_method_of_that_race_and_not_of_another) {
  const auto method_text = [](const Journal& journal) {
    std::string text;
    for (const std::string& line : method_of(analysis_of(journal), journal)) text += line + '\n';
    return text;
  };
  Journal journal = planted_journal({});  // an older one: all in rounds, one of them run once more
  EXPECT_NE(method_text(journal).find("the re-run counts"), std::string::npos);
  EXPECT_EQ(method_text(journal).find("heats"), std::string::npos);
  std::erase_if(journal.processes, [](const auto& process) { return process.purpose == Purpose::kRerun; });
  journal.sets.emplace_back();
  EXPECT_EQ(method_text(journal).find("run again"), std::string::npos);
  EXPECT_NE(method_text(journal).find("races in heats"), std::string::npos);
}

TEST(analysis, survives_processes_with_nothing_in_them) {
  Journal journal = planted_journal({.rounds = 2, .planned_rounds = 2});
  for (auto& process : journal.processes) {
    process.samples.clear();
    process.phases.clear();
    process.marks.clear();
    process.counters.clear();
    process.wall_ns = process.label_ns = process.user_ns = process.system_ns = 0;
    process.peak_rss_bytes = 0;
  }
  const Analysis analysis = analysis_of(journal);
  for (const auto& row : analysis.comparisons) EXPECT_FALSE(row.ratio);
}

}  // namespace
}  // namespace kite::race
