// SPDX-License-Identifier: Apache-2.0
// kite: the program is its verbs.
#include <csignal>
#include <cstdio>

#include "command.h"
#include "describe.h"

int main(int argc, char** argv) {
  using namespace kite::cli;  // NOLINT(google-build-using-namespace): the whole program lives there
  CLI::App app{"Classify pictures with ONNX models on the CPU", "kite"};
  app.set_version_flag("--version", "kite " KITE_VERSION);
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
