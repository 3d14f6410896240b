// SPDX-License-Identifier: Apache-2.0
// How far the numbers may be trusted: warnings with their remedies, refused claims, limits, the method in short.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "race/journal/words.h"
#include "race/report/analysis/cells.h"
#include "race/report/analysis/text.h"
#include "race/report/analysis/wording.h"

namespace kite::race {
namespace {

constexpr std::int32_t kRoundsToRank =
    10;                               // fewer give intervals of more than 3 % at a spread of 3 % between processes
constexpr double kSpareCpus = 0.25;   // above the threads asked for: the language's own threads while it starts
constexpr double kStealLimit = 0.01;  // of wall time
constexpr double kDriftLimit = 0.05;

void warn_of_threads(const Analysis& analysis, std::vector<Warning>& warnings) {
  std::map<std::string, std::vector<std::string>> found_of;
  for (const auto& cell : analysis.cells) {
    if (!cell.cpus_used || cell.track != Track::kMatched || cell.threads == 0) continue;
    if (cell.cpus_used->median <= cell.threads + kSpareCpus) continue;
    found_of[cell.label].push_back(fmt::format("{} CPUs at {} on {} ({})", digits(cell.cpus_used->median),
                                               threads_text(cell.threads), cell.model, mode_title(cell.mode)));
  }
  for (const auto& [label, found] : found_of) {
    warnings.push_back({fmt::format("{} used more processors than it was given: {}", label, joined(found, ", ")),
                        "set its threads in its peer.toml, or read its matched rows as an upper bound of its speed"});
  }
}

bool ranked_unchecked(const Analysis& analysis, const std::string& id) {
  return std::any_of(analysis.comparisons.begin(), analysis.comparisons.end(), [&](const Comparison& row) {
    return row.ranked && row.peer == id && parity_word(analysis, row) == "not checked";
  });
}

void warn_of_answers(const Analysis& analysis, const Journal& journal, std::vector<Warning>& warnings) {
  std::map<std::string, std::map<std::int32_t, std::vector<std::string>>> answers;
  for (const auto& cell : analysis.cells) {
    if (cell.mode != Mode::kOneshot) continue;
    for (const auto& values : cell.processes) {
      const auto index = journal.processes[values.process].answer_index;
      if (!values.counted || index < 0) continue;
      auto& names = answers[cell.model][index];
      if (std::find(names.begin(), names.end(), cell.label) == names.end()) names.push_back(cell.label);
    }
  }
  for (const auto& [model, by_index] : answers) {
    if (by_index.size() < 2) continue;
    std::vector<std::string> parts;
    for (const auto& [index, names] : by_index) parts.push_back(fmt::format("{}: {}", index, joined(names, ", ")));
    warnings.push_back({fmt::format("The whole programs do not agree on the class of the one picture on {} ({})", model,
                                    joined(parts, "; ")),
                        "see the parity table; in a near tie, different picture libraries may give different answers"});
  }
}

void warn_of_warm_up(const Analysis& analysis, std::vector<Warning>& warnings) {
  for (const auto& cell : analysis.cells) {
    std::int32_t all = 0, unsteady = 0;
    for (const auto& found : cell.warm_ups) {
      all += found.n;
      const bool plain = found.steadiness == Steadiness::kFlat || found.steadiness == Steadiness::kWarmUp ||
                         found.steadiness == Steadiness::kTooShort;
      if (!plain) unsteady += found.n;
    }
    if (all == 0 || unsteady * 2 <= all) continue;
    warnings.push_back(
        {fmt::format("{} has no plain steady state in {} of {} ({})", cell.label, unsteady, plural(all, "process"),
                     workload_text(cell.model, cell.mode, cell.threads, cell.track)),
         "look at its run sequence; its median is that of a mixture"});
  }
}

void warn_of_noise(const Analysis& analysis, const Journal& journal, std::vector<Warning>& warnings) {
  const std::int32_t all = analysis.coverage.processes;
  for (const auto& flag : analysis.coverage.flags) {
    if (2 * flag.n >= all) {
      warnings.push_back({fmt::format("{} of {} are flagged \"{}\": so many that this is the normal state of this "
                                      "machine and not a disturbance of single processes. It widens the intervals and "
                                      "changes absolute times; the ratios, from which verdicts are made, remain valid",
                                      flag.n, plural(all, "process"), flag.flag),
                          "race on a quieter machine where intervals are too wide to decide"});
      continue;
    }
    warnings.push_back(
        {fmt::format("{} flagged \"{}\"", plural(flag.n, "process") + (flag.n == 1 ? " is" : " are"), flag.flag),
         "if a round was run again, its re-run counts; do not use the machine for other work, and race again"});
  }
  if (analysis.drift.steal_share && *analysis.drift.steal_share > kStealLimit) {
    warnings.push_back({fmt::format("The hypervisor took {} of the time for other machines",
                                    percent_text(*analysis.drift.steal_share)),
                        "race on a machine that you do not share, or at a time with less load"});
  }
  if (analysis.drift.last_third_over_first && std::abs(*analysis.drift.last_third_over_first) > kDriftLimit) {
    warnings.push_back(
        {fmt::format("The last third of the rounds ran {} {} than the first",
                     percent_text(std::abs(*analysis.drift.last_third_over_first)),
                     *analysis.drift.last_third_over_first > 0 ? "slower" : "faster"),
         "ratios are taken within a round and do not change, absolute times do: let the machine settle first"});
  }
  const std::string& governor = journal.plan.machine.governor;
  if (governor.starts_with("powersave") || governor.starts_with("ondemand") || governor.starts_with("schedutil")) {
    warnings.push_back(
        {fmt::format("The frequency governor is \"{}\"", governor), "cpupower frequency-set -g performance"});
  }
}

}  // namespace

std::vector<Warning> warnings_of(const Analysis& analysis, const Journal& journal,
                                 const std::map<std::string, std::string>& unranked_models) {
  std::vector<Warning> warnings;
  if (!analysis.control.valid) {
    warnings.push_back(
        {bias_sentence(analysis.control),
         "find what favours one of two equal programs (a busy neighbour on one processor, a changing clock "
         "rate), and race again"});
  }
  if (!analysis.coverage.complete)
    warnings.push_back({analysis.coverage.state, "kite race --resume --out with this folder"});
  for (const auto& [model, reason] : unranked_models) {
    warnings.push_back({fmt::format("No contestant is ranked on {}: {}", model, reason),
                        "name another judge with --reference, and report the disagreement"});
  }
  const auto& coverage = analysis.coverage;
  if (coverage.started_rounds > 0 && coverage.complete_rounds < kRoundsToRank) {
    warnings.push_back({fmt::format("{} are few: a reliable ranking needs {} or more",
                                    plural(coverage.complete_rounds, "complete round"), kRoundsToRank),
                        fmt::format("--rounds {}, or a larger --budget", kRoundsToRank)});
  }
  for (const auto& contestant : journal.plan.contestants) {
    if (!contestant.ready) {
      warnings.push_back(
          {fmt::format("{} did not take part: {}", contestant.title.empty() ? contestant.id : contestant.title,
                       contestant.reason),
           contestant.reason.find("kite race setup") == std::string::npos ? "kite race setup " + contestant.peer : ""});
    }
  }
  for (const auto& contestant : journal.plan.contestants) {
    if (contestant.peer.empty() && !contestant.control && ranked_unchecked(analysis, contestant.id)) {
      warnings.push_back(
          {fmt::format("The answers of {} are not checked, so it is ranked by time alone", contestant.id),
           "let it print the label, or name a --reference that does; docs/benchmarking.md explains how"});
    }
  }
  warn_of_threads(analysis, warnings);
  warn_of_answers(analysis, journal, warnings);
  warn_of_warm_up(analysis, warnings);
  warn_of_noise(analysis, journal, warnings);
  std::set<std::string> known;
  for (const auto& note : journal.notes) {
    if (note.kind == NoteKind::kWarning && known.insert(note.text).second) warnings.push_back({note.text, ""});
  }
  return warnings;
}

std::vector<Refusal> refusals_of(const Analysis& analysis, const Journal& journal) {
  std::vector<Refusal> refused = {
      {"One language is faster than another",
       "whole stacks were raced; see \"Language or runtime?\" for what may be said"},
      {"Anything about another machine, another day or another race",
       fmt::format("the machine is \"{}\", and no control connects it with another one",
                   journal.plan.machine.processor.empty() ? "not described" : journal.plan.machine.processor)},
      {"A mean of ratios over models", "ratios on different models answer different questions; each has its own row"},
      {"Significance read from standard deviations", "only the intervals of paired ratios decide"}};
  std::int32_t undecided = 0, few = 0;
  for (const auto& row : analysis.comparisons) undecided += row.verdict == Verdict::kUndecided;
  if (undecided > 0) {
    refused.push_back({"That there is no difference where the verdict is \"undecided\"",
                       fmt::format("{} too wide to decide, which is not the same as equivalent",
                                   undecided == 1 ? "1 interval is" : fmt::format("{} intervals are", undecided))});
  }
  for (const auto& cell : analysis.cells) {
    few += std::any_of(cell.percentiles.begin(), cell.percentiles.end(),
                       [](const Percentile& percentile) { return percentile.q > 0.98 && !percentile.ms; });
  }
  if (few > 0) {
    refused.push_back({"Percentiles for which one process has too few samples",
                       fmt::format("p99 or p99.9 is left out in {}", plural(few, "cell"))});
  }
  std::set<std::string> counters;
  for (const auto& cell : analysis.cells) {
    for (const auto& counter : cell.counters) {
      if (!counter.value && (counter.name == "cycles" || counter.name == "instructions"))
        counters.insert(counter.reason);
    }
  }
  if (!counters.empty()) {
    refused.push_back(
        {"Instructions, cycles or anything made from them", joined({counters.begin(), counters.end()}, "; ")});
  }
  refused.push_back({"Energy", "it was not measured"});
  std::int32_t narrow = 0;
  for (const auto& row : analysis.comparisons) {
    if (!is_memory(row.measure) || !row.value || !row.reference_value) continue;
    const auto& cell = *std::find_if(analysis.cells.begin(), analysis.cells.end(), [&](const CellSummary& c) {
      return c.contestant == row.contestant && c.mode == row.mode;
    });
    narrow += std::abs(*row.value - *row.reference_value) < cell.peak_rss_floor_bytes;
  }
  if (narrow > 0) {
    refused.push_back({"Memory differences below the floor of the instrument",
                       fmt::format("{} smaller than the peak memory of an empty program",
                                   narrow == 1 ? "1 difference is" : fmt::format("{} differences are", narrow))});
  }
  for (const auto& row : analysis.not_ranked) {
    if (row.status != Outcome::kUnequal) continue;
    refused.push_back({fmt::format("That {} is fast or slow on {} ({})", row.label, row.model, mode_title(row.mode)),
                       "it was not shown that it computes the same: " + row.reason});
  }
  return refused;
}

std::vector<std::string> limits_of(const Analysis& analysis, const Journal& journal) {
  std::vector<std::string> limits;
  std::set<std::int32_t> threads;
  for (const auto& cell : analysis.cells) threads.insert(cell.threads);
  std::vector<std::string> counts;
  for (const auto count : threads) counts.push_back(threads_text(count));
  if (!counts.empty()) {
    limits.push_back(fmt::format("One picture at a time, at {}, on {} and {}: no batches, no other sizes.",
                                 joined(counts, " and "),
                                 plural(static_cast<std::int64_t>(journal.plan.models.size()), "model"),
                                 plural(journal.plan.pictures, "picture")));
  }
  limits.push_back(
      "A closed loop: the next inference begins when the last one has ended. That is latency; throughput and "
      "latency under load were not measured.");
  limits.push_back(
      "Warm: model files and libraries are in the page cache, since every file was read before the first round.");
  limits.push_back(
      "Best variants were picked by the medians of this same race, which favours contestants with more variants.");
  limits.push_back(
      "Peak anonymous memory is the largest of the marks that a process made, so a peak between two marks is not in "
      "it.");
  limits.push_back(
      "The journal identifies pictures by their position in the list, and it has class names only if a whole program "
      "printed them.");
  return limits;
}

namespace {

// Older races ran steady inference in rounds as well.
std::string pairing_sentence(const Journal& journal) {
  if (journal.sets.empty()) {
    return "Contestants race once in each round; a ratio is to the processes of the reference in that round that began "
           "nearest in time.";
  }
  return "Whole programs race in rounds, with the reference between them; a ratio is to the two processes of the "
         "reference that began nearest in time. Steady inference races in heats: the contestants are alive at the same "
         "time and take turns. Each block is compared with the blocks of the reference right before and right after "
         "it. A block that got less processor time than usual is left out with its partner. A set of fresh processes "
         "is one replicate.";
}

}  // namespace

std::vector<std::string> method_of(const Analysis& analysis, const Journal& journal) {
  std::vector<std::string> method = {
      "Processes of the operating system are repeated, in balanced orders, so that each contestant follows each other "
      "one equally often.",
      pairing_sentence(journal),
      "A process gives one number for each measure. For an isolated process it is the median of its samples after the "
      "first inference and after its own warm-up, which is found by change points and left out.",
      "A ratio is the Hodges-Lehmann estimate of the rounds' logarithmic ratios with its Walsh-average interval of 95 "
      "%. It is widened by Bonferroni if several contestants are compared with the reference, and further over all "
      "workloads that cannot resolve the margin. p-values come from sign-flip tests and are adjusted by Holm.",
      "The reference runs beside itself, once more under another name. Half the width of the interval of their ratio "
      "is the resolution of the workload: smaller differences cannot be seen there. If that interval excludes 1, also "
      "after Holm's correction over the workloads and in each half of the rounds, the workload is biased and not "
      "ranked.",
      fmt::format(
          "Faster or slower: the whole interval lies beyond the margin of {}. Equivalent: it lies wholly within, "
          "in a workload whose resolution is no worse than the margin. Otherwise undecided.",
          percent_text(analysis.margin)),
      std::string("Only contestants that agree with the judge are ranked. A process that was disturbed is flagged") +
          (analysis.coverage.reruns > 0 ? " and run again; both are kept, the re-run counts." : ", and counts.")};
  for (const auto& note : journal.notes) {
    if (note.kind == NoteKind::kJudge) method.push_back("The " + note.text + ".");
  }
  method.push_back(fmt::format("Seed {}, preset {}, plan {}.", journal.plan.seed,
                               journal.plan.preset.empty() ? "none" : journal.plan.preset,
                               journal.plan.hash.empty() ? "without a hash" : journal.plan.hash));
  return method;
}

}  // namespace kite::race
