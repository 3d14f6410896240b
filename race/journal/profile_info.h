// SPDX-License-Identifier: Apache-2.0
// What the record of a profiled process says in ProcessRecord::info: the keys that its writer and the report share.
#pragma once

namespace kite::race {

// Files, relative to the race's folder; absent where there are none.
inline constexpr const char* kProfileStacks = "profile.stacks";  // folded stacks: "outermost;...;innermost 42"
inline constexpr const char* kProfileMemory = "profile.memory";  // CSV: ms,rss_anon_bytes,rss_file_bytes
// For people: what took the samples, how many there are, and what they cannot show.
inline constexpr const char* kProfileSampler = "profile.sampler";
inline constexpr const char* kProfileSamples = "profile.samples";
inline constexpr const char* kProfileLacks = "profile.lacks";

}  // namespace kite::race
