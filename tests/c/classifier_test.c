// SPDX-License-Identifier: Apache-2.0
// Classifiers from C: every way in gives the same bits, and the objects live alone. Arguments: MODEL PICTURE.
#include <math.h>

#include "check.h"

static const char* model_path;
static const char* picture_path;

static paperkite_classifier* open_model(void) {
  paperkite_classifier* classifier = NULL;
  GOOD(paperkite_classifier_open(model_path, NULL, &classifier));
  if (classifier == NULL) exit(1);
  return classifier;
}

static paperkite_picture* picture_file(void) {
  paperkite_picture* picture = NULL;
  GOOD(paperkite_picture_from_file(picture_path, &picture));
  return picture;
}

static void check_same_scores(const paperkite_result* a, const paperkite_result* b) {
  size_t count = 0;
  size_t other = 0;
  const float* scores = paperkite_result_scores(a, &count);
  const float* others = paperkite_result_scores(b, &other);
  CHECK(count == 75 && other == count);
  CHECK(scores != NULL && others != NULL && memcmp(scores, others, count * sizeof(float)) == 0);
}

static void a_picture_of_a_paper_kite_is_class_50(void) {
  paperkite_classifier* classifier = open_model();
  paperkite_picture* picture = picture_file();
  paperkite_result* result = NULL;
  GOOD(paperkite_classify(classifier, picture, 5, &result));
  CHECK(paperkite_result_count(result) == 5);
  CHECK(paperkite_result_index(result, 0) == 50);
  CHECK_TEXT(paperkite_result_label(result, 0), "Paper Kite");
  size_t count = 0;
  const float* scores = paperkite_result_scores(result, &count);
  CHECK(count == 75 && (int64_t)count == paperkite_classifier_class_count(classifier));
  for (size_t i = 0; i < 5; ++i) {
    CHECK(scores[paperkite_result_index(result, i)] == paperkite_result_score(result, i));
    CHECK(i == 0 || paperkite_result_score(result, i) <= paperkite_result_score(result, i - 1));
    CHECK_TEXT(paperkite_result_label(result, i),
               paperkite_classifier_label(classifier, paperkite_result_index(result, i)));
  }
  CHECK(paperkite_result_decode_ms(result) > 0);
  CHECK(paperkite_result_preprocess_ms(result) > 0);
  CHECK(paperkite_result_infer_ms(result) > 0);
  CHECK(paperkite_result_warning_count(result) == 0);
  CHECK(paperkite_classifier_score_kind(classifier) == PAPERKITE_PROBABILITIES);
  CHECK(paperkite_classifier_threads(classifier) >= 1);
  // What is behind the places.
  CHECK(paperkite_result_index(result, 5) == -1);
  CHECK_TEXT(paperkite_result_label(result, 5), "");
  CHECK(isnan(paperkite_result_score(result, 5)));
  CHECK_TEXT(paperkite_classifier_label(classifier, -1), "");
  CHECK_TEXT(paperkite_classifier_label(classifier, 75), "");
  // A result outlives what it was made of.
  paperkite_picture_free(picture);
  paperkite_classifier_free(classifier);
  CHECK_TEXT(paperkite_result_label(result, 0), "Paper Kite");
  paperkite_result_free(result);
}

static void every_way_to_hand_over_a_picture_gives_the_same_bits(void) {
  paperkite_classifier* classifier = open_model();
  size_t size = 0;
  unsigned char* bytes = read_file(picture_path, &size);
  paperkite_picture* pictures[3] = {picture_file(), NULL, NULL};
  GOOD(paperkite_picture_from_bytes(bytes, size, PAPERKITE_BORROW, &pictures[1]));
  unsigned char* gone = (unsigned char*)malloc(size);
  memcpy(gone, bytes, size);
  GOOD(paperkite_picture_from_bytes(gone, size, PAPERKITE_COPY, &pictures[2]));
  memset(gone, 0, size);
  free(gone);
  paperkite_result* single = NULL;
  GOOD(paperkite_classify(classifier, pictures[0], 1, &single));
  paperkite_result* results[3];
  paperkite_error* errors[3];
  GOOD(paperkite_classify_all(classifier, (const paperkite_picture* const*)pictures, 3, 100, NULL, results, errors));
  for (int i = 0; i < 3; ++i) {
    CHECK(errors[i] == NULL && results[i] != NULL);
    CHECK(paperkite_result_count(results[i]) == 75);
    check_same_scores(single, results[i]);
    paperkite_result_free(results[i]);
    paperkite_picture_free(pictures[i]);
  }
  paperkite_result_free(single);
  free(bytes);
  paperkite_classifier_free(classifier);
}

