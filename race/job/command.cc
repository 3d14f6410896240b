// SPDX-License-Identifier: Apache-2.0
// Templates are words, never shell text: a value with a blank or a quote in it stays one word.
#include "race/job/command.h"

namespace kite::race {

namespace {

bool is_placeholder_char(char c) { return (c >= 'a' && c <= 'z') || c == '_'; }

// The length of "{name}" at the beginning of `text`, 0 where there is none.
std::size_t placeholder_length(std::string_view text) {
  if (!text.starts_with('{')) return 0;
  std::size_t end = 1;
  while (end < text.size() && is_placeholder_char(text[end])) ++end;
  return end > 1 && end < text.size() && text[end] == '}' ? end + 1 : 0;
}

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_-./=:,+@%").find(c) != std::string_view::npos;
}

}  // namespace

std::vector<std::string> placeholders_of(std::string_view word) {
  std::vector<std::string> names;
  while (!word.empty()) {
    const std::size_t length = placeholder_length(word);
    if (length != 0) names.emplace_back(word.substr(1, length - 2));
    word.remove_prefix(length == 0 ? 1 : length);
  }
  return names;
}

std::string expand(std::string_view word, const Values& values) {
  std::string expanded;
  while (!word.empty()) {
    const std::size_t length = placeholder_length(word);
    const auto value = length == 0 ? values.end() : values.find(word.substr(1, length - 2));
    if (value != values.end()) {
      expanded += value->second;
    } else {
      expanded += word.substr(0, length == 0 ? 1 : length);
    }
    word.remove_prefix(length == 0 ? 1 : length);
  }
  return expanded;
}

std::vector<std::string> expand(std::span<const std::string> words, const Values& values) {
  std::vector<std::string> expanded;
  for (const std::string& word : words) expanded.push_back(expand(word, values));
  return expanded;
}

std::string quoted(std::span<const std::string> argv) {
  std::string text;
  for (const std::string& word : argv) {
    if (!text.empty()) text += ' ';
    bool plain = !word.empty();
    for (const char c : word) plain = plain && is_plain(c);
    if (plain) {
      text += word;
      continue;
    }
    text += '\'';
    for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    text += '\'';
  }
  return text;
}

Result<std::vector<std::string>> split_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != '\'' && c == '\\' && i + 1 < text.size()) {
      word += text[++i];
      in_word = true;
    } else if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else {
        word += c;
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
      in_word = true;
    } else if (c == ' ' || c == '\t' || c == '\n') {
      if (in_word) words.push_back(std::move(word));
      word.clear();
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (quote != 0) return Error{ErrorCode::kUsage, "a quote is not closed", std::string(text), "close it"};
  if (in_word) words.push_back(std::move(word));
  if (words.empty()) return Error{ErrorCode::kUsage, "the command line is empty", std::string(text), "name a program"};
  return words;
}

}  // namespace kite::race
