package api

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
)

// Options are the options of one VC API request. Each is taken by whoever understands it, and the first error
// is kept for Rest, which also fails if one is left that nobody took: an option that is ignored is a demand
// that is not met, and nobody notices.
type Options struct {
	left map[string]jcs.Value
	err  error
}

// ReadOptions reads the member options of a request, which need not be there. The request may have no other
// members than those named.
func ReadOptions(body jcs.Value, members ...string) *Options {
	o := &Options{left: map[string]jcs.Value{}}
	for name, member := range body.Members() {
		switch {
		case name != "options" && !slices.Contains(members, name):
			o.fail(Problemf(UnknownOption, "the request has a member %.64q, which is not one of this route", name))
		case name != "options":
		case !member.IsObject():
			o.fail(NewProblem(Malformed, "options: want an object"))
		default:
			for option, v := range member.Members() {
				o.left[option] = v
			}
		}
	}
	return o
}

func (o *Options) fail(p *Problem) {
	if o.err == nil {
		o.err = p
	}
}

func (o *Options) take(name string) (jcs.Value, bool) {
	v, given := o.left[name]
	delete(o.left, name)
	return v, given
}

// Rest is what was wrong with the options that were taken, and names those that were not.
func (o *Options) Rest() error {
	if o.err == nil && len(o.left) > 0 {
		var names []string
		for _, name := range slices.Sorted(maps.Keys(o.left)) {
			names = append(names, "options."+name)
		}
		o.fail(Problemf(UnknownOption, "%.200s: not understood here", strings.Join(names, ", ")))
	}
	return o.err
}

// Text is a string that is not empty, "" if it is not given.
func (o *Options) Text(name string) string {
	v, given := o.take(name)
	s, _ := v.Str()
	if given && s == "" {
		o.fail(Problemf(Malformed, "options.%s: want a string that is not empty", name))
	}
	return s
}

// OneOf is Text of which only some values are understood.
func (o *Options) OneOf(name string, values ...string) string {
	s := o.Text(name)
	if s != "" && !slices.Contains(values, s) {
		o.fail(Problemf(Malformed, "options.%s: want %s", name, strings.Join(values, " or ")))
	}
	return s
}

// maxTexts bounds options that are lists.
const maxTexts = 1024

// Texts are strings of which none is empty: an array, or one string for an array of one. nil if not given.
func (o *Options) Texts(name string) []string {
	list := o.Pointers(name)
	if list != nil && (len(list) == 0 || slices.Contains(list, "")) {
		o.fail(Problemf(Malformed, "options.%s: want a string that is not empty, or several", name))
	}
	return list
}

// Pointers are strings, of which JSON Pointers may be empty: an array, or one string. nil if not given.
func (o *Options) Pointers(name string) []string {
	v, given := o.take(name)
	if s, ok := v.Str(); ok {
		return []string{s}
	}
	if !given {
		return nil
	}
	list := make([]string, 0, min(v.Len(), maxTexts))
	for item := range v.Elems() {
		if s, ok := item.Str(); ok {
			list = append(list, s)
		}
	}
	if !v.IsArray() || v.Len() > maxTexts || len(list) != v.Len() {
		o.fail(Problemf(Malformed, "options.%s: want a string, or at most %d in an array", name, maxTexts))
	}
	return list
}

// Bool is true or false, false if it is not given.
func (o *Options) Bool(name string) bool {
	v, given := o.take(name)
	yes, ok := v.Bool()
	if given && !ok {
		o.fail(Problemf(Malformed, "options.%s: want true or false", name))
	}
	return yes
}

// Time is an RFC 3339 time, zero if it is not given.
func (o *Options) Time(name string) time.Time {
	s := o.Text(name)
	if s == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		o.fail(Problemf(Malformed, "options.%s: want an RFC 3339 time", name))
	}
	return t
}

// checkNames are the checks that a verification may ask for in the option checks of VC API 0.7: rows of a
// verdict, and two other names of them.
var checkNames = []string{
	credential.CheckStructure, credential.CheckIssuer, credential.CheckHolder, credential.CheckProof, credential.CheckChallenge, credential.CheckValidity,
	credential.CheckIssuerState, credential.CheckHolderState, credential.CheckSubjectState, credential.CheckStatus, credential.CheckSchema,
	credential.CheckRelatedResource, credential.CheckCredentials, credential.CheckContext, "credentialStatus", "credentialSchema",
}

// Verification takes what every verification does by itself: checks, of which all are made, and returnResults
// and returnProblemDetails, which every reply has. A check that is not made is an error.
func (o *Options) Verification() {
	o.Bool("returnResults")
	o.Bool("returnProblemDetails")
	for _, name := range o.Pointers("checks") {
		if !slices.Contains(checkNames, name) {
			o.fail(Problemf(Malformed, "options.checks: there is no check %.64q", name))
		}
	}
}
