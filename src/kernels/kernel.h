// SPDX-License-Identifier: Apache-2.0
// The one calling convention of all kernels. Plain structs only: files compiled for one ISA include this.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kite {

struct Codes;

// One thread's share of one kernel call. The family's header states what params, in and out hold.
struct KernelCall {
  const void* params;              // the family's Params struct, 8-byte aligned, lives in the plan
  const void* const* in;           // operands in the family's order; null where an optional one is left out
  void* const* out;                // results; 64-byte aligned
  void* scratch;                   // this thread's own, 64-byte aligned, as many bytes as the family asked for
  std::int32_t share;              // which of the `shares` to compute: they are disjoint and together the whole, and
  std::int32_t shares;             // no sum's order depends on their number
  const void* next_weights;        // what the next step will stream from memory: a kernel with load slots to spare
  std::size_t next_weights_bytes;  // may prefetch its share of it into L2; null / 0 where there is nothing
  const void* prepared = nullptr;  // what the family made of params and shares before the first run (family.h)
  const Codes* codes = nullptr;    // of a convolution whose weights have 8 bits (wconv): in place of in[1]
};

using KernelFn = void (*)(const KernelCall& call);  // noexcept in fact; all are built without exceptions

}  // namespace kite
