// SPDX-License-Identifier: Apache-2.0

package contestant

import "image"

// Most JPEG files store colour at half the resolution. Go's decoder gives every stored colour to a block of pixels; the
// decoders that recipes are written for (libjpeg, in Pillow) go smoothly from one to the next, three quarters of the nearer
// and one of the farther, and so does this. Up to 32 of 255 lay between the two in a picture that had been resized.
func smoothColour(picture *image.YCbCr) *image.YCbCr {
	double := picture.SubsampleRatio == image.YCbCrSubsampleRatio420
	if !double && picture.SubsampleRatio != image.YCbCrSubsampleRatio422 {
		return picture
	}
	bounds := picture.Bounds()
	result := image.NewYCbCr(bounds, image.YCbCrSubsampleRatio444)
	for y := 0; y < bounds.Dy(); y++ {
		copy(result.Y[y*result.YStride:][:bounds.Dx()], picture.Y[y*picture.YStride:])
		smoothRow(result.Cb[y*result.CStride:][:bounds.Dx()], picture.Cb, picture.CStride, y, bounds, double)
		smoothRow(result.Cr[y*result.CStride:][:bounds.Dx()], picture.Cr, picture.CStride, y, bounds, double)
	}
	return result
}

// Row y of one colour at full resolution. Sums are sixteenths; at an edge the farther one is the nearer one again.
func smoothRow(to, plane []uint8, stride, y int, bounds image.Rectangle, double bool) {
	width, rows := (bounds.Dx()+1)/2, bounds.Dy()
	near, far := y, y
	rounding := [2]int{4, 8} // of even and odd columns: halves are not always rounded the same way
	if double {
		rows = (rows + 1) / 2
		near, far = y/2, y/2+2*(y%2)-1
		rounding = [2]int{8, 7}
	}
	if far < 0 || far >= rows {
		far = near
	}
	quarters := func(column int) int { return 3*int(plane[near*stride+column]) + int(plane[far*stride+column]) }
	for x := range to {
		column := x / 2
		beside := column + 2*(x%2) - 1
		if beside < 0 || beside >= width {
			beside = column
		}
		to[x] = uint8((3*quarters(column) + quarters(beside) + rounding[x%2]) >> 4)
	}
}
