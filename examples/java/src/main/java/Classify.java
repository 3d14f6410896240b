// SPDX-License-Identifier: Apache-2.0
// usage: java Classify MODEL PICTURE: the five best classes of a picture, with JNA.

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import java.util.Map;

public final class Classify {
  /** What of paperkite.h is used here. size_t is long on the systems that the library runs on. */
  public interface Paperkite extends Library {
    String paperkite_error_name(Pointer error);
    String paperkite_error_message(Pointer error);
    void paperkite_error_free(Pointer error);
    Pointer paperkite_classifier_open(String path, Pointer options, PointerByReference classifier);
    void paperkite_classifier_free(Pointer classifier);
    long paperkite_classifier_notice_count(Pointer classifier);
    String paperkite_classifier_notice(Pointer classifier, long place);
    Pointer paperkite_picture_from_file(String path, PointerByReference picture);
    void paperkite_picture_free(Pointer picture);
    Pointer paperkite_classify(Pointer classifier, Pointer picture, int k, PointerByReference result);
    long paperkite_result_count(Pointer result);
    long paperkite_result_index(Pointer result, long place);
    String paperkite_result_label(Pointer result, long place);
    float paperkite_result_score(Pointer result, long place);
    void paperkite_result_free(Pointer result);
  }

  private static final Paperkite LIBRARY =
      Native.load("libpaperkite.so.0", Paperkite.class, Map.of(Library.OPTION_STRING_ENCODING, "UTF-8"));

  private static Pointer made(Pointer error, PointerByReference out) {
    if (error == null) return out.getValue();
    String text = "error[" + LIBRARY.paperkite_error_name(error) + "]: " + LIBRARY.paperkite_error_message(error);
    LIBRARY.paperkite_error_free(error);
    throw new IllegalStateException(text);
  }

  private static void classify(String model, String file) {
    PointerByReference out = new PointerByReference();
    Pointer classifier = made(LIBRARY.paperkite_classifier_open(model, null, out), out);
    for (long i = 0; i < LIBRARY.paperkite_classifier_notice_count(classifier); ++i) {
      System.err.println("warning: " + LIBRARY.paperkite_classifier_notice(classifier, i));
    }
    Pointer picture = made(LIBRARY.paperkite_picture_from_file(file, out), out);
    Pointer result = made(LIBRARY.paperkite_classify(classifier, picture, 5, out), out);
    for (long i = 0; i < LIBRARY.paperkite_result_count(result); ++i) {
      System.out.println(LIBRARY.paperkite_result_index(result, i) + ", " + LIBRARY.paperkite_result_label(result, i)
          + ", " + LIBRARY.paperkite_result_score(result, i));
    }
    LIBRARY.paperkite_result_free(result);
    LIBRARY.paperkite_picture_free(picture);
    LIBRARY.paperkite_classifier_free(classifier);
  }

  public static void main(String[] arguments) {
    if (arguments.length != 2) {
      System.err.println("usage: java Classify MODEL PICTURE");
      System.exit(2);
    }
    try {
      classify(arguments[0], arguments[1]);
    } catch (IllegalStateException error) {
      System.err.println(error.getMessage());
      System.exit(1);
    }
  }
}
