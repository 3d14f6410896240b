// SPDX-License-Identifier: Apache-2.0
// What programs print about a picture of class 1, "Paper Kite", and what must not be taken for such an answer.
#include "race/schedule/answer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kite::race {
namespace {

const std::vector<std::string> kLabels = {"cat",         "Paper Kite", "tench, Tinca tinca", "crane", "crane",
                                          "St. Bernard", "a"};
const std::vector<std::string> kArgv = {"/bin/classify", "/m/cat.onnx", "/pictures/cat/dog one.jpg", "--top"};

Answer answer_to(const std::string& output) { return find_answer(output, kLabels, kArgv); }

TEST(answer, is_found_in_every_form_in_which_programs_print_it) {
  const struct {
    std::string output;
    int index;
  } rows[] = {
      {"cat", 0},
      {"cat\n", 0},
      {"CAT\r\n", 0},
      {"paper_kite\n", 1},
      {"Paper-Kite 0.99\n", 1},
      {"1, Paper Kite, 0.9957\n", 1},
      {"loading /m/cat.onnx\nprediction: Paper Kite (99.1 %) in 12.5 ms\n", 1},
      {"/pictures/cat/dog one.jpg: Paper Kite\n", 1},
      {"cat.jpg: Paper Kite\n", 1},
      {"'paper kite'\n", 1},
      {"0.93: Paper Kite\n0.05: cat\n", 1},
      {"   98.69 %      1  Paper Kite\n    0.25 %      0  cat\n", 1},
      {"cat 0.05\nPaper Kite 0.9\n", 1},                         // the worst first
      {"classes: cat, Paper Kite, crane\nPaper Kite 0.9\n", 1},  // only what has a score counts
      {"1. Paper Kite 0.9\n2. cat 0.1\n", 1},                    // numbers that count the lines
      {"Paper Kite: 8.1, cat: -2.5\n", 1},                       // logits
      {"cat: 1.2e-05, Paper Kite: 9.9e-01\n", 1},
      {"-5ms -3x -1.2.3\nPaper Kite 0.9\n", 1},  // a minus before what is no number
      {"tench, Tinca tinca 0.5\n", 2},
      {"3: crane\n", 3},  // two classes have that label
      {"4, crane, 0.5\n", 4},

      {"St. Bernard.\n", 5},
      {"st bernard\n", 5},
      {R"({"label": "Paper Kite", "score": 0.99})", 1},
      {R"([{"score": 0.2, "label": "cat"}, {"score": 0.8, "label": "Paper Kite"}])", 1},
      {R"([["cat", 0.2], ["Paper Kite", 0.8]])", 1},
      {R"({"cat": 0.2, "Paper Kite": 0.8})", 1},
      {"{\n  \"top\": [\n    {\"index\": 1, \"label\": \"Paper Kite\", \"score\": 0.9},\n    {\"index\": 0, \"label\": "
       "\"cat\", \"score\": 0.1}\n  ]\n}\n",
       1},
      {"{\"event\": \"loaded\"}\n{\"class\": \"Paper Kite\"}\n", 1},
      {"1\n", 1},
      {"1 0.98\n0 0.02\n", 1},
      {"class: 1\n", 1},
      {"class_id=1, score=0.9\n", 1},
      {R"({"index": 1})", 1},
  };
  for (const auto& row : rows) {
    const Answer answer = answer_to(row.output);
    EXPECT_EQ(answer.index, row.index) << row.output << answer.why_not;
    ASSERT_EQ(answer.why_not, "") << row.output;
    EXPECT_EQ(answer.label, kLabels[static_cast<std::size_t>(row.index)]) << row.output;
  }
}

TEST(answer, is_not_known_where_nothing_or_no_single_class_is_named_and_the_reason_says_so) {
  const struct {
    std::string output, reason;
  } rows[] = {
      {"", "nothing on its standard output"},
      {" \n\n", "nothing on its standard output"},
      {"\xff\xfe\n", "not UTF-8"},
      {"{\"label\": \"a\n", "line 1 of its output ends in the middle"},
      {"{\"label\": \"a\"", "ends in the middle"},
      {"ok\n[\"cat\", 0.9\n", "line 2 of its output ends in the middle"},
      {std::string(70'000, 'x'), "more than 65536 bytes"},
      {"zebra 0.99\n", "names no class of this model: zebra 0.99"},
      {"Paper\n", "names no class"},
      {"the picture shows a cat\n", "names no class"},
      {"not cat\n", "names no class"},
      {"category\n", "names no class"},
      {"12 ms\n", "names no class"},
      {"done in 1.5 s\n", "names no class"},
      {"0.1 0.7 0.2\n", "names no class"},
      {"/pictures/cat/dog one.jpg\n", "names no class"},
      {"cat, Paper Kite\n", "names 2 classes, and no score says which is its answer: cat, Paper Kite"},
      {"cat 0.5\nPaper Kite 0.5\n", "names 2 classes"},
      {"0\n1\n", "names 2 classes"},
      {"crane 0.9\n", "\"crane\" is the label of 2 classes"},
      {"7\n", "7 is not a class of this model"},
      {"class: 99999999999\n", "names no class"},
      {R"({"index": 0, "label": "Paper Kite"})", "prints class 0 and the label of class 1"},
      {"5, Paper Kite, 0.9\n", "prints class 5 and the label of class 1"},
      {std::string(60'000, '['), "ends in the middle"},
  };
  for (const auto& row : rows) {
    const Answer answer = answer_to(row.output);
    EXPECT_EQ(answer.index, -1) << row.output.substr(0, 80);
    EXPECT_NE(answer.why_not.find(row.reason), std::string::npos) << row.output.substr(0, 80) << ": " << answer.why_not;
  }
}

TEST(answer, of_a_model_without_names_is_a_number) {
  const std::vector<std::string> numbers = {"0", "1", "2"};
  for (const char* output : {"1", "1, 1, 0.9\n", "1, any text, 0.9\n", "class 1", "1 0.9\n2 0.1\n"}) {
    EXPECT_EQ(find_answer(output, numbers, {}).index, 1) << output;
  }
  for (const char* output : {"1 file\n", "1.5\n", "cat\n", "3\n"}) {
    EXPECT_EQ(find_answer(output, numbers, {}).index, -1) << output;
  }
}

TEST(answer, is_found_behind_a_million_bytes_of_paths) {
  std::string output;
  for (int i = 0; i < 30'000; ++i) output += kArgv[1] + "\n" + kArgv[2] + "\n";
  EXPECT_EQ(answer_to(output + "Paper Kite 0.9\n").index, -1);  // what is left of them is too long
  output.resize(output.size() / 3);
  EXPECT_EQ(answer_to(output + "\nPaper Kite 0.9\n").index, 1);
}

TEST(answer, has_the_score_of_its_own_class) {
  EXPECT_DOUBLE_EQ(answer_to("cat 0.25\nPaper Kite 0.75\n").score.value_or(0), 0.75);
  EXPECT_DOUBLE_EQ(answer_to("Paper Kite: 99.5 %\n").score.value_or(0), 0.995);
  EXPECT_FALSE(answer_to("Paper Kite in 1.5 ms\n").score);
}

}  // namespace
}  // namespace kite::race
