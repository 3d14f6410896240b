// SPDX-License-Identifier: Apache-2.0
// Makes a plan for each instruction set, and writes them behind a copy of the running program.
#include "pack_program.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

#include "base/block_hash.h"
#include "base/cpu.h"
#include "base/mapped_file.h"
#include "cli/output/output.h"
#include "kernels/name_id.h"
#include "kernels/targets.h"
#include "large_output.h"
#include "packed_program.h"
#include "paperkite/model.h"
#include "paperkite/try.h"

namespace kite::cli {

using packed_format::Directory;
using packed_format::Entry;
using packed_format::kPageBytes;
using packed_format::Mark;

namespace {

using Bytes = std::vector<std::byte>;

std::uint64_t next_page(std::uint64_t offset) { return (offset + kPageBytes - 1) / kPageBytes * kPageBytes; }

// Best first, each once.
std::vector<std::string> in_order(const std::vector<std::string>& wanted) {
  std::vector<std::string> names;
  for (const Target* target : all_targets()) {
    if (std::ranges::find(wanted, target->name) != wanted.end()) names.emplace_back(target->name);
  }
  return names;
}

Result<std::vector<Model>> make_plans(const ProgramToPack& wanted, const CommonOptions& options) {
  ModelOptions made = options.model_options();
  made.use_cache = false;  // a plan must hold its own weights, not use those of a cached one
  made.metadata = wanted.metadata;
  std::vector<std::string> targets = in_order(wanted.targets);
  if (targets.empty()) targets.push_back(made.isa);
  std::vector<Model> models;
  for (std::string& target : targets) {
    made.isa = std::move(target);
    KITE_TRY_ASSIGN(Model model, Model::open(wanted.path, made));
    models.push_back(std::move(model));
  }
  return models;
}

// A copy of the running program, filled up to a page, and where its mark is.
struct ProgramCopy {
  Bytes bytes;
  std::size_t mark = 0;
};

Result<ProgramCopy> copy_program() {
  constexpr const char* kSelf = "/proc/self/exe";
  KITE_TRY_ASSIGN(const MappedFile self, MappedFile::open(kSelf));
  ProgramCopy copy{{self.bytes().begin(), self.bytes().end()}};
  const Mark mark = packed_format::own_mark();
  const std::string_view program(reinterpret_cast<const char*>(copy.bytes.data()), copy.bytes.size());
  const std::string_view magic(mark.magic, sizeof mark.magic);
  copy.mark = program.find(magic);
  if (copy.mark == std::string_view::npos || program.find(magic, copy.mark + 1) != std::string_view::npos ||
      copy.mark + sizeof mark > program.size()) {
    return Error{ErrorCode::kIo, "the file of this program is not the program that runs", kSelf, "install kite again"};
  }
  copy.bytes.resize(next_page(copy.bytes.size()));
  return copy;
}

template <std::size_t size>
void copy_text(char (&to)[size], std::string_view text) {
  text.copy(to, size - 1);  // the rest is zero already
}

}  // namespace

Result<PackedSizes> write_program(const ProgramToPack& wanted, const CommonOptions& options, OutputFile& output,
                                  const std::string& output_name) {
  static_assert(sizeof(Directory) < kPageBytes);
  KITE_TRY_ASSIGN(ProgramCopy program, copy_program());
  KITE_TRY_ASSIGN(const std::vector<Model> models, make_plans(wanted, options));
  const int threads = options.threads > 0 ? options.threads : default_thread_count();
  Directory directory{};
  std::ranges::copy(packed_format::kMagic, directory.magic);
  directory.version = packed_format::kVersion;
  directory.plans = static_cast<std::uint32_t>(models.size());
  copy_text(directory.model, wanted.name);
  copy_text(directory.made_by, KITE_VERSION);
  PackedSizes sizes;
  std::uint64_t end = program.bytes.size();
  for (std::size_t i = 0; i < models.size(); ++i) {
    const auto plan = models[i].plan_bytes();
    directory.entries[i] = {name_id(models[i].isa()), next_page(end), plan.size(), block_hash(plan, threads)[0]};
    end = directory.entries[i].offset + plan.size();
    sizes.plans.push_back({std::string(models[i].isa()), plan.size()});
  }
  Mark mark = packed_format::own_mark();
  mark.directory_offset = next_page(end);
  mark.file_bytes = mark.directory_offset + sizeof directory;
  std::memcpy(program.bytes.data() + program.mark, &mark, sizeof mark);
  directory.program_bytes = program.bytes.size();
  directory.program_hash = block_hash(program.bytes, threads)[0];
  directory.check = packed_format::check_of(directory);
  sizes.bytes = mark.file_bytes;

  Output& to = output.stream();
  std::uint64_t at = 0;
  const auto put = [&](std::span<const std::byte> bytes) -> Status {
    static constexpr char kZeros[kPageBytes] = {};
    to.write({kZeros, static_cast<std::size_t>(next_page(at) - at)});
    at = next_page(at) + bytes.size();
    return write_in_pieces(to, bytes, output_name);
  };
  KITE_TRY(put(program.bytes));
  for (const Model& model : models) KITE_TRY(put(model.plan_bytes()));
  KITE_TRY(put(std::as_bytes(std::span(&directory, 1))));
  output.make_program();
  return sizes;
}

}  // namespace kite::cli
