// SPDX-License-Identifier: Apache-2.0
// A model whose open dimensions wait for the tensors of a run: SessionPool makes a Model of it for each set of shapes.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/file_state.h"
#include "paperkite/about.h"
#include "paperkite/error.h"
#include "paperkite/model.h"
#include "passes/pass.h"
#include "plan/source/source.h"

namespace kite {

// How many threads make a run faster: the planner gives small steps to one, and a small model is worth no second one.
[[nodiscard]] int useful_threads(const Model& model);

class DynamicModel {
 public:
  // Errors as for Model::open(), but an open dimension is none. Where no dimension is open but the first, the batch, or
  // the options state what they are, a first Model is made at once. Without one, unknown operators are refused here,
  // and what depends on shapes is found by model_for().
  [[nodiscard]] static Result<DynamicModel> open(const std::string& path, const ModelOptions& options);
  // The bytes are copied where the model leaves dimensions open, and borrowed only until this returns.
  [[nodiscard]] static Result<DynamicModel> open(std::span<const std::byte> bytes, const ModelOptions& options);

  // The Model that open() made; null where it has none.
  [[nodiscard]] const std::shared_ptr<const Model>& first() const noexcept { return first_; }

  // A Model for these shapes, one for each input. `lender`: one that was made before, whose weights it may use; without
  // one the cache is looked at, too. kIo where the model's file has changed since open().
  [[nodiscard]] Result<Model> model_for(const InputShapes& shapes, const Model* lender, int threads) const;

  // Whether tensors of these types are what the model states: kInvalidInput with the input, what it states and what was
  // found. One symbol has one size in all inputs.
  [[nodiscard]] Status check_inputs(std::span<const TensorView> inputs) const;

  [[nodiscard]] std::span<const Port> inputs() const noexcept { return inputs_; }
  [[nodiscard]] std::span<const Port> outputs() const noexcept { return outputs_; }
  // Initializers that are inputs, too; they keep their value unless ModelOptions::input_shapes names them.
  [[nodiscard]] std::span<const Port> inputs_with_default() const noexcept { return inputs_with_default_; }
  [[nodiscard]] const ModelAbout& about() const noexcept { return about_; }
  [[nodiscard]] const std::map<std::string, std::string>& metadata() const noexcept { return metadata_; }
  [[nodiscard]] const std::vector<std::string>& warnings() const noexcept { return warnings_; }

 private:
  explicit DynamicModel(const ModelOptions& options) : options_(options) {}
  [[nodiscard]] ModelFile file() const;
  Status open_file(const ModelFile& file);
  Status read_statement(const ModelFile& file);
  [[nodiscard]] Status check_unchanged() const;
  [[nodiscard]] Status check_plan_file(const InputShapes& shapes) const;

  ModelOptions options_;
  std::string path_;  // empty: a model from memory
  std::shared_ptr<const std::vector<std::byte>> bytes_;
  std::shared_ptr<const void> unpacked_;
  std::optional<FileState> state_;
  std::shared_ptr<const Model> first_;
  // Ports borrow from texts_ or from first_. A deque does not move its elements.
  std::shared_ptr<std::deque<std::string>> texts_ = std::make_shared<std::deque<std::string>>();
  std::vector<Port> inputs_;
  std::vector<Port> outputs_;
  std::vector<Port> inputs_with_default_;
  ModelAbout about_;
  std::map<std::string, std::string> metadata_;
  std::vector<std::string> warnings_;
};

}  // namespace kite
