// SPDX-License-Identifier: Apache-2.0
// kite: chooses the verb that the command line names, and runs it.
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <new>
#include <sstream>
#include <string_view>
#include <system_error>

#include "command.h"
#include "describe.h"
#include "interrupt.h"
#include "output.h"

namespace kite::cli {

namespace {

// Reports output that could not be written, now or earlier: a full disk must not look like success.
int end_with(int exit_code) {
  standard_output().flush();
  const int failure = standard_output().failure();
  if (failure == 0) return exit_code;
  // The reader of a pipe may close it at any time; that is not an error.
  if (failure != EPIPE) {
    report(Error{ErrorCode::kIo, std::string("the answer could not be written: ") + std::strerror(failure),
                 "standard output", "check the target of the output, and the free space there"},
           false);
  }
  return exit_code == kOk || exit_code == kSomeFailed ? kIo : exit_code;
}

struct Verb {
  std::string_view name;
  void (*add)(CLI::App& app, int& exit_code);
};
constexpr std::array kVerbs = {Verb{"classify", add_classify}, Verb{"run", add_run},         Verb{"bench", add_bench},
                               Verb{"inspect", add_inspect},   Verb{"profile", add_profile}, Verb{"compile", add_compile},
                               Verb{"cache", add_cache},       Verb{"doctor", add_doctor},   Verb{"race", add_race}};

// Makes only the options of the verb with which the command line begins, because the options of all verbs cost 5 % of a
// start. Without a verb, and for help, errors and descriptions, all verbs are made.
void add_verbs(CLI::App& app, int argc, char** argv, int& exit_code) {
  const std::string_view first = argc > 1 ? argv[1] : "";
  if (const auto* const named = std::ranges::find(kVerbs, first, &Verb::name); named != kVerbs.end()) {
    named->add(app, exit_code);
    return;
  }
  for (const Verb& verb : kVerbs) verb.add(app, exit_code);
  add_describe(app);
}

int run(int argc, char** argv) {
  CLI::App app{"Classify pictures with ONNX models on the CPU", "kite"};
  // The version is not printed by the parser's own flag, which throws an exception: the first exception of a static
  // program sorts all of its unwind tables, which is most of the cost of a start.
  app.add_flag_callback(
      "--version",
      [] {
        standard_output().write("kite " KITE_VERSION "\n");
        std::_Exit(end_with(kOk));
      },
      "Print the version");
  app.require_subcommand(1);
  app.option_defaults()->always_capture_default(false);
  int exit_code = kOk;
  add_verbs(app, argc, argv, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    const bool asked_for_help = app.exit(error, out, err) == 0;
    standard_output().write(out.str());
    print(standard_error(), "{}", err.str());
    return asked_for_help ? kOk : kUsage;
  }
  return exit_code;
}

// The library and the verbs return their errors. Exceptions only report memory and threads that the system refuses.
int run_or_report(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::bad_alloc&) {
    return report(Error{ErrorCode::kLimit, "out of memory", {}, "use smaller inputs or fewer threads, or allow more"},
                  false);
  } catch (const std::system_error& error) {
    const bool is_shortage = error.code() == std::errc::resource_unavailable_try_again ||
                             error.code() == std::errc::not_enough_memory;
    return report(Error{is_shortage ? ErrorCode::kLimit : ErrorCode::kIo, error.what(), {}, {}}, false);
  }
}

}  // namespace

}  // namespace kite::cli

int main(int argc, char** argv) {
  kite::cli::occupy_standard_descriptors();
  // Writing beyond the largest allowed file size must be an error, not a signal that ends the process.
  std::signal(SIGXFSZ, SIG_IGN);
  kite::cli::end_on_interrupts();
  return kite::cli::end_with(kite::cli::run_or_report(argc, argv));
}
