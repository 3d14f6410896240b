// SPDX-License-Identifier: Apache-2.0
// What this folder sees behind the public classes.
#pragma once

#include <memory>

#include "base/limits.h"
#include "image/recipe.h"
#include "paperkite/classifier.h"
#include "paperkite/model.h"
#include "paperkite/session.h"
#include "plan/format/plan.h"
#include "plan/source/source.h"
#include "runtime/session.h"

namespace kite {

struct Internals {
  static const std::shared_ptr<const Plan>& plan(const Model& model) noexcept { return model.plan_; }
  static const PreprocessRecipe& recipe(const Classifier& classifier) noexcept;  // classifier.cc
  static const Limits& limits(const Classifier& classifier) noexcept;            // the same
  // Classifier::open() of a file or of bytes that are more than the public ones say.
  static Result<Classifier> open(const ModelFile& file, const ClassifierOptions& options);  // classifier.cc
  static PlanSession& session(Session& session) noexcept { return *session.session_; }
  // Model::open() and for_shapes(). `lender`: whose weights may be used. `leaves_open`: see open_plan().
  static Result<Model> open(const ModelFile& file, const ModelOptions& options, const Model* lender,
                            bool* leaves_open = nullptr) {
    return Model::open(file, options, lender == nullptr ? nullptr : lender->plan_, leaves_open);
  }
};

}  // namespace kite
