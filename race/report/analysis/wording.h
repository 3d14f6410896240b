// SPDX-License-Identifier: Apache-2.0
// The sentences of a report. They are made last, from all that was found, and fill in those fields of the analysis.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "race/report/analysis/analysis.h"

namespace kite::race {

// "equal" or "not equal" to the judge, by the check that decides about this row: a whole program is held to what it
// answers with its own preprocessing, else to its inference, and where neither was raced to the class that it printed.
[[nodiscard]] std::string parity_word(const Analysis& analysis, const Comparison& row);

// "Differences below 1.4 % cannot be seen here.", or of the best place and the worst, by main measures.
[[nodiscard]] std::string resolution_sentence(const ControlResult& control);

// One sentence about the places where the reference differs from itself; "" where there are none.
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
