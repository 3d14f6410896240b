// SPDX-License-Identifier: Apache-2.0
// What each output of a model holds: logits, probabilities, the class itself, or no class scores at all.
//
// It is found in the graph as the model states it, before any pass has changed the graph, and is stored with the plan,
// because a plan does not contain the meaning of its numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"

namespace kite {

// The note of a plan that holds scores_text().
inline constexpr std::string_view kScoresNote = "paperkite.plan.scores";

enum class OutputKind : std::uint8_t {
  kLogits,            // real numbers, one for each class
  kProbabilities,     // of classes of which exactly one is right
  kIndependent,       // probabilities of classes each of which may be right or not
  kLogProbabilities,  // natural logarithms of kProbabilities
  kLogIndependent,    // natural logarithms of kIndependent
  kClassIndex,        // ArgMax, or the indices of TopK
  kUnclear,           // arithmetic on probabilities whose result is none of these kinds: `reason`
  kNoVector,          // more than one number for each class, or no numbers
};

[[nodiscard]] std::string_view output_kind_name(OutputKind kind) noexcept;

// One output. In the shape of a picture's part of it, every dimension but that of the classes is 1, so that the numbers
// of the classes are next to each other.
struct OutputScores {
  OutputKind kind = OutputKind::kUnclear;
  std::int64_t classes = 0;  // numbers for each picture; for an index, the number of classes that it chooses from
  int class_axis = 0;        // 0 also for a scalar
  bool sums_to_one = false;  // of probabilities
  double total = 1;          // the number of a class that is certain: 100 for per cent
  std::int64_t ranked = 0;   // above 0: this many best classes, best first, instead of one number for each class
  // The output that holds the classes of these scores, or the scores of these classes. Where nothing is ranked: the
  // output that holds the probabilities which the graph makes of these logits.
  int partner = -1;
  std::string reason;  // one clause without a line break; a warning for other kinds than kUnclear
  [[nodiscard]] bool operator==(const OutputScores&) const = default;
};

// For each output of a typed graph. Pictures are counted along axis 0 of the first input of four dimensions or more.
[[nodiscard]] std::vector<OutputScores> find_scores(const Graph& graph);

// As text for a plan: one line for each output. nullopt for text that scores_text() does not write.
[[nodiscard]] std::string scores_text(const std::vector<OutputScores>& outputs);
[[nodiscard]] std::optional<std::vector<OutputScores>> parse_scores(std::string_view text);

}  // namespace kite
