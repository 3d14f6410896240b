// SPDX-License-Identifier: Apache-2.0
// A program with plans behind it, which `kite pack --exe` makes of kite itself:
//
//   kite | plan, on a page | plan, on a page ... | directory
//
// A mark among kite's own constants says where the directory is; it is changed in the copy. So kite itself does nothing
// to find out that no plan is behind it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/mapped_file.h"
#include "cli/parser/verb.h"
#include "paperkite/classifier.h"
#include "paperkite/error.h"

namespace kite::cli {

namespace packed_format {

inline constexpr std::uint64_t kPageBytes = 4096;
inline constexpr std::uint32_t kVersion = 1;
inline constexpr std::size_t kMostPlans = 4;  // one for each target of an architecture
inline constexpr char kMagic[8] = {'K', 'I', 'T', 'E', 'P', 'A', 'C', 'K'};

struct Mark {
  char magic[16];
  std::uint64_t directory_offset;  // 0: this is kite, and nothing is packed
  std::uint64_t file_bytes;
};

struct Entry {
  std::uint64_t target;  // name_id() of the plan's target
  std::uint64_t offset;
  std::uint64_t size_bytes;
  std::uint64_t hash;  // half of block_hash()
};

struct Directory {
  char magic[8];
  std::uint32_t version;
  std::uint32_t plans;
  std::uint64_t program_bytes;
  std::uint64_t program_hash;  // of the bytes in front of the first plan, half of block_hash()
  Entry entries[kMostPlans];   // best target first
  char model[256];             // the name of the model's file, shortened where it is longer, and a null
  char made_by[32];            // the version of kite
  std::uint64_t check;         // XXH3 of all that is above
};
static_assert(sizeof(Directory) % 8 == 0 && sizeof(Mark) == 32);

// XXH3 of a directory without its last member.
[[nodiscard]] std::uint64_t check_of(const Directory& directory) noexcept;

// The mark of the running program.
[[nodiscard]] Mark own_mark() noexcept;

}  // namespace packed_format

// What is packed behind the running program.
class PackedProgram {
 public:
  // Reads one number of this program.
  [[nodiscard]] static bool is_running() noexcept;
  // Only while is_running(). kInvalidModel where the file is no longer as it was made.
  [[nodiscard]] static Result<PackedProgram> open();

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] std::string model() const { return directory_.model; }
  [[nodiscard]] std::string made_by() const { return directory_.made_by; }
  [[nodiscard]] std::string target_names() const;  // "avx512, avx2", best first

  // Of the best plan that the options and this machine allow, which is used where it lies. Nothing beside the program
  // is read. Besides the errors of Classifier::open(): kUnsupportedModel where no plan runs here, kInvalidModel where
  // bytes of the file have changed; they are read for this once after each start of the system.
  [[nodiscard]] Result<Classifier> open_classifier(const ClassifierOptions& options) const;

 private:
  [[nodiscard]] Result<const packed_format::Entry*> plan_for(const ModelOptions& options) const;
  [[nodiscard]] Status check_whole(const packed_format::Entry& plan, const ModelOptions& options) const;
  [[nodiscard]] Error damaged(std::string what) const;
  std::string path_;
  std::shared_ptr<const MappedFile> file_;
  packed_format::Directory directory_{};
};

// What the program does: `kite classify` with its own model.
void add_packed_classify(Verb& program, PackedProgram packed);

}  // namespace kite::cli
