// SPDX-License-Identifier: Apache-2.0
// The fields in which other tools state that several classes may be right.
#include "carriers/score_statement.h"

#include <gtest/gtest.h>

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
    const auto found = stated_scores(folder_ / model, metadata, files, 0);
    if (!found.ok()) return "refused";
    return *found ? std::string(activation_name((*found)->activation)) : "nothing";
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
      {{{"paperkite.activation", "none"}, {"model_info multilabel", "True"}}, "none"},
  };
  for (const auto& [metadata, expected] : rows) {
    EXPECT_EQ(said(metadata), expected) << (metadata.empty() ? "" : metadata.begin()->first);
  }
}

TEST_F(ScoreStatementTest, files_beside_the_model_say_it) {
  write("config.json", R"({"problem_type": "multi_label_classification"})");
  EXPECT_EQ(said(), "sigmoid");
  EXPECT_EQ(said({{"problem_type", "single_label_classification"}}), "softmax")
      << "the model's own metadata has precedence";
  EXPECT_EQ(said({}, "onnx/m.onnx"), "sigmoid") << "the layout of Hugging Face's hub has the model one folder down";
  EXPECT_EQ(said({}, "other/m.onnx"), "nothing");
  write("config.json", R"({"problem_type": null})");
  EXPECT_EQ(said(), "nothing");
  write("config.json", "{");
  EXPECT_EQ(said(), "nothing") << "who reads the labels says that the file is broken";
  write("metadata_properties.json", R"({"CustomVision.Metadata.ModelType": "Multilabel", "CustomVision.Metadata.Version": "1.2"})");
  EXPECT_EQ(said(), "sigmoid");
}

}  // namespace
}  // namespace kite
