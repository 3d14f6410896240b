// SPDX-License-Identifier: Apache-2.0
// Classifiers of paperkite.h over a ClassifierPool.
#include <algorithm>
#include <span>
#include <vector>

#include "c/boundary.h"
#include "c/open_options.h"
#include "c/tensor_handle.h"

namespace kite {

namespace {

std::vector<Decision> all_decisions(const Classifier& classifier) {
  const std::size_t labels = classifier.labels().size();
  std::vector<Decision> decisions = {
      {"labels", labels == 0 ? "none" : std::to_string(labels) + " labels", classifier.labels_source(),
       classifier.is_labels_guess()},
      {"preprocessing", classifier.recipe(), classifier.recipe_source(), classifier.is_recipe_guess()}};
  const std::vector<Decision>& others = classifier.decisions();
  decisions.insert(decisions.end(), others.begin(), others.end());
  return decisions;
}

std::unique_ptr<paperkite_classifier> classifier_handle(ClassifierPool pool) {
  std::string recipe = pool.classifier().recipe_json();
  std::vector<Decision> decisions = all_decisions(pool.classifier());
  return std::make_unique<paperkite_classifier>(
      paperkite_classifier{std::move(pool), std::move(recipe), std::move(decisions)});
}

std::unique_ptr<paperkite_result> result_handle(Classification answer) {
  return std::make_unique<paperkite_result>(paperkite_result{std::move(answer)});
}

Status check_k(std::int32_t k, const char* function) {
  if (k >= 1) return {};
  return Error{ErrorCode::kUsage, "the best " + std::to_string(k) + " classes", function, "k is at least 1"};
}

Status check_call(const paperkite_classifier* classifier, const paperkite_picture* picture, const char* function) {
  KITE_TRY(check_given(classifier, "classifier", function));
  return check_given(picture, "picture", function);
}

// Where results and errors go, all of them nullptr at first.
struct Answers {
  std::span<paperkite_result*> results;
  std::span<paperkite_error*> errors;

  void free() const noexcept {
    for (paperkite_result*& result : results) paperkite_result_free(std::exchange(result, nullptr));
    for (paperkite_error*& error : errors) paperkite_error_free(std::exchange(error, nullptr));
  }
};

Status classify_all(const paperkite_classifier* classifier, std::span<const paperkite_picture* const> pictures,
                    std::int32_t k, const std::int32_t* stop, const Answers& answers) {
  constexpr const char* kFunction = "paperkite_classify_all";
  KITE_TRY(check_given(classifier, "classifier", kFunction));
  KITE_TRY(check_k(k, kFunction));
  std::vector<Picture> borrowed;
  borrowed.reserve(pictures.size());
  for (const paperkite_picture* picture : pictures) {
    if (picture == nullptr) {
      return Error{
          ErrorCode::kUsage, "picture " + std::to_string(borrowed.size()) + " is a null pointer", kFunction, {}};
    }
    borrowed.push_back(picture->picture);
  }
  const auto is_stopped = [stop] { return stop != nullptr && __atomic_load_n(stop, __ATOMIC_RELAXED) != 0; };
  auto computed = classifier->pool.classify_all(borrowed, k, is_stopped);
  for (std::size_t i = 0; i < computed.size(); ++i) {
    if (computed[i].ok()) {
      answers.results[i] = result_handle(std::move(computed[i]).value()).release();
    } else {
      answers.errors[i] = new_error(std::move(computed[i]).error());
    }
  }
  return {};
}

const Decision* decision_at(const paperkite_classifier* classifier, std::size_t place) noexcept {
  return classifier != nullptr && place < classifier->decisions.size() ? &classifier->decisions[place] : nullptr;
}

static_assert(static_cast<int>(ScoreKind::kProbabilities) == PAPERKITE_PROBABILITIES);
static_assert(static_cast<int>(ScoreKind::kIndependent) == PAPERKITE_INDEPENDENT);
static_assert(static_cast<int>(ScoreKind::kRaw) == PAPERKITE_RAW);
static_assert(static_cast<int>(ScoreKind::kNone) == PAPERKITE_NO_SCORES);

using NewClassifier = Result<std::unique_ptr<paperkite_classifier>>;

}  // namespace

}  // namespace kite

