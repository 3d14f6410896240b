// SPDX-License-Identifier: Apache-2.0
// A stack of bytes that is empty again as soon as all of them were given back.
#include "base/last_memory.h"

#include <array>
#include <cstdint>
#include <mutex>
#include <new>

namespace kite {

namespace {

constexpr std::size_t kAlignment = 16;

struct Store {
  std::mutex mutex;
  std::size_t used = 0;
  std::size_t living = 0;                                    // pieces that were not given back
  alignas(kAlignment) std::array<std::byte, 1 << 16> bytes;  // costs nothing until it is written
};
Store store;

bool is_of_store(const void* memory) noexcept {
  const auto at = reinterpret_cast<std::uintptr_t>(memory);
  const auto begin = reinterpret_cast<std::uintptr_t>(store.bytes.data());
  return at >= begin && at - begin < store.bytes.size();
}

}  // namespace

void* allocate_at_last(std::size_t bytes) {
  if (void* const memory = ::operator new(bytes, std::nothrow)) return memory;
  const std::lock_guard held(store.mutex);
  if (bytes > store.bytes.size() - store.used) throw std::bad_alloc();
  void* const memory = store.bytes.data() + store.used;
  store.used += (bytes + kAlignment - 1) / kAlignment * kAlignment;
  ++store.living;
  return memory;
}

void free_at_last(void* memory) noexcept {
  if (!is_of_store(memory)) return ::operator delete(memory);
  const std::lock_guard held(store.mutex);
  if (--store.living == 0) store.used = 0;
}

}  // namespace kite
