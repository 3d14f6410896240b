// SPDX-License-Identifier: Apache-2.0
// Labels in a text file, one on each line, also with comments, blank lines, WordNet ids or a column of indices.
#include <algorithm>
#include <cstddef>

#include "base/ascii.h"
#include "carriers/labels.h"
#include "paperkite/try.h"

namespace kite {
namespace {

struct Line {
  std::string_view text;
  std::size_t number;  // from 1
};

bool is_comment(const Line& line) { return line.text.starts_with('#'); }

// The labels of the classes, with comments and blank lines around them.
std::size_t line_limit(std::int64_t classes) {
  constexpr std::int64_t kAroundLabels = std::int64_t{1} << 16;
  return static_cast<std::size_t>(classes > 0 ? kAroundLabels + 2 * classes : 2 * kMaxLabels);
}

Result<std::vector<Line>> lines_of(std::string_view text, std::int64_t classes) {
  std::vector<Line> lines;
  std::size_t number = 0;
  const char line_end = text.find('\n') != std::string_view::npos ? '\n' : '\r';  // \r alone: as old Macs wrote it
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(line_end), text.size());
    lines.push_back({trimmed(text.substr(0, end)), ++number});
    text.remove_prefix(std::min(end + 1, text.size()));
    if (lines.size() > line_limit(classes)) {
      return Error{ErrorCode::kLimit, "more than " + std::to_string(line_limit(classes)) + " lines", "",
                   "keep the labels of the model's classes alone"};
    }
  }
  while (!lines.empty() && lines.back().text.empty()) lines.pop_back();
  return lines;
}

// Drops the lines that start with '#', where they are comments.
void drop_comments(std::vector<Line>& lines, std::int64_t classes) {
  const auto filled = std::count_if(lines.begin(), lines.end(), [](const Line& line) { return !line.text.empty(); });
  const auto comments = std::count_if(lines.begin(), lines.end(), is_comment);
  if (comments == filled || (filled == classes && filled - comments != classes)) return;
  std::erase_if(lines, is_comment);
}

Status drop_blank_lines(std::vector<Line>& lines, std::int64_t classes) {
  const auto is_blank = [](const Line& line) { return line.text.empty(); };
  // A blank line before the first label moves no label.
  lines.erase(lines.begin(), std::find_if_not(lines.begin(), lines.end(), is_blank));
  const auto blank = std::find_if(lines.begin(), lines.end(), is_blank);
  if (blank == lines.end()) return {};
  const std::string where = "line " + std::to_string(blank->number);
  std::erase_if(lines, is_blank);
  if (static_cast<std::int64_t>(lines.size()) == classes) return {};
  return bad_labels("a blank line between labels", where,
                    "remove it, or name the class: every label after it would move by one");
}

// "n01440764", the id of a WordNet synset.
bool starts_with_synset(std::string_view line) {
  return line.size() >= 9 && line[0] == 'n' &&
         std::all_of(line.begin() + 1, line.begin() + 9, [](char c) { return c >= '0' && c <= '9'; }) &&
         (line.size() == 9 || line[9] == ' ' || line[9] == '\t' || line[9] == ',' || line[9] == ':');
}

void drop_synsets(Labels& labels) {
  const bool every = std::all_of(labels.begin(), labels.end(), [](const std::string& label) {
    return starts_with_synset(label) && label.size() > 10;
  });
  if (!every) return;
  for (std::string& label : labels) label = std::string(trimmed(std::string_view(label).substr(10)));
}

struct Numbered {
  std::int64_t index;
  std::string_view name;
};

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kSeparators = " \t,:;=|";

// "2 kite", "2: kite", "2,kite".
std::optional<Numbered> number_in_front(std::string_view line) {
  const std::size_t digits = std::min(line.find_first_not_of(kDigits), line.size());
  const auto index = class_index(line.substr(0, digits));
  if (!index || digits == line.size() || kSeparators.find(line[digits]) == std::string_view::npos) return std::nullopt;
  const std::size_t name = line.find_first_not_of(kSeparators, digits);
  if (name == std::string_view::npos) return std::nullopt;
  return Numbered{*index, line.substr(name)};
}

// "kite 2", "kite: 2", "kite,2".
std::optional<Numbered> number_at_end(std::string_view line) {
  const std::size_t before = line.find_last_not_of(kDigits);
  if (before == std::string_view::npos || before + 1 == line.size()) return std::nullopt;
  const auto index = class_index(line.substr(before + 1));
  if (!index || kSeparators.find(line[before]) == std::string_view::npos) return std::nullopt;
  const std::size_t name = line.find_last_not_of(kSeparators, before);
  if (name == std::string_view::npos) return std::nullopt;
  return Numbered{*index, line.substr(0, name + 1)};
}

// The names in the order of their numbers, where every line has a number and the numbers are 0..n-1.
std::optional<Labels> without_indices(const Labels& lines, std::optional<Numbered> (*split)(std::string_view)) {
  Labels names;
  std::vector<std::int64_t> indices;
  for (const std::string& line : lines) {
    const auto numbered = split(line);
    if (!numbered) return std::nullopt;
    indices.push_back(numbered->index);
    names.emplace_back(numbered->name);
  }
  return in_index_order(indices, names);
}

}  // namespace

Result<ReadLabels> labels_from_text(std::string_view text, std::int64_t classes) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  KITE_TRY_ASSIGN(std::vector<Line> lines, lines_of(text, classes));
  drop_comments(lines, classes);
  KITE_TRY(drop_blank_lines(lines, classes));
  ReadLabels read;
  for (const Line& line : lines) read.names.emplace_back(line.text);
  // The number on a single line ("Hall 0") is not a class index.
  for (const auto split : {number_in_front, number_at_end}) {
    std::optional<Labels> names = read.names.size() > 1 ? without_indices(read.names, split) : std::nullopt;
    if (!names) continue;
    read.names = std::move(*names);
    read.remark = "the numbers 0 to " + std::to_string(read.names.size() - 1) +
                  " beside the names are taken for class indices, not for parts of the names";
    break;
  }
  drop_synsets(read.names);
  KITE_TRY(validate(read.names));
  return read;
}

}  // namespace kite
