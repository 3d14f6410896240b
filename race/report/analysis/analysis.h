// SPDX-License-Identifier: Apache-2.0
// Everything that a report says about a race, computed once from its journal: the page, the Markdown and the files
// print it. It is a pure function of the journal. Times are milliseconds, memory is bytes. A value that could not be
// measured is absent, never 0, and the reason is beside it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "paperkite/error.h"
#include "race/journal/journal.h"
#include "race/stats/verdict.h"
#include "race/stats/warmup.h"

namespace kite::race {

enum class Measure : std::uint8_t { kWall, kLabel, kUser, kSystem, kLoad, kFirst, kP50, kPeakRss, kPeakAnon };
inline constexpr std::size_t kMeasureCount = 9;
inline constexpr std::array<Measure, kMeasureCount> kMeasures = {
    Measure::kWall,  Measure::kLabel, Measure::kUser,    Measure::kSystem,  Measure::kLoad,
    Measure::kFirst, Measure::kP50,   Measure::kPeakRss, Measure::kPeakAnon};

// The words of modes, tracks and states are in race/journal/words.h.
[[nodiscard]] std::string_view measure_name(Measure measure) noexcept;   // "wall", ..., the words of the files
[[nodiscard]] std::string_view measure_title(Measure measure) noexcept;  // "whole process", for people
[[nodiscard]] bool is_memory(Measure measure) noexcept;                  // true: bytes; false: milliseconds
[[nodiscard]] std::string_view mode_title(Mode mode) noexcept;           // "whole program, one picture", ...
[[nodiscard]] Measure main_measure(Mode mode) noexcept;  // for headlines: wall of oneshot, p50 of the others

struct Range {
  double low = 0, high = 0;
};

// The distribution over those processes of a cell that count.
struct Spread {
  std::int32_t n = 0;
  double median = 0, mean = 0, sd = 0, min = 0, max = 0;  // sd is 0 where n is 1
};

struct ProcessValues {
  std::size_t process = 0;  // index into Journal::processes
  bool counted = false;     // compared with others: ok, of a round, and not replaced by its re-run
  std::array<std::optional<double>, kMeasureCount> values;  // by Measure
  std::optional<double> cpus_used;                          // (user + system) / wall
  std::optional<Steadiness> warm_up;                        // absent without samples
  std::int32_t cut = 0;  // samples left out at the front for p50 (sample 0, the first inference, is never in it)
};

struct CounterSummary {
  std::string name;             // perf's own
  std::optional<double> value;  // median over processes
  std::int32_t n = 0;           // processes that have it
  std::string reason;           // why there is no value, or how it was not counted plainly
  std::string unit;             // "ns", or "" for a count
};

// One phase of a process's life: the median over the processes that count. The phases of a cell follow one another from
// exec on.
struct PhaseSpan {
  std::string name;  // isolated: "start" (exec, language, imports), "load", "first", "steady", "exit";
                     // oneshot: "answer" (exec to the first byte), "exit"
  double ms = 0;
  std::int32_t n = 0;
};

struct MarkSummary {
  std::string name;                                                                // "loaded", "end", "exit"
  double rss_anon_bytes = 0, rss_file_bytes = 0, pss_bytes = 0, vm_hwm_bytes = 0;  // medians; 0: not known
  std::int32_t n = 0;
};

struct Failure {
  Outcome status = Outcome::kFailed;
  std::int32_t n = 0;
  std::string reason;  // of the first one
  std::string log;     // of the first one, relative to the race's folder; may be empty
};

struct Percentile {
  double q = 0;                // 0.9, 0.95, 0.99, 0.999
  std::optional<double> ms;    // median over processes of the process's own percentile
  std::optional<Range> range;  // median over processes of the ends of the order-statistic interval (99 %)
  std::int64_t samples = 0;    // of the smallest process, after the cut
  std::int64_t needs = 0;      // samples one process must have
};

struct WarmUpCount {
  Steadiness steadiness = Steadiness::kTooShort;
  std::int32_t n = 0;
};

struct CellSummary {
  std::int32_t cell = 0;       // index into PlanRecord::cells
  std::size_t contestant = 0;  // index into PlanRecord::contestants
  std::string id,
      label;  // contestant id; its name in the report: title and variant, e.g. "ONNX Runtime (Python), saved model"
  std::string peer, variant, model;
  Track track = Track::kMatched;
  Mode mode = Mode::kOneshot;
  std::int32_t threads = 1;
  bool control = false;
  std::string command;
  std::vector<ProcessValues> processes;  // all of rounds, re-runs and the memory pass, in journal order
  std::array<std::optional<Spread>, kMeasureCount> measures;  // by Measure, of the counted processes
  std::optional<Spread> cpus_used;
  std::vector<CounterSummary> counters;
  std::vector<PhaseSpan> phases;
  std::vector<MarkSummary> marks;
  double peak_rss_floor_bytes = 0;  // the peak of an empty program
  std::optional<double> minor_faults, major_faults, voluntary_switches, involuntary_switches;  // medians
  std::vector<Failure> failures;
  std::vector<Percentile> percentiles;
  std::vector<WarmUpCount> warm_ups;  // how many processes of each class
};

// A whole program's answers compared with those of the reference; `kSame` only if every process of both has an answer.
enum class Answered : std::uint8_t { kNotChecked, kNothing, kOther, kSame };

// Contestant against reference in one cell and measure. ratio = contestant / reference, below 1 is less time or memory.
struct Comparison {
  std::string model;
  Track track = Track::kMatched;
  Mode mode = Mode::kOneshot;
  Measure measure = Measure::kWall;
  std::int32_t threads = 1;
  std::size_t contestant = 0, reference = 0;  // indices into PlanRecord::contestants
  std::string peer, variant, reference_peer, reference_variant;
  std::string label, reference_label;  // for people
  std::optional<double> ratio;
  std::optional<Range> interval;  // 95 %, widened for the number of contestants compared in this cell
  std::int32_t n = 0;             // rounds that have both
  std::optional<double> p, p_adjusted;
  double margin = 0.02;              // 0.02: within 2 % counts as equivalent
  std::optional<double> resolution;  // of its workload: ControlRow::resolution
  std::optional<Verdict> verdict;    // absent: not ranked
  bool ranked = false;
  Answered answered = Answered::kNotChecked;
  bool by_answer = false;                        // it is judged only by the class that its output names
  std::string why_not;                           // why it is not ranked, has no interval, or is not called equivalent
  std::optional<double> value, reference_value;  // medians
};

struct ControlRow {  // the reference compared with itself, in one workload
  std::string model;
  Track track = Track::kMatched;
  Mode mode = Mode::kOneshot;
  Measure measure = Measure::kWall;
  std::int32_t threads = 1;
  std::optional<double> ratio;
  std::optional<Range> interval;
  std::optional<double> resolution;  // 0.014: differences below 1.4 % cannot be seen here (race/stats/control.h)
  std::int32_t n = 0;
  bool biased = false;  // then no contestant is ranked in this workload
  std::string reason;   // why it is biased, or has no resolution
};

struct ControlResult {
  std::vector<ControlRow> rows;
  bool valid = true;  // no workload is biased
};

struct ParityRow {
  std::size_t record = 0;  // index into Journal::parity
  std::string label, model;
  Mode mode = Mode::kNoPre;
  bool equal = true;
  std::string text;  // one clause for people
};

struct NotRanked {
  std::string label, model;  // model empty: nowhere
  Mode mode = Mode::kOneshot;
  bool every_mode = false;
  Outcome status = Outcome::kMissing;
  std::string reason;
};

struct ScalingRow {  // one contestant at several numbers of threads
  std::string label, model;
  Track track = Track::kMatched;
  Mode mode = Mode::kOneshot;
  struct Point {
    std::int32_t threads = 1, n = 0;
    double ms = 0;       // median of the main measure
    double speedup = 1;  // over the fewest threads
    double efficiency = 1;
    std::optional<double> cpus_used;
  };
  std::vector<Point> points;  // ascending threads
};

struct DriftPoint {  // one process
  std::int32_t round = 0, position = 0;
  std::size_t process = 0;
  double relative = 0;  // main measure / median of its cell, - 1
};

struct Drift {
  std::vector<DriftPoint> points;
  std::optional<double>
      last_third_over_first;          // median relative deviation of the last third of rounds - that of the first
  std::optional<double> steal_share;  // of the processes' wall time
};

// The same runtime used from different languages, phase by phase.
struct LanguageRow {
  std::string runtime, model;
  std::int32_t threads = 1;
  std::string phase;  // "start", "load", "first", "steady" (p50), "whole" (wall of oneshot)
  std::string label, reference_label, language, reference_language;
  std::optional<double> ms, reference_ms, ratio;
  std::optional<Range> interval;
  std::int32_t n = 0;
  std::optional<Verdict> verdict;
  bool same_version = false;  // both report the same version of the runtime
};

struct VariantRow {  // a variant against the plain one of the same peer, or a command line against the first one
  Comparison comparison;
};

struct LauncherRow {
  std::string label, model;
  std::optional<double> through_ms, direct_ms, cost_ms;
  std::int32_t n = 0;
};

struct Warning {
  std::string text, remedy;
};

struct Refusal {
  std::string claim, why;
};

struct FlagCount {
  std::string flag;
  std::int32_t n = 0;
};

struct Coverage {
  std::int32_t planned_rounds = 0;  // 0: not decided yet
  std::int32_t complete_rounds = 0, started_rounds = 0;
  std::int32_t processes = 0, counted = 0, reruns = 0, failed = 0;
  std::vector<FlagCount> flags;
  std::string state;  // one sentence: complete, or where it stopped
  bool complete = false;
  std::vector<std::string> missing;  // what this report lacks therefore, and what the budget left out
};

struct CommandRow {
  std::string label, model, command;
  Mode mode = Mode::kOneshot;
  std::int32_t threads = 1;
};

struct Headline {
  std::string text;
  std::optional<Verdict> verdict;  // as in Comparison; absent: the sentence judges nothing
};

// One contestant on one model, as the first screen shows it.
struct Standing {
  struct Time {
    std::optional<double> ms;        // the median of the reference times the ratio; without a ratio, its own median
    std::optional<double> ratio;     // to the reference
    std::optional<Range> interval;   // of the ratio, 95 %
    std::optional<Verdict> verdict;  // as in Comparison
    std::string why_not;             // why there is no verdict
  };
  std::size_t contestant = 0;  // index into PlanRecord::contestants
  std::string label;
  bool reference = false;
  Time start, steady;  // exec to the first byte of the answer; one inference after warm-up
  std::optional<double> peak_bytes = std::nullopt, installed_bytes = std::nullopt;
};
[[nodiscard]] inline bool is_ranked(const Standing& row) {
  return row.reference || row.start.verdict || row.steady.verdict;
}

// All contestants on one model, on the matched track if that was raced. The earliest answer comes first; contestants
// that are not ranked come last.
struct Standings {
  std::string model;
  Track track = Track::kMatched;
  std::int32_t threads = 1;  // the number at which most contestants meet
  Mode steady_mode = Mode::kNoPre;
  std::string reference_label;
  // ControlRow::resolution of the two times.
  std::optional<double> start_resolution, steady_resolution;
  std::vector<Standing> rows;
  std::int32_t left_out = 0;  // if there are many rows: variants that are slower than another one of the same peer
};

enum class Truth : std::uint8_t { kTrue, kFalse, kCannotTell };

// A sentence of the published study, checked with this race.
struct StudySentence {
  std::string sentence;
  Truth truth = Truth::kCannotTell;
  std::string pair;     // the contestants whose ratios are shown
  std::string figures;  // with workloads, intervals and verdicts
};

struct Analysis {
  std::vector<Standings> standings;  // by model, in the plan's order
  std::vector<Headline> headline;    // page 1, in plain words; one of them is the resolution
  std::vector<StudySentence> study;  // empty: this race did not rank the study's contestants
  std::string reference_label;
  double margin = 0.02;

  Coverage coverage;
  ControlResult control;
  std::vector<CellSummary> cells;       // in the plan's order
  std::vector<Comparison> comparisons;  // every contestant against the reference
  std::vector<Comparison> best;         // best variant against best variant, main measures
  std::vector<VariantRow> variants;     // each variant against the plain one, each command line against the first
  std::vector<LauncherRow> launchers;
  std::vector<ParityRow> parity;
  std::vector<NotRanked> not_ranked;
  std::vector<ScalingRow> scaling;
  Drift drift;
  std::vector<LanguageRow> languages;
  std::vector<std::string> language_caveats;  // what these rows show, and what they do not show
  std::vector<Warning> warnings;
  std::vector<Refusal> refused;
  std::vector<std::string> limits;
  std::vector<std::string> method;  // short
  std::vector<CommandRow> commands;
};

// An Error: the journal contradicts itself (it names a cell or contestant that the plan does not have).
[[nodiscard]] Result<Analysis> analyse(const Journal& journal);

}  // namespace kite::race
