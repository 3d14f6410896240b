// SPDX-License-Identifier: Apache-2.0
package paperkite.contestant;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;

/**
 * Pillow's resampling of 8-bit pictures. It gives the same bits, except where the results of sin() differ. The filter
 * is stretched when a picture shrinks (antialiased), weights are rounded to 22 bits after the point, and the horizontal
 * pass is rounded to bytes before the vertical one begins. Java's own scaling is not antialiased.
 */
enum Resize {
  NEAREST(0, x -> 0),
  BOX(0.5, x -> x <= 0.5 ? 1 : 0),
  BILINEAR(1, x -> Math.max(1 - x, 0)),
  HAMMING(1, x -> x >= 1 ? 0 : sinc(x) * (0.54 + 0.46 * Math.cos(Math.PI * x))),
  // Keys' cubic with a = -0.5.
  BICUBIC(2, x -> x < 1 ? (1.5 * x - 2.5) * x * x + 1 : x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0),
  LANCZOS(3, x -> x < 3 ? sinc(x) * sinc(x / 3) : 0);

  private static final int PRECISION = 22; // 32 bits, less 8 of a byte and 2 for sums of weights that are negative in part
  private static final int CHANNELS = 3;

  private final double support;
  private final DoubleUnaryOperator at; // for distances that are not negative

  Resize(double support, DoubleUnaryOperator at) {
    this.support = support;
    this.at = at;
  }

  private static double sinc(double x) {
    return x == 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
  }

  /** One position of the result: the first position that it sees, and the weights of that one and the next. */
  private record Taps(int first, int[] weights) {}

  private Taps[] taps(int from, int to) {
    double scale = (double) from / to;
    double stretch = Math.max(scale, 1);
    double reach = support * stretch;
    Taps[] result = new Taps[to];
    for (int position = 0; position < to; ++position) {
      double centre = (position + 0.5) * scale;
      int begin = Math.max((int) (centre - reach + 0.5), 0);
      int end = Math.min((int) (centre + reach + 0.5), from);
      double[] values = new double[end - begin];
      for (int i = 0; i < values.length; ++i) {
        double distance = (begin + i - centre + 0.5) / stretch;
        // A box excludes its left end, so that two neighbours never share a position.
        values[i] = this == BOX && distance == -0.5 ? 0 : at.applyAsDouble(Math.abs(distance));
      }
      double sum = Arrays.stream(values).reduce(0, Double::sum);
      int[] weights = new int[values.length];
      for (int i = 0; i < values.length; ++i) {
        double scaled = values[i] / sum * (1 << PRECISION);
        weights[i] = (int) (scaled < 0 ? scaled - 0.5 : scaled + 0.5);
      }
      result[position] = new Taps(begin, weights);
    }
    return result;
  }

  private static byte rounded(int sum) {
    return (byte) Math.min(Math.max(sum >> PRECISION, 0), 255);
  }

  /** Pixels of three bytes; a direction whose length does not change is not resampled. */
  byte[] apply(byte[] pixels, int fromWidth, int fromHeight, int width, int height) {
    if (this == NEAREST) return nearest(pixels, fromWidth, fromHeight, width, height);
    byte[] wide = fromWidth == width ? pixels : horizontal(pixels, fromHeight, fromWidth, width);
    return fromHeight == height ? wide : vertical(wide, width * CHANNELS, fromHeight, height);
  }

  private byte[] horizontal(byte[] pixels, int rows, int from, int to) {
    Taps[] taps = taps(from, to);
    byte[] result = new byte[rows * to * CHANNELS];
    int out = 0;
    for (int row = 0; row < rows; ++row) {
      for (Taps tap : taps) {
        int red = 1 << (PRECISION - 1);
        int green = red;
        int blue = red;
        int in = (row * from + tap.first) * CHANNELS;
        for (int weight : tap.weights) {
          red += (pixels[in++] & 255) * weight;
          green += (pixels[in++] & 255) * weight;
          blue += (pixels[in++] & 255) * weight;
        }
        result[out++] = rounded(red);
        result[out++] = rounded(green);
        result[out++] = rounded(blue);
      }
    }
    return result;
  }

  /** Rows of `width` bytes. */
  private byte[] vertical(byte[] pixels, int width, int from, int to) {
    Taps[] taps = taps(from, to);
    byte[] result = new byte[to * width];
    int[] sums = new int[width];
    for (int position = 0; position < to; ++position) {
      Arrays.fill(sums, 1 << (PRECISION - 1));
      int row = taps[position].first * width;
      for (int weight : taps[position].weights) {
        for (int i = 0; i < width; ++i) sums[i] += (pixels[row + i] & 255) * weight;
        row += width;
      }
      for (int i = 0; i < width; ++i) result[position * width + i] = rounded(sums[i]);
    }
    return result;
  }

  /** Added up step by step as Pillow does, whose rounding shows. */
  private static int[] nearestPlaces(int from, int to) {
    double scale = (double) from / to;
    double at = scale / 2;
    int[] positions = new int[to];
    for (int position = 0; position < to; ++position, at += scale) positions[position] = (int) at;
    return positions;
  }

  private static byte[] nearest(byte[] pixels, int fromWidth, int fromHeight, int width, int height) {
    byte[] result = new byte[width * height * CHANNELS];
    int[] columns = nearestPlaces(fromWidth, width);
    int out = 0;
    for (int row : nearestPlaces(fromHeight, height)) {
      for (int column : columns) {
        System.arraycopy(pixels, (row * fromWidth + column) * CHANNELS, result, out, CHANNELS);
        out += CHANNELS;
      }
    }
    return result;
  }
}
