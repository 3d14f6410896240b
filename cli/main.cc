// SPDX-License-Identifier: Apache-2.0
// kite: the program is its verbs.
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "command.h"
#include "describe.h"

int main(int argc, char** argv) {
  using namespace kite::cli;  // NOLINT(google-build-using-namespace): the whole program lives there
  // A file that may not grow any further is an error with a name, not a death.
  std::signal(SIGXFSZ, SIG_IGN);
  CLI::App app{"Classify pictures with ONNX models on the CPU", "kite"};
  // Not by the exception that the parser's own version flag throws: the first one of a static program sorts all its
  // unwind tables, which is most of what a start costs.
  app.add_flag_callback(
      "--version",
      [] {
        std::puts("kite " KITE_VERSION);
        std::exit(std::fflush(stdout) == 0 ? kOk : kIo);
      },
      "Print the version");
  app.require_subcommand(1);
  app.option_defaults()->always_capture_default(false);
  int exit_code = kOk;
  for (const auto add :
       {add_classify, add_run, add_bench, add_inspect, add_profile, add_compile, add_cache, add_doctor, add_race}) {
    add(app, exit_code);
  }
  add_describe(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const bool asked_for_help = error.get_exit_code() == 0;
    app.exit(error);
    return asked_for_help ? kOk : kUsage;
  }
  // What could not be written, now or on the way: a full disk must not look like success.
  if ((std::fflush(stdout) != 0 || std::ferror(stdout) != 0) && exit_code == kOk) {
    exit_code = report(
        kite::Error{kite::ErrorCode::kIo, "the answer could not be written", "standard output", "check the free space"},
        false);
  }
  return exit_code;
}
