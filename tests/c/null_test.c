// SPDX-License-Identifier: Apache-2.0
// Every function of paperkite.h with null pointers, each argument alone. Argument: a model.
#include <math.h>

#include "check.h"

static void freeing_null_does_nothing(void) {
  paperkite_error_free(NULL);
  paperkite_options_free(NULL);
  paperkite_picture_free(NULL);
  paperkite_classifier_free(NULL);
  paperkite_result_free(NULL);
  paperkite_tensor_free(NULL);
  paperkite_session_free(NULL);
}

static void questions_to_null_have_an_answer(void) {
  CHECK(paperkite_error_code(NULL) == PAPERKITE_OK);
  CHECK_TEXT(paperkite_error_name(NULL), "");
  CHECK_TEXT(paperkite_error_what(NULL), "");
  CHECK_TEXT(paperkite_error_where(NULL), "");
  CHECK_TEXT(paperkite_error_remedy(NULL), "");
  CHECK_TEXT(paperkite_error_message(NULL), "");
  CHECK(paperkite_classifier_threads(NULL) == 0);
  CHECK(paperkite_classifier_class_count(NULL) == 0);
  CHECK(paperkite_classifier_score_kind(NULL) == -1);
  CHECK(paperkite_classifier_label_count(NULL) == 0);
  CHECK_TEXT(paperkite_classifier_label(NULL, 0), "");
  CHECK_TEXT(paperkite_classifier_recipe(NULL), "");
  CHECK(paperkite_classifier_decision_count(NULL) == 0);
  CHECK_TEXT(paperkite_classifier_decision_subject(NULL, 0), "");
  CHECK_TEXT(paperkite_classifier_decision_value(NULL, 0), "");
  CHECK_TEXT(paperkite_classifier_decision_source(NULL, 0), "");
  CHECK(paperkite_classifier_decision_is_guess(NULL, 0) == 0);
  CHECK(paperkite_classifier_notice_count(NULL) == 0);
  CHECK_TEXT(paperkite_classifier_notice(NULL, 0), "");
  size_t count = 7;
  CHECK(paperkite_result_count(NULL) == 0);
  CHECK(paperkite_result_index(NULL, 0) == -1);
  CHECK_TEXT(paperkite_result_label(NULL, 0), "");
  CHECK(isnan(paperkite_result_score(NULL, 0)));
  CHECK(paperkite_result_scores(NULL, &count) == NULL && count == 0);
  CHECK(paperkite_result_scores(NULL, NULL) == NULL);
  CHECK(paperkite_result_decode_ms(NULL) == 0 && paperkite_result_preprocess_ms(NULL) == 0 &&
        paperkite_result_infer_ms(NULL) == 0);
  CHECK(paperkite_result_warning_count(NULL) == 0);
  CHECK_TEXT(paperkite_result_warning(NULL, 0), "");
  CHECK(paperkite_tensor_dtype(NULL) == 0 && paperkite_tensor_rank(NULL) == 0);
  CHECK(paperkite_tensor_dims(NULL) == NULL && paperkite_tensor_data(NULL) == NULL);
  CHECK(paperkite_tensor_size_bytes(NULL) == 0);
  CHECK(paperkite_session_threads(NULL) == 0);
  CHECK(paperkite_session_metadata(NULL, "key") == NULL);
  CHECK(paperkite_session_notice_count(NULL) == 0);
  CHECK_TEXT(paperkite_session_notice(NULL, 0), "");
  CHECK(paperkite_session_input_count(NULL) == 0 && paperkite_session_output_count(NULL) == 0);
  CHECK(paperkite_session_input(NULL, 0) == NULL && paperkite_session_output(NULL, 0) == NULL);
  CHECK_TEXT(paperkite_port_name(NULL), "");
  CHECK(paperkite_port_dtype(NULL) == 0 && paperkite_port_rank(NULL) == 0 && paperkite_port_dim(NULL, 0) == -1);
  CHECK_TEXT(paperkite_port_symbol(NULL, 0), "");
}

