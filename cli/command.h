// SPDX-License-Identifier: Apache-2.0
// What the verbs share: exit codes, the options of every verb, and the printing of an Error for
// people and for programs.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cli/output/program.h"
#include "cli/parser/verb.h"
#include "paperkite/error.h"
#include "paperkite/model.h"
#include "paperkite/session.h"

namespace kite::cli {

// Options of all verbs. Negative or zero thread counts and the like are refused when they are parsed.
struct CommonOptions {
  int threads = 0;  // 0: as many as the machine has for this process
  std::string isa;
  bool no_cache = false;
  std::string cache_dir;
  std::vector<std::string> disabled_passes;
  std::uint64_t memory_limit_bytes = std::uint64_t{16} << 30;
  StatedLimits limits;
  bool json = false;
  MeaningOptions meaning;  // of the verbs that open a model
  std::map<std::string, Shape, std::less<>> shapes;

  [[nodiscard]] ModelOptions model_options() const;
  [[nodiscard]] SessionOptions session_options() const { return {threads}; }
};

void add_common_options(Verb& verb, CommonOptions& options);
// generic first.
[[nodiscard]] std::vector<std::string> names_of_targets();
// MODEL, without which the verb does nothing.
[[nodiscard]] Option model_option(std::string& model);
[[nodiscard]] Option cache_dir_option(CommonOptions& options);
[[nodiscard]] Option json_option(CommonOptions& options);
[[nodiscard]] Option shape_option(CommonOptions& options);
[[nodiscard]] Option batch_option(CommonOptions& options);
// The flags that state what a model means, also in another run of it.
void add_meaning_options(Verb& verb, MeaningOptions& meaning);
// The same, the shapes of this run, and add_common_options(): for every verb that opens a model.
void add_model_options(Verb& verb, CommonOptions& options);

// Prints `kite: error[CODE]: what; where; what to do` to stderr, or with `json` the same fields as one object to
// stdout, and returns the exit code that belongs to it.
ExitCode report(const Error& error, bool json);
// The same for what a verb came to, if that is an error.
ExitCode exit_code_after(const Status& status, bool json);
// Says that the system did not grant all the threads that were wanted (0: as many as the machine grants).
void warn_of_missing_threads(int wanted, int threads);

[[nodiscard]] Verb classify_verb();
[[nodiscard]] Verb run_verb();
[[nodiscard]] Verb bench_verb();
[[nodiscard]] Verb inspect_verb();
[[nodiscard]] Verb profile_verb();
[[nodiscard]] Verb verify_verb();
[[nodiscard]] Verb compile_verb();
[[nodiscard]] Verb pack_verb();
[[nodiscard]] Verb unpack_verb();
[[nodiscard]] Verb cache_verb();
[[nodiscard]] Verb limits_verb();
[[nodiscard]] Verb doctor_verb();
[[nodiscard]] Verb selftest_verb();
[[nodiscard]] Verb race_verb();

}  // namespace kite::cli
