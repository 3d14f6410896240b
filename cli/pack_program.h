// SPDX-License-Identifier: Apache-2.0
// kite pack --exe: a copy of this program with plans behind it; packed_program.h has its form.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cli/output/output_file.h"
#include "command.h"
#include "paperkite/error.h"

namespace kite::cli {

struct ProgramToPack {
  std::string path;                             // of the model
  std::string name;                             // of the model, for the program's help
  std::map<std::string, std::string> metadata;  // labels and recipe
  std::vector<std::string> targets;             // instruction sets; empty: the one that the options say
};

struct PackedPlan {
  std::string isa;
  std::uint64_t bytes = 0;
};

struct PackedSizes {
  std::uint64_t bytes = 0;  // of all
  std::vector<PackedPlan> plans;
};

// Makes the plans and writes the program; publishing it is left to the caller.
[[nodiscard]] Result<PackedSizes> write_program(const ProgramToPack& wanted, const CommonOptions& options,
                                                OutputFile& output, const std::string& output_name);

}  // namespace kite::cli
