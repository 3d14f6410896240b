// SPDX-License-Identifier: Apache-2.0
// Refuses each allocation of a JSON value in turn.
#include "base/json.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <string>

namespace {

thread_local int until_refused = -1;  // allocations of this thread that are still given; negative: all of them

}  // namespace

// Not inlined: the compiler would see that a pointer of new goes to free().
[[gnu::noinline]] void* operator new(std::size_t bytes) {
  if (until_refused >= 0 && until_refused-- == 0) {
    until_refused = 0;  // and every later one
    throw std::bad_alloc();
  }
  if (void* const memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  try {
    return operator new(bytes);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace kite {
namespace {

// How many allocations were refused until the work was done.
int refuse_each(const std::function<void()>& work) {
  for (int refused = 0;; ++refused) {
    until_refused = refused;
    try {
      work();
    } catch (const std::bad_alloc&) {
      until_refused = -1;
      continue;
    }
    until_refused = -1;
    return refused;
  }
}

template <typename Json>
void fill() {
  Json object;
  object["a member that is not short"] = "a text that is not short";
  object["an array"].push_back(1);
  object["an array"].push_back("a text that is not short");
  object["an object"]["inside"] = nullptr;
}

TEST(Json, of_a_null_value_that_gets_a_member_survives_refused_memory) {
  EXPECT_GT(refuse_each(fill<nlohmann::json>), 5);
  EXPECT_GT(refuse_each(fill<nlohmann::ordered_json>), 5);
}

TEST(Json, is_destroyed_where_memory_is_refused) {
  const std::string text = R"({"a": [[1, 2], {"b": [3, 4, 5]}]})";
  EXPECT_GT(refuse_each([&text] { EXPECT_EQ(nlohmann::json::parse(text).size(), 1); }), 5);
}

}  // namespace
}  // namespace kite