extern "C" {

paperkite_error* paperkite_classifier_open(const char* path, const paperkite_options* options,
                                           paperkite_classifier** classifier) {
  constexpr const char* kFunction = "paperkite_classifier_open";
  return kite::guarded_into(kFunction, classifier, [&]() -> kite::NewClassifier {
    KITE_TRY(kite::check_path(path, kFunction));
    KITE_TRY_ASSIGN(const kite::ClassifierOptions chosen, kite::classifier_options(options, kFunction));
    KITE_TRY_ASSIGN(kite::ClassifierPool pool, kite::ClassifierPool::open(std::string(path), chosen));
    return kite::classifier_handle(std::move(pool));
  });
}

paperkite_error* paperkite_classifier_open_bytes(const void* bytes, std::size_t size, const paperkite_options* options,
                                                 paperkite_classifier** classifier) {
  constexpr const char* kFunction = "paperkite_classifier_open_bytes";
  return kite::guarded_into(kFunction, classifier, [&]() -> kite::NewClassifier {
    KITE_TRY(kite::check_bytes(bytes, size, kFunction));
    KITE_TRY_ASSIGN(const kite::ClassifierOptions chosen, kite::classifier_options(options, kFunction));
    const std::span model(static_cast<const std::byte*>(bytes), size);
    KITE_TRY_ASSIGN(kite::ClassifierPool pool, kite::ClassifierPool::open(model, chosen));
    return kite::classifier_handle(std::move(pool));
  });
}

void paperkite_classifier_free(paperkite_classifier* classifier) { delete classifier; }

std::int32_t paperkite_classifier_threads(const paperkite_classifier* classifier) {
  return classifier == nullptr ? 0 : classifier->pool.threads();
}

std::int64_t paperkite_classifier_class_count(const paperkite_classifier* classifier) {
  return classifier == nullptr ? 0 : classifier->pool.classifier().classes();
}

std::int32_t paperkite_classifier_score_kind(const paperkite_classifier* classifier) {
  return classifier == nullptr ? -1 : static_cast<std::int32_t>(classifier->pool.classifier().score_kind());
}

std::int64_t paperkite_classifier_label_count(const paperkite_classifier* classifier) {
  return classifier == nullptr ? 0 : static_cast<std::int64_t>(classifier->pool.classifier().labels().size());
}

const char* paperkite_classifier_label(const paperkite_classifier* classifier, std::int64_t index) {
  if (classifier == nullptr || index < 0) return "";
  return kite::string_at(classifier->pool.classifier().labels(), static_cast<std::size_t>(index));
}

const char* paperkite_classifier_recipe(const paperkite_classifier* classifier) {
  return classifier == nullptr ? "" : classifier->recipe_json.c_str();
}

std::size_t paperkite_classifier_decision_count(const paperkite_classifier* classifier) {
  return classifier == nullptr ? 0 : classifier->decisions.size();
}

const char* paperkite_classifier_decision_subject(const paperkite_classifier* classifier, std::size_t place) {
  const kite::Decision* const decision = kite::decision_at(classifier, place);
  return decision == nullptr ? "" : decision->subject.c_str();
}

const char* paperkite_classifier_decision_value(const paperkite_classifier* classifier, std::size_t place) {
  const kite::Decision* const decision = kite::decision_at(classifier, place);
  return decision == nullptr ? "" : decision->value.c_str();
}

const char* paperkite_classifier_decision_source(const paperkite_classifier* classifier, std::size_t place) {
  const kite::Decision* const decision = kite::decision_at(classifier, place);
  return decision == nullptr ? "" : decision->source.c_str();
}

std::int32_t paperkite_classifier_decision_is_guess(const paperkite_classifier* classifier, std::size_t place) {
  const kite::Decision* const decision = kite::decision_at(classifier, place);
  return decision != nullptr && decision->is_guess ? 1 : 0;
}

std::size_t paperkite_classifier_notice_count(const paperkite_classifier* classifier) {
  return classifier == nullptr ? 0 : classifier->pool.classifier().warnings().size();
}

const char* paperkite_classifier_notice(const paperkite_classifier* classifier, std::size_t place) {
  return classifier == nullptr ? "" : kite::string_at(classifier->pool.classifier().warnings(), place);
}

paperkite_error* paperkite_classify(const paperkite_classifier* classifier, const paperkite_picture* picture,
                                    std::int32_t k, paperkite_result** result) {
  constexpr const char* kFunction = "paperkite_classify";
  return kite::guarded_into(kFunction, result, [&]() -> kite::Result<std::unique_ptr<paperkite_result>> {
    KITE_TRY(kite::check_call(classifier, picture, kFunction));
    KITE_TRY(kite::check_k(k, kFunction));
    KITE_TRY_ASSIGN(kite::Classification answer, classifier->pool.classify(picture->picture, k));
    return kite::result_handle(std::move(answer));
  });
}

paperkite_error* paperkite_classify_all(const paperkite_classifier* classifier,
                                        const paperkite_picture* const* pictures, std::size_t count, std::int32_t k,
                                        const std::int32_t* stop, paperkite_result** results,
                                        paperkite_error** errors) {
  constexpr const char* kFunction = "paperkite_classify_all";
  if (results != nullptr) std::fill_n(results, count, nullptr);
  if (errors != nullptr) std::fill_n(errors, count, nullptr);
  const bool has_places = results != nullptr && errors != nullptr;
  const kite::Answers answers = has_places ? kite::Answers{{results, count}, {errors, count}} : kite::Answers{};
  paperkite_error* const error = kite::guarded([&]() -> kite::Status {
    if (count > 0) {
      KITE_TRY(kite::check_given(pictures, "list of pictures", kFunction));
      KITE_TRY(kite::check_given(results, "list of results", kFunction));
      KITE_TRY(kite::check_given(errors, "list of errors", kFunction));
    }
    return kite::classify_all(classifier, {pictures, count}, k, stop, answers);
  });
  if (error != nullptr) answers.free();
  return error;
}

paperkite_error* paperkite_input_tensor(const paperkite_classifier* classifier, const paperkite_picture* picture,
                                        paperkite_tensor** tensor) {
  constexpr const char* kFunction = "paperkite_input_tensor";
  return kite::guarded_into(kFunction, tensor, [&]() -> kite::Result<std::unique_ptr<paperkite_tensor>> {
    KITE_TRY(kite::check_call(classifier, picture, kFunction));
    KITE_TRY_ASSIGN(kite::Tensor input, classifier->pool.input_tensor(picture->picture));
    return kite::tensor_handle(std::move(input));
  });
}

}  // extern "C"
