// SPDX-License-Identifier: Apache-2.0
// The keys of ProcessRecord::info of a profiled process, which its writer and the report share.
#pragma once

namespace kite::race {

// Paths of files, relative to the race's folder; a key is absent if there is no file.
inline constexpr const char* kProfileStacks = "profile.stacks";  // folded stacks: "outermost;...;innermost 42"
inline constexpr const char* kProfileMemory = "profile.memory";  // CSV: ms,rss_anon_bytes,rss_file_bytes
// Text for the report: which program took the samples, how many there are, and what they cannot show.
inline constexpr const char* kProfileSampler = "profile.sampler";
inline constexpr const char* kProfileSamples = "profile.samples";
inline constexpr const char* kProfileLacks = "profile.lacks";

}  // namespace kite::race
