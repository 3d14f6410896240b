// SPDX-License-Identifier: Apache-2.0
// The groups of checks of `kite selftest`, and what a check counts in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "paperkite/error.h"

namespace kite::cli {

class Checks {
 public:
  // The same seed makes the same checks; 0 also makes those that need no chance. `folder`: for files of these checks.
  Checks(std::uint32_t seed, std::string folder) : seed_(seed), folder_(std::move(folder)), random_(seed) {}

  // Counts a check. `what` names it if it failed.
  void that(bool holds, const std::string& what) {
    ++count_;
    if (!holds && failures_.size() < kMostFailures) failures_.push_back(what);
  }
  [[nodiscard]] bool is_first() const { return seed_ == 0; }
  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] std::uint32_t below(std::size_t end) { return static_cast<std::uint32_t>(random_() % end); }
  [[nodiscard]] std::vector<float> reals(std::int64_t count);  // -1 to 1

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] const std::vector<std::string>& failures() const { return failures_; }

 private:
  static constexpr std::size_t kMostFailures = 10;
  std::uint32_t seed_;
  std::string folder_;
  std::mt19937 random_;
  std::uint64_t count_ = 0;
  std::vector<std::string> failures_;
};

inline std::span<const std::byte> bytes_of(const std::string& file) { return std::as_bytes(std::span(file)); }

// Every kernel that runs on this processor, in small models, against the portable operators in double precision.
void check_kernels(Checks& checks);
// The same model on 1 to 8 threads, and a picture alone and in a batch: the same bits.
void check_threads(Checks& checks);
// Models, plans and pictures, whole, cut short and changed: an answer, or an error with a code for a damaged file.
void check_models(Checks& checks);
void check_plans(Checks& checks);
void check_pictures(Checks& checks);

}  // namespace kite::cli
