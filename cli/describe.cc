// SPDX-License-Identifier: Apache-2.0
// Walks the table of verbs and options; nothing about them is written down a second time.
#include "describe.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <memory>
#include <vector>

#include "cli/output/output.h"
#include "command.h"
#include "kernels/targets.h"

namespace kite::cli {

namespace {

std::vector<Option> options_of(const Verb& verb) {
  std::vector<Option> options;
  if (verb.rest == nullptr) options.push_back(help_option());
  std::ranges::copy_if(verb.options, std::back_inserter(options), std::not_fn(&Option::is_positional));
  return options;
}

std::vector<Option> positionals_of(const Verb& verb) {
  std::vector<Option> options;
  std::ranges::copy_if(verb.options, std::back_inserter(options), &Option::is_positional);
  return options;
}

std::string quoted_for_shell(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  quoted += '\'';
  return quoted;
}

std::string bash_completion(const Verb& program) {
  std::string verbs;
  std::string cases;
  for (const Option& option : options_of(program)) {
    for (const std::string& name : option.spellings()) verbs += name + " ";
  }
  for (const Verb& verb : program.verbs) {
    verbs += fmt::format("{} ", verb.name);
    std::string words;
    for (const Verb& inner : verb.verbs) words += fmt::format("{} ", inner.name);
    for (const Option& option : options_of(verb)) {
      for (const std::string& name : option.spellings()) words += name + " ";
    }
    cases += fmt::format("    {}) words={} ;;\n", verb.name, quoted_for_shell(words));
  }
  return fmt::format(R"(# bash completion for kite: source this file, or put it into bash-completion's folder as `kite`
_kite() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} words=
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W {} -- "$current"))
    return
  fi
  case ${{COMP_WORDS[1]}} in
{}  esac
  if [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  else
    compopt -o filenames
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}}
complete -F _kite kite
)",
                     quoted_for_shell(verbs), cases);
}

std::string zsh_completion(const Verb& program) {
  std::string verbs;
  std::string cases;
  // In zsh's _arguments a colon and a bracket have a meaning of their own.
  const auto plain = [](std::string_view borrowed) {
    std::string text(borrowed);
    for (char& c : text) {
      if (c == ':' || c == '[' || c == ']') c = ' ';
    }
    return text;
  };
  for (const Verb& verb : program.verbs) {
    verbs += fmt::format("    {}\n", quoted_for_shell(fmt::format("{}:{}", verb.name, plain(verb.summary))));
    cases += fmt::format("    {}) _arguments", verb.name);
    for (const Option& option : options_of(verb)) {
      for (const std::string& name : option.spellings()) {
        cases += fmt::format(" {}", quoted_for_shell(fmt::format("*{}[{}]{}", name, plain(option.help),
                                                                 option.takes_value() ? ":value:_files" : "")));
      }
    }
    cases += " '*:file:_files' ;;\n";
  }
  return fmt::format(R"(#compdef kite
local -a verbs
verbs=(
{})
if (( CURRENT == 2 )); then
  _describe 'verb' verbs
  return
fi
local verb=$words[2]
shift words
(( CURRENT-- ))
case $verb in
{}esac
)",
                     verbs, cases);
}

std::string fish_completion(const Verb& program) {
  std::string script = "# fish completion for kite\n";
  for (const Verb& verb : program.verbs) {
    script += fmt::format("complete -c kite -n __fish_use_subcommand -f -a {} -d {}\n", verb.name,
                          quoted_for_shell(verb.summary));
    for (const Option& option : options_of(verb)) {
      script += fmt::format("complete -c kite -n '__fish_seen_subcommand_from {}'", verb.name);
      for (const std::string& name : option.spellings()) {
        script += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      script += fmt::format("{} -d {}\n", option.takes_value() ? " -r" : "", quoted_for_shell(option.help));
    }
  }
  return script;
}

// A leading dot or quote starts a macro, a backslash an escape, and a plain hyphen may become a dash.
std::string roff(std::string_view text) {
  std::string escaped;
  if (text.starts_with('.') || text.starts_with('\'')) escaped += "\\&";
  for (const char c : text) {
    if (c == '\\') {
      escaped += "\\e";
    } else if (c == '-') {
      escaped += "\\-";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string manual_of_options(const Verb& verb) {
  std::string page;
  for (const Option& option : positionals_of(verb)) {
    page += fmt::format(".TP\n.I {}\n{}\n", roff(option.names), roff(option.help));
  }
  for (const Option& option : options_of(verb)) {
    std::string names;
    for (const std::string& name : option.spellings()) names += (names.empty() ? "" : ", ") + name;
    page += fmt::format(".TP\n.BR \"{}\"{}\n{}\n", roff(names),
                        option.takes_value() ? " \" " + roff(option.value_text()) + "\"" : "", roff(option.help));
  }
  return page;
}

}  // namespace

std::string completion_script(const Verb& program, std::string_view shell) {
  if (shell == "zsh") return zsh_completion(program);
  if (shell == "fish") return fish_completion(program);
  return bash_completion(program);
}

std::string manual_page(const Verb& program) {
  std::string page = fmt::format(".TH KITE 1 \"\" \"kite {}\" \"User Commands\"\n.SH NAME\nkite \\- {}\n.SH SYNOPSIS\n",
                                 KITE_VERSION, roff(program.summary));
  std::string verbs;
  for (const Verb& verb : program.verbs) {
    std::string arguments;
    for (const Option& option : positionals_of(verb)) {
      arguments += fmt::format(" {}{}", option.names, option.takes_many() ? "..." : "");
    }
    page += fmt::format(".B kite {}\n[OPTION]...{}\n.br\n", verb.name, roff(arguments));
    verbs += fmt::format(".SH \"kite {}\"\n{}\n{}", verb.name, roff(std::string(verb.summary) + "."),
                         manual_of_options(verb));
    for (const Verb& inner : verb.verbs) {
      verbs += fmt::format(".SS \"kite {} {}\"\n{}\n{}", verb.name, inner.name, roff(std::string(inner.summary) + "."),
                           manual_of_options(inner));
    }
  }
  page += ".SH OPTIONS\n" + manual_of_options(program) + verbs;
  page +=
      ".SH EXIT STATUS\n.TP\n0\nok\n.TP\n1\nsome inputs failed, the others were "
      "answered\n.TP\n2\nusage\n.TP\n3\nmodel\n.TP\n4\n"
      "image\n.TP\n5\na limit would be exceeded\n.TP\n6\ninput or output\n.TP\n130\ninterrupted\n"
      ".SH ENVIRONMENT\n.TP\nKITE_ISA\ninstruction set to stay within: " +
      target_names() +
      "\n.TP\nKITE_CACHE_DIR\n"
      "folder of the plan cache; default $XDG_CACHE_HOME/paperkite, then ~/.cache/paperkite\n";
  return page;
}

Verb completion_verb(const Verb& program) {
  auto shell = std::make_shared<std::string>();
  return {.name = "completion",
          .summary = "Print a completion script for a shell",
          .options = {{.names = "SHELL",
                       .into = shell.get(),
                       .help = "bash, zsh or fish",
                       .values = one_of({"bash", "zsh", "fish"}),
                       .required = true}},
          .run = [&program, shell] {
            standard_output().write(completion_script(program, *shell));
            return kOk;
          }};
}

Verb manual_verb(const Verb& program) {
  return {.name = "manual", .summary = "Print the manual page (kite manual | man -l -)", .run = [&program] {
            standard_output().write(manual_page(program));
            return kOk;
          }};
}

}  // namespace kite::cli
