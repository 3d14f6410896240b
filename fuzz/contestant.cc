// SPDX-License-Identifier: Apache-2.0
// Any bytes as what a contestant of a race prints. The first byte says what is expected of it.
#include <array>
#include <string>
#include <vector>

#include "driver.h"
#include "race/schedule/answer.h"
#include "race/schedule/protocol.h"

namespace kite::fuzz {

void contestant(Bytes bytes) {
  Taker taker(bytes);
  const std::uint8_t choice = taker.byte();
  const std::string_view output = text_of(taker.rest());
  constexpr std::array<race::Mode, 3> kModes = {race::Mode::kNoPre, race::Mode::kIncPre, race::Mode::kOneshot};
  race::Expectation expected;
  expected.mode = kModes[choice % 3];
  expected.count = 1 + choice / 3 % 4;
  expected.inputs = 1 + choice / 12 % 2;
  expected.classes = choice % 2 == 0 ? 0 : 3;
  expected.wall_ns = 1'000'000'000;
  const race::Said said = race::parse_protocol(output, expected);
  KITE_CHECK(!said.reason.empty() || static_cast<std::int64_t>(said.samples.size()) <= expected.count);
  std::vector<race::Sample> samples;
  (void)race::says_ready(output);
  (void)race::parse_block(output, expected, choice % 5, 0, samples);
  const std::array<std::string, 3> labels = {"tench", "great white shark", "crane"};
  const std::array<std::string, 2> argv = {"program", "tench.jpg"};
  const race::Answer answer = race::find_answer(output, labels, argv);
  KITE_CHECK(answer.index >= -1 && answer.index < 3);
  KITE_CHECK((answer.index < 0) == !answer.why_not.empty());
}

}  // namespace kite::fuzz
