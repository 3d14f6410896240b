// SPDX-License-Identifier: Apache-2.0
// Which output is taken, and what makes probabilities of its numbers: by the graph, the flags, and names.
#include "api/scores.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "api/ranking.h"

namespace kite {
namespace {

struct Output {
  const char* name;
  OutputKind kind;
  std::int64_t classes = 5;
  int partner = -1;
};

struct Question {
  std::vector<Output> outputs;
  MeaningOptions meaning = {};
  std::size_t labels = 0;
  std::map<std::string, std::string> metadata = {};
};

Result<ScoreChoice> choose(const Question& question) {
  ScoreSources sources;
  for (const Output& output : question.outputs) {
    sources.ports.push_back({output.name, {DType::kFloat32, {1, output.classes}}});
    OutputScores scores;
    scores.kind = output.kind;
    scores.classes = output.classes;
    scores.partner = output.partner;
    scores.class_axis = 1;
    scores.sums_to_one = output.kind == OutputKind::kProbabilities;
    if (output.kind == OutputKind::kUnclear) scores.reason = "a reason";
    sources.outputs.push_back(scores);
  }
  sources.metadata = question.metadata;
  sources.meaning = &question.meaning;
  sources.count_labels = [&] { return question.labels; };
  return choose_scores(sources);
}

// The name of the output that is taken, or the code of the error.
std::string taken(const Question& question) {
  const auto choice = choose(question);
  if (!choice.ok()) return std::string(error_code_name(choice.error().code));
  return question.outputs[choice->output].name;
}

MeaningOptions scores_from(const char* name) {
  MeaningOptions meaning;
  meaning.scores_from = name;
  return meaning;
}
MeaningOptions activation(const char* name) {
  MeaningOptions meaning;
  meaning.activation = name;
  return meaning;
}

constexpr OutputKind kReals = OutputKind::kLogits;
constexpr OutputKind kNoVector = OutputKind::kNoVector;

TEST(ChooseScores, takes_the_output_that_holds_class_scores) {
  const std::pair<Question, const char*> rows[] = {
      {{{{"anything", kReals}}}, "anything"},
      {{{{"last_hidden_state", kNoVector}, {"pooler_output", kReals, 768}, {"logits", kReals}}}, "logits"},
      {{{{"features", kReals, 512}, {"output", kReals}}}, "output"},
      {{{{"image_embeds", kReals, 512}}}, "unsupported-model"},
      {{{{"feature_map", kNoVector}}}, "unsupported-model"},
      {{{{"features", kReals, 512}}, scores_from("features")}, "features"},
      {{{{"y", kReals}}, scores_from("z")}, "usage"},
      {{{{"y", kReals}, {"map", kNoVector}}, scores_from("map")}, "unsupported-model"},
      {{{{"aux_logits1", kReals}, {"aux2", kReals}, {"main", kReals}}}, "main"},
      {{{{"logits", kReals}, {"cls_logits", kReals}, {"distillation_logits", kReals}}}, "logits"},
      {{{{"coarse", kReals, 20}, {"fine", kReals, 100}}}, "unsupported-model"},
      {{{{"coarse", kReals, 20}, {"fine", kReals, 100}}, {}, 100}, "fine"},
      {{{{"age", kReals, 9}, {"gender", kReals, 2}}, scores_from("gender")}, "gender"},
      {{{{"495", kReals}, {"496", kReals}}}, "unsupported-model"},
      {{{{"logits", kReals}, {"probabilities", OutputKind::kProbabilities}}}, "logits"},
      {{{{"a", OutputKind::kProbabilities}, {"b", kReals}}}, "a"},
      {{{{"class", OutputKind::kClassIndex}, {"score", kReals}}}, "score"},
      {{{{"StatefulPartitionedCall/dense_1/Softmax:0", OutputKind::kProbabilities}, {"z", OutputKind::kProbabilities}}},
       "StatefulPartitionedCall/dense_1/Softmax:0"},
      {{{{"y", kReals}, {"z", kReals}}, {}, 0, {{"paperkite.scores_from", "z"}}}, "z"},
      {{{{"y", kReals}, {"z", kReals}}, {}, 0, {{"paperkite.scores_from", "gone"}}}, "invalid-model"},
  };
  for (const auto& [question, expected] : rows) EXPECT_EQ(taken(question), expected) << question.outputs[0].name;
}

TEST(ChooseScores, what_the_graph_makes_of_logits_goes_before_them) {
  const Question two{{{"logits", kReals, 5, 1}, {"y", OutputKind::kIndependent}}};
  EXPECT_EQ(taken(two), "y");
  EXPECT_EQ(taken({two.outputs, activation("softmax")}), "logits");
  EXPECT_EQ(taken({two.outputs, scores_from("logits")}), "logits");
  MeaningOptions raw;
  raw.raw = true;
  EXPECT_EQ(taken({two.outputs, raw}), "logits");
  EXPECT_EQ(taken({{{"logits", kReals}, {"y", OutputKind::kIndependent}}}), "logits");  // of another head
  EXPECT_EQ(taken({{{"logits", kReals, 5, 1}, {"embedding", OutputKind::kIndependent}, {"z", kReals}}}), "logits");
}

TEST(ChooseScores, an_error_names_the_choices) {
  const auto choice = choose({{{"coarse", kReals, 20}, {"fine", kReals, 100}}});
  ASSERT_FALSE(choice.ok());
  for (const char* part : {"coarse", "fine", "[1,100]", "--scores-from"}) {
    EXPECT_NE(choice.error().message().find(part), std::string::npos) << choice.error().message();
  }
}

TEST(ChooseScores, the_activation_is_what_the_numbers_lack) {
  struct Row {
    OutputKind kind;
    std::int64_t classes;
    MeaningOptions meaning;
    std::map<std::string, std::string> metadata;
    const char* expected;  // the activation, or the code of the error
    ScoreKind score_kind = ScoreKind::kProbabilities;
  };
  const std::pair<const std::string, std::string> multi_label = {"problem_type", "multi_label_classification"};
  const std::map<std::string, std::string> multi = {multi_label};
  const Row rows[] = {
      {kReals, 5, {}, {}, "softmax"},
      {kReals, 5, {}, multi, "sigmoid", ScoreKind::kIndependent},
      {kReals, 5, activation("sigmoid"), {}, "sigmoid", ScoreKind::kIndependent},
      {kReals, 5, activation("softmax"), multi, "softmax"},
      {kReals, 5, activation("none"), {}, "none", ScoreKind::kIndependent},
      {kReals, 5, activation("relu"), {}, "usage"},
      {kReals, 1, {}, {}, "unsupported-model"},
      {kReals, 1, {}, {{"problem_type", "single_label_classification"}}, "unsupported-model"},
      {kReals, 1, activation("sigmoid"), {}, "sigmoid", ScoreKind::kIndependent},
      {OutputKind::kProbabilities, 5, {}, {}, "none"},
      {OutputKind::kProbabilities, 5, {}, multi, "none"},
      {OutputKind::kProbabilities, 5, activation("softmax"), {}, "usage"},
      {OutputKind::kProbabilities, 5, activation("none"), {}, "none"},
      {OutputKind::kIndependent, 5, {}, {}, "none", ScoreKind::kIndependent},
      {OutputKind::kIndependent, 5, activation("sigmoid"), {}, "usage"},
      {OutputKind::kIndependent, 1, {}, {}, "none", ScoreKind::kIndependent},
      {OutputKind::kLogProbabilities, 5, {}, {}, "exp"},
      {OutputKind::kLogIndependent, 5, {}, {}, "exp", ScoreKind::kIndependent},
      {OutputKind::kClassIndex, 5, {}, {}, "none", ScoreKind::kNone},
      {OutputKind::kUnclear, 5, {}, {}, "unsupported-model"},
      {OutputKind::kUnclear, 5, activation("softmax"), {}, "softmax"},
      {kReals, 5, {}, {{"paperkite.activation", "none"}, multi_label}, "none", ScoreKind::kIndependent},
      {kReals, 1, {}, {{"paperkite.activation", "sigmoid"}}, "sigmoid", ScoreKind::kIndependent},
      {kReals, 5, activation("softmax"), {{"paperkite.activation", "none"}}, "softmax"},
      {OutputKind::kUnclear, 5, {}, {{"paperkite.activation", "softmax"}}, "softmax"},
      {OutputKind::kProbabilities, 5, {}, {{"paperkite.activation", "softmax"}}, "invalid-model"},
  };
  for (const Row& row : rows) {
    const auto choice = choose({{{"y", row.kind, row.classes}}, row.meaning, 0, row.metadata});
    const std::string found = choice.ok() ? std::string(activation_name(choice->activation))
                                          : std::string(error_code_name(choice.error().code));
    EXPECT_EQ(found, row.expected) << output_kind_name(row.kind) << " " << row.meaning.activation;
    if (!choice.ok()) continue;
    EXPECT_EQ(choice->kind, row.score_kind) << output_kind_name(row.kind) << " " << row.meaning.activation;
    EXPECT_EQ(choice->decisions.size(), 2u);
  }
}

TEST(RankScores, reads_any_row_of_any_type) {
  const Tensor doubles = Tensor::of<double>({2, 3}, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(row_of(doubles.view(), 1, 3), (std::vector<double>{4, 5, 6}));
  const Tensor halves = Tensor::of<Float16>({2}, {{0x3c00}, {0xc000}});
  EXPECT_EQ(row_of(halves.view(), 0, 2), (std::vector<double>{1, -2}));
  const Tensor indices = Tensor::of<std::int64_t>({2, 1}, {7, 9});
  EXPECT_EQ(row_of(indices.view(), 1, 1), (std::vector<double>{9}));
}

TEST(RankScores, classes_that_the_model_ranked_keep_their_numbers) {
  ScoreChoice choice;
  choice.classes = 10;
  choice.row = 3;
  choice.divisor = 100;
  const std::vector<double> scores{80, 15, 5};
  const std::vector<double> classes{7, 2, 9};
  const auto top = rank_scores(choice, scores, classes, {.k = 5}, {}).top;
  ASSERT_EQ(top.size(), 3u);
  EXPECT_EQ(top[0].index, 7);
  EXPECT_FLOAT_EQ(top[0].score, 0.8F);
  const auto all = rank_scores(choice, scores, classes, {.k = 1, .keep_scores = true}, {}).scores;
  ASSERT_EQ(all.size(), 10U);
  EXPECT_EQ(all[7], top[0].score);
  EXPECT_EQ(all[9], top[2].score);
  EXPECT_TRUE(std::isnan(all[0])) << "the model does not say";
  choice.kind = ScoreKind::kNone;
  EXPECT_TRUE(rank_scores(choice, classes, {}, {.k = 1, .keep_scores = true}, {}).scores.empty());
  const auto alone = rank_scores(choice, classes, {}, {.k = 2}, {}).top;
  ASSERT_EQ(alone.size(), 2u);
  EXPECT_EQ(alone[1].index, 2);
  EXPECT_FALSE(alone[1].has_score);
}

}  // namespace
}  // namespace kite
