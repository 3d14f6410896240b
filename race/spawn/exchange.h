// SPDX-License-Identifier: Apache-2.0
// The runner's side of helper/wire.h: a request into bytes, over the socket, and the reply back.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "race/spawn/helper/wire.h"
#include "race/spawn/spawner.h"

namespace kite::race {

struct EncodedRequest {
  wire::RequestHead head;
  std::string blob;
};

// An Error where the request cannot be carried out as asked: no command, too long, a zero byte, no time.
Result<EncodedRequest> encode(const SpawnRequest& request, const std::string& program,
                              const std::vector<std::string>& environment);

enum class ExchangeEnd : std::uint8_t { kReply, kHelperGone, kHelperStuck, kCancelled };

// `descriptors`: the files that the helper writes the child's output and errors into; of a live request then the child's
// standard input and output. False: the helper is gone.
bool send_request(int socket, const EncodedRequest& request, std::span<const int> descriptors);

// The helper's word that a live child runs.
ExchangeEnd receive_started(int socket, const std::atomic<bool>* cancelled, wire::Started& started);
// Sleeps until the reply is there: up to the child's own limit and grace, and some time for the helper's work.
ExchangeEnd receive_reply(int socket, const EncodedRequest& request, const std::atomic<bool>* cancelled,
                          wire::Reply& reply);

// What was kept of a stream, with a line in the middle that says how much was left out.
std::string read_kept(int descriptor, const wire::StreamLimit& limit, const wire::StreamReply& stream);

}  // namespace kite::race
