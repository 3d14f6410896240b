// SPDX-License-Identifier: Apache-2.0
// The option table, read back from the parser itself, as shell completions and a manual page.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace kite::cli {

// A completion script for "bash", "zsh" or "fish".
[[nodiscard]] std::string completion_script(const CLI::App& app, std::string_view shell);

// kite.1 in man(7) macros.
[[nodiscard]] std::string manual_page(const CLI::App& app);

// Adds `kite completion SHELL` and `kite manual`, which print the two.
void add_describe(CLI::App& app);

}  // namespace kite::cli
