// SPDX-License-Identifier: Apache-2.0
// Labels from YAML. Only the small subset is read in which data sets name their classes.
#include <algorithm>
#include <array>
#include <cstddef>

#include "base/ascii.h"
#include "base/printable.h"
#include "carriers/labels.h"
#include "carriers/utf8.h"
#include "paperkite/try.h"

namespace kite {
namespace {

constexpr std::array<std::string_view, 5> kKeys{"names", "labels", "classes", "class_names", "id2label"};

struct YamlLine {
  std::size_t indent;
  std::string_view text;  // without indent, comment and blanks at the end
  std::size_t number;     // from 1
};

Error bad_line(std::string what, std::size_t line,
               std::string remedy = "write the names as a list, with one `- name` on each line") {
  return {ErrorCode::kInvalidModel, std::move(what), "line " + std::to_string(line), std::move(remedy)};
}

// Goes through text, one character after the other, and knows which characters are between quotes.
class Quotes {
 public:
  // True where `c` is outside of quotes, and is not a quote itself.
  bool is_bare(char c) {
    if (quote_ == '\0') {
      if (may_open_ && (c == '"' || c == '\'')) {
        quote_ = c;
        return false;
      }
      if (c != ' ') may_open_ = c == '[' || c == '{' || c == ',' || c == ':' || c == '-';
      return true;
    }
    if (escaped_) {
      escaped_ = false;
    } else if (quote_ == '"' && c == '\\') {
      escaped_ = true;
    } else if (c == quote_) {
      quote_ = '\0';
      may_open_ = c == '\'';  // '' inside single quotes stands for one
    }
    return false;
  }

 private:
  char quote_ = '\0';
  bool escaped_ = false;
  bool may_open_ = true;  // false inside a plain word, where a quote is an apostrophe
};

std::string_view without_comment(std::string_view text) {
  Quotes quotes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quotes.is_bare(text[i]) && text[i] == '#' && (i == 0 || text[i - 1] == ' ' || text[i - 1] == '\t')) {
      return text.substr(0, i);
    }
  }
  return text;
}

Result<std::vector<YamlLine>> lines_of(std::string_view text) {
  std::vector<YamlLine> lines;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view whole = without_comment(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::string_view content = trimmed(whole);
    if (content.empty() || (lines.empty() && content == "---")) continue;
    const std::size_t indent = whole.find_first_not_of(' ');
    if (whole[indent] == '\t') return bad_line("a tab at the start of a line", number, "indent with blanks");
    if (content == "---" || content == "...") return bad_line("more than one document", number);
    lines.push_back({indent, content, number});
  }
  return lines;
}

// In double quotes: the escapes that JSON has, too, and \xNN.
Result<std::string> double_quoted(std::string_view text, std::size_t line) {
  std::string value;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] != '\\') {
      value += text[i];
      continue;
    }
    const char c = text[++i];
    constexpr std::string_view kLetters = "ntr\\\"/";
    constexpr std::string_view kMeanings = "\n\t\r\\\"/";
    const std::size_t which = kLetters.find(c);
    const std::size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : 0;
    if (which != std::string_view::npos) {
      value += kMeanings[which];
      continue;
    }
    std::uint32_t code = 0;
    if (digits == 0 || i + digits + 1 >= text.size()) return bad_line("an escape sequence that is not read here", line);
    for (std::size_t d = 0; d < digits; ++d) {
      const char digit = text[++i];
      const std::size_t nibble = std::string_view("0123456789abcdef").find(static_cast<char>(digit | 0x20));
      if (nibble == std::string_view::npos) return bad_line("an escape sequence that is not read here", line);
      code = code * 16 + static_cast<std::uint32_t>(nibble);
    }
    if (code >= 0xd800 && code < 0xe000) return bad_line("half a character in an escape sequence", line);
    append_utf8(value, code);
  }
  return value;
}

// Words that YAML does not read as text.
bool is_no_text(std::string_view word) {
  constexpr std::array<std::string_view, 8> kWords{"yes", "no", "on", "off", "true", "false", "null", "~"};
  return std::find(kWords.begin(), kWords.end(), lower_case(word)) != kWords.end();
}

Result<std::string> scalar(std::string_view text, std::size_t line) {
  if (text.empty()) return bad_line("a class without a name", line);
  const char first = text.front();
  if (first == '"' || first == '\'') {
    if (text.size() < 2 || text.back() != first) return bad_line("a quote that is not closed on its line", line);
    if (first == '"') return double_quoted(text, line);
    std::string value;
    for (std::size_t i = 1; i + 1 < text.size(); ++i) {
      value += text[i];
      if (text[i] == '\'') ++i;
    }
    return value;
  }
  if (std::string_view("&*!|>%@`[]{},?").find(first) != std::string_view::npos) {
    return bad_line("YAML that is not read here: " + in_quotes(text), line, "put the name in quotes");
  }
  if (is_no_text(text)) return bad_line(in_quotes(text) + " is not text in YAML", line, "put the name in quotes");
  if (text.find(": ") != std::string_view::npos || text.ends_with(':')) {
    return bad_line("a mapping inside a name: " + in_quotes(text), line, "put the name in quotes");
  }
  return std::string(text);
}

