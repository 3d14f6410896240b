// SPDX-License-Identifier: Apache-2.0
// Finds the plans behind the running program and trusts none of their bytes.
#include "packed_program.h"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <span>
#include <string_view>
#include <utility>

#include "api/internals.h"
#include "base/block_hash.h"
#include "base/installation.h"
#include "command.h"
#include "kernels/targets.h"
#include "paperkite/try.h"
#include "plan/source/cache.h"

namespace kite::cli {

namespace packed_format {

namespace {

// The only place of the magic in the program: `kite pack --exe` looks for it. Volatile, because the copy of the program
// holds other numbers than the compiler sees.
[[gnu::used]] const volatile Mark kMark = {
    {'<', 'p', 'a', 'p', 'e', 'r', 'k', 'i', 't', 'e', ' ', 'p', 'l', 'a', 'n', '>'}, 0, 0};

}  // namespace

std::uint64_t check_of(const Directory& directory) noexcept {
  return XXH3_64bits(&directory, offsetof(Directory, check));
}

Mark own_mark() noexcept {
  Mark mark{};
  std::copy(std::begin(kMark.magic), std::end(kMark.magic), mark.magic);
  mark.directory_offset = kMark.directory_offset;
  mark.file_bytes = kMark.file_bytes;
  return mark;
}

}  // namespace packed_format

using packed_format::Directory;
using packed_format::Entry;
using packed_format::Mark;

namespace {

std::string joined(const std::vector<std::string>& names, std::string_view between) {
  std::string text;
  for (const std::string& name : names) text += std::string(text.empty() ? "" : between) + name;
  return text;
}

bool ends(std::span<const char> text) { return std::ranges::find(text, '\0') != text.end(); }

// Whether all that a directory states lies inside the file that it ends.
bool is_possible(const Directory& directory, std::uint64_t offset) {
  if (!std::ranges::equal(directory.magic, packed_format::kMagic) ||
      directory.check != packed_format::check_of(directory) || directory.version != packed_format::kVersion ||
      directory.plans < 1 || directory.plans > packed_format::kMostPlans || directory.program_bytes > offset ||
      !ends(directory.model) || !ends(directory.made_by)) {
    return false;
  }
  const auto is_inside = [&](const Entry& entry) {
    return entry.offset % packed_format::kPageBytes == 0 && entry.offset <= offset &&
           entry.size_bytes <= offset - entry.offset && find_target(entry.target) != nullptr;
  };
  return std::ranges::all_of(std::span(directory.entries).first(directory.plans), is_inside);
}

}  // namespace

bool PackedProgram::is_running() noexcept { return packed_format::kMark.directory_offset != 0; }

Error PackedProgram::damaged(std::string what) const {
  return Error{ErrorCode::kInvalidModel, "the program is damaged: " + std::move(what), path_,
               "copy it once more, or make it again with `kite pack --exe`"};
}

Result<PackedProgram> PackedProgram::open() {
  const Mark mark = packed_format::own_mark();
  PackedProgram program;
  KITE_TRY_ASSIGN(program.path_, own_executable());
  // Not by the path: the file may have been renamed, removed or replaced since it was started.
  auto opened = MappedFile::open("/proc/self/exe");
  if (!opened.ok()) return std::move(opened).error().in(program.path_);
  program.file_ = std::make_shared<const MappedFile>(std::move(opened).value());
  const std::span<const std::byte> bytes = program.file_->bytes();
  if (bytes.size() != mark.file_bytes) {
    return program.damaged("it has " + std::to_string(bytes.size()) + " bytes and was made with " +
                           std::to_string(mark.file_bytes));
  }
  if (mark.directory_offset > bytes.size() || bytes.size() - mark.directory_offset != sizeof(Directory)) {
    return program.damaged("its directory is not where it was");
  }
  std::memcpy(&program.directory_, bytes.data() + mark.directory_offset, sizeof(Directory));
  if (!is_possible(program.directory_, mark.directory_offset)) return program.damaged("its directory is broken");
  return program;
}

std::string PackedProgram::target_names() const {
  std::vector<std::string> names;
  for (const Entry& entry : std::span(directory_.entries).first(directory_.plans)) {
    names.emplace_back(find_target(entry.target)->name);
  }
  return joined(names, ", ");
}

Result<const Entry*> PackedProgram::plan_for(const ModelOptions& options) const {
  KITE_TRY_ASSIGN(const Target* const wanted, options.isa.empty() ? default_target() : parse_target(options.isa));
  for (const Entry& entry : std::span(directory_.entries).first(directory_.plans)) {
    if (wanted->includes(*find_target(entry.target))) return &entry;
  }
  const bool is_machine = wanted == &native_target();
  return Error{is_machine ? ErrorCode::kUnsupportedModel : ErrorCode::kUsage,
               "the program holds plans for " + target_names() + "; " +
                   (is_machine ? "this machine has " : "asked for is ") + std::string(wanted->name),
               path_, "make it for more machines with `kite pack --exe --isa " + joined(names_of_targets(), ",") + "`"};
}

Status PackedProgram::check_whole(const Entry& plan, const ModelOptions& options) const {
  const PlanCache cache = options.use_cache ? PlanCache(options.cache_dir) : PlanCache();
  const FileState& state = file_->state();
  const std::array<std::span<const std::byte>, 1> contents = {std::as_bytes(std::span(&state, 1))};
  const PlanKey key = plan_key(contents, find_target(plan.target)->name, {});
  if (cache.is_known_whole(key)) return {};
  const bool was_settled = is_settled(state);
  const auto hash_of = [&](std::uint64_t offset, std::uint64_t size_bytes) {
    return block_hash(file_->bytes().subspan(offset, size_bytes), options.threads)[0];
  };
  if (hash_of(0, directory_.program_bytes) != directory_.program_hash ||
      hash_of(plan.offset, plan.size_bytes) != plan.hash) {
    return damaged("bytes of it have changed");
  }
  if (was_settled) cache.keep_whole(key);
  return {};
}

Result<Classifier> PackedProgram::open_classifier(const ClassifierOptions& options) const {
  KITE_TRY_ASSIGN(const Entry* const plan, plan_for(options.model));
  {
    const TraceScope scope(options.model.trace, "check the program");
    KITE_TRY(check_whole(*plan, options.model));
  }
  const ModelFile file{{}, file_->bytes().subspan(plan->offset, plan->size_bytes), path_, file_};
  return Internals::open(file, options);
}

}  // namespace kite::cli
