// SPDX-License-Identifier: Apache-2.0
// Pictures to ranked classes: softmax where the model has none, ties, scores that are no numbers, and errors' places.
#include "paperkite/classifier.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "api/test_model.h"

namespace kite {
namespace {

constexpr const char* kPlain = R"({"resize": 4, "crop": 4, "mean": [0, 0, 0], "std": [1, 1, 1]})";
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

class ClassifierTest : public FolderTest {
 protected:
  ClassifierOptions options() const {
    ClassifierOptions options;
    options.model.cache_dir = cache();
    options.session.threads = 1;
    options.model.meaning.recipe = kPlain;
    return options;
  }
  // Class c scores red * weights[3c] + green * weights[3c+1] + blue * weights[3c+2], colours from 0 to 1.
  Classifier open(const std::vector<float>& weights, bool softmax = false) {
    auto classifier = Classifier::open(write("m.onnx", classifier_bytes(weights, softmax)), options());
    EXPECT_TRUE(classifier.ok()) << classifier.error().message();
    return std::move(*classifier);
  }
  static Classification classify(Classifier& classifier, const std::string& bytes, int k = 5) {
    auto answer = classifier.classify(std::as_bytes(std::span(bytes)), k);
    EXPECT_TRUE(answer.ok()) << answer.error().message();
    return answer.ok() ? std::move(*answer) : Classification{};
  }
  static std::vector<std::int64_t> order(const Classification& answer) {
    std::vector<std::int64_t> indices;
    for (const Prediction& prediction : answer.top) indices.push_back(prediction.index);
    return indices;
  }
};

const std::string kRed = picture(255, 0, 0);

TEST_F(ClassifierTest, describes_itself_with_metadata_that_means_the_same_alone) {
  write("labels.txt", "a\nb\nc\n");
  write("config.json", R"({"problem_type": "multi_label_classification"})");
  const std::vector<float> weights = {1, 0, 0, 3, 0, 0, 2, 0, 0};
  Classifier beside = open(weights);
  const auto metadata = beside.self_description();
  ASSERT_TRUE(metadata.ok()) << metadata.error().message();
  EXPECT_EQ(metadata->at("paperkite.labels"), R"(["a","b","c"])");
  EXPECT_EQ(metadata->at("paperkite.activation"), "sigmoid");
  EXPECT_EQ(metadata->at("paperkite.preprocess"), beside.recipe_json());
  EXPECT_FALSE(metadata->contains("paperkite.scores_from")) << "there is one output";
  const std::string bytes = classifier_bytes(weights, false, {}, {metadata->begin(), metadata->end()});
  auto alone = Classifier::open(std::as_bytes(std::span(bytes)));
  ASSERT_TRUE(alone.ok()) << alone.error().message();
  const Classification one = classify(beside, kRed);
  const Classification other = classify(*alone, kRed);
  ASSERT_EQ(other.top.size(), 3U);
  EXPECT_EQ(other.kind, ScoreKind::kIndependent);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(one.top[i].label, other.top[i].label);
    EXPECT_EQ(one.top[i].score, other.top[i].score);
  }
  EXPECT_EQ(alone->self_description().value(), *metadata);
}

TEST_F(ClassifierTest, a_recipe_that_is_only_a_guess_is_no_part_of_its_description) {
  ClassifierOptions with = options();
  with.model.meaning.recipe.clear();
  const auto guessed = Classifier::open(write("m.onnx", classifier_bytes({1, 0, 0, 3, 0, 0})), with);
  ASSERT_TRUE(guessed.ok()) << guessed.error().message();
  EXPECT_TRUE(guessed->is_recipe_guess());
  EXPECT_FALSE(guessed->is_labels_guess());
  EXPECT_TRUE(guessed->self_description().value().empty());
  with.model.meaning.recipe = "0-1";
  const auto partly = Classifier::open(write("m.onnx", classifier_bytes({1, 0, 0, 3, 0, 0})), with);
  EXPECT_TRUE(partly->is_recipe_guess()) << "the geometry is not stated";
  EXPECT_EQ(partly->self_description().value().size(), 1U);
}

TEST_F(ClassifierTest, ranks_by_the_softmax_of_logits) {
  Classifier classifier = open({1, 0, 0, 3, 0, 0, 2, 0, 0});
  EXPECT_EQ(classifier.classes(), 3);
  const Classification answer = classify(classifier, kRed);
  EXPECT_EQ(order(answer), (std::vector<std::int64_t>{1, 2, 0}));
  const double sum = std::exp(1.0) + std::exp(2.0) + std::exp(3.0);
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_NEAR(answer.top[i].score, std::exp(3.0 - static_cast<double>(i)) / sum, 1e-6);
  EXPECT_EQ(order(classify(classifier, picture(0, 255, 0))), (std::vector<std::int64_t>{0, 1, 2}))
      << "all equal: by index";
}

TEST_F(ClassifierTest, leaves_the_probabilities_of_a_model_that_ends_in_softmax_as_they_are) {
  Classifier logits = open({1, 0, 0, 3, 0, 0, 2, 0, 0});
  Classifier finished = open({1, 0, 0, 3, 0, 0, 2, 0, 0}, true);
  const Classification a = classify(logits, kRed), b = classify(finished, kRed);
  ASSERT_EQ(order(a), order(b));
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(a.top[i].score, b.top[i].score, 1e-6);
}

// Logits and what the graph makes of them as outputs: that is taken, whichever comes first.
TEST_F(ClassifierTest, takes_the_probabilities_that_the_graph_makes_of_another_output) {
  namespace t = onnx::test;
  for (const std::string first : {"y", "z"}) {
    t::GraphParts parts;
    parts.nodes = {t::node("GlobalAveragePool", {"x"}, {"p"}), t::node("Flatten", {"p"}, {"y"}),
                   t::node("Sigmoid", {"y"}, {"z"})};
    parts.inputs = {t::value_info("x", onnx::kFloat, {1, 3, 4, 4})};
    parts.outputs = {t::value_info(first, onnx::kFloat, {1, 3}),
                     t::value_info(first == "y" ? "z" : "y", onnx::kFloat, {1, 3})};
    auto classifier = Classifier::open(write("two-" + first + ".onnx", t::model(t::graph(parts)).bytes()), options());
    ASSERT_TRUE(classifier.ok()) << classifier.error().message();
    const Classification answer = classify(*classifier, kRed);
    EXPECT_EQ(answer.top[0].index, 0);
    EXPECT_NEAR(answer.top[0].score, 1 / (1 + std::exp(-1.0)), 1e-6) << first;
    ASSERT_GE(classifier->decisions().size(), 2u);  // on the scores, then on the picture input
    EXPECT_EQ(classifier->decisions()[0].value, "output \"z\"");
  }
}

// One probability, of the second of two classes. The plan comes from the graph, then from the cache.
TEST_F(ClassifierTest, one_probability_stands_for_two_classes_where_two_are_named) {
  namespace t = onnx::test;
  t::GraphParts parts;
  parts.nodes = {t::node("GlobalAveragePool", {"x"}, {"p"}), t::node("Flatten", {"p"}, {"f"}),
                 t::node("Gemm", {"f", "w"}, {"l"}, {t::int_attribute("transB", 1)}), t::node("Sigmoid", {"l"}, {"y"})};
  parts.initializers = {t::float_tensor("w", {1, 3}, {2, 0, 0})};
  parts.inputs = {t::value_info("x", onnx::kFloat, {1, 3, 4, 4})};
  parts.outputs = {t::value_info("y", onnx::kFloat, {1, 1})};
  const std::string path = write("binary.onnx", t::model(t::graph(parts)).bytes());
  const double p = 1 / (1 + std::exp(-2.0));
  for (int opened = 0; opened < 2; ++opened) {
    auto one = Classifier::open(path, options());
    ASSERT_TRUE(one.ok()) << one.error().message();
    const Classification alone = classify(*one, kRed);
    ASSERT_EQ(alone.top.size(), 1u);
    EXPECT_NEAR(alone.top[0].score, p, 1e-6);
  }
  ClassifierOptions with = options();
  with.model.meaning.labels = write("two.txt", "cat\ndog\n");
  auto two = Classifier::open(path, with);
  ASSERT_TRUE(two.ok()) << two.error().message();
  EXPECT_EQ(two->classes(), 2);
  const Classification both = classify(*two, kRed);
  EXPECT_EQ(order(both), (std::vector<std::int64_t>{1, 0}));
  EXPECT_EQ(both.top[0].label, "dog");
  EXPECT_NEAR(both.top[1].score, 1 - p, 1e-6);
  with.model.meaning.labels = write("three.txt", "cat\ndog\nkite\n");
  EXPECT_FALSE(Classifier::open(path, with).ok());
  with.model.meaning.labels.clear();
  with.model.meaning.activation = "softmax";
  const auto twice = Classifier::open(path, with);
  ASSERT_FALSE(twice.ok());
  EXPECT_EQ(twice.error().code, ErrorCode::kUsage);
}

TEST_F(ClassifierTest, the_caller_may_have_sigmoids_a_threshold_or_the_numbers_themselves) {
  const std::string path = write("m.onnx", classifier_bytes({1, 0, 0, 3, 0, 0, -2, 0, 0}));
  ClassifierOptions with = options();
  with.model.meaning.activation = "sigmoid";
  with.model.meaning.threshold = 0.5;
  auto labelled = Classifier::open(path, with);
  ASSERT_TRUE(labelled.ok()) << labelled.error().message();
  const Classification likely = classify(*labelled, kRed);
  EXPECT_EQ(likely.kind, ScoreKind::kIndependent);
  EXPECT_EQ(order(likely), (std::vector<std::int64_t>{1, 0})) << "the third is below the threshold";
  EXPECT_NEAR(likely.top[0].score, 1 / (1 + std::exp(-3.0)), 1e-6);
  with.model.meaning = options().model.meaning;
  with.model.meaning.raw = true;
  auto raw = Classifier::open(path, with);
  ASSERT_TRUE(raw.ok()) << raw.error().message();
  const Classification numbers = classify(*raw, kRed);
  EXPECT_EQ(numbers.kind, ScoreKind::kRaw);
  EXPECT_EQ(numbers.top[2].score, -2.0f);
  with.model.meaning.threshold = 1.5;
  EXPECT_FALSE(Classifier::open(path, with).ok());
}

TEST_F(ClassifierTest, a_model_that_names_the_class_gives_no_score) {
  namespace t = onnx::test;
  t::GraphParts parts;
  parts.nodes = {t::node("GlobalAveragePool", {"x"}, {"p"}), t::node("Flatten", {"p"}, {"f"}),
                 t::node("ArgMax", {"f"}, {"y"}, {t::int_attribute("axis", 1)})};
  parts.inputs = {t::value_info("x", onnx::kFloat, {1, 3, 4, 4})};
  parts.outputs = {t::value_info("y", onnx::kInt64, {1, 1})};
  ClassifierOptions with = options();
  with.model.meaning.labels = write("rgb.txt", "red\ngreen\nblue\n");
  auto classifier = Classifier::open(write("best.onnx", t::model(t::graph(parts)).bytes()), with);
  ASSERT_TRUE(classifier.ok()) << classifier.error().message();
  const Classification answer = classify(*classifier, picture(0, 255, 0));
  ASSERT_EQ(answer.top.size(), 1u);
  EXPECT_EQ(answer.top[0].label, "green");
  EXPECT_FALSE(answer.top[0].has_score);
  EXPECT_TRUE(std::isnan(answer.top[0].score));
  EXPECT_TRUE(answer.warnings.empty());
}

// A file's own metadata cannot say what the graph contradicts.
TEST_F(ClassifierTest, metadata_of_the_model_does_not_pose_as_what_was_found_in_the_graph) {
  const std::string path = write(
      "posing.onnx",
      classifier_bytes({1, 0, 0, 3, 0, 0}, false, {}, {{"paperkite.plan.scores", "probabilities 2 1 1 1 0 -1 \n"}}));
  auto classifier = Classifier::open(path, options());
  ASSERT_TRUE(classifier.ok()) << classifier.error().message();
  EXPECT_NEAR(classify(*classifier, kRed).top[0].score, 1 / (1 + std::exp(-2.0)), 1e-6);
  EXPECT_EQ(classifier->model().metadata().count("paperkite.plan.scores"), 0u);
}

TEST_F(ClassifierTest, gives_k_classes_or_all_there_are) {
  Classifier classifier = open({1, 0, 0, 3, 0, 0, 2, 0, 0});
  EXPECT_EQ(classify(classifier, kRed, 2).top.size(), 2u);
  EXPECT_EQ(classify(classifier, kRed, 100).top.size(), 3u);
  EXPECT_EQ(classify(classifier, kRed, std::numeric_limits<int>::max()).top.size(), 3u);
  EXPECT_EQ(classify(classifier, kRed, 0).top.size(), 0u);
  EXPECT_EQ(classify(classifier, kRed, -1).top.size(), 0u);
}

TEST_F(ClassifierTest, breaks_ties_in_index_order_also_where_only_some_are_asked_for) {
  std::vector<float> weights;
  for (int c = 0; c < 40; ++c) weights.insert(weights.end(), {c % 4 == 3 ? 2.0f : 1.0f, 0, 0});
  Classifier classifier = open(weights);
  EXPECT_EQ(order(classify(classifier, kRed, 12)),
            (std::vector<std::int64_t>{3, 7, 11, 15, 19, 23, 27, 31, 35, 39, 0, 1}));
}

TEST_F(ClassifierTest, ranks_scores_that_are_no_numbers_last_and_warns) {
  Classifier classifier = open({kNan, 0, 0, 1, 0, 0, kNan, 0, 0, 2, 0, 0});
  const Classification answer = classify(classifier, kRed);
  EXPECT_EQ(order(answer), (std::vector<std::int64_t>{3, 1, 0, 2}));
  for (const Prediction& prediction : answer.top) EXPECT_TRUE(std::isnan(prediction.score));
  ASSERT_EQ(answer.warnings.size(), 1u);
  EXPECT_NE(answer.warnings[0].find("no numbers"), std::string::npos);

  std::vector<float> weights;  // 3, 2, 1, NaN, 3 ...: enough of them to show an order that is not valid
  for (int c = 0; c < 40; ++c) weights.insert(weights.end(), {c % 4 == 3 ? kNan : static_cast<float>(3 - c % 4), 0, 0});
  Classifier many = open(weights);
  std::vector<std::int64_t> expected;
  for (const int rest : {0, 1, 2, 3}) {
    for (int c = rest; c < 40; c += 4) expected.push_back(c);
  }
  EXPECT_EQ(order(classify(many, kRed, 40)), expected);

  Classifier infinite = open({1, 0, 0, kInfinity, 0, 0});
  const Classification top = classify(infinite, kRed);
  EXPECT_EQ(top.top[0].index, 1);
  EXPECT_EQ(top.warnings.size(), 1u);

  Classifier masked = open({1, 0, 0, -kInfinity, 0, 0});
  const Classification rest = classify(masked, kRed);
  EXPECT_EQ(rest.top[0].index, 0);
  EXPECT_EQ(rest.top[0].score, 1.0f);
  EXPECT_EQ(rest.top[1].score, 0.0f);
  EXPECT_TRUE(rest.warnings.empty());
}

TEST_F(ClassifierTest, errors_about_a_picture_carry_its_path) {
  Classifier classifier = open({1, 0, 0, 3, 0, 0});
  const std::string good = write("good.png", kRed), broken = write("broken.png", kRed.substr(0, 40)),
                    text = write("text.jpg", "hello");
  EXPECT_TRUE(classifier.classify_file(good).ok());
  for (const std::string& path : {broken, text, folder_ / "missing.png", folder_.path()}) {
    const auto answer = classifier.classify_file(path);
    ASSERT_FALSE(answer.ok()) << path;
    EXPECT_NE(answer.error().message().find(path), std::string::npos) << answer.error().message();
  }
  EXPECT_TRUE(classifier.classify_file(good).ok()) << "and the classifier goes on";
  EXPECT_FALSE(classifier.classify({}, 5).ok());
}

TEST_F(ClassifierTest, a_recipe_that_contradicts_the_input_is_found_when_opening) {
  ClassifierOptions with = options();
  with.model.meaning.recipe = R"({"resize": 8, "crop": 8, "mean": [0, 0, 0], "std": [1, 1, 1]})";
  const auto classifier = Classifier::open(write("m.onnx", classifier_bytes({1, 0, 0, 3, 0, 0})), with);
  ASSERT_FALSE(classifier.ok());
  EXPECT_EQ(classifier.error().code, ErrorCode::kUsage);
  EXPECT_NE(classifier.error().message().find('8'), std::string::npos) << classifier.error().message();
}

TEST_F(ClassifierTest, refuses_models_that_are_no_classifiers_and_says_why) {
  namespace t = onnx::test;
  const auto problem = [&](std::vector<t::Message> nodes, std::vector<t::Message> inputs,
                           std::vector<t::Message> outputs) {
    t::GraphParts parts;
    parts.nodes = std::move(nodes);
    parts.inputs = std::move(inputs);
    parts.outputs = std::move(outputs);
    const auto classifier = Classifier::open(write("odd.onnx", t::model(t::graph(parts)).bytes()), options());
    return classifier.ok()
               ? "ok"
               : std::string(error_code_name(classifier.error().code)) + ": " + classifier.error().message();
  };
  const auto x = t::value_info("x", onnx::kFloat, {1, 3, 4, 4});
  const auto y = t::value_info("y", onnx::kFloat, {1, 3, 4, 4});
  EXPECT_NE(problem({t::node("Relu", {"x"}, {"y"})}, {x}, {y}).find("one vector of scores"), std::string::npos);
  EXPECT_NE(problem({t::node("Add", {"x", "z"}, {"y"})}, {x, t::value_info("z", onnx::kFloat, {1, 3, 4, 4})}, {y})
                .find("has 2 inputs"),
            std::string::npos);
  EXPECT_NE(problem({t::node("Relu", {"x"}, {"y"})}, {t::value_info("x", onnx::kFloat, {1, 3})},
                    {t::value_info("y", onnx::kFloat, {1, 3})})
                .find("is not a picture of 1, 3 or 4 channels"),
            std::string::npos);
}

TEST_F(ClassifierTest, names_classes_by_a_file_of_labels) {
  ClassifierOptions with = options();
  with.model.meaning.labels = write("labels.txt", "adonis\npaper kite\n");
  auto classifier = Classifier::open(write("m.onnx", classifier_bytes({1, 0, 0, 3, 0, 0})), with);
  ASSERT_TRUE(classifier.ok()) << classifier.error().message();
  EXPECT_EQ(classify(*classifier, kRed).top[0].label, "paper kite");
  with.model.meaning.labels = write("short.txt", "adonis\n");
  EXPECT_FALSE(Classifier::open(folder_ / "m.onnx", with).ok());
}

TEST_F(ClassifierTest, numbers_that_the_graph_normalises_itself_are_given_as_they_are_also_from_a_cached_plan) {
  namespace t = onnx::test;
  t::GraphParts parts;
  parts.nodes = {t::node("Div", {"x", "k"}, {"s"}), t::node("GlobalAveragePool", {"s"}, {"p"}),
                 t::node("Flatten", {"p"}, {"y"})};
  parts.initializers = {t::float_tensor("k", {1}, {255})};
  parts.inputs = {t::value_info("x", onnx::kFloat, {1, 3, 4, 4})};
  parts.outputs = {t::value_info("y", onnx::kFloat, {1, 3})};
  const std::string path = write("front.onnx", t::model(t::graph(parts)).bytes());
  ClassifierOptions plain = options();
  plain.model.meaning.recipe.clear();
  for (int i = 0; i < 2; ++i) {
    auto classifier = Classifier::open(path, plain);
    ASSERT_TRUE(classifier.ok()) << classifier.error().message();
    EXPECT_TRUE(classifier->recipe_source().starts_with("the graph's first nodes (Div 255)"));
    classify(*classifier, kRed);
    EXPECT_EQ(classifier->scores().as<float>()[0], 1.0F);
    EXPECT_FALSE(classifier->model().metadata().contains("paperkite.plan.front"));
  }
}

TEST_F(ClassifierTest, scores_of_every_class_are_kept_where_they_are_asked_for) {
  const std::string path = write("m.onnx", classifier_bytes({1, 0, 0, 3, 0, 0, 2, 0, 0}));
  ClassifierOptions with = options();
  const auto answer_with = [&](int k = 5) {
    auto classifier = Classifier::open(path, with);
    EXPECT_TRUE(classifier.ok()) << classifier.error().message();
    return classify(*classifier, kRed, k);
  };
  EXPECT_TRUE(answer_with().scores.empty());
  with.keep_scores = true;
  with.model.meaning.threshold = 0.5;
  const Classification some = answer_with();
  with.model.meaning.threshold.reset();
  const Classification all = answer_with();
  ASSERT_EQ(all.top.size(), 3U);
  EXPECT_EQ(some.top.size(), 1U);
  ASSERT_EQ(some.scores.size(), 3U) << "a threshold leaves nothing out here";
  for (const Prediction& prediction : all.top) {
    EXPECT_EQ(all.scores.at(static_cast<std::size_t>(prediction.index)), prediction.score) << "the same bits";
  }
  EXPECT_EQ(some.scores, all.scores);
  EXPECT_EQ(answer_with(1).scores, all.scores) << "also beside fewer classes";
  with.model.meaning.raw = true;
  EXPECT_EQ(answer_with().scores, (std::vector<float>{1, 3, 2}));
}

TEST_F(ClassifierTest, pixels_are_a_picture_beside_files_and_each_has_its_own_error) {
  Classifier classifier = open({1, 0, 0, 0, 1, 0, 0, 0, 1});
  const std::vector<std::uint8_t> blue = {0, 0, 255, 0, 0, 255};
  const std::vector<Picture> pictures = {PixelView{blue.data(), 1, 2}, std::as_bytes(std::span(kRed)),
                                         PixelView{nullptr, 1, 2}, PixelView{blue.data(), 2, 3, 1}};
  const auto answers = classifier.classify_batch(pictures);
  EXPECT_EQ(answers[0]->top.at(0).index, 2);
  EXPECT_EQ(answers[1]->top.at(0).index, 0);
  EXPECT_EQ(answers[2].error().code, ErrorCode::kInvalidImage);
  ASSERT_TRUE(answers[3].ok());
  EXPECT_EQ(answers[3]->top.at(0).score, answers[3]->top.at(2).score) << "grey";
}

TEST_F(ClassifierTest, the_tensor_of_a_picture_is_a_picture_and_another_tensor_an_error) {
  for (const std::int64_t batch : {1, 3}) {
    ClassifierOptions with = options();
    with.model.meaning.batch = batch;
    auto classifier = Classifier::open(write("m.onnx", classifier_bytes({1, 0, 0, 3, 0, 0, 2, 0, 0})), with);
    ASSERT_TRUE(classifier.ok()) << classifier.error().message();
    Tensor red(TensorType{DType::kFloat32, {1, 3, 4, 4}});
    std::fill_n(red.mutable_view().as<float>(), 48, 0.0f);
    std::fill_n(red.mutable_view().as<float>(), 16, 1.0f);
    TensorView flat = red.view();
    flat.type.shape = {3, 4, 4};
    TensorView whole = red.view();
    whole.type.dtype = DType::kInt32;
    const std::vector<Picture> pictures = {red.view(), std::as_bytes(std::span(kRed)), flat, whole, red.view()};
    const auto answers = classifier->classify_batch(pictures);
    ASSERT_EQ(answers.size(), pictures.size());
    for (const std::size_t i : {0U, 4U}) {
      ASSERT_TRUE(answers[i].ok()) << answers[i].error().message();
      for (std::size_t k = 0; k < 3; ++k) EXPECT_EQ(answers[i]->top[k].score, answers[1]->top[k].score);
    }
    for (const std::size_t i : {2U, 3U}) {
      ASSERT_FALSE(answers[i].ok());
      EXPECT_EQ(answers[i].error().code, ErrorCode::kInvalidInput);
      EXPECT_NE(answers[i].error().what.find("the model takes float32[1,3,4,4]"), std::string::npos)
          << answers[i].error().what;
    }
  }
}

class BatchTest : public ClassifierTest {
 protected:
  static std::vector<Picture> files(const std::vector<std::string>& bytes) {
    std::vector<Picture> files;
    for (const std::string& text : bytes) files.emplace_back(std::as_bytes(std::span(text)));
    return files;
  }
  // The first class of each, -1 for an error.
  static std::vector<std::int64_t> firsts(const std::vector<Result<Classification>>& answers) {
    std::vector<std::int64_t> firsts;
    for (const auto& answer : answers) firsts.push_back(answer.ok() ? answer->top.at(0).index : -1);
    return firsts;
  }
};

// With a batch that is asked for (open, or proved for a model of one picture) and with one that the model fixes, for
// fewer, as many and more pictures than one run takes.
TEST_F(BatchTest, each_picture_has_the_answer_that_it_has_alone_or_its_own_error) {
  const std::vector<std::string> all = {picture(255, 0, 0), picture(9, 200, 3),  "no picture",      picture(0, 1, 99),
                                        picture(7, 7, 200), picture(80, 40, 20), picture(1, 255, 2)};
  const std::vector<std::int64_t> best = {0, 1, -1, 2, 2, 0, 1};
  const std::vector<float> weights = {1, 0, 0, 0, 1, 0, 0, 0, 1};
  Classifier alone = open(weights);
  EXPECT_EQ(alone.batch(), 1);
  struct Row {
    std::int64_t stated;
    std::int64_t asked;
    std::int64_t batch;
  };
  for (const Row& row : {Row{-1, 3, 3}, Row{1, 3, 3}, Row{3, 0, 3}, Row{4, 4, 4}, Row{-1, 0, 1}, Row{16, 0, 16}}) {
    for (const int threads : {1, 2}) {
      ClassifierOptions with = options();
      with.model.meaning.batch = row.asked;
      with.session.threads = threads;
      auto batched =
          Classifier::open(write("b.onnx", classifier_bytes(weights, false, {}, {}, {row.stated, 3, 4, 4})), with);
      ASSERT_TRUE(batched.ok()) << batched.error().message();
      EXPECT_EQ(batched->batch(), row.batch);
      for (std::size_t count = 0; count <= all.size(); ++count) {
        const std::vector<std::string> some(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count));
        const auto answers = batched->classify_batch(files(some), 3);
        ASSERT_EQ(firsts(answers),
                  std::vector<std::int64_t>(best.begin(), best.begin() + static_cast<std::ptrdiff_t>(count)));
        for (std::size_t i = 0; i < count; ++i) {
          if (!answers[i].ok()) continue;
          const Classification one = classify(alone, some[i], 3);
          for (std::size_t c = 0; c < 3; ++c) EXPECT_EQ(answers[i]->top[c].score, one.top[c].score) << "the same bits";
        }
      }
    }
  }
}

