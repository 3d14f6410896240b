// SPDX-License-Identifier: Apache-2.0
// Names come first: a number means a class only if the output holds no name of a class.
#include "race/schedule/answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <iterator>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "race/schedule/answer_text.h"

namespace kite::race {

namespace {

constexpr std::size_t kNamesShown = 5;
constexpr std::string_view kKeys[] = {"class", "index", "idx", "label", "prediction", "predicted", "answer", "argmax"};

std::optional<std::int32_t> whole_of(const Word& word) {
  std::int32_t value = 0;
  const char* end = word.text.data() + word.text.size();
  if (!word.is_whole || std::from_chars(word.text.data(), end, value).ec != std::errc()) return std::nullopt;
  return value;
}

// A class that a line names, by its label or by its number.
struct Mention {
  std::vector<std::int32_t> classes;  // several where classes share a label
  std::optional<double> score;
  std::optional<std::int32_t> number;  // beside the label: the number of the class, or it only counts the lines
  bool may_count = false;
  std::size_t line = 0;  // among those with a mention, from 0
};

class Labels {
 public:
  explicit Labels(std::span<const std::string> labels) {
    for (std::size_t i = 0; i < labels.size(); ++i) {
      named_ = named_ || labels[i] != std::to_string(i);
      std::vector<std::string> key;
      for (const Word& word : words_of(labels[i])) key.push_back(word.text);
      if (key.empty()) continue;
      longest_ = std::max(longest_, key.size());
      classes_[std::move(key)].push_back(static_cast<std::int32_t>(i));
    }
  }

  // False if the labels are the numbers of the classes: then only numbers can be searched.
  [[nodiscard]] bool named() const { return named_; }

  struct Found {
    std::size_t begin = 0, end = 0;  // words
    const std::vector<std::int32_t>* classes = nullptr;
  };
  [[nodiscard]] std::vector<Found> find(const Line& line) const {
    std::vector<Found> found;
    for (std::size_t begin = 0; begin < line.size();) {
      const std::vector<std::int32_t>* classes = nullptr;
      std::size_t length = std::min(longest_, line.size() - begin);
      for (; length > 0 && classes == nullptr; --length) classes = match(line, begin, begin + length);
      const std::size_t end = classes == nullptr ? begin + 1 : begin + length + 1;
      if (classes != nullptr) found.push_back({begin, end, classes});
      begin = end;
    }
    return found;
  }

 private:
  [[nodiscard]] const std::vector<std::int32_t>* match(const Line& line, std::size_t begin, std::size_t end) const {
    const bool numbered = begin == 1 && line[0].is_whole;
    const bool opens = begin == 0 || line[begin].begins_field || line[begin - 1].score || numbered;
    const bool closes = end == line.size() || line[end].begins_field || line[end].score;
    if (!opens || !closes) return nullptr;
    std::vector<std::string> key;
    for (std::size_t i = begin; i < end; ++i) key.push_back(line[i].text);
    const auto at = classes_.find(key);
    return at == classes_.end() ? nullptr : &at->second;
  }

  std::map<std::vector<std::string>, std::vector<std::int32_t>> classes_;
  std::size_t longest_ = 0;
  bool named_ = false;
};

// "class: 50", "class_id=50".
std::optional<std::int32_t> keyed_number(const Line& line) {
  for (std::size_t i = 1; i < line.size(); ++i) {
    const std::size_t key = line[i - 1].text == "id" && i > 1 ? i - 2 : i - 1;
    if (std::ranges::find(kKeys, line[key].text) == std::end(kKeys)) continue;
    const bool alone = i + 1 == line.size() || line[i + 1].begins_field || line[i + 1].score;
    if (const auto number = whole_of(line[i]); number && alone) return number;
  }
  return std::nullopt;
}

std::optional<double> first_score(const Line& line, std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < std::min(end, line.size()); ++i) {
    if (line[i].score) return line[i].score;
  }
  return std::nullopt;
}

// Each label has the score after it or, if the first score of the line comes before the first label, the one before it.
void add_named(const Line& line, const Labels& labels, std::size_t number, std::vector<Mention>& mentions) {
  const std::vector<Labels::Found> found = labels.find(line);
  for (std::size_t i = 0; i < found.size(); ++i) {
    Mention mention;
    mention.classes = *found[i].classes;
    mention.line = number;
    const std::size_t before = i == 0 ? 0 : found[i - 1].end;
    const std::size_t behind = i + 1 < found.size() ? found[i + 1].begin : line.size();
    const auto leading = first_score(line, before, found[i].begin), trailing = first_score(line, found[i].end, behind);
    const bool leads = first_score(line, 0, found[0].begin).has_value();
    mention.score = found.size() == 1 ? (trailing ? trailing : leading) : leads ? leading : trailing;
    mention.number = keyed_number(line);
    if (!mention.number && found[0].begin > 0) {
      mention.number = whole_of(line[0]);
      mention.may_count = true;
    }
    mentions.push_back(std::move(mention));
  }
}

// "50", "50 0.99", "class 50"; and, for a model without names, "50, any text, 0.99".
void add_numbered(const Line& line, bool named, std::size_t number, std::vector<Mention>& mentions) {
  std::optional<std::int32_t> index = keyed_number(line);
  const bool scores_only = std::all_of(line.begin() + 1, line.end(), [](const Word& word) { return word.score; });
  const bool protocol = !named && line.size() > 2 && line[1].begins_field && line.back().score.has_value();
  if (!index && (scores_only || protocol)) index = whole_of(line[0]);
  if (index) mentions.push_back({{*index}, first_score(line, 0, line.size()), {}, false, number});
}

std::string without_paths(std::string_view output, std::span<const std::string> argv) {
  std::string text(output);
  const auto drop = [&text](std::string_view part) {
    std::string kept;
    std::size_t begin = 0;
    for (std::size_t at = 0; (at = text.find(part, begin)) != std::string::npos; begin = at + part.size()) {
      kept.append(text, begin, at - begin).append("/");
    }
    text = kept.append(text, begin);
  };
  for (std::size_t i = 1; i < argv.size(); ++i) {
    const std::size_t slash = argv[i].rfind('/');
    if (slash == std::string::npos || slash + 1 == argv[i].size()) continue;
    drop(argv[i]);
    // A file name with a blank becomes several words. A file name without its ending may be in the output, too.
    const std::string name = argv[i].substr(slash + 1);
    if (name.find(' ') != std::string::npos && name.find('.') != std::string::npos) drop(name);
  }
  return text;
}

class Choice {
 public:
  Choice(std::vector<Mention> mentions, std::span<const std::string> labels)
      : mentions_(std::move(mentions)), labels_(labels) {}

