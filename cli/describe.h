// SPDX-License-Identifier: Apache-2.0
// The table of verbs and options as shell completions and a manual page.
#pragma once

#include <string>
#include <string_view>

#include "cli/parser/verb.h"

namespace kite::cli {

// A completion script for "bash", "zsh" or "fish".
[[nodiscard]] std::string completion_script(const Verb& program, std::string_view shell);

// kite.1 in man(7) macros.
[[nodiscard]] std::string manual_page(const Verb& program);

// `kite completion SHELL` and `kite manual`, which print the two. They read `program` when they run.
[[nodiscard]] Verb completion_verb(const Verb& program);
[[nodiscard]] Verb manual_verb(const Verb& program);

}  // namespace kite::cli
