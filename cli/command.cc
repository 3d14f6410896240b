// SPDX-License-Identifier: Apache-2.0
// Common options and the one place where errors are printed.
#include "command.h"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

namespace kite::cli {

ExitCode exit_code_of(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::kUsage: return kUsage;
    case ErrorCode::kInvalidModel:
    case ErrorCode::kUnsupportedModel:
    case ErrorCode::kInvalidInput: return kModel;
    case ErrorCode::kInvalidImage:
    case ErrorCode::kUnsupportedImage: return kImage;
    case ErrorCode::kLimit: return kLimit;
    case ErrorCode::kIo: return kIo;
  }
  return kModel;
}

ModelOptions CommonOptions::model_options() const {
  ModelOptions options;
  options.isa = isa;
  options.threads = threads;
  options.use_cache = !no_cache;
  options.cache_dir = cache_dir;
  options.disabled_passes = disabled_passes;
  options.memory_limit_bytes = memory_limit_bytes;
  return options;
}

void add_common_options(CLI::App& verb, CommonOptions& options) {
  verb.add_option("--threads", options.threads, "Threads to compute with (default: what the machine grants)")
      ->check(CLI::Range(1, 1024))
      ->type_name("N");
  verb.add_option("--isa", options.isa, "Instruction set to stay within (default: the best there is, or $KITE_ISA)")
      ->check(CLI::IsMember({"generic", "avx2", "avx512"}));
  verb.add_flag("--no-cache", options.no_cache, "Neither read nor write the plan cache");
  verb.add_option("--cache-dir", options.cache_dir, "Folder of the plan cache (default: $XDG_CACHE_HOME/paperkite)")
      ->type_name("DIR");
  verb.add_option("--disable-pass", options.disabled_passes, "Leave out an optimisation pass, to find a wrong answer")
      ->type_name("NAME")
      ->allow_extra_args(false);
  verb.add_option("--memory-limit", options.memory_limit_bytes, "Refuse a model that needs more, e.g. 500MB")
      ->transform(CLI::AsSizeValue(false))
      ->type_name("BYTES");
  verb.add_flag("--json", options.json, "Print JSON for programs");
}

ExitCode report(const Error& error, bool json) {
  const std::string code(error_code_name(error.code));
  if (json) {
    const nlohmann::ordered_json object = {
        {"error", {{"code", code}, {"message", error.what}, {"where", error.where}, {"remedy", error.remedy}}}};
    // Paths need not be UTF-8; a replacement character beats an exception.
    fmt::print("{}\n", object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
  } else {
    fmt::print(stderr, "kite: error[{}]: {}\n", code, error.message());
  }
  return exit_code_of(error.code);
}

void warn(const std::string& text) { fmt::print(stderr, "kite: warning: {}\n", text); }

}  // namespace kite::cli