TEST_F(BatchTest, a_batch_that_only_the_model_states_is_a_decision) {
  auto classifier =
      Classifier::open(write("m.onnx", classifier_bytes({1, 0, 0, 0, 1, 0}, false, {}, {}, {2, 3, 4, 4})), options());
  ASSERT_TRUE(classifier.ok()) << classifier.error().message();
  const auto found = std::ranges::find(classifier->decisions(), "batch", &Decision::subject);
  ASSERT_NE(found, classifier->decisions().end());
  EXPECT_EQ(found->value, "2 pictures a run, a row without one repeats another");
  EXPECT_EQ(classifier->input_tensor(std::as_bytes(std::span(kRed)))->shape(), (Shape{2, 3, 4, 4}));
}

TEST_F(BatchTest, pictures_are_read_from_files_and_each_error_carries_its_path) {
  ClassifierOptions with = options();
  with.model.meaning.batch = 2;
  auto classifier = Classifier::open(write("m.onnx", classifier_bytes({1, 0, 0, 0, 1, 0})), with);
  ASSERT_TRUE(classifier.ok()) << classifier.error().message();
  const std::vector<Picture> pictures = {folder_ / "gone.png", write("red.png", kRed), write("text.jpg", "hello"),
                                         write("cut.png", kRed.substr(0, 40)), folder_ / "red.png"};
  const auto answers = classifier->classify_batch(pictures);
  EXPECT_EQ(firsts(answers), (std::vector<std::int64_t>{-1, 0, -1, -1, 0}));
  for (const std::size_t i : {0, 2, 3}) {
    EXPECT_NE(answers[i].error().message().find(std::get<std::string>(pictures[i])), std::string::npos);
  }
}

