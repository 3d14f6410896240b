module paperkite.local/contestant

go 1.19

require (
	golang.org/x/image v0.24.0
	golang.org/x/sys v0.30.0
)
