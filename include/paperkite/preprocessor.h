// SPDX-License-Identifier: Apache-2.0
// Pictures in, input tensors out: what a Classifier does before its model, for programs that run the model elsewhere.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "paperkite/error.h"
#include "paperkite/tensor.h"

namespace kite {

struct PreprocessRecipe;

// Immutable; copies share the recipe, and any number of threads may use one.
class Preprocessor {
 public:
  // `recipe_json`: a recipe object as Classifier::recipe_json() gives it. What it leaves out is not done: no resize, no
  // crop, mean 0, std 1. kInvalidModel names the key that is wrong.
  [[nodiscard]] static Result<Preprocessor> parse(std::string_view recipe_json);

  // The bytes, or the file, of a picture to float32 [1,3,H,W].
  [[nodiscard]] Result<Tensor> tensor(std::span<const std::byte> picture) const;
  [[nodiscard]] Result<Tensor> tensor_of_file(const std::string& path) const;

  [[nodiscard]] std::string recipe_json() const;

 private:
  explicit Preprocessor(std::shared_ptr<const PreprocessRecipe> recipe);
  std::shared_ptr<const PreprocessRecipe> recipe_;
};

}  // namespace kite
