// SPDX-License-Identifier: Apache-2.0
#include "json_output.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/json.h"
#include "base/presentable.h"
#include "base/text_escape.h"
#include "cli/output/output.h"

namespace kite::cli {

namespace {

// The library escapes the characters below 0x20 alone. DEL, C1 and bidirectional overrides would control a terminal,
// too; all of them have one, two or three bytes that begin with these.
constexpr std::string_view kFirstBytes = "\x7f\xc2\xe2";

// `text` is JSON in UTF-8. Such a character can only lie within a string, where its number means the same.
std::string without_controls(std::string text) {
  std::size_t at = text.find_first_of(kFirstBytes);
  if (at == std::string::npos) return text;
  std::string out;
  std::size_t kept = 0;
  for (; at != std::string::npos; at = text.find_first_of(kFirstBytes, at + 1)) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
    const std::size_t length = byte(0) == 0x7f ? 1 : byte(0) == 0xc2 ? 2 : 3;
    const std::string_view character = std::string_view(text).substr(at, length);
    if (escape_for_terminal(character) == character) continue;
    std::uint32_t code = byte(0) & (length == 1 ? 0x7fU : 0x7fU >> length);
    for (std::size_t i = 1; i < length; ++i) code = code << 6 | (byte(i) & 0x3fU);
    out.append(text, kept, at - kept);
    out += fmt::format("\\u{:04x}", code);
    kept = at + length;
  }
  return out.append(text, kept);
}

}  // namespace

std::string json_text(const nlohmann::ordered_json& value, int indent) {
  return without_controls(value.dump(indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

void print_json(const nlohmann::ordered_json& value, int indent) {
  standard_output().write(json_text(value, indent) + '\n');
}

nlohmann::ordered_json describe_error(const Error& error) {
  const Error shown = presentable(error);
  return {
      {"code", error_code_name(shown.code)}, {"message", shown.what}, {"where", shown.where}, {"remedy", shown.remedy}};
}

nlohmann::ordered_json describe_parts(std::span<const StepPart> parts) {
  auto array = nlohmann::ordered_json::array();
  for (const StepPart& part : parts) array.push_back({{"node", part.node}, {"op", part.op}, {"macs", part.macs}});
  return array;
}

}  // namespace kite::cli
