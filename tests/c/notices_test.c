// SPDX-License-Identifier: Apache-2.0
// What nobody states is guessed, and every guess is announced. Argument: a model without labels and preprocessing.
#include "check.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  paperkite_classifier* classifier = NULL;
  GOOD(paperkite_classifier_open(argv[1], NULL, &classifier));
  CHECK(paperkite_classifier_label_count(classifier) == 0);
  size_t guesses = 0;
  for (size_t i = 0; i < paperkite_classifier_decision_count(classifier); ++i) {
    guesses += (size_t)paperkite_classifier_decision_is_guess(classifier, i);
  }
  CHECK(guesses > 0);
  CHECK(paperkite_classifier_notice_count(classifier) == 2);  // one of them for all guesses about the preprocessing
  int says_preprocessing = 0;
  for (size_t i = 0; i < paperkite_classifier_notice_count(classifier); ++i) {
    says_preprocessing |= strstr(paperkite_classifier_notice(classifier, i), "preprocessing") != NULL;
  }
  CHECK(says_preprocessing);
  CHECK_TEXT(paperkite_classifier_notice(classifier, 1000), "");

  // The same model with its recipe stated has one guess less.
  paperkite_options* options = NULL;
  GOOD(paperkite_options_new(&options));
  GOOD(paperkite_options_set(options, "recipe", paperkite_classifier_recipe(classifier)));
  paperkite_classifier* stated = NULL;
  GOOD(paperkite_classifier_open(argv[1], options, &stated));
  CHECK(paperkite_classifier_notice_count(stated) < paperkite_classifier_notice_count(classifier));
  CHECK_TEXT(paperkite_classifier_recipe(stated), paperkite_classifier_recipe(classifier));
  paperkite_options_free(options);
  paperkite_classifier_free(stated);
  paperkite_classifier_free(classifier);
  return failures == 0 ? 0 : 1;
}
