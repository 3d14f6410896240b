# SPDX-License-Identifier: Apache-2.0
"""Pictures that are none, are cut short, or claim too much: an error each, and the others still get their label."""

import struct
import unittest
import zlib

from kite import Case, picture_bytes, save_classifier


class BadPictures(Case):
    def setUp(self):
        super().setUp()
        self.model = save_classifier(self.folder / "m.onnx")

    def refuse(self, content, code, *words, exit_code=4):
        path = self.folder / "picture.jpg"
        path.write_bytes(content)
        self.assert_error_among_warnings(self.kite("classify", self.model, path), code, exit_code, *words)

    def assert_error_among_warnings(self, result, code, exit_code, *words):
        lines = [line for line in result.stderr.decode(errors="replace").splitlines() if not line.startswith("kite: warning")]
        result.stderr = "\n".join(lines).encode()
        self.assert_error(result, code, exit_code, *words)

    def test_what_is_no_picture(self):
        self.refuse(b"", "invalid-image")
        self.refuse(b"\xff", "invalid-image")
        self.refuse(b"just text, no picture", "invalid-image")
        self.refuse(b"\xff\xd8\xff", "invalid-image")

    def test_formats_that_are_not_read_are_named(self):
        self.refuse(b"qoif" + bytes(100), "unsupported-image", "QOI", "from PIL import Image")
        self.refuse(b"\0\0\0\x18ftypheic" + bytes(100), "unsupported-image", "HEIC", "magick IN OUT.png")
        self.refuse(b"%PDF-1.4" + bytes(100), "unsupported-image", "PDF")

    def test_cut_pictures(self):
        for kind in ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP", "PPM"):
            content = picture_bytes(kind)
            for part in (10, 30, 50, 70, 90):
                self.refuse(content[:len(content) * part // 100], "invalid-image")

    def test_a_picture_that_claims_a_billion_pixels(self):
        def chunk(name, data):
            return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

        header = chunk(b"IHDR", struct.pack(">IIBBBBB", 32768, 32768, 8, 2, 0, 0, 0))
        self.refuse(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b""), "limit", exit_code=5)

    def test_the_name_s_ending_does_not_matter(self):
        path = self.folder / "really_a_png.jpg"
        path.write_bytes(picture_bytes("PNG"))
        self.assertEqual(self.kite("classify", self.model, path).returncode, 0)

    def test_missing_files_and_empty_folders(self):
        self.assert_error_among_warnings(self.kite("classify", self.model, self.folder / "none.jpg"), "io", 6, "none.jpg")
        (self.folder / "empty").mkdir()
        self.assert_error_among_warnings(self.kite("classify", self.model, self.folder / "empty"), "io", 6, "empty")
        self.assert_error_among_warnings(self.kite("classify", self.model, "@none.txt"), "io", 6, "none.txt")


if __name__ == "__main__":
    unittest.main()