static void objects_are_not_made_of_null(const char* model) {
  BAD(paperkite_options_new(NULL), PAPERKITE_USAGE, "no place for the result; paperkite_options_new");
  paperkite_options* options = NULL;
  GOOD(paperkite_options_new(&options));
  BAD(paperkite_options_set(NULL, "raw", "true"), PAPERKITE_USAGE, "options is a null pointer");
  BAD(paperkite_options_set(options, NULL, "true"), PAPERKITE_USAGE, "name is a null pointer");
  BAD(paperkite_options_set(options, "raw", NULL), PAPERKITE_USAGE, "value is a null pointer");
  paperkite_options_free(options);

  paperkite_picture* picture = (paperkite_picture*)&picture;
  BAD(paperkite_picture_from_file(NULL, &picture), PAPERKITE_USAGE, "path is a null pointer");
  CHECK(picture == NULL);
  BAD(paperkite_picture_from_file("a.jpg", NULL), PAPERKITE_USAGE, "no place");
  BAD(paperkite_picture_from_bytes(NULL, 1, PAPERKITE_COPY, &picture), PAPERKITE_USAGE, "null pointer");
  BAD(paperkite_picture_from_bytes("a", 1, PAPERKITE_COPY, NULL), PAPERKITE_USAGE, "no place");
  BAD(paperkite_picture_from_pixels(NULL, 1, 1, 1, 0, 0, PAPERKITE_COPY, &picture), PAPERKITE_USAGE, "null pointer");
  BAD(paperkite_picture_from_pixels((const uint8_t*)"a", 1, 1, 1, 0, 0, PAPERKITE_COPY, NULL), PAPERKITE_USAGE,
      "no place");

  paperkite_classifier* classifier = NULL;
  BAD(paperkite_classifier_open(NULL, NULL, &classifier), PAPERKITE_USAGE, "path is a null pointer");
  BAD(paperkite_classifier_open(model, NULL, NULL), PAPERKITE_USAGE, "no place");
  BAD(paperkite_classifier_open_bytes(NULL, 1, NULL, &classifier), PAPERKITE_USAGE, "null pointer");
  BAD(paperkite_classifier_open_bytes("a", 1, NULL, NULL), PAPERKITE_USAGE, "no place");
  paperkite_session* session = NULL;
  BAD(paperkite_session_open(NULL, NULL, &session), PAPERKITE_USAGE, "path is a null pointer");
  BAD(paperkite_session_open(model, NULL, NULL), PAPERKITE_USAGE, "no place");
  BAD(paperkite_session_open_bytes(NULL, 1, NULL, &session), PAPERKITE_USAGE, "null pointer");
  BAD(paperkite_session_open_bytes("a", 1, NULL, NULL), PAPERKITE_USAGE, "no place");

  const int64_t dims[1] = {1};
  paperkite_tensor* tensor = NULL;
  BAD(paperkite_tensor_new(PAPERKITE_UINT8, NULL, 1, "a", 1, PAPERKITE_COPY, &tensor), PAPERKITE_USAGE, "null pointer");
  BAD(paperkite_tensor_new(PAPERKITE_UINT8, dims, 1, NULL, 1, PAPERKITE_COPY, &tensor), PAPERKITE_USAGE,
      "null pointer");
  BAD(paperkite_tensor_new(PAPERKITE_UINT8, dims, 1, "a", 1, PAPERKITE_COPY, NULL), PAPERKITE_USAGE, "no place");
}

static void calls_do_not_take_null(const char* model) {
  paperkite_classifier* classifier = NULL;
  paperkite_picture* picture = NULL;
  GOOD(paperkite_classifier_open(model, NULL, &classifier));
  GOOD(paperkite_picture_from_bytes(NULL, 0, PAPERKITE_COPY, &picture));
  paperkite_result* result = (paperkite_result*)&result;
  BAD(paperkite_classify(NULL, picture, 1, &result), PAPERKITE_USAGE, "classifier is a null pointer");
  CHECK(result == NULL);
  BAD(paperkite_classify(classifier, NULL, 1, &result), PAPERKITE_USAGE, "picture is a null pointer");
  BAD(paperkite_classify(classifier, picture, 1, NULL), PAPERKITE_USAGE, "no place");
  paperkite_tensor* tensor = NULL;
  BAD(paperkite_input_tensor(NULL, picture, &tensor), PAPERKITE_USAGE, "classifier is a null pointer");
  BAD(paperkite_input_tensor(classifier, NULL, &tensor), PAPERKITE_USAGE, "picture is a null pointer");
  BAD(paperkite_input_tensor(classifier, picture, NULL), PAPERKITE_USAGE, "no place");
  const paperkite_picture* pictures[2] = {picture, NULL};
  paperkite_result* results[2] = {result, (paperkite_result*)pictures};
  paperkite_error* errors[2] = {NULL, (paperkite_error*)pictures};
  BAD(paperkite_classify_all(NULL, pictures, 1, 1, NULL, results, errors), PAPERKITE_USAGE, "classifier is a null");
  BAD(paperkite_classify_all(classifier, NULL, 1, 1, NULL, results, errors), PAPERKITE_USAGE, "pictures is a null");
  BAD(paperkite_classify_all(classifier, pictures, 1, 1, NULL, NULL, errors), PAPERKITE_USAGE, "results is a null");
  BAD(paperkite_classify_all(classifier, pictures, 1, 1, NULL, results, NULL), PAPERKITE_USAGE, "errors is a null");
  BAD(paperkite_classify_all(classifier, pictures, 2, 1, NULL, results, errors), PAPERKITE_USAGE,
      "picture 1 is a null");
  CHECK(results[0] == NULL && results[1] == NULL && errors[0] == NULL && errors[1] == NULL);
  paperkite_picture_free(picture);
  paperkite_classifier_free(classifier);

  paperkite_session* session = NULL;
  GOOD(paperkite_session_open(model, NULL, &session));
  CHECK(paperkite_session_metadata(session, NULL) == NULL);
  BAD(paperkite_session_run(NULL, NULL, 0, NULL, 0, NULL), PAPERKITE_USAGE, "session is a null pointer");
  BAD(paperkite_session_run(session, NULL, 1, NULL, 1, &tensor), PAPERKITE_USAGE, "inputs is a null pointer");
  BAD(paperkite_session_run(session, NULL, 0, NULL, 1, NULL), PAPERKITE_USAGE, "outputs is a null pointer");
  paperkite_session_free(session);
}

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  freeing_null_does_nothing();
  questions_to_null_have_an_answer();
  objects_are_not_made_of_null(argv[1]);
  calls_do_not_take_null(argv[1]);
  return failures == 0 ? 0 : 1;
}
