// SPDX-License-Identifier: Apache-2.0
// CLI11 parses, formats help and words its errors. It is expensive to compile and throws: nothing else includes it.
#include "cli/parser/parse.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>
#include <type_traits>
#include <utility>

namespace kite::cli {

namespace {

// The options with a `given`, which is set after the parse.
using Asked = std::vector<std::pair<const CLI::Option*, bool*>>;

// The words of an option, converted; false where they cannot be.
bool store(const Option& option, const CLI::results_t& words) {
  const auto store_into = [&]<typename T>(const T& into) {
    if constexpr (std::is_same_v<T, Take>) {
      for (const std::string& word : words) {
        const std::string wrong = into(word);
        if (!wrong.empty()) throw CLI::ValidationError(option.spellings().back(), wrong);
      }
      return true;
    } else if constexpr (std::is_pointer_v<T>) {
      using Value = std::remove_pointer_t<T>;
      return CLI::detail::lexical_conversion<Value, Value>(words, *into);
    } else {
      return false;  // a Reply has no words
    }
  };
  return std::visit(store_into, option.into);
}

void add_option(CLI::App& app, const Option& option, Asked& asked) {
  std::string names(option.names);
  std::string help(option.help);
  if (const auto* const reply = std::get_if<Reply>(&option.into)) {
    app.set_version_flag(names, reply->text, help);
    return;
  }
  if (bool* const* const flag = std::get_if<bool*>(&option.into)) {
    app.add_flag(names, **flag, help);
    return;
  }
  // One function for all types, because CLI11's own code is 2 KB for each type.
  CLI::Option* added =
      app.add_option(names, [&option](const CLI::results_t& words) { return store(option, words); }, help);
  added->type_name_fn([&option] { return option.value_text(); });
  if (option.required) added->required();
  if (option.takes_many()) added->expected(CLI::detail::expected_max_vector_size);
  if (option.words > 1) added->expected(option.words);
  if (option.value_may_lack) added->expected(0, 1);
  // Otherwise `--input a b` would read a positional as a second value.
  if (option.takes_many() && !option.is_positional()) added->allow_extra_args(false);
  if (option.separator != '\0') added->delimiter(option.separator);
  if (option.values.check)
    added->transform(CLI::Validator([&option](std::string& word) { return option.values.check(word); }, std::string()));
  if (!option.needs.empty()) added->needs(app.get_option(std::string(option.needs)));
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

// The text is made only when it is needed, because CLI11 writes it with a stream.
template <typename Number>
Values values_between(Number least, Number most) {
  return {[=] { return CLI::Range(least, most).get_description(); },
          [=](std::string& word) { return CLI::Range(least, most)(word); }};
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
    std::ranges::reverse(arguments);  // CLI11 expects the last argument first
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    if (app.exit(error, out, err) != 0) return Error{ErrorCode::kUsage, error.what(), {}, {}};
    parsed.answer = out.str();
  }
  for (const auto& [option, given] : asked) *given = option->count() > 0;
  parsed.verb = &named_verb(app, program);
  return parsed;
}

Values between(std::int64_t least, std::int64_t most) { return values_between(least, most); }

Values between(double least, double most) { return values_between(least, most); }

std::optional<double> read_real(const std::string& word) {
  double number = 0;
  return CLI::detail::lexical_cast(word, number) ? std::optional(number) : std::nullopt;
}

}  // namespace kite::cli
