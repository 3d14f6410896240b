// SPDX-License-Identifier: Apache-2.0
// Decides what no recipe states: which numbers a model expects (0..255, 0..1, normalised), and which
// part of the picture.
#pragma once

#include <string>
#include <vector>

#include "carriers/picture_form.h"
#include "image/recipe.h"
#include "paperkite/error.h"
#include "paperkite/meaning.h"

namespace kite {

// What the first nodes of the graph do to the picture, as found when the plan was made.
struct GraphFront {
  std::string range;  // the name of the recipe that they expect; "unknown"; empty when they are not preprocessing
  std::string steps;  // "Div 255, Sub [0.485,...]"
};

// What the rules use besides the fields that sources state.
struct RuleFacts {
  PictureForm input;
  GraphFront front;
  std::string shape;       // of the input, for messages
  std::string kite_json;   // the file that could state more
  std::string beside;      // the file beside the model that states mean and std; empty: another source, or none
  bool size_only = false;  // the caller needs only the size, so an unknown range is not an error
};

// What was decided beyond the sources.
struct RuledRecipe {
  std::vector<std::string> sources;  // to be named after the other sources: "the input's type, uint8", "guess"
  std::string warning;               // about what was guessed; may be empty
  bool is_guess = false;             // at least one field
  std::vector<Decision> decisions;
};

// Fills the fields that no source states.
// 1. The range comes from the graph's first nodes, or from the type (uint8, int32 and int64 hold 0..255). For floats in
//    three planes it is a guess: ImageNet's normalisation. For every other input the result is kUnsupportedModel with a
//    list of the choices, because 0..1 and 0..255 are both common there.
// 2. kUnsupportedModel, too, when a file beside the model states a normalisation that the graph already does itself.
// 3. The geometry is a guess. For planes of colour it is ImageNet's; else the whole picture is squashed to the size, as
//    with Keras and small grey models.
// 4. kInvalidModel where the input cannot hold the numbers of the recipe.
[[nodiscard]] Result<RuledRecipe> complete_recipe(RecipeFields& fields, const RuleFacts& facts);

}  // namespace kite
