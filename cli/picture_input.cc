// SPDX-License-Identifier: Apache-2.0
// Preprocesses a picture with the model's recipe.
#include "picture_input.h"

#include "paperkite/try.h"

namespace kite::cli {

Result<Tensor> picture_input(const std::string& model_path, const ModelOptions& options,
                             const std::string& image_path) {
  ClassifierOptions classifier_options;
  classifier_options.model = options;
  classifier_options.session.threads = 1;  // the model is not run
  KITE_TRY_ASSIGN(const Classifier classifier, Classifier::open(model_path, classifier_options));
  return classifier.input_tensor(image_path);
}

}  // namespace kite::cli
