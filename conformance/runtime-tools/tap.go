// Package tap writes the Test Anything Protocol: what runtime-tools' validation programs use of github.com/mndrix/tap-go, which
// Debian does not have.
package tap

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// T counts the points of one stream.
type T struct {
	number  int
	planned bool
	todo    bool
}

func New() *T {
	return &T{}
}

// Header says how many points will come; 0: AutoPlan does so at the end.
func (t *T) Header(count int) {
	fmt.Println("TAP version 13")
	if count > 0 {
		t.planned = true
		fmt.Printf("1..%d\n", count)
	}
}

func (t *T) Ok(passed bool, description string) {
	word, mark := "ok", ""
	if !passed {
		word = "not ok"
	}
	if t.todo {
		mark = " # TODO"
	}
	t.number++
	fmt.Printf("%s %d - %s%s\n", word, t.number, oneLine(description), mark)
}

func (t *T) Pass(description string) {
	t.Ok(true, description)
}

func (t *T) Fail(description string) {
	t.Ok(false, description)
}

// Todo gives a harness whose next point is not expected to pass; it counts on from here.
func (t *T) Todo() *T {
	t.number++
	return &T{number: t.number - 1, planned: true, todo: true}
}

func (t *T) Skip(count int, reason string) {
	for i := 0; i < count; i++ {
		t.number++
		fmt.Printf("ok %d # SKIP %s\n", t.number, oneLine(reason))
	}
}

func (t *T) AutoPlan() {
	if !t.planned {
		fmt.Printf("1..%d\n", t.number)
	}
}

func (t *T) Diagnostic(message string) {
	for _, line := range strings.Split(message, "\n") {
		fmt.Printf("# %s\n", line)
	}
}

func (t *T) Diagnosticf(format string, values ...interface{}) {
	t.Diagnostic(fmt.Sprintf(format, values...))
}

// YAML writes details of the last point. JSON is YAML.
func (t *T) YAML(message interface{}) error {
	text, err := json.MarshalIndent(message, "  ", "  ")
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stdout, "  ---\n  %s\n  ...\n", text)
	return nil
}

func oneLine(text string) string {
	return strings.ReplaceAll(text, "\n", " ")
}
