// SPDX-License-Identifier: Apache-2.0
#include "cli/profile/caches.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <string_view>

#include <fmt/format.h>

#include "base/kernel_text.h"

namespace kite::cli {

namespace {

// "48K\n" -> 49152; 0 where it is no such size.
std::uint64_t size_of(std::string_view text) {
  const std::size_t unit = text.find_first_of("KM");
  const std::int64_t number = kernel_number(text.substr(0, unit)).value_or(0);
  if (number < 0 || number > (std::int64_t{1} << 32)) return 0;
  const int shift = unit == std::string_view::npos ? 0 : text[unit] == 'K' ? 10 : 20;
  return static_cast<std::uint64_t>(number) << shift;
}

// "ff,00000003\n": hexadecimal digits, a bit for each processor.
int processors_of(std::string_view map) {
  int count = 0;
  for (const char& digit : map) {
    unsigned bits = 0;
    if (std::from_chars(&digit, &digit + 1, bits, 16).ec == std::errc()) count += std::popcount(bits);
  }
  return count;
}

}  // namespace

std::vector<Cache> data_caches(const std::string& folder) {
  constexpr int kMostIndexes = 16;
  std::vector<Cache> caches;
  for (int index = 0; index < kMostIndexes; ++index) {
    const std::string at = fmt::format("{}/cpu0/cache/index{}/", folder, index);
    const auto level = kernel_number(read_kernel_text(at + "level"));
    if (!level) break;
    const std::uint64_t bytes = size_of(read_kernel_text(at + "size"));
    if (bytes == 0 || read_kernel_text(at + "type").starts_with("Instruction")) continue;
    const int sharers = processors_of(read_kernel_text(at + "shared_cpu_map"));
    caches.push_back({static_cast<int>(*level), bytes, std::max(sharers, 1)});
  }
  std::ranges::sort(caches, {}, &Cache::level);
  return caches;
}

}  // namespace kite::cli
