// SPDX-License-Identifier: Apache-2.0
package paperkite.contestant;

/** What ends the program with a line on standard error. */
public final class Failure extends Exception {
  public Failure(String message) {
    super(message);
  }
}
