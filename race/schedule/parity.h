// SPDX-License-Identifier: Apache-2.0
// Whether a contestant computes the same as the judge. Only then is it ranked.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "paperkite/error.h"
#include "race/journal/record.h"

namespace kite::race {

// Raw outputs, one row for each picture.
struct Logits {
  std::int64_t pictures = 0, classes = 0;
  std::vector<float> values;

  [[nodiscard]] std::span<const float> row(std::int64_t picture) const {
    return std::span(values).subspan(static_cast<std::size_t>(picture * classes), static_cast<std::size_t>(classes));
  }
};

// Reads a .npy file of shape [N, classes].
[[nodiscard]] Result<Logits> read_logits(const std::string& path);

// For no_pre: on every picture each logit may differ by at most this share of the judge's largest |logit| of that
// picture. float32 sums in another order differ by about 1e-6, a lower precision (bfloat16, int8) by 1e-2 and more.
inline constexpr double kLogitTolerance = 1e-3;
// For inc_pre: decoders of JPEG and resizers differ by a grey level, so now and then another class may come first.
inline constexpr double kTop1Agreement = 0.99;
// Elements of a tensor differ if they are further apart than this; one grey level is about 0.017 after normalisation.
inline constexpr double kTensorTolerance = 1e-3;

// Compares over the judge's pictures (the contestant must have at least these) and fills all fields except contestant,
// model and judge.
//   no_pre: the tolerance above must hold, and the same class must come first, unless the judge's margin between its
//   two largest logits is below that tolerance.
//   inc_pre: kTop1Agreement must hold.
//   In both modes an output that is not a finite number, or has another shape, is unequal.
[[nodiscard]] ParityRecord compare_logits(Mode mode, const Logits& judge, const Logits& own);

struct TensorDifference {
  double max = 0, differing_share = 0;
};
// Compares the contestant's input tensors (a .npy [M, C, H, W]) with those of the recipe, of which there
// are at least M.
[[nodiscard]] Result<TensorDifference> compare_tensors(const std::string& recipe_path, const std::string& own_path);

// Checks that the classes a contestant prints are the largest of its own logits: otherwise it prints something else
// than it computes. Empty: they are.
[[nodiscard]] std::string contradiction(std::span<const Sample> samples, const Logits& own);

}  // namespace kite::race
