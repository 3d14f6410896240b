// SPDX-License-Identifier: Apache-2.0
// kite selftest: the verb.
#include "cli/selftest/selftest.h"

#include <memory>

#include "cli/parser/number_option.h"
#include "command.h"

namespace kite::cli {

namespace {

struct SelftestOptions {
  double seconds = 60;
  bool json = false;
};

}  // namespace

Verb selftest_verb() {
  auto options = std::make_shared<SelftestOptions>();
  Verb verb{.name = "selftest", .summary = "Check this program on this machine: answers, threads, damaged files"};
  verb.add({{.names = "--time",
             .into = &options->seconds,
             .help = "Seconds to go on for; each check is made at least once",
             .type = "S",
             .values = real_within(0, 86400)},
            {.names = "--json", .into = &options->json, .help = "Print JSON for programs"}});
  verb.run = [options] {
    const auto code = selftest(options->seconds, options->json);
    return code.ok() ? *code : report(code.error(), options->json);
  };
  return verb;
}

}  // namespace kite::cli
