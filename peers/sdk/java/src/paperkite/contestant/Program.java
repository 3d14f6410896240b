// SPDX-License-Identifier: Apache-2.0
package paperkite.contestant;

import java.util.Map;

/** What a contestant brings. */
public interface Program {
  /** Makes the runtime ready and says what it is: names and versions. */
  Map<String, String> start(Request request) throws Exception;

  /** An engine of the model; the threads that this makes are counted. */
  Engine load(Request request) throws Exception;

  /** Makes what later runs read. */
  default void prepare(Request request) throws Exception {
    throw new Failure("there is nothing to prepare");
  }
}
