// SPDX-License-Identifier: Apache-2.0
// The public Preprocessor: decode, resize, crop, normalise.
#include "paperkite/preprocessor.h"

#include <utility>

#include "carriers/recipe_carriers.h"
#include "image/picture_file.h"
#include "image/preprocess.h"
#include "paperkite/try.h"

namespace kite {

Preprocessor::Preprocessor(std::shared_ptr<const PreprocessRecipe> recipe) : recipe_(std::move(recipe)) {}

Result<Preprocessor> Preprocessor::parse(std::string_view recipe_json) {
  KITE_TRY_ASSIGN(const RecipeFields fields, parse_recipe(recipe_json));
  return Preprocessor(std::make_shared<const PreprocessRecipe>(fields.complete()));
}

Result<Tensor> Preprocessor::tensor(std::span<const std::byte> picture) const {
  KITE_TRY_ASSIGN(PreparedPicture prepared, prepare_picture(picture, *recipe_));
  return std::move(prepared.tensor);
}

Result<Tensor> Preprocessor::tensor_of_file(const std::string& path) const {
  KITE_TRY_ASSIGN(const FileBytes file, read_picture_file(path));
  auto made = tensor(file.bytes());
  if (!made.ok()) return std::move(made).error().in(path);
  return made;
}

std::string Preprocessor::recipe_json() const { return kite::recipe_json(*recipe_); }

}  // namespace kite
