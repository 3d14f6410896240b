// SPDX-License-Identifier: Apache-2.0
// Which value of a second graph stands for which of the first, also where an exporter gave it another name.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "graph/graph.h"

namespace kite::cli {

// For each of `ours` the index in `theirs`: that of the same name, else the next one that no name has taken. The
// length of `theirs` where none is left.
[[nodiscard]] std::vector<std::size_t> match_by_name(std::span<const std::string> ours,
                                                     std::span<const std::string> theirs);

// Outputs are paired by name, else by position. From there the two graphs are walked towards their inputs for as long
// as the operators are the same. The values that are left are paired by name. Constants are in no pair.
class ValuePairs {
 public:
  ValuePairs(const Graph& ours, const Graph& theirs);

  [[nodiscard]] ValueId theirs(ValueId ours) const { return theirs_[static_cast<std::size_t>(ours)]; }  // or kNoValue
  [[nodiscard]] ValueId theirs(std::string_view our_name) const;  // kNoValue where no value has the name, too

 private:
  std::vector<ValueId> theirs_;  // by our value
  std::unordered_map<std::string, ValueId> by_name_;
};

}  // namespace kite::cli
