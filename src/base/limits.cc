// SPDX-License-Identifier: Apache-2.0
// The table of limits, and how they are read from text.
#include "base/limits.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "base/number_text.h"
#include "base/printable.h"
#include "paperkite/try.h"

namespace kite {

namespace {

Result<const LimitRow*> find_row(std::string_view name, std::string_view where) {
  const auto row = std::ranges::find(kLimitRows, name, &LimitRow::name);
  if (row != kLimitRows.end()) return &*row;
  std::string names;
  for (const LimitRow& known : kLimitRows) names += (names.empty() ? "" : ", ") + std::string(known.name);
  return Error{ErrorCode::kUsage, "there is no limit " + in_quotes(name), std::string(where), "there are " + names};
}

Status check_value(const LimitRow& row, std::int64_t value, std::string_view where) {
  if (value >= 0 && value <= row.highest) return {};
  return Error{ErrorCode::kUsage, "the limit " + std::string(row.name) + " cannot be " + std::to_string(value),
               std::string(where), "it lies between 0 and " + std::to_string(row.highest)};
}

}  // namespace

std::span<const LimitRow> all_limits() noexcept { return kLimitRows; }

Error Limits::over(Limit limit, std::string_view what, std::string where, std::string_view remedy,
                   std::int64_t needed) const {
  const LimitRow& row = row_of(limit);
  const std::int64_t value = needed > row.highest ? row.highest : (*this)[limit];
  const bool can_be_raised = value < row.highest;
  std::string text(remedy);
  if (can_be_raised) {
    if (!text.empty()) text += ", or ";
    text += "raise the limit with --limit " + std::string(row.name) + "=NUMBER where the file is to be trusted";
  } else if (text.empty()) {
    text = "give a file with fewer; this limit cannot be raised";
  }
  return {can_be_raised || row.of != LimitOf::kModel ? ErrorCode::kLimit : ErrorCode::kUnsupportedModel,
          std::string(what) + " has more than " + std::to_string(value) + ' ' + std::string(row.unit), std::move(where),
          std::move(text)};
}

std::string Limits::model_text() const {
  std::string text;
  for (std::size_t i = 0; i < kLimitRows.size(); ++i) {
    const LimitRow& row = kLimitRows[i];
    // The memory is tested where a plan is opened, too.
    if (row.of != LimitOf::kModel || values_[i] == row.standard || i == static_cast<std::size_t>(Limit::kMemory))
      continue;
    text += (text.empty() ? "" : " ") + std::string(row.name) + '=' + std::to_string(values_[i]);
  }
  return text;
}

Result<std::int64_t> parse_limit(std::string_view name, std::string_view value, std::string_view where) {
  KITE_TRY_ASSIGN(const LimitRow* const row, find_row(name, where));
  std::optional<std::int64_t> number;
  const bool is_size = row->unit.starts_with("bytes");
  if (is_size) {
    const auto bytes = parse_size_bytes(value);
    if (bytes && std::in_range<std::int64_t>(*bytes)) number = static_cast<std::int64_t>(*bytes);
  } else {
    number = parse_integer(value);
  }
  if (!number) {
    return Error{ErrorCode::kUsage, "the limit " + std::string(name) + " cannot be " + in_quotes(value),
                 std::string(where), is_size ? "it is a size, e.g. 500MB" : "it is a whole number"};
  }
  KITE_TRY(check_value(*row, *number, where));
  return *number;
}

Status add_limit(StatedLimits& stated, std::string_view text, std::string_view where) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) {
    return Error{ErrorCode::kUsage, in_quotes(text) + " states no limit", std::string(where),
                 "it is NAME=VALUE, e.g. pixels=50000000"};
  }
  const std::string_view name = text.substr(0, equals);
  KITE_TRY_ASSIGN(const std::int64_t value, parse_limit(name, text.substr(equals + 1), where));
  if (stated.emplace(name, value).second) return {};
  return Error{ErrorCode::kUsage, "the limit " + std::string(name) + " is stated twice", std::string(where),
               "state it once"};
}

Result<Limits> limits_of(const StatedLimits& stated) {
  Limits limits;
  for (const auto& [name, value] : stated) {
    KITE_TRY_ASSIGN(const LimitRow* const row, find_row(name, "limits"));
    KITE_TRY(check_value(*row, value, "limits"));
    limits[static_cast<Limit>(row - kLimitRows.data())] = value;
  }
  return limits;
}

}  // namespace kite
