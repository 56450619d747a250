package consensus

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"testing"
)

// The tests of clusters wait most of the time, so that several of them share a core. The flag -parallel
// says otherwise.
func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		if err := flag.Set("test.parallel", fmt.Sprint(2*runtime.GOMAXPROCS(0))); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
