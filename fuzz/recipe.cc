// SPDX-License-Identifier: Apache-2.0
// Any bytes as the JSON of each kind of recipe. What a recipe says must be what its own text says again.
#include "image/recipe.h"

#include <string>

#include "carriers/recipe_carriers.h"
#include "carriers/recipe_names.h"
#include "driver.h"

namespace kite::fuzz {

namespace {

void check(const Result<RecipeFields>& fields) {
  using enum ErrorCode;
  if (!fields.ok()) return check_error(fields.error(), {kInvalidModel, kUnsupportedModel, kUsage, kLimit});
  KITE_CHECK(validate(*fields).ok());
  const PreprocessRecipe whole = fields->complete();
  const auto again = parse_recipe(recipe_json(whole));
  KITE_CHECK(again.ok() && again->complete() == whole);
}

}  // namespace

void recipe(Bytes bytes) {
  const std::string_view text = text_of(bytes);
  check(parse_recipe(text));
  const auto json = parse_json(text);
  if (!json.ok()) return check_error(json.error(), {ErrorCode::kInvalidModel, ErrorCode::kLimit});
  check(recipe_from_object(*json));
  check(recipe_from_value(*json, {224, 224}));
  for (const char* processor : {"", "pil", "torchvision"}) {
    check(recipe_from_huggingface(*json, huggingface_context(*json, processor)));
  }
  if (is_timm_config(*json)) check(recipe_from_timm(*json));
}

}  // namespace kite::fuzz
