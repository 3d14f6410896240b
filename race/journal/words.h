// SPDX-License-Identifier: Apache-2.0
// The words that journals, tables and flags use for the enumerations of a record, and back.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "race/journal/record.h"

namespace kite::race {

[[nodiscard]] std::string_view word_of(Mode mode) noexcept;       // oneshot, no_pre, inc_pre
[[nodiscard]] std::string_view word_of(Track track) noexcept;     // matched, default
[[nodiscard]] std::string_view word_of(Outcome status) noexcept;  // ok, missing, failed, timeout, unequal
// pass, pilot, round, rerun, memory, profile, instructions
[[nodiscard]] std::string_view word_of(Purpose purpose) noexcept;
// untyped, warning, interrupted, resumed, judge, unranked
[[nodiscard]] std::string_view word_of(NoteKind kind) noexcept;

// The text of a note as a report shows it.
[[nodiscard]] std::string note_text(const NoteRecord& note);

// "1 thread", "2 threads". 0 is the number that a library chooses if none is given.
[[nodiscard]] std::string threads_text(std::int32_t threads);

// No value: the word is not known.
template <typename Enum>
[[nodiscard]] std::optional<Enum> from_word(std::string_view word) noexcept;
template <>
std::optional<Mode> from_word<Mode>(std::string_view word) noexcept;
template <>
std::optional<Track> from_word<Track>(std::string_view word) noexcept;
template <>
std::optional<Outcome> from_word<Outcome>(std::string_view word) noexcept;
template <>
std::optional<Purpose> from_word<Purpose>(std::string_view word) noexcept;
template <>
std::optional<NoteKind> from_word<NoteKind>(std::string_view word) noexcept;

}  // namespace kite::race
