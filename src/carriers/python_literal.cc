// SPDX-License-Identifier: Apache-2.0
// A hand-written reader: one cursor, no recursion, escapes as repr() writes them.
#include "carriers/python_literal.h"

#include <charconv>
#include <cstddef>
#include <string>
#include <unordered_set>
#include <utility>

#include "carriers/utf8.h"
#include "paperkite/try.h"

namespace kite {
namespace {

class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  [[nodiscard]] Error error(const char* expected) const {
    return {ErrorCode::kInvalidModel, std::string("not the Python literal it should be: expected ") + expected,
            "byte " + std::to_string(at_), ""};
  }
  [[nodiscard]] bool at_end() {
    skip_space();
    return at_ == text_.size();
  }
  // Consumes `c` if it comes next.
  bool take(char c) {
    skip_space();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  Result<std::int64_t> integer() {
    skip_space();
    std::int64_t value = 0;
    const char* const begin = text_.data() + at_;
    const auto [end, status] = std::from_chars(begin, text_.data() + text_.size(), value);
    if (status != std::errc{}) return error("a whole number");
    at_ += static_cast<std::size_t>(end - begin);
    return value;
  }
  // A string, or a whole number as its text.
  Result<std::string> scalar() {
    skip_space();
    if (at_ < text_.size() && (text_[at_] == '\'' || text_[at_] == '"')) return quoted();
    const std::size_t begin = at_;
    const Result<std::int64_t> number = integer();
    if (!number.ok()) return error("a quoted string or a whole number");
    return std::string(text_.substr(begin, at_ - begin));
  }
  Result<std::string> quoted() {
    skip_space();
    if (at_ == text_.size() || (text_[at_] != '\'' && text_[at_] != '"')) return error("a quoted string");
    const char quote = text_[at_++];
    std::string value;
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] != '\\') {
        value += text_[at_++];
        continue;
      }
      ++at_;
      KITE_TRY(escape(value));
    }
    if (at_ == text_.size()) return error("a closing quote");
    ++at_;
    return value;
  }

 private:
  void skip_space() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r')) {
      ++at_;
    }
  }
  // The character that an escape stands for; called after the backslash.
  Status escape(std::string& to) {
    if (at_ == text_.size()) return error("an escape sequence");
    const char c = text_[at_++];
    switch (c) {
      case 'n': to += '\n'; return {};
      case 't': to += '\t'; return {};
      case 'r': to += '\r'; return {};
      case '\\':
      case '\'':
      case '"': to += c; return {};
      case 'x': return hex(to, 2);
      case 'u': return hex(to, 4);
      case 'U': return hex(to, 8);
      default: return error("an escape sequence that repr() writes");
    }
  }
  Status hex(std::string& to, std::size_t digits) {
    if (text_.size() - at_ < digits) return error("hexadecimal digits");
    std::uint32_t code = 0;
    const char* const begin = text_.data() + at_;
    const auto [end, status] = std::from_chars(begin, begin + digits, code, 16);
    if (status != std::errc{} || end != begin + digits || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
      return error("the code of a character");
    }
    at_ += digits;
    append_utf8(to, code);
    return {};
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

Error too_many() { return {ErrorCode::kLimit, "more than " + std::to_string(kMaxLabels) + " labels", "", ""}; }

Result<Labels> list_of_names(Cursor& cursor, char close) {
  Labels names;
  bool more = !cursor.take(close);
  while (more) {
    KITE_TRY_ASSIGN(std::string name, cursor.scalar());
    names.push_back(std::move(name));
    if (static_cast<std::int64_t>(names.size()) > kMaxLabels) return too_many();
    const bool comma = cursor.take(',');
    more = !cursor.take(close);
    if (more && !comma) return cursor.error("',' or a closing bracket");
  }
  if (!cursor.at_end()) return cursor.error("nothing more");
  KITE_TRY(validate(names));
  return names;
}

Result<Labels> dict_of_names(Cursor& cursor) {
  TextPairs entries;
  std::unordered_set<std::string> keys;
  bool more = !cursor.take('}');
  while (more) {
    KITE_TRY_ASSIGN(std::string key, cursor.scalar());
    if (!keys.insert(key).second) return cursor.error("each key once");
    if (!cursor.take(':')) return cursor.error("':'");
    KITE_TRY_ASSIGN(std::string value, cursor.scalar());
    entries.emplace_back(std::move(key), std::move(value));
    if (static_cast<std::int64_t>(entries.size()) > kMaxLabels) return too_many();
    const bool comma = cursor.take(',');
    more = !cursor.take('}');
    if (more && !comma) return cursor.error("',' or '}'");
  }
  if (!cursor.at_end()) return cursor.error("nothing after '}'");
  return labels_from_entries(entries);
}

}  // namespace

Result<Labels> parse_python_names(std::string_view text) {
  Cursor cursor(text);
  if (cursor.take('{')) return dict_of_names(cursor);
  if (cursor.take('[')) return list_of_names(cursor, ']');
  if (cursor.take('(')) return list_of_names(cursor, ')');
  return cursor.error("a dict, a list or a tuple");
}

Result<std::vector<std::int64_t>> parse_python_int_list(std::string_view text) {
  Cursor cursor(text);
  std::vector<std::int64_t> numbers;
  const char close = cursor.take('[') ? ']' : cursor.take('(') ? ')' : '\0';
  if (close == '\0') {
    KITE_TRY_ASSIGN(const std::int64_t only, cursor.integer());
    numbers.push_back(only);
  } else {
    bool more = !cursor.take(close);
    while (more) {
      KITE_TRY_ASSIGN(const std::int64_t value, cursor.integer());
      numbers.push_back(value);
      const bool comma = cursor.take(',');
      more = !cursor.take(close);
      if (more && !comma) return cursor.error("',' or a closing bracket");
    }
  }
  if (!cursor.at_end()) return cursor.error("nothing more");
  return numbers;
}

}  // namespace kite
