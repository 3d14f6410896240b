// SPDX-License-Identifier: Apache-2.0
// Decides what no recipe says: which numbers a model wants (0..255, 0..1, normalised), and which part of the picture.
#pragma once

#include <string>
#include <vector>

#include "carriers/picture_form.h"
#include "image/recipe.h"
#include "paperkite/error.h"
#include "paperkite/meaning.h"

namespace kite {

// What the first nodes of the graph make of the picture, as found when the plan was made.
struct GraphFront {
  std::string range;  // the name of the recipe that they expect; "unknown"; empty: they are no preprocessing
  std::string steps;  // "Div 255, Sub [0.485,...]"
};

// What the rules know besides the fields that sources state.
struct RuleFacts {
  PictureForm input;
  GraphFront front;
  std::string shape;         // of the input, for messages
  std::string kite_json;     // the file that could state more
  std::string beside;        // the file beside the model that states mean and std; empty: another source, or none
  bool size_only = false;    // a range that nothing states is no error yet
};

// What was decided beyond the sources.
struct RuledRecipe {
  std::vector<std::string> sources;  // to be named after the others: "the input's type, uint8", "guess"
  std::string warning;               // of what was guessed; may be empty
  std::vector<Decision> decisions;
};

// Fills what no source states.
// The range is taken from the graph's first nodes or the type (uint8, int32 and int64 hold 0..255); of floats in three
// planes it is ImageNet's, as a guess. All others are kUnsupportedModel with the choices: 0..1 and 0..255 are both
// common there. So is a file beside the model that normalises what the graph normalises itself.
// The geometry is the usual one, as a guess: ImageNet's for planes of colour; else, as with Keras and small grey models,
// all of the picture squashed to the size.
// kInvalidModel where the input cannot hold the numbers of the recipe.
[[nodiscard]] Result<RuledRecipe> complete_recipe(RecipeFields& fields, const RuleFacts& facts);

}  // namespace kite
