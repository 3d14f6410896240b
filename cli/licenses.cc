// SPDX-License-Identifier: Apache-2.0
// zlib unpacks the texts: the PNG reader brings it along, and compressed they take a quarter of the space.
#include "licenses.h"

#include <zlib.h>

#include "cli/output/output.h"

namespace kite::cli {

ExitCode print_licenses() {
  z_stream stream{};
  constexpr int kGzip = 16;
  bool is_whole = ::inflateInit2(&stream, MAX_WBITS + kGzip) == Z_OK;
  stream.next_in = const_cast<unsigned char*>(kLicenses.data());
  stream.avail_in = static_cast<unsigned>(kLicenses.size());
  for (int state = Z_OK; is_whole && state != Z_STREAM_END;) {
    unsigned char piece[4096];
    stream.next_out = piece;
    stream.avail_out = sizeof piece;
    state = ::inflate(&stream, Z_NO_FLUSH);
    is_whole = state == Z_OK || state == Z_STREAM_END;
    standard_output().write({reinterpret_cast<const char*>(piece), sizeof piece - stream.avail_out});
  }
  ::inflateEnd(&stream);
  if (is_whole) return kOk;
  return report(Error{ErrorCode::kLimit, "the texts cannot be unpacked", {}, "allow more memory"}, false);
}

Option licenses_option(bool& given) {
  return {.names = "--licenses", .into = &given, .help = "Print the licences of kite and of the libraries in it"};
}

}  // namespace kite::cli
