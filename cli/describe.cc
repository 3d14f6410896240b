// SPDX-License-Identifier: Apache-2.0
// Walks the parser's verbs and options; nothing about them is written down a second time.
#include "describe.h"

#include <fmt/format.h>

#include <array>
#include <vector>

#include "kernels/targets.h"
#include "output.h"

namespace kite::cli {

namespace {

std::vector<const CLI::App*> verbs_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

std::vector<const CLI::Option*> options_of(const CLI::App& verb) {
  return verb.get_options([](const CLI::Option* option) { return !option->get_positional(); });
}

std::vector<const CLI::Option*> positionals_of(const CLI::App& verb) {
  return verb.get_options([](const CLI::Option* option) { return option->get_positional(); });
}

// "-k" and "--threads" as the parser takes them.
std::vector<std::string> spellings(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  return names;
}

bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

std::string quoted_for_shell(const std::string& text) {
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

std::string bash_completion(const CLI::App& app) {
  std::string verbs;
  std::string cases;
  for (const CLI::App* verb : verbs_of(app)) {
    verbs += verb->get_name() + " ";
    std::string words;
    for (const CLI::App* nested : verbs_of(*verb)) words += nested->get_name() + " ";
    for (const CLI::Option* option : options_of(*verb)) {
      for (const std::string& name : spellings(*option)) words += name + " ";
    }
    cases += fmt::format("    {}) words={} ;;\n", verb->get_name(), quoted_for_shell(words));
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
                     quoted_for_shell(verbs + "--help --version"), cases);
}

std::string zsh_completion(const CLI::App& app) {
  std::string verbs;
  std::string cases;
  // In zsh's _arguments a colon and a bracket have a meaning of their own.
  const auto plain = [](std::string text) {
    for (char& c : text) {
      if (c == ':' || c == '[' || c == ']') c = ' ';
    }
    return text;
  };
  for (const CLI::App* verb : verbs_of(app)) {
    verbs += fmt::format("    {}\n", quoted_for_shell(verb->get_name() + ":" + plain(verb->get_description())));
    cases += fmt::format("    {}) _arguments", verb->get_name());
    for (const CLI::Option* option : options_of(*verb)) {
      for (const std::string& name : spellings(*option)) {
        cases += fmt::format(" {}", quoted_for_shell(fmt::format("*{}[{}]{}", name, plain(option->get_description()),
                                                                 takes_value(*option) ? ":value:_files" : "")));
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

std::string fish_completion(const CLI::App& app) {
  std::string script = "# fish completion for kite\n";
  for (const CLI::App* verb : verbs_of(app)) {
    script += fmt::format("complete -c kite -n __fish_use_subcommand -f -a {} -d {}\n", verb->get_name(),
                          quoted_for_shell(verb->get_description()));
    for (const CLI::Option* option : options_of(*verb)) {
      script += fmt::format("complete -c kite -n '__fish_seen_subcommand_from {}'", verb->get_name());
      for (const std::string& name : option->get_snames()) script += " -s " + name;
      for (const std::string& name : option->get_lnames()) script += " -l " + name;
      script +=
          fmt::format("{} -d {}\n", takes_value(*option) ? " -r" : "", quoted_for_shell(option->get_description()));
    }
  }
  return script;
}

// A leading dot or quote starts a macro, a backslash an escape, and a plain hyphen may become a dash.
std::string roff(const std::string& text) {
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

std::string manual_of_options(const CLI::App& verb) {
  std::string page;
  for (const CLI::Option* option : positionals_of(verb)) {
    page += fmt::format(".TP\n.I {}\n{}\n", roff(option->get_name(true)), roff(option->get_description()));
  }
  for (const CLI::Option* option : options_of(verb)) {
    std::string names;
    for (const std::string& name : spellings(*option)) names += (names.empty() ? "" : ", ") + name;
    page += fmt::format(".TP\n.BR \"{}\"{}\n{}\n", roff(names),
                        takes_value(*option) ? " \" " + roff(option->get_type_name()) + "\"" : "",
                        roff(option->get_description()));
  }
  return page;
}

}  // namespace

std::string completion_script(const CLI::App& app, std::string_view shell) {
  if (shell == "zsh") return zsh_completion(app);
  if (shell == "fish") return fish_completion(app);
  return bash_completion(app);
}

std::string manual_page(const CLI::App& app) {
  std::string page = fmt::format(".TH KITE 1 \"\" \"kite {}\" \"User Commands\"\n.SH NAME\nkite \\- {}\n.SH SYNOPSIS\n",
                                 KITE_VERSION, roff(app.get_description()));
  std::string verbs;
  for (const CLI::App* verb : verbs_of(app)) {
    std::string arguments;
    for (const CLI::Option* option : positionals_of(*verb)) {
      arguments += fmt::format(" {}{}", option->get_name(true), option->get_items_expected_max() > 1 ? "..." : "");
    }
    page += fmt::format(".B kite {}\n[OPTION]...{}\n.br\n", verb->get_name(), roff(arguments));
    verbs += fmt::format(".SH \"kite {}\"\n{}\n{}", verb->get_name(), roff(verb->get_description() + "."),
                         manual_of_options(*verb));
    for (const CLI::App* nested : verbs_of(*verb)) {
      verbs += fmt::format(".SS \"kite {} {}\"\n{}\n{}", verb->get_name(), nested->get_name(),
                           roff(nested->get_description() + "."), manual_of_options(*nested));
    }
  }
  page += verbs;
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

void add_describe(CLI::App& app) {
  CLI::App* completion = app.add_subcommand("completion", "Print a completion script for a shell");
  auto shell = std::make_shared<std::string>();
  completion->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  completion->callback([&app, shell] { standard_output().write(completion_script(app, *shell)); });
  app.add_subcommand("manual", "Print the manual page (kite manual | man -l -)")->callback([&app] {
    standard_output().write(manual_page(app));
  });
}

}  // namespace kite::cli
