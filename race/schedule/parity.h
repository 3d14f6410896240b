// SPDX-License-Identifier: Apache-2.0
// Does a contestant compute the same thing as the judge? Only who does may be ranked.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "paperkite/error.h"
#include "race/journal/record.h"

namespace kite::race {

// Raw outputs, one row a picture.
struct Logits {
  std::int64_t pictures = 0, classes = 0;
  std::vector<float> values;

  [[nodiscard]] std::span<const float> row(std::int64_t picture) const {
    return std::span(values).subspan(static_cast<std::size_t>(picture * classes), static_cast<std::size_t>(classes));
  }
};

// From a .npy [N, classes].
[[nodiscard]] Result<Logits> read_logits(const std::string& path);

// Of no_pre: on every picture no logit is further off than this share of the judge's largest |logit| there. float32
// sums in another order are off by about 1e-6, a lower precision (bfloat16, int8) by 1e-2 and more.
inline constexpr double kLogitTolerance = 1e-3;
// Of inc_pre: readers of JPEG and resizers differ by a grey level, so the first place may fall differently now and
// then.
inline constexpr double kTop1Agreement = 0.99;
// A tensor element differs beyond this; one grey level is about 0.017 after normalising.
inline constexpr double kTensorTolerance = 1e-3;

// Fills all but contestant, model and judge, over the judge's pictures (the contestant must have at least those).
// no_pre: the tolerance above, and the same first place unless the judge's margin is below that tolerance.
// inc_pre: kTop1Agreement. In both, an output that is no number or of another shape is unequal.
[[nodiscard]] ParityRecord compare_logits(Mode mode, const Logits& judge, const Logits& own);

struct TensorDifference {
  double max = 0, differing_share = 0;
};
// The contestant's input tensors (a .npy [M, C, H, W]) against the recipe's, of which there are at least as many.
[[nodiscard]] Result<TensorDifference> compare_tensors(const std::string& recipe_path, const std::string& own_path);

// Whoever prints classes that are not the largest of its own logits prints something else than it computed. Empty:
// fine.
[[nodiscard]] std::string contradiction(std::span<const Sample> samples, const Logits& own);

}  // namespace kite::race
