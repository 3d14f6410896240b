// SPDX-License-Identifier: Apache-2.0
// The runner's side of helper/wire.h: writes a request as bytes, sends it over the socket, and receives the reply.
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

// An Error: the request cannot be carried out. It has no command or no time limit, is too long, or holds a zero byte.
Result<EncodedRequest> encode(const SpawnRequest& request, const std::string& program,
                              const std::vector<std::string>& environment);

enum class ExchangeEnd : std::uint8_t { kReply, kHelperGone, kHelperStuck, kCancelled };

// `descriptors`: the files into which the helper writes the child's output and errors; a live request also has the
// child's standard input and output. False: the helper has ended.
bool send_request(int socket, const EncodedRequest& request, std::span<const int> descriptors);

// The helper's message that a live child runs.
ExchangeEnd receive_started(int socket, const std::atomic<bool>* cancelled, wire::Started& started);
// Sleeps until the reply arrives: at most the child's time limit and grace, and some time for the helper's own work.
ExchangeEnd receive_reply(int socket, const EncodedRequest& request, const std::atomic<bool>* cancelled,
                          wire::Reply& reply);

// The bytes of a stream that were kept, with a line in the middle that says how many were left out.
std::string read_kept(int descriptor, const wire::StreamLimit& limit, const wire::StreamReply& stream);

}  // namespace kite::race
