// SPDX-License-Identifier: Apache-2.0
// Compares the sentences of the published study with a race that has its contestants.
#include <fmt/format.h>

#include <algorithm>

#include "race/journal/words.h"
#include "race/report/analysis/text.h"
#include "race/report/analysis/wording.h"

namespace kite::race {
namespace {

// What this race found about one pair of contestants in one workload.
struct Evidence {
  std::string workload;
  Measure measure = Measure::kWall;
  std::optional<double> ratio;
  std::optional<Range> interval;
  Verdict verdict = Verdict::kUndecided;
};
using All = std::vector<Evidence>;

Verdict turned(Verdict verdict) {
  if (verdict == Verdict::kFaster) return Verdict::kSlower;
  return verdict == Verdict::kSlower ? Verdict::kFaster : verdict;
}

std::string workload_of(std::string_view title, const std::string& model, std::int32_t threads) {
  return fmt::format("{}, {}, {}", title, model, threads_text(threads));
}

// Rust / Python around ONNX Runtime, from the rows that compare languages. This is a question by itself, so its
// intervals are not widened for the other contestants.
void add_languages(const Analysis& analysis, std::string_view phase, std::string_view title, All& all) {
  for (const auto& row : analysis.languages) {
    const bool forward = row.language == "Rust" && row.reference_language == "Python";
    const bool backward = row.language == "Python" && row.reference_language == "Rust";
    if (row.phase != phase || (!forward && !backward) || row.runtime.find("ONNX") == std::string::npos) continue;
    Evidence found{workload_of(title, row.model, row.threads), Measure::kWall, row.ratio, row.interval,
                   row.verdict.value_or(Verdict::kUndecided)};
    if (backward) {
      if (found.ratio) found.ratio = 1 / *found.ratio;
      if (found.interval) found.interval = Range{1 / found.interval->high, 1 / found.interval->low};
      found.verdict = turned(found.verdict);
    }
    all.push_back(std::move(found));
  }
}

// Contestant / ONNX Runtime from Python, for one measure of one mode, on the matched track.
void add_comparisons(const Analysis& analysis, std::string_view peer, Mode mode, Measure measure, All& all) {
  for (const auto& row : analysis.comparisons) {
    if (row.peer != peer || !row.variant.empty() || row.reference_peer != "onnxruntime-python") continue;
    if (row.mode != mode || row.measure != measure || row.track != Track::kMatched || row.threads == 0) continue;
    const std::string_view title = mode == Mode::kOneshot ? measure_title(measure) : mode_title(mode);
    all.push_back({workload_of(title, row.model, row.threads), measure, row.ratio, row.interval,
                   row.verdict.value_or(Verdict::kUndecided)});
  }
}

bool is_decided(const Evidence& found) { return found.verdict != Verdict::kUndecided; }

// True: it holds for every workload. False: one workload shows the opposite.
Truth holds_everywhere(const All& all, Verdict wanted) {
  const auto contrary = [&](const Evidence& found) { return is_decided(found) && found.verdict != wanted; };
  if (std::any_of(all.begin(), all.end(), contrary)) return Truth::kFalse;
  return !all.empty() && std::all_of(all.begin(), all.end(), is_decided) ? Truth::kTrue : Truth::kCannotTell;
}

// True: one workload shows it. False: every workload shows the opposite.
Truth holds_somewhere(const All& all, Verdict wanted) {
  const auto so = [&](const Evidence& found) { return found.verdict == wanted; };
  if (std::any_of(all.begin(), all.end(), so)) return Truth::kTrue;
  return !all.empty() && std::all_of(all.begin(), all.end(), is_decided) ? Truth::kFalse : Truth::kCannotTell;
}

std::string figures(const All& all) {
  std::vector<std::string> parts;
  for (const auto& found : all) {
    const std::string ratio = found.ratio ? ratio_text(*found.ratio) : "n/a";
    const std::string interval = found.interval ? fmt::format(" ({})", range_text(*found.interval)) : "";
    parts.push_back(
        fmt::format("{}: {}{}, {}", found.workload, ratio, interval, verdict_word(found.measure, found.verdict)));
  }
  return parts.empty() ? "this race did not rank both" : joined(parts, "; ");
}

}  // namespace

std::vector<StudySentence> judge_study(const Analysis& analysis) {
  constexpr std::string_view kRust = "onnxruntime-rust";
  All pytorch, rust, inference, isolated, memory, effort;
  for (const Measure measure : {Measure::kWall, Measure::kUser, Measure::kPeakRss}) {
    add_comparisons(analysis, "pytorch", Mode::kOneshot, measure, pytorch);
  }
  for (const Mode mode : {Mode::kNoPre, Mode::kIncPre}) {
    add_comparisons(analysis, "pytorch", mode, Measure::kP50, pytorch);
  }
  add_languages(analysis, "whole", "whole program", rust);
  add_languages(analysis, "steady", "inference alone", inference);
  isolated = inference;
  add_comparisons(analysis, kRust, Mode::kIncPre, Measure::kP50, isolated);
  add_comparisons(analysis, kRust, Mode::kOneshot, Measure::kPeakRss, memory);
  add_comparisons(analysis, kRust, Mode::kOneshot, Measure::kUser, effort);
  if (rust.empty() && inference.empty()) return {};
  All close = isolated;
  close.insert(close.end(), memory.begin(), memory.end());
  return {
      {"Summary 1: PyTorch and ONNX Runtime from Python differ much, in all categories.",
       holds_everywhere(pytorch, Verdict::kSlower), "PyTorch / ONNX Runtime", figures(pytorch)},
      {"Summary 2: ONNX Runtime from Rust is ahead overall ...", holds_everywhere(rust, Verdict::kFaster),
       "Rust / Python", figures(rust)},
      {"... and in some areas close to Python.", holds_somewhere(close, Verdict::kEquivalent), "Rust / Python",
       figures(close)},
      {"Of inference alone, Python and Rust do not differ.", holds_everywhere(inference, Verdict::kEquivalent),
       "Rust / Python", figures(inference)},
      {"On pure inference, Rust is significantly faster.", holds_everywhere(inference, Verdict::kFaster),
       "Rust / Python", figures(inference)},
      {"In peak memory, Rust and Python do not differ significantly.", holds_everywhere(memory, Verdict::kEquivalent),
       "Rust / Python", figures(memory)},
      {"Rust needs less of the processor.", holds_everywhere(effort, Verdict::kFaster), "Rust / Python",
       figures(effort)},
  };
}

}  // namespace kite::race