// Pixels with and without a gap between the rows, copied and borrowed.
static void pixels_have_the_same_tensor_however_they_lie(void) {
  enum { kHeight = 60, kWidth = 40, kGap = 24, kStride = 3 * kWidth + kGap };
  paperkite_classifier* classifier = open_model();
  static unsigned char dense[kHeight * kWidth * 3];
  // Ends with the last pixel: the gap behind the last row is not there.
  unsigned char* padded = (unsigned char*)malloc((kHeight - 1) * kStride + 3 * kWidth);
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < 3 * kWidth; ++x) {
      dense[y * 3 * kWidth + x] = padded[y * kStride + x] = (unsigned char)(x * 5 + y * 3);
      if (y + 1 < kHeight && x < kGap) padded[y * kStride + 3 * kWidth + x] = 77;
    }
  }
  paperkite_tensor* first = NULL;
  for (int i = 0; i < 4; ++i) {
    const int is_padded = i % 2;
    paperkite_picture* picture = NULL;
    GOOD(paperkite_picture_from_pixels(is_padded ? padded : dense, kHeight, kWidth, 3, is_padded ? kStride : 0, 0,
                                       i < 2 ? PAPERKITE_BORROW : PAPERKITE_COPY, &picture));
    paperkite_tensor* tensor = NULL;
    GOOD(paperkite_input_tensor(classifier, picture, &tensor));
    paperkite_picture_free(picture);
    CHECK(paperkite_tensor_dtype(tensor) == PAPERKITE_FLOAT32 && paperkite_tensor_rank(tensor) == 4);
    CHECK(paperkite_tensor_dims(tensor)[1] == 3 && paperkite_tensor_dims(tensor)[2] == 224);
    CHECK(paperkite_tensor_size_bytes(tensor) == 3 * 224 * 224 * sizeof(float));
    if (first == NULL) {
      first = tensor;
      continue;
    }
    CHECK(memcmp(paperkite_tensor_data(first), paperkite_tensor_data(tensor), paperkite_tensor_size_bytes(first)) == 0);
    paperkite_tensor_free(tensor);
  }
  paperkite_tensor_free(first);
  free(padded);
  paperkite_classifier_free(classifier);
}

static void each_picture_of_many_has_its_own_error(void) {
  paperkite_classifier* classifier = open_model();
  paperkite_picture* pictures[3] = {picture_file(), NULL, picture_file()};
  GOOD(paperkite_picture_from_bytes("no picture", 10, PAPERKITE_BORROW, &pictures[1]));
  paperkite_result* results[3];
  paperkite_error* errors[3];
  const paperkite_picture* const* list = (const paperkite_picture* const*)pictures;
  GOOD(paperkite_classify_all(classifier, list, 3, 1, NULL, results, errors));
  CHECK(results[0] != NULL && results[1] == NULL && results[2] != NULL);
  CHECK(errors[0] == NULL && errors[1] != NULL && errors[2] == NULL);
  CHECK(paperkite_error_code(errors[1]) == PAPERKITE_UNSUPPORTED_IMAGE ||
        paperkite_error_code(errors[1]) == PAPERKITE_INVALID_IMAGE);
  for (int i = 0; i < 3; ++i) {
    paperkite_result_free(results[i]);
    paperkite_error_free(errors[i]);
  }
  const int32_t stop = 1;
  GOOD(paperkite_classify_all(classifier, list, 3, 1, &stop, results, errors));
  for (int i = 0; i < 3; ++i) {
    CHECK(results[i] == NULL && paperkite_error_code(errors[i]) == PAPERKITE_INTERRUPTED);
    CHECK_TEXT(paperkite_error_name(errors[i]), "interrupted");
    paperkite_error_free(errors[i]);
    paperkite_picture_free(pictures[i]);
  }
  GOOD(paperkite_classify_all(classifier, NULL, 0, 1, NULL, NULL, NULL));
  paperkite_classifier_free(classifier);
}

static void a_model_is_opened_from_its_bytes_with_what_the_options_state(void) {
  size_t size = 0;
  unsigned char* bytes = read_file(model_path, &size);
  paperkite_options* options = NULL;
  GOOD(paperkite_options_new(&options));
  GOOD(paperkite_options_set(options, "threads", "1"));
  GOOD(paperkite_options_set(options, "recipe", "imagenet"));
  GOOD(paperkite_options_set(options, "raw", "true"));
  paperkite_classifier* classifier = NULL;
  GOOD(paperkite_classifier_open_bytes(bytes, size, options, &classifier));
  paperkite_options_free(options);
  free(bytes);
  CHECK(paperkite_classifier_threads(classifier) == 1);
  CHECK(paperkite_classifier_score_kind(classifier) == PAPERKITE_RAW);
  CHECK(paperkite_classifier_decision_count(classifier) > 0);
  CHECK(strchr(paperkite_classifier_recipe(classifier), '{') == paperkite_classifier_recipe(classifier));
  int is_stated = 0;
  for (size_t i = 0; i < paperkite_classifier_decision_count(classifier); ++i) {
    CHECK(paperkite_classifier_decision_subject(classifier, i)[0] != '\0');
    CHECK(paperkite_classifier_decision_value(classifier, i)[0] != '\0');
    CHECK(paperkite_classifier_decision_source(classifier, i)[0] != '\0');
    if (strcmp(paperkite_classifier_decision_subject(classifier, i), "preprocessing") != 0) continue;
    is_stated = strcmp(paperkite_classifier_decision_source(classifier, i), "--recipe") == 0;
  }
  CHECK(is_stated);
  CHECK(paperkite_classifier_label_count(classifier) == 75);
  CHECK_TEXT(paperkite_classifier_label(classifier, 50), "Paper Kite");
  CHECK(paperkite_classifier_notice_count(classifier) == 0);
  paperkite_picture* picture = picture_file();
  paperkite_result* result = NULL;
  GOOD(paperkite_classify(classifier, picture, 3, &result));
  CHECK(paperkite_result_index(result, 0) == 50 && paperkite_result_score(result, 0) > 1.0f);
  paperkite_result_free(result);
  paperkite_picture_free(picture);
  paperkite_classifier_free(classifier);
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  model_path = argv[1];
  picture_path = argv[2];
  a_picture_of_a_paper_kite_is_class_50();
  every_way_to_hand_over_a_picture_gives_the_same_bits();
  pixels_have_the_same_tensor_however_they_lie();
  each_picture_of_many_has_its_own_error();
  a_model_is_opened_from_its_bytes_with_what_the_options_state();
  return failures == 0 ? 0 : 1;
}
