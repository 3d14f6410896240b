// SPDX-License-Identifier: Apache-2.0
// One table for each enumeration, in the order of its values.
#include "race/journal/words.h"

#include <array>
#include <cstddef>

#include <fmt/format.h>

namespace kite::race {

namespace {

constexpr std::array<std::string_view, 3> kModes = {"oneshot", "no_pre", "inc_pre"};
constexpr std::array<std::string_view, 2> kTracks = {"matched", "default"};
constexpr std::array<std::string_view, 5> kOutcomes = {"ok", "missing", "failed", "timeout", "unequal"};
constexpr std::array<std::string_view, 8> kPurposes = {"pass",   "pilot",   "round",        "rerun",
                                                       "memory", "profile", "instructions", "heat"};
constexpr std::array<std::string_view, 6> kNoteKinds = {"untyped", "warning", "interrupted",
                                                        "resumed", "judge",   "unranked"};

template <typename Enum, std::size_t n>
std::string_view look_up(const std::array<std::string_view, n>& words, Enum value) noexcept {
  const auto at = static_cast<std::size_t>(value);
  return at < n ? words[at] : "?";
}

template <typename Enum, std::size_t n>
std::optional<Enum> find(const std::array<std::string_view, n>& words, std::string_view word) noexcept {
  for (std::size_t at = 0; at < n; ++at) {
    if (words[at] == word) return static_cast<Enum>(at);
  }
  return std::nullopt;
}

}  // namespace

std::string_view word_of(Mode mode) noexcept { return look_up(kModes, mode); }
std::string_view word_of(Track track) noexcept { return look_up(kTracks, track); }
std::string_view word_of(Outcome status) noexcept { return look_up(kOutcomes, status); }
std::string_view word_of(Purpose purpose) noexcept { return look_up(kPurposes, purpose); }
std::string_view word_of(NoteKind kind) noexcept { return look_up(kNoteKinds, kind); }

std::string note_text(const NoteRecord& note) {
  if (note.kind != NoteKind::kUnranked) return note.text;
  return fmt::format("no contestant is ranked{}: {}", note.model.empty() ? "" : " on " + note.model, note.text);
}

std::string threads_text(std::int32_t threads) {
  if (threads == 0) return "the library's own threads";
  return fmt::format("{} thread{}", threads, threads == 1 ? "" : "s");
}

template <>
std::optional<Mode> from_word<Mode>(std::string_view word) noexcept {
  return find<Mode>(kModes, word);
}
template <>
std::optional<Track> from_word<Track>(std::string_view word) noexcept {
  return find<Track>(kTracks, word);
}
template <>
std::optional<Outcome> from_word<Outcome>(std::string_view word) noexcept {
  return find<Outcome>(kOutcomes, word);
}
template <>
std::optional<Purpose> from_word<Purpose>(std::string_view word) noexcept {
  return find<Purpose>(kPurposes, word);
}
template <>
std::optional<NoteKind> from_word<NoteKind>(std::string_view word) noexcept {
  return find<NoteKind>(kNoteKinds, word);
}

}  // namespace kite::race
