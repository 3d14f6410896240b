// SPDX-License-Identifier: Apache-2.0
// The wordings that older races used.
#include "race/journal/older_notes.h"

#include <array>
#include <string_view>

namespace kite::race {

namespace {

struct Wording {
  std::string_view begins, holds;
  NoteKind kind;
};

constexpr std::string_view kInvalid = "invalid: ";  // the kind says it, so the text need not
// The first that fits counts.
constexpr std::array<Wording, 5> kWordings = {
    {{"interrupted", "", NoteKind::kInterrupted},
     {"resumed", "", NoteKind::kResumed},
     {"judge of ", "", NoteKind::kJudge},
     // This spoils the mode that it names and no other; the reference's failed processes say so as well.
     {"invalid: the reference ", " cannot run ", NoteKind::kWarning},
     {kInvalid, "", NoteKind::kUnranked}}};

// The longest of the plan's models that the text names.
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
