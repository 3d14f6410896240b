// SPDX-License-Identifier: Apache-2.0
// Differences are computed in double, for each picture.
#include "race/schedule/parity.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

#include "paperkite/npy.h"
#include "paperkite/try.h"

namespace kite::race {

namespace {

struct RowVerdict {
  double difference = 0, largest = 0;  // of logits; largest |logit| of the judge
  bool finite = true, same_top1 = true, near_tie = false;
};

RowVerdict compare_row(std::span<const float> judge, std::span<const float> own) {
  RowVerdict verdict;
  std::size_t best = 0;
  for (std::size_t i = 0; i < judge.size(); ++i) {
    verdict.finite = verdict.finite && std::isfinite(own[i]) && std::isfinite(judge[i]);
    verdict.difference = std::max(verdict.difference, std::fabs(double{judge[i]} - double{own[i]}));
    verdict.largest = std::max(verdict.largest, std::fabs(double{judge[i]}));
    if (judge[i] > judge[best]) best = i;
  }
  if (!verdict.finite) return verdict;
  double margin = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < judge.size(); ++i) {
    if (i != best) margin = std::min(margin, double{judge[best]} - double{judge[i]});
  }
  verdict.near_tie = margin < kLogitTolerance * verdict.largest;
  verdict.same_top1 = own[best] == *std::max_element(own.begin(), own.end());
  return verdict;
}

}  // namespace

Result<Logits> read_logits(const std::string& path) {
  KITE_TRY_ASSIGN(const NpyReader file, NpyReader::open(path));
  if (file.type().shape.rank() != 2 || file.item_elements() == 0 || file.items() == 0) {
    return Error{ErrorCode::kInvalidInput, "logits are not an array [pictures, classes]", path, {}};
  }
  Logits logits{file.items(), file.item_elements(), {}};
  KITE_TRY_ASSIGN(logits.values, file.read_floats(0, file.items()));
  return logits;
}

ParityRecord compare_logits(Mode mode, const Logits& judge, const Logits& own) {
  ParityRecord record;
  record.mode = mode;
  record.pictures = judge.pictures;
  const auto unequal = [&record](std::string reason) {
    if (record.equal) record.reason = std::move(reason);
    record.equal = false;
  };
  if (own.classes != judge.classes || own.pictures < judge.pictures || judge.pictures == 0) {
    record.pictures = 0;
    record.top1_agreement = 0;
    unequal(fmt::format("its logits are [{}, {}], the judge's [{}, {}]", own.pictures, own.classes, judge.pictures,
                        judge.classes));
    return record;
  }
  std::int64_t agreeing = 0;
  for (std::int64_t picture = 0; picture < judge.pictures; ++picture) {
    const RowVerdict row = compare_row(judge.row(picture), own.row(picture));
    const double relative = row.largest > 0 ? row.difference / row.largest : row.difference;
    record.differences.push_back(row.finite ? static_cast<float>(relative) : std::numeric_limits<float>::infinity());
    if (!row.finite) {
      record.max_logit_difference = std::numeric_limits<double>::infinity();
      unequal(fmt::format("picture {}: a logit is not a finite number", picture));
      continue;
    }
    record.max_logit_difference = std::max(record.max_logit_difference, row.difference);
    record.largest_logit = std::max(record.largest_logit, row.largest);
    const bool forgiven = mode == Mode::kNoPre && row.near_tie;
    agreeing += row.same_top1 || forgiven ? 1 : 0;
    if (mode != Mode::kNoPre) continue;
    if (relative > kLogitTolerance) {
      unequal(fmt::format("picture {}: a logit is off by {:.2g} of the largest, {:.0e} are allowed", picture, relative,
                          kLogitTolerance));
    } else if (!row.same_top1 && !forgiven) {
      unequal(fmt::format("picture {}: another class comes first", picture));
    }
  }
  record.top1_agreement = static_cast<double>(agreeing) / static_cast<double>(judge.pictures);
  if (mode != Mode::kNoPre && record.top1_agreement < kTop1Agreement) {
    unequal(fmt::format("the first class agrees on {:.2f} % of the pictures, {:.0f} % are required",
                        100 * record.top1_agreement, 100 * kTop1Agreement));
  }
  return record;
}

Result<TensorDifference> compare_tensors(const std::string& recipe_path, const std::string& own_path) {
  KITE_TRY_ASSIGN(const NpyReader recipe, NpyReader::open(recipe_path));
  KITE_TRY_ASSIGN(const NpyReader own, NpyReader::open(own_path));
  if (own.item_elements() != recipe.item_elements() || own.items() == 0 || own.item_elements() == 0) {
    return Error{ErrorCode::kInvalidInput, "tensors of another shape than the recipe's", own_path, {}};
  }
  const std::int64_t n = std::min(own.items(), recipe.items());
  TensorDifference difference;
  std::int64_t differing = 0;
  for (std::int64_t item = 0; item < n; ++item) {
    KITE_TRY_ASSIGN(const std::vector<float> expected, recipe.read_floats(item, 1));
    KITE_TRY_ASSIGN(const std::vector<float> got, own.read_floats(item, 1));
    for (std::size_t i = 0; i < got.size(); ++i) {
      const double off = std::fabs(double{got[i]} - double{expected[i]});
      differing += off <= kTensorTolerance ? 0 : 1;  // a NaN differs as well
      difference.max = off >= 0 ? std::max(difference.max, off) : std::numeric_limits<double>::infinity();
    }
  }
  difference.differing_share = static_cast<double>(differing) / static_cast<double>(n * own.item_elements());
  return difference;
}

std::string contradiction(std::span<const Sample> samples, const Logits& own) {
  if (std::cmp_not_equal(samples.size(), own.pictures)) {
    return fmt::format("{} samples, but logits of {}", samples.size(), own.pictures);
  }
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const auto row = own.row(static_cast<std::int64_t>(i));
    const std::int32_t index = samples[i].index;
    const bool inside = index >= 0 && std::cmp_less(index, row.size());
    if (!inside || row[static_cast<std::size_t>(index)] < *std::max_element(row.begin(), row.end())) {
      return fmt::format("sample {}: class {} is not the largest of its logits", i, index);
    }
  }
  return {};
}

}  // namespace kite::race
