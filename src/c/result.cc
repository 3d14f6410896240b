// SPDX-License-Identifier: Apache-2.0
// Results of paperkite.h: questions to a Classification.
#include <limits>

#include "c/boundary.h"

namespace kite {

namespace {

const Prediction* prediction_at(const paperkite_result* result, std::size_t place) noexcept {
  return result != nullptr && place < result->answer.top.size() ? &result->answer.top[place] : nullptr;
}

}  // namespace

}  // namespace kite

extern "C" {

std::size_t paperkite_result_count(const paperkite_result* result) {
  return result == nullptr ? 0 : result->answer.top.size();
}

std::int64_t paperkite_result_index(const paperkite_result* result, std::size_t place) {
  const kite::Prediction* const prediction = kite::prediction_at(result, place);
  return prediction == nullptr ? -1 : prediction->index;
}

const char* paperkite_result_label(const paperkite_result* result, std::size_t place) {
  const kite::Prediction* const prediction = kite::prediction_at(result, place);
  return prediction == nullptr ? "" : prediction->label.c_str();
}

float paperkite_result_score(const paperkite_result* result, std::size_t place) {
  const kite::Prediction* const prediction = kite::prediction_at(result, place);
  const bool has_score = prediction != nullptr && prediction->has_score;
  return has_score ? prediction->score : std::numeric_limits<float>::quiet_NaN();
}

const float* paperkite_result_scores(const paperkite_result* result, std::size_t* count) {
  const bool has_scores = result != nullptr && !result->answer.scores.empty();
  if (count != nullptr) *count = has_scores ? result->answer.scores.size() : 0;
  return has_scores ? result->answer.scores.data() : nullptr;
}

double paperkite_result_decode_ms(const paperkite_result* result) {
  return result == nullptr ? 0.0 : result->answer.timings.decode_ms;
}

double paperkite_result_preprocess_ms(const paperkite_result* result) {
  return result == nullptr ? 0.0 : result->answer.timings.preprocess_ms;
}

double paperkite_result_infer_ms(const paperkite_result* result) {
  return result == nullptr ? 0.0 : result->answer.timings.infer_ms;
}

std::size_t paperkite_result_warning_count(const paperkite_result* result) {
  return result == nullptr ? 0 : result->answer.warnings.size();
}

const char* paperkite_result_warning(const paperkite_result* result, std::size_t place) {
  return result == nullptr ? "" : kite::string_at(result->answer.warnings, place);
}

void paperkite_result_free(paperkite_result* result) { delete result; }

}  // extern "C"
