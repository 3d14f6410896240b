module paperkite.local/onnxruntime-go

go 1.19

require (
	github.com/yalue/onnxruntime_go v1.27.0
	paperkite.local/contestant v0.0.0
)

require (
	golang.org/x/image v0.24.0 // indirect
	golang.org/x/sys v0.30.0 // indirect
)

replace paperkite.local/contestant => ../sdk/go
