// SPDX-License-Identifier: Apache-2.0
// Pictures in, labels out: a Model with the recipe and the labels that belong to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "paperkite/error.h"
#include "paperkite/model.h"
#include "paperkite/picture_views.h"
#include "paperkite/session.h"
#include "paperkite/tensor.h"

namespace kite {

struct Internals;

struct ClassifierOptions {
  ModelOptions model;  // its trace, which must outlive the classifier then, receives pictures and steps as well
  SessionOptions session;
  ViewOptions views{};            // of each picture, in Classification::views
  bool report_conflicts = false;  // read every source, also those that can no longer win: conflicts()
  bool keep_scores = false;       // of every class, in Classification::scores
};

// What the scores of a classifier are.
enum class ScoreKind : std::uint8_t {
  kProbabilities,  // of classes of which one is right
  kIndependent,    // of classes each of which may be right or not
  kRaw,            // the numbers of the output, as MeaningOptions::raw asks for
  kNone,           // the model names its class without a score
};

struct Prediction {
  std::int64_t index = 0;
  std::string label;      // empty when the model has no labels
  float score = 0.0f;     // what Classifier::score_kind() says; NaN without one
  bool has_score = true;  // false where the model names the class only
};

struct ClassifyTimings {
  double decode_ms = 0.0;
  double preprocess_ms = 0.0;
  double infer_ms = 0.0;  // of a run of several pictures its share, so that sums over pictures stay sums
};

struct Classification {
  std::vector<Prediction> top;                 // best first; equal scores in index order
  ScoreKind kind = ScoreKind::kProbabilities;  // of their scores
  ClassifyTimings timings;
  std::vector<std::string> warnings;          // about this picture
  std::shared_ptr<const PictureViews> views;  // null unless ClassifierOptions::views asks for them
  // Of every class by its index, as in `top`, and of those that a threshold leaves out; NaN where the model gives its
  // best classes only. Empty unless keep_scores asks for them, and without scores (ScoreKind::kNone).
  std::vector<float> scores{};
};

// A picture that is decoded already: 8 bits a channel, rows top to bottom. Borrowed.
struct PixelView {
  const std::uint8_t* data = nullptr;
  std::int64_t height = 0;
  std::int64_t width = 0;
  int channels = 3;             // 1 grey, 3 R G B
  std::int64_t row_stride = 0;  // bytes from one row to the next; 0: rows without gaps
  int exif_orientation = 0;     // 1..8, used where the recipe applies it; 0: none
};

// A picture as a program has it: the path of its file (JPEG, PNG, WebP, TIFF, GIF, BMP, netpbm), the bytes of the file,
// which are borrowed, its pixels, or the tensor that another program made of it, as input_tensor() would: of the type
// of the model's input, one row where that takes several pictures. Borrowed, too.
using Picture = std::variant<std::string, std::span<const std::byte>, PixelView, TensorView>;

// One for each thread of the caller.
class Classifier {
 public:
  // Besides the errors of Model::open: kUnsupportedModel when the model does not take one picture or does not give
  // one vector of scores, or where nothing says what its numbers mean.
  [[nodiscard]] static Result<Classifier> open(const std::string& path, const ClassifierOptions& options = {});
  // The same of bytes, see Model::open(): labels and recipe are in them, or stated in the options.
  [[nodiscard]] static Result<Classifier> open(std::span<const std::byte> bytes, const ClassifierOptions& options = {});
  // Another one over the same model, for another thread: weights, recipe and labels are shared, only the session is
  // new.
  [[nodiscard]] Result<Classifier> share(const SessionOptions& options = {}) const;
  Classifier(Classifier&&) noexcept;
  Classifier& operator=(Classifier&&) noexcept;
  ~Classifier();

  // The bytes of a picture's file. `k` classes, or all when there are fewer. A model of several pictures gets
  // this one in every row.
  [[nodiscard]] Result<Classification> classify(std::span<const std::byte> picture, int k = 5);
  [[nodiscard]] Result<Classification> classify_file(const std::string& path, int k = 5);

  // Any number of pictures, batch() to a run, which are decoded side by side on the classifier's threads. One result
  // for each, in their order, and as classify() would give it: a picture that cannot be read has its own Error and
  // takes no other one along, and a run that is not full is filled up with copies.
  [[nodiscard]] std::vector<Result<Classification>> classify_batch(std::span<const Picture> pictures, int k = 5);

  // The pictures of one run: the first dimension of the model's input, 1 where that counts no pictures.
  [[nodiscard]] std::int64_t batch() const noexcept;

  // The tensor that classify() would hand to the model.
  [[nodiscard]] Result<Tensor> input_tensor(const Picture& picture) const;

  // The model's raw scores of its last run, or its classes where it gives no scores: a row for each picture. Borrowed
  // until the next run.
  [[nodiscard]] TensorView scores() const;

  [[nodiscard]] const Model& model() const noexcept;
  [[nodiscard]] int threads() const noexcept;
  [[nodiscard]] std::int64_t classes() const noexcept;
  [[nodiscard]] ScoreKind score_kind() const noexcept;
  // What had to be decided before the model could answer, and from which source: the shapes of Model::decisions(),
  // which output holds the scores, what makes probabilities of them.
  [[nodiscard]] const std::vector<Decision>& decisions() const noexcept;
  [[nodiscard]] const std::vector<std::string>& labels() const noexcept;
  // Which source won, and what the recipe is, each in one line for a person.
  [[nodiscard]] const std::string& labels_source() const noexcept;
  [[nodiscard]] const std::string& recipe_source() const noexcept;
  [[nodiscard]] std::string recipe() const;
  // Whether a rule decided the labels, or at least one field of the recipe, and no source states them.
  [[nodiscard]] bool is_labels_guess() const noexcept;
  [[nodiscard]] bool is_recipe_guess() const noexcept;
  // Metadata with which the model needs no file beside it and no flag: an ONNX file or a plan that has these keys, and
  // no other ones of paperkite's, means the same alone. A recipe of which no field is stated is left out. Errors:
  // kUnsupportedModel where metadata cannot state it.
  [[nodiscard]] Result<std::map<std::string, std::string>> self_description() const;
  // The recipe as a JSON object, for MeaningOptions::recipe and Preprocessor::parse().
  [[nodiscard]] std::string recipe_json() const;
  [[nodiscard]] const std::vector<std::string>& warnings() const noexcept;
  // Sources that were overruled or could not be used, and why; complete with ClassifierOptions::report_conflicts.
  [[nodiscard]] const std::vector<std::string>& conflicts() const noexcept;

 private:
  friend struct Internals;
  struct State;
  static Result<Classifier> over(Model model, const ClassifierOptions& options);
  explicit Classifier(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace kite
