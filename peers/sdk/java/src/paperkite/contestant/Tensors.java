// SPDX-License-Identifier: Apache-2.0
package paperkite.contestant;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A stack of equal tensors in a .npy file of float32 in C order. read() fills one buffer, so that the file does not count as
 * the contestant's memory.
 */
final class Tensors {
  private static final Pattern SHAPE = Pattern.compile("'shape':\\s*\\(([0-9, ]*)\\)");
  private static final Pattern PLAIN = Pattern.compile("'descr':\\s*'<f4'.*'fortran_order':\\s*False");

  private final String path;
  private final FileChannel file;
  private final long dataAt;
  private final ByteBuffer bytes;
  final int count;

  /** Of one tensor: [1, C, H, W]. */
  final long[] shape;

  Tensors(String path) throws IOException, Failure {
    this.path = path;
    file = FileChannel.open(Path.of(path));
    ByteBuffer start = read(0, 12, "not a .npy file");
    byte[] magic = new byte[6];
    start.get(0, magic);
    if (!new String(magic, StandardCharsets.ISO_8859_1).equals("\u0093NUMPY")) throw broken("not a .npy file");
    boolean old = start.get(6) == 1;
    int size = old ? Short.toUnsignedInt(start.getShort(8)) : start.getInt(8);
    int begin = old ? 10 : 12;
    if (size < 0 || size > 1 << 20) throw broken("its header is too long");
    String header = StandardCharsets.ISO_8859_1.decode(read(begin, size, "its header is cut off")).toString();
    Matcher found = SHAPE.matcher(header);
    if (!PLAIN.matcher(header).find() || !found.find()) throw broken("it holds something else");
    long[] dims = Arrays.stream(found.group(1).split("[, ]+")).filter(word -> !word.isEmpty()).mapToLong(Long::parseLong).toArray();
    if (dims.length != 4 || Arrays.stream(dims).anyMatch(dim -> dim < 1)) throw broken("its shape has no four dimensions");
    dataAt = begin + size;
    count = Math.toIntExact(dims[0]);
    shape = new long[] {1, dims[1], dims[2], dims[3]};
    bytes = direct(Math.toIntExact(4 * dims[1] * dims[2] * dims[3]));
  }

  static ByteBuffer direct(int size) {
    return ByteBuffer.allocateDirect(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  private Failure broken(String what) {
    return new Failure(path + ": " + what + "; save it with numpy.save() as float32 [N, C, H, W]");
  }

  private ByteBuffer read(long at, int size, String otherwise) throws IOException, Failure {
    ByteBuffer buffer = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    fill(buffer, at, otherwise);
    return buffer.flip();
  }

  private void fill(ByteBuffer buffer, long at, String otherwise) throws IOException, Failure {
    while (buffer.hasRemaining()) {
      int read = file.read(buffer, at + buffer.position());
      if (read <= 0) throw broken(otherwise);
    }
  }

  FloatBuffer read(int index) throws IOException, Failure {
    bytes.clear();
    fill(bytes, dataAt + (long) index * bytes.capacity(), "it ends within tensor " + index);
    return bytes.flip().asFloatBuffer();
  }

  /** Parts stand one after another in the file. */
  static void write(String path, long[] dims, List<float[]> parts) throws IOException {
    String shape = Arrays.stream(dims).mapToObj(dim -> dim + ",").reduce("", String::concat);
    String header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + shape + "), }";
    header += " ".repeat(63 - (10 + header.length()) % 64) + "\n"; // data begins at a multiple of 64
    int values = parts.stream().mapToInt(part -> part.length).sum();
    ByteBuffer bytes = ByteBuffer.allocate(10 + header.length() + 4 * values).order(ByteOrder.LITTLE_ENDIAN);
    bytes.put("\u0093NUMPY\u0001\u0000".getBytes(StandardCharsets.ISO_8859_1)).putShort((short) header.length());
    bytes.put(header.getBytes(StandardCharsets.ISO_8859_1));
    for (float[] part : parts) for (float value : part) bytes.putFloat(value);
    bytes.flip();
    try (FileChannel out =
        FileChannel.open(
            Path.of(path), StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
      while (bytes.hasRemaining()) out.write(bytes);
    }
  }
}
