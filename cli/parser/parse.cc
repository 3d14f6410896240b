// SPDX-License-Identifier: Apache-2.0
// CLI11 parses, formats help and words its errors. It is expensive to compile and throws: nothing else includes it.
#include "cli/parser/parse.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <concepts>
#include <cstdint>
#include <iterator>
#include <optional>
#include <sstream>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/number_text.h"
#include "cli/parser/nearest.h"
#include "paperkite/try.h"

namespace kite::cli {

namespace {

// The options with a `given`, which is set after the parse.
using Asked = std::vector<std::pair<const CLI::Option*, bool*>>;

// A word as what an option stores; false where it is none. CLI11 would read 0x10, " 5" and nan as numbers, too.
bool read_word(const std::string& word, std::string& into) {
  into = word;
  return true;
}
bool read_word(const std::string& word, double& into) {
  const auto number = parse_real(word);
  into = number.value_or(0);
  return number.has_value();
}
bool read_word(const std::string& word, std::uint64_t& into) {
  const auto number = parse_unsigned(word);
  into = number.value_or(0);
  return number.has_value();
}
template <std::signed_integral Integer>
bool read_word(const std::string& word, Integer& into) {
  const auto number = parse_integer(word);
  if (!number || !std::in_range<Integer>(*number)) return false;
  into = static_cast<Integer>(*number);
  return true;
}

bool read_words(const CLI::results_t& words, auto& into) { return words.empty() || read_word(words.back(), into); }
template <typename Value>
bool read_words(const CLI::results_t& words, std::optional<Value>& into) {
  return words.empty() || read_word(words.back(), into.emplace());
}
template <typename Value>
bool read_words(const CLI::results_t& words, std::vector<Value>& into) {
  into.clear();
  return std::ranges::all_of(words, [&](const std::string& word) { return read_word(word, into.emplace_back()); });
}

// The values of an option whose words hold several. CLI11 would take "1,,2" for two.
CLI::results_t pieces_of(const Option& option, const CLI::results_t& words) {
  CLI::results_t pieces;
  for (const std::string_view word : words) {
    for (std::size_t from = 0, end = 0; from <= word.size(); from = end + 1) {
      end = std::min(word.find(option.separator, from), word.size());
      std::string& piece = pieces.emplace_back(word.substr(from, end - from));
      std::string wrong = piece.empty() ? "a value of " + std::string(word) + " is empty" : std::string();
      if (wrong.empty() && option.values.check) wrong = option.values.check(piece);
      if (!wrong.empty()) throw CLI::ValidationError(option.spellings().back(), wrong);
    }
  }
  return pieces;
}

// What stands behind "--" is no option, whatever it begins with. CLI11 knows this for the first positional alone, so
// such words are marked.
constexpr std::string_view kPlain = "\x01--\x01";

// The words of an option, converted; false where they cannot be.
bool store(const Option& option, CLI::results_t words) {
  for (std::string& word : words) {
    if (option.is_positional() && word.starts_with(kPlain)) word.erase(0, kPlain.size());
  }
  if (option.separator != '\0') words = pieces_of(option, words);
  const auto store_into = [&]<typename T>(const T& into) {
    if constexpr (std::is_same_v<T, Take>) {
      for (const std::string& word : words) {
        const std::string wrong = into(word);
        if (!wrong.empty()) throw CLI::ValidationError(option.spellings().back(), wrong);
      }
      return true;
    } else if constexpr (std::is_same_v<T, Reply> || std::is_same_v<T, bool*>) {
      return false;  // neither has words
    } else {
      return read_words(words, *into);
    }
  };
  return std::visit(store_into, option.into);
}

// CLI::App::get_option() copies names in functions that are noexcept, which end the process where memory is refused.
CLI::Option* find_long_option(CLI::App& app, std::string_view name) {
  KITE_CHECK(name.starts_with("--"));
  for (CLI::Option* option : app.get_options()) {
    for (const std::string& known : option->get_lnames()) {
      if (known == name.substr(2)) return option;
    }
  }
  KITE_CHECK(false);
  return nullptr;
}

void add_option(CLI::App& app, const Option& option, Asked& asked) {
  std::string names(option.names);
  std::string help(option.help);
  if (const auto* const reply = std::get_if<Reply>(&option.into)) {
    app.set_version_flag(names, reply->text, help);
    return;
  }
  if (bool* const* const flag = std::get_if<bool*>(&option.into)) {
    app.add_flag(names, **flag, help)->disable_flag_override();  // --raw=false would be understood as a value
    return;
  }
  CLI::Option* added =
      app.add_option(names, [&option](const CLI::results_t& words) { return store(option, words); }, help);
  added->type_name_fn([&option] { return option.value_text(); });
  if (option.required) added->required();
  if (option.takes_many()) added->expected(CLI::detail::expected_max_vector_size);
  if (option.words > 1) added->expected(option.words);
  if (option.value_may_lack) added->expected(0, 1);
  // Otherwise `--input a b` would read a positional as a second value.
  if (option.takes_many() && !option.is_positional()) added->allow_extra_args(false);
  // `-o "$FILE"` with an empty variable must not mean that the option was not given.
  // A list may have an empty name: it is one entry that fails.
  if (!(option.is_positional() && option.takes_many()) && !option.value_may_lack) {
    added->check([](const std::string& word) { return std::string(word.empty() ? "the value is empty" : ""); });
  }
  if (option.values.check && option.separator == '\0')
    added->transform(CLI::Validator([&option](std::string& word) { return option.values.check(word); }, std::string()));
  if (!option.needs.empty()) added->needs(find_long_option(app, option.needs));
  if (option.given != nullptr) asked.emplace_back(added, option.given);
}

// Calls itself as deep as the table goes.
void add_verb(CLI::App& app, const Verb& verb, Asked& asked) {
  for (const Option& option : verb.options) add_option(app, option, asked);
  if (!verb.footer.empty()) app.footer(std::string(verb.footer));
  if (verb.rest != nullptr) {
    app.set_help_flag();
    app.prefix_command();
  }
  if (!verb.verbs.empty()) app.require_subcommand(verb.run ? 0 : 1, 1);
  for (const Verb& inner : verb.verbs) {
    add_verb(*app.add_subcommand(std::string(inner.name), std::string(inner.summary)), inner, asked);
  }
}

// Calls itself as deep as the table goes.
const Verb& named_verb(const CLI::App& app, const Verb& verb) {
  if (verb.rest != nullptr) *verb.rest = app.remaining();
  for (const CLI::App* named : app.get_subcommands()) {
    const auto inner = std::ranges::find(verb.verbs, std::string_view(named->get_name()), &Verb::name);
    if (inner != verb.verbs.end()) return named_verb(*named, *inner);
  }
  return verb;
}

// Leaves out "--", and marks the words behind it.
void mark_plain_words(const Verb& program, std::vector<std::string>& arguments) {
  const auto end = std::ranges::find(arguments, "--");
  const Verb* verb = &program;
  for (auto word = arguments.begin(); word != end; ++word) {
    const auto inner = std::ranges::find(verb->verbs, std::string_view(*word), &Verb::name);
    if (inner == verb->verbs.end()) break;
    verb = &*inner;
  }
  if (end == arguments.begin() || end == arguments.end() || verb->rest != nullptr) return;
  const bool is_value = std::ranges::any_of(verb->options, [&](const Option& option) {
    return option.takes_value() && std::ranges::count(option.spellings(), *std::prev(end)) > 0;
  });
  if (is_value) return;
  for (auto word = arguments.erase(end); word != arguments.end(); ++word) {
    if (word->starts_with('-') && word->size() > 1) word->insert(0, kPlain);
  }
}

// ", is --threads meant?": of the first word that nothing takes.
std::string meant_word(const CLI::App& app, const Verb& verb) {
  const std::vector<std::string> rest = app.remaining(true);
  if (rest.empty()) return {};
  const std::string word = rest.front().substr(0, rest.front().find('='));
  std::vector<std::string> known;
  for (const Verb& inner : verb.verbs) known.emplace_back(inner.name);
  for (const Option& option : verb.options) {
    if (!option.is_positional()) std::ranges::copy(option.spellings(), std::back_inserter(known));
  }
  const std::string_view meant = nearest(word, known);
  return meant.empty() ? std::string() : ", is " + std::string(meant) + " meant?";
}

}  // namespace

Result<Parsed> parse(const Verb& program, std::vector<std::string> arguments, std::size_t help_column) {
  CLI::App app{std::string(program.summary), std::string(program.name)};
  const Option help = help_option();
  app.set_help_flag(std::string(help.names), std::string(help.help));
  app.get_formatter()->column_width(help_column);
  Asked asked;
  add_verb(app, program, asked);
  Parsed parsed;
  try {
    mark_plain_words(program, arguments);
    std::ranges::reverse(arguments);  // CLI11 expects the last argument first
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    if (app.exit(error, out, err) != 0) {
      std::string what = error.what() + meant_word(app, named_verb(app, program));
      for (std::size_t at = what.find(kPlain); at != std::string::npos; at = what.find(kPlain))
        what.erase(at, kPlain.size());
      return Error{ErrorCode::kUsage, std::move(what), {}, {}};
    }
    parsed.answer = out.str();
  }
  for (const auto& [option, given] : asked) *given = option->count() > 0;
  parsed.verb = &named_verb(app, program);
  return parsed;
}

}  // namespace kite::cli
