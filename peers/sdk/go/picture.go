// SPDX-License-Identifier: Apache-2.0

package contestant

import (
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg" // decoders for image.Decode
	_ "image/png"
	"math"
	"os"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp"
)

// The recipe with the usual packages of Go: image decodes, golang.org/x/image/draw resizes. Its kernels are stretched when a
// picture shrinks (antialiased), as Pillow's are. The results are not equal to Pillow's in the last bit; a race reports by how
// much the tensor differs.
type recipe struct {
	resize, crop *size // nil: not at all; a side of 0: the other one is the short side
	kernel       draw.Scaler
	tables       [3][256]float32 // the float of each stored value
}

type size struct{ width, height int }

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// Kernels are asked for distances that are not negative and smaller than their support.
var kernels = map[string]draw.Scaler{
	"nearest":  draw.NearestNeighbor,
	"box":      &draw.Kernel{Support: 0.5, At: func(float64) float64 { return 1 }},
	"bilinear": draw.BiLinear,
	"hamming":  &draw.Kernel{Support: 1, At: func(t float64) float64 { return sinc(t) * (0.54 + 0.46*math.Cos(math.Pi*t)) }},
	"bicubic":  draw.CatmullRom,
	"lanczos":  &draw.Kernel{Support: 3, At: func(t float64) float64 { return sinc(t) * sinc(t/3) }},
}

func readRecipe(path string) (*recipe, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	plain := map[string]string{"crop_offset": `"half_even"`, "arithmetic": `"torchvision"`, "channels": `"rgb"`}
	r, interpolation := &recipe{}, "bilinear"
	mean, std := []float64{0, 0, 0}, []float64{1, 1, 1}
	for key, value := range raw {
		var err error
		switch key {
		case "resize":
			r.resize, err = sizeOf(value, func(n int) size { return size{n, 0} })
		case "crop":
			r.crop, err = sizeOf(value, func(n int) size { return size{n, n} })
		case "interpolation":
			err = json.Unmarshal(value, &interpolation)
		case "mean":
			err = json.Unmarshal(value, &mean)
		case "std":
			err = json.Unmarshal(value, &std)
		default:
			if string(value) != plain[key] {
				err = fmt.Errorf("unknown")
			}
		}
		if err != nil {
			return nil, fmt.Errorf("%s: this contestant does not know the recipe's %s = %s", path, key, value)
		}
	}
	r.kernel = kernels[interpolation]
	if r.kernel == nil || len(mean) != 3 || len(std) != 3 {
		return nil, fmt.Errorf("%s: this contestant does not know its interpolation %q, or mean and std are not three numbers", path, interpolation)
	}
	for channel := range r.tables {
		for stored := range r.tables[channel] {
			r.tables[channel][stored] = (float32(stored)/255 - float32(mean[channel])) / float32(std[channel])
		}
	}
	return r, nil
}

// A number (a size is made of it), [height, width], or null.
func sizeOf(value json.RawMessage, of func(int) size) (*size, error) {
	if string(value) == "null" {
		return nil, nil
	}
	var sides []int
	var side int
	if err := json.Unmarshal(value, &side); err == nil {
		made := of(side)
		sides = []int{side, side}
		if side >= 1 && side <= 65536 {
			return &made, nil
		}
	} else if err := json.Unmarshal(value, &sides); err != nil || len(sides) != 2 {
		return nil, fmt.Errorf("no size")
	}
	if sides[0] < 1 || sides[1] < 1 || sides[0] > 65536 || sides[1] > 65536 {
		return nil, fmt.Errorf("no size")
	}
	return &size{sides[1], sides[0]}, nil
}

func (r *recipe) resized(from size) size {
	switch {
	case r.resize == nil:
		return from
	case r.resize.height != 0:
		return *r.resize
	case from.width <= from.height:
		return size{r.resize.width, r.resize.width * from.height / from.width}
	default:
		return size{r.resize.width * from.width / from.height, r.resize.width}
	}
}

// Transparency is ignored and not applied: otherwise transparent pixels of Go's pictures would be darker.
func opaque(picture image.Image) image.Image {
	if one, known := picture.(interface{ Opaque() bool }); known && one.Opaque() {
		return picture
	}
	bounds := picture.Bounds()
	result := image.NewNRGBA(bounds)
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			pixel := color.NRGBAModel.Convert(picture.At(x, y)).(color.NRGBA)
			pixel.A = 255
			result.SetNRGBA(x, y, pixel)
		}
	}
	return result
}

// tensor fills *values with float32 [1, 3, H, W] and gives that shape.
func (r *recipe) tensor(path string, values *[]float32) ([]int64, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	decoded, _, err := image.Decode(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if coloured, known := decoded.(*image.YCbCr); known {
		decoded = smoothColour(coloured)
	}
	bounds := decoded.Bounds()
	from := size{bounds.Dx(), bounds.Dy()}
	to := r.resized(from)
	pixels := image.NewRGBA(image.Rect(0, 0, to.width, to.height))
	if to == from {
		draw.Draw(pixels, pixels.Bounds(), opaque(decoded), bounds.Min, draw.Src)
	} else {
		r.kernel.Scale(pixels, pixels.Bounds(), opaque(decoded), bounds, draw.Src, nil)
	}
	crop := to
	if r.crop != nil {
		crop = *r.crop
	}
	left, top := offset(to.width, crop.width), offset(to.height, crop.height)
	plane := crop.width * crop.height
	if cap(*values) < 3*plane {
		*values = make([]float32, 3*plane)
	}
	*values = (*values)[:3*plane]
	at := 0
	for y := top; y < top+crop.height; y++ {
		for x := left; x < left+crop.width; x++ {
			var stored [3]uint8 // padded with black
			if x >= 0 && y >= 0 && x < to.width && y < to.height {
				copy(stored[:], pixels.Pix[y*pixels.Stride+4*x:])
			}
			for channel := range stored {
				(*values)[channel*plane+at] = r.tables[channel][stored[channel]]
			}
			at++
		}
	}
	return []int64{1, 3, int64(crop.height), int64(crop.width)}, nil
}

// Where a centred crop begins, rounded half to even; a crop that is larger than the picture begins outside of it.
func offset(length, crop int) int {
	if crop > length {
		return -((crop - length) / 2)
	}
	return int(math.RoundToEven(float64(length-crop) / 2))
}
