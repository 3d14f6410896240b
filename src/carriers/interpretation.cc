// SPDX-License-Identifier: Apache-2.0
// Asks the sources in their order of trust; each may state labels, fields of the recipe, or both.
#include "carriers/interpretation.h"

#include "carriers/offers.h"
#include "carriers/picture_form.h"
#include "carriers/sources.h"
#include "paperkite/try.h"

namespace kite {
Result<Interpretation> resolve_interpretation(const InterpretationSources& sources) {
  KITE_TRY_ASSIGN(const PictureForm input, read_picture_form(sources.input_type, sources.input_shape));
  Offers offers(sources, input);
  for (const Source& source : sources_in_order_of_trust()) {
    offers.begin_source();
    KITE_TRY(source.read(offers));
  }
  KITE_TRY(offers.complete_recipe());
  return offers.finish();
}

}  // namespace kite
