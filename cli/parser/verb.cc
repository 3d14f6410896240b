// SPDX-License-Identifier: Apache-2.0
// What a table of options says about itself.
#include "cli/parser/verb.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <memory>
#include <utility>

namespace kite::cli {

namespace {

// In the order of Destination.
constexpr std::array<std::string_view, std::variant_size_v<Destination>> kTypeNames = {
    "", "INT", "INT", "UINT", "FLOAT", "TEXT", "INT", "INT", "UINT", "FLOAT", "INT", "TEXT", "TEXT", ""};

}  // namespace

Values one_of(std::vector<std::string> words) {
  const auto all = std::make_shared<const std::vector<std::string>>(std::move(words));
  const auto text = [all] {
    std::string set = "{";
    for (const std::string& word : *all) set += (set.size() > 1 ? "," : "") + word;
    return set + '}';
  };
  return {text, [all, text](const std::string& word) {
            return std::ranges::find(*all, word) != all->end() ? std::string() : word + " not in " + text();
          }};
}

bool Option::takes_value() const noexcept {
  return !std::holds_alternative<bool*>(into) && !std::holds_alternative<Reply>(into);
}

bool Option::takes_many() const noexcept {
  return repeated || std::holds_alternative<std::vector<int>*>(into) ||
         std::holds_alternative<std::vector<std::string>*>(into);
}

std::vector<std::string> Option::spellings() const {
  std::vector<std::string> spelled;
  for (const bool is_long : {false, true}) {
    for (std::size_t from = 0, end = 0; from <= names.size(); from = end + 1) {
      end = std::min(names.find(',', from), names.size());
      const std::string_view name = names.substr(from, end - from);
      if (name.starts_with("--") == is_long) spelled.emplace_back(name);
    }
  }
  return spelled;
}

std::string_view Option::type_name() const noexcept { return type ? *type : kTypeNames[into.index()]; }

std::string Option::value_text() const {
  std::string text(type_name());
  if (values.text) text += ":" + values.text();
  return text;
}

Option help_option() { return {.names = "-h,--help", .into = Reply{}, .help = "Print this help message and exit"}; }

void Verb::add(std::vector<Option> more) {
  options.insert(options.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace kite::cli
