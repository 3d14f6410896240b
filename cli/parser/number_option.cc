// SPDX-License-Identifier: Apache-2.0
// What an option says of the numbers that it takes, and how it refuses others.
#include "cli/parser/number_option.h"

#include <fmt/format.h>

#include <string>

#include "base/number_text.h"

namespace kite::cli {

Values integer_within(std::int64_t least, std::int64_t most) {
  const auto range = [=] { return fmt::format("INT in [{} - {}]", least, most); };
  return {range, [=](std::string& text) {
            const auto number = parse_integer(text);
            if (!number || *number < least || *number > most) return fmt::format("{} is no {}", text, range());
            text = std::to_string(*number);
            return std::string();
          }};
}

Values real_within(double least, double most) {
  const auto range = [=] { return fmt::format("FLOAT in [{} - {}]", least, most); };
  return {range, [=](const std::string& text) {
            const auto number = parse_real(text);
            return number && *number >= least && *number <= most ? std::string()
                                                                 : fmt::format("{} is no {}", text, range());
          }};
}

Values size_in_bytes() {
  return {[] { return std::string("SIZE [b, kb(=1024b), ...]"); },
          [](std::string& text) {
            const auto bytes = parse_size_bytes(text);
            if (!bytes) return fmt::format("{} is no size, e.g. 500MB", text);
            text = std::to_string(*bytes);
            return std::string();
          }};
}

}  // namespace kite::cli