TEST_F(BatchTest, grey_pictures_without_channels_come_one_a_run_and_more_are_refused) {
  namespace t = onnx::test;
  t::GraphParts parts;
  parts.nodes = {t::node("Flatten", {"x"}, {"f"}), t::node("Gemm", {"f", "w"}, {"y"}, {t::int_attribute("transB", 1)})};
  std::vector<float> weights(72, 0.25F);
  std::fill(weights.begin(), weights.begin() + 36, -0.25F);
  parts.initializers = {t::float_tensor("w", {2, 36}, weights)};
  parts.inputs = {t::value_info("x", onnx::kFloat, {-1, 6, 6})};
  parts.outputs = {t::value_info("y", onnx::kFloat, {-1, 2})};
  ClassifierOptions with = options();
  with.model.meaning.recipe = "-1-1";
  const std::string path = write("grey.onnx", t::model(t::graph(parts)).bytes());
  auto classifier = Classifier::open(path, with);
  ASSERT_TRUE(classifier.ok()) << classifier.error().message();
  EXPECT_EQ(classifier->batch(), 1);
  const auto answers =
      classifier->classify_batch(files({picture(250, 250, 250), picture(2, 2, 2), picture(200, 200, 200)}));
  EXPECT_EQ(firsts(answers), (std::vector<std::int64_t>{1, 0, 1}));
  with.model.meaning.batch = 3;  // [3,6,6] could be three channels as well
  const auto three = Classifier::open(path, with);
  ASSERT_FALSE(three.ok());
  EXPECT_EQ(three.error().code, ErrorCode::kUnsupportedModel);
}

