// SPDX-License-Identifier: Apache-2.0
// kite: chooses the verb that the command line names, and runs it.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/output/output.h"
#include "cli/parser/parse.h"
#include "command.h"
#include "describe.h"
#include "licenses.h"
#include "packed_program.h"

namespace kite::cli {

namespace {

constexpr std::string_view kVersion = "kite " KITE_VERSION;

struct NamedVerb {
  std::string_view name;
  Verb (*make)();
};
constexpr std::array kVerbs = {
    NamedVerb{"classify", classify_verb}, NamedVerb{"run", run_verb},         NamedVerb{"bench", bench_verb},
    NamedVerb{"inspect", inspect_verb},   NamedVerb{"profile", profile_verb}, NamedVerb{"compile", compile_verb},
    NamedVerb{"verify", verify_verb},     NamedVerb{"pack", pack_verb},       NamedVerb{"unpack", unpack_verb},
    NamedVerb{"cache", cache_verb},       NamedVerb{"limits", limits_verb},   NamedVerb{"doctor", doctor_verb},
    NamedVerb{"selftest", selftest_verb}, NamedVerb{"race", race_verb}};

// Makes only the options of the verb with which the command line begins, because the options of all verbs cost 5 % of a
// start. Without a verb, and for help, errors and descriptions, all verbs are made.
void add_verbs(Verb& program, std::string_view first) {
  if (const auto* const named = std::ranges::find(kVerbs, first, &NamedVerb::name); named != kVerbs.end()) {
    program.verbs.push_back(named->make());
    return;
  }
  for (const NamedVerb& verb : kVerbs) program.verbs.push_back(verb.make());
  program.verbs.push_back(completion_verb(program));
  program.verbs.push_back(manual_verb(program));
}

// The command line is understood, or it is answered for.
int run_parsed(const Verb& program, std::vector<std::string> arguments, const bool& asks_for_licenses) {
  const std::string first = arguments.empty() ? "" : arguments[0];
  const bool is_verb = std::ranges::find(program.verbs, std::string_view(first), &Verb::name) != program.verbs.end();
  const std::string place = std::string(program.name) + (is_verb ? " " + first : "");
  const auto parsed = parse(program, std::move(arguments));
  if (!parsed.ok()) {
    return print_error({ErrorCode::kUsage, parsed.error().what, place, '`' + place + " --help` lists what there is"});
  }
  if (asks_for_licenses) return print_licenses();
  if (parsed->answer.empty()) return parsed->verb->run();
  standard_output().write(parsed->answer);
  return kOk;
}

// This program was made by `kite pack --exe`: all of its arguments are those of classify.
int run_packed(std::vector<std::string> arguments) {
  auto packed = PackedProgram::open();
  if (!packed.ok()) return report(packed.error(), false);
  const std::string name = packed->path().substr(packed->path().rfind('/') + 1);
  const std::string summary = "Classify pictures with " + packed->model() + ", which is inside this program";
  const std::string footer = "Made by `kite pack --exe` of kite " + packed->made_by() + ", for " +
                             packed->target_names() + ". `kite classify --help` says the same of any model.";
  if (arguments.size() == 1 && arguments[0] == "--licenses") return print_licenses();
  Verb program{.name = name, .summary = summary, .footer = footer};
  bool asks_for_licenses = false;
  program.add(
      {{.names = "--version",
        .into = Reply{packed->model() + " for " + packed->target_names() + ", packed by kite " + packed->made_by()},
        .help = "Print what is inside"},
       licenses_option(asks_for_licenses)});
  add_packed_classify(program, std::move(*packed));
  return run_parsed(program, std::move(arguments), asks_for_licenses);
}

int run(std::vector<std::string> arguments) {
  // The version is not printed by the parser, which throws an exception for it: the first exception of a static program
  // sorts all of its unwind tables, which is most of the cost of a start.
  if (arguments.size() == 1 && arguments[0] == "--version") {
    print("{}\n", kVersion);
    return kOk;
  }
  if (arguments.size() == 1 && arguments[0] == "--licenses") return print_licenses();
  Verb program{.name = "kite", .summary = "Classify pictures with ONNX models on the CPU"};
  bool asks_for_licenses = false;
  program.add({{.names = "--version", .into = Reply{std::string(kVersion)}, .help = "Print the version"},
               licenses_option(asks_for_licenses)});
  add_verbs(program, arguments.empty() ? std::string_view() : arguments[0]);
  return run_parsed(program, std::move(arguments), asks_for_licenses);
}

}  // namespace

}  // namespace kite::cli

int main(int argc, char** argv) {
  using namespace kite::cli;  // NOLINT(google-build-using-namespace): the whole program lives there
  return run_program(argc, argv, [](std::vector<std::string> arguments) {
    return PackedProgram::is_running() ? run_packed(std::move(arguments)) : run(std::move(arguments));
  });
}
