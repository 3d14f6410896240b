// SPDX-License-Identifier: Apache-2.0
// The fields in which other tools state that several classes may be right.
#include "carriers/score_statement.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>

#include "base/test_folder.h"

namespace kite {
namespace {

class ScoreStatementTest : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) const { folder_.write(name, text); }
  // "sigmoid", "softmax", "nothing" or "refused".
  std::string said(const std::map<std::string, std::string>& metadata = {}, const std::string& model = "m.onnx") {
    JsonFiles files;
    ModelFolder folder(folder_ / model);
    const auto found = stated_scores(folder, metadata, files, 0);
    if (!found.ok()) return "refused";
    return *found ? std::string(activation_name((*found)->activation)) : "nothing";
  }
  // "OUTPUT ACTIVATION" with "-" for what is not stated, or "refused".
  std::string own(const std::map<std::string, std::string>& metadata = {}) {
    JsonFiles files;
    ModelFolder folder(folder_ / "m.onnx");
    const auto found = own_scores(folder, metadata, files, 0);
    if (!found.ok()) return "refused";
    return (found->output.empty() ? "-" : found->output) + ' ' +
           (found->activation ? std::string(activation_name(found->activation->activation)) : "-");
  }

  TestFolder folder_;
};

TEST_F(ScoreStatementTest, metadata_says_it_in_many_words) {
  const std::pair<std::map<std::string, std::string>, const char*> rows[] = {
      {{}, "nothing"},
      {{{"model_info multilabel", "True"}, {"model_info output_raw_scores", "True"}}, "sigmoid"},
      {{{"model_info multilabel", "False"}}, "softmax"},
      {{{"model_info hierarchical", "True"}}, "refused"},
      {{{"CustomVision.Metadata.ClassificationType", "Multilabel"}}, "sigmoid"},
      {{{"CustomVision.Postprocess.Method", "ClassificationMultiClass"}}, "softmax"},
      {{{"CustomVision.Metadata.Version", "1.2"}}, "nothing"},
      {{{"problem_type", "multi_label_classification"}}, "sigmoid"},
      {{{"problem_type", "regression"}}, "refused"},
  };
  for (const auto& [metadata, expected] : rows) {
    EXPECT_EQ(said(metadata), expected) << (metadata.empty() ? "" : metadata.begin()->first);
  }
}

TEST_F(ScoreStatementTest, own_statements_stand_in_metadata_and_go_first_in_the_file_beside_the_model) {
  const std::map<std::string, std::string> metadata = {{"paperkite.activation", "none"},
                                                       {"paperkite.scores_from", "a"}};
  EXPECT_EQ(own(), "- -");
  EXPECT_EQ(own(metadata), "a none");
  EXPECT_EQ(own({{"paperkite.activation", "exp"}}), "refused");
  EXPECT_EQ(own({{"paperkite.activation", ""}}), "refused");
  write("M.kite.json", R"({"activation": "sigmoid"})");
  EXPECT_EQ(own(metadata), "a sigmoid") << "each statement has its own source";
  write("m.kite.json", R"({"scores_from": "b", "activation": "softmax"})");
  EXPECT_EQ(own(metadata), "b softmax");
  write("m.kite.json", R"({"activation": true})");
  EXPECT_EQ(own(metadata), "refused");
  write("m.kite.json", R"(["a list of labels"])");
  EXPECT_EQ(own(metadata), "a none") << "who reads the labels says that the file is broken";
}

TEST_F(ScoreStatementTest, files_beside_the_model_say_it) {
  write("config.json", R"({"problem_type": "multi_label_classification"})");
  EXPECT_EQ(said(), "sigmoid");
  EXPECT_EQ(said({{"problem_type", "single_label_classification"}}), "softmax")
      << "the model's own metadata has precedence";
  std::filesystem::create_directories(folder_ / "onnx");
  EXPECT_EQ(said({}, "onnx/m.onnx"), "sigmoid") << "the layout of Hugging Face's hub has the model one folder down";
  EXPECT_EQ(said({}, "other/m.onnx"), "nothing");
  write("config.json", R"({"problem_type": null})");
  EXPECT_EQ(said(), "nothing");
  write("config.json", "{");
  EXPECT_EQ(said(), "nothing") << "who reads the labels says that the file is broken";
  write("metadata_properties.json",
        R"({"CustomVision.Metadata.ModelType": "Multilabel", "CustomVision.Metadata.Version": "1.2"})");
  EXPECT_EQ(said(), "sigmoid");
}

}  // namespace
}  // namespace kite
