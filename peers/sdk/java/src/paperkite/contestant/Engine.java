// SPDX-License-Identifier: Apache-2.0
package paperkite.contestant;

import java.nio.FloatBuffer;

/** A loaded model. */
public interface Engine {
  /** What is timed: the input [1, C, H, W] lies in a direct buffer and is borrowed; the scores are the caller's. */
  float[] infer(FloatBuffer input, long[] shape) throws Exception;

  /** How it was set, in words. */
  String settings();
}
