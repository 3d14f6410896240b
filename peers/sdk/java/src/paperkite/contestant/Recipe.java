// SPDX-License-Identifier: Apache-2.0
package paperkite.contestant;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.File;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import javax.imageio.ImageIO;

/** The recipe: ImageIO, which every Java has, decodes; the resizer is this kit's own. */
final class Recipe {
  private static final Map<String, String> PLAIN =
      Map.of("crop_offset", "half_even", "arithmetic", "torchvision", "channels", "rgb");
  private static final Set<String> KNOWN = Set.of("resize", "crop", "interpolation", "mean", "std");

  /** height is 0 where width is that of the short side. */
  private record Size(int width, int height) {}

  /** What was decoded: three bytes a pixel, red first. */
  private record Picture(Size size, byte[] pixels) {}

  /** float32 [1, 3, H, W] in a direct buffer, until the next one is made. */
  record Tensor(FloatBuffer values, long[] shape) {}

  private final Size resize; // null: not at all
  private final Size crop;
  private final Resize filter;
  private final float[][] tables = new float[3][256]; // the float of each stored value
  private FloatBuffer values = Tensors.direct(0).asFloatBuffer();

  Recipe(String path) throws IOException, Failure {
    ImageIO.setUseCache(false); // in memory, not in a file
    try {
      JsonObject recipe = JsonParser.parseString(Files.readString(Path.of(path))).getAsJsonObject();
      for (Map.Entry<String, JsonElement> entry : recipe.entrySet()) {
        String plain = PLAIN.get(entry.getKey());
        if (!KNOWN.contains(entry.getKey()) && (plain == null || !plain.equals(entry.getValue().getAsString()))) {
          throw new IllegalArgumentException(entry.getKey() + " = " + entry.getValue());
        }
      }
      resize = size(recipe.get("resize"), false);
      crop = size(recipe.get("crop"), true);
      JsonElement name = recipe.get("interpolation");
      filter = name == null ? Resize.BILINEAR : Resize.valueOf(name.getAsString().toUpperCase(Locale.ROOT));
      float[] mean = three(recipe.get("mean"), 0);
      float[] std = three(recipe.get("std"), 1);
      for (int channel = 0; channel < 3; ++channel) {
        for (int stored = 0; stored < 256; ++stored) {
          tables[channel][stored] = (stored / 255f - mean[channel]) / std[channel];
        }
      }
    } catch (JsonParseException | IllegalStateException | IllegalArgumentException | UnsupportedOperationException error) {
      throw new Failure(path + ": this contestant does not know what the recipe says: " + error.getMessage());
    }
  }

  private static Size size(JsonElement value, boolean square) {
    if (value == null || value.isJsonNull()) return null;
    if (!value.isJsonArray()) return new Size(side(value), square ? side(value) : 0);
    JsonArray sides = value.getAsJsonArray();
    if (sides.size() != 2) throw new IllegalArgumentException("a size of " + sides);
    return new Size(side(sides.get(1)), side(sides.get(0)));
  }

  private static int side(JsonElement value) {
    double side = value.getAsDouble();
    if (side != Math.rint(side) || side < 1 || side > 65536) throw new IllegalArgumentException("a length of " + value);
    return (int) side;
  }

  private static float[] three(JsonElement value, float otherwise) {
    if (value == null) return new float[] {otherwise, otherwise, otherwise};
    JsonArray array = value.getAsJsonArray();
    if (array.size() != 3) throw new IllegalArgumentException("three numbers are needed, not " + array);
    return new float[] {array.get(0).getAsFloat(), array.get(1).getAsFloat(), array.get(2).getAsFloat()};
  }

  private Size resized(Size from) {
    if (resize == null) return from;
    if (resize.height != 0) return resize;
    int longSide = (int) ((long) resize.width * Math.max(from.width, from.height) / Math.min(from.width, from.height));
    return from.width <= from.height ? new Size(resize.width, longSide) : new Size(longSide, resize.width);
  }

  /** Stored values, without the conversions that a profile or transparency would ask for. */
  private static Picture decode(String path) throws IOException, Failure {
    BufferedImage image;
    try {
      image = ImageIO.read(new File(path));
    } catch (IOException error) {
      throw new IOException(path + ": " + error.getMessage(), error);
    }
    if (image == null) throw new Failure(path + ": Java's ImageIO knows no picture of this format");
    int width = image.getWidth();
    int height = image.getHeight();
    byte[] pixels = new byte[3 * width * height];
    if (image.getColorModel() instanceof IndexColorModel) {
      int out = 0;
      for (int colour : image.getRGB(0, 0, width, height, null, 0, width)) {
        for (int shift = 16; shift >= 0; shift -= 8) pixels[out++] = (byte) (colour >> shift);
      }
      return new Picture(new Size(width, height), pixels);
    }
    Raster raster = image.getRaster();
    int bands = raster.getNumBands();
    int bits = raster.getSampleModel().getSampleSize(0) - 8;
    if (bits < 0) throw new Failure(path + ": it has less than eight bits a sample");
    int[] row = new int[bands * width];
    for (int y = 0, out = 0; y < height; ++y) {
      raster.getPixels(0, y, width, 1, row);
      for (int x = 0; x < width; ++x) {
        // A grey picture has one band, or two with transparency.
        for (int channel = 0; channel < 3; ++channel) pixels[out++] = (byte) (row[x * bands + (bands < 3 ? 0 : channel)] >> bits);
      }
    }
    return new Picture(new Size(width, height), pixels);
  }

  Tensor tensor(String path) throws IOException, Failure {
    Picture picture = decode(path);
    Size from = picture.size;
    Size to = resized(from);
    byte[] pixels = filter.apply(picture.pixels, from.width, from.height, to.width, to.height);
    Size size = crop == null ? to : crop;
    int left = offset(to.width, size.width);
    int top = offset(to.height, size.height);
    int plane = size.width * size.height;
    if (values.capacity() != 3 * plane) values = Tensors.direct(12 * plane).asFloatBuffer();
    int at = 0;
    for (int y = top; y < top + size.height; ++y) {
      for (int x = left; x < left + size.width; ++x, ++at) {
        boolean inside = x >= 0 && y >= 0 && x < to.width && y < to.height; // padded with black
        for (int channel = 0; channel < 3; ++channel) {
          int stored = inside ? pixels[3 * (y * to.width + x) + channel] & 255 : 0;
          values.put(channel * plane + at, tables[channel][stored]);
        }
      }
    }
    return new Tensor(values, new long[] {1, 3, size.height, size.width});
  }

  /** Where a centred crop begins: half to even; one that is larger than the picture begins outside of it. */
  private static int offset(int length, int crop) {
    return crop > length ? -((crop - length) / 2) : (int) Math.rint((length - crop) / 2.0);
  }
}