struct KeyValue {
  std::string_view key;
  std::string_view value;
};

// "key: value" and "key:"; nullopt for other text.
std::optional<KeyValue> key_value(std::string_view text) {
  Quotes quotes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quotes.is_bare(text[i]) && text[i] == ':' && (i + 1 == text.size() || text[i + 1] == ' ')) {
      return KeyValue{trimmed(text.substr(0, i)), trimmed(text.substr(i + 1))};
    }
  }
  return std::nullopt;
}

// The names read so far, all with an index or all without.
struct Names {
  Labels listed;
  TextPairs mapped;

  Status add(std::string_view item, bool is_mapping, std::size_t line) {
    if (static_cast<std::int64_t>(listed.size() + mapped.size()) >= kMaxLabels) {
      return Error{ErrorCode::kLimit, "more than " + std::to_string(kMaxLabels) + " labels", "", ""};
    }
    if (!is_mapping) {
      KITE_TRY_ASSIGN(std::string name, scalar(item, line));
      listed.push_back(std::move(name));
      return {};
    }
    const auto pair = key_value(item);
    if (!pair) return bad_line("not of the form `0: name`", line);
    KITE_TRY_ASSIGN(std::string key, scalar(pair->key, line));
    KITE_TRY_ASSIGN(std::string value, scalar(pair->value, line));
    mapped.emplace_back(std::move(key), std::move(value));
    return {};
  }
  Result<ReadLabels> finish() && {
    ReadLabels read;
    if (mapped.empty()) {
      read.names = std::move(listed);
      KITE_TRY(validate(read.names));
    } else {
      KITE_TRY_ASSIGN(read.names, labels_from_entries(mapped));
    }
    return read;
  }
};

// [a, b] or {0: a, 1: b}, also over several lines; nothing may be nested.
Result<ReadLabels> flow(std::string_view start, const std::vector<YamlLine>& lines, std::size_t next,
                        std::size_t number) {
  std::string text(start);
  const char close = start.front() == '[' ? ']' : '}';
  while (!text.ends_with(close)) {
    if (next == lines.size()) return bad_line("a bracket that is never closed", number);
    text += ' ';
    text += lines[next++].text;
  }
  Names names;
  Quotes quotes;
  std::size_t begin = 1;
  for (std::size_t i = 1; i < text.size(); ++i) {
    const bool bare = quotes.is_bare(text[i]);
    if (bare && (text[i] == '[' || text[i] == '{')) return bad_line("names inside of names", number);
    const bool ends = i + 1 == text.size();
    if (!ends && !(bare && text[i] == ',')) continue;
    const std::string_view item = trimmed(std::string_view(text).substr(begin, i - begin));
    begin = i + 1;
    if (ends && item.empty()) break;  // a comma at the end
    KITE_TRY(names.add(item, close == '}', number));
  }
  return std::move(names).finish();
}

// The block of lines that begins at `at`: "- a" or "0: a", all with the same indent.
Result<ReadLabels> block(const std::vector<YamlLine>& lines, std::size_t at, std::size_t least_indent) {
  const std::size_t first = at;
  Names names;
  for (; at < lines.size() && lines[at].indent >= least_indent; ++at) {
    const YamlLine& line = lines[at];
    const bool is_item = line.text.starts_with("- ") || line.text == "-";
    if (at == first) least_indent = line.indent;
    if (!is_item && line.indent == 0 && at > first && lines[first].text.starts_with('-')) break;  // the next key
    if (line.indent != lines[first].indent || is_item != lines[first].text.starts_with('-')) {
      return bad_line("a line that does not continue the list of names", line.number);
    }
    KITE_TRY(names.add(is_item ? trimmed(line.text.substr(1)) : line.text, !is_item, line.number));
  }
  return std::move(names).finish();
}

}  // namespace

Result<std::optional<ReadLabels>> labels_from_yaml(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  const auto found = [](Result<ReadLabels> read) -> Result<std::optional<ReadLabels>> {
    if (!read.ok()) return std::move(read).error();
    return std::optional<ReadLabels>(std::move(*read));
  };
  KITE_TRY_ASSIGN(const std::vector<YamlLine> lines, lines_of(text));
  if (lines.empty()) return std::optional<ReadLabels>{};
  const std::string_view first = lines.front().text;
  if (first.starts_with('[') || first.starts_with('{')) return found(flow(first, lines, 1, lines.front().number));
  if (first.starts_with("- ")) return found(block(lines, 0, 0));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto pair = key_value(lines[i].text);
    if (lines[i].indent != 0 || !pair || std::find(kKeys.begin(), kKeys.end(), pair->key) == kKeys.end()) continue;
    const bool opens = pair->value.starts_with('[') || pair->value.starts_with('{');
    if (opens) return found(flow(pair->value, lines, i + 1, lines[i].number));
    if (!pair->value.empty()) continue;  // a number of classes, or a path
    const bool same_indent = i + 1 < lines.size() && lines[i + 1].text.starts_with('-');
    return found(block(lines, i + 1, same_indent ? 0 : 1));
  }
  // A mapping of indices, and nothing else.
  if (key_value(first) && class_index(key_value(first)->key)) return found(block(lines, 0, 0));
  return std::optional<ReadLabels>{};
}

}  // namespace kite
