// SPDX-License-Identifier: Apache-2.0
// The sentences of a report. They are made last, from all findings, and are stored in the analysis.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "race/report/analysis/analysis.h"

namespace kite::race {

// "equal" or "not equal" to the judge, by the check that decides for this row. For a whole program that is the check of
// inference with its own preprocessing; without it, that of inference alone; without both, the class that it printed.
[[nodiscard]] std::string parity_word(const Analysis& analysis, const Comparison& row);

// "Differences below 1.4 % cannot be seen here.", or the same for the best and the worst workload,
// by their main measures.
[[nodiscard]] std::string resolution_sentence(const ControlResult& control);

// One sentence about the workloads in which the reference differs from itself; "" if there are none.
[[nodiscard]] std::string bias_sentence(const ControlResult& control);

[[nodiscard]] std::vector<Headline> headline_of(const Analysis& analysis, const Journal& journal);
[[nodiscard]] std::vector<StudySentence> judge_study(const Analysis& analysis);  // study.cc
[[nodiscard]] std::vector<std::string> caveats_of_languages(const Analysis& analysis);
[[nodiscard]] std::vector<Warning> warnings_of(const Analysis& analysis, const Journal& journal,
                                               const std::map<std::string, std::string>& unranked_models);
[[nodiscard]] std::vector<Refusal> refusals_of(const Analysis& analysis, const Journal& journal);
[[nodiscard]] std::vector<std::string> limits_of(const Analysis& analysis, const Journal& journal);
[[nodiscard]] std::vector<std::string> method_of(const Analysis& analysis, const Journal& journal);

}  // namespace kite::race
