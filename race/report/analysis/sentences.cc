// SPDX-License-Identifier: Apache-2.0
// One sentence for each contestant: when it answers, how fast it infers, and what is undecided.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "race/report/analysis/standings.h"
#include "race/report/analysis/text.h"

namespace kite::race {
namespace {

// The words for one of the two times.
struct Words {
  const char *verb, *less, *more, *same;
};
constexpr Words kStart = {"answers", "sooner", "later", "as soon"};
constexpr Words kSteady = {"infers", "faster", "slower", "as fast"};

// A contestant's verdict on one of the times, for one model.
struct Finding {
  std::string model;
  double ratio = 1;
  Verdict verdict = Verdict::kUndecided;
};

bool decided(const Finding& finding) { return finding.verdict != Verdict::kUndecided; }

// "28 times sooner", "as soon"
std::string phrase(const Finding& finding, const Words& words) {
  if (finding.verdict == Verdict::kEquivalent) return words.same;
  return fmt::format("{} {}", factor_text(finding.ratio),
                     finding.verdict == Verdict::kFaster ? words.less : words.more);
}

// True: both are factors, or both are percentages.
bool ends_alike(std::string_view a, std::string_view b) { return a.back() == b.back(); }

// The phrase for several models with the same verdict: "5.3 to 28 times sooner".
std::string phrase_over(const std::vector<Finding>& findings, const Words& words) {
  const auto distance = [](const Finding& finding) { return std::abs(std::log(finding.ratio)); };
  const auto [least, most] = std::minmax_element(
      findings.begin(), findings.end(), [&](const auto& a, const auto& b) { return distance(a) < distance(b); });
  const std::string from = factor_text(least->ratio), to = phrase(*most, words);
  if (most->verdict == Verdict::kEquivalent || phrase(*least, words) == to) return to;
  return fmt::format("{} to {}", from.substr(0, from.find(' ')), to);
}

std::string listed(const std::vector<std::string>& parts) {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out += i + 1 == parts.size() ? " and " : ", ";
    out += parts[i];
  }
  return out;
}

// "answers 28 times sooner than R", "answers 28 times sooner on a and as soon on b, against R". `reference` is empty if
// the sentence has named it already.
std::string clause(const std::vector<Finding>& findings, const Words& words, const std::string& reference) {
  const auto& first = findings.front();
  const auto alike = [&](const Finding& other) {
    return other.verdict == first.verdict && ends_alike(factor_text(other.ratio), factor_text(first.ratio));
  };
  if (std::all_of(findings.begin(), findings.end(), alike)) {
    const char* than = first.verdict == Verdict::kEquivalent ? "as" : "than";
    return fmt::format("{} {}{}", words.verb, phrase_over(findings, words),
                       reference.empty() ? "" : fmt::format(" {} {}", than, reference));
  }
  std::vector<std::string> parts;
  for (const auto& finding : findings) parts.push_back(fmt::format("{} on {}", phrase(finding, words), finding.model));
  return fmt::format("{} {}{}", words.verb, listed(parts), reference.empty() ? "" : ", against " + reference);
}

// "which answers sooner is undecided on a"; models are named only if other models are decided.
std::string open_question(const std::vector<Finding>& findings, const Words& words, bool all) {
  std::vector<std::string> models;
  for (const auto& finding : findings) models.push_back(finding.model);
  return fmt::format("which {} {} is undecided{}", words.verb, words.less, all ? "" : " on " + listed(models));
}

std::string sentence(const std::string& label, const std::string& reference, const std::vector<Finding>& start,
                     const std::vector<Finding>& steady) {
  std::vector<std::string> decided_clauses, open;
  for (const auto& [findings, words] : {std::pair{&start, &kStart}, {&steady, &kSteady}}) {
    std::vector<Finding> sure, unsure;
    for (const auto& finding : *findings) (decided(finding) ? sure : unsure).push_back(finding);
    if (!sure.empty()) decided_clauses.push_back(clause(sure, *words, decided_clauses.empty() ? reference : ""));
    if (!unsure.empty()) open.push_back(open_question(unsure, *words, sure.empty()));
  }
  if (decided_clauses.empty()) return fmt::format("Of {} and {}, {}.", label, reference, joined(open, ", and "));
  std::string text = fmt::format("{} {}", label, joined(decided_clauses, ", and "));
  if (!open.empty()) text += "; " + joined(open, ", and ");
  return text + ".";
}

}  // namespace

std::string factor_text(double ratio) {
  const double factor = ratio < 1 ? 1 / ratio : ratio;
  if (!std::isfinite(factor)) return "n/a times";
  if (factor < 1.5) return fmt::format("{:.{}f} %", (factor - 1) * 100, factor < 1.0995 ? 1 : 0);
  return fmt::format("{:.{}f} times", factor, factor < 9.95 ? 1 : 0);
}

std::vector<Headline> contestant_sentences(const std::vector<Standings>& standings) {
  std::vector<Headline> lines;
  std::vector<std::size_t> done;
  for (const auto& workload : standings) {
    for (const auto& row : workload.rows) {
      if (row.reference || std::find(done.begin(), done.end(), row.contestant) != done.end()) continue;
      done.push_back(row.contestant);
      std::vector<Finding> start, steady;
      for (const auto& other : standings) {
        for (const auto& same : other.rows) {
          if (same.contestant != row.contestant) continue;
          for (const auto& [time, findings] : {std::pair{&same.start, &start}, {&same.steady, &steady}}) {
            if (time->verdict) findings->push_back({other.model, time->ratio.value_or(1), *time->verdict});
          }
        }
      }
      if (start.empty() && steady.empty()) continue;
      lines.push_back({sentence(row.label, workload.reference_label, start, steady),
                       (start.empty() ? steady : start).front().verdict});
    }
  }
  return lines;
}

}  // namespace kite::race
