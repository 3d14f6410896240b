// SPDX-License-Identifier: Apache-2.0
// The texts that older races wrote.
#include "race/journal/older_notes.h"

#include <array>
#include <string_view>

namespace kite::race {

namespace {

struct Wording {
  std::string_view begins, holds;
  NoteKind kind;
};

constexpr std::string_view kInvalid = "invalid: ";  // removed from the text, since the kind says the same
// The first pattern that matches counts.
constexpr std::array<Wording, 5> kWordings = {
    {{"interrupted", "", NoteKind::kInterrupted},
     {"resumed", "", NoteKind::kResumed},
     {"judge of ", "", NoteKind::kJudge},
     // Only the mode that it names cannot be ranked, and the reference's failed processes show that as well.
     {"invalid: the reference ", " cannot run ", NoteKind::kWarning},
     {kInvalid, "", NoteKind::kUnranked}}};

// Of the plan's models that the text names, the one with the longest name.
std::string model_in(std::string_view text, const PlanRecord& plan) {
  std::string found;
  for (const ModelRecord& model : plan.models) {
    if (model.id.size() > found.size() && text.find(model.id) != std::string_view::npos) found = model.id;
  }
  return found;
}

}  // namespace

NoteRecord classified(NoteRecord note, const PlanRecord& plan) {
  if (note.kind != NoteKind::kUntyped) return note;
  note.kind = NoteKind::kWarning;
  for (const Wording& wording : kWordings) {
    if (!note.text.starts_with(wording.begins) || note.text.find(wording.holds) == std::string::npos) continue;
    note.kind = wording.kind;
    if (note.kind == NoteKind::kJudge || note.kind == NoteKind::kUnranked) note.model = model_in(note.text, plan);
    break;
  }
  if (note.text.starts_with(kInvalid)) note.text.erase(0, kInvalid.size());
  return note;
}

}  // namespace kite::race
