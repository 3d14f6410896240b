// SPDX-License-Identifier: Apache-2.0
// What the sources of labels and recipes state, and the rules by which one source has precedence over another.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "carriers/interpretation.h"
#include "carriers/labels.h"
#include "carriers/model_folder.h"
#include "carriers/picture_form.h"
#include "image/recipe.h"
#include "paperkite/error.h"

namespace kite {

// How certain it is that a source belongs to this model.
enum class Bond : std::uint8_t {
  kFlag,     // the caller states it: a contradiction to the model is a usage error
  kNamed,    // the source names this model: a contradiction is an error in the source
  kBeside,   // the file only lies beside the model: with a contradiction it is left out, with a warning
  kBuiltIn,  // part of the program: used where no other source is found
};

class Offers {
 public:
  Offers(const InterpretationSources& sources, PictureForm input)
      : sources_(sources),
        input_(input),
        folder_(sources.folder ? sources.folder : std::make_shared<ModelFolder>(sources.model_path)) {}

  // Call before a source is read. After a source that completes the recipe, no later source adds a field, also where
  // the later sources are read for their conflicts.
  void begin_source() { is_recipe_closed_ = recipe_complete(); }

  // The first source that states a field, or the labels, is used; the others are compared with it. `remark`: what the
  // user should know when the source could be read in another way, too. An Error only when the bond is so strong that
  // the source must not be left out.
  Status recipe(const std::string& name, Bond bond, Result<RecipeFields> fields, const std::string& remark = "");
  Status labels(const std::string& name, Bond bond, Result<ReadLabels> labels);
  // Reports a source that cannot be read.
  Status refuse(const std::string& name, Bond bond, Error error);

  [[nodiscard]] bool wants_labels() const { return out_.labels.empty() || sources_.report_conflicts; }
  [[nodiscard]] bool wants_recipe() const { return !recipe_complete() || sources_.report_conflicts; }
  // Null where the model has no such metadata key.
  [[nodiscard]] const std::string* metadata(std::string_view key) const;

  [[nodiscard]] const InterpretationSources& asked() const { return sources_; }
  [[nodiscard]] const PictureForm& input() const { return input_; }
  [[nodiscard]] Size input_size() const { return {input_.width, input_.height}; }
  [[nodiscard]] ModelFolder& folder() { return *folder_; }
  // The JSON document in a file beside the model.
  [[nodiscard]] const Result<Json>& json(const FolderEntry& file) const {
    return sources_.files->read(file.path, sources_.classes);
  }
  [[nodiscard]] const RecipeFields& fields() const { return fields_; }
  [[nodiscard]] const Interpretation& so_far() const { return out_; }

  // Fills the fields that no source states by the rules of complete_recipe(), and announces guesses.
  Status complete_recipe();
  // Returns what was decided. Must be the last call, and only one.
  Result<Interpretation> finish();

 private:
  [[nodiscard]] bool recipe_complete() const {
    return fields_.resize && fields_.crop && fields_.filter && fields_.mean && fields_.std;
  }
  void compare_labels(const std::string& name, const Labels& other);

  const InterpretationSources& sources_;
  PictureForm input_;
  std::shared_ptr<ModelFolder> folder_;
  bool is_recipe_closed_ = false;
  RecipeFields fields_;
  std::vector<std::string> recipe_names_;
  std::string range_beside_;                // the file beside the model that states the mean
  std::vector<std::string> label_misfits_;  // sentences about files with another number of labels than classes
  Bond labels_bond_ = Bond::kFlag;
  Interpretation out_;
};

}  // namespace kite
