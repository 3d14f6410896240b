// SPDX-License-Identifier: Apache-2.0
// What the sources of labels and recipes hand over, and the rules by which one goes before another.
#pragma once

#include <cstdint>
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

// How far a source may be trusted to be about this model.
enum class Bond : std::uint8_t {
  kFlag,     // the caller says so: what does not fit is a usage error
  kNamed,    // it names this model: what does not fit is an error in it
  kBeside,   // it merely lies there: what does not fit is left out with a warning
  kBuiltIn,  // the program has it: taken where nothing else is found
};

class Offers {
 public:
  Offers(const InterpretationSources& sources, PictureForm input)
      : sources_(sources), input_(input), folder_(sources.model_path) {}

  // The first to state a field, or the labels, wins; the others are compared with it. `remark`: what the user should
  // know of a reading that is not the only one possible. An Error only where the bond is too strong to go on without.
  Status recipe(const std::string& name, Bond bond, Result<RecipeFields> fields, const std::string& remark = "");
  Status labels(const std::string& name, Bond bond, Result<ReadLabels> labels);
  // A source that cannot be read.
  Status refuse(const std::string& name, Bond bond, Error error);

  [[nodiscard]] bool wants_labels() const { return out_.labels.empty() || sources_.report_conflicts; }
  [[nodiscard]] bool wants_recipe() const { return !recipe_complete() || sources_.report_conflicts; }
  // Null where the model has no such metadata key.
  [[nodiscard]] const std::string* metadata(std::string_view key) const;

  [[nodiscard]] const InterpretationSources& asked() const { return sources_; }
  [[nodiscard]] const PictureForm& input() const { return input_; }
  [[nodiscard]] Size input_size() const { return {input_.width, input_.height}; }
  [[nodiscard]] ModelFolder& folder() { return folder_; }
  // The document in a file beside the model.
  [[nodiscard]] const Result<Json>& json(const FolderEntry& file) const {
    return sources_.files->read(file.path, sources_.classes);
  }
  [[nodiscard]] const RecipeFields& fields() const { return fields_; }
  [[nodiscard]] const Interpretation& so_far() const { return out_; }

  // Fills what no source stated by the rules of complete_recipe(), and announces what is a guess.
  Status complete_recipe();
  // Says what was settled. Call once, last.
  Result<Interpretation> finish();

 private:
  [[nodiscard]] bool recipe_complete() const {
    return fields_.resize && fields_.crop && fields_.filter && fields_.mean && fields_.std;
  }
  void compare_labels(const std::string& name, const Labels& other);

  const InterpretationSources& sources_;
  PictureForm input_;
  ModelFolder folder_;
  RecipeFields fields_;
  std::vector<std::string> recipe_names_;
  std::string range_beside_;                // the file beside the model that states the mean
  std::vector<std::string> label_misfits_;  // sentences about files whose labels are of another number
  Bond labels_bond_ = Bond::kFlag;
  Interpretation out_;
};

}  // namespace kite
