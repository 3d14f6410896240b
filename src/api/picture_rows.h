// SPDX-License-Identifier: Apache-2.0
// Pictures on their way into the rows of the tensor that one run of a model takes.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/limits.h"
#include "image/image.h"
#include "image/recipe.h"
#include "paperkite/classifier.h"
#include "paperkite/error.h"
#include "paperkite/picture_views.h"
#include "paperkite/session.h"
#include "paperkite/tensor.h"

namespace kite {

// What is known of a picture besides its pixels.
struct FilledRow {
  ImageFacts facts;
  std::int64_t decode_ns = 0;
  std::int64_t preprocess_ns = 0;
  std::shared_ptr<const PictureViews> views;  // null unless they are asked for
};

// One for each session: run() reads what fill() wrote.
class PictureRows {
 public:
  // `input`: of the model. Rows are counted along its first dimension where the recipe's form counts pictures there.
  PictureRows(const PreprocessRecipe& recipe, const TensorType& input, const ViewOptions& views = {},
              const Limits& limits = {});

  [[nodiscard]] std::int64_t count() const noexcept { return count_; }

  // Decodes and preprocesses pictures[i] into row i, side by side on the threads of `session`, which must not run
  // meanwhile; at most count() pictures. A picture that fails has its own Error. Every row without a picture repeats
  // one that has not failed. `recipe`: as above.
  [[nodiscard]] std::vector<Result<FilledRow>> fill(const PreprocessRecipe& recipe, std::span<const Picture> pictures,
                                                    Session& session);

  // Of the model's input type once a picture was filled in.
  [[nodiscard]] TensorView tensor() const { return tensor_.view(); }
  [[nodiscard]] Tensor release() && { return std::move(tensor_); }

 private:
  [[nodiscard]] Result<FilledRow> fill_row(const PreprocessRecipe& recipe, const Picture& picture, std::size_t row);
  [[nodiscard]] std::span<std::byte> row(std::size_t number);

  TensorType input_;
  ViewOptions views_;
  Limits limits_;
  std::int64_t count_ = 1;
  TensorType row_;  // what the recipe makes of one picture
  Tensor tensor_;
};

}  // namespace kite
