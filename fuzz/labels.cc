// SPDX-License-Identifier: Apache-2.0
// Any bytes as each form of labels, and as the text of each kind of file. The first byte is the number of classes.
#include "carriers/labels.h"

#include <string>

#include "base/text_escape.h"
#include "carriers/python_literal.h"
#include "carriers/text_file.h"
#include "driver.h"

namespace kite::fuzz {

namespace {

void check(const ReadLabels& labels) {
  KITE_CHECK(static_cast<std::int64_t>(labels.names.size()) <= kMaxLabels);
  if (!validate(labels.names).ok()) return;
  (void)duplicate_warning(labels.names);
  for (const std::string& label : labels.names) {
    KITE_CHECK(!label.empty() && is_valid_utf8(label));
    for (const char c : escape_for_terminal(label)) KITE_CHECK(static_cast<unsigned char>(c) >= 0x20);
  }
}

template <typename T>
void check(const Result<T>& read) {
  using enum ErrorCode;
  if (!read.ok()) return check_error(read.error(), {kInvalidModel, kUnsupportedModel, kLimit});
  if constexpr (requires { read->has_value(); }) {
    if (read->has_value()) check(**read);
  } else {
    check(*read);
  }
}

}  // namespace

void labels(Bytes bytes) {
  Taker taker(bytes);
  const std::int64_t classes = taker.byte();
  const auto decoded = to_utf8(text_of(taker.rest()));
  if (!decoded.ok()) return check_error(decoded.error(), {ErrorCode::kInvalidModel});
  const std::string& text = *decoded;
  for (const char* name : {"labels.csv", "labels.yaml", "labels.json", "labels.txt", "labels.names"}) {
    check(labels_from_file(name, text, classes));
  }
  check(labels_from_text(text, classes));
  check(labels_from_table(text, classes));
  check(labels_from_yaml(text));
  check(labels_from_any_text(text, classes));
  if (const auto json = parse_json(text, json_value_limit(classes)); json.ok()) {
    (void)has_labels(*json);
    check(labels_from_json(*json));
  }
  (void)parse_python_names(text);
  (void)parse_python_int_list(text);
}

}  // namespace kite::fuzz
