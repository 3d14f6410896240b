// SPDX-License-Identifier: Apache-2.0
// usage: classify MODEL PICTURE: the five best classes of a picture. Build it with
//   cc classify.c $(pkg-config --cflags --libs paperkite) -o classify
#include <paperkite.h>
#include <stdio.h>

int main(int argc, char** argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: %s MODEL PICTURE\n", argv[0]);
    return 2;
  }
  paperkite_classifier* classifier = NULL;
  paperkite_picture* picture = NULL;
  paperkite_result* result = NULL;
  paperkite_error* error = paperkite_classifier_open(argv[1], NULL, &classifier);
  for (size_t i = 0; i < paperkite_classifier_notice_count(classifier); ++i) {
    fprintf(stderr, "warning: %s\n", paperkite_classifier_notice(classifier, i));
  }
  if (error == NULL) error = paperkite_picture_from_file(argv[2], &picture);
  if (error == NULL) error = paperkite_classify(classifier, picture, 5, &result);
  for (size_t i = 0; i < paperkite_result_count(result); ++i) {
    printf("%lld, %s, %.9g\n", (long long)paperkite_result_index(result, i), paperkite_result_label(result, i),
           (double)paperkite_result_score(result, i));
  }
  const int failed = error != NULL;
  if (failed) fprintf(stderr, "error[%s]: %s\n", paperkite_error_name(error), paperkite_error_message(error));
  paperkite_error_free(error);
  paperkite_result_free(result);
  paperkite_picture_free(picture);
  paperkite_classifier_free(classifier);
  return failed;
}
