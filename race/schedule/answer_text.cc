// SPDX-License-Identifier: Apache-2.0
// Numbers are recognised first, then words. All other characters are gaps between them.
#include "race/schedule/answer_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <utility>

#include "base/json.h"

namespace kite::race {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostBytes = std::size_t{1} << 16;  // an answer needs about a hundred; the rest is for log lines
constexpr std::size_t kExcerptBytes = 60;
constexpr int kDeepest = 16;  // nested lists and objects of JSON; an answer needs four
constexpr std::string_view kUnits[] = {"ms", "s", "us", "ns", "sec", "seconds", "fps", "mb", "mib", "kb", "gb"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}
// Dots and slashes keep a path in one word, so that no part of the path is taken for a label.
bool is_of_word(char c) { return is_digit(c) || is_letter(c) || c == '.' || c == '/' || c == '\\' || c == '\''; }
bool is_soft_gap(char c) { return c == ' ' || c == '-' || c == '_'; }

class WordReader {
 public:
  explicit WordReader(std::string_view line) : line_(line) {}

  Line read() {
    skip_gap();
    while (at_ < line_.size()) {
      if (!take_number()) take_word();
      skip_gap();
    }
    for (std::size_t i = 0; i + 1 < words_.size(); ++i) {
      const bool measured = std::ranges::find(kUnits, words_[i + 1].text) != std::end(kUnits);
      if (measured && !words_[i + 1].begins_field) words_[i].score.reset();
    }
    return std::move(words_);
  }

 private:
  // A minus sign belongs to the number after it if no word comes right before it.
  [[nodiscard]] bool number_begins(std::size_t at) const {
    if (at < line_.size() && line_[at] == '-' && (at == 0 || !is_of_word(line_[at - 1]))) ++at;
    return at < line_.size() && is_digit(line_[at]);
  }

  void skip_gap() {
    std::size_t blanks = 0;
    while (at_ < line_.size() && !is_of_word(line_[at_]) && !number_begins(at_)) {
      const char c = line_[at_++];
      blanks = c == ' ' ? blanks + 1 : 0;
      begins_field_ = begins_field_ || !is_soft_gap(c) || blanks == 2;
    }
  }

  bool take_number() {
    if (!number_begins(at_)) return false;
    double value = 0;
    const char* begin = line_.data() + at_;
    const auto [end, failed] = std::from_chars(begin, line_.data() + line_.size(), value);
    std::string_view text(begin, static_cast<std::size_t>(end - begin));
    if (text.ends_with('.')) text.remove_suffix(1);  // "1." counts a line
    std::size_t behind = at_ + text.size();
    if (failed != std::errc() || text.empty()) return false;
    if (behind < line_.size() && is_of_word(line_[behind]) && line_[behind] != '.') return false;
    if (behind + 1 < line_.size() && line_[behind] == '.' && is_of_word(line_[behind + 1])) return false;
    const std::size_t sign = std::min(line_.find_first_not_of(' ', behind), line_.size());
    const bool percent = sign < line_.size() && line_[sign] == '%';
    const bool whole = std::ranges::all_of(text, is_digit);
    Word word{std::string(text), begins_field_, whole && !percent, {}};
    if (!whole || percent) word.score = percent ? value / 100 : value;
    words_.push_back(std::move(word));
    begins_field_ = percent;
    at_ = percent ? sign + 1 : behind;
    if (at_ < line_.size() && line_[at_] == '.') begins_field_ = true, ++at_;
    return true;
  }

  void take_word() {
    if (line_[at_] == '-') ++at_;  // of "-5ms", which is no number
    const std::size_t begin = at_;
    while (at_ < line_.size() && is_of_word(line_[at_])) ++at_;
    std::string_view text = line_.substr(begin, at_ - begin);
    bool ends_field = false;
    const auto quote = [](char c) { return c == '\''; };
    while (!text.empty() && quote(text.front())) text.remove_prefix(1), begins_field_ = true;
    while (!text.empty() && (quote(text.back()) || text.back() == '.')) {
      ends_field = ends_field || quote(text.back());
      text.remove_suffix(1);
    }
    if (!text.empty()) {
      Word word{std::string(text), std::exchange(begins_field_, false), false, {}};
      for (char& c : word.text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      words_.push_back(std::move(word));
    }
    begins_field_ = begins_field_ || ends_field;
  }

  std::string_view line_;
  std::size_t at_ = 0;
  bool begins_field_ = true;
  Line words_;
};

bool is_utf8(std::string_view text) {
  try {
    return !Json(std::string(text)).dump().empty();
  } catch (const Json::exception&) {
    return false;
  }
}

std::string plain(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

void add_json(const Json& json, int depth, std::vector<Line>& lines) {
  if (depth > kDeepest) return;
  std::string line;
  for (const auto& [key, value] : json.items()) {
    if (value.is_structured()) continue;
    line += json.is_object() ? fmt::format("{}: {}, ", key, plain(value)) : plain(value) + ", ";
  }
  if (Line words = words_of(line); !words.empty()) lines.push_back(std::move(words));
  for (const Json& value : json) {
    if (value.is_structured()) add_json(value, depth + 1, lines);
  }
}

bool take_json(std::string_view text, std::vector<Line>& lines) {
  const Json json = Json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded() || !json.is_structured()) return false;
  add_json(json, 0, lines);
  return true;
}

bool ends_in_the_middle(std::string_view line) {
  constexpr std::array<std::pair<char, char>, 3> kBrackets = {{{'(', ')'}, {'[', ']'}, {'{', '}'}}};
  for (const auto& [open, close] : kBrackets) {
    if (std::ranges::count(line, open) > std::ranges::count(line, close)) return true;
  }
  return std::ranges::count(line, '"') % 2 == 1;
}

Error unreadable(std::string what) { return Error{ErrorCode::kInvalidInput, std::move(what), {}, {}}; }

}  // namespace

Line words_of(std::string_view line) { return WordReader(line).read(); }

std::string excerpt(std::string_view text) {
  std::string shown;
  for (const char c : text.substr(0, kExcerptBytes)) {
    const auto byte = static_cast<unsigned char>(c);
    shown += byte >= 0x20 && byte < 0x7f ? c : '?';
  }
  return text.size() > kExcerptBytes ? shown + "..." : shown;
}

Result<std::vector<Line>> lines_of(std::string_view output) {
  if (output.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return unreadable("nothing on its standard output");
  }
  if (output.size() > kMostBytes) return unreadable(fmt::format("it prints more than {} bytes", kMostBytes));
  if (!is_utf8(output)) return unreadable("its standard output is not UTF-8");
  std::vector<Line> lines;
  if (take_json(output, lines)) return lines;
  for (std::size_t number = 1; !output.empty(); ++number) {
    const std::size_t end = std::min(output.find('\n'), output.size());
    const std::string_view line = output.substr(0, end);
    output.remove_prefix(std::min(end + 1, output.size()));
    if (take_json(line, lines)) continue;
    if (ends_in_the_middle(line)) {
      return unreadable(fmt::format("line {} of its output ends in the middle: {}", number, excerpt(line)));
    }
    if (Line words = words_of(line); !words.empty()) lines.push_back(std::move(words));
  }
  return lines;
}

}  // namespace kite::race