// The sum of the mean colours chooses a row of a table of two: a white picture reaches beyond it, and the run fails.
TEST_F(BatchTest, a_picture_whose_numbers_the_model_refuses_does_not_take_its_neighbours_along) {
  namespace t = onnx::test;
  t::GraphParts parts;
  parts.nodes = {
      t::node("GlobalAveragePool", {"x"}, {"p"}), t::node("Flatten", {"p"}, {"f"}),
      t::node("MatMul", {"f", "w"}, {"s"}),       t::node("Cast", {"s"}, {"i"}, {t::int_attribute("to", onnx::kInt64)}),
      t::node("Gather", {"table", "i"}, {"g"}),   t::node("Flatten", {"g"}, {"y"})};
  parts.initializers = {t::float_tensor("w", {3, 1}, {1, 1, 1}), t::float_tensor("table", {2, 2}, {1, 0, 0, 1})};
  parts.inputs = {t::value_info("x", onnx::kFloat, {-1, 3, 4, 4})};
  parts.outputs = {t::value_info("y", onnx::kFloat, {-1, 2})};
  ClassifierOptions with = options();
  with.model.meaning.raw = true;
  with.model.meaning.batch = 4;
  auto classifier = Classifier::open(write("table.onnx", t::model(t::graph(parts)).bytes()), with);
  ASSERT_TRUE(classifier.ok()) << classifier.error().message();
  const auto answers = classifier->classify_batch(files({picture(0, 0, 0), kRed, picture(255, 255, 255), kRed}));
  EXPECT_EQ(firsts(answers), (std::vector<std::int64_t>{0, 1, -1, 1}));
}

}  // namespace
}  // namespace kite
