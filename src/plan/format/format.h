// SPDX-License-Identifier: Apache-2.0
// The plan on disk and in memory, which are the same bytes: a header and sections of plain records with offsets.
//
//   header | operands | refs | steps | parts | params | text | inputs, outputs | constants
//
// 1. Offsets count from the first byte of the plan. All records are little-endian and naturally aligned; the constants
//    section starts on a page, each constant on a cache line.
// 2. Nothing is relocated: opening a plan only validates it.
// 3. A plan for other input shapes of the same model may have no constants. It then names the plan that lends it the
//    constants, its lender.
#pragma once

#include <cstdint>
#include <type_traits>

#include "paperkite/tensor.h"

namespace kite::plan_format {

inline constexpr char kMagic[8] = {'K', 'I', 'T', 'E', 'P', 'L', 'A', 'N'};
// Raised whenever a record, a kernel's params or a packing changes its meaning, and whenever a new plan of a model
// would give other answers than an old plan in a cache.
inline constexpr std::uint32_t kVersion = 19;
inline constexpr std::uint64_t kConstantAlignment = 64;
inline constexpr std::uint64_t kConstantSectionAlignment = 4096;

// A run of `count` records that starts `offset` bytes into the plan.
struct Section {
  std::uint64_t offset;
  std::uint64_t count;
};

// A piece of the text section: names, never null-terminated.
struct Text {
  std::uint32_t offset;
  std::uint32_t size;
};

struct Header {
  char magic[8];
  std::uint32_t version;
  std::uint32_t header_check;  // header_check() of the header; only the cache compares it
  std::uint64_t target;        // name_id() of the target whose features contain those of all its kernels
  std::uint64_t features;      // that the processor must have: the bits of base/features.h
  std::uint64_t total_bytes;
  std::uint64_t
      key[2];  // of what the plan was made from: see plan/source/cache.h; twice the checksum for a plan without a key
  std::uint64_t checksum;         // half of the block_hash() of all bytes after the header
  std::uint64_t lender[2];        // key of the plan whose constants are used; zero where they are this plan's own
  std::uint64_t lender_checksum;  // and its checksum
  std::uint64_t arena_bytes;      // activations, one buffer for a session
  std::uint64_t scratch_bytes;    // for each thread
  std::uint64_t macs;             // multiply-adds of all products, those of portable steps included
  std::uint64_t parameters;       // elements of the model's own constants
  Section operands;               // Operand
  Section refs;                   // uint32 operand numbers, grouped by step
  Section steps;                  // Step
  Section parts;                  // Part, grouped by step
  Section params;                 // bytes
  Section text;                   // bytes
  Section inputs;                 // Port
  Section outputs;                // Port
  Section notes;                  // Note: model metadata that the plan carries along
  Section constants;              // bytes; with a lender they are the lender's, and the offset is 0
};

enum class Storage : std::uint8_t {
  kNone,      // an operand that is left out
  kArena,     // offset into the arena
  kConstant,  // offset into the constants section
  kInput,     // the caller's buffer number `offset`
};

struct Operand {
  std::uint64_t offset;
  std::uint64_t size_bytes;
  std::int64_t dims[kMaxRank];
  Storage storage;
  DType dtype;
  std::uint8_t rank;
  std::uint8_t reserved[5];
};

struct Step {
  std::uint64_t kernel;         // name_id() of the kernel's name; 0 = the portable implementation of an operator
  std::uint64_t params_offset;  // into the params section
  std::uint64_t params_bytes;
  std::uint64_t scratch_bytes;  // for each thread
  std::uint64_t macs;
  std::uint32_t first_ref;  // inputs, then outputs
  std::uint32_t inputs;
  std::uint32_t outputs;
  std::uint32_t max_shares;  // threads beyond this would have too little to do
  // The step is left out where a later step does not need it: that step, its guard, reads its result as input
  // `guard_side`, 1 or 2, and takes input 1 where its input 0, one bool, is true, else input 2. A guard may have a
  // guard. Such chains end, since guards come later. 0: the step always runs.
  std::uint32_t guard;
  std::uint32_t guard_side;
  Text node;                 // the node's name in the model, for profiles and errors
  Text op;                   // its operator
  std::uint32_t first_part;  // the nodes that the step computes together; none where it is one node
  std::uint32_t parts;
};

// A node of a step that computes several.
struct Part {
  std::uint64_t macs;
  Text node;
  Text op;
};

struct Port {
  std::uint32_t operand;
  Text name;
  Text dims;  // as the model states them: plan/format/ports.h
  std::uint32_t reserved;
};

// One key and value of the model's metadata.
struct Note {
  Text key;
  Text value;
};

static_assert(std::is_trivially_copyable_v<Header> && sizeof(Header) % 8 == 0);
static_assert(sizeof(Operand) == 88 && sizeof(Step) == 88 && sizeof(Part) == 24 && sizeof(Port) == 24 &&
              sizeof(Note) == 16);

}  // namespace kite::plan_format
