package jsonld

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"sync"

	"github.com/tabard-id/tabard/did/jcs"
)

//go:embed contexts
var published embed.FS

const manifestFile = "contexts/manifest.json"

// Bounds on the contexts an operator may add.
const (
	maxDocuments     = 256
	maxDocumentBytes = 256 << 10
	maxURLBytes      = 2 << 10
)

// Contexts is an immutable set of context documents by their URLs.
type Contexts struct {
	docs  map[string]jcs.Value
	texts map[string][]byte
}

// Embedded returns the published contexts that come with this package: those of
// Verifiable Credentials, Data Integrity, DIDs, and common vocabularies. Their
// sources, licences and digests stand in contexts/manifest.json.
func Embedded() *Contexts { return embedded() }

var embedded = sync.OnceValue(func() *Contexts {
	c, err := readManifest(published)
	if err != nil {
		panic("jsonld: embedded contexts: " + err.Error()) // a fault of the build, found by the tests
	}
	return c
})

func readManifest(fsys fs.FS) (*Contexts, error) {
	data, err := fs.ReadFile(fsys, manifestFile)
	if err != nil {
		return nil, err
	}
	manifest, err := jcs.Decode(data)
	if err != nil {
		return nil, err
	}
	list, _ := manifest.Get("contexts")
	docs := make(map[string]jcs.Value, list.Len())
	texts := make(map[string][]byte, list.Len())
	for e := range list.Elems() {
		url, _ := e.GetString("url")
		file, _ := e.GetString("file")
		data, err := fs.ReadFile(fsys, "contexts/"+file)
		if err != nil {
			return nil, err
		}
		if docs[url], err = jcs.Decode(data); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		texts[url] = data
	}
	return &Contexts{docs: docs, texts: texts}, nil
}

// With returns the set with an operator's own documents added: context documents
// (JSON objects with a member @context) by absolute URL. A URL that is already in
// the set cannot be given another document. c is not modified.
func (c *Contexts) With(docs map[string][]byte) (*Contexts, error) {
	all, texts := maps.Clone(c.docs), maps.Clone(c.texts)
	for _, url := range slices.Sorted(maps.Keys(docs)) {
		doc, err := readDocument(url, docs[url])
		if err != nil {
			return nil, fmt.Errorf("context %s: %w", quote(url), err)
		}
		if old, ok := all[url]; ok && !old.Equal(doc) {
			return nil, fmt.Errorf("context %s: already known with other content", quote(url))
		}
		all[url] = doc
		if _, ok := texts[url]; !ok {
			texts[url] = slices.Clone(docs[url])
		}
	}
	if len(all) > maxDocuments {
		return nil, fmt.Errorf("more than %d contexts", maxDocuments)
	}
	return &Contexts{docs: all, texts: texts}, nil
}

func readDocument(url string, data []byte) (jcs.Value, error) {
	if !isIRI(url) || len(url) > maxURLBytes {
		return jcs.Value{}, errors.New("not an absolute URL")
	}
	if len(data) > maxDocumentBytes {
		return jcs.Value{}, fmt.Errorf("larger than %d bytes", maxDocumentBytes)
	}
	doc, err := jcs.Decode(slices.Clone(data))
	if err != nil {
		return jcs.Value{}, err
	}
	if _, ok := doc.Get("@context"); !ok {
		return jcs.Value{}, errors.New("no member @context")
	}
	return doc, nil
}

// indexFile names, in an operator's folder, the file of each URL.
const indexFile = "index.json"

// WithFS returns the set with the documents of a folder added. Its index.json is
// an object {"<url>": "<file>"}; files lie in the folder itself and end in
// .jsonld or .json. Sizes and numbers are bounded as in With.
func (c *Contexts) WithFS(fsys fs.FS) (*Contexts, error) {
	data, err := readFile(fsys, indexFile)
	if err != nil {
		return nil, err
	}
	index, err := jcs.Decode(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", indexFile, err)
	}
	if !index.IsObject() || index.Len() > maxDocuments {
		return nil, fmt.Errorf("%s: not an object of at most %d contexts", indexFile, maxDocuments)
	}
	docs := make(map[string][]byte, index.Len())
	for url, v := range index.Members() {
		name, ok := v.Str()
		if !ok || !contextFile(name) {
			return nil, fmt.Errorf("%s: %s does not name a .jsonld or .json file of the folder", indexFile, quote(url))
		}
		if docs[url], err = readFile(fsys, name); err != nil {
			return nil, err
		}
	}
	return c.With(docs)
}

// contextFile reports whether name is a plain file name with one of the endings.
func contextFile(name string) bool {
	for i := range len(name) {
		if name[i] == '/' || name[i] == '\\' {
			return false
		}
	}
	return hasSuffix(name, ".jsonld") || hasSuffix(name, ".json") && name != indexFile
}

func hasSuffix(s, suffix string) bool {
	return len(s) > len(suffix) && s[len(s)-len(suffix):] == suffix
}

// readFile reads one file of bounded size.
func readFile(fsys fs.FS, name string) (data []byte, err error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	data, err = io.ReadAll(io.LimitReader(f, maxDocumentBytes+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxDocumentBytes {
		return nil, fmt.Errorf("%s: larger than %d bytes", name, maxDocumentBytes)
	}
	return data, nil
}

// Document returns the document of a URL as it was published.
func (c *Contexts) Document(url string) (jcs.Value, bool) {
	doc, ok := c.docs[url]
	return doc, ok
}

// Text returns the bytes of the document of a URL as they were published, for
// digests over them. They must not be modified.
func (c *Contexts) Text(url string) ([]byte, bool) {
	text, ok := c.texts[url]
	return text, ok
}

// URLs returns the URLs of the set in byte order.
func (c *Contexts) URLs() []string { return slices.Sorted(maps.Keys(c.docs)) }
