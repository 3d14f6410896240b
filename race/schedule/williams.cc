// SPDX-License-Identifier: Apache-2.0
// The first row is a zigzag (0, 1, n-1, 2, n-2, ...): the differences of its neighbours are all different modulo n.
#include "race/schedule/williams.h"

#include <cstddef>
#include <numeric>
#include <random>
#include <utility>

namespace kite::race {

namespace {

// std::shuffle may differ between standard libraries; the modulo's bias is below 2^-40 for any n that is raced.
void shuffle(std::vector<std::int32_t>& values, std::mt19937_64& random) {
  for (std::size_t left = values.size(); left > 1; --left) std::swap(values[left - 1], values[random() % left]);
}

std::vector<std::int32_t> counting(std::size_t n) {
  std::vector<std::int32_t> values(n);
  std::iota(values.begin(), values.end(), 0);
  return values;
}

}  // namespace

std::vector<std::vector<std::int32_t>> williams_square(std::int32_t n) {
  std::vector<std::int32_t> zigzag;
  for (std::int32_t i = 0; i < n; ++i) zigzag.push_back(i == 0 ? 0 : i % 2 == 1 ? (i + 1) / 2 : n - i / 2);
  std::vector<std::vector<std::int32_t>> rows;
  for (std::int32_t shift = 0; shift < n; ++shift) {
    std::vector<std::int32_t> row;
    for (const std::int32_t value : zigzag) row.push_back((value + shift) % n);
    rows.push_back(std::move(row));
  }
  if (n % 2 == 1) {  // the mirrored rows supply the differences that an odd zigzag lacks
    for (std::int32_t i = 0; i < n; ++i) {
      const auto& row = rows[static_cast<std::size_t>(i)];
      std::vector<std::int32_t> mirrored(row.rbegin(), row.rend());
      rows.push_back(std::move(mirrored));
    }
  }
  return rows;
}

std::vector<std::int32_t> williams_order(std::int32_t n, std::uint64_t seed, std::int32_t round) {
  if (n <= 0 || round < 0) return {};
  const auto square = williams_square(n);
  const auto rows = static_cast<std::int32_t>(square.size());
  const auto block = static_cast<std::uint64_t>(round / rows);
  std::mt19937_64 random(seed + block * 0x9e3779b97f4a7c15ULL);
  std::vector<std::int32_t> labels = counting(static_cast<std::size_t>(n));
  std::vector<std::int32_t> sequence = counting(square.size());
  shuffle(labels, random);
  shuffle(sequence, random);
  const auto row = static_cast<std::size_t>(sequence[static_cast<std::size_t>(round % rows)]);
  std::vector<std::int32_t> order;
  for (const std::int32_t value : square[row]) order.push_back(labels[static_cast<std::size_t>(value)]);
  return order;
}

}  // namespace kite::race