  Answer make() {
    Answer answer;
    answer.why_not = settle();
    if (!answer.why_not.empty()) return answer;
    const Mention& best = mentions_.front();
    answer.index = best.classes.front();
    answer.label = labels_[static_cast<std::size_t>(answer.index)];
    answer.score = best.score;
    return answer;
  }

 private:
  // Leaves mentions of one class only. Returns why that is not possible; empty: it is done.
  std::string settle() {
    if (std::ranges::any_of(mentions_, [](const Mention& m) { return m.score.has_value(); })) {
      std::erase_if(mentions_, [](const Mention& m) { return !m.score; });
      const double best = *std::ranges::max_element(mentions_, {}, [](const Mention& m) { return *m.score; })->score;
      std::erase_if(mentions_, [best](const Mention& m) { return *m.score < best; });
    }
    for (Mention& mention : mentions_) {
      if (std::string doubt = settle(mention); !doubt.empty()) return doubt;
    }
    std::set<std::int32_t> named;
    for (const Mention& mention : mentions_) named.insert(mention.classes.front());
    if (named.size() == 1) return {};
    std::vector<std::string> shown;
    for (const std::int32_t index : named) shown.push_back(labels_[static_cast<std::size_t>(index)]);
    const std::size_t more = shown.size() - std::min(shown.size(), kNamesShown);
    shown.resize(std::min(shown.size(), kNamesShown));
    return fmt::format("it names {} classes, and no score says which is its answer: {}{}", named.size(),
                       fmt::join(shown, ", "), more > 0 ? ", ..." : "");
  }

  std::string settle(Mention& mention) const {
    const auto known = [this](std::int32_t index) { return index >= 0 && std::cmp_less(index, labels_.size()); };
    if (!known(mention.classes.front())) return fmt::format("{} is not a class of this model", mention.classes.front());
    if (mention.number && std::ranges::find(mention.classes, *mention.number) != mention.classes.end()) {
      mention.classes = {*mention.number};
    }
    const std::string& label = labels_[static_cast<std::size_t>(mention.classes.front())];
    if (mention.classes.size() > 1) {
      return fmt::format("\"{}\" is the label of {} classes, and it prints no number", label, mention.classes.size());
    }
    if (!mention.number || *mention.number == mention.classes.front()) return {};
    const auto line = static_cast<std::int32_t>(mention.line);
    if (mention.may_count && (*mention.number == line || *mention.number == line + 1)) return {};
    return fmt::format("it prints class {} and the label of class {}, \"{}\"", *mention.number, mention.classes.front(),
                       label);
  }

  std::vector<Mention> mentions_;
  std::span<const std::string> labels_;
};

}  // namespace

Answer find_answer(std::string_view output, std::span<const std::string> labels, std::span<const std::string> argv) {
  const auto none = [](std::string why) { return Answer{-1, {}, {}, std::move(why)}; };
  const auto lines = lines_of(without_paths(output, argv));
  if (!lines.ok()) return none(lines.error().what);
  const Labels names(labels);
  std::vector<Mention> mentions;
  for (std::size_t i = 0, number = 0; names.named() && i < lines->size(); ++i) {
    const std::size_t before = mentions.size();
    add_named((*lines)[i], names, number, mentions);
    number += mentions.size() > before ? 1 : 0;
  }
  const bool no_name = mentions.empty();
  for (std::size_t i = 0; no_name && i < lines->size(); ++i) add_numbered((*lines)[i], names.named(), i, mentions);
  if (mentions.empty()) {
    const std::size_t begin = std::min(output.find_first_not_of(" \t\r\n"), output.size());
    const std::string_view rest = output.substr(begin);
    return none("it names no class of this model: " + excerpt(rest.substr(0, rest.find('\n'))));
  }
  return Choice(std::move(mentions), labels).make();
}

}  // namespace kite::race
